import { PCR_MODULUS } from "@x/bits";
import { applyCalibration, type GstCalibration, GstRegression } from "./gst-regression.js";

/** What {@link GstPcrClock.add} made of a PCR: a new time base, or an observation for the regression. */
export type GstPcrUse = "reset" | "observation";

/** Options of {@link GstPcrClock}. */
export interface GstPcrClockOptions {
  /** Observations in the regression, 2 to 1024. Default 32. */
  readonly windowSize?: number;
}

const SECOND = 1_000_000_000n;
const MODULUS = BigInt(PCR_MODULUS);
/** PCRs closer than this belong to one cycle, or to neighbouring ones. */
const WRAP_WINDOW = 15n * 27_000_000n;

function nanoseconds(ticks: bigint): bigint {
  return (ticks * 1000n) / 27n;
}

/**
 * The clock that GStreamer's mpegtslivesrc makes of PCRs: its rules for time bases around GstClock's regression, bit for
 * bit. To compare with; it steps, stands still, and errs by milliseconds where {@link PcrClock} errs by microseconds.
 */
export class GstPcrClock {
  readonly #regression: GstRegression;
  #calibration: GstCalibration = { internal: 0n, external: 0n, rateNum: 1n, rateDenom: 1n };
  #last: bigint | undefined;
  #cycle = 1n;
  #basePcr = 0n;
  #baseExternal = 0n;
  #lastReading = 0n;

  constructor(options: GstPcrClockOptions = {}) {
    this.#regression = new GstRegression(options.windowSize ?? 32);
  }

  /** The line in force. */
  get calibration(): GstCalibration {
    return this.#calibration;
  }

  /**
   * Take a PCR.
   * @param pcr 27 MHz, below 2^33 · 300
   * @param arrivalNs local time
   */
  add(pcr: number, arrivalNs: bigint, discontinuity = false): GstPcrUse {
    const value = BigInt(pcr);
    const continues = this.#continueCycle(value);
    this.#last = value;
    const full = value + this.#cycle * MODULUS;
    if (!continues || discontinuity) return this.#begin(full, arrivalNs);
    const external = nanoseconds(full) - nanoseconds(this.#basePcr) + this.#baseExternal;
    const expected = applyCalibration(this.#calibration, arrivalNs);
    const error = external > expected ? external - expected : expected - external;
    if (error >= SECOND) return this.#begin(full, arrivalNs);
    this.#calibration = this.#regression.add(arrivalNs, external) ?? this.#calibration;
    return "observation";
  }

  /** The clock at a local time, ns; never less than before. */
  toSender(localNs: bigint): bigint {
    const reading = applyCalibration(this.#calibration, localNs);
    if (reading > this.#lastReading) this.#lastReading = reading;
    return this.#lastReading;
  }

  #begin(full: bigint, arrivalNs: bigint): GstPcrUse {
    const external = applyCalibration(this.#calibration, arrivalNs);
    this.#basePcr = full;
    this.#baseExternal = external;
    this.#calibration = { internal: arrivalNs, external, rateNum: 1n, rateDenom: 1n };
    this.#regression.reset();
    return "reset";
  }

  /** Follow a wrap in either direction; false when the PCR is not within 15 s of the last one. */
  #continueCycle(value: bigint): boolean {
    const last = this.#last;
    if (last === undefined) return false;
    const distance = value > last ? value - last : last - value;
    if (distance <= WRAP_WINDOW) return true;
    if (value < last && value + MODULUS - last <= WRAP_WINDOW) {
      this.#cycle++;
      return true;
    }
    if (value > last && last + MODULUS - value <= WRAP_WINDOW) {
      this.#cycle--;
      return true;
    }
    this.#cycle = 1n;
    return false;
  }
}
