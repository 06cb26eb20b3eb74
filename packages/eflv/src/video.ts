import { plain } from "@x/bits";
import { AmfReader } from "./amf-reader.js";
import type { AmfValue } from "./amf-value.js";
import { readAmf0 } from "./amf0-decode.js";
import { type ContentWarningCode, tagError } from "./errors.js";
import {
  checkCompositionTime,
  encodeEnhanced,
  hasCompositionTime,
  int24,
  type MediaMessage,
  type MetadataPair,
  type MultitrackType,
  NO_BYTES,
  NO_MESSAGES,
  NO_MOD_EX,
  NO_WARNINGS,
  type PacketType,
  readFourCc,
  readMultitrack,
  reservedPacketType,
  writeUint24,
} from "./media.js";
import { type ModEx, need, readModEx, sizeOfModEx, writeModEx } from "./mod-ex.js";

/** VideoFrameType. */
export const FRAME_TYPE = {
  key: 1,
  inter: 2,
  disposableInter: 3,
  generatedKey: 4,
  command: 5,
} as const;

/** CodecID of FLV E.4.3.1. */
export const CODEC_ID = {
  jpeg: 1,
  h263: 2,
  screen: 3,
  vp6: 4,
  vp6Alpha: 5,
  screen2: 6,
  avc: 7,
} as const;

/** VideoCommand. */
export const VIDEO_COMMAND = { startSeek: 0, endSeek: 1 } as const;

/** Data of a video tag. */
export interface VideoData {
  readonly type: "video";
  readonly enhanced: boolean;
  /** The bits as they are, 0 to 7; Metadata has any. */
  readonly frameType: number;
  /** Legacy only. */
  readonly codecId: number | undefined;
  readonly modEx: readonly ModEx[];
  /** Nanoseconds to add to the presentation time. */
  readonly timestampOffsetNano: number;
  readonly multitrackType: MultitrackType | undefined;
  /** A command frame; `null` when a legacy one lacks its byte. */
  readonly videoCommand: number | null | undefined;
  /** An enhanced command frame's packet type number, which means nothing. */
  readonly commandPacketType: number;
  /** Bytes behind a command; they mean nothing. */
  readonly commandRest: Uint8Array;
  /** One a track; none for a command frame. */
  readonly messages: readonly MediaMessage[];
  readonly warnings: readonly ContentWarningCode[];
}

/** Options of {@link decodeVideoData}. */
export interface VideoDecodeOptions {
  /**
   * Private CodecIDs that have AVC's five-byte form, as 12 for HEVC and 13 for AV1 in servers from before Enhanced
   * RTMP. Default none: their body follows the first byte.
   */
  readonly avcLikeCodecIds?: readonly number[];
}

const PACKET_TYPES: readonly (PacketType | undefined)[] = [
  "SequenceStart",
  "CodedFrames",
  "SequenceEnd",
  "CodedFramesX",
  "Metadata",
  "MPEG2TSSequenceStart",
];
const METADATA = 4;
const MULTITRACK = 6;
const MOD_EX = 7;
const AVC_PACKET_TYPES: readonly PacketType[] = ["SequenceStart", "CodedFrames", "SequenceEnd"];

/**
 * Decode the data of a video tag, or of an RTMP video message (FLV E.4.3, Enhanced RTMP v2).
 * @returns bodies are views into `data`
 * @throws {FormatError} codes of `FlvTagErrorCode`; offsets count from the start of `data`
 */
export function decodeVideoData(data: Uint8Array, options: VideoDecodeOptions = {}): VideoData {
  const bytes = plain(data);
  need(bytes, 0, 1, "frameType");
  const head = bytes[0] as number;
  if (head & 0x80) return decodeEnhanced(bytes);
  const frameType = head >> 4;
  const codecId = head & 15;
  if (frameType === FRAME_TYPE.command) {
    // The command byte follows at once, for AVC too: the table of FLV E.4.3.1 would put AVCPacketType first.
    return {
      ...legacy(frameType, codecId, NO_MESSAGES),
      videoCommand: bytes.length > 1 ? (bytes[1] as number) : null,
      commandRest: bytes.subarray(2),
    };
  }
  if (codecId !== CODEC_ID.avc && options.avcLikeCodecIds?.includes(codecId) !== true) {
    return legacy(frameType, codecId, [legacyMessage(bytes, 1, "CodedFrames", undefined)]);
  }
  need(bytes, 1, 4, "avcPacketType");
  const packetType = AVC_PACKET_TYPES[bytes[1] as number];
  if (packetType === undefined) {
    throw tagError("avc-packet-type", `${bytes[1]}`, "avcPacketType", 1);
  }
  return legacy(frameType, codecId, [legacyMessage(bytes, 5, packetType, int24(bytes, 2))]);
}

function legacy(frameType: number, codecId: number, messages: readonly MediaMessage[]): VideoData {
  return {
    type: "video",
    enhanced: false,
    frameType,
    codecId,
    modEx: NO_MOD_EX,
    timestampOffsetNano: 0,
    multitrackType: undefined,
    videoCommand: undefined,
    commandPacketType: 0,
    commandRest: NO_BYTES,
    messages,
    warnings: NO_WARNINGS,
  };
}

function legacyMessage(
  bytes: Uint8Array,
  start: number,
  packetType: PacketType,
  compositionTime: number | undefined,
): MediaMessage {
  return {
    packetType,
    fourCc: undefined,
    trackId: 0,
    implicitTrack: true,
    compositionTime,
    body: bytes.subarray(start),
    bodyOffset: start,
    multichannelConfig: undefined,
    metadata: undefined,
  };
}

function decodeEnhanced(bytes: Uint8Array): VideoData {
  const frameType = ((bytes[0] as number) >> 4) & 7;
  let packetType = (bytes[0] as number) & 15;
  let at = 1;
  let modEx = NO_MOD_EX;
  let timestampOffsetNano = 0;
  if (packetType === MOD_EX) {
    ({ modEx, timestampOffsetNano, packetType, at } = readModEx(bytes, at));
  }
  let multitrackType: MultitrackType | undefined;
  let videoCommand: number | undefined;
  let commandRest = NO_BYTES;
  let messages = NO_MESSAGES;
  let missingEnd = false;
  const read = (
    _: Uint8Array,
    start: number,
    end: number,
    type: number,
    fourCc: string,
    trackId: number,
    implicitTrack: boolean,
    sized: boolean,
  ): MediaMessage => {
    const message = readMessage(bytes, start, end, type, fourCc, trackId, implicitTrack, sized);
    if (message.metadata === undefined) return message;
    const { pairs, missingEnd: missing } = readMetadata(bytes, start, end);
    missingEnd ||= missing;
    return { ...message, metadata: pairs };
  };
  if (packetType !== METADATA && frameType === FRAME_TYPE.command) {
    need(bytes, at, 1, "videoCommand");
    videoCommand = bytes[at] as number;
    commandRest = bytes.subarray(at + 1);
  } else if (packetType === MULTITRACK) {
    ({ multitrackType, messages } = readMultitrack(bytes, at, MULTITRACK, isReserved, read));
  } else {
    if (isReserved(packetType)) throw reservedPacketType(packetType, at - 1);
    const fourCc = readFourCc(bytes, at);
    messages = [read(bytes, at + 4, bytes.length, packetType, fourCc, 0, true, false)];
  }
  const warnings: ContentWarningCode[] = [];
  if (timestampOffsetNano > 999999) warnings.push("modex-nano-range");
  if (missingEnd) warnings.push("amf-missing-end");
  return {
    type: "video",
    enhanced: true,
    frameType,
    codecId: undefined,
    modEx,
    timestampOffsetNano,
    multitrackType,
    videoCommand,
    commandPacketType: videoCommand === undefined ? 0 : packetType,
    commandRest,
    messages,
    warnings: warnings.length === 0 ? NO_WARNINGS : warnings,
  };
}

function isReserved(packetType: number): boolean {
  return PACKET_TYPES[packetType] === undefined;
}

const NO_METADATA: readonly MetadataPair[] = [];

/** Metadata is left empty. */
function readMessage(
  bytes: Uint8Array,
  from: number,
  end: number,
  packetTypeNumber: number,
  fourCc: string,
  trackId: number,
  implicitTrack: boolean,
  sized: boolean,
): MediaMessage {
  const packetType = PACKET_TYPES[packetTypeNumber] as PacketType;
  let compositionTime: number | undefined;
  let start = from;
  if (packetType === "CodedFramesX") compositionTime = 0;
  else if (packetType === "CodedFrames" && hasCompositionTime(fourCc)) {
    if (end - start < 3) {
      const code = sized ? "track-size" : "tag-too-short";
      throw tagError(code, "no room for the composition time", "compositionTime", start);
    }
    compositionTime = int24(bytes, start);
    start += 3;
  }
  return {
    packetType,
    fourCc,
    trackId,
    implicitTrack,
    compositionTime,
    body: bytes.subarray(start, end),
    bodyOffset: start,
    multichannelConfig: undefined,
    metadata: packetType === "Metadata" ? NO_METADATA : undefined,
  };
}

/** Pairs of a name and a value, to the end of the track. */
function readMetadata(
  bytes: Uint8Array,
  start: number,
  end: number,
): { pairs: MetadataPair[]; missingEnd: boolean } {
  const reader = new AmfReader(bytes, start, end);
  const pairs: MetadataPair[] = [];
  while (reader.remaining > 0) {
    const at = reader.at;
    const name = textOf(readAmf0(reader, 1));
    if (name === undefined) throw tagError("amf-type", "name is no string", "metadataName", at);
    if (reader.remaining === 0) throw reader.fail("amf-truncated", "name without value", name);
    pairs.push([name, readAmf0(reader, 1)]);
  }
  return { pairs, missingEnd: reader.missingEnd };
}

/** The text of a string or long string. */
export function textOf(value: AmfValue): string | undefined {
  if (typeof value === "string") return value;
  return typeof value === "object" && value?.type === "long-string" ? value.value : undefined;
}

const PACKET_NUMBERS: Readonly<Partial<Record<PacketType, number>>> = {
  SequenceStart: 0,
  CodedFrames: 1,
  SequenceEnd: 2,
  CodedFramesX: 3,
  Metadata: 4,
  MPEG2TSSequenceStart: 5,
};

/**
 * Encode the data of a video tag: the inverse of {@link decodeVideoData}, byte for byte. Only the messages' bodies
 * count, not what was decoded from them.
 * @throws {RangeError} when a value does not fit, or the messages do not go into one tag
 */
export function encodeVideoData(
  video: VideoData,
  options: VideoDecodeOptions = {},
): Uint8Array<ArrayBuffer> {
  const { frameType, messages } = video;
  if (!Number.isInteger(frameType) || frameType < 0 || frameType > 7) {
    throw new RangeError(`frameType: ${frameType}`);
  }
  if (video.videoCommand !== undefined) return encodeCommand(video, video.videoCommand);
  if (video.enhanced) {
    const alone = video.multitrackType === undefined && messages[0]?.packetType === "Metadata";
    if (frameType === FRAME_TYPE.command && !alone) {
      throw new RangeError("frameType: 5 would make it a command frame");
    }
    return encodeEnhanced(video, 0x80 | (frameType << 4), PACKET_NUMBERS, MULTITRACK);
  }
  const { codecId = 0 } = video;
  const [message] = messages;
  if (message === undefined || messages.length > 1 || frameType === FRAME_TYPE.command) {
    throw new RangeError("messages: one in a legacy tag");
  }
  const { body, compositionTime = 0 } = message;
  const five = codecId === CODEC_ID.avc || options.avcLikeCodecIds?.includes(codecId) === true;
  const packetType = AVC_PACKET_TYPES.indexOf(message.packetType);
  if (packetType < 0 || (!five && packetType !== 1)) {
    throw new RangeError(`packetType: ${message.packetType} in a legacy tag of codec ${codecId}`);
  }
  checkCompositionTime(compositionTime);
  const bytes = new Uint8Array((five ? 5 : 1) + body.length);
  bytes[0] = (frameType << 4) | codecId;
  if (five) {
    bytes[1] = packetType;
    writeUint24(bytes, 2, compositionTime & 0xffffff);
  }
  bytes.set(body, five ? 5 : 1);
  return bytes;
}

function encodeCommand(video: VideoData, command: number | null): Uint8Array<ArrayBuffer> {
  const { enhanced, modEx, commandPacketType, commandRest, codecId = 0, frameType } = video;
  if (frameType !== FRAME_TYPE.command) throw new RangeError("frameType: a command has 5");
  if (!enhanced) {
    const rest = command === null ? [] : [command, ...commandRest];
    return Uint8Array.of((frameType << 4) | codecId, ...rest);
  }
  if (command === null) throw new RangeError("videoCommand: missing");
  if (commandPacketType === METADATA || commandPacketType === MOD_EX) {
    throw new RangeError(`commandPacketType: ${commandPacketType}`);
  }
  const bytes = new Uint8Array(2 + sizeOfModEx(modEx) + commandRest.length);
  bytes[0] = 0xd0 | (modEx.length > 0 ? MOD_EX : commandPacketType);
  const at = writeModEx(bytes, 1, modEx, commandPacketType);
  bytes[at] = command;
  bytes.set(commandRest, at + 1);
  return bytes;
}
