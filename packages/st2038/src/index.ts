export { FormatError, type FormatIssue, isFormatError } from "@x/bits";
export {
  type AncPacket,
  type AncPacketInit,
  AncWordPool,
  checksumValid,
  createAncPacket,
  dataCount,
  dbn,
  did,
  LINE_ANY,
  LINE_OVERFLOW,
  LINE_VANC,
  OFFSET_ACTIVE,
  OFFSET_ANY,
  OFFSET_HANC,
  OFFSET_OVERFLOW,
  parityErrors,
  parityInverted,
  payload,
  repair,
  sdid,
  userDataWords,
} from "@x/st291";
export { AncCursor, type St2038Packet } from "./anc-cursor.js";
export type { AncDiagnostic, AncDiagnosticCode } from "./anc-diagnostic.js";
export {
  type AncCaption,
  type AncCaptions,
  type AncPosition,
  ancToCaption,
  ancToCaptions,
  type CaptionErrorCode,
  cdpToAnc,
  cea608ToAnc,
} from "./captions.js";
export {
  AncDemuxer,
  type AncDemuxerOptions,
  type AncSelector,
  type AncStream,
  type AncStreamPackets,
  selectAnc,
} from "./demux.js";
export {
  ANC_DATA_DESCRIPTOR_TAG,
  ANC_FORMAT_IDENTIFIER,
  ANC_STREAM_TYPE,
  type AncEsInfo,
  decodeAncEsInfo,
  encodeAncEsInfo,
  isAncStream,
} from "./descriptor.js";
export { type CollisionPolicy, mergeAnc } from "./merge.js";
export { AncMuxer, type AncMuxerOptions, type AncUnit } from "./mux.js";
export {
  ANC_STREAM_ID,
  type AncPes,
  type DecodePesOptions,
  decodePes,
  type EncodePesOptions,
  encodePes,
  encodePesHeaderInto,
  PES_HEADER_SIZE,
  type PesErrorCode,
} from "./pes.js";
export { encodeRecordInto, MAX_RECORD_SIZE, MIN_RECORD_SIZE, sizeOfRecord } from "./record.js";
export {
  decodeSt436,
  type EncodeSt436Options,
  encodeSt436,
  isSt436ElementKey,
  type ParsedSt436,
  parseSt436,
  type St436Packet,
  type St436PacketInit,
  St436SampleCoding,
  St436WrappingType,
  st436ContainerLabel,
  st436ElementKey,
} from "./st436.js";
export {
  decodeUnit,
  type EncodeUnitOptions,
  encodeUnit,
  encodeUnitInto,
  type ParsedUnit,
  type ParseUnitOptions,
  parseUnit,
  recordBytes,
  sizeOfUnit,
} from "./unit.js";
