import { sectionSizeAt } from "./section.js";

/** Takes a whole section: `bytes[0..size)`, valid until the handler returns. */
export type SectionHandler = (bytes: Uint8Array, size: number) => void;

/** What can be wrong with the way sections lie in packets. */
export type SectionFault =
  /** pointer_field points behind the packet. */
  | "pointer-field"
  /** section_length is above the limit. */
  | "section-length"
  /** Another section begins before the last one's end. */
  | "section-truncated";

/** Options of {@link SectionAssembler}. */
export interface SectionAssemblerOptions {
  /** Bytes, header and CRC included. Default 4096, the most that MPEG and DVB allow. */
  readonly maxSectionSize?: number;
  /** Told of sections that are dropped. Default: nobody. */
  readonly onFault?: (fault: SectionFault) => void;
}

/**
 * Puts the sections of one PID together from packet payloads (ISO/IEC 13818-1 2.4.4.1). Memory: one section.
 */
export class SectionAssembler {
  readonly #maxSectionSize: number;
  readonly #onFault: ((fault: SectionFault) => void) | undefined;
  #bytes: Uint8Array = new Uint8Array(256);
  #length = 0;
  /** False until a unit start, and behind stuffing or damage. */
  #inUnit = false;

  constructor(options: SectionAssemblerOptions = {}) {
    this.#maxSectionSize = options.maxSectionSize ?? 4096;
    this.#onFault = options.onFault;
  }

  /** True while a section has begun and not ended. */
  get pending(): boolean {
    return this.#length > 0;
  }

  /** Feed the payload `bytes[start..end)` of a packet; `onSection` is called for each section that it completes. */
  push(
    bytes: Uint8Array,
    start: number,
    end: number,
    payloadUnitStartIndicator: boolean,
    onSection: SectionHandler,
  ): void {
    let at = start;
    if (payloadUnitStartIndicator) {
      if (at >= end) return;
      const first = at + 1 + (bytes[at] as number);
      if (first > end) {
        this.reset();
        this.#onFault?.("pointer-field");
        return;
      }
      if (this.#length > 0) {
        this.#append(bytes, at + 1, first, onSection);
        if (this.#length > 0) this.#onFault?.("section-truncated");
      }
      this.#length = 0;
      this.#inUnit = true;
      at = first;
    }
    while (at < end && this.#inUnit) {
      if (this.#length === 0 && bytes[at] === 0xff) {
        this.#inUnit = false;
        return;
      }
      at = this.#append(bytes, at, end, onSection);
    }
  }

  /** Drop what is collected: after lost packets, or at a new input. */
  reset(): void {
    this.#length = 0;
    this.#inUnit = false;
  }

  /** Add to the section at hand until it is whole or the bytes end. */
  #append(bytes: Uint8Array, start: number, end: number, onSection: SectionHandler): number {
    let at = start;
    while (this.#length < 3 && at < end) this.#bytes[this.#length++] = bytes[at++] as number;
    if (this.#length < 3) return at;
    const size = sectionSizeAt(this.#bytes, 0);
    if (size > this.#maxSectionSize) {
      this.reset();
      this.#onFault?.("section-length");
      return end;
    }
    if (size > this.#bytes.length) {
      const grown = new Uint8Array(size);
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    const taken = Math.min(size - this.#length, end - at);
    this.#bytes.set(bytes.subarray(at, at + taken), this.#length);
    this.#length += taken;
    if (this.#length === size) {
      this.#length = 0;
      onSection(this.#bytes, size);
    }
    return at + taken;
  }
}
