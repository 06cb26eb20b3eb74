import { plain } from "@x/bits";
import type { ContentWarningCode } from "./errors.js";
import {
  encodeEnhanced,
  type MediaMessage,
  type MultitrackType,
  NO_BYTES,
  NO_MESSAGES,
  NO_MOD_EX,
  NO_WARNINGS,
  type PacketSyntax,
  type PacketType,
  readMessages,
  readTrackHeader,
} from "./media.js";
import { MediaCursor } from "./media-cursor.js";
import { MOD_EX, type ModEx, readModEx } from "./mod-ex.js";
import {
  channelMaskMatches,
  type MultichannelConfig,
  readMultichannelConfig,
} from "./multichannel.js";

/** SoundFormat of FLV E.4.2.1; `exHeader` is Enhanced RTMP's. */
export const SOUND_FORMAT = {
  pcm: 0,
  adpcm: 1,
  mp3: 2,
  pcmLe: 3,
  nellymoser16k: 4,
  nellymoser8k: 5,
  nellymoser: 6,
  g711Alaw: 7,
  g711Mulaw: 8,
  exHeader: 9,
  aac: 10,
  speex: 11,
  mp38k: 14,
  deviceSpecific: 15,
} as const;

/** Data of an audio tag. */
export interface AudioData {
  readonly type: "audio";
  readonly enhanced: boolean;
  /** No data at all: play what is buffered, then be silent. */
  readonly silence: boolean;
  /** 9 when enhanced; 0 for silence. */
  readonly soundFormat: number;
  /** Legacy only, else 0: 5512, 11025, 22050 or 44100 Hz as 0 to 3. Not to be relied on for AAC and Speex. */
  readonly soundRate: number;
  /** Legacy only, else 0: 8 or 16 bits as 0 or 1. */
  readonly soundSize: number;
  /** Legacy only, else 0: mono or stereo as 0 or 1. */
  readonly soundType: number;
  readonly modEx: readonly ModEx[];
  /** Nanoseconds to add to the presentation time. */
  readonly timestampOffsetNano: number;
  readonly multitrackType: MultitrackType | undefined;
  /** One a track; none for silence. */
  readonly messages: readonly MediaMessage[];
  readonly warnings: readonly ContentWarningCode[];
}

const PACKET_TYPES: readonly (PacketType | undefined)[] = [
  "SequenceStart",
  "CodedFrames",
  "SequenceEnd",
  undefined,
  "MultichannelConfig",
];
const MULTITRACK = 5;
const SYNTAX: PacketSyntax = { packetTypes: PACKET_TYPES, multitrack: MULTITRACK };

const SILENCE: AudioData = Object.freeze({
  type: "audio",
  enhanced: false,
  silence: true,
  soundFormat: 0,
  soundRate: 0,
  soundSize: 0,
  soundType: 0,
  modEx: NO_MOD_EX,
  timestampOffsetNano: 0,
  multitrackType: undefined,
  messages: NO_MESSAGES,
  warnings: NO_WARNINGS,
});

/**
 * Decode the data of an audio tag, or of an RTMP audio message (FLV E.4.2, Enhanced RTMP v2).
 * @returns bodies are views into `data`
 * @throws {FormatError} codes of `FlvTagErrorCode`; offsets count from the start of `data`
 */
export function decodeAudioData(data: Uint8Array): AudioData {
  return readAudioData(new MediaCursor().open(plain(data), 0, data.length));
}

/** As {@link decodeAudioData}, of the data that `cursor` was opened on. */
export function readAudioData(cursor: MediaCursor): AudioData {
  if (cursor.at === cursor.end) return SILENCE;
  readAudioHeader(cursor);
  const { enhanced } = cursor;
  const head = cursor.bytes[cursor.start] as number;
  const messages = readMessages(cursor, readMessage);
  return {
    type: "audio",
    enhanced,
    silence: false,
    soundFormat: head >> 4,
    soundRate: enhanced ? 0 : (head >> 2) & 3,
    soundSize: enhanced ? 0 : (head >> 1) & 1,
    soundType: enhanced ? 0 : head & 1,
    modEx: cursor.modEx,
    timestampOffsetNano: cursor.timestampOffsetNano,
    multitrackType: cursor.multitrackType,
    messages,
    warnings: cursor.warnings,
  };
}

/** Read data that are not empty up to the first message's payload. Throws as {@link decodeAudioData}. */
export function readAudioHeader(cursor: MediaCursor): void {
  const head = cursor.uint8("soundFormat");
  const soundFormat = head >> 4;
  cursor.enhanced = soundFormat === SOUND_FORMAT.exHeader;
  if (cursor.enhanced) {
    let packetType = head & 15;
    if (packetType === MOD_EX) packetType = readModEx(cursor);
    readTrackHeader(cursor, packetType, SYNTAX);
    return;
  }
  cursor.legacyCodec = soundFormat;
  if (soundFormat !== SOUND_FORMAT.aac) return;
  const type = cursor.uint8("aacPacketType");
  if (type > 1) throw cursor.fail("aac-packet-type", `${type}`, "aacPacketType", cursor.at - 1);
  if (type === 0) cursor.packetType = "SequenceStart";
}

function readMessage(cursor: MediaCursor): MediaMessage {
  if (cursor.packetType !== "MultichannelConfig") return cursor.takeMessage(undefined, undefined);
  const { at, end, messageEnd } = cursor;
  cursor.end = messageEnd;
  let config: MultichannelConfig;
  try {
    config = readMultichannelConfig(cursor);
  } finally {
    cursor.end = end;
  }
  cursor.at = at;
  if (!channelMaskMatches(config)) cursor.warn("channel-mask-mismatch");
  return cursor.takeMessage(config, undefined);
}

const PACKET_NUMBERS: Readonly<Partial<Record<PacketType, number>>> = {
  SequenceStart: 0,
  CodedFrames: 1,
  SequenceEnd: 2,
  MultichannelConfig: 4,
};

/**
 * Encode the data of an audio tag: the inverse of {@link decodeAudioData}, byte for byte. Only the messages' bodies
 * count, not what was decoded from them.
 * @throws {RangeError} when a value does not fit, or the messages do not go into one tag
 */
export function encodeAudioData(audio: AudioData): Uint8Array<ArrayBuffer> {
  if (audio.silence) return new Uint8Array(0);
  if (audio.enhanced) {
    return encodeEnhanced(audio, SOUND_FORMAT.exHeader << 4, PACKET_NUMBERS, MULTITRACK);
  }
  const { soundFormat, soundRate, soundSize, soundType, messages } = audio;
  if (soundFormat === SOUND_FORMAT.exHeader || soundFormat > 15) {
    throw new RangeError(`soundFormat: ${soundFormat} in a legacy tag`);
  }
  const packetType = messages[0]?.packetType;
  const body = messages[0]?.body ?? NO_BYTES;
  const aac = soundFormat === SOUND_FORMAT.aac;
  if (
    messages.length !== 1 ||
    !(packetType === "CodedFrames" || (aac && packetType === "SequenceStart"))
  ) {
    throw new RangeError("messages: one of coded frames, or an AAC sequence start");
  }
  const bytes = new Uint8Array((aac ? 2 : 1) + body.length);
  bytes[0] = (soundFormat << 4) | (soundRate << 2) | (soundSize << 1) | soundType;
  if (aac) bytes[1] = packetType === "SequenceStart" ? 0 : 1;
  bytes.set(body, aac ? 2 : 1);
  return bytes;
}
