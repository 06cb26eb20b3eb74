import { concatBytes, plain } from "@x/bits";
import { byteAt, formatError } from "./errors.js";

/** obu_type of AV1 6.2.2, those that containers ask for. */
export const OBU_TYPE = {
  sequenceHeader: 1,
  temporalDelimiter: 2,
  frameHeader: 3,
  tileGroup: 4,
  metadata: 5,
  frame: 6,
  redundantFrameHeader: 7,
  tileList: 8,
  padding: 15,
} as const;

/** One open bitstream unit (AV1 5.3). */
export interface Obu {
  readonly obuType: number;
  readonly temporalId: number;
  readonly spatialId: number;
  readonly hasSizeField: boolean;
  /** The whole unit, header included. */
  readonly bytes: Uint8Array;
  /** What follows header and size. */
  readonly payload: Uint8Array;
}

/**
 * The units of a temporal unit in the low-overhead format (AV1 5.2). One without size field takes the rest.
 * @returns views into `bytes`
 * @throws {FormatError} `truncated`; `reserved` for obu_forbidden_bit; `range` for a size above 2^32 − 1
 */
export function splitObus(bytes: Uint8Array): Obu[] {
  const input = plain(bytes);
  const obus: Obu[] = [];
  for (let at = 0; at < input.length; ) {
    const obu = obuAt(input, at);
    obus.push(obu);
    at += obu.bytes.length;
  }
  return obus;
}

function obuAt(bytes: Uint8Array, start: number): Obu {
  const header = bytes[start] as number;
  if (header & 0x80) throw formatError("reserved", "is set", "obuForbiddenBit", start, "AV1 5.3.2");
  let at = start + 1;
  const extension = header & 4 ? byteAt(bytes, at++, "obuExtensionHeader") : 0;
  const hasSizeField = (header & 2) !== 0;
  let end = bytes.length;
  if (hasSizeField) {
    const size = readLeb128(bytes, at, "obuSize");
    at = size.end;
    end = at + size.value;
    if (end > bytes.length) {
      throw formatError("truncated", `${end - bytes.length} bytes short`, "obu", start);
    }
  }
  return {
    obuType: (header >> 3) & 15,
    temporalId: extension >> 5,
    spatialId: (extension >> 3) & 3,
    hasSizeField,
    bytes: bytes.subarray(start, end),
    payload: bytes.subarray(at, end),
  };
}

/**
 * leb128() of AV1 4.10.5, at most eight bytes.
 * @throws {FormatError} `truncated`; `range` above 2^32 − 1
 */
export function readLeb128(
  bytes: Uint8Array,
  at: number,
  field: string,
): { readonly value: number; readonly end: number } {
  let value = 0;
  for (let i = 0; i < 8; i++) {
    const byte = byteAt(bytes, at + i, field);
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte & 0x80) continue;
    if (value > 0xffffffff) throw formatError("range", `${value} above 2^32 - 1`, field, at);
    return { value, end: at + i + 1 };
  }
  throw formatError("range", "leb128 longer than eight bytes", field, at);
}

/**
 * The units of a temporal unit in the length-delimited format (AV1 annex B), without the size in front of it.
 * @returns views into `bytes`
 * @throws {FormatError} as {@link splitObus}; `range` where the sizes do not tile the input
 */
export function splitLengthDelimitedObus(bytes: Uint8Array): Obu[] {
  const input = plain(bytes);
  const obus: Obu[] = [];
  for (let at = 0; at < input.length; ) {
    const frame = readLeb128(input, at, "frameUnitSize");
    const end = frame.end + frame.value;
    if (end > input.length) {
      throw formatError("range", `${frame.value} bytes`, "frameUnitSize", at, "AV1 B.2");
    }
    at = frame.end;
    while (at < end) {
      const { value, end: start } = readLeb128(input, at, "obuLength");
      if (value === 0 || start + value > end) {
        throw formatError("range", `${value} bytes`, "obuLength", at, "AV1 B.2");
      }
      const obu = obuAt(input.subarray(0, start + value), start);
      if (obu.bytes.length !== value) {
        throw formatError("range", `${obu.bytes.length} of ${value}`, "obuSize", start);
      }
      obus.push(obu);
      at = start + value;
    }
  }
  return obus;
}

/**
 * A temporal unit as containers store it: every unit with its size, temporal delimiters left out (AV1 in ISOBMFF 2.4).
 * @returns a copy; throws as {@link splitObus}
 */
export function normalizeTemporalUnit(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return joinObus(splitObus(bytes));
}

/** As {@link normalizeTemporalUnit}, from units that are split already. */
export function joinObus(obus: readonly Obu[]): Uint8Array<ArrayBuffer> {
  const kept = obus.filter(({ obuType }) => obuType !== OBU_TYPE.temporalDelimiter);
  return concatBytes(...kept.map((obu) => (obu.hasSizeField ? obu.bytes : withSize(obu))));
}

/**
 * True for a temporal unit where decoding can begin (AV1 in ISOBMFF 2.4): it has a sequence header, and its first
 * frame is a key frame that is shown.
 */
export function isAv1KeyFrame(obus: readonly Obu[]): boolean {
  const sequence = obus.find(({ obuType }) => obuType === OBU_TYPE.sequenceHeader);
  const frame = obus.find(
    ({ obuType }) => obuType === OBU_TYPE.frame || obuType === OBU_TYPE.frameHeader,
  );
  const [sequenceHead] = sequence?.payload ?? [];
  const [frameHead] = frame?.payload ?? [];
  if (sequenceHead === undefined || frameHead === undefined) return false;
  const reducedStillPictureHeader = (sequenceHead & 0x08) !== 0;
  // show_existing_frame 0, frame_type 0, show_frame 1.
  return reducedStillPictureHeader || frameHead >> 4 === 1;
}

function withSize({ bytes, payload }: Obu): Uint8Array {
  const headerSize = bytes.length - payload.length;
  const size: number[] = [];
  let rest = payload.length;
  do {
    size.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  const sized = new Uint8Array(bytes.length + size.length);
  sized.set(bytes.subarray(0, headerSize));
  sized[0] = (bytes[0] as number) | 2;
  sized.set(size, headerSize);
  sized.set(payload, headerSize + size.length);
  return sized;
}
