/** What a {@link FrameGrid} is made from. */
interface FrameGridInit {
  /** Frames in `denominator` seconds. */
  readonly numerator: number;
  readonly denominator: number;
  /** Ticks a second. */
  readonly clockRate: number;
  /** Ticks before its start that belong to a frame already. */
  readonly tolerance: number;
  /** Start of frame 0; `undefined`: the first time asked for. */
  readonly origin: number | undefined;
}

/** Frames of a rational rate on an integer clock: frame n begins at floor(n · clockRate · denominator / numerator). */
export class FrameGrid {
  readonly #init: FrameGridInit;
  /** A frame lasts ticks / frames ticks. Products exceed 2^53 with clocks of nanoseconds, hence bigint. */
  readonly #ticks: bigint;
  readonly #frames: bigint;
  #origin: number | undefined;

  /** @throws {RangeError} when a value is out of range */
  constructor(init: FrameGridInit) {
    for (const name of ["numerator", "denominator", "clockRate"] as const) {
      if (!Number.isSafeInteger(init[name]) || init[name] < 1) {
        throw new RangeError(`${name}: ${init[name]} is not a positive integer`);
      }
    }
    if (!Number.isSafeInteger(init.tolerance) || init.tolerance < 0) {
      throw new RangeError(`tolerance: ${init.tolerance} is not a number of ticks`);
    }
    if (init.origin !== undefined && !Number.isSafeInteger(init.origin)) {
      throw new RangeError(`origin: ${init.origin} is not an integer`);
    }
    this.#init = init;
    this.#ticks = BigInt(init.clockRate) * BigInt(init.denominator);
    this.#frames = BigInt(init.numerator);
    this.#origin = init.origin;
  }

  /** Forget the origin, unless it was given. */
  reset(): void {
    this.#origin = this.#init.origin;
  }

  /** The last frame that begins at or before `time + tolerance`. The first time asked for is the origin by default. */
  frameAt(time: number): number {
    this.#origin ??= time;
    // floor(n · ticks / frames) ≤ t means n · ticks / frames < t + 1, so n is one less than a quotient rounded up.
    const past = BigInt(time) - BigInt(this.#origin) + BigInt(this.#init.tolerance) + 1n;
    return Number(floorDivide(past * this.#frames - 1n, this.#ticks));
  }

  /** The tick at which a frame begins. */
  startOf(frame: number): number {
    return (this.#origin ?? 0) + Number(floorDivide(BigInt(frame) * this.#ticks, this.#frames));
  }
}

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a < 0n && quotient * b !== a ? quotient - 1n : quotient;
}
