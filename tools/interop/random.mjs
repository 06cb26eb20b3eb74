// Numbers that look random and are the same in every run.

/** @typedef {ReturnType<typeof seeded>} Random */

/** @param {number} seed */
export function seeded(seed) {
  let state = seed >>> 0;
  const random = {
    /** An integer from 0 to `limit` - 1. @param {number} limit */
    below(limit) {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
    },
    /** True once in `times`. @param {number} times */
    once: (times) => random.below(times) === 0,
    /** @template T @param {readonly T[]} choices @returns {T} */
    pick: (choices) => /** @type {T} */ (choices[random.below(choices.length)]),
    /** @template T @param {number} length @param {(index: number) => T} make @returns {T[]} */
    list: (length, make) => Array.from({ length }, (_, index) => make(index)),
  };
  return random;
}
