import type { DelayModel } from "./delay-model.js";
import { differenceAt, type Line, type Moment } from "./line.js";
import { normalHazard } from "./normal-hazard.js";
import { selectRank } from "./order-statistics.js";

/** Time unit of the fit, ns. */
const T = 30e9;
/** Standard deviation of the curvature: the rate drifts by about 2e-8 per second. */
const CURVATURE_SD = 9e3;
/** Neighbouring samples are not independent: each counts as a tenth. */
const INDEPENDENCE = 0.1;
const MIN_WIDTH = 1e3;
/** From so many widths below the floor on the hazard is 0. */
const FAR = 8;
const MIN_WEIGHT = 1e-9;
const MAX_ROUNDS = 10;
/** A step of so many widths is the last one: the next fit goes on from there. Two rounds are usual. */
const SMALL_STEP = 0.05;
/**
 * Of any noise without wild values the distance from the 0.3 % to the 2 % quantile is at most about that from there to
 * the 10 % quantile; when it is this many times as long, more than 0.3 % of the values are wild.
 */
const WILD = 4;
/** With fewer samples these quantiles are the same few samples. */
const WILD_FROM = 400;

/** What is known of the rate from elsewhere; `slope` is rate minus 1. */
export interface RatePrior {
  readonly slope: number;
  readonly deviation: number;
}

/** What the fit carries from one time to the next. */
export interface FitState extends DelayModel {
  /** Curvature of the difference, ns per T². */
  curvature: number;
}

/** How much the fitted slope changes over `span` ns. */
export function slopeChangeOver(state: FitState, span: number): number {
  return (2 * state.curvature * span) / (T * T);
}

/**
 * Fits the delay floor to samples by maximum likelihood. The samples' height below the floor is Gaussian plus
 * exponential: then −log likelihood is convex, for a sharp floor the result is the envelope, for wide stamping errors it
 * is least squares, and the widths decide which.
 */
export class FloorFit {
  readonly #t: Float64Array;
  readonly #z: Float64Array;
  readonly #below: Float64Array;
  readonly #ranked: Float64Array;
  readonly #maxSlope: number;
  #count = 0;
  #start = 0;
  /** How wide the Gaussian part may be at most, ns. */
  #maxSigma = 0;
  /** Samples so far above the line are wild, ns below it. */
  #limit = 0;

  constructor(capacity: number, maxSlope: number) {
    this.#maxSlope = maxSlope;
    this.#t = new Float64Array(capacity);
    this.#z = new Float64Array(capacity);
    this.#below = new Float64Array(capacity);
    this.#ranked = new Float64Array(capacity);
  }

  /**
   * Forget the samples.
   * @param start the floor's first guess above the line, ns
   */
  begin(start: number): void {
    this.#count = 0;
    this.#start = start;
  }

  /** Take `count` samples relative to `line`; `now` is the fit's time origin. */
  take(x: Float64Array, difference: Float64Array, count: number, line: Line, now: Moment): void {
    for (let i = 0, at = this.#count; i < count && at < this.#t.length; i++, at++) {
      const xi = x[i] as number;
      this.#t[at] = (xi - now.x) / T;
      this.#z[at] = (difference[i] as number) - differenceAt(line, xi);
      this.#count = at + 1;
    }
  }

  /** Improve `line` and `state` in place. */
  run(line: Line, state: FitState, now: Moment, prior: RatePrior | undefined): void {
    let a = this.#start;
    let b = 0;
    let c = state.curvature;
    this.#measureBelow(state);
    this.#findEdge();
    state.sigma = Math.min(state.sigma, this.#maxSigma);
    const kept = this.#dropWild();
    const oldSlope = line.slope;
    const ts = this.#t;
    const zs = this.#z;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const { sigma, tau } = state;
      const k = sigma / tau;
      let g0 = 0;
      let g1 = 0;
      let g2 = 0;
      let h0 = 0;
      let h1 = 0;
      let h2 = 0;
      let h3 = 0;
      let h4 = 0;
      let delays = 0;
      let spread = 0;
      let informed = 0;
      let far = 0;
      let farT = 0;
      let farTT = 0;
      for (let i = 0; i < kept; i++) {
        const t = ts[i] as number;
        const below = a + t * (b + t * c) - (zs[i] as number);
        const zeta = below / sigma - k;
        if (zeta >= FAR) {
          // Most samples of a network with queues: their hazard is 0, and only their number and place matter.
          far++;
          farT += t;
          farTT += t * t;
          delays += Math.min(below - sigma * k, 6 * tau);
          continue;
        }
        const m = normalHazard(zeta);
        const f = m / sigma - 1 / tau;
        const w = Math.max(m * (m + zeta), MIN_WEIGHT);
        const tt = t * t;
        g0 += f;
        g1 += f * t;
        g2 += f * tt;
        h0 += w;
        h1 += w * t;
        h2 += w * tt;
        h3 += w * tt * t;
        h4 += w * tt * tt;
        delays += Math.min(sigma * (zeta + m), 6 * tau);
        spread += (k - m) * (k - m) + 1 - m * (m + zeta);
        informed += w;
      }
      g0 -= far / tau;
      g1 -= farT / tau;
      g2 -= farTT / tau;
      spread += far * (k * k + 1);
      // A trace of weight each, so that the system has a solution when all samples are far.
      h0 += far * MIN_WEIGHT;
      h1 += farT * MIN_WEIGHT;
      h2 += farTT * MIN_WEIGHT;
      const scale = INDEPENDENCE / (sigma * sigma);
      g0 *= INDEPENDENCE;
      g1 *= INDEPENDENCE;
      g2 = g2 * INDEPENDENCE - c / (CURVATURE_SD * CURVATURE_SD);
      h0 *= scale;
      h1 *= scale;
      h2 *= scale;
      h3 *= scale;
      h4 = h4 * scale + 1 / (CURVATURE_SD * CURVATURE_SD);
      let h11 = h2;
      if (prior !== undefined) {
        const deviation = prior.deviation * T;
        g1 -= ((oldSlope + b / T - prior.slope) * T) / (deviation * deviation);
        h11 += 1 / (deviation * deviation);
      }
      // Cholesky of [h0 h1 h2; h1 h11 h3; h2 h3 h4].
      const l00 = Math.sqrt(h0);
      const l10 = h1 / l00;
      const l20 = h2 / l00;
      const l11 = Math.sqrt(Math.max(h11 - l10 * l10, 1e-30));
      const l21 = (h3 - l20 * l10) / l11;
      const l22 = Math.sqrt(Math.max(h4 - l20 * l20 - l21 * l21, 1e-30));
      const y0 = g0 / l00;
      const y1 = (g1 - l10 * y0) / l11;
      const y2 = (g2 - l20 * y0 - l21 * y1) / l22;
      let dc = y2 / l22;
      let db = (y1 - l21 * dc) / l11;
      let da = (y0 - l10 * db - l20 * dc) / l00;
      const limit = 3 * Math.max(sigma, Math.min(tau, 10 * sigma));
      const size = Math.max(Math.abs(da), Math.abs(da - 2 * db + 4 * dc));
      if (size > limit) {
        da *= limit / size;
        db *= limit / size;
        dc *= limit / size;
      }
      a += da;
      b += db;
      c += dc;
      state.tau = Math.max(MIN_WIDTH, clamp(delays / kept, tau / 1.5, tau * 1.5));
      // Plain expectation-maximisation would need hundreds of rounds when few samples lie near the floor.
      const haste = Math.min(20, kept / Math.max(1, informed));
      const change = clamp(0.5 * Math.log(spread / kept) * haste, -0.3, 0.3);
      state.sigma = clamp(sigma * Math.exp(change), MIN_WIDTH, this.#maxSigma);
      if (size < SMALL_STEP * sigma) break;
    }
    state.curvature = c;
    line.difference = differenceAt(line, now.x) + a;
    line.x = now.x;
    line.slope = clamp(oldSlope + b / T, -this.#maxSlope, this.#maxSlope);
  }

  #measureBelow({ curvature }: FitState): void {
    const start = this.#start;
    for (let i = 0; i < this.#count; i++) {
      const t = this.#t[i] as number;
      const below = start + t * (t * curvature) - (this.#z[i] as number);
      this.#below[i] = below;
      this.#ranked[i] = below;
    }
  }

  /**
   * The early side's shape: how wide the Gaussian part may be at most, and from where on samples are wild. Without
   * these a few PCRs stamped a millisecond early would carry the line alone, and a sender's release timer, which
   * spreads evenly, would pass for Gaussian.
   */
  #findEdge(): void {
    const n = this.#count;
    const ranked = this.#ranked;
    const r50 = rank(0.5, 0, n);
    const r10 = rank(0.1, 0, n);
    const rb = rank(0.02, 8, n);
    const ra = rank(0.003, 2, n);
    const r05 = rank(0.005, 0, n);
    selectRank(ranked, r50, 0, n);
    const at50 = ranked[r50] as number;
    selectRank(ranked, r10, 0, r50 + 1);
    const at10 = ranked[r10] as number;
    // Only the smallest tenth matters from here, or the few that the least ranks need.
    const head = Math.max(r10, Math.min(n - 1, 8)) + 1;
    if (head > r10 + 1) selectRank(ranked, head - 1, 0, n);
    selectRank(ranked, rb, 0, head);
    const qb = ranked[rb] as number;
    selectRank(ranked, ra, 0, rb + 1);
    const qa = ranked[ra] as number;
    selectRank(ranked, r05, 0, head);
    const at05 = ranked[r05] as number;
    const shape = (at50 - at10) / Math.max(1, at10 - at05);
    const factor = shape <= 1.5 ? 2 : shape >= 3 ? 0.2 : 2 - (1.8 * (shape - 1.5)) / 1.5;
    const width = Math.max(MIN_WIDTH, qb - qa);
    const inner = Math.max(MIN_WIDTH, at10 - qb);
    const hasWild = n >= WILD_FROM && width > WILD * inner;
    this.#maxSigma = Math.max(MIN_WIDTH, factor * (hasWild ? inner : qb - qa));
    this.#limit = hasWild ? qb - 3 * inner : qa - 3 * width;
  }

  /** Remove the wild samples; returns how many are left. */
  #dropWild(): number {
    let kept = 0;
    for (let i = 0; i < this.#count; i++) {
      if ((this.#below[i] as number) < this.#limit) continue;
      this.#t[kept] = this.#t[i] as number;
      this.#z[kept] = this.#z[i] as number;
      kept++;
    }
    this.#count = kept;
    return kept;
  }
}

/** The rank of a share of `n` values, `least` at least. */
function rank(share: number, least: number, n: number): number {
  return Math.min(n - 1, Math.max(least, Math.floor(share * n)));
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, value));
}
