/**
 * Signed shortest difference a − b modulo `modulus`, in [−modulus/2, modulus/2).
 * Both arguments and the modulus are integers below 2^53.
 */
export function wrapDiff(a: number, b: number, modulus: number): number {
  const half = Math.floor(modulus / 2);
  const difference = (a - b) % modulus;
  if (difference >= half) return difference - modulus;
  if (difference < -half) return difference + modulus;
  return difference;
}

/** `value` modulo `modulus`, always in [0, modulus). */
export function modulo(value: number, modulus: number): number {
  const rest = value % modulus;
  return rest < 0 ? rest + modulus : rest;
}

/** Continues a counter that wraps: each value becomes the one nearest to its predecessor. */
export class Unwrapper {
  readonly #modulus: number;
  #last: number | undefined;

  /** `modulus`: 2 ** 33 for PTS and PCR base, 2 ** 33 * 300 for PCR, 2 ** 32 for RTP time stamps. */
  constructor(modulus: number) {
    this.#modulus = modulus;
  }

  /** The unwrapped value; the first one is `value` itself. */
  next(value: number): number {
    this.#last =
      this.#last === undefined
        ? value
        : this.#last + wrapDiff(value, modulo(this.#last, this.#modulus), this.#modulus);
    return this.#last;
  }

  /** Forget the past. */
  reset(): void {
    this.#last = undefined;
  }
}
