// The formats of elementary streams, in caps and in a programme map.
import { type PmtStream, streamKind } from "@x/mpegts";
import { type Caps, caps, formatCaps, mediaTypeOf, numberOf } from "../caps.js";
import { PipelineError } from "../errors.js";
import { anyOf, withoutFormat } from "./formats.js";
import { jpegxsFormat, jpegxsMuxFormat } from "./ts-jpegxs.js";
import { opusFormat, opusMuxFormat } from "./ts-opus.js";
import type { MuxFormat, StreamFormat } from "./ts-stream.js";

/** Everything that {@link muxFormat} takes. */
export const MUX_CAPS: Caps = anyOf(
  caps("meta/x-st-2038", { alignment: "line" }),
  byteStream("video/x-h264"),
  byteStream("video/x-h265"),
  caps("video/mpeg", { mpegversion: { oneOf: [1, 2, 4] }, systemstream: false }),
  caps("image/x-jxsc", { alignment: "frame" }),
  caps("audio/mpeg", { mpegversion: { oneOf: [2, 4] }, "stream-format": "adts" }),
  caps("audio/mpeg", { mpegversion: 1 }),
  caps("audio/x-ac3"),
  caps("audio/x-eac3"),
  caps("audio/x-opus"),
);

/**
 * How a stream is written.
 * @param first its first buffer, when there is one
 * @throws {PipelineError} when it cannot be carried
 */
export function muxFormat(of: Caps, first: Uint8Array | undefined, muxer: string): MuxFormat {
  switch (mediaTypeOf(of)) {
    case "meta/x-st-2038":
      return { kind: "smpte-2038" };
    case "video/x-h264":
      return { kind: "h264" };
    case "video/x-h265":
      return { kind: "hevc" };
    case "video/mpeg":
      return { kind: `mpeg${(numberOf(of, "mpegversion") ?? 2) as 1 | 2 | 4}-video` };
    case "image/x-jxsc":
      return jpegxsMuxFormat(of, first);
    case "audio/mpeg":
      if (numberOf(of, "mpegversion") !== 1) return { kind: "aac-adts" };
      // Sampling frequencies below 32 kHz came with MPEG-2.
      return { kind: (numberOf(of, "rate") ?? 48_000) < 32_000 ? "mpeg2-audio" : "mpeg1-audio" };
    case "audio/x-ac3":
      return { kind: "ac3" };
    case "audio/x-eac3":
      return { kind: "eac3" };
    case "audio/x-opus": {
      const format = opusMuxFormat(of, first);
      if (format !== undefined) return format;
    }
  }
  if (of === "ANY") throw withoutFormat(muxer);
  throw new PipelineError("stream", muxer, `cannot carry ${formatCaps(of)}`);
}

/** What a stream of a programme map is. */
export function streamFormat(stream: PmtStream): StreamFormat {
  const kind = streamKind(stream);
  switch (kind) {
    case "smpte-2038":
      return { pads: "private", caps: caps("meta/x-st-2038", { alignment: "line" }) };
    case "h264":
      return { pads: "video", caps: byteStream("video/x-h264") };
    case "hevc":
      return { pads: "video", caps: byteStream("video/x-h265") };
    case "mpeg1-video":
      return { pads: "video", caps: mpegVideo(1) };
    case "mpeg2-video":
      return { pads: "video", caps: mpegVideo(2) };
    case "mpeg4-video":
      return { pads: "video", caps: mpegVideo(4) };
    case "jpegxs":
      return jpegxsFormat(stream);
    case "aac-adts":
      return {
        pads: "audio",
        caps: caps("audio/mpeg", { mpegversion: 4, "stream-format": "adts" }),
      };
    case "mpeg1-audio":
    case "mpeg2-audio":
      return { pads: "audio", caps: caps("audio/mpeg", { mpegversion: 1 }) };
    case "ac3":
    case "eac3":
      return { pads: "audio", caps: caps(`audio/x-${kind}`) };
    case "opus":
      return opusFormat(stream);
    default:
      return { pads: "private", caps: caps("application/octet-stream", { kind }) };
  }
}

function byteStream(mediaType: string): Caps {
  return caps(mediaType, { "stream-format": "byte-stream" });
}

function mpegVideo(mpegversion: number): Caps {
  return caps("video/mpeg", { mpegversion, systemstream: false });
}
