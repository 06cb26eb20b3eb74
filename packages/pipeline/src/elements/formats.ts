// The formats that several elements speak, in GStreamer's words.
import { type Caps, caps, type Fraction, stringOf } from "../caps.js";
import { PipelineError } from "../errors.js";

/** Plain UTF-8 text, one cue a buffer; styles and place travel in `meta.cue`. */
export const TEXT_CAPS: Caps = caps("text/x-raw", { format: { oneOf: ["utf8", "pango-markup"] } });
/** A subtitle file: SubRip or WebVTT. */
export const SUBTITLE_FILE_CAPS: Caps = anyOf(
  caps("application/x-subtitle"),
  caps("application/x-subtitle-vtt"),
);
/** Bare cc_data triplets of one frame. */
export const CC_DATA_CAPS: Caps = caps("closedcaption/x-cea-708", { format: "cc_data" });
/** One caption distribution packet. */
export const CDP_CAPS: Caps = caps("closedcaption/x-cea-708", { format: "cdp" });
/** Line-21 triplets as ST 334-1 has them. */
export const S334_1A_CAPS: Caps = caps("closedcaption/x-cea-608", { format: "s334-1a" });
/** Line-21 pairs of one field. */
export const RAW_608_CAPS: Caps = caps("closedcaption/x-cea-608", {
  format: "raw",
  field: { oneOf: [0, 1] },
});
/** Scenarist closed captions, as a file. */
export const SCC_CAPS: Caps = caps("application/x-scc");
/** MacCaption, as a file. */
export const MCC_CAPS: Caps = caps("application/x-mcc");
/** ST 2038 records. */
export const ST2038_CAPS: Caps = caps("meta/x-st-2038");
/** RFC 8331 in RTP. */
export const RTP_ANC_CAPS: Caps = caps("application/x-rtp", {
  media: "video",
  "clock-rate": 90_000,
  "encoding-name": "SMPTE291",
});
/** A transport stream. */
export const MPEGTS_CAPS: Caps = caps("video/mpegts", { systemstream: true });

/** The union of several caps. */
export function anyOf(...all: readonly Caps[]): Caps {
  return all.includes("ANY") ? "ANY" : all.flatMap((one) => (one === "ANY" ? [] : one));
}

/** `base` with a frame rate, when one is known. */
export function withFrameRate(base: Caps, rate: Fraction | undefined): Caps {
  if (base === "ANY" || rate === undefined) return base;
  return base.map(({ mediaType, fields }) => ({
    mediaType,
    fields: { ...fields, framerate: { ...rate } },
  }));
}

/** What a muxer says of data that came without caps. */
export function withoutFormat(muxer: string): PipelineError {
  const text = "a stream comes without its format: put a parser or caps before the muxer";
  return new PipelineError("stream", muxer, text);
}

/** Bytes as the value of a caps field: `codec_data`, in hexadecimal digits as GStreamer prints it. */
export function bytesField(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The bytes of a field that {@link bytesField} made; `undefined` when there is none. */
export function bytesOf(of: Caps, field: string): Uint8Array | undefined {
  const text = stringOf(of, field);
  if (text === undefined || !/^([\da-f]{2})+$/i.test(text)) return undefined;
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** The decoder configuration in caps, `undefined` when there is none. */
export function codecDataOf(of: Caps): Uint8Array | undefined {
  return bytesOf(of, "codec_data");
}
