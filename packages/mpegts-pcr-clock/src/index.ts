export type { PcrAccuracy } from "@x/mpegts";
export {
  type AnalyzePcrOptions,
  type AnalyzePcrStreamOptions,
  analyzePcr,
  analyzePcrStream,
  type PcrIndicator,
  type PcrObservation,
  type PcrReport,
  type PcrViolation,
} from "./analyze-pcr.js";
export type { DiscontinuityReason, EstimatorSnapshot } from "./clock-estimator.js";
export type { PcrClockSnapshot } from "./clock-snapshot.js";
export type {
  PcrClockOptions,
  PcrClockStatistics,
  PcrSample,
  SleepOptions,
} from "./clock-types.js";
export type { PcrClockEvent, PcrClockState } from "./events.js";
export { GstPcrClock, type GstPcrClockOptions, type GstPcrUse } from "./gst-pcr-clock.js";
export { applyCalibration, type GstCalibration, GstRegression } from "./gst-regression.js";
export type { IntervalStatistics } from "./interval-meter.js";
export type { LocalTime } from "./local-time.js";
export { PcrClock } from "./pcr-clock.js";
export {
  type PcrSelection,
  PcrSelector,
  type SelectedPcr,
  type SelectedPcrHandler,
} from "./pcr-selector.js";
export type { PcrTimingReport } from "./pcr-timing.js";
export type { TimeSegment } from "./time-map.js";
