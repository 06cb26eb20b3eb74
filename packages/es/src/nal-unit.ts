import { plain } from "@x/bits";
import { formatError } from "./errors.js";

/** Bytes of the length in front of a NAL unit: avcC's and hvcC's lengthSizeMinusOne + 1. */
export type NalLengthSize = 1 | 2 | 3 | 4;

/**
 * The NAL units of a byte stream (ITU-T H.264 B.1, H.265 B.1): start codes of three or four bytes, leading and
 * trailing zeros are left out, empty units too. Bytes before the first start code are passed over.
 * @returns views into `bytes`
 */
export function splitAnnexB(bytes: Uint8Array): Uint8Array[] {
  const input = plain(bytes);
  const nals: Uint8Array[] = [];
  let start = -1;
  for (let at = nextStartCode(input, 0); ; at = nextStartCode(input, at + 3)) {
    const end = at < 0 ? input.length : at;
    if (start >= 0) {
      const last = trimZeros(input, start, end);
      if (last > start) nals.push(input.subarray(start, last));
    }
    if (at < 0) return nals;
    start = at + 3;
  }
}

/** Index of the next `00 00 01` from `from` on, or -1. */
export function nextStartCode(bytes: Uint8Array, from: number): number {
  const end = bytes.length;
  // Looks at every third byte only, as long as that one is above 1.
  for (let at = from + 2; at < end; ) {
    const third = bytes[at] as number;
    if (third > 1) at += 3;
    else if (third === 0) at++;
    else if (bytes[at - 1] === 0 && bytes[at - 2] === 0) return at - 2;
    else at += 3;
  }
  return -1;
}

/** `end` without the zeros before it, not below `start`. */
export function trimZeros(bytes: Uint8Array, start: number, end: number): number {
  let last = end;
  while (last > start && bytes[last - 1] === 0) last--;
  return last;
}

/**
 * True when `bytes` begins with a start code. A length-prefixed access unit can begin so too: with a four-byte length
 * of 1 (`00 00 00 01`), or of 256 to 511 (`00 00 01`). Where the lengths tile the input exactly, it is taken as
 * length-prefixed.
 */
export function isAnnexB(bytes: Uint8Array): boolean {
  if (bytes[0] !== 0 || bytes[1] !== 0) return false;
  if (bytes[2] !== 1 && !(bytes[2] === 0 && bytes[3] === 1)) return false;
  return !tiles(bytes);
}

function tiles(bytes: Uint8Array): boolean {
  let at = 0;
  while (at + 4 <= bytes.length) {
    const length = readLength(bytes, at, 4);
    if (length === 0) return false;
    at += 4 + length;
  }
  return at === bytes.length;
}

/**
 * The NAL units of a sample as ISO/IEC 14496-15 stores it. Units of length 0 are left out.
 * @returns views into `bytes`
 * @throws {FormatError} `truncated`
 */
export function splitLengthPrefixed(
  bytes: Uint8Array,
  lengthSize: NalLengthSize = 4,
): Uint8Array[] {
  const input = plain(bytes);
  const nals: Uint8Array[] = [];
  let at = 0;
  while (at < input.length) {
    if (at + lengthSize > input.length) {
      throw formatError("truncated", "length is cut off", "nalUnitLength", at);
    }
    const length = readLength(input, at, lengthSize);
    const start = at + lengthSize;
    if (length > input.length - start) {
      const short = length - (input.length - start);
      throw formatError("truncated", `NAL unit is ${short} bytes short`, "nalUnitLength", at);
    }
    if (length > 0) nals.push(input.subarray(start, start + length));
    at = start + length;
  }
  return nals;
}

function readLength(bytes: Uint8Array, at: number, lengthSize: number): number {
  let length = 0;
  for (let i = 0; i < lengthSize; i++) length = length * 256 + (bytes[at + i] as number);
  return length;
}

/** A byte stream with a start code of four bytes before each NAL unit (H.264 B.1). */
export function encodeAnnexB(nals: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let size = 0;
  for (const nal of nals) size += 4 + nal.length;
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const nal of nals) {
    bytes[at + 3] = 1;
    bytes.set(nal, at + 4);
    at += 4 + nal.length;
  }
  return bytes;
}

/**
 * A sample as ISO/IEC 14496-15 stores it.
 * @throws {RangeError} when a unit's length does not fit `lengthSize` bytes
 */
export function encodeLengthPrefixed(
  nals: readonly Uint8Array[],
  lengthSize: NalLengthSize = 4,
): Uint8Array<ArrayBuffer> {
  let size = 0;
  for (const nal of nals) {
    if (nal.length >= 2 ** (8 * lengthSize)) {
      throw new RangeError(`NAL unit of ${nal.length} bytes, length of ${lengthSize}`);
    }
    size += lengthSize + nal.length;
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const nal of nals) {
    for (let i = 0; i < lengthSize; i++) {
      bytes[at++] = Math.floor(nal.length / 2 ** (8 * (lengthSize - 1 - i))) & 0xff;
    }
    bytes.set(nal, at);
    at += nal.length;
  }
  return bytes;
}

/** Byte stream to length-prefixed; a copy. Throws as {@link encodeLengthPrefixed}. */
export function annexBToLengthPrefixed(
  bytes: Uint8Array,
  lengthSize: NalLengthSize = 4,
): Uint8Array<ArrayBuffer> {
  return encodeLengthPrefixed(splitAnnexB(bytes), lengthSize);
}

/** Length-prefixed to byte stream; a copy. Throws as {@link splitLengthPrefixed}. */
export function lengthPrefixedToAnnexB(
  bytes: Uint8Array,
  lengthSize: NalLengthSize = 4,
): Uint8Array<ArrayBuffer> {
  return encodeAnnexB(splitLengthPrefixed(bytes, lengthSize));
}

/**
 * A NAL unit without its emulation_prevention_three_bytes (H.264 7.3.1): header and RBSP.
 * @returns `nal` itself when there are none, else a copy
 */
export function unescapeNal(nal: Uint8Array): Uint8Array {
  let from = nextEscape(nal, 0);
  if (from < 0) return nal;
  const bytes = new Uint8Array(nal.length);
  let source = 0;
  let target = 0;
  while (from >= 0) {
    bytes.set(nal.subarray(source, from), target);
    target += from - source;
    source = from + 1;
    from = nextEscape(nal, source);
  }
  bytes.set(nal.subarray(source), target);
  return bytes.subarray(0, target + nal.length - source);
}

/** Index of the next `03` behind `00 00`, both from `from` on, or -1. */
function nextEscape(nal: Uint8Array, from: number): number {
  for (let at = from + 2; at < nal.length; at++) {
    const byte = nal[at] as number;
    if (byte > 3) at += 2;
    else if (byte === 3 && nal[at - 1] === 0 && nal[at - 2] === 0) return at;
  }
  return -1;
}

/**
 * Put an emulation_prevention_three_byte where `00 00` is followed by a byte below 4, or by the end
 * (H.264 7.4.1: an RBSP never ends in zero, cabac_zero_words do). The inverse of {@link unescapeNal}.
 * @returns a copy
 */
export function escapeRbsp(rbsp: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(rbsp.length + Math.floor(rbsp.length / 2) + 1);
  let zeros = 0;
  let at = 0;
  for (let i = 0; i < rbsp.length; i++) {
    const byte = rbsp[i] as number;
    if (zeros === 2 && byte <= 3) {
      bytes[at++] = 3;
      zeros = 0;
    }
    bytes[at++] = byte;
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  if (zeros === 2) bytes[at++] = 3;
  return bytes.subarray(0, at);
}
