import { PcrClock } from "./pcr-clock.js";

/** The measures of TR 101 290 5.3.2 that need the arrival times, against the recovered clock. */
export interface PcrTimingReport {
  /** PCR_OJ: arrival against the recovered clock, peak to peak, ns. From 10 s after each time base's start on. */
  readonly overallJitterNs: number;
  /** PCR_FO: frequency of the sender's clock minus 27 MHz, by the local clock, Hz. */
  readonly frequencyOffsetHz: number;
  readonly frequencyOffsetPpm: number;
  /** PCR_DR: its drift, Hz/s; 0 below 20 s. The standard allows 0.075. */
  readonly driftRateHzPerS: number;
}

const SETTLE_NS = 10_000_000_000n;
const RATE_EVERY_NS = 1_000_000_000n;
const MIN_RATES = 10;

/** Collects what {@link PcrTimingReport} says, in bounded memory. */
export class PcrTiming {
  readonly #clock = new PcrClock({ maxPpm: 1000 });
  #count = 0;
  #settled: bigint | undefined;
  #nextRate = 0n;
  #first = 0n;
  #least = Infinity;
  #most = -Infinity;
  /** Sums of the regression of the rate over time. */
  readonly #rates = { n: 0, t: 0, r: 0, tt: 0, tr: 0 };

  add(pcr: number, arrivalNs: bigint, packet: number, discontinuity: boolean): void {
    const clock = this.#clock;
    const events = clock.addSample({ pcr, arrivalNs, packet, discontinuity });
    if (this.#count++ === 0) this.#first = arrivalNs;
    if (this.#settled === undefined || events.some((event) => event.type === "discontinuity")) {
      this.#settled = arrivalNs + SETTLE_NS;
      this.#nextRate = this.#settled;
    }
    if (arrivalNs < this.#settled) return;
    const stamped = clock.pcrToSender(pcr, arrivalNs);
    if (stamped === undefined) return;
    const residual = Number(clock.toSender(arrivalNs) - stamped);
    this.#least = Math.min(this.#least, residual);
    this.#most = Math.max(this.#most, residual);
    if (arrivalNs < this.#nextRate) return;
    this.#nextRate = arrivalNs + RATE_EVERY_NS;
    const t = Number(arrivalNs - this.#first) / 1e9;
    const r = (clock.rate - 1) * 27e6;
    const sums = this.#rates;
    sums.n++;
    sums.t += t;
    sums.r += r;
    sums.tt += t * t;
    sums.tr += t * r;
  }

  /** `undefined` when nothing was added. */
  report(): PcrTimingReport | undefined {
    if (this.#count === 0) return undefined;
    const { n, t, r, tt, tr } = this.#rates;
    const spread = n * tt - t * t;
    const rate = this.#clock.rate - 1;
    return {
      overallJitterNs: this.#most >= this.#least ? this.#most - this.#least : 0,
      frequencyOffsetHz: rate * 27e6,
      frequencyOffsetPpm: rate * 1e6,
      driftRateHzPerS: n >= MIN_RATES && spread > 0 ? (n * tr - t * r) / spread : 0,
    };
  }
}
