import { PCR_MODULUS, wrapDiff } from "@x/bits";
import { type PacketStride, type PcrAccuracy, PcrScanner, pcrAccuracy } from "@x/mpegts";
import { IntervalMeter, type IntervalStatistics } from "./interval-meter.js";
import { PcrTiming, type PcrTimingReport } from "./pcr-timing.js";

/** A PCR to analyse. */
export interface PcrObservation {
  /** 27 MHz, below 2^33 · 300. */
  readonly pcr: number;
  /** Index of its packet in the transport stream. */
  readonly packet: number;
  readonly discontinuity?: boolean;
  /** Local time of arrival, ns; all observations or none. */
  readonly arrivalNs?: bigint;
}

/** Options of {@link analyzePcr}. */
export interface AnalyzePcrOptions {
  /** Distance of PCRs that is a repetition error, ms. Default 100 (ISO/IEC 13818-1 2.7.2); older monitors use 40. */
  readonly maxIntervalMs?: number;
  /** Distance that is a warning, ms. Default 40 (DVB practice). */
  readonly warnIntervalMs?: number;
  /** Distance from a constant bit rate that is an accuracy error, ns. Default 500. */
  readonly maxErrorNs?: number;
  /** Bit/s of the whole transport stream. Default: found out. */
  readonly bitrate?: number;
}

/** The TR 101 290 indicator that a PCR violates. */
export type PcrIndicator = "2.3a" | "2.3b" | "2.4";

/** A violation. */
export interface PcrViolation {
  readonly indicator: PcrIndicator;
  readonly packet: number;
  readonly pcr: number;
  /** 2.3a and 2.3b: ms since the PCR before. 2.4: 0. */
  readonly intervalMs: number;
}

/** What {@link analyzePcr} found. */
export interface PcrReport {
  readonly count: number;
  /** PCR time of all time bases together, s. */
  readonly durationS: number;
  readonly interval: IntervalStatistics;
  /** Distances above the warning level, repetition errors included. */
  readonly repetitionWarnings: number;
  /** 2.3a PCR_repetition_error. */
  readonly repetitionErrors: number;
  /** 2.3b PCR_discontinuity_indicator_error. */
  readonly discontinuityErrors: number;
  /** Announced time bases. */
  readonly discontinuities: number;
  /** 2.4 PCR_accuracy_error; 0 when the bit rate is not constant. */
  readonly accuracyErrors: number;
  /** Of the longest time base; `undefined` when the bit rate is not constant. */
  readonly accuracy: PcrAccuracy | undefined;
  /** Bit/s between neighbouring PCRs. All 0 when there is none. */
  readonly bitrate: { readonly min: number; readonly max: number; readonly mean: number };
  /** PCR_OJ, PCR_FO and PCR_DR; `undefined` without arrival times. */
  readonly timing: PcrTimingReport | undefined;
  /** The first 1000. */
  readonly violations: readonly PcrViolation[];
}

const TICKS_PER_MS = 27_000;
const PACKET_BITS = 188 * 8;
const MAX_VIOLATIONS = 1000;

/**
 * Analyse the PCRs of one PID by TR 101 290: repetition (2.3a), unannounced jumps (2.3b), accuracy (2.4), bit rate, and,
 * with arrival times, overall jitter, frequency offset and drift.
 *
 * A distance outside 0 to 100 ms without discontinuity_indicator is a 2.3b error; when it is at most a second forward it
 * is a 2.3a error as well.
 * @throws {RangeError} when a `pcr` is out of range
 */
export function analyzePcr(
  observations: Iterable<PcrObservation>,
  options: AnalyzePcrOptions = {},
): PcrReport {
  const { maxIntervalMs = 100, warnIntervalMs = 40, maxErrorNs = 500 } = options;
  const interval = new IntervalMeter();
  const timing = new PcrTiming();
  const bases: TimeBase[] = [];
  const violations: PcrViolation[] = [];
  const rates = { min: Infinity, max: 0, packets: 0, ticks: 0 };
  let base: TimeBase | undefined;
  let last: PcrObservation | undefined;
  let count = 0;
  let repetitionWarnings = 0;
  let repetitionErrors = 0;
  let discontinuityErrors = 0;
  let discontinuities = 0;
  const note = (violation: PcrViolation): void => {
    if (violations.length < MAX_VIOLATIONS) violations.push(violation);
  };
  for (const observation of observations) {
    const { pcr, packet, arrivalNs, discontinuity = false } = observation;
    if (!(Number.isInteger(pcr) && pcr >= 0 && pcr < PCR_MODULUS)) {
      throw new RangeError(`pcr: ${pcr} is out of range`);
    }
    count++;
    const ticks = last === undefined ? 0 : wrapDiff(pcr, last.pcr, PCR_MODULUS);
    const intervalMs = ticks / TICKS_PER_MS;
    const forward = ticks > 0 && intervalMs <= 1000;
    if (base === undefined || discontinuity || !forward) {
      interval.add(observation, true);
      if (last !== undefined && discontinuity) discontinuities++;
      base = { packets: [packet], ticks: [0], pcr0: pcr };
      bases.push(base);
    } else {
      interval.add(observation, false);
      base.packets.push(packet);
      base.ticks.push((base.ticks[base.ticks.length - 1] as number) + ticks);
      noteRate(rates, packet - (last?.packet ?? packet), ticks);
    }
    if (last !== undefined && !discontinuity) {
      if (forward && intervalMs > warnIntervalMs) repetitionWarnings++;
      if (forward && intervalMs > maxIntervalMs) {
        repetitionErrors++;
        note({ indicator: "2.3a", packet, pcr, intervalMs });
      }
      if (ticks <= 0 || intervalMs > 100) {
        discontinuityErrors++;
        note({ indicator: "2.3b", packet, pcr, intervalMs });
      }
    }
    if (arrivalNs !== undefined) timing.add(pcr, arrivalNs, packet, discontinuity);
    last = observation;
  }
  let accuracyErrors = 0;
  let accuracy: PcrAccuracy | undefined;
  let longest = 0;
  let durationTicks = 0;
  for (const { packets, ticks, pcr0 } of bases) {
    durationTicks += ticks[ticks.length - 1] as number;
    const found = pcrAccuracy(packets, ticks, options.bitrate, maxErrorNs);
    if (found === undefined) continue;
    accuracyErrors += found.errors.length;
    for (const index of found.errors) {
      const pcr = (pcr0 + (ticks[index] as number)) % PCR_MODULUS;
      note({ indicator: "2.4", packet: packets[index] as number, pcr, intervalMs: 0 });
    }
    if (packets.length > longest) {
      longest = packets.length;
      accuracy = found;
    }
  }
  return {
    count,
    durationS: durationTicks / 27e6,
    interval: interval.statistics(),
    repetitionWarnings,
    repetitionErrors,
    discontinuityErrors,
    discontinuities,
    accuracyErrors,
    accuracy,
    bitrate: {
      min: rates.packets === 0 ? 0 : rates.min,
      max: rates.max,
      mean: rates.packets === 0 ? 0 : bitrateOf(rates.packets, rates.ticks),
    },
    timing: timing.report(),
    violations,
  };
}

/** Options of {@link analyzePcrStream}. */
export interface AnalyzePcrStreamOptions extends AnalyzePcrOptions {
  /** Distance of sync bytes. Default: found out. */
  readonly packetSize?: PacketStride;
}

/** Analyse all PIDs with PCRs of a whole transport stream. PCRs with an extension above 299 are left out. */
export function analyzePcrStream(
  stream: Uint8Array,
  options: AnalyzePcrStreamOptions = {},
): Map<number, PcrReport> {
  const { packetSize } = options;
  const scanner = new PcrScanner(packetSize === undefined ? {} : { packetSize });
  const observations = new Map<number, PcrObservation[]>();
  for (const event of [...scanner.push(stream), ...scanner.flush()]) {
    if (event.extensionOutOfRange) continue;
    const { pid, pcr, packet, discontinuity } = event;
    const list = observations.get(pid);
    if (list === undefined) observations.set(pid, [{ pcr, packet, discontinuity }]);
    else list.push({ pcr, packet, discontinuity });
  }
  const reports = new Map<number, PcrReport>();
  for (const [pid, list] of observations) reports.set(pid, analyzePcr(list, options));
  return reports;
}

interface TimeBase {
  readonly packets: number[];
  readonly ticks: number[];
  readonly pcr0: number;
}

function bitrateOf(packets: number, ticks: number): number {
  return (packets * PACKET_BITS * 27e6) / ticks;
}

function noteRate(
  rates: { min: number; max: number; packets: number; ticks: number },
  packets: number,
  ticks: number,
): void {
  if (packets <= 0) return;
  const bitrate = bitrateOf(packets, ticks);
  rates.min = Math.min(rates.min, bitrate);
  rates.max = Math.max(rates.max, bitrate);
  rates.packets += packets;
  rates.ticks += ticks;
}
