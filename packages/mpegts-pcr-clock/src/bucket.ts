import { differenceAt, type Line, type Moment, type Point } from "./line.js";

/** Local time that one bucket covers, ns. */
export const BUCKET_NS = 250e6;
/** A bucket that has this many samples is thinned like one of a stream with dense PCRs. */
const THIN_ABOVE = 40;
const SLOT_NS = 40e6;
const PER_SLOT = 2;

/**
 * The samples of a quarter of a second, and the one that came with the least delay. Of dense samples only the best two
 * of each 40 ms are kept, so that a bucket never has more than 56.
 */
export class Bucket {
  /** Local times and sender minus local times of the samples, ns. */
  x: Float64Array = new Float64Array(16);
  difference: Float64Array = new Float64Array(16);
  count = 0;
  start = 0;
  bestX = 0;
  bestDifference = 0;
  #slot = -1;
  #slotStart = 0;

  /** Empty it; the first sample will be at `start`. */
  open(start: Moment): void {
    this.count = 0;
    this.start = start.x;
    this.#slot = -1;
  }

  /** Add a sample. The best one is what lies farthest above `line`. */
  add(sample: Point, line: Line, dense: boolean): void {
    const { x, difference } = sample;
    const height = difference - differenceAt(line, x);
    if (this.count === 0 || height > this.bestDifference - differenceAt(line, this.bestX)) {
      this.bestX = x;
      this.bestDifference = difference;
    }
    this.#keep(sample, dense);
  }

  /** How far the best sample lies above a line. */
  height(line: Line): number {
    return this.bestDifference - differenceAt(line, this.bestX);
  }

  /** Move all samples by `shift` of sender time. */
  shift(shift: number): void {
    for (let i = 0; i < this.count; i++)
      this.difference[i] = (this.difference[i] as number) + shift;
    this.bestDifference += shift;
  }

  /** Local time is counted from `origin` now. */
  rebase(origin: number): void {
    for (let i = 0; i < this.count; i++) this.x[i] = (this.x[i] as number) - origin;
    this.start -= origin;
    this.bestX -= origin;
  }

  /** Start, best sample, then x and difference of each sample. */
  save(): number[] {
    const values = [this.start, this.bestX, this.bestDifference];
    for (let i = 0; i < this.count; i++) {
      values.push(this.x[i] as number, this.difference[i] as number);
    }
    return values;
  }

  /** A bucket from its saved values. */
  static load(values: readonly number[]): Bucket {
    const bucket = new Bucket();
    const [start = 0, bestX = 0, bestDifference = 0] = values;
    bucket.open({ x: start });
    for (let at = 3; at + 1 < values.length; at += 2) {
      const sample = { x: values[at] as number, difference: values[at + 1] as number };
      bucket.#keep(sample, false);
    }
    bucket.bestX = bestX;
    bucket.bestDifference = bestDifference;
    return bucket;
  }

  #keep(sample: Point, dense: boolean): void {
    const at = dense || this.count >= THIN_ABOVE ? this.#placeInSlot(sample) : this.count;
    if (at < 0) return;
    if (at === this.count) {
      if (at === this.x.length) this.#grow();
      this.count++;
    }
    this.x[at] = sample.x;
    this.difference[at] = sample.difference;
  }

  /** Where in the arrays the sample goes, or -1 when its slot has two better ones. */
  #placeInSlot({ x, difference }: Point): number {
    const slot = Math.floor((x - this.start) / SLOT_NS);
    if (slot !== this.#slot) {
      this.#slot = slot;
      this.#slotStart = this.count;
    }
    if (this.count - this.#slotStart < PER_SLOT) return this.count;
    let worst = this.#slotStart;
    for (let i = worst + 1; i < this.count; i++) {
      if ((this.difference[i] as number) < (this.difference[worst] as number)) worst = i;
    }
    return difference > (this.difference[worst] as number) ? worst : -1;
  }

  #grow(): void {
    const x = new Float64Array(2 * this.x.length);
    const difference = new Float64Array(2 * this.x.length);
    x.set(this.x);
    difference.set(this.difference);
    this.x = x;
    this.difference = difference;
  }
}
