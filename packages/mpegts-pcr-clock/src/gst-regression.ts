// GstClock's linear regression, bit for bit, to compare with: 64-bit integers all the way, hence bigint.

/** A line through the newest observation: external = `external` + (internal − `internal`) · `rateNum` / `rateDenom`. */
export interface GstCalibration {
  readonly internal: bigint;
  readonly external: bigint;
  readonly rateNum: bigint;
  readonly rateDenom: bigint;
}

/** GstClock's window-threshold. */
const MIN_OBSERVATIONS = 4;
const U64_MAX = 2n ** 64n - 1n;
const I64_MIN = -(2n ** 63n);
const I64_MAX = 2n ** 63n - 1n;

/** `a · b / c`, rounded half up, saturating, as gst_util_uint64_scale_round does. */
function scaleRound(a: bigint, b: bigint, c: bigint): bigint {
  const value = (a * b + c / 2n) / c;
  return value > U64_MAX ? U64_MAX : value;
}

/** `a · b / c`, rounded down, saturating, as gst_util_uint64_scale does. */
function scale(a: bigint, b: bigint, c: bigint): bigint {
  const value = (a * b) / c;
  return value > U64_MAX ? U64_MAX : value;
}

/** The reading of a calibrated clock at `internal`, ns. */
export function applyCalibration(calibration: GstCalibration, internal: bigint): bigint {
  const { rateNum, rateDenom } = calibration;
  if (internal >= calibration.internal) {
    return scale(internal - calibration.internal, rateNum, rateDenom) + calibration.external;
  }
  const back = scale(calibration.internal - internal, rateNum, rateDenom);
  return calibration.external > back ? calibration.external - back : 0n;
}

/** Observations of two clocks and the line that gst_clock_add_observation puts through them. */
export class GstRegression {
  readonly #size: number;
  #x: bigint[] = [];
  #y: bigint[] = [];
  #next = 0;

  /** @throws {RangeError} when `windowSize` is not within 2 to 1024 */
  constructor(windowSize = 32) {
    if (!(Number.isInteger(windowSize) && windowSize >= 2 && windowSize <= 1024)) {
      throw new RangeError(`windowSize: ${windowSize} is not within 2 to 1024`);
    }
    this.#size = windowSize;
  }

  /** Forget the observations. */
  reset(): void {
    this.#x = [];
    this.#y = [];
    this.#next = 0;
  }

  /** Take a pair of readings, ns. Returns the new calibration; `undefined` when there is none. */
  add(internal: bigint, external: bigint): GstCalibration | undefined {
    this.#x[this.#next] = internal;
    this.#y[this.#next] = external;
    this.#next = (this.#next + 1) % this.#size;
    return this.#x.length < MIN_OBSERVATIONS ? undefined : regress(this.#x, this.#y);
  }
}

function regress(x: readonly bigint[], y: readonly bigint[]): GstCalibration | undefined {
  const n = BigInt(x.length);
  const [xMin, xMax] = extremes(x);
  const [yMin, yMax] = extremes(y);
  const xs = x.map((value) => value - xMin);
  const ys = y.map((value) => value - yMin);
  const xMean = xs.reduce((sum, value) => sum + value, 0n) / n;
  const yMean = ys.reduce((sum, value) => sum + value, 0n) / n;
  const range = [1n, xMax - xMin, yMax - yMin].reduce((a, b) => (a > b ? a : b));
  let shift = BigInt(Math.max(0, range.toString(2).length - 31));
  let sums = sumsOf(xs, ys, xMean, yMean, shift);
  while (sums === undefined) sums = sumsOf(xs, ys, xMean, yMean, ++shift);
  const { sxx, sxy } = sums;
  if (sxx === 0n) return undefined;
  // The numerator is a signed sum that GStreamer goes on to use as an unsigned one.
  const rateNum = BigInt.asUintN(64, sxy);
  const rateDenom = BigInt.asUintN(64, sxx);
  const external =
    yMin +
    yMean -
    scaleRound(xMean, rateNum, rateDenom) +
    scaleRound(xMax - xMin, rateNum, rateDenom);
  return { internal: xMax, external: BigInt.asUintN(64, external), rateNum, rateDenom };
}

function extremes(values: readonly bigint[]): [bigint, bigint] {
  let least = values[0] ?? 0n;
  let most = least;
  for (const value of values) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return [least, most];
}

/** Sums of squares with `shift` low bits taken off; `undefined` when they leave 64 bits. */
function sumsOf(
  xs: readonly bigint[],
  ys: readonly bigint[],
  xMean: bigint,
  yMean: bigint,
  shift: bigint,
): { sxx: bigint; sxy: bigint } | undefined {
  const xm = xMean >> shift;
  const ym = yMean >> shift;
  let sxx = 0n;
  let sxy = 0n;
  let syy = 0n;
  for (let i = 0; i < xs.length; i++) {
    const x = (xs[i] as bigint) >> shift;
    const y = (ys[i] as bigint) >> shift;
    sxx += x * x - xm * xm;
    sxy += x * y - xm * ym;
    syy += y * y - ym * ym;
    if (!fits(sxx) || !fits(sxy) || !fits(syy)) return undefined;
  }
  return { sxx, sxy };
}

function fits(value: bigint): boolean {
  return value >= I64_MIN && value <= I64_MAX;
}
