import { concatBytes, equalBytes, plain } from "@x/bits";
import type { AmfValue } from "./amf-value.js";
import { FileLayout, type FlvPatch } from "./file-layout.js";
import { hasCompositionTime } from "./media.js";
import { muxInput, sequenceStartBody } from "./mux-input.js";
import {
  colorInfoBody,
  colorInfoTag,
  configTags,
  frameTag,
  groupsOf,
  type MuxedTag,
  sequenceEndTags,
  type TimedFrame,
  type TrackState,
} from "./mux-tags.js";
import { createOnMetaData } from "./on-meta-data.js";
import { checkTracks, type FlvProfile, type FlvTrack, formOf } from "./profile.js";
import { encodeScriptData } from "./script.js";
import { encodeFlvHeader, encodeTag, TAG_TYPE } from "./tag.js";

export type { FlvPatch, MuxedTag };

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
  readonly #layout = new FileLayout();
  #started = false;
  #ended = false;
  #clock: Clock = { shift: 0n, lastDts: 0, end: 0 };

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
    const clock = this.#clock;
    const before = this.#states.map(({ config, written }) => ({ config, written }));
    try {
      return this.#tagsOf(frames);
    } catch (error) {
      // A frame that is refused leaves the muxer as it was.
      this.#clock = clock;
      for (const [i, state] of this.#states.entries()) Object.assign(state, before[i]);
      throw error;
    }
  }

  #tagsOf(frames: readonly FlvFrame[]): MuxedTag[] {
    const prepared = frames.map((frame) => this.#prepare(frame));
    if (prepared[0] === undefined) return [];
    if (!this.#started) this.#startClock(prepared[0]);
    const start = this.#clock.lastDts;
    const timed = prepared.map((item) => this.#time(item));
    const batched = this.#profile === "batched" && timed.length > 1;
    const groups = batched ? groupsOf(timed) : timed.map((item) => [item]);
    const { nanoOffsets = false } = this.#options;
    const frameTags = groups.map((group) => frameTag(group, nanoOffsets));
    const tags: MuxedTag[] = [];
    if (!this.#started) {
      tags.push(this.#metaDataTag(0), ...writeConfigs(this.#states, start));
    }
    for (const { state, dts } of timed) {
      if (isNews(state)) tags.push(...writeConfigs([state], dts));
    }
    this.#started = true;
    for (const [i, group] of groups.entries()) this.#noteKeyframe(group, frameTags[i] as MuxedTag);
    return [...tags, ...frameTags];
  }

  /** The first time, below zero, becomes zero. */
  #startClock({ frame, state }: Prepared): void {
    const reorders = hasCompositionTime(state.track.codec);
    const dts = floorMs((reorders ? frame.dtsNs : undefined) ?? frame.ptsNs);
    const shift = dts < 0n ? dts : 0n;
    this.#clock = { ...this.#clock, shift, lastDts: Number(dts - shift) };
  }

  /**
   * Header, onMetaData, and the current configuration, MultichannelConfig and colorInfo of every track: what a player
   * that joins late gets before the next key frame.
   */
  headerBytes(): Uint8Array<ArrayBuffer> {
    const tags = [this.#metaDataTag(0), ...configTags(this.#states, this.#clock.lastDts)];
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
    state.colorInfo = colorInfoBody(colorInfo);
    return this.#started ? this.#asFile([colorInfoTag(state, this.#clock.lastDts)]) : [];
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
      .flatMap((state) => sequenceEndTags(state, this.#clock.lastDts));
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

  #time({ frame, state, body, isKey }: Prepared): TimedFrame {
    const pts = floorMs(frame.ptsNs);
    const reorders = hasCompositionTime(state.track.codec);
    const dts = reorders ? floorMs(frame.dtsNs ?? frame.ptsNs) : pts;
    // Receivers built on librtmp want times that never go back, over all tracks.
    const { shift, lastDts, end } = this.#clock;
    const timestamp = Math.max(lastDts, Number(dts - shift));
    const compositionTime = Number(pts - shift) - timestamp;
    if (Math.abs(compositionTime) > 0x7fffff) {
      throw new RangeError(`compositionTime: ${compositionTime} ms does not fit 24 bits`);
    }
    const nano = Number(frame.ptsNs - pts * 1_000_000n);
    const duration = Number((frame.durationNs ?? 0n) / 1_000_000n);
    const frameEnd = timestamp + compositionTime + duration;
    this.#clock = { shift, lastDts: timestamp, end: Math.max(end, frameEnd) };
    return { state, body, isKey, dts: timestamp, compositionTime, nano };
  }

  #noteKeyframe(group: readonly TimedFrame[], tag: MuxedTag): void {
    if ((this.#options.seekable?.keyframes ?? 0) === 0) return;
    const key = group.find(({ state, isKey }) => isKey && state.track === this.#indexed());
    if (key !== undefined) this.#layout.addKeyframe(tag, key.dts + key.compositionTime);
  }

  #metaDataTag(timestamp: number, file = { duration: 0, fileSize: 0 }): MuxedTag {
    const { tracks, metadata, seekable } = this.#options;
    const reserved = this.#indexed() === undefined ? 0 : (seekable?.keyframes ?? 0);
    const keyframes = reserved > 0 ? this.#layout.keyframeIndex(reserved) : undefined;
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

  #asFile(tags: readonly MuxedTag[]): Uint8Array<ArrayBuffer>[] {
    return this.#layout.place(tags, () => this.#fileHeader());
  }

  /** The track whose key frames are indexed. */
  #indexed(): FlvTrack | undefined {
    return this.#states.find(({ track }) => track.kind === "video")?.track;
  }

  #patches(): FlvPatch[] {
    const file = { duration: this.#clock.end / 1000, fileSize: this.#layout.size };
    return this.#layout.patches(this.#metaDataTag(0, file));
  }
}

interface Clock {
  /** Milliseconds taken off every time: the first one, if it is negative. */
  readonly shift: bigint;
  /** Of the last frame, in milliseconds. */
  readonly lastDts: number;
  /** Of the frame that is shown longest, in milliseconds. */
  readonly end: number;
}

interface Prepared {
  readonly frame: FlvFrame;
  readonly state: TrackState;
  readonly body: Uint8Array;
  readonly isKey: boolean;
}

/** The tags of configurations that are written now. */
function writeConfigs(states: readonly TrackState[], timestamp: number): MuxedTag[] {
  for (const state of states) state.written = state.config;
  return configTags(states, timestamp);
}

/** A configuration that was not written yet. */
function isNews({ config, written }: TrackState): boolean {
  return config !== undefined && (written === undefined || !equalBytes(config, written));
}

/** Whole milliseconds, rounded down also below zero. */
function floorMs(ns: bigint): bigint {
  const ms = ns / 1_000_000n;
  return ns < 0n && ms * 1_000_000n !== ns ? ms - 1n : ms;
}
