// What tsdemux makes of the streams of a programme: their caps, and their packets without what only MPEG-2 TS adds.
import { encodeOpusHead, isFormatError, type OpusMappingTable, opusPacketDurationMs } from "@x/es";
import { CodestreamSplitter } from "@x/jpegxs";
import {
  decodeJxsVideoDescriptor,
  decodeOpusAudioDescriptor,
  type JxsVideoDescriptor,
  type PmtStream,
  streamKind,
} from "@x/mpegts";
import { type Caps, type CapsValue, caps } from "../caps.js";
import { bytesField } from "./formats.js";

/** A packet of a stream, and how long it lies behind the time of its PES packet, ns. */
export interface StreamPacket {
  readonly data: Uint8Array;
  readonly after: bigint;
}

/** A stream as elements behind tsdemux see it. */
export interface StreamFormat {
  readonly pads: "video" | "audio" | "private";
  readonly caps: Caps;
  /** The packets in a PES payload; default: itself. */
  readonly unwrap?: (payload: Uint8Array, warn: (text: string) => void) => readonly StreamPacket[];
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
      return { pads: "audio", caps: opusCaps(stream), unwrap: opusPackets };
    default:
      return { pads: "private", caps: caps("application/octet-stream", { kind }) };
  }
}

function byteStream(mediaType: string): Caps {
  return caps(mediaType, { "stream-format": "byte-stream", alignment: "au" });
}

function mpegVideo(mpegversion: number): Caps {
  return caps("video/mpeg", { mpegversion, systemstream: false });
}

/** Descriptor with an extension tag, taken apart; `undefined` when it is not there or damaged. */
function extended<T>(
  { descriptors }: PmtStream,
  tag: number,
  extension: number,
  decode: (descriptor: PmtStream["descriptors"][number]) => T,
): T | undefined {
  const found = descriptors.find((d) => d.descriptorTag === tag && d.data[0] === extension);
  try {
    return found && decode(found);
  } catch (error) {
    if (!isFormatError(error)) throw error;
    return undefined;
  }
}

// JPEG XS: ISO/IEC 13818-1 annex W.

const JXS_BOX = 0x6a786573;
const JXS_BOX_SIZE = 30;
/** By the lower four bits of schar. */
const JXS_SAMPLINGS = ["YCbCr-4:2:2", "YCbCr-4:4:4", "RGB-4:4:4", "YCbCr-4:2:0"];

function jpegxsFormat(stream: PmtStream): StreamFormat {
  const found = extended(stream, 0x3f, 0x14, decodeJxsVideoDescriptor);
  // Nothing behind an unknown version means anything.
  const descriptor = found?.descriptorVersion === 0 ? found : undefined;
  const interlaced = descriptor !== undefined && descriptor.frat >>> 30 !== 0;
  return {
    pads: "video",
    caps: caps("image/x-jxsc", {
      alignment: "frame",
      codestream: "jpeg-xs",
      ...(descriptor && jpegxsFields(descriptor)),
    }),
    unwrap: (payload, warn) => {
      const data = withoutJxsBox(payload);
      if (interlaced) {
        const splitter = new CodestreamSplitter();
        const fields = splitter.push(data).length + splitter.flush().length;
        // The next frame's fields must not be taken for this one's.
        if (fields !== 2) {
          warn(`an interlaced picture of ${fields} codestreams is dropped`);
          return [];
        }
      }
      return [{ data, after: 0n }];
    },
  };
}

function jpegxsFields({
  horizontalSize,
  verticalSize,
  frat,
  schar,
}: JxsVideoDescriptor): Record<string, CapsValue> {
  const mode = frat >>> 30;
  const nominal = frat & 0xffff;
  const code = (frat >>> 24) & 0x3f;
  const known = nominal > 0 && (code === 1 || code === 2);
  const framerate =
    code === 2
      ? { numerator: nominal * 1000, denominator: 1001 }
      : { numerator: nominal, denominator: 1 };
  const sampling = JXS_SAMPLINGS[schar & 0x0f];
  return {
    // Muxers do not agree whether the height is a field's or the frame's: the codestreams tell.
    ...(mode === 0 ? { width: horizontalSize, height: verticalSize } : { width: horizontalSize }),
    "interlace-mode": mode === 0 ? "progressive" : "fields",
    ...(mode === 0 ? {} : { "field-order": mode === 1 ? "top-field-first" : "bottom-field-first" }),
    ...(known ? { framerate } : {}),
    ...(schar < 0x8000 ? {} : { depth: ((schar >> 4) & 0x0f) + 1 }),
    ...(schar < 0x8000 || sampling === undefined ? {} : { sampling }),
  };
}

/** The codestreams of an access unit. Some muxers write no box in front. */
function withoutJxsBox(payload: Uint8Array): Uint8Array {
  if (payload.length < JXS_BOX_SIZE) return payload;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const size = view.getUint32(0);
  const isBox = view.getUint32(4) === JXS_BOX && size >= JXS_BOX_SIZE && size <= payload.length;
  return isBox ? payload.subarray(size) : payload;
}

// Opus: ETSI TS 103 491.

const OPUS_RATE = 48_000;
const MAPPING_BY_CHANNELS: readonly OpusMappingTable[] = [
  { streams: 1, coupled: 0, mapping: [0] },
  { streams: 1, coupled: 1, mapping: [0, 1] },
  { streams: 2, coupled: 1, mapping: [0, 2, 1] },
  { streams: 2, coupled: 2, mapping: [0, 1, 2, 3] },
  { streams: 3, coupled: 2, mapping: [0, 4, 1, 2, 3] },
  { streams: 4, coupled: 2, mapping: [0, 4, 1, 2, 3, 5] },
  { streams: 4, coupled: 3, mapping: [0, 4, 1, 2, 3, 5, 6] },
  { streams: 5, coupled: 3, mapping: [0, 6, 1, 2, 3, 4, 5, 7] },
];

function opusCaps(stream: PmtStream): Caps {
  const code = extended(stream, 0x7f, 0x80, decodeOpusAudioDescriptor)?.channelConfigCode;
  const table = code === undefined ? undefined : MAPPING_BY_CHANNELS[code - 1];
  if (table === undefined) return caps("audio/x-opus");
  const channels = table.mapping.length;
  const mappingFamily = channels > 2 ? 1 : 0;
  const config = encodeOpusHead({
    version: 1,
    channels,
    preSkip: 0,
    inputSampleRate: OPUS_RATE,
    outputGain: 0,
    mappingFamily,
    mappingTable: mappingFamily === 0 ? undefined : table,
  });
  return caps("audio/x-opus", { rate: OPUS_RATE, channels, codec_data: bytesField(config) });
}

/** The packets of the access units in a PES payload, each behind its opus_control_header. */
function opusPackets(payload: Uint8Array, warn: (text: string) => void): StreamPacket[] {
  const packets: StreamPacket[] = [];
  let after = 0n;
  let at = 0;
  while (at < payload.length) {
    const start = at;
    const head = ((payload[at] as number) << 8) | (payload[at + 1] ?? 0);
    at += 2;
    let size = 0;
    let part = 255;
    for (; part === 255 && at < payload.length; at++) {
      part = payload[at] as number;
      size += part;
    }
    // start_trim_flag and end_trim_flag.
    at += 2 * (((head >> 4) & 1) + ((head >> 3) & 1));
    // control_extension_flag.
    if ((head & 0x04) !== 0) at += 1 + (payload[at] ?? 0);
    const data = payload.subarray(at, at + size);
    at += size;
    if (head >> 5 !== 0x3ff || size === 0 || at > payload.length) {
      warn(`no Opus access unit at byte ${start} of a PES packet of ${payload.length} bytes`);
      break;
    }
    packets.push({ data, after });
    try {
      after += BigInt(opusPacketDurationMs(data) * 1_000_000);
    } catch (error) {
      // It is told by whoever decodes it.
      if (!isFormatError(error)) throw error;
    }
  }
  return packets;
}
