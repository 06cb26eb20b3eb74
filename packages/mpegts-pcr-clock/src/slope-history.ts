import type { Line } from "./line.js";

/** 10 s of buckets. */
const LENGTH = 40;

/** The slopes of the last 10 s: the lock criterion. */
export class SlopeHistory {
  readonly #slopes = new Float64Array(LENGTH);
  #count = 0;

  /** How much `slope` differs from the oldest; infinite before there are enough. */
  change(slope: number): number {
    if (this.#count < LENGTH) return Infinity;
    return Math.abs(slope - (this.#slopes[this.#count % LENGTH] as number));
  }

  /** Take the slope at the end of a bucket. */
  note({ slope }: Pick<Line, "slope">): void {
    this.#slopes[this.#count++ % LENGTH] = slope;
    if (this.#count >= 2 * LENGTH) this.#count -= LENGTH;
  }

  /** The state, oldest slope first. */
  save(): number[] {
    const known = Math.min(this.#count, LENGTH);
    return Array.from(
      { length: known },
      (_, i) => this.#slopes[(this.#count - known + i) % LENGTH] as number,
    );
  }

  /** Take up a saved state. */
  load(slopes: readonly number[]): void {
    this.#count = 0;
    for (const slope of slopes) this.note({ slope });
  }
}
