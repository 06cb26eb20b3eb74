import type { Cue } from "@x/cea708";
import type { Caps } from "./caps.js";
import type { CaptionFormat } from "./caption-formats.js";

/** A piece of the stream. Elements never change `data` in place: other branches may hold it. */
export interface MediaBuffer {
  readonly data: Uint8Array;
  /** Presentation time in nanoseconds of stream time, `undefined` when unknown. */
  readonly pts: bigint | undefined;
  /** Decoding time in nanoseconds, `undefined` when equal to `pts` or unknown. */
  readonly dts: bigint | undefined;
  /** Nanoseconds, `undefined` when unknown. */
  readonly duration: bigint | undefined;
  readonly flags: BufferFlags;
  /** What does not fit the bytes: structural data under well-known keys. */
  readonly meta: BufferMeta;
}

export interface BufferFlags {
  /** First buffer after a break in the stream. */
  readonly discont?: boolean;
  /** Last buffer of a frame or field. */
  readonly marker?: boolean;
  /** Cannot be decoded without buffers before it. */
  readonly deltaUnit?: boolean;
}

export interface BufferMeta {
  /** Wall-clock arrival in nanoseconds of the pipeline's clock, set by sources that receive. */
  readonly arrival?: bigint;
  /** Text with its styles and place; `data` is its plain UTF-8. Set by subtitle parsers and caption decoders. */
  readonly cue?: Cue;
  /** Captions of this picture, in order. Set by cccombiner. */
  readonly captions?: readonly { readonly format: CaptionFormat; readonly data: Uint8Array }[];
  /** RTP timestamp, 32 bits, set by depayloaders. */
  readonly rtpTime?: number;
}

/** What travels over a link, in order. */
export type Item =
  | { readonly type: "caps"; readonly caps: Caps }
  | { readonly type: "buffer"; readonly buffer: MediaBuffer }
  | { readonly type: "gap"; readonly pts: bigint; readonly duration: bigint | undefined }
  /** Bytes to write over those at `offset` of all that was sent: for files, once the rest is known. */
  | { readonly type: "patch"; readonly offset: number; readonly data: Uint8Array }
  | { readonly type: "tags"; readonly tags: Readonly<Record<string, string>> }
  | { readonly type: "eos" };

const NO_FLAGS: BufferFlags = {};
const NO_META: BufferMeta = {};

/** A buffer of `data` with the fields that `fields` gives; the others are unknown or empty. */
export function mediaBuffer(
  data: Uint8Array,
  fields: Partial<Omit<MediaBuffer, "data">> = {},
): MediaBuffer {
  return {
    data,
    pts: fields.pts,
    dts: fields.dts,
    duration: fields.duration,
    flags: fields.flags ?? NO_FLAGS,
    meta: fields.meta ?? NO_META,
  };
}

/** Nanoseconds of a second. */
export const SECOND = 1_000_000_000n;

/** Start of frame `index` at a rate of `numerator / denominator` frames a second, rounded down to nanoseconds. */
export function frameTime(
  index: number,
  rate: { readonly numerator: number; readonly denominator: number },
): bigint {
  return (BigInt(index) * BigInt(rate.denominator) * SECOND) / BigInt(rate.numerator);
}
