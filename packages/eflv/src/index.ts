export { FormatError, type FormatErrorDetails, type FormatIssue, isFormatError } from "@x/bits";
export { amfReferenceTable, amfToPlain, codecOfMetadata } from "./amf-plain.js";
export type {
  Amf3Array,
  Amf3Dictionary,
  Amf3Object,
  Amf3Value,
  Amf3Vector,
  AmfDate,
  AmfEcmaArray,
  AmfLongString,
  AmfObject,
  AmfProperties,
  AmfReference,
  AmfStrictArray,
  AmfSwitch,
  AmfTypedObject,
  AmfUnsupported,
  AmfValue,
  AmfXml,
} from "./amf-value.js";
export { type AmfValues, decodeAmf0Values } from "./amf0-decode.js";
export { encodeAmf0Values } from "./amf0-encode.js";
export { type AudioData, decodeAudioData, encodeAudioData, SOUND_FORMAT } from "./audio.js";
export { type ColorInfo, decodeColorInfo, encodeColorInfo } from "./color-info.js";
export { FlvDemuxer, presentationTimeNs } from "./demuxer.js";
export type {
  AmfErrorCode,
  ContentWarningCode,
  FlvErrorCode,
  FlvFatalCode,
  FlvIssue,
  FlvTagErrorCode,
  FlvWarningCode,
} from "./errors.js";
export type { FlvEvent } from "./flv-event.js";
export {
  AUDIO_FOUR_CCS,
  fourCcNumber,
  fourCcText,
  isKnownFourCc,
  VIDEO_FOUR_CCS,
} from "./four-cc.js";
export {
  type KeyframeIndex,
  readKeyframeIndex,
  type SeekPoint,
  seekPoint,
} from "./keyframe-index.js";
export type { MediaMessage, MetadataPair, MultitrackType, PacketType } from "./media.js";
export { type ModEx, TIMESTAMP_OFFSET_NANO, timestampOffsetNanoModEx } from "./mod-ex.js";
export {
  CHANNEL_ORDER,
  decodeMultichannelConfig,
  encodeMultichannelConfig,
  type MultichannelConfig,
} from "./multichannel.js";
export {
  type FlvFrame,
  FlvMuxer,
  type FlvMuxerOptions,
  type FlvPatch,
  type MuxedTag,
} from "./muxer.js";
export { createOnMetaData, type OnMetaDataInit } from "./on-meta-data.js";
export { type FlvPacket, type FlvPacketHandlers, FlvPacketReader } from "./packet-reader.js";
export type {
  AudioCodec,
  FlvAudioTrack,
  FlvProfile,
  FlvTrack,
  FlvVideoTrack,
  VideoCodec,
} from "./profile.js";
export { decodeScriptData, encodeScriptData, type ScriptData } from "./script.js";
export type { FlvDemuxerOptions } from "./stream-reader.js";
export {
  encodeFlvHeader,
  encodeTag,
  type FlvHeader,
  type FlvTag,
  type FlvTagInit,
  TAG_TYPE,
} from "./tag.js";
export type { FlvReadOptions } from "./tag-framer.js";
export { type FlvTagEvent, FlvTagParser } from "./tag-parser.js";
export { fourCcOfLegacy, type TrackParameters, trackParameters } from "./track-parameters.js";
export {
  CODEC_ID,
  decodeVideoData,
  encodeVideoData,
  FRAME_TYPE,
  VIDEO_COMMAND,
  type VideoData,
  type VideoDecodeOptions,
} from "./video.js";
