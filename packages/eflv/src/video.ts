import { plain } from "@x/bits";
import { AmfReader } from "./amf-reader.js";
import type { AmfValue } from "./amf-value.js";
import { readAmf0 } from "./amf0-decode.js";
import { DataReader } from "./data-reader.js";
import { type ContentWarningCode, tagError } from "./errors.js";
import {
  checkCompositionTime,
  encodeEnhanced,
  hasCompositionTime,
  type MediaMessage,
  type MetadataPair,
  type MultitrackType,
  NO_BYTES,
  NO_MESSAGES,
  NO_MOD_EX,
  NO_WARNINGS,
  type PacketType,
  readMultitrackType,
  readTracks,
  setPacketType,
  writeUint24,
} from "./media.js";
import { type ModEx, readModEx, sizeOfModEx, writeModEx } from "./mod-ex.js";

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
  const { avcLikeCodecIds = [] } = options;
  return readVideoData(new DataReader().open(plain(data), 0, data.length), avcLikeCodecIds);
}

/** As {@link decodeVideoData}, of the data that `reader` was opened on. */
export function readVideoData(reader: DataReader, avcLikeCodecIds: readonly number[]): VideoData {
  const head = reader.uint8("frameType");
  if (head & 0x80) return readEnhanced(reader, (head >> 4) & 7, head & 15);
  const frameType = head >> 4;
  const codecId = head & 15;
  let videoCommand: number | null | undefined;
  let commandRest = NO_BYTES;
  let messages = NO_MESSAGES;
  if (frameType === FRAME_TYPE.command) {
    // The command byte follows at once, for AVC too: the table of FLV E.4.3.1 would put AVCPacketType first.
    const { at, end } = reader;
    videoCommand = at < end ? reader.uint8("videoCommand") : null;
    commandRest = reader.view(reader.at, end);
  } else if (codecId !== CODEC_ID.avc && !avcLikeCodecIds.includes(codecId)) {
    messages = [reader.message(undefined)];
  } else {
    messages = [reader.message(readAvcHeader(reader))];
  }
  return {
    type: "video",
    enhanced: false,
    frameType,
    codecId,
    modEx: NO_MOD_EX,
    timestampOffsetNano: 0,
    multitrackType: undefined,
    videoCommand,
    commandPacketType: 0,
    commandRest,
    messages,
    warnings: NO_WARNINGS,
  };
}

/** AVCPacketType and the composition time, which is returned. */
function readAvcHeader(reader: DataReader): number {
  reader.need(4, "avcPacketType");
  const type = reader.uint8("avcPacketType");
  const packetType = AVC_PACKET_TYPES[type];
  if (packetType === undefined) {
    throw reader.fail("avc-packet-type", `${type}`, "avcPacketType", reader.at - 1);
  }
  reader.packetType = packetType;
  return reader.int24("compositionTime");
}

function readEnhanced(reader: DataReader, frameType: number, firstType: number): VideoData {
  let packetType = firstType;
  let modEx = NO_MOD_EX;
  let timestampOffsetNano = 0;
  if (packetType === MOD_EX) {
    ({ modEx, timestampOffsetNano, packetType } = readModEx(reader));
  }
  let multitrackType: MultitrackType | undefined;
  let videoCommand: number | undefined;
  let commandRest = NO_BYTES;
  let messages = NO_MESSAGES;
  if (packetType !== METADATA && frameType === FRAME_TYPE.command) {
    videoCommand = reader.uint8("videoCommand");
    commandRest = reader.view(reader.at, reader.end);
  } else if (packetType === MULTITRACK) {
    multitrackType = readMultitrackType(reader, MULTITRACK, PACKET_TYPES);
    messages = readTracks(reader, multitrackType, readMessage);
  } else {
    setPacketType(reader, packetType, PACKET_TYPES);
    reader.readFourCc();
    messages = [readMessage(reader)];
  }
  let warnings = NO_WARNINGS;
  if (timestampOffsetNano > 999999) warnings = ["modex-nano-range"];
  if (reader.missingEnd) warnings = [...warnings, "amf-missing-end"];
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
    warnings,
  };
}

function readMessage(reader: DataReader): MediaMessage {
  switch (reader.packetType) {
    case "CodedFramesX":
      return reader.message(0);
    case "CodedFrames": {
      if (!hasCompositionTime(reader.fourCc)) return reader.message(undefined);
      if (reader.messageEnd - reader.at < 3) {
        const code = reader.sized ? "track-size" : "tag-too-short";
        throw reader.fail(code, "no room for the composition time", "compositionTime", reader.at);
      }
      return reader.message(reader.int24("compositionTime"));
    }
    case "Metadata":
      return reader.message(undefined, undefined, readMetadata(reader));
    default:
      return reader.message(undefined);
  }
}

/** Pairs of a name and a value, to the end of the message; the reader stays where it is. */
function readMetadata(reader: DataReader): MetadataPair[] {
  const { start } = reader;
  const data = reader.view(start, reader.messageEnd);
  const amf = new AmfReader(data, reader.at - start, data.length);
  const pairs: MetadataPair[] = [];
  while (amf.remaining > 0) {
    const { at } = amf;
    const name = textOf(readAmf0(amf, 1));
    if (name === undefined) throw tagError("amf-type", "name is no string", "metadataName", at);
    if (amf.remaining === 0) throw amf.fail("amf-truncated", "name without value", name);
    pairs.push([name, readAmf0(amf, 1)]);
  }
  reader.missingEnd ||= amf.missingEnd;
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
