export { FormatError, type FormatIssue, isFormatError } from "@x/bits";
export type { Cea608Mode } from "./caption-channel.js";
export {
  type CharacterCode,
  characterCode,
  characterOfCode,
  fallbackCode,
  isExtended,
  type MappedText,
  mapText,
  TRANSPARENT_SPACE,
} from "./characters.js";
export {
  CEA608_COLORS,
  type Cea608Code,
  type Cea608Color,
  type Cea608Field,
  CHARACTER_SETS,
  type CharacterSet,
  type DataChannel,
  MISC_COMMANDS,
  type MiscCommand,
} from "./codes.js";
export {
  type Cea608Cue,
  Cea608CueExporter,
  type Cea608CueOptions,
  cueText,
} from "./cues.js";
export { Cea608Decoder } from "./decoder.js";
export {
  type Cea608EncoderOptions,
  encodeErase,
  encodePaintOn,
  encodePopOn,
  encodeRollUp,
  encodeText,
} from "./encoder.js";
export type { Cea608Change, Cea608DecoderOptions, Cea608Event } from "./events.js";
export { type GstTextCue, GstTextTo608, type GstTextTo608Options } from "./gst-compat.js";
export type { Cea608ErrorCode, Cea608Issue } from "./issues.js";
export type { Cea608Caption, Cea608Line, Cea608TextRun } from "./layout.js";
export { decodePair, encodePair, moveToField, pacPair } from "./pair.js";
export {
  bytesToWords,
  hasParity,
  pairHasParity,
  withPairParity,
  withParity,
  wordsToBytes,
} from "./parity.js";
export { type RenderOptions, renderToHtml, renderToSvg } from "./render.js";
export {
  formatScc,
  parseScc,
  type SccFile,
  type SccItem,
  type SccLine,
  type SccOptions,
  SccParser,
  sccLines,
  sccPairs,
  type TimedPair,
  zeroBase,
} from "./scc.js";
export {
  type Cea608Frame,
  type Cea608Report,
  type Cea608ScheduledCue,
  Cea608Scheduler,
  type Cea608SchedulerOptions,
} from "./scheduler.js";
export {
  type Cea608Cell,
  type Cea608Row,
  type Cea608Run,
  type Cea608Screen,
  type Cea608Style,
  COLUMNS,
  cellAt,
  createScreen,
  isEmptyScreen,
  ROWS,
  screenRows,
  screensEqual,
  screenText,
} from "./screen.js";
export { type Cea608CaptionService, type Cea608Service, captionService } from "./services.js";
export { type FrameRate, LineSlots } from "./slots.js";
export {
  formatTimecode,
  framesOfTimecode,
  isDroppedLabel,
  millisecondsOfFrame,
  type SccTimebase,
  type SccTimecode,
  timecodeOfFrame,
} from "./timecode.js";
export {
  decodeXdsPacket,
  encodeXdsPacket,
  sizeOfXdsPacket,
  XDS_CLASSES,
  XDS_MAX_DATA,
  type XdsClass,
  type XdsPacket,
  XdsParser,
  type XdsResult,
} from "./xds.js";
export { XDS_RATINGS, type XdsAdvisory, type XdsRatingSystem } from "./xds-advisory.js";
export {
  decodeXdsContent,
  encodeXdsContent,
  type XdsContent,
  type XdsContents,
  type XdsCopyControl,
  type XdsKind,
} from "./xds-content.js";
export { xdsKeyword } from "./xds-keywords.js";
export {
  XDS_LANGUAGES,
  XDS_MAIN_AUDIO,
  XDS_SECOND_AUDIO,
  type XdsAudio,
  type XdsAudioServices,
  type XdsCaptionService,
} from "./xds-services.js";
export type { XdsDateTime, XdsDuration, XdsLength } from "./xds-times.js";
