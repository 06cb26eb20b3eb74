import { concatBytes, type FormatIssue, isFormatError, PendingBytes } from "@x/bits";
import type { EsIssueCode } from "./errors.js";
import { decodeOggPage, nextOggPage, OGG_FLAG, OGG_HEADER_BYTES, type OggPage } from "./ogg.js";

/** What {@link OggParser} delivers. */
export type OggEvent =
  | {
      readonly type: "page";
      /** bitstream_serial_number: which logical stream. */
      readonly serial: number;
      /** Packets that end on this page, in order. Views or copies, valid until the next `push`. */
      readonly packets: readonly Uint8Array[];
      /** In the codec's units, at the end of the last of `packets`. */
      readonly granulePosition: bigint;
      readonly beginningOfStream: boolean;
      readonly endOfStream: boolean;
      /** Packets of this logical stream in front of these are missing. */
      readonly gap: boolean;
      /** Of the page, from the start of the stream. */
      readonly offset: number;
    }
  | { readonly type: "issue"; readonly issue: FormatIssue<EsIssueCode> };

/** Options of {@link OggParser}. */
export interface OggParserOptions {
  /** Bytes of packets that go on over several pages, of all logical streams together. Default 16 MiB. */
  readonly maxPacketSize?: number;
}

/** A logical stream between two of its pages. */
interface LogicalStream {
  nextSequence: number;
  /** Begin of a packet that has no end yet; `undefined`: none is open. */
  open: Uint8Array[] | undefined;
  openSize: number;
  /** Inside a packet whose begin is missing; that was said. */
  passing: boolean;
}

/** More logical streams at a time are not followed. */
const MAX_STREAMS = 256;

/**
 * Cuts an Ogg stream (RFC 3533) that comes in chunks of any size into the packets of its logical streams, multiplexed
 * or chained. Pages whose checksum is wrong are dropped, and what they held of a packet with them.
 */
export class OggParser {
  readonly #maxPacketSize: number;
  readonly #pending = new PendingBytes();
  readonly #streams = new Map<number, LogicalStream>();
  #openSize = 0;
  /** Where bytes were passed over, and the fault of the first one. */
  #lost:
    | { readonly offset: number; readonly code: "resync" | "checksum" | "truncated" }
    | undefined;
  /** Bytes whose checksum was computed in vain. */
  #wasted = 0;

  constructor(options: OggParserOptions = {}) {
    this.#maxPacketSize = options.maxPacketSize ?? 2 ** 24;
  }

  /** Feed a chunk; the pages that it completes, in order. */
  push(chunk: Uint8Array): OggEvent[] {
    return this.#run(chunk, false);
  }

  /** End of input. The parser is as new afterwards. */
  flush(): OggEvent[] {
    const events = this.#run(new Uint8Array(0), true);
    this.reset();
    return events;
  }

  /** Forget everything. */
  reset(): void {
    this.#pending.reset();
    this.#streams.clear();
    this.#openSize = 0;
    this.#lost = undefined;
    this.#wasted = 0;
  }

  #run(chunk: Uint8Array, final: boolean): OggEvent[] {
    const bytes = this.#pending.append(chunk);
    const base = this.#pending.offset;
    const events: OggEvent[] = [];
    let at = 0;
    for (;;) {
      const start = nextOggPage(bytes, at);
      if (start > at) this.#lost ??= { offset: base + at, code: "resync" };
      at = start;
      if (at === bytes.length) break;
      const next = this.#page(bytes, at, base, final, events);
      if (next === at) break;
      at = next;
    }
    if (final && this.#lost !== undefined) this.#found(events, base + bytes.length, true);
    this.#pending.keep(bytes, at);
    return events;
  }

  /** Read the page at `at`; returns `at` when more bytes are needed. */
  #page(bytes: Uint8Array, at: number, base: number, final: boolean, events: OggEvent[]): number {
    try {
      const { page, end } = decodeOggPage(bytes, at);
      if (this.#lost !== undefined) this.#found(events, base + at, false);
      this.#packets(page, base + at, events);
      return end;
    } catch (error) {
      if (!isFormatError(error)) throw error;
      if (error.code === "truncated" && !final) return at;
      const code =
        error.code === "range" ? "checksum" : error.code === "truncated" ? "truncated" : "resync";
      this.#lost ??= { offset: base + at, code };
      return at + (code === "checksum" ? this.#stepOver(bytes, at, base) : 1);
    }
  }

  /**
   * How far to go from a page whose checksum is wrong: one byte, for a good page may begin inside. But overlapping
   * forgeries must not make this quadratic.
   */
  #stepOver(bytes: Uint8Array, at: number, base: number): number {
    const count = bytes[at + OGG_HEADER_BYTES - 1] as number;
    let size = OGG_HEADER_BYTES + count;
    for (let i = 0; i < count; i++) size += bytes[at + OGG_HEADER_BYTES + i] as number;
    this.#wasted += size;
    return this.#wasted > 2 ** 20 + 8 * (base + at) ? size : 1;
  }

  #packets(page: OggPage, offset: number, events: OggEvent[]): void {
    const { headerTypeFlag: flags, bitstreamSerialNumber: serial, segmentTable, body } = page;
    const stream = this.#stream(serial, page);
    const continued = (flags & OGG_FLAG.continued) !== 0;
    let gap = page.pageSequenceNumber !== stream.nextSequence;
    if (gap || !continued) gap = this.#close(stream) || gap;
    let passing = continued && stream.open === undefined;
    if (gap || (passing && !stream.passing)) {
      this.#report(events, "gap", offset, "packets before this page are missing");
    }
    gap ||= passing;
    stream.nextSequence = (page.pageSequenceNumber + 1) >>> 0;

    const packets: Uint8Array[] = [];
    let start = 0;
    let at = 0;
    for (const lacing of segmentTable) {
      at += lacing;
      if (lacing === 255) continue;
      if (!passing) packets.push(this.#whole(stream, body.subarray(start, at)));
      passing = false;
      start = at;
    }
    stream.passing = passing;
    if (segmentTable[segmentTable.length - 1] === 255 && !passing) {
      this.#open(stream, body.slice(start), offset, events);
    }
    const endOfStream = (flags & OGG_FLAG.endOfStream) !== 0;
    if (endOfStream) {
      this.#close(stream);
      this.#streams.delete(serial);
    }
    const { granulePosition } = page;
    const beginningOfStream = (flags & OGG_FLAG.beginningOfStream) !== 0;
    const what = { granulePosition, beginningOfStream, endOfStream, gap, offset };
    events.push({ type: "page", serial, packets, ...what });
  }

  /** The state of a logical stream; one that begins, or was joined late, is new. */
  #stream(serial: number, { headerTypeFlag, pageSequenceNumber }: OggPage): LogicalStream {
    const known = this.#streams.get(serial);
    if (known !== undefined && (headerTypeFlag & OGG_FLAG.beginningOfStream) === 0) return known;
    if (known !== undefined) this.#close(known);
    if (this.#streams.size >= MAX_STREAMS) {
      const [oldest] = this.#streams as Iterable<[number, LogicalStream]>;
      if (oldest !== undefined) {
        this.#close(oldest[1]);
        this.#streams.delete(oldest[0]);
      }
    }
    const stream = {
      nextSequence: pageSequenceNumber,
      open: undefined,
      openSize: 0,
      passing: false,
    };
    this.#streams.set(serial, stream);
    return stream;
  }

  /** `last` with the pieces on earlier pages in front. */
  #whole(stream: LogicalStream, last: Uint8Array): Uint8Array {
    if (stream.open === undefined) return last;
    const packet = concatBytes(...stream.open, last);
    this.#close(stream);
    return packet;
  }

  /** Keep the begin, or the middle, of a packet. */
  #open(stream: LogicalStream, piece: Uint8Array, offset: number, events: OggEvent[]): void {
    stream.open ??= [];
    stream.open.push(piece);
    stream.openSize += piece.length;
    this.#openSize += piece.length;
    if (this.#openSize <= this.#maxPacketSize) return;
    this.#close(stream);
    stream.passing = true;
    const message = `a packet of more than ${this.#maxPacketSize} bytes is dropped`;
    this.#report(events, "limit", offset, message);
  }

  /** Let go of an open packet; false when there is none. */
  #close(stream: LogicalStream): boolean {
    if (stream.open === undefined) return false;
    this.#openSize -= stream.openSize;
    stream.open = undefined;
    stream.openSize = 0;
    return true;
  }

  /** A page, or the end of input, is at `end`. */
  #found(events: OggEvent[], end: number, isEnd: boolean): void {
    const { offset = end, code: first = "resync" } = this.#lost ?? {};
    this.#lost = undefined;
    // What seems to reach beyond the end of input in front of a good page was no page.
    const code = first === "truncated" && !isEnd ? "resync" : first;
    const message = {
      resync: `${end - offset} bytes that are no page are skipped`,
      checksum: `a page with a wrong checksum, ${end - offset} bytes, is dropped`,
      truncated: `the input ends inside a page, ${end - offset} bytes are dropped`,
    }[code];
    this.#report(events, code, offset, message);
  }

  #report(events: OggEvent[], code: EsIssueCode, offset: number, message: string): void {
    const issue = { code, severity: "error", offset, field: "page", message } as const;
    events.push({ type: "issue", issue });
  }
}
