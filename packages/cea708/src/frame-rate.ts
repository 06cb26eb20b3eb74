/** Frames per second as an exact fraction. */
export interface FrameRate {
  readonly numerator: number;
  readonly denominator: number;
}

/** One row of ST 334-2's table of frame rates. */
export interface CdpFrameRate {
  /** cdp_frame_rate, 1 to 8. */
  readonly cdpFrameRate: number;
  readonly frameRate: FrameRate;
  /** Triplets in every frame: 600 a second, shared out evenly. */
  readonly ccCount: number;
}

/** The eight rates that a CDP can name (ST 334-2, CTA-708-E 4.3). */
export const CDP_FRAME_RATES: readonly CdpFrameRate[] = [
  { cdpFrameRate: 1, frameRate: { numerator: 24000, denominator: 1001 }, ccCount: 25 },
  { cdpFrameRate: 2, frameRate: { numerator: 24, denominator: 1 }, ccCount: 25 },
  { cdpFrameRate: 3, frameRate: { numerator: 25, denominator: 1 }, ccCount: 24 },
  { cdpFrameRate: 4, frameRate: { numerator: 30000, denominator: 1001 }, ccCount: 20 },
  { cdpFrameRate: 5, frameRate: { numerator: 30, denominator: 1 }, ccCount: 20 },
  { cdpFrameRate: 6, frameRate: { numerator: 50, denominator: 1 }, ccCount: 12 },
  { cdpFrameRate: 7, frameRate: { numerator: 60000, denominator: 1001 }, ccCount: 10 },
  { cdpFrameRate: 8, frameRate: { numerator: 60, denominator: 1 }, ccCount: 10 },
];

/**
 * cdp_frame_rate of a frame rate; fractions need not be reduced.
 * @throws {RangeError} when no CDP can carry the rate.
 */
export function cdpFrameRateOf(rate: FrameRate): number {
  return rowOf(rate).cdpFrameRate;
}

/** The frame rate that a cdp_frame_rate names, or `undefined` for 0 and the reserved 9 to 15. */
export function frameRateOfCdp(cdpFrameRate: number): FrameRate | undefined {
  return CDP_FRAME_RATES[cdpFrameRate - 1]?.frameRate;
}

/**
 * Triplets of a frame, constant for a rate (ST 334-2).
 * @throws {RangeError} when no CDP can carry the rate.
 */
export function ccCountOf(rate: FrameRate): number {
  return rowOf(rate).ccCount;
}

/**
 * Line-21 pairs that belong into frame `frame`, counted from the start of the stream: 60 a second where line 21
 * has a clock (24, 30 and 60 Hz; 2, 3, 2, 3… at 24), one a field at 25 and 50 Hz.
 */
export function ntscPairsOf(rate: FrameRate, frame: number): number {
  return ntscPairsBefore(rate, frame + 1) - ntscPairsBefore(rate, frame);
}

/** Line-21 pairs in all frames before `frame`. Even: the next one is field 1. Odd: field 2. */
export function ntscPairsBefore(rate: FrameRate, frame: number): number {
  const nominal = Math.round(rate.numerator / rate.denominator);
  if (nominal === 25) return 2 * frame;
  if (nominal === 50) return frame;
  return Math.floor((frame * 60) / nominal);
}

/** The frame whose time is nearest to `ms`; half-way goes to the later one. */
export function frameOfMs(ms: number, rate: FrameRate): number {
  return Math.floor((ms * rate.numerator) / (1000 * rate.denominator) + 0.5);
}

/** Time of a frame in milliseconds, with its fraction. */
export function msOfFrame(frame: number, rate: FrameRate): number {
  return (frame * 1000 * rate.denominator) / rate.numerator;
}

function rowOf(rate: FrameRate): CdpFrameRate {
  const { numerator, denominator } = rate;
  for (const row of CDP_FRAME_RATES) {
    const { frameRate } = row;
    if (numerator * frameRate.denominator === denominator * frameRate.numerator) return row;
  }
  throw new RangeError(`no CDP carries ${numerator}/${denominator} frames per second`);
}
