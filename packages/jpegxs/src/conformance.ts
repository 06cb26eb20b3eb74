/**
 * Everything that an implementation of ISO/IEC 21122-1 must satisfy, for any test runner and any codec. fast-check is a
 * peer dependency of this entry only.
 */
import * as fc from "fast-check";
import { type CfaPattern, cfaRegistration } from "./colour.js";
import { type ModelCodestream, type ModelTools, modelCodestream } from "./conformance-model.js";
import { checkRules } from "./conformance-rules.js";
import { geometryOf } from "./geometry.js";
import type { CodestreamHeader } from "./header.js";
import { SAMPLING, type SamplingFormat } from "./sampling.js";
import { walkCodestream } from "./walk.js";

export type { ModelCodestream, ModelPlane } from "./conformance-model.js";

/** A picture as an implementation takes and gives it. */
export interface ConformancePicture {
  readonly width: number;
  readonly height: number;
  readonly format: SamplingFormat;
  readonly bitDepth: number;
  /** Tightly packed rows, one array for each component. */
  readonly planes: readonly ArrayLike<number>[];
}

/** The codec under test, on plain data. It may wrap a C library or a program. */
export interface JpegXsImplementation {
  /** Decode a whole codestream; tightly packed rows. Throws on a codestream that it refuses. */
  decode(codestream: Uint8Array): readonly ArrayLike<number>[];
  /** Encode to exactly `size` bytes, or without loss. Leave it out to test a decoder. */
  encode?(
    picture: ConformancePicture,
    options: { readonly size?: number; readonly lossless?: boolean; readonly rgb?: boolean },
  ): Uint8Array;
}

/** A test runner: vitest, node:test, mocha and jest fit. */
export interface ConformanceRunner {
  describe(name: string, body: () => void): void;
  test(name: string, body: () => void): void;
  /** Random cases for each property. Default 50. */
  readonly numRuns?: number;
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
      pattern: fc.constantFrom<CfaPattern>("RGGB", "BGGR", "GRBG", "GBRG"),
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

/** A small published codestream: SVT-JPEG-XS 0.10, 48 x 20, 4:2:2, 8 bits, five levels by two. */
export const SMALL_CODESTREAM: {
  readonly base64: string;
  /** FNV-1a of each decoded plane, its bytes in order. */
  readonly planeHashes: readonly number[];
} = {
  base64:
    "/xD/UAAEAID/EgAaAAACWAAAAAAAMAAUAAAABQMECBSEAFJA/xMACAgRCCEIIf8UAD4DDgMNAwwCCQILAgoCGQIYAhoBAAEBAQIBEwEUARIBFwEWARUAEQAPABAABAAIAAUAAwAGAAcAHAAbAB3/IAAEAAAAAF0JAwAAAAiqqqqgABMAKADzvba2rAQEAIiAgAgICIiMwICIArRCIC4ABAAQAIClAAECEQQAAQAIAMCAIgAAAAAA4AAAAAAA4AAAAAAA4AABAAgAYBAEAAAAAADgAAAAAADgAAAAAADgAABRChQAAAAiqKqqoAANACAA66nLEARACAgACAgECAgxqIAAAgAIAIBIIgIAAAAAAOAAAQAIAMCAIgAAAAAA4AAAAAAA4AAAAAAA4AAAAAAA4AAAAAAA4AAAAAAA4AAAUQoZAAAAKKqqqqAADgAgAO2WtUiECAgAiIgIgICACEREIgABAAgAwEAEAAEACADAgIgAAAAAAOAAAAAAAOAAAAAAAOAAAAAAAOAAAAAAAOAAAAAAAOAAAAAAAOAAAFEKGAAAACiqqqqgAA4AIADd2tE0iICAAIAIgIgIgGRiIAQAAQAIAMCABgABAAgAwEAIAAAAAADgAAAAAADgAAAAAADgAAAAAADgAAAAAADgAAAAAADgAAAAAADgAABRCQMAAACoAqqqoAAJABgAZLCsCAiAiChMJqhgAAAAAADgAAYAEADSUCggi7jIgAABAAgAwIBEAAAAAADgAAAAAADgAAAAAADgAAAAAADgAAAAAADgAAAAAADgAP8R",
  planeHashes: [2060699472, 3597089387, 3917514571],
};

/**
 * Declare the tests of a decoder and, if there is one, an encoder.
 *
 * @example
 * conformanceSuite({ decode: (bytes) => myDecoder(bytes).planes }, { describe, test });
 */
export function conformanceSuite(
  implementation: JpegXsImplementation,
  { describe, test, numRuns = 50 }: ConformanceRunner,
): void {
  const decodes = (title: string, options: ModelOptions): void => {
    test(title, () => {
      fc.assert(
        fc.property(arbitraryCodestream(options), ({ bytes, planes }) => {
          const decoded = implementation.decode(bytes);
          same("number of components", decoded.length, planes.length);
          for (const [i, { samples, width }] of planes.entries()) {
            const plane = decoded[i] as ArrayLike<number>;
            same(`samples of component ${i}`, plane.length, samples.length);
            for (const [at, value] of samples.entries()) {
              const where = `component ${i}, x ${at % width}, y ${Math.floor(at / width)}`;
              same(where, plane[at] as number, value);
            }
          }
        }),
        { numRuns },
      );
    });
  };
  const plainTools = { vertical: false, significance: false, raw: false, filler: false } as const;

  describe("JPEG XS decoder, ISO/IEC 21122-1", () => {
    decodes("C.5.3 counts predicted from zero, D.1 deadzone, E.4 wavelet, G.3 linear output", {
      ...plainTools,
      qpih: 0,
      fs: 0,
    });
    decodes("C.5.3 vertical prediction with both truncations", { ...plainTools, vertical: true });
    decodes("C.5.2 significance flags, Rm 0", { significance: true, rm: 0 });
    decodes("C.5.2 significance flags under vertical prediction, Rm 1", {
      significance: true,
      vertical: true,
      rm: 1,
    });
    decodes("C.5.3 raw counts, packet by packet or for the precinct", { raw: true });
    decodes("C.5.5 signs in a sub-packet, those of the padding included", { fs: 1 });
    decodes("D.2 uniform quantiser", { ...plainTools, qpih: 1 });
    decodes("C.2 filler behind the last packet", { filler: true });
    decodes("C.3 long packet headers", { lh: 1 });
    decodes("B.3, C.3 4:2:0: bands and packets that chroma does not have", { format: "4:2:0" });
    decodes("B.5 columns of precincts", { columns: true, nly: 0 });
    decodes("F.3 reversible colour transform", { format: "4:4:4", rct: true });
    decodes("G lossless: no fractional bits", { precision: "lossless" });
    decodes("G lossless above 12 bits: counts of five bits (2024)", { precision: "lossless16" });
    decodes("G.4 quadratic output", { precision: "quadratic" });
    decodes("G.5 extended output", { precision: "extended" });
    decodes("F.5 Star-Tetrix, suppressed decomposition", { format: "bayer" });

    test("the published codestream", () => {
      const planes = implementation.decode(fromBase64(SMALL_CODESTREAM.base64));
      const hashes = Array.from(planes, fnv1a);
      same("hashes", hashes.join(), SMALL_CODESTREAM.planeHashes.join());
    });

    test("A.2 every strict prefix is refused", () => {
      const bytes = fromBase64(SMALL_CODESTREAM.base64);
      fc.assert(
        fc.property(fc.nat({ max: bytes.length - 1 }), (length) => {
          same("refused", refuses(implementation, bytes.slice(0, length)), true);
        }),
        { numRuns },
      );
    });

    test("A.4 markers that are missing, repeated or unknown are refused", () => {
      const bytes = fromBase64(SMALL_CODESTREAM.base64);
      // SOC, CAP, PIH, CDT, WGT and EOC of this codestream.
      const cdt = 2 + 6 + 28;
      const wgt = cdt + 4 + 6;
      for (const at of [0, 2, 8, cdt, wgt, bytes.length - 2]) {
        for (const marker of [0xff30, 0x0000]) {
          const damaged = bytes.slice();
          damaged[at] = marker >> 8;
          damaged[at + 1] = marker & 0xff;
          same(`refused, marker ${marker} at ${at}`, refuses(implementation, damaged), true);
        }
      }
    });
  });

  if (implementation.encode === undefined) return;
  const encode = implementation.encode.bind(implementation);
  describe("JPEG XS encoder, ISO/IEC 21122-1", () => {
    test("lossless coding gives every sample back", () => {
      fc.assert(
        fc.property(arbitraryPicture(), fc.boolean(), (picture, rgb) => {
          const options = { lossless: true, rgb: rgb && picture.format === "4:4:4" };
          const decoded = implementation.decode(encode(picture, options));
          for (const [i, plane] of picture.planes.entries()) {
            same(`component ${i}`, Array.from(decoded[i] ?? []).join(), Array.from(plane).join());
          }
        }),
        { numRuns },
      );
    });

    test("a codestream has the size that was asked for, and its lengths agree", () => {
      fc.assert(
        fc.property(arbitraryPicture(), fc.integer({ min: 0, max: 3000 }), (picture, extra) => {
          // Above what headers of precincts and packets take at the least.
          const size = 2500 + extra;
          const bytes = encode(picture, { size });
          same("bytes", bytes.length, size);
          const walk = walkCodestream(bytes);
          same("walked", walk.length, size);
          same("Lcod", walk.header.pih.lcod, size);
          same("components", implementation.decode(bytes).length, picture.planes.length);
        }),
        { numRuns },
      );
    });

    test("A.4.3, C.2, C.3, C.5.3: capabilities, flags and lengths are as they have to be", () => {
      const sizes = fc.option(fc.integer({ min: 0, max: 3000 }));
      fc.assert(
        fc.property(arbitraryPicture(), sizes, (picture, extra) => {
          const options = extra === null ? { lossless: true } : { size: 2500 + extra };
          checkRules(encode(picture, options));
        }),
        { numRuns },
      );
    });

    test("plenty of bytes leave no more than what the rounding of coefficients does", () => {
      fc.assert(
        fc.property(arbitraryPicture(), (picture) => {
          const samples = picture.planes.reduce((sum, p) => sum + p.length, 0);
          const bytes = encode(picture, { size: 4000 + 4 * samples });
          const decoded = implementation.decode(bytes);
          // Coefficients have the precision of twelve bits; a few of their errors add up in a sample.
          const most = Math.max(1, 8 / 2 ** (12 - picture.bitDepth));
          for (const [i, plane] of picture.planes.entries()) {
            for (let at = 0; at < plane.length; at++) {
              const error = Math.abs((decoded[i]?.[at] as number) - (plane[at] as number));
              same(`error of component ${i} at ${at} is small`, error <= most, true);
            }
          }
        }),
        { numRuns },
      );
    });
  });
}

/** Random pictures: noise, edges and flat areas, 8 to 12 bits, sizes odd where the format allows. */
export function arbitraryPicture(): fc.Arbitrary<ConformancePicture> {
  return fc
    .record({
      format: fc.constantFrom<SamplingFormat>("4:0:0", "4:2:0", "4:2:2", "4:4:4"),
      bitDepth: fc.constantFrom(8, 10, 12),
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

function refuses(implementation: JpegXsImplementation, bytes: Uint8Array): boolean {
  try {
    implementation.decode(bytes);
    return false;
  } catch {
    return true;
  }
}

function same(what: string, actual: unknown, wanted: unknown): void {
  if (actual !== wanted) throw new Error(`${what}: ${actual} instead of ${wanted}`);
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}

/** FNV-1a over samples of one byte. */
function fnv1a(samples: ArrayLike<number>): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < samples.length; i++) {
    hash = Math.imul(hash ^ (samples[i] as number), 0x01000193) >>> 0;
  }
  return hash;
}
