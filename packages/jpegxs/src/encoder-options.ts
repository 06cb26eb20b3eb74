import type { CfaPattern, ColourTransformSpecification } from "./colour.js";
import type { Nonlinearity, Weight } from "./header.js";
import type { SamplingFormat } from "./sampling.js";
import type { WeightSet } from "./weights.js";

/** What to encode, and how. Only `width`, `height`, `format`, `bitDepth` and a size or `lossless` are needed. */
export interface EncoderOptions {
  readonly width: number;
  readonly height: number;
  readonly format: SamplingFormat;
  /** Bits of a sample, 8 to 16. The profiles end at 12, but for lossless coding and filter arrays. */
  readonly bitDepth: number;
  /** Bits a grid point: the codestream has ⌈⌊width · height · bitsPerPixel⌋ / 8⌉ bytes. */
  readonly bitsPerPixel?: number;
  /** Bytes of the codestream, instead of `bitsPerPixel`. */
  readonly size?: number;
  /** Code without loss, in as many bytes as that takes. Default false. */
  readonly lossless?: boolean;
  /** The first three components are R, G, B, which the reversible colour transform decorrelates. Default false. */
  readonly rgb?: boolean;
  /**
   * The four components of `"4:4:4:4"` are R, G, G, B of a filter array with this pattern (`splitMosaic`), which Star-Tetrix
   * decorrelates; `width` and `height` count its squares of two by two.
   */
  readonly cfa?: CfaPattern;
  /**
   * How Star-Tetrix works: over the whole picture or (Cf 3) without ever looking at another row of squares, and exponents
   * of chroma. Default `{ cf: 0, e1: 0, e2: 0 }`, with Cf 3 for LightBayer.
   */
  readonly starTetrix?: Partial<Omit<ColourTransformSpecification, "reserved">>;
  /** Samples are coded along a curve that is finer where they are dark. Not without loss; in Bayer profiles only. */
  readonly nonlinearity?: Nonlinearity;
  /**
   * Name of a profile, which then decides what it can; `"auto"`: the smallest that fits; `"unrestricted"`: none is
   * claimed. Default `"auto"`. A named profile that the other options break is refused.
   */
  readonly profile?: string;
  /** Pictures a second, for the level. */
  readonly frameRate?: { readonly numerator: number; readonly denominator: number };
  /** Horizontal and vertical decomposition levels. Default: 5, and as many as the profile has, at most 2. */
  readonly nlx?: number;
  readonly nly?: number;
  /**
   * Width of a column of precincts in grid points, a multiple of 8 · 2^nlx (16 · 2^nlx with subsampled components); 0: no
   * columns. Default: none, or as wide as the profile allows where it wants them.
   */
  readonly columnWidth?: number;
  /** Lines of a slice. Default 16, which the profiles want. */
  readonly sliceHeight?: number;
  /** Default `"uniform"`; the Light profiles have `"deadzone"` only. */
  readonly quantiser?: "uniform" | "deadzone";
  /** Vertical prediction: runs of zero residuals (Rm 0) or of zero coefficients (Rm 1). Default `"coefficients"`. */
  readonly verticalPrediction?: "off" | "residuals" | "coefficients";
  /** Significance flags where they help. Default true. */
  readonly significance?: boolean;
  /** Signs between the data, or in a sub-packet of their own, with the rate estimated or counted. Default `"inline"`. */
  readonly signs?: "inline" | "separate" | "separate-fast";
  /**
   * Leave bit-planes of code groups away that cost more than they are worth, for a better picture in the same bytes.
   * Default true with less than three bits a sample, but not with rate control `"carry"`.
   */
  readonly trim?: boolean;
  /**
   * Raw counts chosen packet by packet (Rl 1), which not all decoders take. Default false, but true with `cfa` unless it is
   * in-line without vertical levels: what the reference encoder writes for the Bayer profiles.
   */
  readonly rawPackets?: boolean;
  /**
   * Who shares a slice's bytes: the precincts as they need them, every precinct exactly its part, or what one leaves goes
   * to the next. Default `"slice"`, `"precinct"` for the Light profiles.
   */
  readonly rateControl?: "slice" | "precinct" | "carry";
  /** Gains and priorities: a published set or own ones, one for each band. Default `"psnr"`. */
  readonly weights?: WeightSet | readonly Weight[];
  /**
   * `"svt"`: the same bytes as SVT-JPEG-XS 0.10 with its options of the same meaning. Not with `lossless`, `cfa` or
   * `nonlinearity`; `rgb` then transforms nothing.
   */
  readonly compat?: "svt";
}
