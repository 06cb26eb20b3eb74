import { type FormatIssue, isFormatError, PendingBytes } from "@x/bits";
import type { EsIssueCode } from "./errors.js";
import {
  decodeFlacFrameHeader,
  decodeFlacHeader,
  FLAC_FRAME_HEADER_MAX,
  type FlacFrameHeader,
  type FlacHeader,
  flacCrc16,
} from "./flac.js";

const MAX_FAILURES = 64;

/** What {@link FlacParser} delivers; byte arrays are views, valid until the next `push`. */
export type FlacEvent =
  | { readonly type: "header"; readonly header: FlacHeader; readonly data: Uint8Array }
  | {
      readonly type: "frame";
      /** The whole frame, header and CRC-16 included. */
      readonly data: Uint8Array;
      readonly header: FlacFrameHeader;
      /** From the start of the stream. */
      readonly offset: number;
    }
  | { readonly type: "issue"; readonly issue: FormatIssue<EsIssueCode> };

/** Options of {@link FlacParser}. */
export interface FlacParserOptions {
  /** A frame that is longer is given up, as are metadata blocks together. Default 16 MiB. */
  readonly maxSize?: number;
}

/**
 * Cuts a FLAC stream into its header and frames (RFC 9639). A frame has no length: it ends where its CRC-16 is right
 * and a frame header with a right CRC-8, or the end of input, follows. So each frame is delivered with the next one's
 * header.
 */
export class FlacParser {
  readonly #maxSize: number;
  readonly #pending = new PendingBytes();
  #state: "start" | "search" | "frame" = "start";
  #header: FlacFrameHeader | undefined;
  /** Bytes of the pending frame that `#crc` covers. */
  #covered = 0;
  #crc = 0;
  #lostAt: number | undefined;
  /** Frames in a row that had no end. */
  #failures = 0;
  /** The last step needs more bytes. */
  #waits = false;

  constructor(options: FlacParserOptions = {}) {
    this.#maxSize = options.maxSize ?? 2 ** 24;
  }

  /** Feed a chunk; what it completes, in order. */
  push(chunk: Uint8Array): FlacEvent[] {
    return this.#run(chunk, false);
  }

  /** End of input: the last frame. The parser is as new afterwards. */
  flush(): FlacEvent[] {
    const events = this.#run(new Uint8Array(0), true);
    this.reset();
    return events;
  }

  /** Forget everything. */
  reset(): void {
    this.#pending.reset();
    this.#state = "start";
    this.#header = undefined;
    this.#covered = 0;
    this.#crc = 0;
    this.#lostAt = undefined;
    this.#failures = 0;
  }

  #run(chunk: Uint8Array, final: boolean): FlacEvent[] {
    const bytes = this.#pending.append(chunk);
    const base = this.#pending.offset;
    const events: FlacEvent[] = [];
    let at = 0;
    for (let more = true; more && at < bytes.length; ) {
      if (this.#state === "start") at = this.#start(bytes, final, events);
      else if (this.#state === "search") at = this.#search(bytes, at, base, final);
      else at = this.#frame(bytes, at, base, final, events);
      more = !this.#waits;
    }
    if (final && this.#lostAt !== undefined) this.#resynced(events, base + at);
    this.#pending.keep(bytes, at);
    return events;
  }

  /** `fLaC` and metadata, if the stream begins with it. */
  #start(bytes: Uint8Array, final: boolean, events: FlacEvent[]): number {
    this.#waits = bytes.length < 4 && !final;
    if (this.#waits) return 0;
    if (bytes[0] === 0x66 && bytes[1] === 0x4c && bytes[2] === 0x61 && bytes[3] === 0x43) {
      try {
        const header = decodeFlacHeader(bytes);
        events.push({ type: "header", header, data: bytes.subarray(0, header.end) });
        this.#state = "search";
        return header.end;
      } catch (error) {
        if (!isFormatError(error)) throw error;
        this.#waits = error.code === "truncated" && !final && bytes.length <= this.#maxSize;
        if (this.#waits) return 0;
      }
    }
    this.#state = "search";
    return 0;
  }

  /** Go to the next frame header. */
  #search(bytes: Uint8Array, from: number, base: number, final: boolean): number {
    let at = from;
    this.#waits = true;
    for (; at < bytes.length; at++) {
      if (bytes[at] !== 0xff) continue;
      if (bytes.length - at < FLAC_FRAME_HEADER_MAX && !final) break;
      const header = frameHeaderAt(bytes, at);
      if (header === undefined) continue;
      this.#state = "frame";
      this.#header = header;
      this.#covered = 0;
      this.#crc = 0;
      this.#waits = false;
      break;
    }
    if (at > from) this.#lostAt ??= base + from;
    return at;
  }

  /** Find the end of the frame at `at`. */
  #frame(bytes: Uint8Array, at: number, base: number, final: boolean, events: FlacEvent[]): number {
    const header = this.#header as FlacFrameHeader;
    const least = at + header.headerBytes + 2;
    // A header after the frame must be there whole, and a frame may be as long as the limit: any chunking decides alike.
    const longest = Math.min(longestFrame(header), this.#maxSize);
    const limit = Math.min(
      final ? bytes.length : bytes.length - FLAC_FRAME_HEADER_MAX,
      at + longest,
    );
    let end = at + this.#covered;
    let crc = this.#crc;
    this.#waits = false;
    while (end < limit) {
      if (crc === 0 && end >= least && frameHeaderAt(bytes, end) !== undefined) {
        this.#deliver(events, bytes, at, end, base);
        return end;
      }
      const next = Math.min(nextSync(bytes, end + 1), limit);
      crc = flacCrc16(bytes, end, next, crc);
      end = next;
    }
    if (final && end === bytes.length && crc === 0 && end >= least) {
      this.#deliver(events, bytes, at, end, base);
      return end;
    }
    this.#covered = Math.max(end, at) - at;
    this.#crc = crc;
    const tooLong = this.#covered >= longest;
    if (!final && !tooLong) {
      this.#waits = true;
      return at;
    }
    this.#report(events, tooLong ? "checksum" : "truncated", base + at);
    this.#state = "search";
    this.#lostAt ??= base + at;
    // Good frames can lie in what was read; but forged headers must not make this quadratic.
    return ++this.#failures > MAX_FAILURES ? end : at + 1;
  }

  #deliver(events: FlacEvent[], bytes: Uint8Array, at: number, end: number, base: number): void {
    this.#failures = 0;
    if (this.#lostAt !== undefined) this.#resynced(events, base + at);
    const header = this.#header as FlacFrameHeader;
    events.push({ type: "frame", data: bytes.subarray(at, end), header, offset: base + at });
    this.#state = "search";
  }

  #resynced(events: FlacEvent[], end: number): void {
    const offset = this.#lostAt ?? end;
    this.#lostAt = undefined;
    const message = `${end - offset} bytes that are no frame are skipped`;
    const issue = { code: "resync", severity: "error", offset, field: "frame" } as const;
    events.push({ type: "issue", issue: { ...issue, message } });
  }

  #report(events: FlacEvent[], code: "truncated" | "checksum", offset: number): void {
    const message =
      code === "checksum"
        ? "the frame's checksum is right nowhere that a frame follows"
        : "the input ends inside a frame, or its checksum is wrong";
    const issue = { code, severity: "error", offset, field: "frame" } as const;
    events.push({ type: "issue", issue: { ...issue, message } });
  }
}

/** A frame is never longer than its samples verbatim, one bit more for a side channel, and its headers. */
function longestFrame({ blockSize, channels, bitsPerSample = 32 }: FlacFrameHeader): number {
  return 64 + Math.ceil((blockSize * channels * (bitsPerSample + 1)) / 8);
}

/** Index of the next byte 0xff before which a frame can end, from `from` on, or the length. */
function nextSync(bytes: Uint8Array, from: number): number {
  const found = bytes.indexOf(0xff, from);
  return found < 0 ? bytes.length : found;
}

function frameHeaderAt(bytes: Uint8Array, at: number): FlacFrameHeader | undefined {
  try {
    return decodeFlacFrameHeader(bytes, at);
  } catch (error) {
    if (isFormatError(error)) return undefined;
    throw error;
  }
}
