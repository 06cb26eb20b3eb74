import type { AmfValue } from "./amf-value.js";
import { encodeAmf0Values } from "./amf0-encode.js";
import { type AudioData, encodeAudioData, SOUND_FORMAT } from "./audio.js";
import {
  hasCompositionTime,
  type MediaMessage,
  type MultitrackType,
  NO_BYTES,
  NO_MOD_EX,
  NO_WARNINGS,
  type PacketType,
} from "./media.js";
import { type ModEx, timestampOffsetNanoModEx } from "./mod-ex.js";
import type { FlvTrack, TrackForm } from "./profile.js";
import { MAX_DATA_SIZE, TAG_TYPE } from "./tag.js";
import { CODEC_ID, encodeVideoData, FRAME_TYPE, type VideoData } from "./video.js";

/** One tag in the making: RTMP sends the data as a message, a file writes the tag. */
export interface MuxedTag {
  readonly tagType: number;
  /** Milliseconds, from 0 on; it may exceed 32 bits. */
  readonly timestamp: number;
  readonly data: Uint8Array;
}

/** What the muxer knows of a track. */
export interface TrackState {
  readonly track: FlvTrack;
  readonly form: TrackForm;
  /** Body of SequenceStart; `undefined` while it is not known. */
  config: Uint8Array | undefined;
  /** The caller gave it. */
  given: boolean;
  /** The one that was written. */
  written: Uint8Array | undefined;
  /** Body of Metadata with colorInfo, if it was set. */
  colorInfo: Uint8Array | undefined;
}

/** A frame in FLV's form, with its place in time. */
export interface TimedFrame {
  readonly state: TrackState;
  readonly body: Uint8Array;
  readonly isKey: boolean;
  /** Milliseconds. */
  readonly dts: number;
  /** Milliseconds, PTS − DTS. */
  readonly compositionTime: number;
  /** Nanoseconds of the presentation time below the millisecond. */
  readonly nano: number;
}

/**
 * The tag of frames that share one.
 * @param nanoOffsets put the nanoseconds into ModEx
 */
export function frameTag(group: readonly TimedFrame[], nanoOffsets: boolean): MuxedTag {
  const [first] = group as readonly [TimedFrame];
  const { state, dts, isKey, nano } = first;
  const { form, track } = state;
  const modEx = nanoOffsets && nano > 0 ? [timestampOffsetNanoModEx(nano)] : NO_MOD_EX;
  if (track.kind === "audio") {
    const messages = group.map((item) => messageOf(item.state.track, "CodedFrames", item.body));
    return audioTag(state, messages, dts, modEx, many(form, group));
  }
  const packetType = codedFrames(group);
  const messages = group.map((item) =>
    messageOf(item.state.track, packetType, item.body, item.compositionTime),
  );
  const frameType = isKey ? FRAME_TYPE.key : FRAME_TYPE.inter;
  return videoTag(state, messages, dts, modEx, frameType, many(form, group));
}

/** The SequenceStarts of tracks, then their MultichannelConfigs and colorInfos; none while there is no configuration. */
export function configTags(states: readonly TrackState[], timestamp: number): MuxedTag[] {
  const known = states.filter(({ config }) => config !== undefined);
  return [
    ...known.flatMap((state) => sequenceStartTags(state, timestamp)),
    ...known.flatMap((state) => settingTags(state, timestamp)),
  ];
}

/** MP3, AC-3 and E-AC-3 have none. FFmpeg writes an empty one; GStreamer takes that for a frame. */
function sequenceStartTags(state: TrackState, timestamp: number): MuxedTag[] {
  const { config = NO_BYTES } = state;
  return config.length > 0 ? [sequenceTag(state, "SequenceStart", config, timestamp)] : [];
}

function settingTags(state: TrackState, timestamp: number): MuxedTag[] {
  const { track, colorInfo } = state;
  const tags: MuxedTag[] = [];
  if (track.kind === "audio" && track.multichannelConfig !== undefined) {
    const message = messageOf(track, "MultichannelConfig", track.multichannelConfig);
    const plain = enhanced(state);
    tags.push(audioTag(plain, [message], timestamp, NO_MOD_EX, many(plain.form, [plain])));
  }
  if (colorInfo !== undefined) tags.push(colorInfoTag(state, timestamp));
  return tags;
}

/** Body of a Metadata packet with colorInfo. */
export function colorInfoBody(colorInfo: AmfValue): Uint8Array {
  return encodeAmf0Values(["colorInfo", colorInfo]);
}

/** Metadata with the colorInfo of a track. */
export function colorInfoTag(state: TrackState, timestamp: number): MuxedTag {
  const plain = enhanced(state);
  // Frame type 5 is what FFmpeg understands; inside Multitrack it would make a command frame.
  const frameType = plain.form === "plain" ? FRAME_TYPE.command : FRAME_TYPE.key;
  const message = messageOf(state.track, "Metadata", state.colorInfo ?? NO_BYTES);
  return videoTag(plain, [message], timestamp, NO_MOD_EX, frameType, many(plain.form, [plain]));
}

/** The end of a track; a legacy audio tag cannot say it. */
export function sequenceEndTags(state: TrackState, timestamp: number): MuxedTag[] {
  if (state.form === "legacy" && state.track.kind === "audio") return [];
  return [sequenceTag(state, "SequenceEnd", NO_BYTES, timestamp)];
}

function sequenceTag(
  state: TrackState,
  packetType: PacketType,
  body: Uint8Array,
  timestamp: number,
): MuxedTag {
  const { form, track } = state;
  const compositionTime = form === "legacy" && track.kind === "video" ? 0 : undefined;
  const messages = [messageOf(track, packetType, body, compositionTime)];
  const multitrack = many(form, [state]);
  return track.kind === "audio"
    ? audioTag(state, messages, timestamp, NO_MOD_EX, multitrack)
    : videoTag(state, messages, timestamp, NO_MOD_EX, FRAME_TYPE.key, multitrack);
}

/** Beside legacy tags: the enhanced form of the same, un-numbered track. */
function enhanced(state: TrackState): TrackState {
  return state.form === "legacy" ? { ...state, form: "plain" } : state;
}

/** Frames that can share a tag, in order of their first one. */
export function groupsOf(timed: readonly TimedFrame[]): TimedFrame[][] {
  const groups = new Map<string, TimedFrame[]>();
  for (const item of timed) {
    const { kind } = item.state.track;
    const coded = kind === "video" && codedFrames([item]);
    const key = `${kind} ${item.isKey} ${item.dts} ${item.nano} ${coded}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return [...groups.values()];
}

/** CodedFramesX saves the composition time of the codecs that have one, when it is 0. */
function codedFrames(group: readonly TimedFrame[]): "CodedFrames" | "CodedFramesX" {
  const saves = group.every(
    ({ state: { track, form }, compositionTime }) =>
      form !== "legacy" && compositionTime === 0 && hasCompositionTime(track.codec),
  );
  return saves ? "CodedFramesX" : "CodedFrames";
}

/** The multitrack type of a group's tag. */
function many(
  form: TrackForm,
  group: readonly (TrackState | TimedFrame)[],
): MultitrackType | undefined {
  if (form === "legacy" || form === "plain") return undefined;
  if (form !== "ManyTracks") return form;
  const codecs = new Set(
    group.map((item) => ("track" in item ? item.track.codec : item.state.track.codec)),
  );
  return codecs.size > 1 ? "ManyTracksManyCodecs" : "ManyTracks";
}

function messageOf(
  track: FlvTrack,
  packetType: PacketType,
  body: Uint8Array,
  compositionTime?: number,
): MediaMessage {
  return {
    packetType,
    fourCc: track.codec,
    trackId: track.id,
    implicitTrack: false,
    compositionTime,
    body,
    bodyOffset: 0,
    multichannelConfig: undefined,
    metadata: undefined,
  };
}

function audioTag(
  { track, form }: TrackState,
  messages: readonly MediaMessage[],
  timestamp: number,
  modEx: readonly ModEx[],
  multitrackType: MultitrackType | undefined,
): MuxedTag {
  const audio: AudioData = {
    type: "audio",
    enhanced: form !== "legacy",
    silence: false,
    ...(form === "legacy" && track.kind === "audio"
      ? legacySound(track.codec, track.sampleRate ?? 44100, track.channels ?? 2)
      : { soundFormat: SOUND_FORMAT.exHeader, soundRate: 0, soundSize: 0, soundType: 0 }),
    modEx,
    timestampOffsetNano: 0,
    multitrackType,
    messages,
    warnings: NO_WARNINGS,
  };
  return tagOf(TAG_TYPE.audio, timestamp, encodeAudioData(audio));
}

type Sound = Pick<AudioData, "soundFormat" | "soundRate" | "soundSize" | "soundType">;

/** AAC is 0xAF whatever its rate and channels (FLV E.4.2.1). */
function legacySound(codec: string, sampleRate: number, channels: number): Sound {
  if (codec === "mp4a") {
    return { soundFormat: SOUND_FORMAT.aac, soundRate: 3, soundSize: 1, soundType: 1 };
  }
  const soundType = channels > 1 ? 1 : 0;
  if (sampleRate === 8000) {
    return { soundFormat: SOUND_FORMAT.mp38k, soundRate: 0, soundSize: 1, soundType };
  }
  const rate = [5512, 11025, 22050].indexOf(sampleRate);
  const soundRate = rate < 0 ? 3 : rate;
  return { soundFormat: SOUND_FORMAT.mp3, soundRate, soundSize: 1, soundType };
}

function videoTag(
  { form }: TrackState,
  messages: readonly MediaMessage[],
  timestamp: number,
  modEx: readonly ModEx[],
  frameType: number,
  multitrackType: MultitrackType | undefined,
): MuxedTag {
  const video: VideoData = {
    type: "video",
    enhanced: form !== "legacy",
    frameType,
    codecId: form === "legacy" ? CODEC_ID.avc : undefined,
    modEx,
    timestampOffsetNano: 0,
    multitrackType,
    videoCommand: undefined,
    commandPacketType: 0,
    commandRest: NO_BYTES,
    messages,
    warnings: NO_WARNINGS,
  };
  return tagOf(TAG_TYPE.video, timestamp, encodeVideoData(video));
}

/** @throws {RangeError} for data that no DataSize can tell */
function tagOf(tagType: number, timestamp: number, data: Uint8Array): MuxedTag {
  if (data.length > MAX_DATA_SIZE) {
    throw new RangeError(`dataSize: ${data.length} above ${MAX_DATA_SIZE}`);
  }
  return { tagType, timestamp, data };
}
