import { plain, uint24 } from "@x/bits";

/** TagType. */
export const TAG_TYPE = { audio: 8, video: 9, scriptAmf3: 15, script: 18 } as const;

/** The bit of a tag's first byte that says that the data are encrypted. */
export const FILTER = 0x20;

/** Bytes of a tag's header. */
export const TAG_HEADER_SIZE = 11;

/** Largest DataSize. */
export const MAX_DATA_SIZE = 0xffffff;

/** One FLV tag, its data undecoded (FLV E.4.1). */
export interface FlvTag {
  /** 8 audio, 9 video, 18 script; 15 script in the AMF3 container. */
  readonly tagType: number;
  /** The data are encrypted behind their headers. */
  readonly filter: boolean;
  /** Bits 7 and 6 of the first byte: 0. */
  readonly reserved: number;
  /** Milliseconds, signed 32 bits; a counter modulo 2^32 in long streams. */
  readonly timestamp: number;
  /** 0. */
  readonly streamId: number;
  /** DataSize bytes. A view, valid until the next `push`. */
  readonly data: Uint8Array;
  /** Of the tag's first byte, from the start of the stream. */
  readonly offset: number;
}

/** The tag that is `bytes[start, end)`, at `offset` of the stream. */
export function tagAt(bytes: Uint8Array, start: number, end: number, offset: number): FlvTag {
  const head = bytes[start] as number;
  return {
    tagType: head & 0x1f,
    filter: (head & FILTER) !== 0,
    reserved: head >> 6,
    timestamp: timestampAt(bytes, start),
    streamId: uint24(bytes, start + 8),
    data: bytes.subarray(start + TAG_HEADER_SIZE, end),
    offset,
  };
}

/** Time stamp of the tag at `start`: TimestampExtended, the upper byte, stands behind the rest. */
export function timestampAt(bytes: Uint8Array, start: number): number {
  return ((bytes[start + 7] as number) << 24) | uint24(bytes, start + 4);
}

/** What {@link encodeTag} needs; the rest defaults to 0 and false. */
export type FlvTagInit = Pick<FlvTag, "tagType" | "timestamp" | "data"> &
  Partial<Pick<FlvTag, "filter" | "reserved" | "streamId">>;

/**
 * Encode a tag and the PreviousTagSize behind it.
 * @throws {RangeError} when a value does not fit; `timestamp` is taken modulo 2^32
 */
export function encodeTag(tag: FlvTagInit): Uint8Array<ArrayBuffer> {
  const data = plain(tag.data);
  const bytes = new Uint8Array(TAG_HEADER_SIZE + data.length + 4);
  writeTagHeader(bytes, 0, tag, data.length);
  bytes.set(data, TAG_HEADER_SIZE);
  return bytes;
}

/** Write header and PreviousTagSize around `dataSize` bytes that are written to `at + 11`. Returns the tag's end. */
function writeTagHeader(
  bytes: Uint8Array,
  at: number,
  { tagType, timestamp, filter = false, reserved = 0, streamId = 0 }: Omit<FlvTagInit, "data">,
  dataSize: number,
): number {
  if (dataSize > MAX_DATA_SIZE)
    throw new RangeError(`dataSize: ${dataSize} above ${MAX_DATA_SIZE}`);
  if (!Number.isInteger(tagType) || tagType < 0 || tagType > 31) {
    throw new RangeError(`tagType: ${tagType}`);
  }
  if (!Number.isSafeInteger(timestamp)) throw new RangeError(`timestamp: ${timestamp}`);
  const ticks = (timestamp % 2 ** 32) | 0;
  const end = at + TAG_HEADER_SIZE + dataSize;
  const size = TAG_HEADER_SIZE + dataSize;
  bytes[at] = (reserved << 6) | (filter ? FILTER : 0) | tagType;
  bytes[at + 1] = dataSize >> 16;
  bytes[at + 2] = dataSize >> 8;
  bytes[at + 3] = dataSize;
  bytes[at + 4] = ticks >> 16;
  bytes[at + 5] = ticks >> 8;
  bytes[at + 6] = ticks;
  bytes[at + 7] = ticks >> 24;
  bytes[at + 8] = streamId >> 16;
  bytes[at + 9] = streamId >> 8;
  bytes[at + 10] = streamId;
  bytes[end] = size >> 24;
  bytes[end + 1] = size >> 16;
  bytes[end + 2] = size >> 8;
  bytes[end + 3] = size;
  return end + 4;
}

/** The header of an FLV file (FLV E.2). */
export interface FlvHeader {
  readonly version: number;
  /** TypeFlags as they are; `hasAudio` and `hasVideo` are hints, wrong in many streams. */
  readonly flags: number;
  readonly hasAudio: boolean;
  readonly hasVideo: boolean;
  /** Bytes of the header, 9 or more. */
  readonly dataOffset: number;
}

/** The file header, 9 bytes, and PreviousTagSize0. */
export function encodeFlvHeader(
  flags: Pick<FlvHeader, "hasAudio" | "hasVideo">,
): Uint8Array<ArrayBuffer> {
  const typeFlags = (flags.hasAudio ? 4 : 0) | (flags.hasVideo ? 1 : 0);
  return Uint8Array.of(0x46, 0x4c, 0x56, 1, typeFlags, 0, 0, 0, 9, 0, 0, 0, 0);
}
