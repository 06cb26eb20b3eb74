import { ArrivalTick } from "./arrival-tick.js";
import { BUCKET_NS, Bucket } from "./bucket.js";
import { BucketList } from "./bucket-list.js";
import { likeliestFloor } from "./delay-model.js";
import { type FitState, FloorFit, type RatePrior, slopeChangeOver } from "./floor-fit.js";
import { differenceAt, type Line, type Moment, moveOrigin, type Point } from "./line.js";
import { SlopeHistory } from "./slope-history.js";

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
  readonly tick: readonly number[];
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
  readonly #fit: FloorFit;
  readonly #state: FitState = { sigma: MIN_WIDTH, tau: MIN_WIDTH, curvature: 0 };
  readonly #maxSlope: number;
  readonly #holdsDelay: boolean;
  readonly #buckets = new BucketList(this.line, MAX_SAMPLES);
  #current: Bucket | undefined;
  #fitted = false;
  #spread = MIN_SPREAD;
  #heldDelay = 0;
  #prior: RatePrior | undefined;
  /** Local time of the first sample. */
  #startX = Infinity;
  /** Local time that buckets must span before the next fit. */
  #fitSpan = FIRST_FIT_NS;
  /** No fit since the last restart. */
  #restarted = false;
  readonly #scratch = new Float64Array(MAX_SAMPLES);
  readonly #slopes = new SlopeHistory();
  readonly #tick = new ArrivalTick();

  constructor(maxPpm: number, holdsDelay: boolean) {
    this.#maxSlope = maxPpm * 1e-6;
    this.#fit = new FloorFit(MAX_SAMPLES, this.#maxSlope);
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
    return this.#buckets.span;
  }

  /** Mean slope over the buckets in use: much surer than the slope at their end, which follows every bend. */
  get meanSlope(): number {
    const mean = this.line.slope - slopeChangeOver(this.#state, this.span) / 2;
    return Math.max(-this.#maxSlope, Math.min(this.#maxSlope, mean));
  }

  /** Standard error of the mean slope, about. */
  get slopeDeviation(): number {
    const { believed: count, span } = this.#buckets;
    const own = span === 0 ? Infinity : (this.#spread * Math.sqrt(12)) / (span * Math.sqrt(count));
    return Math.min(own, this.#prior?.deviation ?? Infinity);
  }

  /** How much the slope differs from that 10 s ago; infinite while that is unknown. */
  get slopeChange(): number {
    return this.#slopes.change(this.line.slope);
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
    this.#buckets.release(0, this.#buckets.length);
    this.#buckets.probation = 0;
    if (this.#current !== undefined) this.#buckets.recycle(this.#current);
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

  /** True when a sample is the first of a new bucket: then {@link closeBucket} comes before {@link add}. */
  isDue({ x }: Moment): boolean {
    return this.#current !== undefined && x - this.#current.start >= BUCKET_NS;
  }

  /** Add a sample. */
  add(sample: Point, dense: boolean): void {
    const { x, difference } = sample;
    this.#tick.add(sample);
    if (this.#startX === Infinity) this.#startX = x;
    this.#current ??= this.#buckets.open(sample);
    const residual = difference - differenceAt(this.line, x);
    if (!this.#fitted && residual > 0) this.line.difference += residual;
    this.#current.add(sample, this.line, dense);
  }

  /** End the current bucket: fit, and look for steps of the path delay. */
  closeBucket(now: Moment): FloorChange {
    const change = this.change;
    change.shift = 0;
    change.delayStep = 0;
    change.outliers = 0;
    const bucket = this.#current;
    if (bucket === undefined) return change;
    this.#current = undefined;
    const steps = this.#fitted && now.x - this.#startX >= STEPS_FROM_NS;
    const doubted = steps && bucket.height(this.line) > this.#downTolerance();
    if (!doubted) change.outliers += this.#buckets.dropProbation();
    this.#buckets.push(bucket);
    if (doubted) {
      this.#buckets.probation++;
      this.#testDown();
    }
    this.#buckets.dropOld(now);
    this.#refit(now);
    if (this.#fitted) this.#slopes.note(this.line);
    if (steps && this.#buckets.probation === 0) this.#testUp();
    return change;
  }

  /** Move line and samples by `by` of sender time: another zero of the sender's clock. */
  shift(by: number): void {
    this.line.difference += by;
    this.#buckets.shiftFrom(0, by);
    this.#current?.shift(by);
  }

  /** Local time is counted from `origin` now. */
  rebase(origin: number): void {
    this.#buckets.rebase(origin);
    this.#current?.rebase(origin);
    this.line.x -= origin;
    this.#startX -= origin;
    this.#tick.rebase(origin);
  }

  /** The state, for JSON. */
  save(): DelayFloorSnapshot {
    const buckets = this.#buckets.save();
    if (this.#current !== undefined) buckets.push(this.#current.save());
    return {
      line: { ...this.line },
      fitted: this.#fitted,
      fit: { ...this.#state },
      spread: this.#spread,
      heldDelay: this.#heldDelay,
      prior: this.#prior ?? null,
      startX: this.#startX === Infinity ? null : this.#startX,
      fitSpan: this.#fitSpan,
      restarted: this.#restarted,
      slopes: this.#slopes.save(),
      tick: this.#tick.save(),
      probation: this.#buckets.probation,
      buckets,
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
    this.#startX = saved.startX ?? Infinity;
    this.#fitSpan = saved.fitSpan;
    this.#restarted = saved.restarted;
    this.#slopes.load(saved.slopes);
    this.#tick.load(saved.tick);
    const buckets = saved.buckets.slice(0, MAX_BUCKETS);
    const current = buckets.pop();
    this.#current = current === undefined ? undefined : Bucket.load(current);
    this.#buckets.load(buckets, saved.probation);
  }

  #downTolerance(): number {
    return Math.max(this.#leastStep(), 8 * this.#spread);
  }

  /** When arrivals are stamped by a coarse clock, a step of one tick is none of the path. */
  #leastStep(): number {
    return Math.max(MIN_STEP_NS, 1.5 * this.#tick.ns);
  }

  #refit(now: Moment): void {
    const buckets = this.#buckets;
    if (buckets.believed < FIT_BUCKETS || now.x - buckets.at(0).start < this.#fitSpan) return;
    if (this.span >= SETTLED_NS && now.x - this.line.x < SETTLED_FIT_NS) return;
    this.#fitSpan = FIRST_FIT_NS;
    if (this.#prior !== undefined && this.span >= PRIOR_NS) this.#prior = undefined;
    let start = 0;
    if (this.#restarted && this.#fitted) this.#guessSlope(now.x);
    this.#restarted = false;
    if (!this.#fitted) {
      this.#guessSlope(now.x);
      start = buckets.medianResidual();
      const width = buckets.medianDistance(start);
      this.#state.sigma = this.#state.tau = Math.max(MIN_WIDTH, width);
      this.#state.curvature = 0;
      this.#fitted = true;
    }
    this.#fit.begin(start);
    // The newest first: should the samples not fit in, the oldest are left out.
    for (let i = buckets.believed - 1; i >= 0; i--) {
      const bucket = buckets.at(i);
      this.#fit.take(bucket.x, bucket.difference, bucket.count, this.line, now);
    }
    this.#fit.run(this.line, this.#state, now, this.#prior);
    this.#spread = Math.max(MIN_SPREAD, buckets.medianDistance(0));
  }

  /**
   * Start the first fit of a sender near its rate, or the slope of a far one would pass for evenly spread noise: the
   * median slope between buckets, as far as it can be trusted against what is expected.
   */
  #guessSlope(x: number): void {
    const buckets = this.#buckets;
    const slope = buckets.medianSlope();
    const { line } = this;
    const old = line.slope;
    moveOrigin(line, x);
    line.slope = old + slope;
    const width = buckets.medianDistance(buckets.medianResidual());
    const deviation = (width * Math.sqrt(12)) / (buckets.span * Math.sqrt(buckets.believed));
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
    line.difference += buckets.medianResidual();
    this.#state.sigma = this.#state.tau = Math.max(MIN_WIDTH, width);
    this.#state.curvature = 0;
  }

  /** A route became longer: the last buckets all lie below the line, behind an edge. */
  #testUp(): void {
    const buckets = this.#buckets;
    const first = buckets.length - UP_BUCKETS;
    if (first < EDGE_BUCKETS) return;
    let nearest = -Infinity;
    let farthest = Infinity;
    for (let i = first; i < buckets.length; i++) {
      const residual = buckets.residual(i);
      nearest = Math.max(nearest, residual);
      farthest = Math.min(farthest, residual);
    }
    const step = -nearest;
    if (step <= Math.max(this.#leastStep(), 5 * this.#spread) || nearest - farthest >= step / 4)
      return;
    let edge = false;
    for (let i = first - EDGE_BUCKETS; i < first; i++) {
      edge ||= buckets.residual(i) > -0.4 * step;
    }
    if (!edge) return;
    const floor = this.#floorFrom(first);
    this.change.delayStep = -floor;
    if (this.#holdsDelay) {
      this.#shiftFrom(first, -floor);
      this.#heldDelay -= floor;
    } else {
      buckets.release(0, first);
      this.#moveLine(floor);
    }
  }

  /** A route became shorter: the buckets on probation agree. */
  #testDown(): void {
    const buckets = this.#buckets;
    if (buckets.probation < DOWN_BUCKETS) return;
    const first = buckets.length - DOWN_BUCKETS;
    for (let i = 0; i < DOWN_BUCKETS; i++) this.#scratch[i] = buckets.residual(first + i);
    const tolerance = this.#downTolerance();
    const sorted = this.#scratch.subarray(0, DOWN_BUCKETS).sort();
    const median = ((sorted[1] as number) + (sorted[2] as number)) / 2;
    const spread = (sorted[DOWN_BUCKETS - 1] as number) - (sorted[0] as number);
    if (spread > Math.max(tolerance, median / 4)) {
      this.change.outliers += buckets.at(first).count;
      buckets.release(first, first + 1);
      buckets.probation--;
      return;
    }
    buckets.probation = 0;
    if (this.#heldDelay > 0 && median <= 1.25 * this.#heldDelay + tolerance) {
      const floor = this.#floorFrom(first);
      this.#shiftFrom(first, -floor);
      this.#heldDelay -= floor;
      if (this.#heldDelay < tolerance) this.#heldDelay = 0;
      this.change.delayStep = -floor;
      return;
    }
    buckets.release(0, first);
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
    this.#buckets.shiftFrom(first, shift);
    this.change.shift = shift;
  }

  #floorFrom(first: number): number {
    return this.floorOf(this.#scratch, this.#buckets.residualsFrom(first, this.#scratch));
  }
}
