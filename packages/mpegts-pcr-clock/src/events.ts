import type { DiscontinuityReason } from "./clock-estimator.js";

/** What happened to a clock. `localNs`: the local time of the sample, or of the poll, that brought it about. */
export type PcrClockEvent =
  | { readonly type: "locked"; readonly localNs: bigint }
  | { readonly type: "unlocked"; readonly localNs: bigint }
  /** No PCR for half a second, or a pause: the clock goes on at its last rate. */
  | { readonly type: "holdover"; readonly localNs: bigint }
  /** No PCR for five seconds. */
  | { readonly type: "lost"; readonly localNs: bigint }
  | {
      readonly type: "discontinuity";
      readonly localNs: bigint;
      /**
       * `"flagged"`: discontinuity_indicator. `"jump"`: the PCR left its course. `"pcr-pid"`: another PID's PCRs.
       * `"resume"`: after a pause the delay did not come back to what it was.
       */
      readonly reason: DiscontinuityReason;
      /** By how much the PCR left its course, 27 MHz. */
      readonly deltaTicks: number;
      /** Id of the segment that begins. */
      readonly segment: number;
    }
  | {
      readonly type: "delay-step";
      readonly localNs: bigint;
      /** Positive: the path became longer. */
      readonly deltaNs: number;
      /** Delay that the clock does not show: what a consumer's latency budget lost. */
      readonly heldDelayNs: number;
    }
  | {
      readonly type: "pcr-pid";
      readonly localNs: bigint;
      readonly pid: number;
      readonly previous: number | undefined;
    };

/**
 * - `free`: no PCR yet, the clock is the local one.
 * - `acquiring`: PCRs come, the rate is not certain.
 * - `locked`: within a millisecond of the model and stable within 1 ppm.
 * - `holdover`: no PCR for half a second.
 * - `lost`: none for five seconds.
 */
export type PcrClockState = "free" | "acquiring" | "locked" | "holdover" | "lost";
