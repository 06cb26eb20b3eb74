import { fits } from "./fits.js";
import { lengthError } from "./payload-error.js";

const CLAUSE = "ST 352";
const SIZE = 4;

/** Payload identifier, DID 41 SDID 01 (ST 352): four bytes, the meaning of 2 to 4 depending on byte 1. */
export interface PayloadIdentifier {
  /** Payload and digital interface: see {@link vpidName}. RFC 8331's `VPID_Code`. */
  readonly byte1: number;
  /** Picture rate and scanning. */
  readonly byte2: number;
  /** Sampling structure. */
  readonly byte3: number;
  /** Bit depth and channel. */
  readonly byte4: number;
}

/**
 * Decode a payload identifier.
 * @throws {FormatError} `length` when it is not 4 bytes.
 */
export function decodeVpid(payload: Uint8Array): PayloadIdentifier {
  if (payload.length !== SIZE) throw lengthError("vpid", 0, SIZE, payload.length, CLAUSE);
  const [byte1, byte2, byte3, byte4] = payload as unknown as [number, number, number, number];
  return { byte1, byte2, byte3, byte4 };
}

/**
 * Encode a payload identifier: 4 bytes.
 * @throws {RangeError} when a value does not fit a byte.
 */
export function encodeVpid(vpid: PayloadIdentifier): Uint8Array<ArrayBuffer> {
  const bytes = [vpid.byte1, vpid.byte2, vpid.byte3, vpid.byte4];
  for (const [i, byte] of bytes.entries()) fits(`byte${i + 1}`, byte, 0xff);
  return Uint8Array.from(bytes);
}

/** What byte 1 of a payload identifier says about picture and interface; `undefined` when it is not known here. */
export function vpidName(byte1: number): string | undefined {
  return VPID_NAMES[byte1 - 0x81];
}

const VPID_NAMES: readonly (string | undefined)[] = [
  "SD, 270 Mb/s",
  "SD, 360 Mb/s",
  "SD, 540 Mb/s",
  "720 lines, 1.5 Gb/s",
  "1080 lines, 1.5 Gb/s",
  undefined,
  "1080 lines, dual-link 1.5 Gb/s",
  "720 lines, 3 Gb/s level A",
  "1080 lines, 3 Gb/s level A",
  "1080 lines, dual-link on 3 Gb/s level B",
  "2 × 720 lines, 3 Gb/s level B",
  "2 × 1080 lines, 3 Gb/s level B",
];
