import { Bucket } from "./bucket.js";
import { differenceAt, type Line, type Moment } from "./line.js";
import { medianOf } from "./order-statistics.js";

const WINDOW_NS = 90e9;
const MIN_BUCKETS = 4;

/** The buckets of the last 90 s, oldest first, as they lie to a line. What is released is used again. */
export class BucketList {
  readonly #line: Line;
  /** Medians of slopes are of so many pairs at most. */
  readonly #scratch: Float64Array;
  readonly #spare: Bucket[] = [];
  #buckets: Bucket[] = [];
  /** The last so many are above the line and not believed yet. */
  probation = 0;

  constructor(line: Line, capacity: number) {
    this.#line = line;
    this.#scratch = new Float64Array(capacity);
  }

  get length(): number {
    return this.#buckets.length;
  }

  /** How many are believed. */
  get believed(): number {
    return this.#buckets.length - this.probation;
  }

  /** Local time from the first to the last believed one, ns. */
  get span(): number {
    const first = this.#buckets[0];
    const last = this.#buckets[this.believed - 1];
    return first === undefined || last === undefined ? 0 : last.start - first.start;
  }

  at(index: number): Bucket {
    return this.#buckets[index] as Bucket;
  }

  push(bucket: Bucket): void {
    this.#buckets.push(bucket);
  }

  /** An empty bucket that begins at `start`. */
  open(start: Moment): Bucket {
    const bucket = this.#spare.pop() ?? new Bucket();
    bucket.open(start);
    return bucket;
  }

  /** A bucket is not needed any more. */
  recycle(bucket: Bucket): void {
    this.#spare.push(bucket);
  }

  /** Remove the buckets from `first` to before `end`. */
  release(first: number, end: number): void {
    const buckets = this.#buckets;
    if (end <= first) return;
    for (let i = first; i < end; i++) this.#spare.push(buckets[i] as Bucket);
    for (let i = end; i < buckets.length; i++) buckets[i - end + first] = buckets[i] as Bucket;
    buckets.length -= end - first;
  }

  /** Remove what is too old at `now`; a few believed ones are kept. */
  dropOld(now: Moment): void {
    let old = 0;
    const most = this.believed - MIN_BUCKETS;
    while (old < most && this.at(old).start < now.x - WINDOW_NS) old++;
    this.release(0, old);
  }

  /** Drop those on probation; returns the samples in them. */
  dropProbation(): number {
    const first = this.believed;
    let samples = 0;
    for (let i = first; i < this.length; i++) samples += this.at(i).count;
    this.release(first, this.length);
    this.probation = 0;
    return samples;
  }

  /** How far a bucket's best sample lies above the line. */
  residual(index: number): number {
    return (this.#buckets[index] as Bucket).height(this.#line);
  }

  /** Median of the believed buckets' residuals. */
  medianResidual(): number {
    const count = this.believed;
    for (let i = 0; i < count; i++) this.#scratch[i] = this.residual(i);
    return medianOf(this.#scratch, count);
  }

  /** Median distance of the believed buckets' residuals from `center`. */
  medianDistance(center: number): number {
    const count = this.believed;
    for (let i = 0; i < count; i++) this.#scratch[i] = Math.abs(this.residual(i) - center);
    return medianOf(this.#scratch, count);
  }

  /** Median slope against the line, between believed buckets. */
  medianSlope(): number {
    let pairs = 0;
    for (let i = 1; i < this.believed; i++) {
      for (let j = 0; j < i && pairs < this.#scratch.length; j++) {
        const rise = this.residual(i) - this.residual(j);
        this.#scratch[pairs++] = rise / Math.max(1, this.at(i).bestX - this.at(j).bestX);
      }
    }
    return medianOf(this.#scratch, pairs);
  }

  /** Put the residuals of all samples from bucket `first` on into `target`; returns how many. */
  residualsFrom(first: number, target: Float64Array): number {
    let count = 0;
    for (let i = first; i < this.length; i++) {
      const { x, difference, count: samples } = this.at(i);
      for (let j = 0; j < samples && count < target.length; j++) {
        const place = differenceAt(this.#line, x[j] as number);
        target[count++] = (difference[j] as number) - place;
      }
    }
    return count;
  }

  /** Move the samples from bucket `first` on by `shift` of sender time. */
  shiftFrom(first: number, shift: number): void {
    for (let i = first; i < this.length; i++) this.at(i).shift(shift);
  }

  /** Local time is counted from `origin` now. */
  rebase(origin: number): void {
    for (const bucket of this.#buckets) bucket.rebase(origin);
  }

  /** The samples, for JSON. */
  save(): number[][] {
    return this.#buckets.map((bucket) => bucket.save());
  }

  /** Take up saved samples. */
  load(saved: readonly (readonly number[])[], probation: number): void {
    this.#buckets = saved.map((values) => Bucket.load(values));
    this.probation = Math.min(probation, this.#buckets.length);
  }
}
