export {
  FormatError,
  type FormatErrorDetails,
  type FormatIssue,
  isFormatError,
} from "@x/bits";
export {
  type AfdBarData,
  afdName,
  type Bars,
  decodeAfd,
  encodeAfd,
} from "./afd.js";
export {
  type AncPacket,
  type AncPacketInit,
  checksum,
  checksumValid,
  createAncPacket,
  dataCount,
  dbn,
  did,
  forbiddenWords,
  LINE_ANY,
  LINE_OVERFLOW,
  LINE_VANC,
  OFFSET_ACTIVE,
  OFFSET_ANY,
  OFFSET_HANC,
  OFFSET_OVERFLOW,
  packetType,
  parityErrors,
  parityInverted,
  payload,
  repair,
  sdid,
  userDataWords,
} from "./anc-packet.js";
export {
  type AncillaryTimeCode,
  type AtcWord,
  atcPayloadTypeName,
  type Dbb2,
  decodeAtc,
  decodeAtcWord,
  decodeDbb2,
  encodeAtc,
  encodeAtcWord,
  encodeDbb2,
} from "./atc.js";
export {
  type Cea608Packet,
  cea608Line,
  decodeCea608,
  encodeCea608,
} from "./cea608.js";
export {
  DID_RANGES,
  DID_REGISTRY,
  type DidAssignment,
  type DidEntry,
  type DidInfo,
  type DidRange,
  lookup,
} from "./did-registry.js";
export { groupByLine, type LineGroup } from "./group-by-line.js";
export {
  type Chromaticity,
  decodeHdr,
  encodeHdr,
  type HdrFrame,
} from "./hdr.js";
export {
  decodeKlv,
  decodeKlvPacket,
  encodeKlv,
  encodeKlvPacket,
  type KlvPacket,
  type KlvTriplet,
  MAX_KLV_DATA_SIZE,
  splitKlv,
} from "./klv.js";
export { type KlvMessage, KlvReassembler } from "./klv-reassembler.js";
export {
  decodeOp47,
  encodeOp47,
  type Op47Block,
  type Op47Sdp,
  op47Line,
} from "./op47.js";
export {
  decodeOp47Multipacket,
  encodeOp47Multipacket,
  type NestedAncPacket,
  type Op47Multipacket,
} from "./op47-multipacket.js";
export type { St291ErrorCode } from "./payload-error.js";
export type {
  ReassemblerOptions,
  ReassemblyIssue,
  ReassemblyIssueCode,
} from "./reassembly.js";
export {
  decodeScte104Descriptor,
  encodeScte104Descriptor,
  type Scte104Assembled,
  type Scte104Descriptor,
  Scte104Reassembler,
  splitScte104,
} from "./scte104.js";
export {
  decodeScte104Message,
  encodeScte104Message,
  type Scte104Message,
  type Scte104Operation,
  type Scte104Timestamp,
  scte104OperationName,
} from "./scte104-message.js";
export {
  type FrameRate,
  fieldMark,
  formatTimeCode,
  frameCount,
  frameNumber,
  type TimeAddress,
  timeCodeAt,
} from "./time-code.js";
export {
  deleteVanc,
  type ExtractedVanc,
  type ExtractOptions,
  extractVanc,
  type InsertOptions,
  insertVanc,
  markForDeletion,
  type VancIssue,
  type VancIssueCode,
  type VancPolicy,
} from "./vanc-line.js";
export {
  blankVancLine,
  decodeV210Line,
  encodeV210Line,
  sizeOfV210Line,
  sizeOfVancLine,
  type VancFormat,
} from "./vanc-raster.js";
export {
  decodeVpid,
  encodeVpid,
  type PayloadIdentifier,
  vpidName,
} from "./vpid.js";
export {
  checksumOfSum,
  checksumWord,
  hasInvertedParity,
  hasParity,
  isForbiddenWord,
  wordOf,
} from "./word.js";
export { AncWordPool } from "./word-pool.js";
