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
  return placesOf(pattern).map((p) => ({ xcrg: (p >> 1) * HALF, ycrg: (p & 1) * HALF }));
}

function placesOf(pattern: CfaPattern): readonly number[] {
  const [, places] = PATTERNS.find(([name]) => name === pattern) as (typeof PATTERNS)[number];
  return places;
}

type Samples = Uint8Array | Uint16Array;

/**
 * The picture of a sensor, `width` by `height` samples in rows, as the four components that are coded: R, G, G, B. Copies.
 * @throws {RangeError} when the size is odd or there are too few samples.
 */
export function splitMosaic(
  samples: Samples,
  width: number,
  height: number,
  pattern: CfaPattern,
): { readonly data: Samples; readonly stride: number }[] {
  const [w, h] = halves(samples, width, height);
  return placesOf(pattern).map((place) => {
    const data = samples.BYTES_PER_ELEMENT === 1 ? new Uint8Array(w * h) : new Uint16Array(w * h);
    for (let y = 0; y < h; y++) {
      let from = (2 * y + (place & 1)) * width + (place >> 1);
      for (let x = 0; x < w; x++, from += 2) data[y * w + x] = samples[from] as number;
    }
    return { data, stride: w };
  });
}

/**
 * The other way round: decoded components into `samples`, a sensor's picture of `width` by `height`.
 * @throws {RangeError} when the size is odd or there is too little room.
 */
export function joinMosaic(
  planes: readonly { readonly data: Samples; readonly stride: number }[],
  pattern: CfaPattern,
  samples: Samples,
  width: number,
  height: number,
): void {
  const [w, h] = halves(samples, width, height);
  for (const [i, place] of placesOf(pattern).entries()) {
    const { data, stride } = planes[i] as (typeof planes)[number];
    for (let y = 0; y < h; y++) {
      let to = (2 * y + (place & 1)) * width + (place >> 1);
      for (let x = 0; x < w; x++, to += 2) samples[to] = data[y * stride + x] as number;
    }
  }
}

function halves(samples: Samples, width: number, height: number): readonly [number, number] {
  if (width % 2 !== 0 || height % 2 !== 0 || samples.length < width * height) {
    throw new RangeError(`${samples.length} samples of ${width} x ${height}`);
  }
  return [width / 2, height / 2];
}
