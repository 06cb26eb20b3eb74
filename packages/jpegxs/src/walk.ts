import { plain, uint16, uint24 } from "@x/bits";
import { codestreamError, truncatedError } from "./errors.js";
import { type DecodedHeader, decodeHeader } from "./header.js";
import { Marker } from "./marker.js";

/** Where a slice lies. Offsets count from SOC. */
export interface SliceSpan {
  /** Ysl: slices count from 0 at the top. */
  readonly index: number;
  /** Of the slice header. */
  readonly offset: number;
  /** Bytes, slice header included. */
  readonly length: number;
  /** First grid line and number of grid lines that the slice's precincts cover. */
  readonly line: number;
  readonly lines: number;
}

/** What a walk along the length fields of a codestream finds. */
export interface Walk {
  readonly header: DecodedHeader;
  readonly slices: readonly SliceSpan[];
  /** Bytes from SOC to EOC inclusive, whatever Lcod says. */
  readonly length: number;
  /** True when Lcod is 0 or the length that the walk found. */
  readonly lcodAgrees: boolean;
}

const SLICE_HEADER_SIZE = 6;

/**
 * Find every slice and the end of the codestream at `offset` by Lprc alone, without entropy decoding. Markers are never
 * searched for: the coded data may hold any bytes (ISO/IEC 21122-1 A.2, C.2).
 *
 * @throws {FormatError} `malformed`, `unsupported` or `truncated`.
 */
export function walkCodestream(bytes: Uint8Array, offset = 0): Walk {
  const walker = new CodestreamWalker();
  const input = plain(bytes).subarray(offset);
  const missing = walker.advance(input);
  if (missing > 0) throw truncatedError(missing, walker.field, offset + input.length);
  return walker.result();
}

/**
 * Bytes of the codestream that starts at `offset`, SOC to EOC inclusive. Lcod is believed when an EOC stands at its end
 * and another codestream or the end of the bytes follows; otherwise the precincts are walked.
 *
 * @throws {FormatError} `malformed`, `unsupported` or `truncated`.
 */
export function frameLength(bytes: Uint8Array, offset = 0): number {
  const input = plain(bytes).subarray(offset);
  const { lcod } = decodeHeader(input).pih;
  const next = lcod + 2 <= input.length ? uint16(input, lcod) : Marker.soc;
  if (endsWithEoc(input, lcod) && next === Marker.soc) return lcod;
  return walkCodestream(input).length;
}

/** True when `length` bytes are there and the last two are EOC. */
export function endsWithEoc(bytes: Uint8Array, length: number): boolean {
  return length >= 4 && length <= bytes.length && uint16(bytes, length - 2) === Marker.eoc;
}

/** A walk that can pause at any byte: give it the codestream from SOC on, longer each time. */
export class CodestreamWalker {
  #header: DecodedHeader | undefined;
  readonly #slices: SliceSpan[] = [];
  #sliceStart = 0;
  #inSlice = false;
  #row = 0;
  #column = 0;
  #at = 0;
  #done = false;
  #wanted = 4;
  /** What the walk waits for. */
  field = "soc";

  /** The header, once the walk has passed it. */
  get header(): DecodedHeader | undefined {
    return this.#header;
  }

  /** Slices that are complete in what was given so far. */
  get slices(): readonly SliceSpan[] {
    return this.#slices;
  }

  /**
   * Walk on over `bytes`, which start at SOC.
   * @returns 0 when EOC was reached, else how many bytes from SOC are needed to get further.
   * @throws {FormatError} `malformed` or `unsupported`.
   */
  advance(bytes: Uint8Array): number {
    if (this.#done) return 0;
    if (bytes.length < this.#wanted) return this.#wanted;
    this.#header ??= this.#readHeader(bytes);
    if (this.#header === undefined) return this.#wanted;
    const { geometry, pih } = this.#header;
    for (;;) {
      if (!this.#inSlice && !this.#betweenSlices(bytes, this.#header)) {
        return this.#done ? 0 : this.#wanted;
      }
      const size = geometry.precinctHeaderSize;
      if (this.#lacks(bytes, this.#at + size, "lprc")) return this.#wanted;
      const end = this.#at + size + uint24(bytes, this.#at);
      if (this.#lacks(bytes, end, "lprc")) return this.#wanted;
      this.#at = end;
      if (++this.#column < geometry.npx) continue;
      this.#column = 0;
      if (++this.#row % pih.hsl === 0 || this.#row === geometry.npy) this.#endSlice(this.#header);
    }
  }

  /** What was found, after `advance` returned 0. */
  result(): Walk {
    const header = this.#header as DecodedHeader;
    const { lcod } = header.pih;
    const length = this.#at;
    return {
      header,
      slices: this.#slices,
      length,
      lcodAgrees: lcod === 0 || lcod === length,
    };
  }

  #readHeader(bytes: Uint8Array): DecodedHeader | undefined {
    try {
      const header = decodeHeader(bytes);
      this.#at = header.size;
      return header;
    } catch (error) {
      const { code, expected, field } = error as ReturnType<typeof truncatedError>;
      if (code !== "truncated") throw error;
      this.#wanted = expected as number;
      this.field = field;
      return undefined;
    }
  }

  /** Consume a slice header, or EOC after the last slice. False: pause or end. */
  #betweenSlices(bytes: Uint8Array, header: DecodedHeader): boolean {
    const last = this.#row === header.geometry.npy;
    if (this.#lacks(bytes, this.#at + 2, last ? "eoc" : "slh")) return false;
    const marker = uint16(bytes, this.#at);
    if (last) {
      if (marker !== Marker.eoc) throw malformed("no EOC after the last precinct", "eoc", this.#at);
      this.#at += 2;
      this.#done = true;
      return false;
    }
    if (marker === Marker.sli) {
      throw codestreamError("unsupported", "temporal coding (TDC)", "sli", this.#at);
    }
    if (marker !== Marker.slh) throw malformed("no slice header", "slh", this.#at);
    if (this.#lacks(bytes, this.#at + SLICE_HEADER_SIZE, "slh")) return false;
    const length = uint16(bytes, this.#at + 2);
    if (length !== 4) throw malformed(`Lslh is ${length}, not 4`, "lslh", this.#at + 2);
    const ysl = uint16(bytes, this.#at + 4);
    if (ysl !== this.#slices.length) {
      throw malformed(`slice ${ysl} where ${this.#slices.length} has to be`, "ysl", this.#at + 4);
    }
    this.#sliceStart = this.#at;
    this.#inSlice = true;
    this.#at += SLICE_HEADER_SIZE;
    return true;
  }

  #endSlice({ pih, geometry }: DecodedHeader): void {
    this.#inSlice = false;
    const index = this.#slices.length;
    const line = index * pih.hsl * geometry.precinctHeight;
    const end = Math.min(this.#row * geometry.precinctHeight, pih.hf);
    const offset = this.#sliceStart;
    this.#slices.push({ index, offset, length: this.#at - offset, line, lines: end - line });
  }

  #lacks(bytes: Uint8Array, end: number, field: string): boolean {
    if (end <= bytes.length) return false;
    this.#wanted = end;
    this.field = field;
    return true;
  }
}

function malformed(message: string, field: string, offset: number): Error {
  return codestreamError("malformed", message, field, offset, "A.4.12, C.2");
}
