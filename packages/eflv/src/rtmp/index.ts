export { isFormatError } from "@x/bits";
export type { MuxedTag } from "../muxer.js";
export {
  CAPS_EX,
  decodeCapabilities,
  encodeCapabilities,
  FOUR_CC_INFO,
  fourCcInfo,
  type RtmpCapabilities,
} from "./capabilities.js";
export {
  MESSAGE_TYPE,
  type ReceivedMessage,
  type RtmpIssue,
  type RtmpIssueCode,
  type RtmpMessage,
} from "./chunk.js";
export {
  type RtmpChunkEvent,
  RtmpChunkReader,
  type RtmpChunkReaderOptions,
} from "./chunk-reader.js";
export { RtmpChunkWriter } from "./chunk-writer.js";
export {
  RtmpClient,
  type RtmpClientEvent,
  type RtmpClientOptions,
  type RtmpClientState,
} from "./client.js";
export { storedTag } from "./data-frame.js";
export type { DigestHalf, HandshakeRole } from "./digest.js";
export { type HandshakeInit, type HandshakeStep, RtmpHandshake } from "./handshake.js";
export { LateJoinHeaders, type TagRole } from "./late-join.js";
export type { LinkOptions } from "./link.js";
export { type RtmpServerEvent, type RtmpServerOptions, RtmpServerSession } from "./server.js";
export { parseRtmpUrl, type RtmpUrl, resolveRtmpUrl } from "./url.js";
