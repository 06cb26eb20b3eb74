import { plain } from "@x/bits";
import { AmfReader } from "./amf-reader.js";
import type { AmfValue } from "./amf-value.js";
import { readAmf0 } from "./amf0-decode.js";
import type { ContentWarningCode } from "./errors.js";
import {
  checkCompositionTime,
  encodeEnhanced,
  hasCompositionTime,
  type MediaMessage,
  type MetadataPair,
  type MultitrackType,
  NO_BYTES,
  NO_MESSAGES,
  type PacketSyntax,
  type PacketType,
  readMessages,
  readTrackHeader,
  writeUint24,
} from "./media.js";
import { MediaCursor } from "./media-cursor.js";
import { MOD_EX, type ModEx, readModEx, sizeOfModEx, writeModEx } from "./mod-ex.js";

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
const SYNTAX: PacketSyntax = { packetTypes: PACKET_TYPES, multitrack: MULTITRACK };
const AVC_PACKET_TYPES: readonly PacketType[] = ["SequenceStart", "CodedFrames", "SequenceEnd"];

/**
 * Decode the data of a video tag, or of an RTMP video message (FLV E.4.3, Enhanced RTMP v2).
 * @returns bodies are views into `data`
 * @throws {FormatError} codes of `FlvTagErrorCode`; offsets count from the start of `data`
 */
export function decodeVideoData(data: Uint8Array, options: VideoDecodeOptions = {}): VideoData {
  const { avcLikeCodecIds = [] } = options;
  const cursor = new MediaCursor().open(plain(data), 0, data.length);
  return readVideoData(cursor, avcLikeCodecIds);
}

/** As {@link decodeVideoData}, of the data that `cursor` was opened on. */
export function readVideoData(cursor: MediaCursor, avcLikeCodecIds: readonly number[]): VideoData {
  readVideoHeader(cursor, avcLikeCodecIds);
  const { videoCommand } = cursor;
  const isCommand = videoCommand !== undefined;
  const messages = isCommand ? NO_MESSAGES : readMessages(cursor, readMessage);
  return {
    type: "video",
    enhanced: cursor.enhanced,
    frameType: cursor.frameType,
    codecId: cursor.legacyCodec,
    modEx: cursor.modEx,
    timestampOffsetNano: cursor.timestampOffsetNano,
    multitrackType: cursor.multitrackType,
    videoCommand,
    commandPacketType: cursor.commandPacketType,
    commandRest: isCommand ? cursor.body : NO_BYTES,
    messages,
    warnings: cursor.warnings,
  };
}

/**
 * Read up to the first message's payload, or up to what follows a command. Throws as {@link decodeVideoData}.
 */
export function readVideoHeader(cursor: MediaCursor, avcLikeCodecIds: readonly number[]): void {
  const head = cursor.uint8("frameType");
  cursor.frameType = (head >> 4) & 7;
  cursor.enhanced = head > 0x7f;
  if (cursor.enhanced) {
    readExHeader(cursor, head & 15);
    return;
  }
  const codecId = head & 15;
  cursor.legacyCodec = codecId;
  if (cursor.frameType === FRAME_TYPE.command) {
    // The command byte follows at once, for AVC too: the table of FLV E.4.3.1 would put AVCPacketType first.
    cursor.videoCommand = cursor.at < cursor.end ? cursor.uint8("videoCommand") : null;
  } else if (codecId === CODEC_ID.avc || avcLikeCodecIds.includes(codecId)) {
    cursor.need(4, "avcPacketType");
    const type = cursor.uint8("avcPacketType");
    const packetType = AVC_PACKET_TYPES[type];
    if (packetType === undefined) {
      throw cursor.fail("avc-packet-type", `${type}`, "avcPacketType", cursor.at - 1);
    }
    cursor.packetType = packetType;
    cursor.compositionTime = cursor.int24("compositionTime");
  }
}

function readExHeader(cursor: MediaCursor, firstType: number): void {
  const packetType = firstType === MOD_EX ? readModEx(cursor) : firstType;
  if (packetType !== METADATA && cursor.frameType === FRAME_TYPE.command) {
    cursor.videoCommand = cursor.uint8("videoCommand");
    cursor.commandPacketType = packetType;
    return;
  }
  readTrackHeader(cursor, packetType, SYNTAX);
  if (!cursor.sized) readCompositionTime(cursor);
}

/** The composition time of an enhanced message, if it has one. */
function readCompositionTime(cursor: MediaCursor): void {
  cursor.compositionTime = undefined;
  if (cursor.packetType === "CodedFramesX") cursor.compositionTime = 0;
  else if (cursor.packetType === "CodedFrames" && hasCompositionTime(cursor.fourCc)) {
    if (cursor.messageEnd - cursor.at < 3) {
      const code = cursor.sized ? "track-size" : "tag-too-short";
      throw cursor.fail(code, "no room for the composition time", "compositionTime", cursor.at);
    }
    cursor.compositionTime = cursor.int24("compositionTime");
  }
}

function readMessage(cursor: MediaCursor): MediaMessage {
  if (cursor.sized) readCompositionTime(cursor);
  const metadata = cursor.packetType === "Metadata" ? readMetadata(cursor) : undefined;
  return cursor.takeMessage(undefined, metadata);
}

/** Pairs of a name and a value, to the end of the message; the cursor stays where it is. */
function readMetadata(cursor: MediaCursor): MetadataPair[] {
  const { start } = cursor;
  const data = cursor.view(start, cursor.messageEnd);
  const amf = new AmfReader(data, cursor.at - start, data.length, cursor.amfObjectsLeft);
  const pairs: MetadataPair[] = [];
  try {
    while (amf.remaining > 0) {
      const marker = amf.bytes[amf.at];
      const name = marker === 0x02 || marker === 0x0c ? textOf(readAmf0(amf, 1)) : undefined;
      if (name === undefined) throw amf.fail("amf-type", "name is no string", "metadataName");
      if (amf.remaining === 0) throw amf.fail("amf-truncated", "name without value", name);
      pairs.push([name, readAmf0(amf, 1)]);
    }
  } finally {
    if (amf.missingEnd && !cursor.missingEnd) cursor.warn("amf-missing-end");
    cursor.missingEnd ||= amf.missingEnd;
  }
  cursor.amfObjectsLeft = amf.objectsLeft;
  return pairs;
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
