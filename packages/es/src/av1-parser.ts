import { type FormatIssue, isFormatError, PendingBytes } from "@x/bits";
import type { EsIssueCode } from "./errors.js";
import {
  isAv1KeyFrame,
  joinObus,
  OBU_TYPE,
  type Obu,
  readLeb128,
  splitLengthDelimitedObus,
  splitObus,
} from "./obu.js";

/** What {@link Av1Parser} delivers. */
export type Av1Event =
  | {
      readonly type: "temporal-unit";
      /** Every OBU with its size, without temporal delimiter: as containers store it. A copy. */
      readonly data: Uint8Array;
      /** Decoding can begin here. */
      readonly isKey: boolean;
      /** From the start of the stream. */
      readonly offset: number;
    }
  | { readonly type: "issue"; readonly issue: FormatIssue<EsIssueCode> };

/** Options of {@link Av1Parser}. */
export interface Av1ParserOptions {
  /** `obu`: AV1 5.2, the low-overhead format; `annexb`: AV1 annex B, length-delimited. Default: what the head tells. */
  readonly format?: "obu" | "annexb";
  /** A temporal unit that is longer is dropped. Default 16 MiB. */
  readonly maxSize?: number;
}

/** Bytes that tell the format: three sizes of up to eight bytes, and an OBU header. */
const HEAD_BYTES = 25;

/**
 * Cuts an AV1 stream into temporal units, out of chunks of any size. A unit of the low-overhead format is complete
 * with the temporal delimiter of the next one; a length-delimited one with its last byte.
 */
export class Av1Parser {
  readonly #options: Av1ParserOptions;
  readonly #maxSize: number;
  readonly #pending = new PendingBytes();
  #format: "obu" | "annexb" | undefined;
  /** Low-overhead: where the next OBU begins behind the start of the pending unit. */
  #next = 0;
  #lost: { readonly offset: number; readonly code: EsIssueCode; readonly why: string } | undefined;

  constructor(options: Av1ParserOptions = {}) {
    this.#options = options;
    this.#maxSize = options.maxSize ?? 2 ** 24;
    this.#format = options.format;
  }

  /** Feed a chunk; the temporal units that it completes, in order. */
  push(chunk: Uint8Array): Av1Event[] {
    return this.#run(chunk, false);
  }

  /** End of input: the last unit. The parser is as new afterwards. */
  flush(): Av1Event[] {
    const events = this.#run(new Uint8Array(0), true);
    this.reset();
    return events;
  }

  /** Forget everything. */
  reset(): void {
    this.#pending.reset();
    this.#format = this.#options.format;
    this.#next = 0;
    this.#lost = undefined;
  }

  #run(chunk: Uint8Array, final: boolean): Av1Event[] {
    const bytes = this.#pending.append(chunk);
    const base = this.#pending.offset;
    const events: Av1Event[] = [];
    let used = 0;
    if (this.#format !== undefined || bytes.length >= HEAD_BYTES || final) {
      this.#format ??= annexBUnitAt(bytes, 0) === undefined ? "obu" : "annexb";
      used =
        this.#format === "obu"
          ? this.#lowOverhead(bytes, base, final, events)
          : this.#lengthDelimited(bytes, base, final, events);
      if (final && this.#lost !== undefined) this.#found(events, base + bytes.length);
    }
    this.#pending.keep(bytes, used);
    return events;
  }

  #lowOverhead(bytes: Uint8Array, base: number, final: boolean, events: Av1Event[]): number {
    let start = 0;
    let at = this.#next;
    for (;;) {
      if (this.#lost !== undefined) {
        start = nextDelimiter(bytes, start, final);
        at = start;
        if (!isDelimiter(bytes, start, final)) break;
        this.#found(events, base + start);
      }
      const obu = at < bytes.length ? obuAt(bytes, at, final) : "wait";
      if (obu === "wait") break;
      if (obu === "damage") {
        this.#lose("resync", "bytes that are no OBU", base + start);
        start++;
        continue;
      }
      if (obu.isDelimiter && at > start) {
        this.#deliver(events, splitObus(bytes.subarray(start, at)), base + start);
        start = at;
      }
      at += obu.size;
      if (at - start > this.#maxSize) {
        this.#lose("limit", `a temporal unit of more than ${this.#maxSize} bytes`, base + start);
        start++;
      }
    }
    if (final && this.#lost === undefined && bytes.length > start) {
      if (at === bytes.length) {
        this.#deliver(events, splitObus(bytes.subarray(start, at)), base + start);
      } else {
        this.#lose("truncated", "the input ends inside a temporal unit:", base + start);
      }
      return bytes.length;
    }
    this.#next = at - start;
    return start;
  }

  #lengthDelimited(bytes: Uint8Array, base: number, final: boolean, events: Av1Event[]): number {
    let at = 0;
    while (at < bytes.length) {
      if (bytes.length - at < HEAD_BYTES && !final) break;
      const unit = annexBUnitAt(bytes, at);
      if (unit === undefined || unit.end - unit.start > this.#maxSize) {
        this.#lose("resync", "bytes that are no temporal unit", base + at);
        at++;
        continue;
      }
      if (unit.end > bytes.length) {
        if (!final) break;
        this.#lose("truncated", "the input ends inside a temporal unit:", base + at);
        at++;
        continue;
      }
      if (this.#lost !== undefined) this.#found(events, base + at);
      try {
        const obus = splitLengthDelimitedObus(bytes.subarray(unit.start, unit.end));
        this.#deliver(events, obus, base + at);
      } catch (error) {
        if (!isFormatError(error)) throw error;
        this.#report(events, "invalid", base + at, `a temporal unit is dropped: ${error.message}`);
      }
      at = unit.end;
    }
    return at;
  }

  #deliver(events: Av1Event[], obus: readonly Obu[], offset: number): void {
    const data = joinObus(obus);
    if (data.length === 0) return;
    events.push({ type: "temporal-unit", data, isKey: isAv1KeyFrame(obus), offset });
  }

  #lose(code: EsIssueCode, why: string, offset: number): void {
    this.#lost ??= { offset, code, why };
  }

  #found(events: Av1Event[], end: number): void {
    if (this.#lost === undefined) return;
    const { offset, code, why } = this.#lost;
    this.#lost = undefined;
    this.#report(events, code, offset, `${why}, ${end - offset} bytes are skipped`);
  }

  #report(events: Av1Event[], code: EsIssueCode, offset: number, message: string): void {
    const issue = { code, severity: "error", offset, field: "temporalUnit", message } as const;
    events.push({ type: "issue", issue });
  }
}

/** The OBU at `at`, its head at least: in the low-overhead format each has its size. */
function obuAt(
  bytes: Uint8Array,
  at: number,
  final: boolean,
): { readonly size: number; readonly isDelimiter: boolean } | "wait" | "damage" {
  const head = bytes[at] as number;
  if ((head & 0x82) !== 0x02) return "damage";
  const sizeAt = at + (head & 4 ? 2 : 1);
  try {
    const { value, end } = readLeb128(bytes, sizeAt, "obuSize");
    const isDelimiter = ((head >> 3) & 15) === OBU_TYPE.temporalDelimiter;
    if (isDelimiter && value !== 0) return "damage";
    return { size: end + value - at, isDelimiter };
  } catch (error) {
    if (!isFormatError(error)) throw error;
    return error.code === "truncated" && !final ? "wait" : "damage";
  }
}

/** True when a temporal delimiter is at `at`, and behind it another OBU or the end of input. */
function isDelimiter(bytes: Uint8Array, at: number, final: boolean): boolean {
  if (bytes[at] !== 0x12 || bytes[at + 1] !== 0) return false;
  const next = bytes[at + 2];
  return next === undefined ? final && at + 2 === bytes.length : (next & 0x82) === 0x02;
}

/** Where one is from `from` on, or might be once more bytes are there. */
function nextDelimiter(bytes: Uint8Array, from: number, final: boolean): number {
  for (let at = from; ; at++) {
    at = bytes.indexOf(0x12, at);
    if (at < 0) return bytes.length;
    if (isDelimiter(bytes, at, final) || (!final && at + 2 >= bytes.length)) return at;
  }
}

/** The temporal unit whose size is at `at`, if it begins with a temporal delimiter. */
function annexBUnitAt(
  bytes: Uint8Array,
  at: number,
): { readonly start: number; readonly end: number } | undefined {
  try {
    const unit = readLeb128(bytes, at, "temporalUnitSize");
    const frame = readLeb128(bytes, unit.end, "frameUnitSize");
    const obu = readLeb128(bytes, frame.end, "obuLength");
    const head = bytes[obu.end] as number;
    const fits =
      frame.end + frame.value <= unit.end + unit.value &&
      obu.end + obu.value <= frame.end + frame.value;
    // 10, or 12 00 with its own size, and perhaps an extension byte.
    const delimits = (head & 0xf8) === 0x10 && obu.value <= 3;
    return fits && delimits && obu.value > 0
      ? { start: unit.end, end: unit.end + unit.value }
      : undefined;
  } catch (error) {
    if (isFormatError(error)) return undefined;
    throw error;
  }
}
