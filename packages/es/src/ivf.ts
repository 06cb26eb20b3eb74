import { type FormatIssue, PendingBytes, plain } from "@x/bits";
import { type EsIssueCode, formatError, viewOf } from "./errors.js";

/** Header of an IVF file, as libvpx defined it; its integers are little-endian. */
export interface IvfHeader {
  /** `VP80`, `VP90`, `AV01`... */
  readonly fourCc: string;
  readonly width: number;
  readonly height: number;
  /** A time stamp counts `numerator / denominator` seconds. */
  readonly timebase: { readonly numerator: number; readonly denominator: number };
  /** As the header has it; many writers leave 0. */
  readonly frameCount: number;
  /** Bytes of the header. */
  readonly headerBytes: number;
}

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 12;

/**
 * Decode an IVF header.
 * @throws {FormatError} `truncated`; `sync` without "DKIF"; `unsupported` for a version that is not 0; `range` for a
 * header below 32 bytes, or a timebase with a 0
 */
export function decodeIvfHeader(bytes: Uint8Array): IvfHeader {
  const header = viewOf(plain(bytes), 0, HEADER_BYTES, "ivfHeader");
  const ascii = (at: number): string => String.fromCharCode(...header.subarray(at, at + 4));
  if (ascii(0) !== "DKIF") throw formatError("sync", 'is not "DKIF"', "signature", 0);
  const data = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const version = data.getUint16(4, true);
  if (version !== 0) throw formatError("unsupported", `${version}`, "version", 4);
  const headerBytes = data.getUint16(6, true);
  if (headerBytes < HEADER_BYTES) throw formatError("range", `${headerBytes}`, "headerLength", 6);
  const timebase = { numerator: data.getUint32(20, true), denominator: data.getUint32(16, true) };
  if (timebase.numerator === 0 || timebase.denominator === 0) {
    throw formatError("range", "has a 0", "timebase", 16);
  }
  return {
    fourCc: ascii(8),
    width: data.getUint16(12, true),
    height: data.getUint16(14, true),
    timebase,
    frameCount: data.getUint32(24, true),
    headerBytes,
  };
}

/** What {@link IvfParser} delivers. */
export type IvfEvent =
  | { readonly type: "header"; readonly header: IvfHeader }
  | {
      readonly type: "frame";
      /** A frame or temporal unit. A view, valid until the next `push`. */
      readonly data: Uint8Array;
      /** In units of the header's timebase. */
      readonly timestamp: number;
      /** From the start of the stream. */
      readonly offset: number;
    }
  | { readonly type: "issue"; readonly issue: FormatIssue<EsIssueCode> };

/** Options of {@link IvfParser}. */
export interface IvfParserOptions {
  /** A frame that is longer is taken for damage. Default 64 MiB. */
  readonly maxFrameSize?: number;
}

/**
 * Cuts an IVF file into frames, out of chunks of any size. Nothing in it marks where a frame begins: behind a wrong
 * size, or without a header, the rest is lost, and an issue says so.
 */
export class IvfParser {
  readonly #maxFrameSize: number;
  readonly #pending = new PendingBytes();
  #state: "header" | "frames" | "lost" = "header";

  constructor(options: IvfParserOptions = {}) {
    this.#maxFrameSize = options.maxFrameSize ?? 2 ** 26;
  }

  /** Feed a chunk; what it completes, in order. */
  push(chunk: Uint8Array): IvfEvent[] {
    const bytes = this.#pending.append(chunk);
    const base = this.#pending.offset;
    const events: IvfEvent[] = [];
    let at = 0;
    if (this.#state === "header") at = this.#header(bytes, events);
    while (this.#state === "frames" && bytes.length - at >= FRAME_HEADER_BYTES) {
      const next = this.#frame(bytes, at, base, events);
      if (next === at) break;
      at = next;
    }
    this.#pending.keep(bytes, this.#state === "lost" ? bytes.length : at);
    return events;
  }

  /** End of input. The parser is as new afterwards. */
  flush(): IvfEvent[] {
    const events: IvfEvent[] = [];
    const { length, offset } = this.#pending;
    if (length > 0 && this.#state !== "lost") {
      this.#report(events, "truncated", offset, `${length} bytes are left over`);
    }
    this.reset();
    return events;
  }

  /** Forget everything. */
  reset(): void {
    this.#pending.reset();
    this.#state = "header";
  }

  #header(bytes: Uint8Array, events: IvfEvent[]): number {
    if (bytes.length < HEADER_BYTES) return 0;
    try {
      const header = decodeIvfHeader(bytes);
      if (bytes.length < header.headerBytes) return 0;
      events.push({ type: "header", header });
      this.#state = "frames";
      return header.headerBytes;
    } catch (error) {
      this.#state = "lost";
      this.#report(events, "invalid", 0, (error as Error).message);
      return 0;
    }
  }

  #frame(bytes: Uint8Array, at: number, base: number, events: IvfEvent[]): number {
    const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const size = data.getUint32(at, true);
    if (size > this.#maxFrameSize) {
      this.#state = "lost";
      this.#report(events, "limit", base + at, `a frame of ${size} bytes: the rest is dropped`);
      return at;
    }
    const start = at + FRAME_HEADER_BYTES;
    if (start + size > bytes.length) return at;
    const timestamp = Number(data.getBigUint64(at + 4, true));
    const frame = bytes.subarray(start, start + size);
    events.push({ type: "frame", data: frame, timestamp, offset: base + at });
    return start + size;
  }

  #report(events: IvfEvent[], code: EsIssueCode, offset: number, message: string): void {
    events.push({
      type: "issue",
      issue: { code, severity: "error", offset, field: "ivf", message },
    });
  }
}
