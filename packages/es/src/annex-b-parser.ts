import { type FormatIssue, PendingBytes } from "@x/bits";
import type { EsIssueCode } from "./errors.js";
import { nextStartCode, trimZeros } from "./nal-unit.js";

/** What {@link AnnexBParser} delivers. */
export type NalUnitEvent =
  | {
      readonly type: "nal";
      /** Without start code and trailing zeros. A view, valid until the next `push`. */
      readonly nal: Uint8Array;
      /** Of its first byte, from the start of the stream. */
      readonly offset: number;
    }
  | { readonly type: "issue"; readonly issue: FormatIssue<EsIssueCode> };

/** Options of {@link AnnexBParser}. */
export interface AnnexBParserOptions {
  /** A NAL unit that is longer, trailing zeros included, is dropped with issue `limit`. Default 16 MiB. */
  readonly maxNalSize?: number;
}

/** Cuts NAL units out of a byte stream (H.264 B.1) that comes in chunks of any size. */
export class AnnexBParser {
  readonly #maxNalSize: number;
  readonly #pending = new PendingBytes();
  /** Inside a NAL unit; it begins with the pending bytes. */
  #inside = false;
  /** Pending bytes in which no start code begins. */
  #searched = 0;
  /** Dropping a unit that is too long. */
  #dropping = false;
  /** Stream offset from where bytes were passed over that belong to no unit. */
  #skippedFrom: number | undefined = 0;

  constructor(options: AnnexBParserOptions = {}) {
    this.#maxNalSize = options.maxNalSize ?? 2 ** 24;
  }

  /** Feed a chunk; the units that it completes, in order. A unit is complete when the next start code is there. */
  push(chunk: Uint8Array): NalUnitEvent[] {
    const bytes = this.#pending.append(chunk);
    const base = this.#pending.offset;
    const events: NalUnitEvent[] = [];
    let start = 0;
    let at = nextStartCode(bytes, this.#searched);
    while (at >= 0) {
      this.#deliver(events, bytes, start, at, base);
      start = at + 3;
      this.#inside = true;
      this.#dropping = false;
      at = nextStartCode(bytes, start);
    }
    // A start code can begin in the last two bytes.
    this.#searched = Math.max(start, bytes.length - 2);
    if (!this.#inside || this.#dropping) {
      this.#noteJunk(events, bytes, start, this.#searched);
      start = this.#searched;
    } else if (bytes.length - start > this.#maxNalSize + 2) {
      this.#limit(events, base + start);
      this.#dropping = true;
      start = this.#searched;
    }
    this.#pending.keep(bytes, start);
    this.#searched -= start;
    return events;
  }

  /** End of input: the last unit. The parser is as new afterwards. */
  flush(): NalUnitEvent[] {
    const bytes = this.#pending.append(new Uint8Array(0));
    const events: NalUnitEvent[] = [];
    this.#deliver(events, bytes, 0, bytes.length, this.#pending.offset);
    this.reset();
    return events;
  }

  /** Forget everything. */
  reset(): void {
    this.#pending.reset();
    this.#inside = false;
    this.#searched = 0;
    this.#dropping = false;
    this.#skippedFrom = 0;
  }

  #deliver(
    events: NalUnitEvent[],
    bytes: Uint8Array,
    start: number,
    end: number,
    base: number,
  ): void {
    if (this.#dropping) return;
    if (!this.#inside) {
      this.#noteJunk(events, bytes, start, end);
      return;
    }
    if (end - start > this.#maxNalSize) {
      this.#limit(events, base + start);
      return;
    }
    const last = trimZeros(bytes, start, end);
    if (last === start) return;
    const nal = bytes.subarray(start, last);
    const offset = base + start;
    events.push({ type: "nal", nal, offset });
    if ((nal[0] as number) & 0x80) {
      const message = "forbidden_zero_bit is set";
      const issue = { code: "forbidden-bit", severity: "warning", offset } as const;
      events.push({ type: "issue", issue: { ...issue, field: "forbiddenZeroBit", message } });
    }
  }

  /** Bytes before the first start code that are not leading_zero_8bits, once. */
  #noteJunk(events: NalUnitEvent[], bytes: Uint8Array, start: number, end: number): void {
    if (this.#skippedFrom === undefined || this.#dropping) return;
    if (trimZeros(bytes, start, end) === start) return;
    const offset = this.#skippedFrom;
    this.#skippedFrom = undefined;
    const message = "bytes before the first start code are skipped";
    const issue = { code: "resync", severity: "error", offset, field: "startCode" } as const;
    events.push({ type: "issue", issue: { ...issue, message } });
  }

  #limit(events: NalUnitEvent[], offset: number): void {
    const message = `NAL unit of more than ${this.#maxNalSize} bytes is dropped`;
    const issue = { code: "limit", severity: "error", offset, field: "nalUnit" } as const;
    events.push({ type: "issue", issue: { ...issue, message } });
  }
}
