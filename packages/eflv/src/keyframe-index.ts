import type { AmfValue } from "./amf-value.js";
import { propertiesOf } from "./script.js";

/** Entries of a keyframe index (onMetaData, `keyframes`). */
export interface KeyframeIndex {
  /** Absolute offsets of tag headers. */
  readonly filePositions: readonly number[];
  /** Seconds. */
  readonly times: readonly number[];
}

/** A place to go on reading at. */
export interface SeekPoint {
  /** Offset of a tag header in the file. */
  readonly position: number;
  /** Seconds. */
  readonly time: number;
}

/**
 * The keyframe index of an onMetaData, in order of time: writers leave it unsorted, and index more than key frames.
 * Entries that cannot be are left out; what is in a file at a position is for the reader to see.
 * @param metadata the argument of onMetaData
 * @returns `undefined` without an index
 */
export function readKeyframeIndex(metadata: AmfValue): KeyframeIndex | undefined {
  const keyframes = propertiesOf(propertiesOf(metadata)?.get("keyframes"));
  const positions = numbersOf(keyframes?.get("filepositions"));
  const times = numbersOf(keyframes?.get("times"));
  if (positions === undefined || times === undefined) return undefined;
  const points: SeekPoint[] = [];
  for (const [i, position] of positions.entries()) {
    const time = times[i];
    if (!Number.isSafeInteger(position) || (position as number) < 13) continue;
    if (time === undefined || !(time >= 0 && time < Number.POSITIVE_INFINITY)) continue;
    points.push({ position: position as number, time });
  }
  points.sort((a, b) => a.time - b.time || a.position - b.position);
  return {
    filePositions: points.map(({ position }) => position),
    times: points.map(({ time }) => time),
  };
}

/** The members of a strict array, those that are no numbers as `undefined`. */
function numbersOf(value: AmfValue): (number | undefined)[] | undefined {
  if (typeof value !== "object" || value?.type !== "strict-array") return undefined;
  return value.values.map((member) => (typeof member === "number" ? member : undefined));
}

/**
 * Where to read on to show what is at `seconds`: the last entry at or before it, or the first of all. Give the position
 * to `seek` of a reader, and the bytes from there on to its `push`.
 * @returns `undefined` without an index or without entries
 */
export function seekPoint(
  index: KeyframeIndex | undefined,
  seconds: number,
): SeekPoint | undefined {
  const { times = [], filePositions = [] } = index ?? {};
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] as number) <= seconds) low = middle + 1;
    else high = middle;
  }
  const at = Math.max(0, low - 1);
  const [position, time] = [filePositions[at], times[at]];
  return position === undefined || time === undefined ? undefined : { position, time };
}
