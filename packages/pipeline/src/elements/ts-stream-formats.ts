// The formats of elementary streams, in caps and in a programme map.
import {
  type Descriptor,
  decodeDescriptors,
  encodeDescriptors,
  isFormatError,
  type PmtStream,
  type StreamKind,
  streamKind,
} from "@x/mpegts";
import {
  type Caps,
  type CapsStructure,
  caps,
  capsAreEmpty,
  formatCaps,
  intersectCaps,
  mediaTypeOf,
  numberOf,
} from "../caps.js";
import { PipelineError } from "../errors.js";
import { anyOf, bytesField, bytesOf, withoutFormat } from "./formats.js";
import { jpegxsFormat, jpegxsMuxFormat } from "./ts-jpegxs.js";
import { opusFormat, opusMuxFormat } from "./ts-opus.js";
import type { MuxFormat, StreamFormat } from "./ts-stream.js";

/** A kind of stream whose buffers are PES payloads as they are, and whose caps say everything. */
interface PlainFormat {
  readonly pads: StreamFormat["pads"];
  readonly caps: Caps;
  /** Tags of descriptors without which nobody knows the stream; they travel in the caps' field `descriptors`. */
  readonly needs: readonly number[];
}

const PLAIN: ReadonlyMap<StreamKind, PlainFormat> = /* @__PURE__ */ makePlain();

/** AAC whose ADTS headers say MPEG-2. */
const MPEG2_AAC = caps("audio/mpeg", { mpegversion: 2, "stream-format": "adts" });

/** Everything that {@link muxFormat} takes. */
export const MUX_CAPS: Caps = anyOf(
  ...[...PLAIN.values()].map((plain) => plain.caps),
  MPEG2_AAC,
  caps("image/x-jxsc", { alignment: "frame" }),
  caps("audio/x-opus"),
);

/** What a stream of a programme map is. */
export function streamFormat(stream: PmtStream): StreamFormat {
  const kind = streamKind(stream);
  if (kind === "jpegxs") return jpegxsFormat(stream);
  if (kind === "opus") return opusFormat(stream);
  const plain = PLAIN.get(kind);
  if (plain === undefined) {
    return { pads: "private", caps: caps("application/octet-stream", { kind }) };
  }
  const { pads, needs } = plain;
  const kept = stream.descriptors.filter(({ descriptorTag }) => needs.includes(descriptorTag));
  if (kept.length === 0) return { pads, caps: plain.caps };
  const descriptors = bytesField(encodeDescriptors(kept));
  return { pads, caps: caps(mediaTypeOf(plain.caps) as string, { descriptors }) };
}

/**
 * How a stream is written.
 * @param first its first buffer, when there is one
 * @throws {PipelineError} when it cannot be carried
 */
export function muxFormat(of: Caps, first: Uint8Array | undefined, muxer: string): MuxFormat {
  if (of === "ANY") throw withoutFormat(muxer);
  const format =
    mediaTypeOf(of) === "image/x-jxsc"
      ? jpegxsMuxFormat(of, first)
      : mediaTypeOf(of) === "audio/x-opus"
        ? opusMuxFormat(of, first)
        : plainMuxFormat(of);
  if (format === undefined) {
    throw new PipelineError("stream", muxer, `cannot carry ${formatCaps(of)}`);
  }
  return format;
}

function plainMuxFormat(of: Caps): MuxFormat | undefined {
  if (!capsAreEmpty(intersectCaps(of, MPEG2_AAC)) && numberOf(of, "mpegversion") === 2) {
    return { kind: "aac-adts" };
  }
  for (const [kind, plain] of PLAIN) {
    if (capsAreEmpty(intersectCaps(of, plain.caps))) continue;
    const descriptors = descriptorsOf(of);
    const known = descriptors.some(({ descriptorTag }) => plain.needs.includes(descriptorTag));
    if (plain.needs.length > 0 && !known) return undefined;
    return { kind: kind === "mpeg1-audio" ? mpegAudioKind(of) : kind, descriptors };
  }
  return undefined;
}

/** Sampling frequencies below 32 kHz came with MPEG-2. */
function mpegAudioKind(of: Caps): StreamKind {
  const slow = (numberOf(of, "rate") ?? 48_000) < 32_000;
  return slow || (numberOf(of, "mpegaudioversion") ?? 1) > 1 ? "mpeg2-audio" : "mpeg1-audio";
}

function descriptorsOf(of: Caps): readonly Descriptor[] {
  const bytes = bytesOf(of, "descriptors");
  try {
    return bytes === undefined ? [] : decodeDescriptors(bytes);
  } catch (error) {
    if (!isFormatError(error)) throw error;
    return [];
  }
}

function makePlain(): Map<StreamKind, PlainFormat> {
  const plain = new Map<StreamKind, PlainFormat>();
  const add = (
    pads: PlainFormat["pads"],
    kind: StreamKind,
    mediaType: string,
    fields: CapsStructure["fields"] = {},
    needs: readonly number[] = [],
  ): void => {
    plain.set(kind, { pads, caps: caps(mediaType, fields), needs });
  };
  const bytes = { "stream-format": "byte-stream" };
  add("video", "h264", "video/x-h264", bytes);
  add("video", "hevc", "video/x-h265", bytes);
  add("video", "vvc", "video/x-h266", bytes);
  add("video", "mpeg1-video", "video/mpeg", { mpegversion: 1, systemstream: false });
  add("video", "mpeg2-video", "video/mpeg", { mpegversion: 2, systemstream: false });
  add("video", "mpeg4-video", "video/mpeg", { mpegversion: 4, systemstream: false });
  add("audio", "aac-adts", "audio/mpeg", { mpegversion: 4, "stream-format": "adts" });
  add("audio", "aac-latm", "audio/mpeg", { mpegversion: 4, "stream-format": "loas" });
  add("audio", "mpeg1-audio", "audio/mpeg", { mpegversion: 1 });
  add("audio", "mpeg2-audio", "audio/mpeg", { mpegversion: 1, mpegaudioversion: 2 });
  add("audio", "ac3", "audio/x-ac3");
  add("audio", "eac3", "audio/x-eac3");
  add("audio", "dts", "audio/x-dts");
  add("audio", "smpte-302m", "audio/x-smpte-302m");
  add("private", "smpte-2038", "meta/x-st-2038", { alignment: "line" });
  add("private", "klv", "meta/x-klv", { parsed: true });
  add("private", "id3", "meta/x-id3");
  // EN 300 468 6.2.43, 6.2.47 and 6.2.41.
  add("private", "teletext", "application/x-teletext", {}, [0x56, 0x46]);
  add("private", "dvb-subtitle", "subpicture/x-dvb", {}, [0x59]);
  return plain;
}
