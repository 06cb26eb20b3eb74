/** A rate as a fraction of integers: 30000/1001, never 29.97. */
export interface FrameRate {
  readonly numerator: number;
  readonly denominator: number;
}

/** RTP clock rate of ancillary data unless the SDP says otherwise (RFC 8331 3.1). */
export const DEFAULT_CLOCK_RATE = 90_000;

const NS_PER_SECOND = 1_000_000_000n;

/**
 * RTP timestamp of frame `frameNumber`: ⌊n · clockRate · denominator / numerator⌋ modulo 2³², exact for every n
 * (RFC 8331 2: sampling instants that are no integers are truncated). Frame 0 has timestamp 0: on the PTP epoch
 * n counts from 1970-01-01 TAI. For fields, count fields and double the rate.
 *
 * ```ts
 * rtpTimestamp(1, { numerator: 30000, denominator: 1001 }); // 3003
 * rtpTimestamp(1, { numerator: 60000, denominator: 1001 }); // 1501: field 2 of frame 0
 * ```
 *
 * @throws {RangeError} when `frameNumber` is not a non-negative integer or the rate is not positive
 */
export function rtpTimestamp(
  frameNumber: number | bigint,
  frameRate: FrameRate,
  clockRate: number = DEFAULT_CLOCK_RATE,
): number {
  if (typeof frameNumber === "number" ? !Number.isSafeInteger(frameNumber) : false) {
    throw new RangeError(`frameNumber: ${frameNumber} is not a safe integer`);
  }
  if (frameNumber < 0) throw new RangeError(`frameNumber: ${frameNumber} is negative`);
  positive("numerator", frameRate.numerator);
  positive("denominator", frameRate.denominator);
  positive("clockRate", clockRate);
  const { numerator, denominator } = frameRate;
  const ticks = Number(frameNumber) * clockRate * denominator;
  if (ticks <= Number.MAX_SAFE_INTEGER)
    return ((ticks - (ticks % numerator)) / numerator) % 2 ** 32;
  const exact = (BigInt(frameNumber) * BigInt(clockRate) * BigInt(denominator)) / BigInt(numerator);
  return Number(BigInt.asUintN(32, exact));
}

/**
 * RTP timestamp of an instant: ⌊ns · clockRate / 10⁹⌋ modulo 2³², negative instants too. Use it only where no
 * frame number is known: rounded nanoseconds can be a tick too early.
 */
export function rtpTimestampOfNs(ns: bigint, clockRate: number = DEFAULT_CLOCK_RATE): number {
  positive("clockRate", clockRate);
  const product = ns * BigInt(clockRate);
  const quotient = product / NS_PER_SECOND;
  // BigInt division truncates towards zero.
  const below = product < 0n && quotient * NS_PER_SECOND !== product;
  return Number(BigInt.asUintN(32, below ? quotient - 1n : quotient));
}

function positive(field: string, value: number): void {
  if (!Number.isSafeInteger(value) || value <= 0) {
    throw new RangeError(`${field}: ${value} is not a positive integer`);
  }
}
