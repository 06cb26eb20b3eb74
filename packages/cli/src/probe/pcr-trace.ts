import {
  analyzePcr,
  type PcrReport as PcrAnalysis,
  PcrClock,
  type PcrObservation,
} from "@x/mpegts-pcr-clock";

/** 40 hours of PCRs at 40 ms. */
const MAX_PCRS = 3_600_000;
const FIRST_CAPACITY = 4096;
const PCR_MODULUS = 2 ** 33 * 300;
const TICKS_PER_SECOND = 27e6;
const PACKET_BITS = 188 * 8;
/** A longer way forward is a jump, not an interval. */
const LONGEST_INTERVAL = TICKS_PER_SECOND;
/** As analyzePcr has it. */
const CLOCK_OPTIONS = { maxPpm: 1000 };
/** Before, the clock's estimate moves more than what it is to measure. */
const SETTLE_NS = 10_000_000_000n;

/** A quantity over the time of the stream; `times` in seconds, ascending. */
export interface Series {
  readonly times: Float64Array;
  readonly values: Float64Array;
}

/** What a trace is like over time. Empty where it cannot be known. */
export interface PcrSeries {
  /** Distances of neighbouring PCRs, ms. */
  readonly intervals: Series;
  /** Distance of each PCR from a constant bit rate, ns; empty when the rate is not constant. */
  readonly errors: Series;
  /** Bit/s between neighbouring PCRs, in Mbit/s. */
  readonly bitrates: Series;
  /** How much later than by the recovered clock each PCR arrived, ms. */
  readonly lateness: Series;
  /** The sender's clock against the local one, ppm. */
  readonly rates: Series;
  readonly breaks: readonly { readonly time: number; readonly announced: boolean }[];
}

/** When the datagram with a PCR arrived. */
export interface Arrival {
  readonly timeNs: bigint;
  /** Packets behind the PCR's own in the datagram. */
  readonly packetsBehind: number;
}

/** The PCRs of one PID, as long as there is room. */
export class PcrTrace {
  readonly pid: number;
  #pcrs = new Float64Array(FIRST_CAPACITY);
  #packets = new Float64Array(FIRST_CAPACITY);
  #discontinuities = new Uint8Array(FIRST_CAPACITY);
  #arrivals = new BigInt64Array(0);
  /** Packets behind each in its datagram. */
  #behind = new Uint8Array(0);
  #count = 0;
  #dropped = 0;

  constructor(pid: number) {
    this.pid = pid;
  }

  /** PCRs that are kept. */
  get count(): number {
    return this.#count;
  }

  /** PCRs for which there was no room. */
  get dropped(): number {
    return this.#dropped;
  }

  /** All PCRs of a trace have an arrival, or none. */
  add(pcr: number, packet: number, discontinuity: boolean, arrival: Arrival | undefined): void {
    if (this.#count === MAX_PCRS) {
      this.#dropped++;
      return;
    }
    if (this.#count === this.#pcrs.length) this.#grow();
    const at = this.#count++;
    this.#pcrs[at] = pcr;
    this.#packets[at] = packet;
    this.#discontinuities[at] = discontinuity ? 1 : 0;
    if (arrival === undefined) return;
    if (this.#arrivals.length === 0) {
      this.#arrivals = new BigInt64Array(this.#pcrs.length);
      this.#behind = new Uint8Array(this.#pcrs.length);
    }
    this.#arrivals[at] = arrival.timeNs;
    this.#behind[at] = arrival.packetsBehind;
  }

  /** The indicators of TR 101 290 about PCRs. */
  analyze(): PcrAnalysis {
    return analyzePcr(this.#observations());
  }

  /** How wrong the frequency of the sender's clock may be that {@link analyze} finds: its standard error, about. */
  rateErrorPpm(): number {
    const clock = new PcrClock(CLOCK_OPTIONS);
    for (const { pcr, packet, arrivalNs, discontinuity = false } of this.#observations()) {
      if (arrivalNs !== undefined) clock.addSample({ pcr, packet, arrivalNs, discontinuity });
    }
    return clock.statistics().rateErrorPpm;
  }

  /** Everything over time, for drawing. */
  series(analysis: PcrAnalysis): PcrSeries {
    const intervals = new SeriesBuilder(this.#count);
    const bitrates = new SeriesBuilder(this.#count);
    const errors = new SeriesBuilder(this.#count);
    const breaks: { time: number; announced: boolean }[] = [];
    const times = new Float64Array(this.#count);
    let ticks = 0;
    let baseStart = 0;
    const endBase = (end: number): void => {
      if (analysis.accuracy !== undefined) this.#addErrors(times, baseStart, end, errors);
      baseStart = end;
    };
    for (let i = 1; i < this.#count; i++) {
      const step = this.#step(i);
      ticks += step ?? 0;
      const time = ticks / TICKS_PER_SECOND;
      times[i] = time;
      if (step === undefined) {
        endBase(i);
        breaks.push({ time, announced: this.#discontinuities[i] === 1 });
        continue;
      }
      intervals.add(time, (step * 1000) / TICKS_PER_SECOND);
      const packets = (this.#packets[i] as number) - (this.#packets[i - 1] as number);
      bitrates.add(time, (packets * PACKET_BITS * TICKS_PER_SECOND) / step / 1e6);
    }
    endBase(this.#count);
    const { lateness, rates } = this.#againstArrival(times);
    return {
      intervals: intervals.series(),
      errors: errors.series(),
      bitrates: bitrates.series(),
      lateness,
      rates,
      breaks,
    };
  }

  /** 27 MHz since the PCR before; `undefined` where a time base begins. */
  #step(index: number): number | undefined {
    if (this.#discontinuities[index] === 1) return undefined;
    const ticks = (this.#pcrs[index] as number) - (this.#pcrs[index - 1] as number);
    const step = (ticks + PCR_MODULUS) % PCR_MODULUS;
    return step > 0 && step <= LONGEST_INTERVAL ? step : undefined;
  }

  /** Distances from the best line through packets and PCRs of one time base. */
  #addErrors(times: Float64Array, start: number, end: number, errors: SeriesBuilder): void {
    const count = end - start;
    if (count < 3) return;
    const packet0 = this.#packets[start] as number;
    const time0 = times[start] as number;
    let meanX = 0;
    let meanY = 0;
    for (let i = start; i < end; i++) {
      meanX += ((this.#packets[i] as number) - packet0) / count;
      meanY += ((times[i] as number) - time0) / count;
    }
    const x = (i: number): number => (this.#packets[i] as number) - packet0 - meanX;
    const y = (i: number): number => (times[i] as number) - time0 - meanY;
    let xx = 0;
    let xy = 0;
    for (let i = start; i < end; i++) {
      xx += x(i) ** 2;
      xy += x(i) * y(i);
    }
    for (let i = start; i < end; i++) {
      errors.add(times[i] as number, (y(i) - (xy / xx) * x(i)) * 1e9);
    }
  }

  #againstArrival(times: Float64Array): Pick<PcrSeries, "lateness" | "rates"> {
    const lateness = new SeriesBuilder(this.#count);
    const rates = new SeriesBuilder(this.#count);
    const clock = new PcrClock(CLOCK_OPTIONS);
    let settledNs: bigint | undefined;
    let index = -1;
    for (const { pcr, packet, arrivalNs, discontinuity = false } of this.#observations()) {
      index++;
      if (arrivalNs === undefined) break;
      const events = clock.addSample({ pcr, packet, arrivalNs, discontinuity });
      const jumped = events.some(({ type }) => type === "discontinuity");
      if (settledNs === undefined || jumped) settledNs = arrivalNs + SETTLE_NS;
      if (arrivalNs < settledNs) continue;
      const stamped = clock.pcrToSender(pcr, arrivalNs);
      if (stamped === undefined) continue;
      const time = times[index] as number;
      lateness.add(time, Number(clock.toSender(arrivalNs) - stamped) / 1e6);
      rates.add(time, (clock.rate - 1) * 1e6);
    }
    return { lateness: lateness.series(), rates: rates.series() };
  }

  *#observations(): Generator<PcrObservation> {
    const timed = this.#arrivals.length > 0;
    for (let i = 0; i < this.#count; i++) {
      yield {
        pcr: this.#pcrs[i] as number,
        packet: this.#packets[i] as number,
        discontinuity: this.#discontinuities[i] === 1,
        ...(timed ? { arrivalNs: this.#arrivalOf(i) } : {}),
      };
    }
  }

  /**
   * When the PCR's own packet would have arrived: a datagram leaves when its last packet is complete, which at low
   * rates is many milliseconds after its first. The packets up to the next PCR tell how long each takes.
   */
  #arrivalOf(index: number): bigint {
    const arrival = this.#arrivals[index] as bigint;
    const behind = this.#behind[index] as number;
    if (behind === 0 || this.#count < 2) return arrival;
    const next = index + 1 < this.#count ? index + 1 : index;
    const step = this.#step(next);
    const packets = (this.#packets[next] as number) - (this.#packets[next - 1] as number);
    if (step === undefined || packets <= 0) return arrival;
    return arrival - BigInt(Math.round((behind * step * 1000) / 27 / packets));
  }

  #grow(): void {
    const capacity = 2 * this.#pcrs.length;
    this.#pcrs = grown(this.#pcrs, new Float64Array(capacity));
    this.#packets = grown(this.#packets, new Float64Array(capacity));
    this.#discontinuities = grown(this.#discontinuities, new Uint8Array(capacity));
    if (this.#arrivals.length > 0) {
      this.#arrivals = grown(this.#arrivals, new BigInt64Array(capacity));
      this.#behind = grown(this.#behind, new Uint8Array(capacity));
    }
  }
}

function grown<Numbers extends { set(from: Numbers): void }>(from: Numbers, to: Numbers): Numbers {
  to.set(from);
  return to;
}

class SeriesBuilder {
  readonly #times: Float64Array;
  readonly #values: Float64Array;
  #count = 0;

  constructor(capacity: number) {
    this.#times = new Float64Array(capacity);
    this.#values = new Float64Array(capacity);
  }

  add(time: number, value: number): void {
    this.#times[this.#count] = time;
    this.#values[this.#count++] = value;
  }

  series(): Series {
    return {
      times: this.#times.subarray(0, this.#count),
      values: this.#values.subarray(0, this.#count),
    };
  }
}
