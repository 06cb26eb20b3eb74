import { BitReader, isFormatError } from "@x/bits";
import { AVC_NAL, type AvcSps, avcNalType, decodeAvcSps } from "./avc.js";
import { readSe, readUe } from "./golomb.js";
import { decodeHevcSps, HEVC_NAL, type HevcSps, hevcNalType } from "./hevc.js";
import { unescapeNal } from "./nal-unit.js";
import type { FrameRate } from "./vui.js";

/** Where an access unit stands in output order. */
export interface PictureOrder {
  /** PicOrderCnt; comparable up to the next unit that `restarts`. */
  readonly picOrderCnt: number;
  /** Everything before this unit is shown before it and what follows it. */
  readonly restarts: boolean;
  /** 1: a single field. */
  readonly fields: 1 | 2;
  /** Pictures that can stand before another in decoding order and behind it in output order; `undefined` unknown. */
  readonly maxReorder: number | undefined;
  /** `undefined` when the stream does not tell. */
  readonly frameRate: FrameRate | undefined;
}

/** Follows the picture order count of a stream, access unit by access unit. */
export interface PictureOrderDecoder {
  /** `undefined`: no slice, or one without its parameter sets. */
  next(nals: readonly Uint8Array[]): PictureOrder | undefined;
}

/** Bytes of a slice's head in which everything stands that is read here. */
const SLICE_HEAD_BYTES = 64;

/**
 * Decoder of picture order counts (H.264 8.2.1, H.265 8.3.1). pic_order_cnt_type 1 of H.264 counts as decoding order,
 * and memory_management_control_operation 5 is not followed: encoders make neither.
 */
export function pictureOrderDecoder(codec: "avc" | "hevc"): PictureOrderDecoder {
  return codec === "avc" ? new AvcOrder() : new HevcOrder();
}

/** `read` or, when the unit cannot be read, nothing. */
function unlessDamaged<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isFormatError(error)) return undefined;
    throw error;
  }
}

/** The most significant part that brings `lsb` nearest to the picture before (H.264 8-3, H.265 8-1). */
function nearestMsb(lsb: number, bits: number, last: { msb: number; lsb: number }): number {
  const modulus = 2 ** bits;
  if (lsb < last.lsb && last.lsb - lsb >= modulus / 2) return last.msb + modulus;
  if (lsb > last.lsb && lsb - last.lsb > modulus / 2) return last.msb - modulus;
  return last.msb;
}

class AvcOrder implements PictureOrderDecoder {
  readonly #sps = new Map<number, AvcSps>();
  readonly #pps = new Map<number, { readonly spsId: number; readonly bottomPresent: boolean }>();
  /** Of the last reference picture. */
  #last = { msb: 0, lsb: 0 };
  /** Pictures since the last IDR picture. */
  #count = 0;

  next(nals: readonly Uint8Array[]): PictureOrder | undefined {
    for (const nal of nals) {
      const type = avcNalType(nal);
      if (type === AVC_NAL.sps) {
        const sps = unlessDamaged(() => decodeAvcSps(nal));
        if (sps !== undefined) this.#sps.set(sps.seqParameterSetId, sps);
      } else if (type === AVC_NAL.pps) unlessDamaged(() => this.#readPps(nal));
      else if (type === AVC_NAL.slice || type === 2 || type === AVC_NAL.idr) {
        return unlessDamaged(() => this.#slice(nal));
      }
    }
    return undefined;
  }

  #readPps(nal: Uint8Array): void {
    const reader = new BitReader(unescapeNal(nal), 1);
    const id = readUe(reader, "picParameterSetId");
    const spsId = readUe(reader, "seqParameterSetId");
    reader.skip(1, "entropyCodingModeFlag");
    const bottomPresent = reader.flag("bottomFieldPicOrderInFramePresentFlag");
    this.#pps.set(id, { spsId, bottomPresent });
  }

  /** H.264 7.3.3 up to the picture order count. */
  #slice(nal: Uint8Array): PictureOrder | undefined {
    const reader = new BitReader(unescapeNal(nal.subarray(0, SLICE_HEAD_BYTES)), 1);
    const isIdr = avcNalType(nal) === AVC_NAL.idr;
    readUe(reader, "firstMbInSlice");
    readUe(reader, "sliceType");
    const pps = this.#pps.get(readUe(reader, "picParameterSetId"));
    const sps = pps && this.#sps.get(pps.spsId);
    if (pps === undefined || sps === undefined) return undefined;
    if (sps.separateColourPlaneFlag) reader.skip(2, "colourPlaneId");
    reader.skip(sps.log2MaxFrameNum, "frameNum");
    const isField = !sps.frameMbsOnlyFlag && reader.flag("fieldPicFlag");
    const isBottom = isField && reader.flag("bottomFieldFlag");
    if (isIdr) {
      readUe(reader, "idrPicId");
      this.#last = { msb: 0, lsb: 0 };
      this.#count = 0;
    }
    let picOrderCnt = this.#count++;
    if (sps.picOrderCntType === 0) {
      const lsb = reader.read(sps.log2MaxPicOrderCntLsb, "picOrderCntLsb");
      const msb = nearestMsb(lsb, sps.log2MaxPicOrderCntLsb, this.#last);
      const isReference = ((nal[0] as number) & 0x60) !== 0;
      if (isReference) this.#last = { msb, lsb };
      const hasDelta = pps.bottomPresent && !isField;
      const delta = hasDelta ? readSe(reader, "deltaPicOrderCntBottom") : 0;
      picOrderCnt = msb + lsb + Math.min(0, delta);
    }
    const { frameRate, maxNumReorderFrames } = sps;
    return {
      picOrderCnt,
      // The second field of an IDR picture is an IDR picture's too.
      restarts: isIdr && !isBottom,
      fields: isField ? 1 : 2,
      maxReorder: sps.picOrderCntType === 0 ? maxNumReorderFrames : 0,
      frameRate,
    };
  }
}

/** H.265 table 7-1. */
const HEVC_RADL_N = 6;
const HEVC_RASL_R = 9;
const HEVC_BLA_W_LP = 16;
const HEVC_BLA_N_LP = 18;
const HEVC_IDR_W_RADL = 19;
const HEVC_IDR_N_LP = 20;
const HEVC_LAST_IRAP = 23;
const HEVC_END_OF_SEQUENCE = 36;

class HevcOrder implements PictureOrderDecoder {
  readonly #sps = new Map<number, HevcSps>();
  readonly #pps = new Map<
    number,
    { readonly spsId: number; readonly outputFlag: boolean; readonly extraBits: number }
  >();
  /** Of the last picture of temporal layer 0 that others refer to. */
  #last = { msb: 0, lsb: 0 };
  /** The next picture begins a sequence. */
  #begins = true;

  next(nals: readonly Uint8Array[]): PictureOrder | undefined {
    let order: PictureOrder | undefined;
    for (const nal of nals) {
      const type = hevcNalType(nal);
      if (type === HEVC_NAL.sps) {
        const sps = unlessDamaged(() => decodeHevcSps(nal));
        if (sps !== undefined) this.#sps.set(sps.spsId, sps);
      } else if (type === HEVC_NAL.pps) unlessDamaged(() => this.#readPps(nal));
      else if (type === HEVC_END_OF_SEQUENCE) this.#begins = true;
      else if (type < HEVC_NAL.vps) order ??= unlessDamaged(() => this.#slice(nal, type));
    }
    return order;
  }

  #readPps(nal: Uint8Array): void {
    const reader = new BitReader(unescapeNal(nal.subarray(0, SLICE_HEAD_BYTES)), 2);
    const id = readUe(reader, "ppsPicParameterSetId");
    const spsId = readUe(reader, "ppsSeqParameterSetId");
    reader.skip(1, "dependentSliceSegmentsEnabledFlag");
    const outputFlag = reader.flag("outputFlagPresentFlag");
    this.#pps.set(id, { spsId, outputFlag, extraBits: reader.read(3, "numExtraSliceHeaderBits") });
  }

  /** H.265 7.3.6.1 up to the picture order count, of a picture's first segment. */
  #slice(nal: Uint8Array, type: number): PictureOrder | undefined {
    const reader = new BitReader(unescapeNal(nal.subarray(0, SLICE_HEAD_BYTES)), 2);
    if (!reader.flag("firstSliceSegmentInPicFlag")) return undefined;
    const isIrap = type >= HEVC_BLA_W_LP && type <= HEVC_LAST_IRAP;
    if (isIrap) reader.skip(1, "noOutputOfPriorPicsFlag");
    const pps = this.#pps.get(readUe(reader, "slicePicParameterSetId"));
    const sps = pps && this.#sps.get(pps.spsId);
    if (pps === undefined || sps?.tail === undefined) return undefined;
    const { log2MaxPicOrderCntLsb: bits, maxNumReorderPics, frameRate } = sps.tail;
    reader.skip(pps.extraBits, "sliceReservedFlag");
    readUe(reader, "sliceType");
    if (pps.outputFlag) reader.skip(1, "picOutputFlag");
    if (sps.separateColourPlaneFlag) reader.skip(2, "colourPlaneId");
    const isIdr = type === HEVC_IDR_W_RADL || type === HEVC_IDR_N_LP;
    const restarts = isIdr || (type >= HEVC_BLA_W_LP && type <= HEVC_BLA_N_LP) || this.#begins;
    const lsb = isIdr ? 0 : reader.read(bits, "slicePicOrderCntLsb");
    const msb = restarts ? 0 : nearestMsb(lsb, bits, this.#last);
    const isLeading = type >= HEVC_RADL_N && type <= HEVC_RASL_R;
    const isSubLayerNonReference = type < HEVC_BLA_W_LP && type % 2 === 0;
    const temporalId = ((nal[1] as number) & 7) - 1;
    if (temporalId === 0 && !isLeading && !isSubLayerNonReference) this.#last = { msb, lsb };
    this.#begins = false;
    return {
      picOrderCnt: msb + lsb,
      restarts,
      fields: 2,
      maxReorder: maxNumReorderPics,
      frameRate,
    };
  }
}
