import { FormatError, isFormatError } from "@x/bits";
import { AmfReader } from "./amf-reader.js";
import { type AudioData, readAudioData, readAudioHeader } from "./audio.js";
import type { ContentWarningCode, FlvIssue, FlvTagErrorCode } from "./errors.js";
import { type FlvEvent, MediaEvent } from "./flv-event.js";
import { NO_WARNINGS } from "./media.js";
import { MediaCursor } from "./media-cursor.js";
import { MetadataTracks } from "./metadata-track.js";
import { isKnownType } from "./plausibility.js";
import { readScriptData, type ScriptData } from "./script.js";
import { FILTER, type FlvTag, TAG_HEADER_SIZE, TAG_TYPE, tagAt, timestampAt } from "./tag.js";
import { type FlvReadOptions, TagFramer } from "./tag-framer.js";
import {
  readVideoData,
  readVideoHeader,
  type VideoData,
  type VideoDecodeOptions,
} from "./video.js";

/** Options of `FlvDemuxer` and `FlvPacketReader`. */
export interface FlvDemuxerOptions extends FlvReadOptions, VideoDecodeOptions {
  /**
   * `by-codec`: Metadata without a track id go to the one track that has their FourCC, with the warning
   * `metadata-track`; FFmpeg 9 leaves the ids of all tracks out. Default `as-sent`: they are the default track's.
   * Not with `onIssue: "throw"`.
   */
  readonly metadataTrack?: "as-sent" | "by-codec";
}

/** Where the reader puts what it finds. */
export interface StreamSink {
  /** `cursor`: of an audio or video event, at its tag. */
  event(event: FlvEvent, cursor: MediaCursor): void;
  /** Takes the tags that are one coded frame and nothing else; left out: they are events too. */
  packet?(cursor: MediaCursor): void;
}

/** A jump back of this many milliseconds is a discontinuity; GStreamer's threshold. */
const DISCONTINUITY_MS = 2000;

const WARNINGS: Readonly<Record<ContentWarningCode, readonly [field: string, message: string]>> = {
  "amf-missing-end": ["objectEnd", "an object ends with its tag instead of 00 00 09"],
  "metadata-fourcc-swapped": ["codecId", "a FourCC has its bytes reversed"],
  "modex-nano-range": ["timestampOffsetNano", "more than 999999 nanoseconds"],
  "metadata-track": [
    "trackId",
    "Metadata without a track id are taken for the track of their codec",
  ],
  "channel-mask-mismatch": ["audioChannelFlags", "channelFlags and channelCount disagree"],
};

/** Finds the tags of a stream and reads their data: what the two demultiplexers have in common. */
export class StreamReader {
  readonly #framer: TagFramer;
  readonly #sink: StreamSink;
  readonly #throws: boolean;
  readonly #avcLikeCodecIds: readonly number[];
  readonly #metadataTracks: MetadataTracks | undefined;
  readonly #cursor = new MediaCursor();
  #audioTime: number | undefined;
  #videoTime: number | undefined;

  constructor(options: FlvDemuxerOptions, sink: StreamSink) {
    this.#sink = sink;
    this.#throws = options.onIssue === "throw";
    this.#avcLikeCodecIds = options.avcLikeCodecIds ?? [];
    const byCodec = options.metadataTrack === "by-codec" && !this.#throws;
    this.#metadataTracks = byCodec ? new MetadataTracks() : undefined;
    this.#framer = new TagFramer(options, {
      header: (header, offset) => sink.event({ type: "header", header, offset }, this.#cursor),
      tag: (bytes, start, end, offset) => this.#tag(bytes, start, end, offset),
      issue: (issue) => this.#issue(issue),
    });
  }

  push(chunk: Uint8Array): void {
    this.#framer.push(chunk);
  }

  flush(): void {
    this.#framer.flush();
    this.reset();
  }

  reset(): void {
    this.#framer.reset();
    this.#metadataTracks?.clear();
    this.#forgetTimes();
  }

  seek(offset: number): void {
    this.#framer.seek(offset);
    this.#forgetTimes();
  }

  #forgetTimes(): void {
    this.#audioTime = undefined;
    this.#videoTime = undefined;
  }

  #issue(issue: FlvIssue): void {
    // The joined file's times start again.
    if (issue.code === "concatenated-header") this.#forgetTimes();
    this.#event({ type: "issue", issue });
  }

  #event(event: FlvEvent): void {
    this.#sink.event(event, this.#cursor);
  }

  #tag(bytes: Uint8Array, start: number, end: number, offset: number): void {
    const head = bytes[start] as number;
    const tagType = head & 0x1f;
    if ((tagType !== TAG_TYPE.audio && tagType !== TAG_TYPE.video) || head & FILTER) {
      this.#otherTag(tagAt(bytes, start, end, offset));
      return;
    }
    const cursor = this.#cursor;
    cursor.open(bytes, start + TAG_HEADER_SIZE, end);
    cursor.kind = tagType === TAG_TYPE.audio ? "audio" : "video";
    cursor.offset = offset;
    if (this.#sink.packet !== undefined) this.#packets(cursor);
    else if (tagType === TAG_TYPE.audio) this.#audio(cursor);
    else this.#video(cursor);
  }

  #audio(cursor: MediaCursor): void {
    let audio: AudioData;
    try {
      audio = readAudioData(cursor);
    } catch (error) {
      this.#invalid(error, cursor.tag(), cursor.warnings);
      return;
    }
    this.#accept(cursor, audio.warnings);
    this.#event(new MediaEvent("audio", audio, undefined, cursor));
  }

  #video(cursor: MediaCursor): void {
    let video: VideoData;
    try {
      video = readVideoData(cursor, this.#avcLikeCodecIds);
    } catch (error) {
      this.#invalid(error, cursor.tag(), cursor.warnings);
      return;
    }
    if (this.#metadataTracks !== undefined) video = this.#metadataTracks.attribute(video);
    this.#accept(cursor, video.warnings);
    this.#event(new MediaEvent("video", undefined, video, cursor));
  }

  /** Warn, and continue the time line. */
  #accept(cursor: MediaCursor, warnings: readonly ContentWarningCode[]): void {
    if (warnings.length > 0) this.#warn(cursor.offset, warnings);
    cursor.dts = this.#continue(cursor.kind, timestampAt(cursor.bytes, cursor.tagStart));
  }

  /** Frames in the cursor, without an object; what is more than a frame by way of an event. */
  #packets(cursor: MediaCursor): void {
    let isPacket: boolean;
    try {
      isPacket = this.#isPacket(cursor);
    } catch (error) {
      this.#invalid(error, cursor.tag(), cursor.warnings);
      return;
    }
    if (isPacket) {
      this.#accept(cursor, NO_WARNINGS);
      this.#sink.packet?.(cursor);
      return;
    }
    cursor.open(cursor.bytes, cursor.start, cursor.end);
    if (cursor.kind === "audio") this.#audio(cursor);
    else this.#video(cursor);
  }

  /** Read a tag up to its payload: false if that is not all there is to say of it. */
  #isPacket(cursor: MediaCursor): boolean {
    if (cursor.kind === "video") readVideoHeader(cursor, this.#avcLikeCodecIds);
    else if (cursor.at < cursor.end) readAudioHeader(cursor);
    else return false;
    switch (cursor.packetType) {
      case "CodedFrames":
      case "CodedFramesX":
        return !cursor.sized && cursor.videoCommand === undefined && cursor.warnings.length === 0;
      default:
        return false;
    }
  }

  #otherTag(tag: FlvTag): void {
    if (!isKnownType(tag.tagType)) {
      this.#event({ type: "unknown", tag });
      return;
    }
    if (tag.filter) {
      this.#event({ type: "filtered", tag });
      return;
    }
    const amf3 = tag.tagType === TAG_TYPE.scriptAmf3;
    const amf = new AmfReader(tag.data, 0, tag.data.length);
    let script: ScriptData;
    try {
      script = readScriptData(amf, amf3);
    } catch (error) {
      this.#invalid(error, tag, amf.missingEnd ? ["amf-missing-end"] : NO_WARNINGS);
      return;
    }
    this.#warn(tag.offset, script.warnings);
    this.#event({ type: "script", tag, script });
  }

  /** `warnings`: what was found before the error. */
  #invalid(error: unknown, tag: FlvTag, warnings: readonly ContentWarningCode[]): void {
    this.#warn(tag.offset, warnings);
    if (!isFormatError(error) || this.#throws) throw error;
    const { code, field, message, offset } = error as FormatError<FlvTagErrorCode>;
    const issue: FlvIssue = {
      code,
      severity: "error",
      offset: tag.offset + TAG_HEADER_SIZE + offset,
      field,
      message,
      fatal: false,
    };
    this.#event({ type: "invalid", tag, issue });
  }

  #warn(offset: number, warnings: readonly ContentWarningCode[]): void {
    for (const code of warnings) {
      const [field, message] = WARNINGS[code];
      if (this.#throws) throw new FormatError(code, message, { field, offset });
      const issue: FlvIssue = { code, severity: "warning", offset, field, message, fatal: false };
      this.#event({ type: "issue", issue });
    }
  }

  /** `timestamp` as the one nearest to its predecessor modulo 2^32. */
  #continue(kind: "audio" | "video", timestamp: number): number {
    const last = kind === "audio" ? this.#audioTime : this.#videoTime;
    const dts = last === undefined ? timestamp : last + ((timestamp - last) | 0);
    if (kind === "audio") this.#audioTime = dts;
    else this.#videoTime = dts;
    if (last !== undefined && dts <= last - DISCONTINUITY_MS) {
      this.#event({ type: "discontinuity", kind, from: last, to: dts });
    }
    return dts;
  }
}
