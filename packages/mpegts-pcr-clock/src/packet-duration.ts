import { medianOf } from "./order-statistics.js";

const HISTORY = 15;
const MIN_HISTORY = 3;
/** A transport packet that lasts longer belongs to a stream below 75 kbit/s, or to a time-base jump. */
const MAX_DURATION_NS = 20e6;
/** Median deviation above which a stream has no constant bit rate. */
const VARIABLE_ABOVE = 0.02;

/** What lies between two consecutive PCRs. */
export interface PcrDistance {
  /** PCR time, 27 MHz. */
  ticks: number;
  /** Received packets, null packets included. */
  packets: number;
}

/**
 * Learns how long the sender takes for one transport packet, to tell how much older than its datagram a PCR is: a
 * datagram leaves when its last packet is complete.
 */
export class PacketDuration {
  readonly #history = new Float64Array(HISTORY);
  readonly #scratch = new Float64Array(HISTORY);
  #count = 0;
  #next = 0;
  #newest = 0;
  #previous = 0;
  /** Sender time of a packet behind the newest PCR, ns; 0 while unknown. */
  ns = 0;

  /** Take a pair of consecutive PCRs; returns whether it tells anything. */
  add({ ticks, packets }: PcrDistance): boolean {
    const duration = (ticks * 1000) / 27 / packets;
    if (!(duration > 0 && duration <= MAX_DURATION_NS)) return false;
    this.#previous = this.#newest;
    this.#newest = duration;
    this.#learn();
    return true;
  }

  /** Forget everything. */
  reset(): void {
    this.#count = 0;
    this.#next = 0;
    this.#newest = 0;
    this.#previous = 0;
    this.ns = 0;
  }

  /** The state, oldest value first. */
  save(): number[] {
    const first = this.#count < HISTORY ? 0 : this.#next;
    return Array.from(
      { length: this.#count },
      (_, i) => this.#history[(first + i) % HISTORY] as number,
    );
  }

  /** Take up a saved state. */
  load(history: readonly number[]): void {
    this.reset();
    for (const duration of history) {
      this.#previous = this.#newest;
      this.#newest = duration;
      this.#learn();
    }
  }

  #learn(): void {
    this.#history[this.#next] = this.#newest;
    this.#next = (this.#next + 1) % HISTORY;
    this.#count = Math.min(this.#count + 1, HISTORY);
    if (this.#count < MIN_HISTORY) return;
    this.#scratch.set(this.#history);
    const median = medianOf(this.#scratch, this.#count);
    for (let i = 0; i < this.#count; i++) {
      this.#scratch[i] = Math.abs((this.#history[i] as number) - median);
    }
    if (medianOf(this.#scratch, this.#count) <= VARIABLE_ABOVE * median) this.ns = median;
    else {
      // The newest value is a mean over the interval before the PCR: extrapolate to its end.
      const ahead = 1.5 * this.#newest - 0.5 * this.#previous;
      this.ns = Math.max(0.5 * this.#newest, Math.min(1.5 * this.#newest, ahead));
    }
  }
}
