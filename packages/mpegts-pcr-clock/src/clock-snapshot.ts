import type { EstimatorSnapshot } from "./clock-estimator.js";
import type { PcrClockState } from "./events.js";
import type { TimeSegment } from "./time-map.js";

/** The state of a {@link PcrClock}, for JSON. */
export interface PcrClockSnapshot {
  readonly version: 1;
  readonly localEpochNs: string;
  readonly senderEpochNs: string;
  readonly estimator: EstimatorSnapshot;
  readonly state: PcrClockState;
  readonly counts: readonly [samples: number, discontinuities: number, delaySteps: number];
  readonly segments: readonly {
    readonly id: number;
    readonly fromLocalNs: string;
    readonly pcr0: number;
    readonly senderNs0: string;
  }[];
}

/** Segments for JSON, which has no bigint. */
export function saveSegments(segments: readonly TimeSegment[]): PcrClockSnapshot["segments"] {
  return segments.map((segment) => ({
    ...segment,
    fromLocalNs: String(segment.fromLocalNs),
    senderNs0: String(segment.senderNs0),
  }));
}

/** Segments from JSON. */
export function loadSegments(saved: PcrClockSnapshot["segments"]): TimeSegment[] {
  return saved.map((segment) => ({
    ...segment,
    fromLocalNs: BigInt(segment.fromLocalNs),
    senderNs0: BigInt(segment.senderNs0),
  }));
}
