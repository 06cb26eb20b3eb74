import type { Nonlinearity } from "./header.js";

/** Bw with a non-linearity. */
export const NONLINEAR_BITS = 18;

/**
 * The extended non-linearity of a sensor (ISO/IEC 21122-1 G.5): from `blackLevel` to `toe`, both in samples of `bitDepth`
 * bits, samples are coded finer by `e` bits, 1 to 4; above, steps grow with the square root.
 * @throws {RangeError} when the levels are not in this order, the lower one is 0, or the curve ends before the upper one,
 * at 2^(bitDepth − e) and a little.
 */
export function extendedNonlinearity(
  bitDepth: number,
  blackLevel: number,
  toe: number,
  e = 3,
): Nonlinearity {
  const slope = 2 ** (NONLINEAR_BITS - e);
  const scale = 2 ** (2 * NONLINEAR_BITS - bitDepth);
  const t1 = Math.floor(Math.sqrt(slope ** 2 / 4 + blackLevel * scale)) - slope / 2;
  const t2 = Math.floor((toe * scale - t1 ** 2) / slope);
  if (![1, 2, 3, 4].includes(e) || !(t1 >= 1 && t1 <= t2 && t2 < 2 ** NONLINEAR_BITS)) {
    throw new RangeError(`no curve of ${bitDepth} bits from ${blackLevel} over ${toe} with E ${e}`);
  }
  return { tnlt: 2, t1, t2, e };
}
