import { plain } from "@x/bits";
import { byteAt, formatError, viewOf } from "./errors.js";

/** Identification header, RFC 7845 5.1. */
export interface OpusHead {
  /** The upper four bits are the incompatible part: 0. */
  readonly version: number;
  readonly channels: number;
  /** Samples at 48 kHz to drop at the start. */
  readonly preSkip: number;
  /** Rate of the original input in Hz, for information; 0 unknown. */
  readonly inputSampleRate: number;
  /** Q7.8 dB, signed. */
  readonly outputGain: number;
  readonly mappingFamily: number;
  /** The channel mapping table; family 0 has none. */
  readonly mappingTable: OpusMappingTable | undefined;
}

/** RFC 7845 5.1.1. */
export interface OpusMappingTable {
  readonly streams: number;
  readonly coupled: number;
  /** One entry a channel; 255 is silence. */
  readonly mapping: readonly number[];
}

const MAGIC = [0x4f, 0x70, 0x75, 0x73, 0x48, 0x65, 0x61, 0x64];

/**
 * Decode an OpusHead (its integers are little-endian). Bytes behind it are ignored.
 * @throws {FormatError} `truncated`; `sync` without "OpusHead"; `unsupported` for a version of 16 or above; `range`
 */
export function decodeOpusHead(bytes: Uint8Array): OpusHead {
  for (let i = 0; i < MAGIC.length; i++) {
    if (byteAt(bytes, i, "magicSignature") !== MAGIC[i]) {
      throw formatError("sync", 'is not "OpusHead"', "magicSignature", i);
    }
  }
  const head = viewOf(plain(bytes), 8, 11, "idHeader");
  const data = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const version = data.getUint8(0);
  if (version > 15) throw formatError("unsupported", `version ${version}`, "version", 8);
  const channels = data.getUint8(1);
  if (channels === 0) throw formatError("range", "is 0", "outputChannelCount", 9);
  const mappingFamily = data.getUint8(10);
  if (mappingFamily === 0 && channels > 2) {
    throw formatError("range", `${channels} in family 0`, "outputChannelCount", 9);
  }
  return {
    version,
    channels,
    preSkip: data.getUint16(2, true),
    inputSampleRate: data.getUint32(4, true),
    outputGain: data.getInt16(8, true),
    mappingFamily,
    mappingTable: mappingFamily === 0 ? undefined : readMapping(bytes, channels),
  };
}

function readMapping(bytes: Uint8Array, channels: number): OpusMappingTable {
  const streams = byteAt(bytes, 19, "streamCount");
  const coupled = byteAt(bytes, 20, "coupledCount");
  if (streams === 0) throw formatError("range", "is 0", "streamCount", 19);
  if (coupled > streams || streams + coupled > 255) {
    throw formatError("range", `${coupled} of ${streams}`, "coupledCount", 20);
  }
  const mapping = [...viewOf(bytes, 21, channels, "channelMapping")];
  const bad = mapping.findIndex((index) => index !== 255 && index >= streams + coupled);
  if (bad >= 0) throw formatError("range", `${mapping[bad]}`, "channelMapping", 21 + bad);
  return { streams, coupled, mapping };
}

/**
 * Encode an OpusHead.
 * @throws {RangeError} when a value does not fit, or the mapping table does not go with family or channels
 */
export function encodeOpusHead(head: OpusHead): Uint8Array<ArrayBuffer> {
  const { mappingTable: table, channels } = head;
  if ((table === undefined) !== (head.mappingFamily === 0)) {
    throw new RangeError("mappingTable: goes with every family but 0");
  }
  if (table !== undefined && table.mapping.length !== channels) {
    throw new RangeError(`mapping: ${table.mapping.length} entries for ${channels} channels`);
  }
  const bytes = new Uint8Array(table === undefined ? 19 : 21 + channels);
  bytes.set(MAGIC);
  const data = new DataView(bytes.buffer);
  data.setUint8(8, head.version);
  data.setUint8(9, channels);
  data.setUint16(10, head.preSkip, true);
  data.setUint32(12, head.inputSampleRate, true);
  data.setInt16(16, head.outputGain, true);
  data.setUint8(18, head.mappingFamily);
  if (table !== undefined) {
    data.setUint8(19, table.streams);
    data.setUint8(20, table.coupled);
    bytes.set(table.mapping, 21);
  }
  return bytes;
}

/** An Opus packet taken apart, RFC 6716 3. */
export interface OpusPacket {
  /** Upper five bits of the TOC byte. */
  readonly config: number;
  readonly stereo: boolean;
  /** Length of one frame: 2.5 to 60 ms. */
  readonly frameMs: number;
  /** Length of the whole packet: at most 120 ms. */
  readonly durationMs: number;
  /** Compressed frames; an empty one is a lost or untransmitted frame. */
  readonly frames: readonly Uint8Array[];
  /** Byte after the packet: of interest with `selfDelimited` only. */
  readonly end: number;
}

/**
 * Take an Opus packet apart.
 * @param selfDelimited the form of RFC 6716 appendix B, as all but the last stream of a multistream packet have it
 * @returns frames are views into `bytes`
 * @throws {FormatError} `truncated`; `range` where RFC 6716 3.4 calls the packet malformed
 */
export function decodeOpusPacket(bytes: Uint8Array, selfDelimited = false): OpusPacket {
  const input = plain(bytes);
  const toc = byteAt(input, 0, "toc");
  const frameMs = opusFrameMs(toc);
  const code = toc & 3;
  const { at, sizes, padding } =
    code === 3 ? frameSizesOfCode3(input, selfDelimited) : frameSizes(input, code, selfDelimited);
  const durationMs = frameMs * sizes.length;
  if (durationMs > 120)
    throw formatError("range", `${durationMs} ms`, "frameCount", 1, "RFC 6716 3.4");
  const frames: Uint8Array[] = [];
  let next = at;
  for (const size of sizes) {
    if (size > 1275) throw formatError("range", `frame of ${size} bytes`, "frameLength", next);
    frames.push(viewOf(input, next, size, "frame"));
    next += size;
  }
  return {
    config: toc >> 3,
    stereo: (toc & 4) !== 0,
    frameMs,
    durationMs,
    frames,
    end: next + padding,
  };
}

/** Length of a packet in milliseconds, from its first two bytes. Throws as {@link decodeOpusPacket}. */
export function opusPacketDurationMs(bytes: Uint8Array): number {
  const toc = byteAt(bytes, 0, "toc");
  const code = toc & 3;
  const count = code === 0 ? 1 : code < 3 ? 2 : byteAt(bytes, 1, "frameCount") & 63;
  const durationMs = opusFrameMs(toc) * count;
  if (count === 0 || durationMs > 120) {
    throw formatError("range", `${durationMs} ms`, "frameCount", 1, "RFC 6716 3.4");
  }
  return durationMs;
}

function opusFrameMs(toc: number): number {
  const config = toc >> 3;
  if (config < 12) return [10, 20, 40, 60][config & 3] as number;
  if (config < 16) return config & 1 ? 20 : 10;
  return [2.5, 5, 10, 20][config & 3] as number;
}

interface FrameSizes {
  readonly at: number;
  readonly sizes: readonly number[];
  readonly padding: number;
}

function frameSizes(bytes: Uint8Array, code: number, selfDelimited: boolean): FrameSizes {
  const total = bytes.length;
  if (code === 0 || code === 1) {
    const count = code + 1;
    if (selfDelimited) {
      const { size, at } = frameLength(bytes, 1);
      return { at, sizes: Array(count).fill(size), padding: 0 };
    }
    if ((total - 1) % count !== 0) throw formatError("range", "odd length", "frames", 1);
    return { at: 1, sizes: Array(count).fill((total - 1) / count), padding: 0 };
  }
  const first = frameLength(bytes, 1);
  if (selfDelimited) {
    const second = frameLength(bytes, first.at);
    return { at: second.at, sizes: [first.size, second.size], padding: 0 };
  }
  const rest = total - first.at - first.size;
  if (rest < 0) throw formatError("truncated", `${-rest} bytes short`, "frame", first.at);
  return { at: first.at, sizes: [first.size, rest], padding: 0 };
}

function frameSizesOfCode3(bytes: Uint8Array, selfDelimited: boolean): FrameSizes {
  const second = byteAt(bytes, 1, "frameCount");
  const count = second & 63;
  if (count === 0) throw formatError("range", "is 0", "frameCount", 1, "RFC 6716 3.2.5");
  let at = 2;
  let padding = 0;
  if (second & 0x40) {
    let byte = 255;
    while (byte === 255) {
      byte = byteAt(bytes, at++, "paddingLength");
      padding += byte === 255 ? 254 : byte;
    }
  }
  const sizes: number[] = [];
  let used = 0;
  const lengths = (second & 0x80 ? count - 1 : 0) + (selfDelimited ? 1 : 0);
  for (let i = 0; i < lengths; i++) {
    const length = frameLength(bytes, at);
    at = length.at;
    sizes.push(length.size);
    used += length.size;
  }
  if (selfDelimited) {
    const size = sizes[sizes.length - 1] as number;
    while (sizes.length < count) sizes.push(size);
    return { at, sizes, padding };
  }
  const rest = bytes.length - at - padding - used;
  if (rest < 0) throw formatError("truncated", `${-rest} bytes short`, "frames", at);
  if (second & 0x80) return { at, sizes: [...sizes, rest], padding };
  if (rest % count !== 0) throw formatError("range", "not a multiple", "frames", at);
  return { at, sizes: Array(count).fill(rest / count), padding };
}

/** RFC 6716 3.2.1: one byte up to 251, or two. */
function frameLength(bytes: Uint8Array, at: number): { size: number; at: number } {
  const first = byteAt(bytes, at, "frameLength");
  if (first < 252) return { size: first, at: at + 1 };
  return { size: 4 * byteAt(bytes, at + 1, "frameLength") + first, at: at + 2 };
}
