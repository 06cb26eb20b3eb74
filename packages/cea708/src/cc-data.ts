import { captionError } from "./issue.js";

/** cc_type of a triplet (CTA-708-E table 3). */
export const CcType = {
  /** Line-21 pair of field 1. */
  ntscField1: 0,
  /** Line-21 pair of field 2. */
  ntscField2: 1,
  /** Continuation of a DTVCC packet. */
  dtvccData: 2,
  /** Start of a DTVCC packet. */
  dtvccStart: 3,
} as const;

/** One construct of `cc_data()`. */
export interface CcTriplet {
  /** marker_bits and reserved bits, 5 bits; 31 in every writer, other values are kept. */
  readonly marker: number;
  readonly ccValid: boolean;
  readonly ccType: number;
  readonly ccData1: number;
  readonly ccData2: number;
}

/**
 * Decode bare triplets, three bytes each (CTA-708-E 4.3).
 * @throws {FormatError} `truncated` when the length is no multiple of three.
 */
export function decodeTriplets(ccData: Uint8Array): CcTriplet[] {
  if (ccData.length % 3 !== 0) {
    throw captionError("truncated", `${ccData.length} bytes are not whole triplets`, {
      field: "ccData",
      offset: ccData.length - (ccData.length % 3),
      clause: "CTA-708-E 4.3",
    });
  }
  const triplets: CcTriplet[] = [];
  for (let at = 0; at < ccData.length; at += 3) {
    const first = ccData[at] as number;
    triplets.push({
      marker: first >> 3,
      ccValid: (first & 4) !== 0,
      ccType: first & 3,
      ccData1: ccData[at + 1] as number,
      ccData2: ccData[at + 2] as number,
    });
  }
  return triplets;
}

/**
 * Encode triplets; a fresh array.
 * @throws {RangeError} when a field does not fit.
 */
export function encodeTriplets(triplets: readonly CcTriplet[]): Uint8Array<ArrayBuffer> {
  const ccData = new Uint8Array(triplets.length * 3);
  let at = 0;
  for (const { marker, ccValid, ccType, ccData1, ccData2 } of triplets) {
    if (marker >>> 5 !== 0 || ccType >>> 2 !== 0 || (ccData1 | ccData2) >>> 8 !== 0) {
      throw new RangeError(`triplet ${at / 3}: a field does not fit`);
    }
    ccData[at++] = (marker << 3) | (ccValid ? 4 : 0) | ccType;
    ccData[at++] = ccData1;
    ccData[at++] = ccData2;
  }
  return ccData;
}

/** What a frame's triplets carry, sorted by destination; invalid triplets are left out. */
export interface SplitCcData {
  /** Line-21 pairs of field 1, two bytes each, parity as received. */
  readonly field1: Uint8Array<ArrayBuffer>;
  /** Line-21 pairs of field 2. */
  readonly field2: Uint8Array<ArrayBuffer>;
  /** DTVCC triplets as they are. */
  readonly dtvcc: Uint8Array<ArrayBuffer>;
  /** A line-21 triplet came after a DTVCC one, which writers must not do; it was kept. */
  readonly cea608AfterCea708: boolean;
}

/**
 * Sort triplets into line-21 fields and DTVCC; copies. Marker bits are ignored, `cc_valid = 0` is skipped,
 * and bytes of an incomplete last triplet too (CTA-708-E 4.3).
 */
export function splitCcData(ccData: Uint8Array): SplitCcData {
  const field1: number[] = [];
  const field2: number[] = [];
  const dtvcc: number[] = [];
  let cea608AfterCea708 = false;
  for (let at = 0; at + 2 < ccData.length; at += 3) {
    const first = ccData[at] as number;
    if ((first & 4) === 0) continue;
    const ccData1 = ccData[at + 1] as number;
    const ccData2 = ccData[at + 2] as number;
    const ccType = first & 3;
    if (ccType >= CcType.dtvccData) {
      dtvcc.push(first, ccData1, ccData2);
      continue;
    }
    if (dtvcc.length > 0) cea608AfterCea708 = true;
    (ccType === CcType.ntscField1 ? field1 : field2).push(ccData1, ccData2);
  }
  return {
    field1: Uint8Array.from(field1),
    field2: Uint8Array.from(field2),
    dtvcc: Uint8Array.from(dtvcc),
    cea608AfterCea708,
  };
}
