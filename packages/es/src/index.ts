export { FormatError, type FormatErrorDetails, type FormatIssue, isFormatError } from "@x/bits";
export { type Ac3Header, decodeAc3Header } from "./ac3.js";
export {
  type AccessUnitEvent,
  AccessUnitParser,
  type AccessUnitParserOptions,
} from "./access-unit-parser.js";
export { AccessUnitTimer, type TimedAccessUnit } from "./access-unit-timer.js";
export {
  type AdtsHeader,
  audioSpecificConfigFromAdts,
  decodeAdtsHeader,
  encodeAdtsHeader,
} from "./adts.js";
export { AnnexBParser, type AnnexBParserOptions, type NalUnitEvent } from "./annex-b-parser.js";
export {
  AAC_SAMPLING_FREQUENCIES,
  type AudioSpecificConfig,
  aacChannels,
  createAudioSpecificConfig,
  decodeAudioSpecificConfig,
  encodeAudioSpecificConfig,
  type GaSpecificConfig,
} from "./audio-specific-config.js";
export {
  type Av1ColorConfig,
  type Av1Configuration,
  type Av1SequenceHeader,
  av1ConfigurationFromObus,
  decodeAv1Configuration,
  decodeAv1SequenceHeader,
  encodeAv1Configuration,
} from "./av1.js";
export { type Av1Event, Av1Parser, type Av1ParserOptions } from "./av1-parser.js";
export {
  AVC_NAL,
  type AvcConfiguration,
  type AvcConfigurationTail,
  type AvcSps,
  avcConfigurationFromNals,
  avcNalType,
  decodeAvcConfiguration,
  decodeAvcSps,
  encodeAvcConfiguration,
  isAvcKeyFrame,
} from "./avc.js";
export type { EsErrorCode, EsIssueCode } from "./errors.js";
export {
  decodeFlacFrameHeader,
  decodeFlacHeader,
  decodeFlacStreamInfo,
  encodeFlacHeader,
  FLAC_STREAM_INFO_BYTES,
  type FlacFrameHeader,
  type FlacHeader,
  type FlacStreamInfo,
  flacFramePosition,
} from "./flac.js";
export { type FlacEvent, FlacParser, type FlacParserOptions } from "./flac-parser.js";
export type { FrameHeaders } from "./frame-format.js";
export { type FrameEvent, FrameParser } from "./frame-parser.js";
export {
  decodeHevcConfiguration,
  decodeHevcSps,
  encodeHevcConfiguration,
  HEVC_NAL,
  type HevcConfiguration,
  type HevcNalArray,
  type HevcProfileTierLevel,
  type HevcSps,
  hevcConfigurationFromNals,
  hevcNalType,
  isHevcKeyFrame,
} from "./hevc.js";
export type { HevcSpsTail } from "./hevc-sps-tail.js";
export {
  decodeIvfHeader,
  type IvfEvent,
  type IvfHeader,
  IvfParser,
  type IvfParserOptions,
} from "./ivf.js";
export { decodeMpegAudioHeader, isMpegAudioInfoFrame, type MpegAudioHeader } from "./mpeg-audio.js";
export {
  annexBToLengthPrefixed,
  encodeAnnexB,
  encodeLengthPrefixed,
  escapeRbsp,
  isAnnexB,
  lengthPrefixedToAnnexB,
  type NalLengthSize,
  splitAnnexB,
  splitLengthPrefixed,
  unescapeNal,
} from "./nal-unit.js";
export {
  isAv1KeyFrame,
  joinObus,
  normalizeTemporalUnit,
  OBU_TYPE,
  type Obu,
  splitLengthDelimitedObus,
  splitObus,
} from "./obu.js";
export { decodeOggPage, encodeOggPage, OGG_FLAG, type OggPage } from "./ogg.js";
export {
  type OggAudioEvent,
  OggAudioParser,
  type OggAudioParserOptions,
} from "./ogg-audio-parser.js";
export { type OggEvent, OggParser, type OggParserOptions } from "./ogg-parser.js";
export {
  decodeOpusHead,
  decodeOpusPacket,
  encodeOpusHead,
  type OpusHead,
  type OpusMappingTable,
  type OpusPacket,
  opusPacketDurationMs,
} from "./opus.js";
export type { PictureOrder } from "./picture-order.js";
export type { ChannelElement, ProgramConfigElement } from "./program-config.js";
export { decodeSei, decodeT35UserData, type SeiMessage, type T35UserData } from "./sei.js";
export {
  decodeVp9KeyFrame,
  decodeVpConfiguration,
  encodeVpConfiguration,
  type Vp9KeyFrame,
  type VpConfiguration,
  vpConfigurationFromKeyFrame,
} from "./vp9.js";
export type { FrameRate } from "./vui.js";
export { decodeVvcConfiguration, type VvcConfiguration } from "./vvc.js";
