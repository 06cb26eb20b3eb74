import { BitReader, plain, uint24 } from "@x/bits";
import { byteAt, formatError, viewOf } from "./errors.js";

/** STREAMINFO, RFC 9639 8.2. */
export interface FlacStreamInfo {
  /** Samples. */
  readonly minBlockSize: number;
  readonly maxBlockSize: number;
  /** Bytes; 0 unknown. */
  readonly minFrameSize: number;
  readonly maxFrameSize: number;
  /** In Hz. */
  readonly sampleRate: number;
  readonly channels: number;
  readonly bitsPerSample: number;
  /** Of one channel; 0 unknown. */
  readonly totalSamples: number;
  /** MD5 of the unencoded audio, 16 bytes; zeros unknown. */
  readonly md5: Uint8Array;
}

/** Bytes of a STREAMINFO block without its header. */
export const FLAC_STREAM_INFO_BYTES = 34;

/** The headers of a FLAC stream, in whatever form a container holds them. */
export interface FlacHeader {
  /** `full`: `fLaC` and metadata blocks; `block`: one block without the marker; `bare`: the 34 bytes alone. */
  readonly form: "full" | "block" | "bare";
  readonly streamInfo: FlacStreamInfo;
  /** The 34 bytes of STREAMINFO. */
  readonly streamInfoBytes: Uint8Array;
  /** Byte after the last metadata block. */
  readonly end: number;
}

/**
 * Decode a FLAC header: `fLaC` with its metadata blocks, a STREAMINFO block, or its 34 bytes bare.
 * @returns views into `bytes`
 * @throws {FormatError} `truncated`; `sync` when it is none of the three; `reserved` when STREAMINFO is not first
 */
export function decodeFlacHeader(bytes: Uint8Array): FlacHeader {
  const input = plain(bytes);
  const marked = input[0] === 0x66 && input[1] === 0x4c && input[2] === 0x61 && input[3] === 0x43;
  if (!marked) {
    const block = input.length === 38 && ((input[0] as number) & 0x7f) === 0;
    if (!block && input.length !== FLAC_STREAM_INFO_BYTES) {
      throw formatError("sync", 'neither "fLaC" nor STREAMINFO', "fLaC", 0, "RFC 9639 6");
    }
    return headerOf(block ? "block" : "bare", input, block ? 4 : 0, input.length);
  }
  let at = 4;
  for (let last = false; !last; ) {
    const head = byteAt(input, at, "metadataBlockHeader");
    viewOf(input, at, 4, "metadataBlockHeader");
    const length = uint24(input, at + 1);
    if (at === 4 && ((head & 0x7f) !== 0 || length < FLAC_STREAM_INFO_BYTES)) {
      throw formatError("reserved", "is not STREAMINFO", "metadataBlockHeader", at, "RFC 9639 8.2");
    }
    viewOf(input, at + 4, length, "metadataBlock");
    at += 4 + length;
    last = (head & 0x80) !== 0;
  }
  return headerOf("full", input, 8, at);
}

function headerOf(
  form: FlacHeader["form"],
  bytes: Uint8Array,
  at: number,
  end: number,
): FlacHeader {
  const streamInfoBytes = bytes.subarray(at, at + FLAC_STREAM_INFO_BYTES);
  return { form, streamInfo: decodeFlacStreamInfo(streamInfoBytes), streamInfoBytes, end };
}

/**
 * Decode the 34 bytes of STREAMINFO.
 * @returns md5 is a view
 * @throws {FormatError} `truncated`
 */
export function decodeFlacStreamInfo(bytes: Uint8Array): FlacStreamInfo {
  const input = plain(bytes);
  const reader = new BitReader(input);
  return {
    minBlockSize: reader.read(16, "minimumBlockSize"),
    maxBlockSize: reader.read(16, "maximumBlockSize"),
    minFrameSize: reader.read(24, "minimumFrameSize"),
    maxFrameSize: reader.read(24, "maximumFrameSize"),
    sampleRate: reader.read(20, "sampleRate"),
    channels: reader.read(3, "channels") + 1,
    bitsPerSample: reader.read(5, "bitsPerSample") + 1,
    totalSamples: reader.readLong(36, "totalSamples"),
    md5: viewOf(input, 18, 16, "md5"),
  };
}

/**
 * A FLAC header with STREAMINFO as its only block, from the 34 bytes of it: `full` (42 bytes, the default), `block`
 * (38) or `bare` (34).
 * @throws {RangeError} when they are not 34 bytes
 */
export function encodeFlacHeader(
  streamInfoBytes: Uint8Array,
  form: FlacHeader["form"] = "full",
): Uint8Array<ArrayBuffer> {
  if (streamInfoBytes.length !== FLAC_STREAM_INFO_BYTES) {
    throw new RangeError(`STREAMINFO of ${streamInfoBytes.length} bytes`);
  }
  const head = form === "full" ? [0x66, 0x4c, 0x61, 0x43] : [];
  if (form !== "bare") head.push(0x80, 0, 0, FLAC_STREAM_INFO_BYTES);
  const bytes = new Uint8Array(head.length + FLAC_STREAM_INFO_BYTES);
  bytes.set(head);
  bytes.set(streamInfoBytes, head.length);
  return bytes;
}

/** Header of a FLAC frame, RFC 9639 9.1. */
export interface FlacFrameHeader {
  /** Variable block size: the coded number counts samples, not frames. */
  readonly variableBlockSize: boolean;
  /** Samples of one channel. */
  readonly blockSize: number;
  /** In Hz; `undefined`: as in STREAMINFO. */
  readonly sampleRate: number | undefined;
  readonly channels: number;
  /** `undefined`: as in STREAMINFO. */
  readonly bitsPerSample: number | undefined;
  /** Frame number, or number of the first sample. */
  readonly codedNumber: number;
  /** Bytes, CRC-8 included. */
  readonly headerBytes: number;
}

/** Bytes of the longest frame header. */
export const FLAC_FRAME_HEADER_MAX = 16;

const RATES: readonly number[] = [
  88200, 176400, 192000, 8000, 16000, 22050, 24000, 32000, 44100, 48000, 96000,
];
const SIZES: readonly (number | undefined)[] = [undefined, 8, 12, undefined, 16, 20, 24, 32];

/**
 * Decode the frame header at `offset`; its CRC-8 is checked.
 * @throws {FormatError} `truncated`, `sync`, `reserved`; `range` when the CRC-8 or the coded number is wrong
 */
export function decodeFlacFrameHeader(bytes: Uint8Array, offset = 0): FlacFrameHeader {
  const b1 = byteAt(bytes, offset + 1, "syncCode");
  if (bytes[offset] !== 0xff || (b1 & 0xfe) !== 0xf8) {
    throw formatError("sync", "is not 0x7ffc", "syncCode", offset, "RFC 9639 9.1");
  }
  const b2 = byteAt(bytes, offset + 2, "blockSizeBits");
  const b3 = byteAt(bytes, offset + 3, "channelBits");
  const sizeBits = b2 >> 4;
  const rateBits = b2 & 15;
  const channelBits = b3 >> 4;
  const depthBits = (b3 >> 1) & 7;
  if (sizeBits === 0 || rateBits === 15 || channelBits > 10 || depthBits === 3 || b3 & 1) {
    throw formatError("reserved", "reserved bits", "frameHeader", offset + 2, "RFC 9639 9.1");
  }
  const number = codedNumber(bytes, offset + 4);
  let at = number.end;
  const field = (length: number): number => {
    let value = 0;
    for (let i = 0; i < length; i++) value = value * 256 + byteAt(bytes, at++, "frameHeader");
    return value;
  };
  let blockSize = sizeBits === 1 ? 192 : sizeBits < 6 ? 144 * 2 ** sizeBits : 2 ** sizeBits;
  if (sizeBits === 6) blockSize = field(1) + 1;
  if (sizeBits === 7) blockSize = field(2) + 1;
  let sampleRate = rateBits === 0 ? undefined : RATES[rateBits - 1];
  if (rateBits === 12) sampleRate = 1000 * field(1);
  if (rateBits === 13) sampleRate = field(2);
  if (rateBits === 14) sampleRate = 10 * field(2);
  if (byteAt(bytes, at, "crc8") !== crc8(bytes, offset, at)) {
    throw formatError("range", "wrong checksum", "crc8", at);
  }
  return {
    variableBlockSize: (b1 & 1) === 1,
    blockSize,
    sampleRate,
    channels: channelBits < 8 ? channelBits + 1 : 2,
    bitsPerSample: SIZES[depthBits],
    codedNumber: number.value,
    headerBytes: at + 1 - offset,
  };
}

/** First sample of a frame, from the start of the stream: the coded number counts frames, or samples (RFC 9639 9.1.5). */
export function flacFramePosition(
  header: FlacFrameHeader,
  { maxBlockSize }: Pick<FlacStreamInfo, "maxBlockSize">,
): number {
  return header.variableBlockSize ? header.codedNumber : header.codedNumber * maxBlockSize;
}

/** RFC 9639 9.1.5: UTF-8's scheme, extended to 36 bits. */
function codedNumber(bytes: Uint8Array, at: number): { value: number; end: number } {
  const first = byteAt(bytes, at, "codedNumber");
  const ones = Math.clz32(~(first << 24));
  if (ones === 0) return { value: first, end: at + 1 };
  if (ones === 1 || ones > 7) throw formatError("range", "no start byte", "codedNumber", at);
  let value = ones === 7 ? 0 : first & (0x7f >> ones);
  for (let i = 1; i < ones; i++) {
    const byte = byteAt(bytes, at + i, "codedNumber");
    if ((byte & 0xc0) !== 0x80)
      throw formatError("range", "no continuation", "codedNumber", at + i);
    value = value * 64 + (byte & 0x3f);
  }
  return { value, end: at + ones };
}

const CRC8 = table(8, 0x07);
const CRC16 = table(16, 0x8005);

function table(width: number, polynomial: number): Uint16Array {
  const top = 1 << (width - 1);
  return Uint16Array.from({ length: 256 }, (_, byte) => {
    let crc = byte << (width - 8);
    for (let bit = 0; bit < 8; bit++) crc = crc & top ? (crc << 1) ^ polynomial : crc << 1;
    return crc & (2 ** width - 1);
  });
}

function crc8(bytes: Uint8Array, from: number, end: number): number {
  let crc = 0;
  for (let i = from; i < end; i++) crc = CRC8[crc ^ (bytes[i] as number)] as number;
  return crc;
}

/** CRC-16 of RFC 9639 9.3, continued from `crc`: 0 over a whole frame with its checksum. */
export function flacCrc16(bytes: Uint8Array, from: number, end: number, crc: number): number {
  let sum = crc;
  for (let i = from; i < end; i++) {
    sum = ((sum << 8) & 0xffff) ^ (CRC16[(sum >> 8) ^ (bytes[i] as number)] as number);
  }
  return sum;
}
