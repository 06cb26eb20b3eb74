import { type FormatIssue, PendingBytes } from "@x/bits";
import type { EsIssueCode } from "./errors.js";
import { FRAME_FORMATS, type FrameFormat, type FrameHeaders, headerAt } from "./frame-format.js";

/** What {@link FrameParser} delivers. */
export type FrameEvent<Header> =
  | {
      readonly type: "frame";
      /** The whole frame, header included. A view, valid until the next `push`. */
      readonly data: Uint8Array;
      readonly header: Header;
      /** From the start of the stream. */
      readonly offset: number;
    }
  | { readonly type: "issue"; readonly issue: FormatIssue<EsIssueCode> };

const ID3V2_HEADER = 10;
const ID3V1_SIZE = 128;

/**
 * Cuts ADTS, MPEG audio, or AC-3 and E-AC-3 frames out of chunks of any size. The first frame, and the first one
 * after lost sync, must be followed by another of the same kind or by the end of input; the others are delivered with
 * their last byte. ID3 tags between frames are passed over.
 */
export class FrameParser<F extends keyof FrameHeaders> {
  readonly #format: FrameFormat<FrameHeaders[F]>;
  readonly #pending = new PendingBytes();
  #last: FrameHeaders[F] | undefined;
  /** Bytes of an ID3 tag still to pass over. */
  #skip = 0;
  /** Stream offset where sync was lost. */
  #lostAt: number | undefined;

  constructor(options: { readonly format: F }) {
    this.#format = FRAME_FORMATS[options.format] as unknown as FrameFormat<FrameHeaders[F]>;
  }

  /** Feed a chunk; the frames that it completes, in order. */
  push(chunk: Uint8Array): FrameEvent<FrameHeaders[F]>[] {
    return this.#run(chunk, false);
  }

  /** End of input. The parser is as new afterwards. */
  flush(): FrameEvent<FrameHeaders[F]>[] {
    const events = this.#run(new Uint8Array(0), true);
    this.reset();
    return events;
  }

  /** Forget everything. */
  reset(): void {
    this.#pending.reset();
    this.#last = undefined;
    this.#skip = 0;
    this.#lostAt = undefined;
  }

  #run(chunk: Uint8Array, final: boolean): FrameEvent<FrameHeaders[F]>[] {
    const bytes = this.#pending.append(chunk);
    const base = this.#pending.offset;
    const events: FrameEvent<FrameHeaders[F]>[] = [];
    let at = 0;
    while (at < bytes.length) {
      const next = this.#step(bytes, at, base, final, events);
      if (next === at) break;
      at = next;
    }
    if (final) {
      if (this.#lostAt !== undefined) this.#resynced(events, base + at);
      else if (at < bytes.length) this.#truncated(events, base + at, bytes.length - at);
    }
    this.#pending.keep(bytes, at);
    return events;
  }

  /** Consume what begins at `at`; returns `at` when more bytes are needed. */
  #step(
    bytes: Uint8Array,
    at: number,
    base: number,
    final: boolean,
    events: FrameEvent<FrameHeaders[F]>[],
  ): number {
    if (this.#skip > 0) return this.#passOver(bytes, at);
    const format = this.#format;
    const left = bytes.length - at;
    // The same number of bytes decides everywhere, so that any chunking gives the same frames.
    if (left < ID3V2_HEADER && !final) return at;
    const tag = id3Size(bytes, at, left);
    if (tag > 0) {
      if (this.#lostAt !== undefined) this.#resynced(events, base + at);
      this.#skip = tag;
      return this.#passOver(bytes, at);
    }
    const header = left < format.headerBytes ? undefined : headerAt(format, bytes, at);
    if (header === undefined) {
      if (left < format.headerBytes && this.#lostAt === undefined) return at;
      return this.#lose(at, base);
    }
    const end = at + header.frameBytes;
    if (this.#last === undefined || !format.follows(this.#last, header)) {
      const verdict = this.#confirm(bytes, end, header, final);
      if (verdict === "wait") return at;
      if (verdict === "no") return this.#lose(at, base);
    }
    if (end > bytes.length) return at;
    if (this.#lostAt !== undefined) this.#resynced(events, base + at);
    this.#last = header;
    events.push({ type: "frame", data: bytes.subarray(at, end), header, offset: base + at });
    return end;
  }

  #passOver(bytes: Uint8Array, at: number): number {
    const count = Math.min(this.#skip, bytes.length - at);
    this.#skip -= count;
    return at + count;
  }

  /** Whether a frame of the same kind, a tag or the end of input is at `end`. */
  #confirm(
    bytes: Uint8Array,
    end: number,
    header: FrameHeaders[F],
    final: boolean,
  ): "yes" | "no" | "wait" {
    const left = bytes.length - end;
    if (left === 0 && final) return "yes";
    if (left < ID3V2_HEADER && !final) return "wait";
    if (left > 0 && id3Size(bytes, end, left) > 0) return "yes";
    if (left < this.#format.headerBytes) return "no";
    const next = headerAt(this.#format, bytes, end);
    return next !== undefined && this.#format.follows(header, next) ? "yes" : "no";
  }

  #lose(at: number, base: number): number {
    this.#lostAt ??= base + at;
    this.#last = undefined;
    return at + 1;
  }

  #resynced(events: FrameEvent<FrameHeaders[F]>[], at: number): void {
    const offset = this.#lostAt ?? at;
    this.#lostAt = undefined;
    const message = `${at - offset} bytes that are no frame are skipped`;
    const issue = { code: "resync", severity: "error", offset, field: "syncword" } as const;
    events.push({ type: "issue", issue: { ...issue, message } });
  }

  #truncated(events: FrameEvent<FrameHeaders[F]>[], offset: number, length: number): void {
    const message = `the input ends inside a frame, ${length} bytes of it are dropped`;
    const issue = { code: "truncated", severity: "error", offset, field: "frame" } as const;
    events.push({ type: "issue", issue: { ...issue, message } });
  }
}

/** Size of the ID3v2 or ID3v1 tag at `at`, or 0. */
function id3Size(bytes: Uint8Array, at: number, left: number): number {
  const [b0, b1, b2] = [bytes[at], bytes[at + 1], bytes[at + 2]];
  if (b0 === 0x54 && b1 === 0x41 && b2 === 0x47) return ID3V1_SIZE;
  if (b0 !== 0x49 || b1 !== 0x44 || b2 !== 0x33 || left < ID3V2_HEADER) return 0;
  let size = 0;
  for (let i = 6; i < 10; i++) {
    const byte = bytes[at + i] as number;
    if (byte > 0x7f) return 0;
    size = size * 128 + byte;
  }
  const footer = (bytes[at + 5] as number) & 0x10 ? ID3V2_HEADER : 0;
  return ID3V2_HEADER + size + footer;
}
