import { type FormatIssue, plain } from "@x/bits";
import type { RtspHeader, RtspMessage } from "./message.js";
import { latin1 } from "./octets.js";

/**
 * `syntax`: no start line, or no header line; `range`: head or body longer than the limit; `length`: Content-Length is
 * no number, or there are two; `truncated`: the stream ended inside a unit.
 */
export type RtspIssueCode = "syntax" | "range" | "length" | "truncated";

/** What is wrong in the stream. `offset` counts bytes from the start of the connection. */
export interface RtspIssue extends FormatIssue<RtspIssueCode> {
  readonly type: "issue";
}

/** A binary packet between messages (RFC 2326 10.12, RFC 7826 14). */
export interface RtspFrame {
  readonly type: "frame";
  readonly channel: number;
  /** A view of the chunk or of the parser's own memory, which the parser does not touch again. */
  readonly data: Uint8Array;
}

export type RtspItem = RtspMessage | RtspFrame | RtspIssue;

export interface RtspParserOptions {
  /** Longest start line with headers. Default 65536. */
  readonly maxHeadSize?: number;
  /** Longest body; a longer one is skipped, and the message comes without. Default 1 MiB. */
  readonly maxBodySize?: number;
}

const EMPTY = new Uint8Array(0);
const MAX_START_LINE = 8192;
const LF = 0x0a;
const CR = 0x0d;
const DOLLAR = 0x24;

const STATUS_LINE = /^RTSP\/(\d+\.\d+)[ \t]+(\d{3})(?:[ \t]+(.*))?$/i;
const REQUEST_LINE = /^([!#%&'*+.^_`|~0-9A-Za-z-]+)[ \t]+(\S+)[ \t]+RTSP\/(\d+\.\d+)[ \t]*$/i;

/** What a unit can begin with when synchronisation was lost. */
const UNIT_STARTS = [
  "RTSP/",
  "ANNOUNCE ",
  "DESCRIBE ",
  "GET_PARAMETER ",
  "OPTIONS ",
  "PAUSE ",
  "PLAY ",
  "PLAY_NOTIFY ",
  "RECORD ",
  "REDIRECT ",
  "SETUP ",
  "SET_PARAMETER ",
  "TEARDOWN ",
];

/**
 * Cuts one direction of an RTSP connection into messages and interleaved frames, from chunks of any size. Never throws
 * on input: what it cannot use becomes one issue, and it goes on at the next start line or frame.
 *
 * Lenient where servers are known to be sloppy: bare LF as line end, lines that continue (RFC 2326 4.2), blanks before
 * the colon, a missing reason phrase, empty lines between messages.
 */
export class RtspParser {
  readonly #maxHeadSize: number;
  readonly #maxBodySize: number;
  /** The beginning of the unit in progress, and how much of it there is. */
  #held: Uint8Array = EMPTY;
  #heldLength = 0;
  /** Bytes of the stream before the unit in progress. */
  #consumed = 0;
  /** Bytes that the unit in progress needs before it is worth looking at it again. */
  #need = 1;
  /** No byte of another unit is among those. */
  #exact = false;
  /** Bytes of the unit in progress in which the end of its head is not. */
  #scanned = 0;
  /** Bytes left of a body that is too long. */
  #skip = 0;
  #inSync = true;

  constructor(options: RtspParserOptions = {}) {
    this.#maxHeadSize = options.maxHeadSize ?? 65_536;
    this.#maxBodySize = options.maxBodySize ?? 1_048_576;
  }

  /** Feed a chunk; returns what it completed, in order. */
  push(chunk: Uint8Array): RtspItem[] {
    const items: RtspItem[] = [];
    let input = plain(chunk);
    // A unit that began earlier gets no more than it needs, so that what follows it is parsed where it is.
    while (this.#heldLength > 0 && input.length > 0) {
      const taken = this.#exact ? this.#need - this.#heldLength : input.length;
      this.#hold(input.subarray(0, taken));
      input = input.subarray(taken);
      const held = this.#held.subarray(0, this.#heldLength);
      const end = this.#parse(held, items);
      if (end > 0) this.#release(held.subarray(end));
    }
    if (input.length > 0) this.#release(input.subarray(this.#parse(input, items)));
    return items;
  }

  /** Say that the connection ended. Afterwards the parser is as new. */
  flush(): RtspItem[] {
    const items: RtspItem[] = [];
    const left = this.#held.subarray(0, this.#heldLength);
    if (!this.#inSync && left[0] === DOLLAR && this.#frameEnd(left, 0) === left.length) {
      this.#frame(left, 0, items);
    } else if (this.#inSync && (left.length > 0 || this.#skip > 0)) {
      const message = `the stream ended inside a unit, after ${left.length} bytes of it`;
      items.push(issue("truncated", this.#consumed, "message", message));
    }
    this.reset();
    return items;
  }

  /** Forget everything, for a new connection. */
  reset(): void {
    this.#release(EMPTY);
    this.#consumed = 0;
    this.#need = 1;
    this.#scanned = 0;
    this.#skip = 0;
    this.#inSync = true;
  }

  /** Parse whole units from the start of `bytes`; returns where the one in progress begins. */
  #parse(bytes: Uint8Array, items: RtspItem[]): number {
    let at = 0;
    while (bytes.length - at >= this.#need) {
      const next = this.#advance(bytes, at, items);
      if (next === at) break;
      this.#need = 1;
      this.#exact = false;
      this.#scanned = 0;
      at = next;
    }
    this.#consumed += at;
    return at;
  }

  /** Add to what is held. The memory is as large as the unit where that is known, else it doubles. */
  #hold(bytes: Uint8Array): void {
    const length = this.#heldLength + bytes.length;
    if (length > this.#held.length) {
      const size = this.#exact ? this.#need : Math.max(length, this.#held.length * 2);
      const grown = new Uint8Array(size);
      grown.set(this.#held.subarray(0, this.#heldLength));
      this.#held = grown;
    }
    this.#held.set(bytes, this.#heldLength);
    this.#heldLength = length;
  }

  /** Hold `rest` alone, in new memory: views of the old one were handed out. */
  #release(rest: Uint8Array): void {
    this.#held = EMPTY;
    this.#heldLength = 0;
    if (rest.length > 0) this.#hold(rest);
  }

  /** Consume one unit at `at`; returns where it ends, or `at` when more bytes are needed. */
  #advance(bytes: Uint8Array, at: number, items: RtspItem[]): number {
    if (this.#skip > 0) {
      const skipped = Math.min(this.#skip, bytes.length - at);
      this.#skip -= skipped;
      return at + skipped;
    }
    if (!this.#inSync) return this.#search(bytes, at, items);
    const first = bytes[at];
    if (first === DOLLAR) return this.#frame(bytes, at, items);
    if (first === CR || first === LF) return at + 1;
    return this.#message(bytes, at, items);
  }

  #frame(bytes: Uint8Array, at: number, items: RtspItem[]): number {
    const end = this.#frameEnd(bytes, at);
    if (end > bytes.length) return at;
    items.push({
      type: "frame",
      channel: bytes[at + 1] as number,
      data: bytes.subarray(at + 4, end),
    });
    return end;
  }

  /** Where the frame at `at` ends. Beyond the bytes at hand: then `#need` says how many it takes to know more. */
  #frameEnd(bytes: Uint8Array, at: number): number {
    this.#exact = true;
    this.#need = 4;
    if (bytes.length - at < 4) return Number.POSITIVE_INFINITY;
    this.#need = 4 + (((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number));
    return at + this.#need;
  }

  #message(bytes: Uint8Array, at: number, items: RtspItem[]): number {
    const lineEnd = bytes.subarray(at, at + MAX_START_LINE).indexOf(LF);
    if (lineEnd === -1 && bytes.length - at < MAX_START_LINE) {
      // A start line is short: looking for its end from the start again costs little, and binary junk ends soon.
      this.#need = bytes.length - at + 1;
      return at;
    }
    const startLine = lineEnd === -1 ? "" : line(bytes, at, at + lineEnd);
    const status = STATUS_LINE.exec(startLine);
    const request = status === null ? REQUEST_LINE.exec(startLine) : null;
    if (status === null && request === null) {
      this.#inSync = false;
      const message = "neither a message nor a frame: skipping to the next one";
      items.push(issue("syntax", this.#offset(at), "startLine", message));
      return at + 1;
    }
    const headEnd = this.#headEnd(bytes, at, at + lineEnd);
    if (headEnd === undefined) {
      if (bytes.length - at <= this.#maxHeadSize) return at;
      this.#inSync = false;
      const message = `a head of more than ${this.#maxHeadSize} bytes`;
      items.push(issue("range", this.#offset(at), "headers", message));
      return at + lineEnd + 1;
    }
    const found: RtspItem[] = [];
    const headers = this.#headers(bytes, at + lineEnd + 1, headEnd, found);
    let length = this.#contentLength(headers, at, found);
    if (length > this.#maxBodySize) {
      const message = `a body of ${length} bytes, more than ${this.#maxBodySize}`;
      found.push(issue("range", this.#offset(at), "Content-Length", message));
      this.#skip = length;
      length = 0;
    }
    this.#need = headEnd - at + length;
    this.#exact = true;
    if (bytes.length - at < this.#need) return at;
    const body = bytes.subarray(headEnd, headEnd + length);
    items.push(...found);
    if (status !== null) {
      const [, version = "", code, reason = ""] = status;
      items.push({ type: "response", version, status: Number(code), reason, headers, body });
    } else if (request !== null) {
      const [, method = "", uri = "", version = ""] = request;
      items.push({ type: "request", method, uri, version, headers, body });
    }
    return headEnd + length;
  }

  /** Index after the empty line; `lineEnd` is the LF of the start line. */
  #headEnd(bytes: Uint8Array, at: number, lineEnd: number): number | undefined {
    const limit = Math.min(bytes.length, at + this.#maxHeadSize);
    let lf = Math.max(lineEnd, at + this.#scanned);
    while (lf !== -1 && lf < limit) {
      const next = bytes[lf + 1] === CR ? lf + 2 : lf + 1;
      if (next >= limit) break;
      if (bytes[next] === LF) return next + 1;
      const following = bytes.subarray(lf + 1, limit).indexOf(LF);
      if (following === -1) break;
      lf += 1 + following;
    }
    this.#scanned = lf - at;
    this.#need = bytes.length - at + 1;
    return undefined;
  }

  #headers(bytes: Uint8Array, start: number, end: number, items: RtspItem[]): RtspHeader[] {
    const headers: { name: string; value: string }[] = [];
    let at = start;
    for (;;) {
      const lf = bytes.indexOf(LF, at);
      const text = line(bytes, at, lf);
      const offset = this.#offset(at);
      at = lf + 1;
      if (at >= end) return headers;
      const last = headers.at(-1);
      if (/^[ \t]/.test(text) && last !== undefined) {
        last.value = `${last.value} ${blanksOff(text)}`;
        continue;
      }
      const colon = text.indexOf(":");
      const name = blanksOff(text.slice(0, Math.max(colon, 0)));
      if (name !== "") headers.push({ name, value: blanksOff(text.slice(colon + 1)) });
      else
        items.push(
          issue("syntax", offset, "header", "a line that is no header is left out", "warning"),
        );
    }
  }

  #contentLength(headers: readonly RtspHeader[], at: number, items: RtspItem[]): number {
    const values = headers.filter(({ name }) => name.toLowerCase() === "content-length");
    const [first, ...others] = values.map(({ value }) => value);
    if (first === undefined) return 0;
    const valid = /^\d{1,15}$/.test(first);
    if (!valid || others.some((other) => other !== first)) {
      const message = valid ? "several lengths, the first one counts" : "no number, taken for 0";
      items.push(issue("length", this.#offset(at), "Content-Length", message));
    }
    return valid ? Number(first) : 0;
  }

  /** Synchronisation is lost: skip to what looks like a unit, and parse it. */
  #search(bytes: Uint8Array, at: number, items: RtspItem[]): number {
    for (let p = at; p < bytes.length; p++) {
      const found =
        bytes[p] === DOLLAR ? this.#looksLikeFrame(bytes, p) : looksLikeMessage(bytes, p);
      if (found === false) continue;
      if (p > at) return p;
      if (found === "maybe") {
        this.#need = Math.max(this.#need, bytes.length - at + 1);
        this.#exact = false;
        return at;
      }
      this.#inSync = true;
      this.#need = 1;
      this.#exact = false;
      return this.#advance(bytes, at, items);
    }
    return bytes.length;
  }

  /** A `$` in junk is no frame, so what follows the frame has to look like the start of a unit, too. */
  #looksLikeFrame(bytes: Uint8Array, at: number): boolean | "maybe" {
    const end = this.#frameEnd(bytes, at);
    if (end >= bytes.length) return "maybe";
    const next = bytes[end] as number;
    return next === DOLLAR || next === CR || next === LF || (next >= 0x41 && next <= 0x5a);
  }

  #offset(at: number): number {
    return this.#consumed + at;
  }
}

function looksLikeMessage(bytes: Uint8Array, at: number): boolean | "maybe" {
  let partly = false;
  for (const start of UNIT_STARTS) {
    let matched = 0;
    while (matched < start.length && bytes[at + matched] === start.charCodeAt(matched)) matched++;
    if (matched === start.length) return true;
    if (matched > 0 && at + matched === bytes.length) partly = true;
  }
  return partly && "maybe";
}

/** A line without its line end. */
function line(bytes: Uint8Array, start: number, lf: number): string {
  return latin1(bytes, start, lf > start && bytes[lf - 1] === CR ? lf - 1 : lf);
}

function blanksOff(text: string): string {
  return text.replace(/^[ \t]+|(?<![ \t])[ \t]+$/g, "");
}

function issue(
  code: RtspIssueCode,
  offset: number,
  field: string,
  message: string,
  severity: RtspIssue["severity"] = "error",
): RtspIssue {
  return { type: "issue", code, severity, offset, field, message };
}
