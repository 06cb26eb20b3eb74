import { inRange } from "./range.js";

/** A moment of the year in UTC (CTA-608-E 9.5.1.1). All bits one, 63:31 on 31 of 15, is "end of programme". */
export interface XdsDateTime {
  readonly minute: number;
  readonly hour: number;
  readonly date: number;
  readonly month: number;
  /** D: daylight saving is in force. */
  readonly daylightSaving: boolean;
  /** L: the leap day. */
  readonly leapDay: boolean;
  /** Z: on the full minute. */
  readonly zeroSeconds: boolean;
  /** T: the programme is tape delayed. */
  readonly tapeDelayed: boolean;
}

/** Whole minutes. */
export interface XdsDuration {
  readonly hours: number;
  readonly minutes: number;
}

/** Length of a programme, and how much of it is over (CTA-608-E 9.5.1.2). */
export interface XdsLength {
  readonly length: XdsDuration;
  readonly elapsed?: XdsDuration;
  /** Seconds beyond `elapsed`. */
  readonly elapsedSeconds?: number;
}

const B6 = 0x40;

/** Four bytes: minute, hour, date, month. */
export function decodeDateTime(data: Uint8Array, at: number): XdsDateTime {
  const hour = data[at + 1] as number;
  const date = data[at + 2] as number;
  const month = data[at + 3] as number;
  return {
    minute: (data[at] as number) & 0x3f,
    hour: hour & 0x1f,
    date: date & 0x1f,
    month: month & 0x0f,
    daylightSaving: (hour & 0x20) !== 0,
    leapDay: (date & 0x20) !== 0,
    zeroSeconds: (month & 0x20) !== 0,
    tapeDelayed: (month & 0x10) !== 0,
  };
}

/** Four bytes: minute, hour, date, month. */
export function encodeDateTime(time: XdsDateTime): number[] {
  return [
    B6 | inRange("minute", time.minute, 0, 63),
    B6 | (time.daylightSaving ? 0x20 : 0) | inRange("hour", time.hour, 0, 31),
    B6 | (time.leapDay ? 0x20 : 0) | inRange("date", time.date, 0, 31),
    B6 |
      (time.zeroSeconds ? 0x20 : 0) |
      (time.tapeDelayed ? 0x10 : 0) |
      inRange("month", time.month, 0, 15),
  ];
}

/** Two, four or five bytes: minutes before hours each time, then the seconds. */
export function decodeLength(data: Uint8Array): XdsLength {
  const length = durationAt(data, 0);
  if (data.length < 4) return { length };
  const elapsed = durationAt(data, 2);
  if (data.length < 5) return { length, elapsed };
  return { length, elapsed, elapsedSeconds: (data[4] as number) & 0x3f };
}

/** Two, four or six bytes: the pad after the seconds is `40` (CTA-608-E 9.5.1.2). */
export function encodeLength(content: XdsLength): Uint8Array<ArrayBuffer> {
  const bytes = durationBytes(content.length);
  if (content.elapsed !== undefined) bytes.push(...durationBytes(content.elapsed));
  if (content.elapsedSeconds !== undefined) {
    if (content.elapsed === undefined) throw new RangeError("elapsedSeconds without elapsed");
    bytes.push(B6 | inRange("elapsedSeconds", content.elapsedSeconds, 0, 63), B6);
  }
  return Uint8Array.from(bytes);
}

/** Two bytes: minutes before hours. */
export function durationAt(data: Uint8Array, at: number): XdsDuration {
  return { hours: (data[at + 1] as number) & 0x3f, minutes: (data[at] as number) & 0x3f };
}

/** Two bytes: minutes before hours. */
export function durationBytes({ hours, minutes }: XdsDuration): number[] {
  return [B6 | inRange("minutes", minutes, 0, 63), B6 | inRange("hours", hours, 0, 63)];
}
