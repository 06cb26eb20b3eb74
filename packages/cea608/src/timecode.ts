import { inRange } from "./range.js";

/** A time code label of 30 frames a second. */
export interface SccTimecode {
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
  readonly frames: number;
  /** Labels 00 and 01 of each minute but the tenth are left out, so that labels follow the clock. */
  readonly dropFrame: boolean;
}

/**
 * How long a frame of a non-drop file lasts. `ndf-29.97` (1001/30000 s) is what the format says; the others read
 * files of systems that count otherwise. Drop-frame files always run at 29.97.
 */
export type SccTimebase = "ndf-29.97" | "ndf-30" | "ndf-24" | "ndf-25";

/** Frames before the label 00:00:00:00 with these frames a second. */
export function framesOfTimecode(
  timecode: SccTimecode,
  timebase: SccTimebase = "ndf-29.97",
): number {
  const { hours, minutes, seconds, frames, dropFrame } = timecode;
  const nominal = nominalRate(dropFrame, timebase);
  const all = (hours * 3600 + minutes * 60 + seconds) * nominal + frames;
  if (!dropFrame) return all;
  const minute = hours * 60 + minutes;
  return all - 2 * (minute - Math.floor(minute / 10));
}

/** The label of a frame. @throws {RangeError} for a negative frame. */
export function timecodeOfFrame(
  frame: number,
  dropFrame: boolean,
  timebase: SccTimebase = "ndf-29.97",
): SccTimecode {
  inRange("frame", frame, 0, Number.MAX_SAFE_INTEGER);
  const nominal = nominalRate(dropFrame, timebase);
  let label = frame;
  if (dropFrame) {
    const tens = Math.floor(frame / 17982);
    const rest = frame % 17982;
    // The first minute of ten has all its 1800 labels, the others 1798.
    label += 18 * tens + (rest < 1800 ? 0 : 2 * (1 + Math.floor((rest - 1800) / 1798)));
  }
  const second = Math.floor(label / nominal);
  return {
    hours: Math.floor(second / 3600),
    minutes: Math.floor(second / 60) % 60,
    seconds: second % 60,
    frames: label % nominal,
    dropFrame,
  };
}

/** When a frame begins, in milliseconds from frame 0. */
export function millisecondsOfFrame(
  frame: number,
  dropFrame: boolean,
  timebase: SccTimebase = "ndf-29.97",
): number {
  return !dropFrame && timebase !== "ndf-29.97"
    ? (frame * 1000) / nominalRate(false, timebase)
    : (frame * 1001) / 30;
}

/** True for the labels that drop-frame time code leaves out. */
export function isDroppedLabel(timecode: SccTimecode): boolean {
  const { minutes, seconds, frames, dropFrame } = timecode;
  return dropFrame && minutes % 10 !== 0 && seconds === 0 && frames < 2;
}

/** `HH:MM:SS:FF`, or `HH:MM:SS;FF` for drop-frame. */
export function formatTimecode(timecode: SccTimecode): string {
  const { hours, minutes, seconds, frames, dropFrame } = timecode;
  return `${two(hours)}:${two(minutes)}:${two(seconds)}${dropFrame ? ";" : ":"}${two(frames)}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

function nominalRate(dropFrame: boolean, timebase: SccTimebase): number {
  if (dropFrame) return 30;
  if (timebase === "ndf-24") return 24;
  return timebase === "ndf-25" ? 25 : 30;
}
