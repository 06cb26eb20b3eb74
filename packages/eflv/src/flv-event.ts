import type { AudioData } from "./audio.js";
import type { FlvIssue } from "./errors.js";
import type { MediaCursor } from "./media-cursor.js";
import type { ScriptData } from "./script.js";
import { type FlvHeader, type FlvTag, tagAt } from "./tag.js";
import type { VideoData } from "./video.js";

/**
 * What `FlvDemuxer` delivers, in stream order. The tag of an audio or video event is made when it is asked for: a spread
 * or cloned event has none.
 */
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

/**
 * An event of an audio or video tag. It makes the tag when it is asked for: who reads the messages seldom needs it, and
 * it costs as much as they do. One class serves both, which keeps those fast who read `type`.
 */
export class MediaEvent<Type extends "audio" | "video"> {
  readonly type: Type;
  readonly dts: number;
  readonly audio: Type extends "audio" ? AudioData : undefined;
  readonly video: Type extends "video" ? VideoData : undefined;
  readonly #bytes: Uint8Array;
  readonly #start: number;
  readonly #end: number;
  readonly #offset: number;
  #tag: FlvTag | undefined = undefined;

  /** Of the tag at hand. */
  constructor(
    type: Type,
    audio: MediaEvent<Type>["audio"],
    video: MediaEvent<Type>["video"],
    cursor: MediaCursor,
  ) {
    this.type = type;
    this.dts = cursor.dts;
    this.audio = audio;
    this.video = video;
    this.#bytes = cursor.bytes;
    this.#start = cursor.tagStart;
    this.#end = cursor.end;
    this.#offset = cursor.offset;
  }

  get tag(): FlvTag {
    this.#tag ??= tagAt(this.#bytes, this.#start, this.#end, this.#offset);
    return this.#tag;
  }
}
