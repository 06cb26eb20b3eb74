import type { IntervalStatistics } from "./interval-meter.js";
import type { LocalTime } from "./local-time.js";
import type { PcrSelection } from "./pcr-selector.js";

/** Options of {@link PcrClock}. */
export interface PcrClockOptions extends PcrSelection {
  /**
   * When the path becomes longer or shorter at once: `"hold"` keeps the clock where it is and counts the difference as
   * held delay; `"follow"` slews to the new path. Default `"hold"`.
   */
  readonly delaySteps?: "hold" | "follow";
  /** How far the sender's rate may be from the local one. Default 150; software senders may need 500. */
  readonly maxPpm?: number;
  /** Jitter below which the clock can lock, ns. Default 2 000 000. */
  readonly lockJitterNs?: number;
  /** The clock that arrival times are of. Default: `process.hrtime.bigint` or `performance.now`. */
  readonly localNow?: LocalTime;
}

/** A PCR and when it arrived. */
export interface PcrSample {
  /** 27 MHz, below 2^33 · 300. */
  readonly pcr: number;
  /** Local time, ns. A time before the last sample's counts as that one's. */
  readonly arrivalNs: bigint;
  /** Received packets before this one, null packets included, on a count of the caller's. Default: unknown. */
  readonly packet?: number;
  /** Packets behind it in its datagram. Default 0. */
  readonly packetsBehind?: number;
  /** A new time base begins: discontinuity_indicator. Default `false`. */
  readonly discontinuity?: boolean;
  /** Packets were lost since the PCR before. Default `false`. */
  readonly gap?: boolean;
  /** program_clock_reference_extension was above 299; `pcr` is without it. Default `false`. */
  readonly extensionOutOfRange?: boolean;
}

/** What a clock has seen. Times in ns. */
export interface PcrClockStatistics {
  readonly samples: number;
  /** PCRs that were not used: wild values, stamps far too early. */
  readonly outliers: number;
  /** Median distance of the least delayed PCRs from the model. */
  readonly jitterNs: number;
  /** Width of the model's Gaussian part: errors of PCR and arrival stamps. */
  readonly stampingErrorNs: number;
  /** Mean of the model's exponential part: queueing. */
  readonly queueingDelayNs: number;
  /** The sender's rate minus 1, in millionths: the mean over up to the last 90 s. */
  readonly ratePpm: number;
  /** Standard error of `ratePpm`, about. */
  readonly rateErrorPpm: number;
  /** How far the output is from the model. */
  readonly outputErrorNs: number;
  readonly heldDelayNs: number;
  readonly discontinuities: number;
  readonly delaySteps: number;
  /** Breaks of continuity_counter on any PID. */
  readonly gaps: number;
  /** Sender time of a transport packet; 0 while unknown. */
  readonly packetDurationNs: number;
  /** Distances of neighbouring PCRs in PCR time, in the stream's order. */
  readonly pcrInterval: IntervalStatistics;
}

/** How {@link PcrClock.sleepUntil} waits. */
export interface SleepOptions {
  readonly signal?: AbortSignal;
  /** Local time before the deadline that is spent in a busy loop, ns. Default 0. */
  readonly spinNs?: bigint;
}
