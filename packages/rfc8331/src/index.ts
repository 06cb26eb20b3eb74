export {
  FormatError,
  type FormatErrorDetails,
  type FormatIssue,
  isFormatError,
} from "@x/bits";
export {
  type AncPacket,
  type AncPacketInit,
  AncWordPool,
  checksumValid,
  createAncPacket,
  did,
  LINE_ANY,
  OFFSET_ANY,
  payload,
  repair,
  sdid,
} from "@x/st291";
export { AncCursor } from "./anc-cursor.js";
export { sizeOfAncPacket } from "./anc-data-packet.js";
export {
  AncDepacketizer,
  type AncDepacketizerOptions,
  type AncRtpPacket,
  type AncStreamStatistics,
} from "./depacketizer.js";
export type { AncDiagnostic, AncDiagnosticCode } from "./diagnostics.js";
export {
  F_FIELD_1,
  F_FIELD_2,
  F_INVALID,
  F_PROGRESSIVE,
  fieldOfLine,
  type Scan,
} from "./field.js";
export type { AncFrame, AncFrameDiagnostic, AncFramePart } from "./frame.js";
export {
  type AncFrameInit,
  AncPacketizer,
  type AncPacketizerOptions,
  DEFAULT_RTP_LIMIT,
  isCarriedElsewhere,
  MAX_RTP_LIMIT,
  MIN_RTP_LIMIT,
  rtpLimitOfMtu,
} from "./packetizer.js";
export {
  type AncPayload,
  type DecodedPayload,
  decodePayload,
  encodePayload,
  encodePayloadInto,
  MAX_ANC_COUNT,
  MAX_SINGLE_PAYLOAD_SIZE,
  PAYLOAD_HEADER_SIZE,
  type ParsedPayload,
  type ParsePayloadOptions,
  parsePayload,
  sizeOfPayload,
} from "./payload.js";
export {
  type AncMedia,
  type AncMediaInit,
  formatAncMedia,
  parseAllAncMedia,
  parseAncMedia,
} from "./sdp.js";
export {
  type AncMediaParameters,
  acceptsPacket,
  type DidSdid,
  formatFmtp,
  type ParsedFmtp,
  parseFmtp,
  type SdpDiagnostic,
  type SdpDiagnosticCode,
} from "./sdp-parameters.js";
export {
  type FromSt2038Options,
  fromSt2038,
  PtsMapper,
  type St2038Line,
  type St2038Loss,
  type TowardsSt2038,
  toSt2038,
} from "./st2038.js";
export type { AncStreamIssue, AncStreamIssueCode } from "./stream-issue.js";
export { ancFrameStream, readAncFrames } from "./streams.js";
export { DEFAULT_CLOCK_RATE, type FrameRate, rtpTimestamp, rtpTimestampOfNs } from "./timestamp.js";
