import { modulo, PCR_MODULUS } from "@x/bits";

/**
 * Distances of neighbouring PCRs, ms of PCR time. All 0 while there is none.
 *
 * They are the sender's, so always above 0: a PCR that arrives behind its successor counts in its place, one that comes
 * twice counts once, and one that is later still is left out.
 */
export interface IntervalStatistics {
  readonly count: number;
  readonly minMs: number;
  readonly maxMs: number;
  readonly meanMs: number;
}

const TICKS_PER_MS = 27_000;
const HALF_CYCLE = PCR_MODULUS / 2;

/** Measures the distances of neighbouring PCRs within a time base. */
export class IntervalMeter {
  #last = -1;
  /** The distance that ends at `#last`; it counts when a later PCR is there, as one may still fall into it. */
  #open = 0;
  #count = 0;
  #min = Infinity;
  #max = 0;
  #sum = 0;

  /** Take a PCR; with `isNew` a time base begins, and there is no distance to the one before. */
  add({ pcr }: { readonly pcr: number }, isNew: boolean): void {
    if (this.#last < 0 || isNew) {
      this.#close();
      this.#last = pcr;
      return;
    }
    const ticks = modulo(pcr - this.#last + HALF_CYCLE, PCR_MODULUS) - HALF_CYCLE;
    if (ticks > 0) {
      this.#close();
      this.#open = ticks;
      this.#last = pcr;
    } else if (ticks < 0 && this.#open + ticks > 0) {
      this.#open += ticks;
      this.#close();
      this.#open = -ticks;
    }
  }

  statistics(): IntervalStatistics {
    const open = this.#open;
    const count = this.#count + (open > 0 ? 1 : 0);
    if (count === 0) return { count, minMs: 0, maxMs: 0, meanMs: 0 };
    return {
      count,
      minMs: (open > 0 ? Math.min(this.#min, open) : this.#min) / TICKS_PER_MS,
      maxMs: Math.max(this.#max, open) / TICKS_PER_MS,
      meanMs: (this.#sum + open) / count / TICKS_PER_MS,
    };
  }

  #close(): void {
    const ticks = this.#open;
    if (ticks === 0) return;
    this.#open = 0;
    this.#count++;
    this.#sum += ticks;
    this.#min = Math.min(this.#min, ticks);
    this.#max = Math.max(this.#max, ticks);
  }
}
