/**
 * Everything that an implementation of ISO/IEC 21122-1 must satisfy, for any test runner and any codec. fast-check is a
 * peer dependency of this entry only.
 */
import * as fc from "fast-check";
import { type CfaPattern, cfaPattern } from "./colour.js";
import {
  arbitraryCodestream,
  arbitraryPicture,
  CFA_PATTERNS,
  type ConformancePicture,
  type ModelOptions,
} from "./conformance-arbitraries.js";
import { checkRules } from "./conformance-rules.js";
import type { Nonlinearity } from "./header.js";
import { walkCodestream } from "./walk.js";

export {
  arbitraryCodestream,
  arbitraryPicture,
  type ConformancePicture,
  type ModelOptions,
} from "./conformance-arbitraries.js";
export type { ModelCodestream, ModelPlane } from "./conformance-model.js";

/** The codec under test, on plain data. It may wrap a C library or a program. */
export interface JpegXsImplementation {
  /** Decode a whole codestream; tightly packed rows. Throws on a codestream that it refuses. */
  decode(codestream: Uint8Array): readonly ArrayLike<number>[];
  /** Encode to exactly `size` bytes, or without loss. Leave it out to test a decoder. */
  encode?(picture: ConformancePicture, options: ConformanceEncodeOptions): Uint8Array;
  /** What `encode` has beyond the profiles for broadcast. Default: nothing. */
  readonly tools?: readonly EncoderTool[];
}

/** Lossless coding above 12 bits, filter arrays, non-linearities. */
export type EncoderTool = "lossless16" | "cfa" | "nonlinearity";

/** How to encode. Whatever is left out is the encoder's own choice. */
export interface ConformanceEncodeOptions {
  readonly size?: number;
  readonly lossless?: boolean;
  readonly rgb?: boolean;
  /** Only with the tool of that name: the components are R, G, G, B; full transform with both exponents 0. */
  readonly cfa?: CfaPattern;
  /** Only with the tool of that name: NLT as it is to be written. */
  readonly nonlinearity?: Nonlinearity;
}

/** A test runner: vitest, node:test, mocha and jest fit. */
export interface ConformanceRunner {
  describe(name: string, body: () => void): void;
  test(name: string, body: () => void): void;
  /** Random cases for each property. Default 50. */
  readonly numRuns?: number;
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
  const { tools = [] } = implementation;
  const comesBack = (picture: ConformancePicture, bytes: Uint8Array): void => {
    const decoded = implementation.decode(bytes);
    for (const [i, plane] of picture.planes.entries()) {
      same(`component ${i}`, Array.from(decoded[i] ?? []).join(), Array.from(plane).join());
    }
  };
  describe("JPEG XS encoder, ISO/IEC 21122-1", () => {
    test("lossless coding gives every sample back", () => {
      fc.assert(
        fc.property(arbitraryPicture(), fc.boolean(), (picture, rgb) => {
          const options = { lossless: true, rgb: rgb && picture.format === "4:4:4" };
          comesBack(picture, encode(picture, options));
        }),
        { numRuns },
      );
    });

    if (tools.includes("lossless16")) {
      test("A.4.4 lossless coding above 12 bits does, too, with counts of five bits (2024)", () => {
        const deep = arbitraryPicture({ depths: [13, 14, 15, 16] });
        fc.assert(
          fc.property(deep, fc.boolean(), (picture, rgb) => {
            const options = { lossless: true, rgb: rgb && picture.format === "4:4:4" };
            const bytes = encode(picture, options);
            same("Br", walkCodestream(bytes).header.pih.br, 5);
            checkRules(bytes);
            comesBack(picture, bytes);
          }),
          { numRuns },
        );
      });
    }

    if (tools.includes("cfa")) {
      test("F.5, F.6 filter arrays without loss, and their pattern", () => {
        const sensor = arbitraryPicture({ formats: ["4:4:4:4"] });
        fc.assert(
          fc.property(sensor, fc.constantFrom(...CFA_PATTERNS), (picture, cfa) => {
            const bytes = encode(picture, { lossless: true, cfa });
            const { cts, crg = [] } = walkCodestream(bytes).header;
            same("pattern", cfaPattern(crg), cfa);
            same("CTS", [cts?.cf, cts?.e1, cts?.e2].join(), "0,0,0");
            checkRules(bytes);
            comesBack(picture, bytes);
          }),
          { numRuns },
        );
      });
    }

    if (tools.includes("nonlinearity")) {
      test("G.4, G.5 curves: plenty of bytes leave small errors", () => {
        const curve = fc.constantFrom<Nonlinearity>(
          { tnlt: 1, dco: 0 },
          { tnlt: 1, dco: -40 },
          { tnlt: 2, t1: 5000, t2: 40000, e: 3 },
          { tnlt: 2, t1: 30000, t2: 90000, e: 1 },
        );
        fc.assert(
          fc.property(arbitraryPicture(), curve, (picture, nonlinearity) => {
            const samples = picture.planes.reduce((sum, p) => sum + p.length, 0);
            const bytes = encode(picture, { size: 4000 + 4 * samples, nonlinearity });
            const { nlt } = walkCodestream(bytes).header;
            same("NLT", JSON.stringify(nlt), JSON.stringify(nonlinearity));
            checkRules(bytes);
            const decoded = implementation.decode(bytes);
            // Where the curve is steepest, a step of a coefficient is more than one of the samples.
            const most = Math.max(1, 16 / 2 ** (12 - picture.bitDepth));
            // An offset moves what squares can reach.
            const offset = nonlinearity.tnlt === 1 ? nonlinearity.dco : 0;
            const [low, high] = [offset, 2 ** picture.bitDepth - 1 + offset];
            for (const [i, plane] of picture.planes.entries()) {
              for (let at = 0; at < plane.length; at++) {
                const wanted = Math.min(high, Math.max(low, plane[at] as number));
                const error = Math.abs((decoded[i]?.[at] as number) - wanted);
                same(`error of component ${i} at ${at} is small`, error <= most, true);
              }
            }
          }),
          { numRuns },
        );
      });
    }

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
