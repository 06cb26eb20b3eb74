import type { FormatIssue } from "@x/bits";

/** Codes of `FormatError`s that this package throws. */
export type TsErrorCode = "truncated" | "sync" | "reserved" | "range" | "checksum" | "unsupported";

/** Codes of issues that {@link TsDemuxer} reports. */
export type TsIssueCode =
  /** Framing was lost, or never found; the bytes are skipped. */
  | "sync-loss"
  /** One packet with a wrong sync byte was dropped. */
  | "sync-byte"
  /** The input ends inside a packet. */
  | "truncated"
  /** transport_error_indicator: the packet was ignored. */
  | "transport-error"
  /** adaptation_field_control 00: the packet was ignored. */
  | "reserved-control"
  /** adaptation_field_length does not fit, or is too short for a PCR. */
  | "adaptation-field"
  /** program_clock_reference_extension above 299. */
  | "clock-reference"
  /** Packets are missing: continuity_counter jumped without discontinuity_indicator. */
  | "continuity"
  /** Payload is scrambled; reported once for a run of packets. */
  | "scrambled"
  | "pointer-field"
  | "section-length"
  | "section-truncated"
  | "section-crc"
  /** A table's content contradicts itself or another table; what can be used is used. */
  | "psi-content"
  /** A unit start without PES start code. */
  | "pes-start"
  /** The PES header cannot be read; the packet is dropped. */
  | "pes-header"
  /** A PES packet ended before its length. */
  | "pes-truncated"
  /** A limit was reached: `maxPesSize`, `maxBufferedBytes`, `maxPids`, or 1024 programmes. */
  | "limit";

/** Something wrong in a transport stream. */
export interface TsIssue extends FormatIssue<TsIssueCode> {
  /** The PID it concerns, if it concerns one. */
  readonly pid: number | undefined;
  /** Packets before the one where it was found. */
  readonly packet: number;
}
