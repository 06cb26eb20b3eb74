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
  open(start: number): void {
    this.count = 0;
    this.start = start;
    this.#slot = -1;
  }

  /** Add a sample. `height`: how far it lies above the line, to tell the best. */
  add(x: number, difference: number, isBest: boolean, dense: boolean): void {
    if (this.count === 0 || isBest) {
      this.bestX = x;
      this.bestDifference = difference;
    }
    const at = dense || this.count >= THIN_ABOVE ? this.#placeInSlot(x, difference) : this.count;
    if (at < 0) return;
    if (at === this.count) {
      if (at === this.x.length) this.#grow();
      this.count++;
    }
    this.x[at] = x;
    this.difference[at] = difference;
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
    bucket.open(start);
    for (let at = 3; at + 1 < values.length; at += 2) {
      bucket.add(values[at] as number, values[at + 1] as number, false, false);
    }
    bucket.bestX = bestX;
    bucket.bestDifference = bestDifference;
    return bucket;
  }

  /** Where in the arrays the sample goes, or -1 when its slot has two better ones. */
  #placeInSlot(x: number, difference: number): number {
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
