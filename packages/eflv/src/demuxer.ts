import { FormatError, isFormatError } from "@x/bits";
import { type AudioData, readAudioData } from "./audio.js";
import { DataReader } from "./data-reader.js";
import type { ContentWarningCode, FlvIssue, FlvTagErrorCode } from "./errors.js";
import { decodeScriptData, type ScriptData } from "./script.js";
import { type FlvHeader, type FlvTag, TAG_HEADER_SIZE, TAG_TYPE, tagAt } from "./tag.js";
import { type FlvReadOptions, TagFramer } from "./tag-framer.js";
import { readVideoData, type VideoData, type VideoDecodeOptions } from "./video.js";

/** What {@link FlvDemuxer} delivers, in stream order. */
export type FlvEvent =
  | { readonly type: "header"; readonly header: FlvHeader; readonly offset: number }
  | {
      readonly type: "audio";
      readonly tag: FlvTag;
      /** Milliseconds, continued over wraps of the time stamp; the first one is the tag's. */
      readonly dts: number;
      readonly audio: AudioData;
    }
  | {
      readonly type: "video";
      readonly tag: FlvTag;
      /** As for audio. */
      readonly dts: number;
      readonly video: VideoData;
    }
  | { readonly type: "script"; readonly tag: FlvTag; readonly script: ScriptData }
  /** A tag type that no standard defines. */
  | { readonly type: "unknown"; readonly tag: FlvTag }
  /** The Filter bit is set: the data are not decoded. */
  | { readonly type: "filtered"; readonly tag: FlvTag }
  /** A tag whose data cannot be read; reading goes on with the next one. */
  | { readonly type: "invalid"; readonly tag: FlvTag; readonly issue: FlvIssue }
  /** The audio or video time went back by two seconds or more. */
  | {
      readonly type: "discontinuity";
      readonly kind: "audio" | "video";
      /** Milliseconds, before and after. */
      readonly from: number;
      readonly to: number;
    }
  | { readonly type: "issue"; readonly issue: FlvIssue };

/** Options of {@link FlvDemuxer}. */
export interface FlvDemuxerOptions extends FlvReadOptions, VideoDecodeOptions {}

/** A jump back of this many milliseconds is a discontinuity; GStreamer's threshold. */
const DISCONTINUITY_MS = 2000;

const WARNINGS: Readonly<Record<ContentWarningCode, readonly [field: string, message: string]>> = {
  "amf-missing-end": ["objectEnd", "an object ends with its tag instead of 00 00 09"],
  "metadata-fourcc-swapped": ["codecId", "a FourCC has its bytes reversed"],
  "modex-nano-range": ["timestampOffsetNano", "more than 999999 nanoseconds"],
  "channel-mask-mismatch": ["audioChannelFlags", "channelFlags and channelCount disagree"],
};

/**
 * Reads an FLV stream: header, tags and all that Enhanced RTMP v2 puts into them. Whatever comes, it does not throw:
 * faults are events, the good data around them are kept. All byte arrays are views, valid until the next `push`.
 */
export class FlvDemuxer {
  readonly #framer: TagFramer;
  readonly #options: FlvDemuxerOptions;
  readonly #avcLikeCodecIds: readonly number[];
  readonly #reader = new DataReader();
  #events: FlvEvent[] = [];
  #audioTime: number | undefined;
  #videoTime: number | undefined;

  constructor(options: FlvDemuxerOptions = {}) {
    this.#options = options;
    this.#avcLikeCodecIds = options.avcLikeCodecIds ?? [];
    this.#framer = new TagFramer(options, {
      header: (header, offset) => this.#events.push({ type: "header", header, offset }),
      tag: (bytes, start, end, offset) => this.#tag(bytes, start, end, offset),
      issue: (issue) => this.#issue(issue),
    });
  }

  /**
   * Feed a chunk of any size; what it completes, in order. A tag is complete with its last byte, and a tag in front of
   * damage a few bytes later.
   * @throws {FormatError} only with `onIssue: "throw"`
   */
  push(chunk: Uint8Array): FlvEvent[] {
    this.#events = [];
    this.#framer.push(chunk);
    return this.#events;
  }

  /** End of input. The demuxer is as new afterwards. Throws as `push`. */
  flush(): FlvEvent[] {
    this.#events = [];
    this.#framer.flush();
    const events = this.#events;
    this.reset();
    return events;
  }

  /** Forget everything. */
  reset(): void {
    this.#framer.reset();
    this.#events = [];
    this.#audioTime = undefined;
    this.#videoTime = undefined;
  }

  #issue(issue: FlvIssue): void {
    // The joined file's times start again.
    if (issue.code === "concatenated-header") {
      this.#audioTime = undefined;
      this.#videoTime = undefined;
    }
    this.#events.push({ type: "issue", issue });
  }

  #tag(bytes: Uint8Array, start: number, end: number, offset: number): void {
    const tag = tagAt(bytes, start, end, offset);
    if (tag.filter) {
      this.#events.push({ type: "filtered", tag });
      return;
    }
    try {
      this.#content(tag, this.#reader.open(bytes, start + TAG_HEADER_SIZE, end));
    } catch (error) {
      if (!isFormatError(error) || this.#options.onIssue === "throw") throw error;
      this.#invalid(tag, error as FormatError<FlvTagErrorCode>);
    }
  }

  #content(tag: FlvTag, reader: DataReader): void {
    switch (tag.tagType) {
      case TAG_TYPE.audio: {
        const audio = readAudioData(reader);
        this.#warn(tag, audio.warnings);
        const dts = this.#continue("audio", this.#audioTime, tag.timestamp);
        this.#audioTime = dts;
        this.#events.push({ type: "audio", tag, dts, audio });
        return;
      }
      case TAG_TYPE.video: {
        const video = readVideoData(reader, this.#avcLikeCodecIds);
        this.#warn(tag, video.warnings);
        const dts = this.#continue("video", this.#videoTime, tag.timestamp);
        this.#videoTime = dts;
        this.#events.push({ type: "video", tag, dts, video });
        return;
      }
      case TAG_TYPE.script:
      case TAG_TYPE.scriptAmf3: {
        const script = decodeScriptData(tag.data, tag.tagType === TAG_TYPE.scriptAmf3);
        this.#warn(tag, script.warnings);
        this.#events.push({ type: "script", tag, script });
        return;
      }
      default:
        this.#events.push({ type: "unknown", tag });
    }
  }

  #invalid(tag: FlvTag, { code, field, message, offset }: FormatError<FlvTagErrorCode>): void {
    const issue: FlvIssue = {
      code,
      severity: "error",
      offset: tag.offset + TAG_HEADER_SIZE + offset,
      field,
      message,
      fatal: false,
    };
    this.#events.push({ type: "invalid", tag, issue });
  }

  #warn({ offset }: FlvTag, warnings: readonly ContentWarningCode[]): void {
    for (const code of warnings) {
      const [field, message] = WARNINGS[code];
      if (this.#options.onIssue === "throw")
        throw new FormatError(code, message, { field, offset });
      const issue: FlvIssue = { code, severity: "warning", offset, field, message, fatal: false };
      this.#events.push({ type: "issue", issue });
    }
  }

  /** `timestamp` as the one nearest to its predecessor modulo 2^32. */
  #continue(kind: "audio" | "video", last: number | undefined, timestamp: number): number {
    if (last === undefined) return timestamp;
    const dts = last + ((timestamp - last) | 0);
    if (dts <= last - DISCONTINUITY_MS) {
      this.#events.push({ type: "discontinuity", kind, from: last, to: dts });
    }
    return dts;
  }
}

/**
 * Presentation time in nanoseconds.
 * @param dts milliseconds, of the tag
 * @param compositionTime milliseconds, of the message
 * @param timestampOffsetNano nanoseconds, of the tag's ModEx
 */
export function presentationTimeNs(
  dts: number,
  compositionTime = 0,
  timestampOffsetNano = 0,
): bigint {
  return BigInt(dts + compositionTime) * 1_000_000n + BigInt(timestampOffsetNano);
}
