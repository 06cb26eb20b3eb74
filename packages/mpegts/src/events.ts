import type { TsIssue } from "./issue.js";
import type { Pat } from "./pat.js";
import type { PesHeader } from "./pes-header.js";
import type { Pmt, PmtStream } from "./pmt.js";
import type { PsiSection } from "./section.js";

/** Where in the input an event belongs. */
interface TsPlace {
  /** Packets before this one, from the first good one on. */
  readonly packet: number;
  /** Stream offset of the packet's sync byte. */
  readonly offset: number;
}

/** A new or changed programme association table that is current, all its sections together. */
export interface TsPatEvent extends TsPlace {
  readonly type: "pat";
  readonly pat: Pat;
}

/** A new or changed programme map that is current. */
export interface TsPmtEvent extends TsPlace {
  readonly type: "pmt";
  readonly pid: number;
  readonly pmt: Pmt;
}

/** A section of another table: CAT and SDT when they are new, every section of section-carried streams. */
export interface TsSectionEvent extends TsPlace {
  readonly type: "section";
  readonly pid: number;
  readonly section: PsiSection;
  /** The section as received: own memory. */
  readonly bytes: Uint8Array;
}

/** Why the data of a PES packet is not what was sent. */
export type PesDamage =
  /** Packets are missing in it. */
  | "loss"
  /** It ended before PES_packet_length. */
  | "truncated"
  /** It was cut at a limit. */
  | "oversize"
  /** Some of its packets are scrambled, and left out. */
  | "scrambled";

/** A PES packet, delivered as soon as its last byte is known to be there. */
export interface TsPesEvent extends TsPlace {
  readonly type: "pes";
  readonly pid: number;
  /** The programme that lists the PID; the first one if several do. */
  readonly programNumber: number | undefined;
  /** The PID's entry in the programme map. */
  readonly stream: PmtStream | undefined;
  readonly header: PesHeader;
  /** 90 kHz, 33 bits, as coded. */
  readonly pts: number | undefined;
  /** 90 kHz, 33 bits; `pts` when only that is coded. */
  readonly dts: number | undefined;
  /** `pts` continued past 33 bits, on one axis for all streams of the programme. */
  readonly ptsUnwrapped: number | undefined;
  /** `dts` likewise. */
  readonly dtsUnwrapped: number | undefined;
  /** random_access_indicator of its first packet. */
  readonly randomAccess: boolean;
  /** discontinuity_indicator was set on the PID in or before its first packet, after the last PES packet's. */
  readonly discontinuity: boolean;
  readonly damage: PesDamage | undefined;
  /**
   * The payload. A view of the pushed chunk when the PES packet lies in one transport packet of it, own memory
   * otherwise: it stays valid as long as the caller does not write into the chunk. With the option `dataLifetime:
   * "push"` it is valid until the next push only.
   */
  readonly data: Uint8Array;
}

/** A PCR, on any PID. */
export interface TsPcrEvent extends TsPlace {
  readonly type: "pcr";
  readonly pid: number;
  /** 90 kHz, 33 bits. */
  readonly base: number;
  /** 27 MHz, 9 bits. */
  readonly extension: number;
  /** base · 300 + extension, 27 MHz. */
  readonly pcr: number;
  /** The extension is above 299: `base * 300` is what can be relied on. */
  readonly extensionOutOfRange: boolean;
  readonly discontinuity: boolean;
  /** original_program_clock_reference, 27 MHz. */
  readonly opcr: number | undefined;
  readonly adaptationFieldLength: number;
  readonly continuityCounter: number;
  readonly scrambled: boolean;
}

/** Something is wrong in the input. */
export interface TsIssueEvent {
  readonly type: "issue";
  readonly issue: TsIssue;
}

/** What {@link TsDemuxer} finds. */
export type TsEvent =
  | TsPatEvent
  | TsPmtEvent
  | TsSectionEvent
  | TsPesEvent
  | TsPcrEvent
  | TsIssueEvent;
