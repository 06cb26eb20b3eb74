import type { BitReader } from "@x/bits";
import { readUe } from "./golomb.js";

/** Frames a second. */
export interface FrameRate {
  readonly numerator: number;
  readonly denominator: number;
}

/** From aspect_ratio_info_present_flag to the chroma sample locations: the same in H.264 E.1.1 and H.265 E.2.1. */
export function skipVuiHead(reader: BitReader): void {
  if (reader.flag("aspectRatioInfoPresentFlag")) {
    if (reader.read(8, "aspectRatioIdc") === 255) reader.skip(32, "sarWidthAndHeight");
  }
  if (reader.flag("overscanInfoPresentFlag")) reader.skip(1, "overscanAppropriateFlag");
  if (reader.flag("videoSignalTypePresentFlag")) {
    reader.skip(4, "videoFormat");
    if (reader.flag("colourDescriptionPresentFlag")) reader.skip(24, "colourDescription");
  }
  if (reader.flag("chromaLocInfoPresentFlag")) {
    readUe(reader, "chromaSampleLocTypeTopField");
    readUe(reader, "chromaSampleLocTypeBottomField");
  }
}

/**
 * Behind a timing info flag that is set (H.264 E.2.1, H.265 E.3.1).
 * @param ticks a frame's: two fields in H.264, one picture in H.265
 * @returns the lowest terms, or `undefined` for values that are none
 */
export function readFrameRate(reader: BitReader, ticks: 1 | 2): FrameRate | undefined {
  const numUnitsInTick = reader.readLong(32, "numUnitsInTick");
  const timeScale = reader.readLong(32, "timeScale");
  return frameRate(timeScale, numUnitsInTick * ticks);
}

/** In lowest terms; `undefined` when one of the two is 0. */
export function frameRate(numerator: number, denominator: number): FrameRate | undefined {
  if (numerator === 0 || denominator === 0) return undefined;
  let [a, b] = [numerator, denominator];
  while (b > 0) [a, b] = [b, a % b];
  return { numerator: numerator / a, denominator: denominator / a };
}
