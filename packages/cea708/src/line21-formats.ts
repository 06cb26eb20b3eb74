/** Field of a line-21 pair: 1 or 2. */
export type Line21Field = 1 | 2;

/** Top bit of an ST 334-1 annex B line byte: set for field 1. */
const FIELD_1 = 0x80;

/**
 * Line-21 pairs of one field as cc_data triplets (`FC`/`FD`); a fresh array. A last odd byte is left out.
 */
export function pairsToCcData(pairs: Uint8Array, field: Line21Field): Uint8Array<ArrayBuffer> {
  const count = pairs.length >> 1;
  const ccData = new Uint8Array(count * 3);
  for (let i = 0; i < count; i++) {
    ccData[3 * i] = field === 1 ? 0xfc : 0xfd;
    ccData[3 * i + 1] = pairs[2 * i] as number;
    ccData[3 * i + 2] = pairs[2 * i + 1] as number;
  }
  return ccData;
}

/** One ST 334-1 annex B payload: line-21 data with its line. */
export interface Line21Payload {
  readonly field: Line21Field;
  /** Lines from the base line (525: 9 and 272; 625: 5 and 318), 0 to 31. 12 in 525 = line 21 or 284. */
  readonly lineOffset: number;
  readonly ccData1: number;
  readonly ccData2: number;
}

/** Decode the three bytes at `at` (ST 334-1 annex B). The caller has checked that they are there. */
export function decodeLine21Payload(bytes: Uint8Array, at = 0): Line21Payload {
  const line = bytes[at] as number;
  return {
    field: (line & FIELD_1) === 0 ? 2 : 1,
    lineOffset: line & 0x1f,
    ccData1: bytes[at + 1] as number,
    ccData2: bytes[at + 2] as number,
  };
}

/**
 * Encode a payload, the user data of an ancillary packet 61/02.
 * @throws {RangeError} when a field does not fit.
 */
export function encodeLine21Payload(payload: Line21Payload): Uint8Array<ArrayBuffer> {
  const { field, lineOffset, ccData1, ccData2 } = payload;
  if (lineOffset >>> 5 !== 0 || (ccData1 | ccData2) >>> 8 !== 0) {
    throw new RangeError(`line offset ${lineOffset}, data ${ccData1}, ${ccData2}`);
  }
  return Uint8Array.of((field === 1 ? FIELD_1 : 0) | lineOffset, ccData1, ccData2);
}

/** Payloads of ST 334-1 annex B, three bytes each, as cc_data triplets; a fresh array. */
export function line21PayloadsToCcData(payloads: Uint8Array): Uint8Array<ArrayBuffer> {
  const ccData = new Uint8Array(payloads.length - (payloads.length % 3));
  for (let at = 0; at < ccData.length; at += 3) {
    ccData[at] = ((payloads[at] as number) & FIELD_1) === 0 ? 0xfd : 0xfc;
    ccData[at + 1] = payloads[at + 1] as number;
    ccData[at + 2] = payloads[at + 2] as number;
  }
  return ccData;
}

/**
 * The line-21 triplets of cc_data as ST 334-1 annex B payloads; a fresh array. Invalid ones are left out.
 *
 * @param lineOffset written into every payload; 12 is line 21 and line 284 of 525-line systems.
 */
export function ccDataToLine21Payloads(
  ccData: Uint8Array,
  lineOffset = 12,
): Uint8Array<ArrayBuffer> {
  const payloads: number[] = [];
  for (let at = 0; at + 2 < ccData.length; at += 3) {
    const first = ccData[at] as number;
    if ((first & 6) !== 4) continue;
    const field = (first & 1) === 0 ? FIELD_1 : 0;
    payloads.push(field | lineOffset, ccData[at + 1] as number, ccData[at + 2] as number);
  }
  return Uint8Array.from(payloads);
}
