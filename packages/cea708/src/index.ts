export { type FormatError, isFormatError } from "@x/bits";
export {
  type A53Captions,
  decodeA53UserData,
  decodeT35Captions,
  encodeA53UserData,
  encodeT35Captions,
} from "./a53.js";
export {
  CaptionDecoder,
  type CaptionDecoderOptions,
  decodePacketCodes,
  type ServiceChange,
  type ServiceCodes,
} from "./caption-decoder.js";
export {
  CaptionScheduler,
  type CaptionSchedulerOptions,
  type Line21Source,
  type ScheduledFrame,
  type ScheduledServiceOptions,
  type SchedulerEvent,
} from "./caption-scheduler.js";
export {
  type CcTriplet,
  CcType,
  decodeTriplets,
  encodeTriplets,
  type SplitCcData,
  splitCcData,
} from "./cc-data.js";
export type {
  Cdp,
  CdpFutureSection,
  CdpOptions,
  CdpServiceInfo,
  CdpTimeCode,
  CdpVerbatim,
  DecodedCdp,
} from "./cdp.js";
export { CdpCursor } from "./cdp-cursor.js";
export { decodeCdp } from "./cdp-decode.js";
export { encodeCdp, sizeOfCdp } from "./cdp-encode.js";
export { timeCodeOfFrame } from "./cdp-time-code.js";
export { CdpWriter, type CdpWriterOptions, padCcData } from "./cdp-writer.js";
export { Cea608To708, type Cea608To708Options } from "./cea608-to-708.js";
export { type CaptionText, CC_ICON, encodeCharacter, toCaptionText } from "./characters.js";
export { codeLength, tokenise } from "./code-space.js";
export {
  type Cea708Code,
  decodeCode,
  Opacity,
  type PenAttributes,
  type PenColor,
  type PlainCommand,
  type WindowAttributes,
  type WindowDefinition,
  type WindowsCommand,
} from "./codes.js";
export { encodeCode } from "./codes-encode.js";
export {
  type Cue,
  type CueInit,
  type CueLine,
  type CuePlacement,
  type CueRun,
  createCue,
  cueText,
  DEFAULT_PLACEMENT,
} from "./cue.js";
export type { AspectRatio } from "./cue-layout.js";
export { formatCueMarkup, type MarkupDialect, parseMarkup } from "./cue-markup.js";
export { CueReader, type CueReaderOptions } from "./cue-reader.js";
export {
  type DtvccPacket,
  DtvccParser,
  decodeDtvccPacket,
  decodeServiceBlocks,
  encodeDtvccPacket,
  encodeServiceBlocks,
  type ServiceBlock,
} from "./dtvcc.js";
export {
  CDP_FRAME_RATES,
  type CdpFrameRate,
  ccCountOf,
  cdpFrameRateOf,
  type FrameRate,
  frameOfMs,
  frameRateOfCdp,
  msOfFrame,
  ntscPairsOf,
} from "./frame-rate.js";
export { type CaptionErrorCode, type CaptionIssue, IssueList } from "./issue.js";
export {
  ccDataToLine21Payloads,
  decodeLine21Payload,
  encodeLine21Payload,
  type Line21Field,
  type Line21Payload,
  line21PayloadsToCcData,
  pairsToCcData,
} from "./line21-formats.js";
export {
  formatMcc,
  type MccFile,
  type MccLine,
  type MccOptions,
  type MccRate,
  type MccTimeCode,
  mccChecksum,
  mccFrameOf,
  mccFrameRate,
  type ParsedMcc,
  parseMcc,
} from "./mcc.js";
export {
  decodeMpeg2UserData,
  encodeDvdUserData,
  encodeMpeg2UserData,
  encodeScte20UserData,
  type Mpeg2Captions,
  type Scte20Pair,
  scte20ToCcData,
} from "./mpeg2-user-data.js";
export { PEN_STYLES, type Pen, WINDOW_STYLES } from "./predefined-styles.js";
export {
  decodeQuickTimeSample,
  encodeC608Sample,
  encodeC708Sample,
  type QuickTimeSample,
} from "./quicktime.js";
export { type RenderOptions, renderToHtml, renderToSvg } from "./render.js";
export { CaptionReorderer, type TimedCcData } from "./reorder.js";
export { CcRepacker, type CcRepackerOptions } from "./repacker.js";
export {
  decodeAv1MetadataCaptions,
  decodeSeiCaptions,
  encodeAv1MetadataCaptions,
  encodeSeiCaptions,
  isSeiNalUnit,
  type SeiCodec,
} from "./sei.js";
export { ServiceDecoder } from "./service-decoder.js";
export {
  CAPTION_SERVICE_DESCRIPTOR_TAG,
  decodeCaptionServiceDescriptor,
  encodeCaptionServiceDescriptor,
} from "./service-descriptor.js";
export type { CaptionServiceEntry } from "./service-info.js";
export { ServiceInfoCollector } from "./service-info-collector.js";
export type { CaptionMode } from "./service-schedule.js";
export {
  formatSrt,
  formatSrtCue,
  type ParsedSubtitles,
  parseSrt,
  SrtParser,
  type SubtitleOptions,
} from "./srt.js";
export { decodeSubtitleText, type SubtitleEncoding } from "./subtitle-text.js";
export {
  formatWebVtt,
  formatWebVttCue,
  type ParsedWebVtt,
  parseSubtitles,
  parseWebVtt,
  type TimestampMap,
  WebVttParser,
} from "./webvtt.js";
export type { CaptionWindow, Cell, PenLocation } from "./window.js";
export { type Rectangle, type WindowRun, windowRectangle, windowRuns } from "./window-geometry.js";
