import { byteSum } from "./byte-sum.js";
import {
  CC_DATA_SECTION,
  CDP_IDENTIFIER,
  FOOTER_SECTION,
  FOOTER_SIZE,
  HEADER_SIZE,
  SVC_INFO_SECTION,
  TIME_CODE_SECTION,
  TIME_CODE_SIZE,
} from "./cdp.js";
import { SERVICE_ENTRY_SIZE } from "./service-info.js";

/**
 * Walks CDPs without allocating: {@link load} one after the other, then read the triplets where they stand. For those
 * who look at many channels; {@link decodeCdp} says what is wrong and gives everything as an object.
 */
export class CdpCursor {
  /** cdp_frame_rate of the packet loaded. */
  cdpFrameRate = 0;
  /** cdp_hdr_sequence_cntr of the packet loaded. */
  cdpHdrSequenceCntr = 0;
  /** Offset of the first triplet in the bytes loaded; -1 when there is no ccdata_section. */
  ccDataOffset = -1;
  /** Number of triplets. */
  ccCount = 0;
  /** Offset of the byte behind the packet. */
  end = 0;

  /**
   * Look at the CDP that starts at `offset`. True when identifier, length, sections and checksum are right; otherwise
   * nothing that was read before is valid.
   */
  load(bytes: Uint8Array, offset = 0): boolean {
    const length = bytes[offset + 2] as number;
    const end = offset + length;
    if (end > bytes.length || length < HEADER_SIZE + FOOTER_SIZE) return false;
    if ((((bytes[offset] as number) << 8) | (bytes[offset + 1] as number)) !== CDP_IDENTIFIER) {
      return false;
    }
    if ((byteSum(bytes, offset, end) & 0xff) !== 0) return false;
    this.cdpFrameRate = (bytes[offset + 3] as number) >> 4;
    this.cdpHdrSequenceCntr = ((bytes[offset + 5] as number) << 8) | (bytes[offset + 6] as number);
    this.end = end;
    const footer = end - FOOTER_SIZE;
    let ccDataOffset = -1;
    let ccCount = 0;
    let at = offset + HEADER_SIZE;
    while (at < footer) {
      const id = bytes[at] as number;
      const second = bytes[at + 1] as number;
      if (id === CC_DATA_SECTION) {
        ccCount = second & 0x1f;
        ccDataOffset = at + 2;
        at = ccDataOffset + 3 * ccCount;
      } else if (id === TIME_CODE_SECTION) {
        at += TIME_CODE_SIZE;
      } else if (id === SVC_INFO_SECTION) {
        at += 2 + (second & 0x0f) * (SERVICE_ENTRY_SIZE + 1);
      } else if (id > FOOTER_SECTION && id < 0xf0) {
        at += 2 + second;
      } else {
        return false;
      }
    }
    this.ccDataOffset = ccDataOffset;
    this.ccCount = ccCount;
    return at === footer && bytes[footer] === FOOTER_SECTION;
  }
}
