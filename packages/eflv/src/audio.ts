import { plain } from "@x/bits";
import { DataReader } from "./data-reader.js";
import type { ContentWarningCode } from "./errors.js";
import {
  encodeEnhanced,
  type MediaMessage,
  type MultitrackType,
  NO_BYTES,
  NO_MESSAGES,
  NO_MOD_EX,
  NO_WARNINGS,
  type PacketType,
  readMultitrackType,
  readTracks,
  setPacketType,
} from "./media.js";
import { type ModEx, readModEx } from "./mod-ex.js";
import { channelMaskMatches, readMultichannelConfig } from "./multichannel.js";

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
const MOD_EX = 7;

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
  return readAudioData(new DataReader().open(plain(data), 0, data.length));
}

/** As {@link decodeAudioData}, of the data that `reader` was opened on. */
export function readAudioData(reader: DataReader): AudioData {
  const { end } = reader;
  if (reader.at === end) return SILENCE;
  const head = reader.uint8("soundFormat");
  const soundFormat = head >> 4;
  if (soundFormat === SOUND_FORMAT.exHeader) return readEnhanced(reader, head & 15);
  if (soundFormat === SOUND_FORMAT.aac) readAacPacketType(reader);
  return {
    type: "audio",
    enhanced: false,
    silence: false,
    soundFormat,
    soundRate: (head >> 2) & 3,
    soundSize: (head >> 1) & 1,
    soundType: head & 1,
    modEx: NO_MOD_EX,
    timestampOffsetNano: 0,
    multitrackType: undefined,
    messages: [reader.message(undefined)],
    warnings: NO_WARNINGS,
  };
}

function readAacPacketType(reader: DataReader): void {
  const type = reader.uint8("aacPacketType");
  if (type > 1) throw reader.fail("aac-packet-type", `${type}`, "aacPacketType", reader.at - 1);
  if (type === 0) reader.packetType = "SequenceStart";
}

function readEnhanced(reader: DataReader, firstType: number): AudioData {
  let packetType = firstType;
  let modEx = NO_MOD_EX;
  let timestampOffsetNano = 0;
  if (packetType === MOD_EX) {
    ({ modEx, timestampOffsetNano, packetType } = readModEx(reader));
  }
  let multitrackType: MultitrackType | undefined;
  let messages: readonly MediaMessage[];
  if (packetType === MULTITRACK) {
    multitrackType = readMultitrackType(reader, MULTITRACK, PACKET_TYPES);
    messages = readTracks(reader, multitrackType, readMessage);
  } else {
    setPacketType(reader, packetType, PACKET_TYPES);
    reader.readFourCc();
    messages = [readMessage(reader)];
  }
  return {
    type: "audio",
    enhanced: true,
    silence: false,
    soundFormat: SOUND_FORMAT.exHeader,
    soundRate: 0,
    soundSize: 0,
    soundType: 0,
    modEx,
    timestampOffsetNano,
    multitrackType,
    messages,
    warnings: warningsOf(timestampOffsetNano, messages),
  };
}

function readMessage(reader: DataReader): MediaMessage {
  if (reader.packetType !== "MultichannelConfig") return reader.message(undefined);
  const { at, end, messageEnd } = reader;
  reader.end = messageEnd;
  const config = readMultichannelConfig(reader);
  reader.at = at;
  reader.end = end;
  return reader.message(undefined, config);
}

function warningsOf(
  timestampOffsetNano: number,
  messages: readonly MediaMessage[],
): readonly ContentWarningCode[] {
  let warnings = NO_WARNINGS;
  if (timestampOffsetNano > 999999) warnings = ["modex-nano-range"];
  for (const { multichannelConfig } of messages) {
    if (multichannelConfig === undefined || channelMaskMatches(multichannelConfig)) continue;
    warnings = [...warnings, "channel-mask-mismatch"];
  }
  return warnings;
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
