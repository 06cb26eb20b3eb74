import fc from "fast-check";

/** 13 bits. */
export function arbitraryPid(): fc.Arbitrary<number> {
  return fc.integer({ min: 0, max: 0x1fff });
}
