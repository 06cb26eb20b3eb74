export { type FormatError, type FormatIssue, isFormatError } from "@x/bits";
export type { AggregateRule, Candidate, ControlRule, Preference } from "./candidates.js";
export { type ConcatRule, joinConcat } from "./join-concat.js";
export {
  type MediaUris,
  type Presentation,
  type PresentationInput,
  type PresentationOptions,
  resolvePresentation,
  type UriIssue,
} from "./presentation.js";
export { type RedirectTarget, redirectTarget } from "./redirect.js";
export {
  matchRtpInfo,
  parseRtpInfo,
  type RtpInfoEntry,
  type RtpInfoMedium,
} from "./rtp-info.js";
export {
  type LowerTransport,
  type ParseRtspUrlOptions,
  parseRtspUrl,
  type RtspCredentials,
  type RtspScheme,
  type RtspUrl,
  redactUrl,
} from "./rtsp-url.js";
export { SetupError, type SetupErrorCode } from "./setup-error.js";
export {
  type LearnedRules,
  type SetupAction,
  type SetupAttempt,
  type SetupOutcome,
  SetupPlan,
  type SetupPlanOptions,
  type SetupRequest,
} from "./setup-plan.js";
export type { UriErrorCode } from "./uri-error.js";
export { joinUri, resolveReference, splitUri, type UriReference } from "./uri-reference.js";
export { isAbsoluteUri, wireUri } from "./wire-uri.js";
