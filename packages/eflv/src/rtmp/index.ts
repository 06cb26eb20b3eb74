export { isFormatError } from "@x/bits";
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
