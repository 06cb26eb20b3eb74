import { plain } from "@x/bits";
import { byteAt } from "./errors.js";
import type { NalLengthSize } from "./nal-unit.js";

/** VvcDecoderConfigurationRecord, ISO/IEC 14496-15 11.2.4.2: opaque but for its first byte. */
export interface VvcConfiguration {
  /** LengthSizeMinusOne + 1. */
  readonly nalLengthSize: NalLengthSize;
  /** ptl_present_flag. */
  readonly ptlPresent: boolean;
  /** The whole record. */
  readonly bytes: Uint8Array;
}

/**
 * Read the first byte of a vvcC record.
 * @returns `bytes` is a view
 * @throws {FormatError} `truncated` when it is empty
 */
export function decodeVvcConfiguration(bytes: Uint8Array): VvcConfiguration {
  const first = byteAt(bytes, 0, "lengthSizeMinusOne");
  return {
    nalLengthSize: (((first >> 1) & 3) + 1) as NalLengthSize,
    ptlPresent: (first & 1) === 1,
    bytes: plain(bytes),
  };
}
