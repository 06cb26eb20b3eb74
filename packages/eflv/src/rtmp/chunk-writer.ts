import { uint32 } from "@x/bits";
import {
  DEFAULT_CHUNK_SIZE,
  EXTENDED_TIMESTAMP,
  MAX_CHUNK_SIZE,
  MESSAGE_HEADER_BYTES,
  MESSAGE_TYPE,
  type RtmpMessage,
} from "./chunk.js";

/** What a chunk stream's last header said. */
interface Sent {
  readonly timestamp: number;
  readonly delta: number;
  /** `delta` is the absolute time stamp of a fmt 0. */
  readonly absolute: boolean;
  readonly length: number;
  readonly messageType: number;
  readonly streamId: number;
}

/** Cuts RTMP messages into chunks. A Set Chunk Size message takes effect from the next message on. */
export class RtmpChunkWriter {
  readonly #sent = new Map<number, Sent>();
  #chunkSize = DEFAULT_CHUNK_SIZE;

  /**
   * The chunks of a message, as one new array.
   * @param csid chunk stream, 2 to 65599; 2 is for protocol control
   * @param fmt format of the first chunk. Left out: the shortest one that carries the message
   * @throws {RangeError} when a value does not fit, or `fmt` cannot carry the message
   */
  write(message: RtmpMessage, csid: number, fmt?: number): Uint8Array<ArrayBuffer> {
    const { messageType, streamId, payload } = message;
    checkMessage(message, csid);
    const timestamp = modulo32(message.timestamp);
    const last = this.#sent.get(csid);
    const length = payload.length;
    const format = fmt ?? shortest(message, timestamp, last);
    const delta = format === 0 ? timestamp : modulo32(timestamp - (last?.timestamp ?? 0));
    checkFormat(format, message, delta, last);
    const absolute = format === 0 || (format === 3 && last?.absolute === true);
    this.#sent.set(csid, { timestamp, delta, absolute, length, messageType, streamId });

    const basic = csid < 64 ? 1 : csid < 320 ? 2 : 3;
    const extended = delta >= EXTENDED_TIMESTAMP;
    const header = basic + (MESSAGE_HEADER_BYTES[format] as number) + (extended ? 4 : 0);
    const continuation = basic + (extended ? 4 : 0);
    const chunks = Math.max(1, Math.ceil(length / this.#chunkSize));
    const bytes = new Uint8Array(header + (chunks - 1) * continuation + length);
    let at = writeBasicHeader(bytes, 0, format, csid);
    at = writeMessageHeader(bytes, at, format, extended ? EXTENDED_TIMESTAMP : delta, message);
    for (let sent = 0; ; ) {
      if (extended) at = writeUint32(bytes, at, delta);
      const end = Math.min(sent + this.#chunkSize, length);
      bytes.set(payload.subarray(sent, end), at);
      at += end - sent;
      sent = end;
      if (sent === length) break;
      at = writeBasicHeader(bytes, at, 3, csid);
    }
    if (messageType === MESSAGE_TYPE.setChunkSize && length >= 4) {
      this.#chunkSize = Math.min(Math.max(1, uint32(payload, 0)), MAX_CHUNK_SIZE);
    }
    return bytes;
  }

  /** Forget everything, the chunk size too. */
  reset(): void {
    this.#sent.clear();
    this.#chunkSize = DEFAULT_CHUNK_SIZE;
  }
}

function checkMessage({ messageType, streamId, payload }: RtmpMessage, csid: number): void {
  if (!Number.isInteger(csid) || csid < 2 || csid > 65599) throw new RangeError(`csid: ${csid}`);
  if (payload.length > 0xffffff) throw new RangeError(`payload of ${payload.length} bytes`);
  if (!Number.isInteger(messageType) || messageType < 0 || messageType > 255) {
    throw new RangeError(`messageType: ${messageType}`);
  }
  if (!Number.isInteger(streamId) || streamId < 0 || streamId > 0xffffffff) {
    throw new RangeError(`streamId: ${streamId}`);
  }
}

/** Time going back has no delta that peers read as such: it starts again with fmt 0. */
function shortest(
  { messageType, streamId, payload }: RtmpMessage,
  timestamp: number,
  last: Sent | undefined,
): number {
  if (last === undefined || streamId !== last.streamId) return 0;
  const delta = modulo32(timestamp - last.timestamp);
  if (delta >= 2 ** 31) return 0;
  if (payload.length !== last.length || messageType !== last.messageType) return 1;
  // Readers disagree on what fmt 3 repeats behind fmt 0: the time stamp as a delta, or nothing.
  return delta === last.delta && (!last.absolute || delta === 0) ? 3 : 2;
}

function checkFormat(
  fmt: number,
  { messageType, streamId, payload }: RtmpMessage,
  delta: number,
  last: Sent | undefined,
): void {
  const sameStream = fmt === 0 || streamId === (last?.streamId ?? 0);
  const sameKind = fmt < 2 || (payload.length === last?.length && messageType === last.messageType);
  if (
    ![0, 1, 2, 3].includes(fmt) ||
    !sameStream ||
    !sameKind ||
    (fmt === 3 && delta !== last?.delta)
  ) {
    throw new RangeError(`fmt: ${fmt} does not carry this message`);
  }
}

function writeBasicHeader(bytes: Uint8Array, at: number, fmt: number, csid: number): number {
  if (csid < 64) {
    bytes[at] = (fmt << 6) | csid;
    return at + 1;
  }
  const rest = csid - 64;
  bytes[at] = (fmt << 6) | (csid < 320 ? 0 : 1);
  bytes[at + 1] = rest & 0xff;
  if (csid < 320) return at + 2;
  bytes[at + 2] = rest >> 8;
  return at + 3;
}

function writeMessageHeader(
  bytes: Uint8Array,
  start: number,
  fmt: number,
  field: number,
  { messageType, streamId, payload }: RtmpMessage,
): number {
  let at = start;
  if (fmt < 3) {
    bytes[at++] = field >> 16;
    bytes[at++] = field >> 8;
    bytes[at++] = field;
  }
  if (fmt < 2) {
    bytes[at++] = payload.length >> 16;
    bytes[at++] = payload.length >> 8;
    bytes[at++] = payload.length;
    bytes[at++] = messageType;
  }
  // The one little-endian field of the protocol, with the three-byte chunk stream id.
  if (fmt === 0) for (let i = 0; i < 4; i++) bytes[at++] = streamId >>> (8 * i);
  return at;
}

function writeUint32(bytes: Uint8Array, at: number, value: number): number {
  for (let i = 0; i < 4; i++) bytes[at + i] = value >>> (24 - 8 * i);
  return at + 4;
}

function modulo32(value: number): number {
  return ((value % 2 ** 32) + 2 ** 32) % 2 ** 32;
}
