import type { BitReader } from "@x/bits";
import { formatError } from "./errors.js";
import { readSe, readUe } from "./golomb.js";
import { type FrameRate, readFrameRate, skipVuiHead } from "./vui.js";

/** What a sequence parameter set says behind its bit depths about the order and times of pictures. */
export interface HevcSpsTail {
  /** Bits of slice_pic_order_cnt_lsb. */
  readonly log2MaxPicOrderCntLsb: number;
  /** sps_max_num_reorder_pics of the highest sub-layer. */
  readonly maxNumReorderPics: number;
  /** Of the video usability information. */
  readonly frameRate: FrameRate | undefined;
}

/** From log2_max_pic_order_cnt_lsb_minus4 to the timing information (H.265 7.3.2.2.1, E.2.1). */
export function readSpsTail(reader: BitReader, maxSubLayersMinus1: number): HevcSpsTail {
  const log2MaxPicOrderCntLsb = 4 + limited(reader, 12, "log2MaxPicOrderCntLsbMinus4");
  const allLayers = reader.flag("spsSubLayerOrderingInfoPresentFlag");
  let maxNumReorderPics = 0;
  for (let i = allLayers ? 0 : maxSubLayersMinus1; i <= maxSubLayersMinus1; i++) {
    readUe(reader, "spsMaxDecPicBufferingMinus1");
    maxNumReorderPics = limited(reader, 16, "spsMaxNumReorderPics");
    readUe(reader, "spsMaxLatencyIncreasePlus1");
  }
  for (let i = 0; i < 6; i++) readUe(reader, "codingBlockSizes");
  if (reader.flag("scalingListEnabledFlag") && reader.flag("spsScalingListDataPresentFlag")) {
    skipScalingListData(reader);
  }
  reader.skip(2, "ampEnabledFlag");
  if (reader.flag("pcmEnabledFlag")) {
    reader.skip(8, "pcmSampleBitDepths");
    readUe(reader, "log2MinPcmLumaCodingBlockSizeMinus3");
    readUe(reader, "log2DiffMaxMinPcmLumaCodingBlockSize");
    reader.skip(1, "pcmLoopFilterDisabledFlag");
  }
  skipShortTermRefPicSets(reader);
  if (reader.flag("longTermRefPicsPresentFlag")) {
    const count = limited(reader, 32, "numLongTermRefPicsSps");
    reader.skip(count * (log2MaxPicOrderCntLsb + 1), "ltRefPicPocLsbSps");
  }
  reader.skip(2, "spsTemporalMvpEnabledFlag");
  const rate = reader.flag("vuiParametersPresentFlag") ? readVui(reader) : undefined;
  return { log2MaxPicOrderCntLsb, maxNumReorderPics, frameRate: rate };
}

function limited(reader: BitReader, limit: number, field: string): number {
  const value = readUe(reader, field);
  if (value > limit) throw formatError("range", `${value}`, field, reader.position >> 3);
  return value;
}

/** H.265 7.3.4. */
function skipScalingListData(reader: BitReader): void {
  for (let sizeId = 0; sizeId < 4; sizeId++) {
    for (let matrixId = 0; matrixId < 6; matrixId += sizeId === 3 ? 3 : 1) {
      if (!reader.flag("scalingListPredModeFlag")) {
        readUe(reader, "scalingListPredMatrixIdDelta");
        continue;
      }
      if (sizeId > 1) readSe(reader, "scalingListDcCoefMinus8");
      const count = Math.min(64, 16 << (2 * sizeId));
      for (let i = 0; i < count; i++) readSe(reader, "scalingListDeltaCoef");
    }
  }
}

/** H.265 7.3.7, as often as num_short_term_ref_pic_sets says. */
function skipShortTermRefPicSets(reader: BitReader): void {
  const count = limited(reader, 64, "numShortTermRefPicSets");
  let numDeltaPocs = 0;
  for (let index = 0; index < count; index++) {
    if (index > 0 && reader.flag("interRefPicSetPredictionFlag")) {
      reader.skip(1, "deltaRpsSign");
      readUe(reader, "absDeltaRpsMinus1");
      let kept = 0;
      for (let j = 0; j <= numDeltaPocs; j++) {
        if (reader.flag("usedByCurrPicFlag") || reader.flag("useDeltaFlag")) kept++;
      }
      numDeltaPocs = kept;
      continue;
    }
    const negative = limited(reader, 16, "numNegativePics");
    const positive = limited(reader, 16, "numPositivePics");
    numDeltaPocs = negative + positive;
    for (let j = 0; j < numDeltaPocs; j++) {
      readUe(reader, "deltaPocMinus1");
      reader.skip(1, "usedByCurrPicFlag");
    }
  }
}

/** H.265 E.2.1 up to the timing information. */
function readVui(reader: BitReader): FrameRate | undefined {
  skipVuiHead(reader);
  reader.skip(3, "neutralChromaIndicationFlag");
  if (reader.flag("defaultDisplayWindowFlag")) {
    for (let i = 0; i < 4; i++) readUe(reader, "defDispWinOffset");
  }
  return reader.flag("vuiTimingInfoPresentFlag") ? readFrameRate(reader, 1) : undefined;
}
