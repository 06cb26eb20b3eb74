export { FormatError, type FormatIssue, isFormatError } from "@x/bits";
export {
  type AdaptationField,
  type AdaptationFieldExtension,
  type AdaptationFieldInit,
  type ClockReference,
  clockReference,
  clockReferenceTicks,
  createAdaptationField,
  decodeAdaptationField,
  encodeAdaptationFieldInto,
  sizeOfAdaptationField,
} from "./adaptation-field.js";
export { CAT_TABLE_ID, type Cat, decodeCat, encodeCat } from "./cat.js";
export {
  CAT_PID,
  NULL_PID,
  PACKET_SIZE,
  PACKET_STRIDES,
  PAT_PID,
  type PacketStride,
  SDT_PID,
  SYNC_BYTE,
} from "./constants.js";
export { type ByteRange, locatePayload, unwrapDatagram } from "./datagram.js";
export type { TsDemuxerOptions } from "./demux-options.js";
export { TsDemuxer } from "./demuxer.js";
export {
  type Descriptor,
  decodeDescriptors,
  encodeDescriptors,
  sizeOfDescriptors,
  splitDescriptors,
} from "./descriptor.js";
export { descriptorName } from "./descriptor-names.js";
export {
  findDescriptor,
  REGISTRATION_TAG,
  registrationDescriptor,
  registrationOf,
} from "./descriptors.js";
export {
  type CaDescriptor,
  type CaptionService,
  decodeAncDataDescriptor,
  decodeCaDescriptor,
  decodeCaptionServiceDescriptor,
  decodeCueIdentifierDescriptor,
  decodeLanguageDescriptor,
  decodeMaximumBitrateDescriptor,
  decodeSubtitlingDescriptor,
  decodeTeletextDescriptor,
  encodeAncDataDescriptor,
  encodeCaDescriptor,
  encodeCaptionServiceDescriptor,
  encodeCueIdentifierDescriptor,
  encodeLanguageDescriptor,
  encodeMaximumBitrateDescriptor,
  encodeSubtitlingDescriptor,
  encodeTeletextDescriptor,
  type LanguageEntry,
  type SubtitlingEntry,
  type TeletextEntry,
} from "./descriptors-data.js";
export {
  type AtscAc3Descriptor,
  type Av1VideoDescriptor,
  type AvcVideoDescriptor,
  type DvbAc3Descriptor,
  decodeAtscAc3Descriptor,
  decodeAv1VideoDescriptor,
  decodeAvcVideoDescriptor,
  decodeDvbAc3Descriptor,
  decodeHevcVideoDescriptor,
  decodeJxsVideoDescriptor,
  decodeOpusAudioDescriptor,
  encodeAtscAc3Descriptor,
  encodeAv1VideoDescriptor,
  encodeAvcVideoDescriptor,
  encodeDvbAc3Descriptor,
  encodeHevcVideoDescriptor,
  encodeJxsVideoDescriptor,
  encodeOpusAudioDescriptor,
  type HevcVideoDescriptor,
  type JxsVideoDescriptor,
  type OpusAudioDescriptor,
} from "./descriptors-media.js";
export type {
  PesDamage,
  TsEvent,
  TsIssueEvent,
  TsPatEvent,
  TsPcrEvent,
  TsPesEvent,
  TsPmtEvent,
  TsSectionEvent,
} from "./events.js";
export {
  type PacketHandler,
  type SkipHandler,
  type SkipReason,
  TsFramer,
  type TsFramerOptions,
} from "./framer.js";
export type { TsErrorCode, TsIssue, TsIssueCode } from "./issue.js";
export type { MuxProgram, MuxStream } from "./mux-config.js";
export type { LateUnit, MuxUnit, TsMuxerOptions } from "./mux-options.js";
export { TsMuxer } from "./muxer.js";
export { decodePat, encodePat, PAT_TABLE_ID, type Pat, type PatProgram } from "./pat.js";
export { type PcrAccuracy, pcrAccuracy } from "./pcr-accuracy.js";
export { PcrScanner, type PcrScannerOptions } from "./pcr-scanner.js";
export type { PesExtension } from "./pes-extension.js";
export {
  AUDIO_STREAM_0,
  decodePesHeader,
  encodePesHeader,
  encodePesHeaderInto,
  encodePesPacket,
  isPlainStreamId,
  PADDING_STREAM,
  type PesHeader,
  type PesOptionalHeader,
  PRIVATE_STREAM_1,
  sizeOfPesHeader,
  VIDEO_STREAM_0,
} from "./pes-header.js";
export {
  type DecodePmtOptions,
  decodePmt,
  encodePmt,
  PMT_TABLE_ID,
  type Pmt,
  type PmtStream,
} from "./pmt.js";
export { TsRewriter, type TsRewriterOptions } from "./rewriter.js";
export {
  decodeSdt,
  encodeSdt,
  SDT_ACTUAL_TABLE_ID,
  SDT_OTHER_TABLE_ID,
  type Sdt,
  type SdtService,
} from "./sdt.js";
export {
  type DecodeSectionOptions,
  decodeSection,
  encodeSection,
  type PsiSection,
  type SectionSyntax,
  sectionSizeAt,
} from "./section.js";
export {
  SectionAssembler,
  type SectionAssemblerOptions,
  type SectionFault,
  type SectionHandler,
} from "./section-assembler.js";
export {
  carriageOf,
  type StreamKind,
  type StreamKindInfo,
  streamKind,
  streamKindInfo,
} from "./stream-kind.js";
export { readTs, tsDemuxStream } from "./streams.js";
export {
  TR_101_290_NAMES,
  type Tr101290Indicator,
  type Tr101290Report,
  type TsMonitorOptions,
  type TsViolation,
} from "./tr-101-290.js";
export {
  decodePacket,
  encodePacket,
  encodePacketInto,
  type TransportPacket,
} from "./transport-packet.js";
export { TsMonitor } from "./ts-monitor.js";
