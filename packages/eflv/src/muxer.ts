import { concatBytes, equalBytes, plain } from "@x/bits";
import type { AmfValue } from "./amf-value.js";
import { encodeAmf0Values } from "./amf0-encode.js";
import { type AudioData, encodeAudioData, SOUND_FORMAT } from "./audio.js";
import {
  hasCompositionTime,
  type MediaMessage,
  type MultitrackType,
  NO_MOD_EX,
  NO_WARNINGS,
  type PacketType,
} from "./media.js";
import { type ModEx, timestampOffsetNanoModEx } from "./mod-ex.js";
import { muxInput, sequenceStartBody } from "./mux-input.js";
import { createOnMetaData, type KeyframeIndex } from "./on-meta-data.js";
import { checkTracks, type FlvProfile, type FlvTrack, formOf, type TrackForm } from "./profile.js";
import { encodeScriptData } from "./script.js";
import { encodeFlvHeader, encodeTag, TAG_TYPE } from "./tag.js";
import { CODEC_ID, encodeVideoData, FRAME_TYPE, type VideoData } from "./video.js";

/** Options of {@link FlvMuxer}. */
export interface FlvMuxerOptions {
  readonly tracks: readonly FlvTrack[];
  /** Default `compatible`. */
  readonly profile?: FlvProfile;
  /** More properties of onMetaData. */
  readonly metadata?: Readonly<Record<string, AmfValue>>;
  /**
   * A file that `end` completes with patches: duration, size and, with `keyframes` entries reserved, an index of the
   * first video track's key frames. Left out: a stream, without any of them.
   */
  readonly seekable?: { readonly keyframes?: number };
  /** Put the nanoseconds below the millisecond into ModEx of enhanced tags. Few readers take it. Default false. */
  readonly nanoOffsets?: boolean;
  /** FLAC configuration: `full` as the standard has it, `bare` as FFmpeg 9 writes it. Default `full`. */
  readonly flacHeader?: "full" | "bare";
}

/** A frame to write. */
export interface FlvFrame {
  readonly kind: "audio" | "video";
  readonly trackId: number;
  /** One access unit, in FLV's form; NAL units with start codes and ADTS are converted. */
  readonly data: Uint8Array;
  readonly ptsNs: bigint;
  /** Default: `ptsNs`. Only avc1, hvc1 and vvc1 have a place for it: for others it is passed over. */
  readonly dtsNs?: bigint;
  /** For the file's duration. */
  readonly durationNs?: bigint;
  /** Video: a sync sample. Default false. */
  readonly isKey?: boolean;
}

/** Bytes to write over those at `offset` of a finished file. */
export interface FlvPatch {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** One tag in the making: RTMP sends the data as a message, a file writes the tag. */
export interface MuxedTag {
  readonly tagType: number;
  /** Milliseconds, from 0 on; it may exceed 32 bits. */
  readonly timestamp: number;
  readonly data: Uint8Array;
}

interface TrackState {
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

const INDEX_ENTRY_BYTES = 18;

/**
 * Writes FLV with Enhanced RTMP v2. `write` returns tags as bytes; the first call returns header, onMetaData and
 * configurations too. Frames come in order of decoding time over all tracks; one that is late gets the time of the
 * last, and keeps its presentation time where its codec has one.
 */
export class FlvMuxer {
  readonly #options: FlvMuxerOptions;
  readonly #profile: FlvProfile;
  readonly #states: readonly TrackState[];
  readonly #index: { position: number; time: number }[] = [];
  #started = false;
  #ended = false;
  /** Milliseconds taken off every time: the first one, if it is negative. */
  #shift = 0n;
  #lastDts = 0;
  #endMs = 0;
  #size = 0;
  /** The tag of the last index entry, whose position is not known yet. */
  #indexTag: MuxedTag | undefined;
  #metaDataAt = 0;
  #metaDataLength = 0;

  /** @throws {RangeError} for tracks that the profile does not carry, or two of the same id */
  constructor(options: FlvMuxerOptions) {
    const { tracks, profile = "compatible", flacHeader = "full" } = options;
    checkTracks(tracks, profile);
    this.#options = options;
    this.#profile = profile;
    this.#states = tracks.map((track) => ({
      track,
      form: formOf(track, profile),
      config: sequenceStartBody(track, flacHeader),
      given: track.config !== undefined,
      written: undefined,
      colorInfo: undefined,
    }));
  }

  /**
   * The tags of a frame, as a file has them.
   * @throws {RangeError} for a track that was not announced, a frame without configuration, a composition time
   * beyond 24 bits, or a tag above 16 MiB
   */
  write(frame: FlvFrame): Uint8Array<ArrayBuffer>[] {
    return this.#asFile(this.writeTags([frame]));
  }

  /**
   * Frames of one kind and time; profile `batched` puts them into one tag. Throws as `write`.
   */
  writeTogether(frames: readonly FlvFrame[]): Uint8Array<ArrayBuffer>[] {
    return this.#asFile(this.writeTags(frames));
  }

  /**
   * As `writeTogether`, but the tags themselves, for RTMP: onMetaData is among the first. Throws as `write`.
   */
  writeTags(frames: readonly FlvFrame[]): MuxedTag[] {
    if (this.#ended) throw new Error("write after end");
    const prepared = frames.map((frame) => this.#prepare(frame));
    const tags: MuxedTag[] = [];
    if (prepared[0] === undefined) return tags;
    const first = prepared[0];
    if (!this.#started) {
      const reorders = hasCompositionTime(first.state.track.codec);
      const dts = floorMs((reorders ? first.frame.dtsNs : undefined) ?? first.frame.ptsNs);
      if (dts < 0n) this.#shift = dts;
      const timestamp = Number(dts - this.#shift);
      this.#lastDts = timestamp;
      tags.push(this.#metaDataTag(0));
      for (const state of this.#states) {
        if (state.config !== undefined) tags.push(...this.#configTags(state, timestamp));
      }
      this.#started = true;
    }
    const timed = prepared.map((item) => this.#time(item));
    for (const { state, dts } of timed) {
      const { config, written } = state;
      const changed =
        config !== undefined && (written === undefined || !equalBytes(config, written));
      if (changed) tags.push(...this.#configTags(state, dts));
    }
    const batched = this.#profile === "batched" && timed.length > 1;
    const groups = batched ? groupsOf(timed) : timed.map((item) => [item]);
    for (const group of groups) tags.push(this.#frameTag(group));
    return tags;
  }

  /**
   * Header, onMetaData, and the current configuration, MultichannelConfig and colorInfo of every track: what a player
   * that joins late gets before the next key frame.
   */
  headerBytes(): Uint8Array<ArrayBuffer> {
    const tags = [this.#metaDataTag(0)];
    for (const state of this.#states) {
      if (state.config !== undefined) tags.push(...this.#configTags(state, this.#lastDts, false));
    }
    return concatBytes(this.#fileHeader(), ...tags.map(encodeTag));
  }

  /**
   * Give a track a new configuration: it is written before the track's next frame, if it differs.
   * @throws {RangeError} for a track that was not announced
   */
  setConfig(kind: "audio" | "video", trackId: number, config: Uint8Array): void {
    const state = this.#state(kind, trackId);
    const { flacHeader = "full" } = this.#options;
    state.config = sequenceStartBody({ ...state.track, config }, flacHeader);
    state.given = true;
  }

  /**
   * Announce colour and HDR metadata of a video track from its next frame on; `undefined` takes them back. In profile
   * `compatible` a track above 0 is passed over: FFmpeg takes its Metadata for a frame.
   * @param colorInfo the value of colorInfo, see `encodeColorInfo`
   * @returns the tags to write now
   */
  setColorInfo(trackId: number, colorInfo: AmfValue): Uint8Array<ArrayBuffer>[] {
    const state = this.#state("video", trackId);
    if (state.track.id !== 0 && this.#profile === "compatible") return [];
    state.colorInfo = encodeAmf0Values(["colorInfo", colorInfo]);
    return this.#started ? this.#asFile([this.#colorInfoTag(state, this.#lastDts)]) : [];
  }

  /**
   * Write the SequenceEnds. A seekable file then wants its patches.
   * @returns the last bytes, and the patches to apply to the whole
   */
  end(): { readonly bytes: Uint8Array<ArrayBuffer>[]; readonly patches: readonly FlvPatch[] } {
    if (this.#ended) throw new Error("end after end");
    const tags = this.endTags();
    const bytes = this.#asFile(tags);
    return { bytes, patches: this.#options.seekable === undefined ? [] : this.#patches() };
  }

  /** As `end`, but the tags themselves, for RTMP. */
  endTags(): MuxedTag[] {
    this.#ended = true;
    if (!this.#started) return [this.#metaDataTag(0)];
    // Only at the very end: GStreamer's demuxer takes any SequenceEnd for the end of the whole stream.
    return this.#states
      .filter(({ written }) => written !== undefined)
      .flatMap((state) => {
        const { track, form } = state;
        if (form === "legacy" && track.kind === "audio") return [];
        const compositionTime = form === "legacy" ? 0 : undefined;
        return [this.#tag(state, "SequenceEnd", new Uint8Array(0), this.#lastDts, compositionTime)];
      });
  }

  #state(kind: "audio" | "video", id: number): TrackState {
    const state = this.#states.find(({ track }) => track.kind === kind && track.id === id);
    if (state === undefined) throw new RangeError(`${kind} track ${id}: not announced`);
    return state;
  }

  #prepare(frame: FlvFrame): Prepared {
    const state = this.#state(frame.kind, frame.trackId);
    const isKey = frame.kind === "audio" || frame.isKey === true;
    // A configuration that the caller gave tells more than the head of a frame.
    const { body, config } = muxInput(state.track, plain(frame.data), isKey && !state.given);
    if (config !== undefined) state.config = config;
    if (state.config === undefined) {
      const { kind, id, codec } = state.track;
      throw new RangeError(`${kind} track ${id}: ${codec} needs a configuration first`);
    }
    return { frame, state, body, isKey };
  }

  #time(prepared: Prepared): Timed {
    const { frame } = prepared;
    const pts = floorMs(frame.ptsNs);
    const reorders = hasCompositionTime(prepared.state.track.codec);
    const dts = reorders ? floorMs(frame.dtsNs ?? frame.ptsNs) : pts;
    // Receivers built on librtmp want times that never go back, over all tracks.
    const timestamp = Math.max(this.#lastDts, Number(dts - this.#shift));
    const compositionTime = Number(pts - this.#shift) - timestamp;
    if (Math.abs(compositionTime) > 0x7fffff) {
      throw new RangeError(`compositionTime: ${compositionTime} ms does not fit 24 bits`);
    }
    const nano = Number(frame.ptsNs - pts * 1_000_000n);
    this.#lastDts = timestamp;
    const duration = Number((frame.durationNs ?? 0n) / 1_000_000n);
    this.#endMs = Math.max(this.#endMs, timestamp + compositionTime + duration);
    return { ...prepared, dts: timestamp, compositionTime, nano };
  }

  #frameTag(group: readonly Timed[]): MuxedTag {
    const [first] = group as readonly [Timed];
    const { state, dts, compositionTime, isKey, nano } = first;
    const { form, track } = state;
    const modEx =
      this.#options.nanoOffsets === true && nano > 0 ? [timestampOffsetNanoModEx(nano)] : NO_MOD_EX;
    if (track.kind === "audio") {
      const messages = group.map((item) => messageOf(item.state.track, "CodedFrames", item.body));
      return audioTag(state, messages, dts, modEx, many(form, group));
    }
    const packetType = codedFrames(group);
    const messages = group.map((item) =>
      messageOf(item.state.track, packetType, item.body, item.compositionTime),
    );
    const frameType = isKey ? FRAME_TYPE.key : FRAME_TYPE.inter;
    const tag = videoTag(state, messages, dts, modEx, frameType, many(form, group));
    if (isKey && group.some((item) => item.state.track === this.#indexed())) {
      this.#keyframe(tag, dts + compositionTime);
    }
    return tag;
  }

  /** SequenceStart, MultichannelConfig and colorInfo of a track. */
  #configTags(state: TrackState, timestamp: number, isWritten = true): MuxedTag[] {
    const { track, form, config, colorInfo } = state;
    if (config === undefined) return [];
    if (isWritten) state.written = config;
    const tags: MuxedTag[] = [];
    // MP3 has no configuration, and a legacy tag no place to say so.
    const silent = form === "legacy" && track.codec === ".mp3";
    if (!silent) {
      const compositionTime = form === "legacy" && track.kind === "video" ? 0 : undefined;
      tags.push(this.#tag(state, "SequenceStart", config, timestamp, compositionTime));
    }
    if (track.kind === "audio" && track.multichannelConfig !== undefined) {
      const message = messageOf(track, "MultichannelConfig", track.multichannelConfig);
      // Next to legacy AAC it is enhanced: the form of the same, un-numbered track.
      const plainForm = form === "legacy" ? { ...state, form: "plain" as const } : state;
      tags.push(
        audioTag(plainForm, [message], timestamp, NO_MOD_EX, many(plainForm.form, [state])),
      );
    }
    if (colorInfo !== undefined) tags.push(this.#colorInfoTag(state, timestamp));
    return tags;
  }

  #colorInfoTag(state: TrackState, timestamp: number): MuxedTag {
    const { form, track, colorInfo } = state;
    const body = colorInfo ?? new Uint8Array(0);
    const enhanced = form === "legacy" ? { ...state, form: "plain" as const } : state;
    // Frame type 5 is what FFmpeg understands; inside Multitrack it would make a command frame.
    const frameType = enhanced.form === "plain" ? FRAME_TYPE.command : FRAME_TYPE.key;
    const message = messageOf(track, "Metadata", body);
    return videoTag(
      enhanced,
      [message],
      timestamp,
      NO_MOD_EX,
      frameType,
      many(enhanced.form, [state]),
    );
  }

  #tag(
    state: TrackState,
    packetType: PacketType,
    body: Uint8Array,
    timestamp: number,
    compositionTime: number | undefined,
  ): MuxedTag {
    const messages = [messageOf(state.track, packetType, body, compositionTime)];
    const multitrack = many(state.form, [state]);
    return state.track.kind === "audio"
      ? audioTag(state, messages, timestamp, NO_MOD_EX, multitrack)
      : videoTag(state, messages, timestamp, NO_MOD_EX, FRAME_TYPE.key, multitrack);
  }

  #metaDataTag(timestamp: number, file = { duration: 0, fileSize: 0 }): MuxedTag {
    const { tracks, metadata, seekable } = this.#options;
    const reserved = this.#indexed() === undefined ? 0 : (seekable?.keyframes ?? 0);
    const keyframes = reserved > 0 ? this.#keyframeIndex(reserved) : undefined;
    const values = createOnMetaData({
      tracks,
      profile: this.#profile,
      ...(metadata !== undefined && { properties: metadata }),
      ...(seekable !== undefined && { file }),
      ...(keyframes !== undefined && {
        keyframes,
        reserve: (reserved - keyframes.times.length) * INDEX_ENTRY_BYTES,
      }),
    });
    return { tagType: TAG_TYPE.script, timestamp, data: encodeScriptData({ values }) };
  }

  #fileHeader(): Uint8Array<ArrayBuffer> {
    const { tracks } = this.#options;
    return encodeFlvHeader({
      hasAudio: tracks.some(({ kind }) => kind === "audio"),
      hasVideo: tracks.some(({ kind }) => kind === "video"),
    });
  }

  /** Encode tags, and note where they come to lie. */
  #asFile(tags: readonly MuxedTag[]): Uint8Array<ArrayBuffer>[] {
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    for (const tag of tags) {
      if (this.#size === 0) {
        const header = this.#fileHeader();
        pieces.push(header);
        this.#size = header.length;
        this.#metaDataAt = this.#size;
      }
      const bytes = encodeTag(tag);
      if (this.#metaDataLength === 0) this.#metaDataLength = bytes.length;
      const entry = this.#index[this.#index.length - 1];
      if (tag === this.#indexTag && entry !== undefined) entry.position = this.#size;
      pieces.push(bytes);
      this.#size += bytes.length;
    }
    return pieces;
  }

  #indexed(): FlvTrack | undefined {
    return this.#states.find(({ track }) => track.kind === "video")?.track;
  }

  #keyframe(tag: MuxedTag, timeMs: number): void {
    if ((this.#options.seekable?.keyframes ?? 0) === 0) return;
    this.#index.push({ position: 0, time: timeMs / 1000 });
    this.#indexTag = tag;
  }

  /** At most `limit` entries, evenly thinned. */
  #keyframeIndex(limit: number): KeyframeIndex {
    const step = Math.max(1, Math.ceil(this.#index.length / limit));
    const entries = this.#index.filter((_, i) => i % step === 0);
    return {
      filePositions: entries.map(({ position }) => position),
      times: entries.map(({ time }) => time),
    };
  }

  #patches(): FlvPatch[] {
    if (this.#metaDataLength === 0) return [];
    const file = { duration: this.#endMs / 1000, fileSize: this.#size };
    const bytes = encodeTag(this.#metaDataTag(0, file));
    if (bytes.length !== this.#metaDataLength) throw new Error("onMetaData changed its size");
    return [{ offset: this.#metaDataAt, bytes }];
  }
}

interface Prepared {
  readonly frame: FlvFrame;
  readonly state: TrackState;
  readonly body: Uint8Array;
  readonly isKey: boolean;
}

interface Timed extends Prepared {
  readonly dts: number;
  readonly compositionTime: number;
  readonly nano: number;
}

/** Whole milliseconds, rounded down also below zero. */
function floorMs(ns: bigint): bigint {
  const ms = ns / 1_000_000n;
  return ns < 0n && ms * 1_000_000n !== ns ? ms - 1n : ms;
}

/** Frames that can share a tag, in order of their first one. */
function groupsOf(timed: readonly Timed[]): Timed[][] {
  const groups = new Map<string, Timed[]>();
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
function codedFrames(group: readonly Timed[]): "CodedFrames" | "CodedFramesX" {
  const saves = group.every(
    ({ state: { track, form }, compositionTime }) =>
      form !== "legacy" && compositionTime === 0 && hasCompositionTime(track.codec),
  );
  return saves ? "CodedFramesX" : "CodedFrames";
}

/** The multitrack type of a group's tag. */
function many(form: TrackForm, group: readonly (TrackState | Timed)[]): MultitrackType | undefined {
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
  return { tagType: TAG_TYPE.audio, timestamp, data: encodeAudioData(audio) };
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
    commandRest: new Uint8Array(0),
    messages,
    warnings: NO_WARNINGS,
  };
  return { tagType: TAG_TYPE.video, timestamp, data: encodeVideoData(video) };
}
