import type { Moment } from "./line.js";

/** Coarser clocks than these are none. */
const MAX_TICK_NS = 20e6;
/** Distances of arrivals that must change without being finer: a sender that is on time to the nanosecond is no clock. */
const EVIDENCE = 16;

/** Learns how coarse the clock of the arrivals is: what all their distances are multiples of. */
export class ArrivalTick {
  #last = 0;
  #distance = 0;
  #divisor = 0;
  #evidence = 0;

  /** The tick, ns; 0 while none is known. */
  get ns(): number {
    return this.#evidence >= EVIDENCE && this.#divisor <= MAX_TICK_NS ? this.#divisor : 0;
  }

  /** Take an arrival, in whole ns. */
  add({ x }: Moment): void {
    const distance = x - this.#last;
    if (distance <= 0) return;
    this.#last = x;
    let divisor = distance;
    let rest = this.#divisor;
    while (rest > 0) {
      const next = divisor % rest;
      divisor = rest;
      rest = next;
    }
    if (divisor !== this.#divisor) this.#evidence = 0;
    else if (distance !== this.#distance) this.#evidence++;
    this.#divisor = divisor;
    this.#distance = distance;
  }

  /** Local time is counted from `origin` now. */
  rebase(origin: number): void {
    this.#last -= origin;
  }

  /** The state, for JSON. */
  save(): number[] {
    return [this.#last, this.#distance, this.#divisor, this.#evidence];
  }

  /** Take up a saved state. */
  load([last = 0, distance = 0, divisor = 0, evidence = 0]: readonly number[]): void {
    this.#last = last;
    this.#distance = distance;
    this.#divisor = divisor;
    this.#evidence = evidence;
  }
}
