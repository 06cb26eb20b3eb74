import { PCR_MODULUS, wrapDiff } from "@x/bits";

/** Distances of consecutive PCRs, ms of PCR time. All 0 while there is none. */
export interface IntervalStatistics {
  readonly count: number;
  readonly minMs: number;
  readonly maxMs: number;
  readonly meanMs: number;
}

const TICKS_PER_MS = 27_000;

/** Measures the distances of consecutive PCRs within a time base. */
export class IntervalMeter {
  #last = -1;
  #count = 0;
  #min = Infinity;
  #max = 0;
  #sum = 0;

  /** Take a PCR; with `isNew` a time base begins, and there is no distance to the one before. */
  add(pcr: number, isNew: boolean): void {
    const last = this.#last;
    this.#last = pcr;
    if (last < 0 || isNew) return;
    const ticks = wrapDiff(pcr, last, PCR_MODULUS);
    this.#count++;
    this.#sum += ticks;
    this.#min = Math.min(this.#min, ticks);
    this.#max = Math.max(this.#max, ticks);
  }

  statistics(): IntervalStatistics {
    const count = this.#count;
    if (count === 0) return { count, minMs: 0, maxMs: 0, meanMs: 0 };
    return {
      count,
      minMs: this.#min / TICKS_PER_MS,
      maxMs: this.#max / TICKS_PER_MS,
      meanMs: this.#sum / count / TICKS_PER_MS,
    };
  }
}
