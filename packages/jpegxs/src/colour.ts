/** CTS: the Star-Tetrix transform's parameters (ISO/IEC 21122-1 A.4.8). */
export interface ColourTransformSpecification {
  /** Upper four bits of the first byte: written as 0, kept as received. */
  readonly reserved: number;
  /** 0: full transform, 3: in-line (never leaves a super-pixel row). */
  readonly cf: number;
  /** Chroma exponents, 0 to 3. */
  readonly e1: number;
  readonly e2: number;
}

/** CRG: where a component's first sample lies, in 1/65536 of a grid step (ISO/IEC 21122-1 A.4.9). */
export interface Registration {
  readonly xcrg: number;
  readonly ycrg: number;
}

/** The four colour filter arrays, named by their first two rows. */
export type CfaPattern = "RGGB" | "BGGR" | "GRBG" | "GBRG";

const HALF = 0x8000;

/** Registration of R, G, G, B for every pattern, in half steps: x·2 + y. */
const PATTERNS: readonly (readonly [CfaPattern, readonly number[]])[] = [
  ["RGGB", [0, 2, 1, 3]],
  ["BGGR", [3, 2, 1, 0]],
  ["GRBG", [2, 0, 3, 1]],
  ["GBRG", [1, 0, 3, 2]],
];

/** The colour filter array that four registrations describe, or `undefined` (ISO/IEC 21122-1 F.6). */
export function cfaPattern(crg: readonly Registration[]): CfaPattern | undefined {
  if (crg.some((r) => r.xcrg % HALF !== 0 || r.ycrg % HALF !== 0)) return undefined;
  const places = crg.map((r) => (r.xcrg / HALF) * 2 + r.ycrg / HALF);
  return PATTERNS.find(([, wanted]) => wanted.join() === places.join())?.[0];
}

/** The four registrations of a colour filter array, R, G, G, B. */
export function cfaRegistration(pattern: CfaPattern): Registration[] {
  const [, places] = PATTERNS.find(([name]) => name === pattern) as (typeof PATTERNS)[number];
  return places.map((p) => ({ xcrg: (p >> 1) * HALF, ycrg: (p & 1) * HALF }));
}
