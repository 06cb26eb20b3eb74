import type { PacketStride } from "./constants.js";

/** Indicators of ETSI TR 101 290 5.2.1 (priority 1: without them nothing can be decoded) and 5.2.2 (priority 2). */
export type Tr101290Indicator =
  | "1.1"
  | "1.2"
  | "1.3"
  | "1.4"
  | "1.5"
  | "1.6"
  | "2.1"
  | "2.2"
  | "2.3a"
  | "2.3b"
  | "2.4"
  | "2.5"
  | "2.6";

/** The standard's names. */
export const TR_101_290_NAMES: Readonly<Record<Tr101290Indicator, string>> = Object.freeze({
  "1.1": "TS_sync_loss",
  "1.2": "Sync_byte_error",
  "1.3": "PAT_error",
  "1.4": "Continuity_count_error",
  "1.5": "PMT_error",
  "1.6": "PID_error",
  "2.1": "Transport_error",
  "2.2": "CRC_error",
  "2.3a": "PCR_repetition_error",
  "2.3b": "PCR_discontinuity_indicator_error",
  "2.4": "PCR_accuracy_error",
  "2.5": "PTS_error",
  "2.6": "CAT_error",
});

/** Options of `TsMonitor`. */
export interface TsMonitorOptions {
  /** Distance of sync bytes. Default: found out. */
  readonly packetSize?: PacketStride;
  /** 1.3: time without a PAT, ms. Default 500. */
  readonly maxPatIntervalMs?: number;
  /** 1.5: time without a section on a PID of programme maps, ms. Default 500. */
  readonly maxPmtIntervalMs?: number;
  /** 1.6: time without a packet on a PID that a programme map lists, ms. Default 5000; the standard leaves it open. */
  readonly maxPidIntervalMs?: number;
  /** 2.3a: distance of PCRs, ms. Default 100 (ISO/IEC 13818-1 2.7.2); older monitors use 40. */
  readonly maxPcrIntervalMs?: number;
  /** 2.4: distance of a PCR from a constant bit rate, ns. Default 500. */
  readonly maxPcrErrorNs?: number;
  /** 2.4: bit/s of the whole transport stream. Default: found out. */
  readonly bitrate?: number;
  /** 2.5: time without a PTS in video or audio, ms. Default 700. */
  readonly maxPtsIntervalMs?: number;
  /** 2.6: time with scrambled packets and without a CAT, ms. Default 2000; the standard leaves it open. */
  readonly maxCatIntervalMs?: number;
}

/** Something that an indicator is about. */
export interface TsViolation {
  readonly indicator: Tr101290Indicator;
  /** Packets before the one where it was found. */
  readonly packet: number;
  /** Stream offset of that packet's sync byte. */
  readonly offset: number;
  /** The PID it concerns, if it concerns one. */
  readonly pid: number | undefined;
  /** One sentence. */
  readonly message: string;
}

/** What a stream was like so far. */
export interface Tr101290Report {
  readonly packets: number;
  /** Time that the stream lasted, by its PCRs or by the arrival times, s. */
  readonly durationS: number;
  /** Violations of each indicator. */
  readonly counts: Readonly<Record<Tr101290Indicator, number>>;
}

/** No violations. */
export function noViolations(): Record<Tr101290Indicator, number> {
  const counts: Partial<Record<Tr101290Indicator, number>> = {};
  for (const indicator of Object.keys(TR_101_290_NAMES)) counts[indicator as Tr101290Indicator] = 0;
  return counts as Record<Tr101290Indicator, number>;
}
