import type { AncillaryTimeCode } from "./atc.js";
import { fits } from "./fits.js";

/** An exact frame rate: 30000/1001, 25/1. */
export interface FrameRate {
  readonly numerator: number;
  readonly denominator: number;
}

/** The part of a time code that counts frames. */
export type TimeAddress = Pick<
  AncillaryTimeCode,
  "hours" | "minutes" | "seconds" | "frames" | "dropFrameFlag" | "bit35" | "bit75"
>;

const MINUTES_A_DAY = 24 * 60;

/**
 * The field mark: which frame of the pair above 30 Hz, else which field. Bit 75 in 25-frame systems, bit 35 in others
 * (ST 12-1, ST 12-2).
 * @throws {RangeError} for a rate that ST 12-2 does not know.
 */
export function fieldMark(time: TimeAddress, rate: FrameRate): 0 | 1 {
  return nominalRate(rate) % 25 === 0 ? time.bit75 : time.bit35;
}

/**
 * The number of the frame in its second. Above 30 Hz the coded number counts pairs, and the field mark tells the
 * frames of a pair apart (ST 12-2).
 * @throws {RangeError} for a rate that ST 12-2 does not know.
 */
export function frameNumber(time: TimeAddress, rate: FrameRate): number {
  return nominalRate(rate) > 30 ? 2 * time.frames + fieldMark(time, rate) : time.frames;
}

/**
 * Frames since 00:00:00:00, numbers dropped by drop-frame counting left out (ST 12-1). The drop-frame flag means
 * nothing, and is ignored, unless the rate is 30 or 60 Hz nominally.
 * @throws {RangeError} for a rate that ST 12-2 does not know.
 */
export function frameCount(time: TimeAddress, rate: FrameRate): number {
  const nominal = nominalRate(rate);
  const minutes = time.hours * 60 + time.minutes;
  const dropped = droppedPerMinute(nominal, time.dropFrameFlag);
  const numbers = (minutes * 60 + time.seconds) * nominal + frameNumber(time, rate);
  return numbers - dropped * (minutes - Math.floor(minutes / 10));
}

/**
 * The time code `count` frames after 00:00:00:00, modulo a day: the inverse of {@link frameCount}. DBB1, DBB2 and
 * user bits are zero; the field mark is set above 30 Hz.
 * @throws {RangeError} when `count` is not a safe integer, or for a rate that ST 12-2 does not know.
 */
export function timeCodeAt(
  count: number,
  rate: FrameRate,
  dropFrameFlag = false,
): AncillaryTimeCode {
  if (!Number.isSafeInteger(count)) throw new RangeError(`count: ${count} is not a safe integer`);
  const nominal = nominalRate(rate);
  const dropped = droppedPerMinute(nominal, dropFrameFlag);
  const perMinute = nominal * 60 - dropped;
  // Every tenth minute drops nothing.
  const perTenMinutes = perMinute * 10 + dropped;
  const perDay = perTenMinutes * (MINUTES_A_DAY / 10);
  const today = ((count % perDay) + perDay) % perDay;
  const tens = Math.floor(today / perTenMinutes);
  const rest = today % perTenMinutes;
  const minute = Math.max(0, Math.floor((rest - dropped) / perMinute));
  const inMinute = rest - minute * perMinute;
  const minutes = tens * 10 + minute;
  const seconds = Math.floor(inMinute / nominal);
  const frame = inMinute % nominal;
  const mark = nominal > 30 ? ((frame & 1) as 0 | 1) : 0;
  const markIn75 = nominal % 25 === 0;
  return {
    dbb1: 0,
    dbb2: 0,
    hours: Math.floor(minutes / 60),
    minutes: minutes % 60,
    seconds,
    frames: nominal > 30 ? frame >> 1 : frame,
    dropFrameFlag,
    colourFrameFlag: false,
    bit35: markIn75 ? 0 : mark,
    bit55: 0,
    bit74: 0,
    bit75: markIn75 ? mark : 0,
    binaryGroups: [0, 0, 0, 0, 0, 0, 0, 0],
  };
}

/** `hh:mm:ss:ff`, or `hh:mm:ss;ff` with drop-frame counting; frames as coded. */
export function formatTimeCode(time: TimeAddress): string {
  const two = (value: number): string => value.toString().padStart(2, "0");
  const separator = time.dropFrameFlag ? ";" : ":";
  const upToSeconds = [time.hours, time.minutes, time.seconds].map(two).join(":");
  return `${upToSeconds}${separator}${two(time.frames)}`;
}

/** Frame numbers in a second. */
function nominalRate(rate: FrameRate): number {
  fits("numerator", rate.numerator, Number.MAX_SAFE_INTEGER, 1);
  fits("denominator", rate.denominator, Number.MAX_SAFE_INTEGER, 1);
  const nominal = Math.round(rate.numerator / rate.denominator);
  if (!NOMINAL_RATES.includes(nominal)) {
    throw new RangeError(`no time code for ${rate.numerator}/${rate.denominator} frames a second`);
  }
  return nominal;
}

const NOMINAL_RATES: readonly number[] = [24, 25, 30, 48, 50, 60];

function droppedPerMinute(nominal: number, dropFrameFlag: boolean): number {
  return dropFrameFlag && nominal % 30 === 0 ? nominal / 15 : 0;
}
