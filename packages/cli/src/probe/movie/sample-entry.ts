import { uint16, uint32 } from "@x/bits";
import type { StreamFormat } from "../stream-format.js";
import { fourCcName, trackFormat } from "../track-format.js";
import { boxAt, boxes } from "./box.js";

/** The first entry of a sample description. */
export interface SampleEntry {
  /** Its four characters, without spaces at the end. */
  readonly codec: string;
  readonly codecName: string | undefined;
  readonly format: StreamFormat;
}

/** Bytes of an entry in front of the boxes in it, header not counted. */
const VISUAL_BYTES = 78;
const AUDIO_BYTES = 28;
/** Further bytes of QuickTime's versions 1 and 2 of a sound description. */
const SOUND_EXTENSIONS: readonly number[] = [0, 16, 36];

/** Codecs whose configuration tells more, by entry: the FourCC that FLV gave it, and the box that it is in. */
const CONFIGURED: Readonly<Record<string, readonly [fourCc: string, box: string]>> = {
  avc1: ["avc1", "avcC"],
  avc3: ["avc1", "avcC"],
  hvc1: ["hvc1", "hvcC"],
  hev1: ["hvc1", "hvcC"],
  av01: ["av01", "av1C"],
};
const NAMES: Readonly<Record<string, string>> = {
  avc3: "H.264",
  hev1: "H.265",
  opus: "Opus",
  mp4v: "MPEG-4 part 2",
  m2v1: "MPEG-2 video",
  jxsm: "JPEG XS",
  apco: "ProRes 422 Proxy",
  apcs: "ProRes 422 LT",
  apcn: "ProRes 422",
  apch: "ProRes 422 HQ",
  ap4h: "ProRes 4444",
  ap4x: "ProRes 4444 XQ",
  AVdh: "DNxHR",
  AVdn: "DNxHD",
  mjpa: "Motion JPEG",
  jpeg: "Motion JPEG",
  v210: "uncompressed 4:2:2, 10 bits",
  "2vuy": "uncompressed 4:2:2, 8 bits",
  sowt: "PCM, little-endian",
  twos: "PCM, big-endian",
  in24: "PCM",
  in32: "PCM",
  lpcm: "PCM",
  ipcm: "PCM",
  alac: "ALAC",
  c608: "CEA-608",
  c708: "CEA-708",
  tmcd: "time code",
  tx3g: "timed text",
  wvtt: "WebVTT",
  stpp: "TTML",
};
/** What `mp4a` and `mp4v` are, by objectTypeIndication (ISO/IEC 14496-1 7.2.6.6). */
const OBJECT_TYPES: readonly (readonly [name: string, ...types: number[]])[] = [
  ["MPEG-4 part 2", 0x20],
  ["AAC", 0x40, 0x66, 0x67, 0x68],
  ["MPEG-2 video", 0x60, 0x61, 0x62, 0x63, 0x64, 0x65],
  ["MPEG-1 video", 0x6a],
  ["MPEG audio", 0x69, 0x6b],
  ["Motion JPEG", 0x6c],
  ["AC-3", 0xa5],
  ["E-AC-3", 0xa6],
  ["DTS", 0xa9],
];
const PCM = ["sowt", "twos", "in24", "in32", "lpcm", "ipcm", "raw"];
/** Bits that the name says; a version 1 sound description says 16 then, whatever there are. */
const NAMED_BITS: Readonly<Record<string, number>> = { in24: 24, in32: 32 };
const AAC_OBJECT_TYPE = 0x40;

/**
 * Read the first entry of an stsd box.
 * @param handler the track's: `vide` and `soun` entries have their own shapes
 */
export function readSampleEntry(stsd: Uint8Array, handler: string): SampleEntry | undefined {
  const [entry] = boxes(stsd.subarray(8));
  if (entry === undefined) return undefined;
  const codec = entry.type.trim();
  const [type] = decoderConfig(innerBoxes(handler, entry.body)) ?? [];
  const codecName = type === undefined ? (NAMES[codec] ?? fourCcName(codec)) : objectTypeName(type);
  return { codec, codecName, format: formatOf(codec, handler, entry.body) };
}

function objectTypeName(type: number): string {
  const [name] = OBJECT_TYPES.find(([, ...types]) => types.includes(type)) ?? [];
  return name ?? `object type ${type}`;
}

/** The boxes in an entry, which are behind its fields. */
function innerBoxes(handler: string, body: Uint8Array): Uint8Array {
  if (handler === "vide") return body.subarray(VISUAL_BYTES);
  if (handler !== "soun" || body.length < AUDIO_BYTES) return new Uint8Array(0);
  return body.subarray(AUDIO_BYTES + (SOUND_EXTENSIONS[uint16(body, 8)] ?? 0));
}

function formatOf(codec: string, handler: string, body: Uint8Array): StreamFormat {
  if (handler === "soun" && body.length >= AUDIO_BYTES) {
    return sound(codec, body, innerBoxes(handler, body));
  }
  if (handler !== "vide" || body.length < VISUAL_BYTES) return {};
  const size = { width: uint16(body, 24), height: uint16(body, 26) };
  return { ...size, ...configured(codec, innerBoxes(handler, body)) };
}

function configured(codec: string, inner: Uint8Array): StreamFormat {
  const [fourCc, type] = CONFIGURED[codec] ?? [];
  const config = type === undefined ? undefined : boxAt(inner, type);
  return config === undefined ? {} : trackFormat(fourCc, config, new Uint8Array(0));
}

function sound(codec: string, body: Uint8Array, inner: Uint8Array): StreamFormat {
  const stated = uint16(body, 8) === 2 ? soundVersion2(body) : soundVersion1(body, codec);
  if (codec === "ac-3" || codec === "ec-3") return { ...stated, ...dolbyChannels(inner) };
  const config = codec === "mp4a" ? audioSpecificConfig(inner) : undefined;
  return config === undefined
    ? stated
    : { ...stated, ...trackFormat("mp4a", config, new Uint8Array(0)) };
}

function soundVersion1(body: Uint8Array, codec: string): StreamFormat {
  const channels = uint16(body, 16);
  // 16.16, and 0 where 16 bits do not suffice.
  const sampleRate = uint16(body, 24);
  return {
    ...(channels === 0 ? {} : { channels }),
    ...(sampleRate === 0 ? {} : { sampleRate }),
    ...(PCM.includes(codec) ? { bitDepth: NAMED_BITS[codec] ?? uint16(body, 18) } : {}),
  };
}

function soundVersion2(body: Uint8Array): StreamFormat {
  if (body.length < 64) return {};
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const sampleRate = view.getFloat64(32);
  const bitDepth = uint32(body, 48);
  return {
    ...(sampleRate > 0 ? { sampleRate } : {}),
    channels: uint32(body, 40),
    ...(bitDepth === 0 ? {} : { bitDepth }),
  };
}

/** Channels of acmod 0 to 7 (ETSI TS 102 366 table 4.3). */
const DOLBY_CHANNELS: readonly number[] = [2, 1, 2, 3, 3, 4, 4, 5];

/** By acmod and lfeon of a dac3 or dec3 box (ETSI TS 102 366 F.4, F.6): the entry itself need not tell. */
function dolbyChannels(inner: Uint8Array): StreamFormat {
  const dac3 = boxAt(inner, "dac3");
  // acmod and lfeon are neighbours, at different places of the two.
  const fields = dac3 === undefined ? boxAt(inner, "dec3")?.[3] : (dac3[1] ?? 0) >> 2;
  const channels = fields === undefined ? undefined : DOLBY_CHANNELS[(fields >> 1) & 7];
  return channels === undefined ? {} : { channels: channels + ((fields ?? 0) & 1) };
}

/** The decoder's own part of its configuration, of AAC. */
function audioSpecificConfig(inner: Uint8Array): Uint8Array | undefined {
  const decoder = decoderConfig(inner);
  return decoder?.[0] === AAC_OBJECT_TYPE ? descriptor(decoder.subarray(13), 5) : undefined;
}

/** The DecoderConfigDescriptor in an ES_Descriptor (ISO/IEC 14496-1 7.2.6.5): it begins with objectTypeIndication. */
function decoderConfig(inner: Uint8Array): Uint8Array | undefined {
  const esds = boxAt(inner, "esds") ?? boxAt(inner, "wave", "esds");
  const elementary = esds && descriptor(esds.subarray(4), 3);
  if (elementary === undefined || elementary.length < 3) return undefined;
  const flags = elementary[2] as number;
  let at = 3 + ((flags & 0x80) === 0 ? 0 : 2);
  if ((flags & 0x40) !== 0) at += 1 + (elementary[at] ?? 0);
  if ((flags & 0x20) !== 0) at += 2;
  return descriptor(elementary.subarray(at), 4);
}

/** The body of the descriptor at the front, when it has this tag. */
function descriptor(bytes: Uint8Array, tag: number): Uint8Array | undefined {
  if (bytes[0] !== tag) return undefined;
  let size = 0;
  for (let at = 1; at <= 4; at++) {
    const byte = bytes[at] ?? 0;
    size = size * 128 + (byte & 0x7f);
    if ((byte & 0x80) === 0) return bytes.subarray(at + 1, at + 1 + size);
  }
  return undefined;
}
