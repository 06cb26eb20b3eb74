import type { CaptionIssue } from "./issue.js";
import type { CaptionServiceEntry } from "./service-info.js";

/** cdp_identifier. */
export const CDP_IDENTIFIER = 0x9669;
/** Bytes of cdp_header. */
export const HEADER_SIZE = 7;
/** Bytes of cdp_footer. */
export const FOOTER_SIZE = 4;
/** Bytes of time_code_section. */
export const TIME_CODE_SIZE = 5;
/** time_code_section_id. */
export const TIME_CODE_SECTION = 0x71;
/** ccdata_id. */
export const CC_DATA_SECTION = 0x72;
/** ccsvcinfo_id. */
export const SVC_INFO_SECTION = 0x73;
/** cdp_footer_id. */
export const FOOTER_SECTION = 0x74;
/** Most bytes of a CDP: its length has eight bits. */
export const MAX_CDP_SIZE = 255;

/** time_code_section (ST 334-2 5.3): SMPTE 12-1 time code. */
export interface CdpTimeCode {
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
  /** At 50, 59.94 and 60 Hz counted in pairs of frames. */
  readonly frames: number;
  /** tc_field_flag: second field, or second frame of a pair. */
  readonly fieldFlag: boolean;
  readonly dropFrameFlag: boolean;
}

/** ccsvcinfo_section (ST 334-2 5.5). */
export interface CdpServiceInfo {
  readonly svcInfoStart: boolean;
  readonly svcInfoChange: boolean;
  readonly svcInfoComplete: boolean;
  /** At most 15. */
  readonly services: readonly CaptionServiceEntry[];
}

/** A section that the standard left for later (ST 334-2 5.6). */
export interface CdpFutureSection {
  /** `75` to `EF`. */
  readonly sectionId: number;
  readonly data: Uint8Array;
}

/** What was received other than {@link encodeCdp} would write it, so that it can be written again as it was. */
export interface CdpVerbatim {
  /** Byte 3's low four bits, when not all ones. */
  readonly rateReserved?: number;
  /** Byte 4, when not what the sections say. */
  readonly flags?: number;
  /** The four bytes behind `71`. */
  readonly timeCode?: Uint8Array;
  /** The byte behind `72`. */
  readonly ccDataHeader?: number;
  /** The byte behind `73`. */
  readonly svcInfoHeader?: number;
  /** The first byte of each service entry. */
  readonly serviceNumberBytes?: Uint8Array;
  readonly footerSequenceCntr?: number;
  readonly packetChecksum?: number;
}

/** A caption distribution packet (ST 334-2). Byte arrays out of {@link decodeCdp} are views of its input. */
export interface Cdp {
  /** 1 to 8; see {@link CDP_FRAME_RATES}. */
  readonly cdpFrameRate: number;
  readonly captionServiceActive: boolean;
  /** 16 bits. */
  readonly cdpHdrSequenceCntr: number;
  readonly timeCode: CdpTimeCode | undefined;
  /** Bare triplets, at most 31. */
  readonly ccData: Uint8Array | undefined;
  readonly svcInfo: CdpServiceInfo | undefined;
  readonly futureSections: readonly CdpFutureSection[];
  readonly verbatim?: CdpVerbatim | undefined;
}

/** A decoded CDP and what was not right about it. */
export interface DecodedCdp {
  readonly cdp: Cdp;
  readonly issues: readonly CaptionIssue[];
  /** Offset of the byte behind the packet. */
  readonly end: number;
}

/** How {@link decodeCdp} takes deviations. */
export interface CdpOptions {
  /**
   * `strict`: throw at the first fault that a conforming writer cannot make (reserved bits and an unusual cc_count are
   * only reported). `lenient`: keep what can be read, report the rest. Default: `lenient`.
   */
  readonly mode?: "lenient" | "strict";
}

/** `E0 | n` is what deployed equipment writes and reads; 32 and above need the six-bit form. */
export function serviceNumberByte(entry: CaptionServiceEntry): number {
  const number = entry.captionServiceNumber;
  return number < 32 ? 0xe0 | number : 0x80 | number;
}

/** Byte 4: what the sections say, and the reserved bit. */
export function flagsOf(
  timeCode: boolean,
  ccData: boolean,
  svcInfo: CdpServiceInfo | undefined,
  captionServiceActive: boolean,
): number {
  let flags = 1;
  if (timeCode) flags |= 0x80;
  if (ccData) flags |= 0x40;
  if (svcInfo !== undefined) {
    flags |= 0x20;
    if (svcInfo.svcInfoStart) flags |= 0x10;
    if (svcInfo.svcInfoChange) flags |= 0x08;
    if (svcInfo.svcInfoComplete) flags |= 0x04;
  }
  return captionServiceActive ? flags | 2 : flags;
}
