export { type FormatError, isFormatError } from "@x/bits";
export {
  CaptionDecoder,
  type CaptionDecoderOptions,
  decodePacketCodes,
  type ServiceCodes,
} from "./caption-decoder.js";
export {
  CaptionScheduler,
  type CaptionSchedulerOptions,
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
export {
  type Cdp,
  type CdpFutureSection,
  type CdpOptions,
  type CdpServiceInfo,
  type CdpTimeCode,
  type CdpVerbatim,
  type DecodedCdp,
  decodeCdp,
  encodeCdp,
  sizeOfCdp,
} from "./cdp.js";
export { CdpWriter, type CdpWriterOptions, padCcData } from "./cdp-writer.js";
export { type CaptionText, CC_ICON, encodeCharacter, toCaptionText } from "./characters.js";
export { codeLength, tokenise } from "./code-space.js";
export {
  type Cea708Code,
  decodeCode,
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
export type { CaptionErrorCode, CaptionIssue } from "./issue.js";
export { PEN_STYLES, type Pen, WINDOW_STYLES } from "./predefined-styles.js";
export { ServiceDecoder } from "./service-decoder.js";
export type { CaptionServiceEntry } from "./service-info.js";
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
