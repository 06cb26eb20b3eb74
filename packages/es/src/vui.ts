import type { BitReader } from "@x/bits";
import { readUe } from "./golomb.js";

/** How long a picture lasts, as video usability information tells it (H.264 E.2.1, H.265 E.3.1). */
export interface VuiTiming {
  /** A tick lasts `numUnitsInTick / timeScale` seconds: a field in H.264, a picture in H.265. Neither is 0. */
  readonly numUnitsInTick: number;
  readonly timeScale: number;
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

/** Behind a timing info flag that is set; `undefined` for values that are none. */
export function readVuiTiming(reader: BitReader): VuiTiming | undefined {
  const numUnitsInTick = reader.readLong(32, "numUnitsInTick");
  const timeScale = reader.readLong(32, "timeScale");
  return numUnitsInTick === 0 || timeScale === 0 ? undefined : { numUnitsInTick, timeScale };
}
