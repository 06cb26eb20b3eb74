// Random codestreams and pictures.
import * as fc from "fast-check";
import { type CfaPattern, cfaRegistration } from "./colour.js";
import { type ModelCodestream, type ModelTools, modelCodestream } from "./conformance-model.js";
import { geometryOf } from "./geometry.js";
import type { CodestreamHeader } from "./header.js";
import { SAMPLING, type SamplingFormat } from "./sampling.js";

/** A picture as an implementation takes and gives it. */
export interface ConformancePicture {
  readonly width: number;
  readonly height: number;
  readonly format: SamplingFormat;
  readonly bitDepth: number;
  /** Tightly packed rows, one array for each component. */
  readonly planes: readonly ArrayLike<number>[];
}

/** What a random codestream is made of; whatever is left out is random. */
export interface ModelOptions {
  readonly format?: SamplingFormat | "bayer";
  readonly nlx?: number;
  readonly nly?: number;
  /** `"lossless16"`: above 12 bits. */
  readonly precision?: "regular" | "lossless" | "lossless16" | "quadratic" | "extended";
  readonly columns?: boolean;
  readonly rct?: boolean;
  readonly qpih?: number;
  readonly fs?: number;
  readonly rm?: number;
  readonly rl?: number;
  readonly lh?: number;
  readonly vertical?: boolean;
  readonly significance?: boolean;
  readonly raw?: boolean;
  readonly filler?: boolean;
}

const FACTORS: Readonly<Record<string, readonly (readonly [number, number])[]>> = {
  ...SAMPLING,
  bayer: [
    [1, 1],
    [1, 1],
    [1, 1],
    [1, 1],
  ],
};

/** All of them. */
export const CFA_PATTERNS: readonly CfaPattern[] = ["RGGB", "BGGR", "GRBG", "GBRG"];

/** Random codestreams with the pictures that they mean, small enough to read by eye. */
export function arbitraryCodestream(options: ModelOptions = {}): fc.Arbitrary<ModelCodestream> {
  const pick = <T>(value: T | undefined, otherwise: fc.Arbitrary<T>): fc.Arbitrary<T> =>
    value === undefined ? otherwise : fc.constant(value);
  const bit = fc.constantFrom(0, 1);
  return fc
    .record({
      format: pick(
        options.format,
        fc.constantFrom("4:0:0", "4:2:0", "4:2:2", "4:4:4", "4:2:2:4", "4:4:4:4") as fc.Arbitrary<
          SamplingFormat | "bayer"
        >,
      ),
      nlx: pick(options.nlx, fc.integer({ min: 1, max: 5 })),
      nly: pick(options.nly, fc.integer({ min: 0, max: 2 })),
      precision: pick(options.precision, fc.constant("regular" as const)),
      columns: pick(options.columns, fc.constant(false)),
      rct: pick(options.rct, fc.constant(false)),
      qpih: pick(options.qpih, bit),
      fs: pick(options.fs, bit),
      rm: pick(options.rm, bit),
      rl: pick(options.rl, bit),
      lh: pick(options.lh, bit),
      bits:
        options.precision === "lossless16"
          ? fc.integer({ min: 13, max: 16 })
          : fc.integer({ min: 8, max: 12 }),
      hsl: fc.integer({ min: 1, max: 4 }),
      wide: fc.integer({ min: 0, max: 40 }),
      high: fc.integer({ min: 0, max: 9 }),
      gain: fc.integer({ min: 0, max: 4 }),
      vertical: pick(options.vertical, fc.boolean()),
      significance: pick(options.significance, fc.boolean()),
      raw: pick(options.raw, fc.boolean()),
      filler: pick(options.filler, fc.boolean()),
      pattern: fc.constantFrom(...CFA_PATTERNS),
      cf: fc.constantFrom(0, 3),
      e1: fc.integer({ min: 0, max: 3 }),
      e2: fc.integer({ min: 0, max: 3 }),
      seed: fc.nat(),
    })
    .map((o) => {
      const cdt = (FACTORS[o.format] as (typeof FACTORS)[string]).map(([sx, sy]) => ({
        b: o.bits,
        sx,
        sy,
      }));
      const maxSx = Math.max(...cdt.map((c) => c.sx));
      const maxSy = Math.max(...cdt.map((c) => c.sy));
      const nly = Math.max(maxSy - 1, Math.min(o.nly, o.nlx));
      const nlx = o.columns ? Math.min(o.nlx, 2) : o.nlx;
      const least = maxSx * 2 ** nlx;
      const column = 8 * least;
      let wf = maxSx * (2 ** nlx + o.wide) + (o.columns ? column : 0);
      // The last column must not be narrower than the coarsest coefficient.
      if (o.columns && ((wf - 1) % column) + 1 < least) wf += least;
      const bayer = o.format === "bayer";
      const lossless = o.precision.startsWith("lossless");
      const [bw, fq] = lossless ? [o.bits, 0] : o.precision === "regular" ? [20, 8] : [18, 6];
      const pih = {
        lcod: 0,
        ppih: 0,
        plev: 0,
        wf,
        hf: maxSy * (2 ** nly + o.high),
        cw: o.columns ? 1 : 0,
        hsl: o.hsl,
        nc: cdt.length,
        ng: 4,
        ss: 8,
        bw,
        fq,
        br: o.precision === "lossless16" ? 5 : 4,
        fslc: 0,
        ppoc: 0,
        cpih: bayer ? 3 : Number(o.rct),
        nlx,
        nly: Math.min(nly, nlx),
        lh: o.lh,
        rl: o.rl,
        qpih: o.qpih,
        fs: o.fs,
        rm: o.rm,
      };
      const random = generator(o.seed);
      const sd = bayer ? 1 : 0;
      const bands = geometryOf(pih, cdt, sd).bands.length;
      const wgt = Array.from({ length: bands }, () => ({
        gain: Math.floor(random() * (o.gain + 1)),
        priority: Math.floor(random() * bands),
      }));
      const header: CodestreamHeader = {
        cap: capabilities(pih.rl, maxSy, o.precision, bayer),
        pih,
        cdt,
        wgt,
        ...(bayer && {
          sd,
          cts: { reserved: 0, cf: o.cf, e1: o.e1, e2: o.e2 },
          crg: cfaRegistration(o.pattern),
        }),
        ...(o.precision === "quadratic" && {
          nlt: { tnlt: 1 as const, dco: Math.floor(random() * 64) - 32 },
        }),
        ...(o.precision === "extended" && {
          nlt: { tnlt: 2 as const, t1: 5000, t2: 40000, e: 1 + Math.floor(random() * 4) },
        }),
      };
      const tools: ModelTools = {
        vertical: o.vertical,
        significance: o.significance,
        raw: o.raw,
        filler: o.filler,
        maxCount: lossless ? o.bits : 12,
      };
      return modelCodestream(header, tools, random);
    });
}

/**
 * Random pictures: noise, edges and flat areas, sizes odd where the format allows. Default: one or three components of 8,
 * 10 or 12 bits.
 */
export function arbitraryPicture({
  formats = ["4:0:0", "4:2:0", "4:2:2", "4:4:4"],
  depths = [8, 10, 12],
}: {
  readonly formats?: readonly SamplingFormat[];
  readonly depths?: readonly number[];
} = {}): fc.Arbitrary<ConformancePicture> {
  return fc
    .record({
      format: fc.constantFrom(...formats),
      bitDepth: fc.constantFrom(...depths),
      wide: fc.integer({ min: 0, max: 60 }),
      high: fc.integer({ min: 0, max: 30 }),
      seed: fc.nat(),
    })
    .map(({ format, bitDepth, wide, high, seed }) => {
      const sampling = FACTORS[format] as (typeof FACTORS)[string];
      const [sx, sy] = sampling[1] ?? [1, 1];
      const width = sx * (32 + wide);
      const height = sy * (4 + high);
      const random = generator(seed);
      const roughness = random();
      const max = 2 ** bitDepth - 1;
      const planes = sampling.map(([x, y]) =>
        Array.from({ length: (width / x) * (height / y) }, (_, i) =>
          Math.round((random() < roughness ? random() : (i % 97) / 97) * max),
        ),
      );
      return { width, height, format, bitDepth, planes };
    });
}

function capabilities(rl: number, maxSy: number, precision: string, bayer: boolean): Uint8Array {
  const first =
    (bayer ? 0x40 : 0) |
    (precision === "quadratic" ? 0x20 : 0) |
    (precision === "extended" ? 0x10 : 0) |
    (maxSy > 1 ? 0x08 : 0) |
    (bayer ? 0x04 : 0) |
    (precision.startsWith("lossless") ? 0x02 : 0);
  if (rl === 1) return new Uint8Array([first, 0x80]);
  return new Uint8Array(first === 0 ? [] : [first]);
}

/** Numbers in [0, 1) from a seed. */
function generator(seed: number): () => number {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  return () => {
    // Mulberry32.
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
