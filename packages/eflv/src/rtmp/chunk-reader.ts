import { PendingBytes, uint24, uint32 } from "@x/bits";
import {
  controlSize,
  DEFAULT_CHUNK_SIZE,
  EXTENDED_TIMESTAMP,
  MAX_CHUNK_SIZE,
  MESSAGE_HEADER_BYTES,
  MESSAGE_TYPE,
  type ReceivedMessage,
  type RtmpIssue,
  type RtmpIssueCode,
} from "./chunk.js";

/** What {@link RtmpChunkReader} delivers. */
export type RtmpChunkEvent =
  | { readonly type: "message"; readonly message: ReceivedMessage }
  | { readonly type: "issue"; readonly issue: RtmpIssue };

/** Options of {@link RtmpChunkReader}. */
export interface RtmpChunkReaderOptions {
  /** A longer message is fatal. Default 16 777 215. */
  readonly maxMessageSize?: number;
  /** Chunk streams with a message in the making; more are fatal. Default 64. */
  readonly maxChunkStreams?: number;
  /** Bytes of messages in the making, all together; more are fatal. Default 32 MiB. */
  readonly maxBufferedBytes?: number;
  /** Stream offset of the first byte, for offsets in messages and issues: 3073 behind a handshake. Default 0. */
  readonly offset?: number;
}

/** What one chunk stream remembers (RTMP 1.0, 5.3.1.2). */
interface ChunkStream {
  readonly csid: number;
  timestamp: number;
  /** Delta of the last header; after fmt 0 the absolute timestamp. */
  delta: number;
  /** The last header had an extended timestamp, of value `delta`. */
  extended: boolean;
  length: number;
  messageType: number;
  streamId: number;
  /** Whether a message is in the making; then `fmt`, `offset` and `received` are its. */
  open: boolean;
  fmt: number;
  offset: number;
  received: number;
  buffer: Uint8Array;
}

const NOTHING = new Uint8Array(0);

/**
 * Puts RTMP messages together from chunks. Set Chunk Size and Abort are obeyed, and delivered like every message.
 * After a fatal issue the rest is ignored until `reset`.
 */
export class RtmpChunkReader {
  readonly #maxMessageSize: number;
  readonly #maxChunkStreams: number;
  readonly #maxBufferedBytes: number;
  readonly #start: number;
  readonly #pending = new PendingBytes();
  readonly #streams = new Map<number, ChunkStream>();
  readonly #formats = [0, 0, 0, 0];
  #events: RtmpChunkEvent[] = [];
  #chunkSize = DEFAULT_CHUNK_SIZE;
  #openStreams = 0;
  #buffered = 0;
  /** The chunk whose payload is being read, and how much of it is missing. */
  #current: ChunkStream | undefined;
  #missing = 0;
  #failed = false;

  constructor(options: RtmpChunkReaderOptions = {}) {
    this.#maxMessageSize = options.maxMessageSize ?? 0xffffff;
    this.#maxChunkStreams = options.maxChunkStreams ?? 64;
    this.#maxBufferedBytes = options.maxBufferedBytes ?? 2 ** 25;
    this.#start = options.offset ?? 0;
  }

  /** Bytes of payload that a chunk carries at most, as the peer set it. */
  get chunkSize(): number {
    return this.#chunkSize;
  }

  /** Chunks read so far, by format. */
  get chunkFormats(): readonly number[] {
    return [...this.#formats];
  }

  /**
   * Feed a chunk of any size; the messages that it completes, in order. A payload that came in one piece is a view of
   * it, valid until the next `push`; others are the message's own.
   */
  push(chunk: Uint8Array): RtmpChunkEvent[] {
    this.#events = [];
    if (this.#failed) return this.#events;
    const bytes = this.#pending.append(chunk);
    let at = 0;
    for (;;) {
      const next = this.#current === undefined ? this.#header(bytes, at) : this.#payload(bytes, at);
      if (next < 0) break;
      at = next;
    }
    this.#pending.keep(bytes, this.#failed ? bytes.length : at);
    return this.#events;
  }

  /** Forget everything, the chunk size too. */
  reset(): void {
    this.#pending.reset();
    this.#streams.clear();
    this.#formats.fill(0);
    this.#chunkSize = DEFAULT_CHUNK_SIZE;
    this.#openStreams = 0;
    this.#buffered = 0;
    this.#current = undefined;
    this.#missing = 0;
    this.#failed = false;
  }

  /** Basic header, message header and extended timestamp; -1 when bytes are missing. */
  #header(bytes: Uint8Array, start: number): number {
    const left = bytes.length - start;
    if (left < 1) return -1;
    const first = bytes[start] as number;
    const fmt = first >> 6;
    let csid = first & 0x3f;
    let at = start + 1;
    if (csid < 2) {
      const extra = csid + 1;
      if (left < 1 + extra) return -1;
      csid = 64 + (bytes[at] as number) + (extra === 2 ? 256 * (bytes[at + 1] as number) : 0);
      at += extra;
    }
    const offset = this.#start + this.#pending.offset + start;
    const known = this.#streams.get(csid);
    if (known === undefined && fmt > 1) {
      return this.#fatal("chunk-no-header", `fmt ${fmt} on a new chunk stream`, offset, csid);
    }
    const size = MESSAGE_HEADER_BYTES[fmt] as number;
    if (bytes.length - at < size) return -1;
    const field = fmt < 3 ? uint24(bytes, at) : 0;
    const extended = fmt < 3 ? field === EXTENDED_TIMESTAMP : known?.extended === true;
    let end = at + size;
    let value = fmt < 3 ? field : (known?.delta ?? 0);
    if (extended && fmt < 3) {
      if (bytes.length - end < 4) return -1;
      value = uint32(bytes, end);
      end += 4;
    } else if (extended) {
      // Some senders leave it out of fmt 3: other bytes are payload, and the first that differs tells.
      const same = matching32(bytes, end, value);
      if (same === 4) end += 4;
      else if (end + same === bytes.length) return -1;
    }
    const length = fmt < 2 ? uint24(bytes, at + 3) : (known?.length ?? 0);
    if (length > this.#maxMessageSize) {
      return this.#fatal("message-too-large", `${length} bytes`, offset, csid);
    }
    const stream = known ?? this.#newStream(csid);
    const continues = fmt === 3 && stream.open;
    if (!continues) {
      if (stream.open) {
        const message = "a message is dropped for a new one";
        this.#issue("chunk-restart", "error", message, offset, csid);
        this.#close(stream);
      }
      if (fmt < 2) {
        stream.length = length;
        stream.messageType = bytes[at + 6] as number;
      }
      if (fmt === 0) stream.streamId = littleEndian32(bytes, at + 7);
      if (fmt < 3) {
        stream.delta = value;
        stream.extended = extended;
      }
      stream.timestamp = fmt === 0 ? value : (stream.timestamp + stream.delta) % 2 ** 32;
      stream.fmt = fmt;
      stream.offset = offset;
      stream.received = 0;
      stream.open = true;
      if (++this.#openStreams > this.#maxChunkStreams) {
        const message = `more than ${this.#maxChunkStreams} messages at once`;
        return this.#fatal("too-many-chunk-streams", message, offset, csid);
      }
    }
    this.#formats[fmt] = (this.#formats[fmt] as number) + 1;
    this.#current = stream;
    this.#missing = Math.min(this.#chunkSize, stream.length - stream.received);
    return end;
  }

  #newStream(csid: number): ChunkStream {
    const stream: ChunkStream = {
      csid,
      timestamp: 0,
      delta: 0,
      extended: false,
      length: 0,
      messageType: 0,
      streamId: 0,
      open: false,
      fmt: 0,
      offset: 0,
      received: 0,
      buffer: NOTHING,
    };
    this.#streams.set(csid, stream);
    return stream;
  }

  #payload(bytes: Uint8Array, at: number): number {
    const stream = this.#current as ChunkStream;
    const count = Math.min(this.#missing, bytes.length - at);
    if (count === 0 && this.#missing > 0) return -1;
    const whole = stream.received === 0 && count === stream.length;
    if (whole) stream.buffer = bytes.subarray(at, at + count);
    else if (!this.#store(stream, bytes, at, count)) return -1;
    stream.received += count;
    this.#missing -= count;
    if (this.#missing > 0) return at + count;
    this.#current = undefined;
    if (stream.received === stream.length) this.#complete(stream);
    return this.#failed ? -1 : at + count;
  }

  /** Keep a part of a message. The buffer grows with what has come, not with what the header promised. */
  #store(stream: ChunkStream, bytes: Uint8Array, at: number, count: number): boolean {
    this.#buffered += count;
    if (this.#buffered > this.#maxBufferedBytes) {
      const message = `more than ${this.#maxBufferedBytes} bytes in the making`;
      this.#fatal("message-too-large", message, stream.offset, stream.csid);
      return false;
    }
    const need = stream.received + count;
    if (need > stream.buffer.length) {
      const grown = new Uint8Array(
        Math.min(stream.length, Math.max(need, 2 * stream.buffer.length)),
      );
      grown.set(stream.buffer.subarray(0, stream.received));
      stream.buffer = grown;
    }
    stream.buffer.set(bytes.subarray(at, at + count), stream.received);
    return true;
  }

  #complete(stream: ChunkStream): void {
    const { messageType, streamId, timestamp, csid, fmt, offset } = stream;
    const payload = stream.buffer.subarray(0, stream.length);
    this.#close(stream);
    const message = { messageType, streamId, timestamp, payload, csid, fmt, offset };
    this.#events.push({ type: "message", message });
    const size = controlSize(message);
    if (payload.length < size) {
      const short = `${payload.length} of ${size} bytes`;
      this.#issue("control-too-short", "warning", short, offset, csid);
    } else if (messageType === MESSAGE_TYPE.setChunkSize) this.#setChunkSize(message);
    else if (messageType === MESSAGE_TYPE.abort) this.#abort(message);
  }

  #close(stream: ChunkStream): void {
    stream.open = false;
    this.#openStreams--;
    this.#buffered -= Math.min(this.#buffered, stream.received);
    stream.received = 0;
    stream.buffer = NOTHING;
  }

  #setChunkSize({ payload, offset, csid }: ReceivedMessage): void {
    const size = uint32(payload, 0);
    if (size === 0) this.#fatal("bad-chunk-size", "is 0", offset, csid);
    else this.#chunkSize = Math.min(size, MAX_CHUNK_SIZE);
  }

  #abort({ payload }: ReceivedMessage): void {
    const stream = this.#streams.get(uint32(payload, 0));
    if (stream?.open === true) this.#close(stream);
  }

  #fatal(code: RtmpIssueCode, message: string, offset: number, csid: number): -1 {
    this.#failed = true;
    this.#issue(code, "error", message, offset, csid, true);
    return -1;
  }

  #issue(
    code: RtmpIssueCode,
    severity: RtmpIssue["severity"],
    message: string,
    offset: number,
    csid: number,
    fatal = false,
  ): void {
    const issue = { code, severity, offset, field: "chunk", message, fatal, csid };
    this.#events.push({ type: "issue", issue });
  }
}

/** How many of the up to four bytes at `at` are those of a big-endian `value`. */
function matching32(bytes: Uint8Array, at: number, value: number): number {
  let same = 0;
  while (same < 4 && bytes[at + same] === ((value >>> (24 - 8 * same)) & 0xff)) same++;
  return same;
}

function littleEndian32(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) +
    (bytes[at + 1] as number) * 2 ** 8 +
    (bytes[at + 2] as number) * 2 ** 16 +
    (bytes[at + 3] as number) * 2 ** 24
  );
}
