import { type FormatError, type FormatIssue, PendingBytes, uint16 } from "@x/bits";
import type { JpegXsErrorCode } from "./errors.js";
import { Marker } from "./marker.js";
import { CodestreamWalker, endsWithEoc, type SliceSpan } from "./walk.js";

/** One codestream cut out of a stream of bytes. */
export interface Codestream {
  /** SOC to EOC. A view: valid until the next `push`, copy it to keep it. */
  readonly data: Uint8Array;
  /** Byte of the stream at which SOC stands. */
  readonly offset: number;
  /** False when the chain of precinct lengths is broken and only Lcod says where the codestream ends. */
  readonly walked: boolean;
  /** The slices that the walk found. */
  readonly slices: readonly SliceSpan[];
}

export interface CodestreamSplitterOptions {
  /** Longest codestream that is waited for, in bytes. Default 256 MiB. */
  readonly maxCodestreamSize?: number;
  /** Called for every deviation; the splitter itself never throws on input. */
  readonly onIssue?: (issue: FormatIssue<JpegXsErrorCode>) => void;
}

/**
 * Cuts concatenated codestreams apart, in chunks of any size. A codestream ends where its precincts end; where their
 * lengths are damaged Lcod is the fall-back, and where that is no use either the next SOC+CAP is looked for.
 */
export class CodestreamSplitter {
  readonly #max: number;
  readonly #onIssue: (issue: FormatIssue<JpegXsErrorCode>) => void;
  readonly #pending = new PendingBytes();
  #walker = new CodestreamWalker();
  /** Set once the walk of the codestream at hand has failed. */
  #broken = false;
  /** Bytes of a gap already reported. */
  #inGap = false;

  constructor(options: CodestreamSplitterOptions = {}) {
    this.#max = options.maxCodestreamSize ?? 256 * 2 ** 20;
    this.#onIssue = options.onIssue ?? (() => {});
    if (!(this.#max > 0)) throw new RangeError(`maxCodestreamSize: ${this.#max}`);
  }

  /** Feed a chunk; returns the codestreams that it completed, in order. */
  push(chunk: Uint8Array): Codestream[] {
    return this.#run(this.#pending.append(chunk), false);
  }

  /** End of input: what is left is cut as far as it can be, the rest is reported, and the splitter is as new. */
  flush(): Codestream[] {
    const rest = this.#run(this.#pending.append(new Uint8Array(0)), true);
    this.reset();
    return rest;
  }

  /** Forget everything. */
  reset(): void {
    this.#pending.reset();
    this.#next();
    this.#inGap = false;
  }

  #run(bytes: Uint8Array, ended: boolean): Codestream[] {
    const found: Codestream[] = [];
    const base = this.#pending.offset;
    let at = 0;
    while (at < bytes.length) {
      const rest = bytes.subarray(at);
      const start = startOfCodestream(rest);
      if (start > 0) {
        if (!this.#inGap) this.#report("malformed", base + at, "soc", "bytes between codestreams");
        this.#inGap = true;
        at += start;
        continue;
      }
      const length = this.#lengthOf(rest, base + at, ended);
      if (length === 0) break;
      if (length > 0) {
        found.push({
          data: rest.subarray(0, length),
          offset: base + at,
          walked: !this.#broken,
          slices: this.#walker.slices,
        });
      }
      this.#inGap = length < 0;
      at += Math.abs(length);
      this.#next();
    }
    this.#pending.keep(bytes, at);
    return found;
  }

  /** Bytes of the codestream, 0 to wait for more, or −1: no codestream, pass over this SOC. */
  #lengthOf(bytes: Uint8Array, offset: number, ended: boolean): number {
    if (!this.#broken) {
      try {
        const wanted = this.#walker.advance(bytes);
        if (wanted === 0) return this.#walkedLength(offset);
        const over = wanted > this.#max;
        if (!over && !ended) return 0;
        this.#broken = true;
        const code = over ? "limit" : "truncated";
        this.#report(code, offset, this.#walker.field, `${wanted} bytes are needed`);
      } catch (error) {
        const { code, field, offset: at, message } = error as FormatError<JpegXsErrorCode>;
        this.#broken = true;
        this.#report(code, offset + at, field, message);
      }
    }
    const lcod = this.#walker.header?.pih.lcod ?? 0;
    if (lcod === 0 || lcod > this.#max) return -1;
    if (bytes.length < lcod) return ended ? -1 : 0;
    return endsWithEoc(bytes, lcod) ? lcod : -1;
  }

  #walkedLength(offset: number): number {
    const { header, length, lcodAgrees } = this.#walker.result();
    if (!lcodAgrees) {
      const message = `Lcod is ${header.pih.lcod}, the codestream has ${length} bytes`;
      this.#report("malformed", offset, "lcod", message, "warning");
    }
    return length;
  }

  #next(): void {
    this.#walker = new CodestreamWalker();
    this.#broken = false;
  }

  #report(
    code: JpegXsErrorCode,
    offset: number,
    field: string,
    message: string,
    severity: "error" | "warning" = "error",
  ): void {
    this.#onIssue({ code, severity, offset, field, message });
  }
}

/** Index of the first byte that may begin SOC and CAP; `bytes.length` if there is none. */
function startOfCodestream(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(0xff); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    const soc = at + 2 > bytes.length || uint16(bytes, at) === Marker.soc;
    const cap =
      (at + 3 > bytes.length || bytes[at + 2] === Marker.cap >> 8) &&
      (at + 4 > bytes.length || bytes[at + 3] === (Marker.cap & 0xff));
    if (soc && cap) return at;
  }
  return bytes.length;
}

/** Cut a stream of bytes into codestreams; one array for each chunk that completed some. */
export async function* readCodestreams(
  source: AsyncIterable<Uint8Array>,
  options: CodestreamSplitterOptions = {},
): AsyncGenerator<Codestream[]> {
  const splitter = new CodestreamSplitter(options);
  for await (const chunk of source) {
    const found = splitter.push(chunk);
    if (found.length > 0) yield found;
  }
  const found = splitter.flush();
  if (found.length > 0) yield found;
}
