import { BUCKET_NS, Bucket } from "./bucket.js";
import { likeliestFloor } from "./delay-model.js";
import { type FitState, FloorFit, type RatePrior } from "./floor-fit.js";
import { differenceAt, type Line, moveOrigin } from "./line.js";
import { medianOf } from "./order-statistics.js";

const WINDOW_NS = 90e9;
const MIN_BUCKETS = 4;
const FIT_BUCKETS = 6;
const FIRST_FIT_NS = 3e9;
/** From this span on a second changes little: every fourth bucket is enough. */
const SETTLED_NS = 30e9;
const SETTLED_FIT_NS = 1.5e9;
const REFIT_NS = 10e9;
/** A rate prior has done its work when samples span this. */
const PRIOR_NS = 81e9;
const RESTART_DEVIATION = 5e-6;
/** A rate that differs by more than this behind a jump is another sender's. */
const OTHER_SENDER = 10e-6;
const MIN_SPREAD = 200;
const MIN_WIDTH = 1e3;
/** Delay steps are looked for from here on after the start. */
const STEPS_FROM_NS = 30e9;
const MIN_STEP_NS = 1.5e6;
const UP_BUCKETS = 8;
const EDGE_BUCKETS = 4;
const DOWN_BUCKETS = 4;
/** 90 s of buckets, and some for probation. */
const MAX_BUCKETS = 400;
const MAX_SAMPLES = 8192;
/** Rate history for the lock criterion: 10 s of buckets. */
const SLOPE_HISTORY = 40;

/** What a bucket's end brought. */
export interface FloorChange {
  /** Sender time that is added to what is behind this sample: a path delay that is held or given back. */
  shift: number;
  /** Change of the path delay, ns; 0: none. */
  delayStep: number;
  /** Samples dropped as outliers. */
  outliers: number;
}

/** The state of a {@link DelayFloor}, for JSON. */
export interface DelayFloorSnapshot {
  readonly line: Line;
  readonly fitted: boolean;
  readonly fit: FitState;
  readonly spread: number;
  readonly heldDelay: number;
  readonly prior: RatePrior | null;
  readonly startX: number | null;
  readonly fitSpan: number;
  readonly restarted: boolean;
  readonly slopes: readonly number[];
  readonly probation: number;
  /** Per bucket: start, best x, best difference, then x and difference of each sample. */
  readonly buckets: readonly (readonly number[])[];
}

/**
 * Follows the floor of the path delay: the line that the least delayed samples lie on. Means follow the average delay,
 * which wanders with every queue; the floor does not.
 */
export class DelayFloor {
  /** The model: sender minus local time over local time. */
  readonly line: Line = { x: 0, difference: 0, slope: 0 };
  readonly change: FloorChange = { shift: 0, delayStep: 0, outliers: 0 };
  readonly #fit = new FloorFit(MAX_SAMPLES);
  readonly #state: FitState = { sigma: MIN_WIDTH, tau: MIN_WIDTH, curvature: 0 };
  readonly #maxSlope: number;
  readonly #holdsDelay: boolean;
  #buckets: Bucket[] = [];
  /** The last so many of `#buckets` are above the line and not believed yet. */
  #probation = 0;
  readonly #spare: Bucket[] = [];
  #current: Bucket | undefined;
  #fitted = false;
  #spread = MIN_SPREAD;
  #heldDelay = 0;
  #prior: RatePrior | undefined;
  #startX: number | undefined;
  /** Local time that buckets must span before the next fit. */
  #fitSpan = FIRST_FIT_NS;
  /** No fit since the last restart. */
  #restarted = false;
  readonly #scratch = new Float64Array(MAX_SAMPLES);
  readonly #slopes = new Float64Array(SLOPE_HISTORY);
  #slopeCount = 0;

  constructor(maxPpm: number, holdsDelay: boolean) {
    this.#maxSlope = maxPpm * 1e-6;
    this.#holdsDelay = holdsDelay;
    this.#prior = { slope: 0, deviation: this.#maxSlope / 3 };
  }

  get fitted(): boolean {
    return this.#fitted;
  }

  /** Median distance of the buckets' best samples from the line, ns. */
  get spread(): number {
    return this.#spread;
  }

  get model(): Readonly<FitState> {
    return this.#state;
  }

  /** Path delay that was added to the first one and is not part of the clock, ns. */
  get heldDelay(): number {
    return this.#heldDelay;
  }

  /** Local time from the first to the last bucket in use, ns. */
  get span(): number {
    const first = this.#buckets[0];
    const last = this.#buckets[this.#buckets.length - 1 - this.#probation];
    return first === undefined || last === undefined ? 0 : last.start - first.start;
  }

  /** Standard error of the slope, about. */
  get slopeDeviation(): number {
    const count = this.#buckets.length - this.#probation;
    const span = this.span;
    const own = span === 0 ? Infinity : (this.#spread * Math.sqrt(12)) / (span * Math.sqrt(count));
    return Math.min(own, this.#prior?.deviation ?? Infinity);
  }

  /** How much the slope differs from that 10 s ago; infinite while that is unknown. */
  get slopeChange(): number {
    if (this.#slopeCount < SLOPE_HISTORY) return Infinity;
    const oldest = this.#slopes[this.#slopeCount % SLOPE_HISTORY] as number;
    return Math.abs(this.line.slope - oldest);
  }

  /** A new time base, or a new start: the line and its rate stay, the samples go. */
  restart(): void {
    if (this.#fitted) {
      const deviation = Math.max(
        RESTART_DEVIATION,
        Math.min(3 * this.slopeDeviation, this.#maxSlope / 3),
      );
      this.#prior = { slope: this.line.slope, deviation };
      this.#fitSpan = REFIT_NS;
      this.#restarted = true;
    }
    this.#release(0, this.#buckets.length);
    this.#probation = 0;
    if (this.#current !== undefined) this.#spare.push(this.#current);
    this.#current = undefined;
  }

  /** The shift that puts the floor of `residuals[0..count)` on the line. Reorders them. */
  floorOf(residuals: Float64Array, count: number): number {
    const view = residuals.subarray(0, count).sort();
    const highest = view[count - 1] as number;
    if (!this.#fitted) return highest;
    const third = view[Math.max(0, count - 3)] as number;
    const ninth = view[Math.max(0, count - 9)] as number;
    const limit = third + 3 * Math.max(MIN_WIDTH, third - ninth);
    let kept = count;
    while (kept > 1 && (view[kept - 1] as number) > limit) kept--;
    return likeliestFloor(view, kept, this.#state, view[kept - 1] as number);
  }

  /** True when a sample at `x` is the first of a new bucket: then {@link closeBucket} comes before {@link add}. */
  isDue(x: number): boolean {
    return this.#current !== undefined && x - this.#current.start >= BUCKET_NS;
  }

  /** Add a sample. */
  add(x: number, difference: number, dense: boolean): void {
    this.#startX ??= x;
    if (this.#current === undefined) {
      this.#current = this.#spare.pop() ?? new Bucket();
      this.#current.open(x);
    }
    const bucket = this.#current;
    const residual = difference - differenceAt(this.line, x);
    if (!this.#fitted && residual > 0) this.line.difference += residual;
    const best = bucket.bestDifference - differenceAt(this.line, bucket.bestX);
    bucket.add(x, difference, difference - differenceAt(this.line, x) > best, dense);
  }

  /** End the current bucket at local time `x`: fit, and look for steps of the path delay. */
  closeBucket(x: number): FloorChange {
    const change = this.change;
    change.shift = 0;
    change.delayStep = 0;
    change.outliers = 0;
    const bucket = this.#current;
    if (bucket === undefined) return change;
    this.#current = undefined;
    const steps = this.#fitted && x - (this.#startX ?? x) >= STEPS_FROM_NS;
    if (steps && this.#residualOf(bucket) > this.#downTolerance()) {
      this.#buckets.push(bucket);
      this.#probation++;
      this.#testDown();
    } else {
      if (this.#probation > 0) {
        const first = this.#buckets.length - this.#probation;
        for (let i = first; i < this.#buckets.length; i++) {
          change.outliers += (this.#buckets[i] as Bucket).count;
        }
        this.#release(first, this.#buckets.length);
        this.#probation = 0;
      }
      this.#buckets.push(bucket);
    }
    this.#dropOld(x);
    this.#refit(x);
    if (this.#fitted) this.#noteSlope();
    if (steps && this.#probation === 0) this.#testUp();
    return change;
  }

  /** Move line and samples by `by` of sender time: another zero of the sender's clock. */
  shift(by: number): void {
    this.line.difference += by;
    for (const bucket of this.#buckets) bucket.shift(by);
    this.#current?.shift(by);
  }

  /** Local time is counted from `origin` now. */
  rebase(origin: number): void {
    for (const bucket of this.#buckets) bucket.rebase(origin);
    this.#current?.rebase(origin);
    this.line.x -= origin;
    if (this.#startX !== undefined) this.#startX -= origin;
  }

  /** The state, for JSON. */
  save(): DelayFloorSnapshot {
    const buckets = this.#current === undefined ? this.#buckets : [...this.#buckets, this.#current];
    return {
      line: { ...this.line },
      fitted: this.#fitted,
      fit: { ...this.#state },
      spread: this.#spread,
      heldDelay: this.#heldDelay,
      prior: this.#prior ?? null,
      startX: this.#startX ?? null,
      fitSpan: this.#fitSpan,
      restarted: this.#restarted,
      slopes: this.#slopeHistory(),
      probation: this.#probation,
      buckets: buckets.map((bucket) => bucket.save()),
    };
  }

  /** Take up a saved state. */
  load(saved: DelayFloorSnapshot): void {
    Object.assign(this.line, saved.line);
    Object.assign(this.#state, saved.fit);
    this.#fitted = saved.fitted;
    this.#spread = saved.spread;
    this.#heldDelay = saved.heldDelay;
    this.#prior = saved.prior ?? undefined;
    this.#startX = saved.startX ?? undefined;
    this.#fitSpan = saved.fitSpan;
    this.#restarted = saved.restarted;
    this.#slopeCount = 0;
    for (const slope of saved.slopes) this.#slopes[this.#slopeCount++ % SLOPE_HISTORY] = slope;
    this.#buckets = saved.buckets.slice(0, MAX_BUCKETS).map((values) => Bucket.load(values));
    this.#current = this.#buckets.pop();
    this.#probation = Math.min(saved.probation, this.#buckets.length);
  }

  #residualOf(bucket: Bucket): number {
    return bucket.bestDifference - differenceAt(this.line, bucket.bestX);
  }

  #downTolerance(): number {
    return Math.max(MIN_STEP_NS, 8 * this.#spread);
  }

  #refit(x: number): void {
    const count = this.#buckets.length - this.#probation;
    const first = this.#buckets[0];
    if (first === undefined || count < FIT_BUCKETS || x - first.start < this.#fitSpan) return;
    if (this.span >= SETTLED_NS && x - this.line.x < SETTLED_FIT_NS) return;
    this.#fitSpan = FIRST_FIT_NS;
    if (this.#prior !== undefined && this.span >= PRIOR_NS) this.#prior = undefined;
    let start = 0;
    let rounds = 3;
    if (this.#restarted && this.#fitted) this.#guessSlope(count, x);
    this.#restarted = false;
    if (!this.#fitted) {
      rounds = 10;
      this.#guessSlope(count, x);
      start = this.#medianResidual(count);
      const width = this.#medianDistance(count, start);
      this.#state.sigma = this.#state.tau = Math.max(MIN_WIDTH, width);
      this.#state.curvature = 0;
      this.#fitted = true;
    }
    this.#fit.clear();
    // The newest first: should the samples not fit in, the oldest are left out.
    for (let i = count - 1; i >= 0; i--) {
      const bucket = this.#buckets[i] as Bucket;
      this.#fit.take(bucket.x, bucket.difference, bucket.count, this.line, x);
    }
    this.#fit.run(this.line, this.#state, x, rounds, start, this.#prior, this.#maxSlope);
    this.#spread = Math.max(MIN_SPREAD, this.#medianDistance(count, 0));
  }

  #noteSlope(): void {
    this.#slopes[this.#slopeCount++ % SLOPE_HISTORY] = this.line.slope;
    if (this.#slopeCount >= 2 * SLOPE_HISTORY) this.#slopeCount -= SLOPE_HISTORY;
  }

  /**
   * Start the first fit of a sender near its rate, or the slope of a far one would pass for evenly spread noise: the
   * median slope between buckets, as far as it can be trusted against what is expected.
   */
  #guessSlope(count: number, x: number): void {
    let pairs = 0;
    for (let i = 1; i < count; i++) {
      const a = this.#buckets[i] as Bucket;
      for (let j = 0; j < i && pairs < MAX_SAMPLES; j++) {
        const b = this.#buckets[j] as Bucket;
        const rise = this.#residualOf(a) - this.#residualOf(b);
        this.#scratch[pairs++] = rise / Math.max(1, a.bestX - b.bestX);
      }
    }
    const slope = medianOf(this.#scratch, pairs);
    const { line } = this;
    const old = line.slope;
    moveOrigin(line, x);
    line.slope = old + slope;
    const width = this.#medianDistance(count, this.#medianResidual(count));
    const deviation = (width * Math.sqrt(12)) / (this.span * Math.sqrt(count));
    const expected = this.#maxSlope / 3;
    const trust = expected ** 2 / (expected ** 2 + deviation ** 2);
    const isOther = Math.abs(slope) > Math.max(OTHER_SENDER, 6 * deviation);
    if (this.#fitted && !isOther) {
      line.slope = old;
      return;
    }
    line.slope = Math.max(-this.#maxSlope, Math.min(this.#maxSlope, old + trust * slope));
    if (!this.#fitted) return;
    this.#prior = { slope: line.slope, deviation: Math.max(RESTART_DEVIATION, deviation) };
    line.difference += this.#medianResidual(count);
    this.#state.sigma = this.#state.tau = Math.max(MIN_WIDTH, width);
    this.#state.curvature = 0;
  }

  /** Median distance of the buckets' best samples from `center` above the line. */
  #medianDistance(count: number, center: number): number {
    for (let i = 0; i < count; i++) {
      this.#scratch[i] = Math.abs(this.#residualOf(this.#buckets[i] as Bucket) - center);
    }
    return medianOf(this.#scratch, count);
  }

  #medianResidual(count: number): number {
    for (let i = 0; i < count; i++) this.#scratch[i] = this.#residualOf(this.#buckets[i] as Bucket);
    return medianOf(this.#scratch, count);
  }

  /** A route became longer: the last buckets all lie below the line, behind an edge. */
  #testUp(): void {
    const buckets = this.#buckets;
    const first = buckets.length - UP_BUCKETS;
    if (first < EDGE_BUCKETS) return;
    let nearest = -Infinity;
    let farthest = Infinity;
    for (let i = first; i < buckets.length; i++) {
      const residual = this.#residualOf(buckets[i] as Bucket);
      nearest = Math.max(nearest, residual);
      farthest = Math.min(farthest, residual);
    }
    const step = -nearest;
    if (step <= Math.max(MIN_STEP_NS, 5 * this.#spread) || nearest - farthest >= step / 4) return;
    let edge = false;
    for (let i = first - EDGE_BUCKETS; i < first; i++) {
      edge ||= this.#residualOf(buckets[i] as Bucket) > -0.4 * step;
    }
    if (!edge) return;
    const floor = this.#floorOfBuckets(first, buckets.length);
    this.change.delayStep = -floor;
    if (this.#holdsDelay) {
      this.#shiftFrom(first, -floor);
      this.#heldDelay -= floor;
    } else {
      this.#release(0, first);
      this.#moveLine(floor);
    }
  }

  /** A route became shorter: the buckets on probation agree. */
  #testDown(): void {
    if (this.#probation < DOWN_BUCKETS) return;
    const first = this.#buckets.length - DOWN_BUCKETS;
    for (let i = 0; i < DOWN_BUCKETS; i++) {
      this.#scratch[i] = this.#residualOf(this.#buckets[first + i] as Bucket);
    }
    const tolerance = this.#downTolerance();
    const sorted = this.#scratch.subarray(0, DOWN_BUCKETS).sort();
    const median = ((sorted[1] as number) + (sorted[2] as number)) / 2;
    const spread = (sorted[DOWN_BUCKETS - 1] as number) - (sorted[0] as number);
    if (spread > Math.max(tolerance, median / 4)) {
      this.change.outliers += (this.#buckets[first] as Bucket).count;
      this.#release(first, first + 1);
      this.#probation--;
      return;
    }
    this.#probation = 0;
    if (this.#heldDelay > 0 && median <= 1.25 * this.#heldDelay + tolerance) {
      const floor = this.#floorOfBuckets(first, this.#buckets.length);
      this.#shiftFrom(first, -floor);
      this.#heldDelay -= floor;
      if (this.#heldDelay < tolerance) this.#heldDelay = 0;
      this.change.delayStep = -floor;
      return;
    }
    this.#release(0, first);
    this.#moveLine(median);
    this.change.delayStep = -median;
  }

  /** The old floor is no longer true: the line goes to the new one, and the output after it. */
  #moveLine(by: number): void {
    this.line.difference += by;
    this.#prior = { slope: this.line.slope, deviation: RESTART_DEVIATION };
    this.#fitSpan = REFIT_NS;
  }

  #shiftFrom(first: number, shift: number): void {
    for (let i = first; i < this.#buckets.length; i++) (this.#buckets[i] as Bucket).shift(shift);
    this.change.shift = shift;
  }

  #floorOfBuckets(first: number, end: number): number {
    let count = 0;
    for (let i = first; i < end; i++) {
      const { x, difference, count: samples } = this.#buckets[i] as Bucket;
      for (let j = 0; j < samples && count < MAX_SAMPLES; j++) {
        this.#scratch[count++] =
          (difference[j] as number) - differenceAt(this.line, x[j] as number);
      }
    }
    return this.floorOf(this.#scratch, count);
  }

  #dropOld(x: number): void {
    let old = 0;
    const most = this.#buckets.length - this.#probation - MIN_BUCKETS;
    while (old < most && (this.#buckets[old] as Bucket).start < x - WINDOW_NS) old++;
    this.#release(0, old);
  }

  #release(first: number, end: number): void {
    if (end > first) this.#spare.push(...this.#buckets.splice(first, end - first));
  }

  #slopeHistory(): number[] {
    const known = Math.min(this.#slopeCount, SLOPE_HISTORY);
    return Array.from(
      { length: known },
      (_, i) => this.#slopes[(this.#slopeCount - known + i) % SLOPE_HISTORY] as number,
    );
  }
}
