export { type FormatError, isFormatError, sha256 } from "@x/bits";
export {
  authorize,
  chooseChallenge,
  type DigestRequest,
  type RtspCredentials,
} from "./authorization.js";
export { type Challenge, parseChallenges } from "./challenge.js";
export { RtspClient, type RtspClientState } from "./client.js";
export {
  type ClientTransport,
  type MediaStart,
  RtspClientError,
  type RtspClientErrorCode,
  type RtspClientOptions,
  type RtspEvent,
} from "./client-events.js";
export { md5 } from "./md5.js";
export {
  encodeFrame,
  encodeMessage,
  headerValue,
  headerValues,
  type RtspHeader,
  type RtspMessage,
  type RtspRequest,
  type RtspResponse,
} from "./message.js";
export {
  type RtspFrame,
  type RtspIssue,
  type RtspIssueCode,
  type RtspItem,
  RtspParser,
  type RtspParserOptions,
} from "./parser.js";
export { readRtsp, rtspStream } from "./parser-stream.js";
export { type SdpControls, type SdpMedia, sdpControls } from "./sdp-controls.js";
export {
  parseMethods,
  parseRetryAfter,
  parseSession,
  type SessionHeader,
} from "./session-headers.js";
export { sha512t256 } from "./sha512-256.js";
export {
  formatTransport,
  type NumberRange,
  parseTransport,
  type TransportSpec,
} from "./transport.js";
