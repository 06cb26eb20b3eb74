import { smoothingBufferSize } from "./buffer-model.js";
import { type CfaPattern, cfaRegistration } from "./colour.js";
import type { EncoderOptions } from "./encoder-options.js";
import { configError } from "./errors.js";
import { geometryOf } from "./geometry.js";
import { type CodestreamHeader, type Nonlinearity, sizeOfHeader } from "./header.js";
import { NONLINEAR_BITS } from "./nonlinearity.js";
import type { PictureHeader } from "./picture-header.js";
import { chooseLevel, describeProfile, PROFILES, type Profile } from "./profile.js";
import { SAMPLING } from "./sampling.js";
import { weightsFor } from "./weights.js";

/** Rates of the C interface. */
const RATES = { precinct: 0, carry: 1, slice: 2, lossless: 3 } as const;

/** Options made into a header and what the C interface wants. */
export interface EncoderPlan {
  readonly header: CodestreamHeader;
  /** Bytes of the codestream, 0 without a budget. */
  readonly size: number;
  readonly rate: number;
  readonly vertical: boolean;
  readonly significance: boolean;
  readonly fastSigns: boolean;
  /** Bytes that precincts may be ahead of an even share of their slice's bytes, or behind. */
  readonly reservoir: number;
  readonly trim: boolean;
}

/** Profiles that `"auto"` tries, in this order; the High ones come first where two vertical levels are left open. */
const AUTOMATIC: readonly string[] = [
  "High420.12",
  "High444.12",
  "High4444.12",
  "Main420.12",
  "Main422.10",
  "Main444.12",
  "Main4444.12",
];

const AUTOMATIC_LOSSLESS: readonly string[] = ["MLS.12", "MLS.16"];
const AUTOMATIC_BAYER: readonly string[] = ["LightBayer", "HighBayer", "MainBayer"];

/**
 * Turn options into a header and a plan, with every contradiction reported.
 * @throws {FormatError} `bad-config`.
 */
export function planEncoder(options: EncoderOptions): EncoderPlan {
  const { width, height, format, bitDepth, lossless = false, compat } = options;
  const sampling = SAMPLING[format];
  if (sampling === undefined) throw configError("format", `${format} is not a sampling format`);
  whole("width", width, 1, 65535);
  whole("height", height, 1, 65535);
  whole("bitDepth", bitDepth, 8, 16);
  const cdt = sampling.map(([sx, sy]) => ({ b: bitDepth, sx, sy }));
  if (cdt.some((c) => width % c.sx !== 0)) throw configError("width", `odd with ${format}`);
  if (cdt.some((c) => height % c.sy !== 0)) throw configError("height", `odd with ${format}`);

  const named = namedProfile(options);
  const light = named?.quantisers.includes(1) === false;
  const nlx = options.nlx ?? 5;
  const maxSy = Math.max(...cdt.map((c) => c.sy));
  const nly = options.nly ?? (options.columnWidth ? maxSy - 1 : Math.min(2, named?.maxNly ?? 2));
  whole("nlx", nlx, 1, 5);
  whole("nly", nly, maxSy - 1, Math.min(2, nlx));
  const sliceHeight = options.sliceHeight ?? 16;
  whole("sliceHeight", sliceHeight, 1, 65535);
  if (sliceHeight % 2 ** nly !== 0) {
    throw configError("sliceHeight", `${sliceHeight} is not a multiple of ${2 ** nly}`);
  }
  const unit = 8 * Math.max(...cdt.map((c) => c.sx)) * 2 ** nlx;
  const columnWidth = options.columnWidth ?? widestColumn(width, unit, named);
  whole("columnWidth", columnWidth, 0, 65535 * unit);
  if (columnWidth % unit !== 0) {
    throw configError("columnWidth", `${columnWidth} is not a multiple of ${unit}`);
  }
  if (columnWidth > 0 && !lastColumnFits(width, columnWidth, unit)) {
    throw configError("columnWidth", `the last column of ${columnWidth} is too narrow`);
  }
  const rct = options.rgb === true && compat === undefined;
  if (rct && !format.startsWith("4:4:4")) throw configError("rgb", `not with ${format}`);
  const cfa = options.cfa !== undefined;
  if (cfa && (format !== "4:4:4:4" || rct))
    throw configError("cfa", "with 4:4:4:4 and not rgb only");
  if (!cfa && options.starTetrix) throw configError("starTetrix", "only with cfa");
  const cf = options.starTetrix?.cf ?? (named?.name === "LightBayer" ? 3 : 0);
  // Then nothing leaves a row of squares.
  const inLine = cfa && nly === 0 && cf === 3;

  const svt = compat === "svt";
  for (const name of ["cfa", "nonlinearity", "lossless"] as const) {
    if (svt && options[name]) throw configError(name, "SVT-JPEG-XS does not have that");
  }
  const quantiser = options.quantiser ?? (light || svt ? "deadzone" : "uniform");
  const verticalPrediction = options.verticalPrediction ?? (svt ? "off" : "coefficients");
  const signs = options.signs ?? "inline";
  const rawPackets = options.rawPackets ?? (svt || (cfa && !inLine));
  const rate = options.rateControl ?? (svt ? "carry" : light ? "precinct" : "slice");
  oneOf("quantiser", quantiser, ["uniform", "deadzone"]);
  oneOf("verticalPrediction", verticalPrediction, ["off", "residuals", "coefficients"]);
  oneOf("signs", signs, ["inline", "separate", "separate-fast"]);
  oneOf("rateControl", rate, ["slice", "precinct", "carry"]);
  if (compat !== undefined) oneOf("compat", compat, ["svt"]);

  const pih: PictureHeader = {
    lcod: 0,
    ppih: 0,
    plev: 0,
    wf: width,
    hf: height,
    cw: columnWidth / unit,
    hsl: sliceHeight / 2 ** nly,
    nc: cdt.length,
    ng: 4,
    ss: 8,
    ...precisionOf(options),
    fslc: 0,
    ppoc: 0,
    cpih: cfa ? 3 : Number(rct),
    nlx,
    nly,
    lh: 0,
    rl: Number(rawPackets),
    qpih: Number(quantiser === "uniform"),
    fs: Number(signs !== "inline"),
    rm: Number(verticalPrediction === "coefficients"),
  };
  // What a packet holds of a line; columns need no long headers.
  const wide = Math.min(width, columnWidth || width) * cdt.length;
  // Bits of a coefficient, with its share of the signs. A packet has all of a line, or half of it with vertical levels.
  const bits = lossless ? bitDepth + 5 : 16;
  const longest = (wide * bits) / (nly > 0 ? 2 : 1);
  const adapted: PictureHeader = {
    ...pih,
    // Long lines overflow the short packet header.
    lh: Number(svt ? wide >= 32752 : cfa || longest >= 8 * 32752),
    // SVT-JPEG-XS never makes a slice higher than the picture.
    hsl: svt ? Math.min(pih.hsl, Math.ceil(height / 2 ** nly)) : pih.hsl,
  };
  const header = withWeights(
    {
      pih: adapted,
      cdt,
      ...(options.nonlinearity && { nlt: options.nonlinearity }),
      ...(options.cfa && { sd: 1, ...starTetrix(options.cfa, cf, options.starTetrix) }),
    },
    options,
  );
  const size = lossless ? 0 : budget(options, header);
  const samples = cdt.reduce((sum, { sx, sy }) => sum + (width * height) / (sx * sy), 0);
  const claimed = svt
    ? withSize(header, size)
    : withProfile(withSize(header, size), size, named, options);
  return {
    header: claimed,
    size,
    rate: lossless ? RATES.lossless : RATES[rate],
    reservoir: reservoirOf(claimed, size),
    vertical: verticalPrediction !== "off",
    significance: options.significance ?? true,
    fastSigns: signs === "separate-fast",
    trim: options.trim ?? (!svt && rate !== "carry" && 8 * size < 3 * samples),
  };
}

/** The widest columns that a profile allows, 0 where the picture is not wider. */
function widestColumn(width: number, unit: number, named: Profile | undefined): number {
  const limit = named?.columns;
  if (typeof limit !== "number" || width <= limit) return 0;
  let column = limit - (limit % unit);
  while (column > unit && !lastColumnFits(width, column, unit)) column -= unit;
  return column;
}

/** No band of the last column may be empty (ISO/IEC 21122-1 B.5). */
function lastColumnFits(width: number, columnWidth: number, unit: number): boolean {
  return width <= columnWidth || ((width - 1) % columnWidth) + 1 >= unit / 8;
}

/** Bw, Fq and Br (ISO/IEC 21122-1 A.4.4). */
function precisionOf(options: EncoderOptions): Pick<PictureHeader, "bw" | "fq" | "br"> {
  const { lossless = false, bitDepth, nonlinearity } = options;
  if (nonlinearity !== undefined) {
    if (lossless) throw configError("nonlinearity", "not without loss");
    checkNonlinearity(nonlinearity);
    return { bw: NONLINEAR_BITS, fq: 6, br: 4 };
  }
  if (!lossless) return { bw: 20, fq: 8, br: 4 };
  return { bw: bitDepth, fq: 0, br: bitDepth > 12 ? 5 : 4 };
}

function checkNonlinearity(nlt: Nonlinearity): void {
  if (nlt.tnlt === 1) {
    whole("nonlinearity.dco", nlt.dco, -32768, 32767);
    return;
  }
  whole("nonlinearity.t1", nlt.t1, 1, 2 ** NONLINEAR_BITS - 1);
  whole("nonlinearity.t2", nlt.t2, nlt.t1, 2 ** NONLINEAR_BITS - 1);
  whole("nonlinearity.e", nlt.e, 1, 4);
}

function starTetrix(
  pattern: CfaPattern,
  cf: number,
  { e1 = 0, e2 = 0 }: EncoderOptions["starTetrix"] = {},
): Pick<CodestreamHeader, "cts" | "crg"> {
  oneOf("cfa", pattern, ["RGGB", "BGGR", "GRBG", "GBRG"]);
  if (cf !== 0 && cf !== 3) throw configError("starTetrix.cf", `${cf} is not 0 or 3`);
  whole("starTetrix.e1", e1, 0, 3);
  whole("starTetrix.e2", e2, 0, 3);
  return { cts: { reserved: 0, cf, e1, e2 }, crg: cfaRegistration(pattern) };
}

function withWeights(
  header: Omit<CodestreamHeader, "cap" | "wgt">,
  options: EncoderOptions,
): CodestreamHeader {
  const { pih, cdt, sd } = header;
  const geometry = geometryOf(pih, cdt, sd);
  if (geometry.bands.some((b) => b.width === 0 || b.height === 0)) {
    throw configError("nlx", `too many levels for ${pih.wf} x ${pih.hf}`);
  }
  const chosen = options.weights ?? (options.compat === "svt" ? "svt" : "psnr");
  const wgt =
    typeof chosen === "string"
      ? weightsFor(chosen, options.format, pih.cpih === 1, pih.nlx, pih.nly, pih.cpih === 3)
      : [...chosen];
  if (wgt.length !== geometry.bands.length) {
    throw configError("weights", `${wgt.length} entries for ${geometry.bands.length} bands`);
  }
  for (const { gain, priority } of wgt) {
    whole("weights.gain", gain, 0, 15);
    whole("weights.priority", priority, 0, 255);
  }
  return { ...header, cap: capabilities(header, options.compat === "svt"), wgt };
}

/** CAP: no more bytes than bits are set (ISO/IEC 21122-1 A.4.3); SVT-JPEG-XS always writes two. */
function capabilities(
  { pih, cdt, nlt, sd }: Omit<CodestreamHeader, "cap" | "wgt">,
  svt: boolean,
): Uint8Array<ArrayBuffer> {
  const first =
    (pih.cpih === 3 ? 0x40 : 0) |
    (nlt?.tnlt === 1 ? 0x20 : 0) |
    (nlt?.tnlt === 2 ? 0x10 : 0) |
    (cdt.some((c) => c.sy > 1) ? 0x08 : 0) |
    (sd === undefined ? 0 : 0x04) |
    (pih.fq === 0 ? 0x02 : 0);
  if (pih.rl === 1 || svt) return new Uint8Array([first, 0x80]);
  return new Uint8Array(first === 0 ? [] : [first]);
}

function budget(options: EncoderOptions, header: CodestreamHeader): number {
  const { width, height, bitsPerPixel } = options;
  if ((options.size === undefined) === (bitsPerPixel === undefined)) {
    throw configError("size", "one of size, bitsPerPixel and lossless is needed");
  }
  const size = options.size ?? Math.ceil(Math.floor(width * height * (bitsPerPixel as number)) / 8);
  whole("size", size, sizeOfHeader(header) + 2, 2 ** 31 - 1);
  return size;
}

/** Half of what the smoothing buffer has to spare when every precinct takes its share of the bytes. */
function reservoirOf(header: CodestreamHeader, size: number): number {
  const bits = smoothingBufferSize(header);
  if (bits === undefined) return 2 ** 31 - 1;
  const { pih, cdt, sd } = header;
  const { npy, precinctHeight, cs } = geometryOf(pih, cdt, sd);
  // The lines after which one precinct more leaves. The last row may have less time than its share of the bytes, and the
  // header comes before everything.
  const step = precinctHeight - 1 + Math.min(1, cs / pih.wf);
  const lines = step + npy * precinctHeight - pih.hf;
  const spare = bits / 8 - (lines * size) / pih.hf;
  return Math.max(0, Math.floor(spare / 2) - sizeOfHeader(header));
}

function withSize(header: CodestreamHeader, lcod: number): CodestreamHeader {
  return { ...header, pih: { ...header.pih, lcod } };
}

/** The header with Ppih and Plev: those asked for, or the first automatic ones that it breaks no rule of. */
function withProfile(
  header: CodestreamHeader,
  size: number,
  named: Profile | undefined,
  options: EncoderOptions,
): CodestreamHeader {
  const lossless = header.pih.fq === 0;
  const samples = header.cdt.reduce((sum, { sx, sy }) => sum + 1 / (sx * sy), 0);
  const claim = (profile: Profile): CodestreamHeader => {
    const { width, height, frameRate } = options;
    // The size of a lossless codestream is not known yet: the whole range is claimed, or none where noise goes beyond.
    const bytes = lossless ? Math.floor((width * height * profile.nbpp) / 8) : size;
    const sublevels = lossless && samples * (options.bitDepth + 4) > profile.nbpp ? 0xff00 : 0xffff;
    const plev = chooseLevel(width, height, bytes, profile, frameRate) & sublevels;
    return { ...header, pih: { ...header.pih, ppih: profile.ppih, plev } };
  };
  if (named !== undefined) {
    const claimed = claim(named);
    const [violation] = describeProfile(claimed).violations;
    if (violation !== undefined) {
      throw configError("profile", `${named.name}, ${violation.field}: ${violation.message}`);
    }
    return claimed;
  }
  if (options.profile === "unrestricted") return header;
  const lossy = header.pih.cpih === 3 ? AUTOMATIC_BAYER : AUTOMATIC;
  for (const name of lossless ? AUTOMATIC_LOSSLESS : lossy) {
    const claimed = claim(PROFILES.find((p) => p.name === name) as Profile);
    if (claimed.pih.nly < 2 && name.startsWith("High")) continue;
    const { violations, maxCodestreamSize } = describeProfile(claimed);
    const fits = maxCodestreamSize === undefined || size <= maxCodestreamSize;
    if (violations.length === 0 && fits) return claimed;
  }
  return header;
}

function namedProfile({ profile = "auto", lossless, cfa }: EncoderOptions): Profile | undefined {
  if (profile === "auto" || profile === "unrestricted") return undefined;
  const found = PROFILES.find((p) => p.name === profile);
  if (found === undefined) throw configError("profile", `${profile} is not one that is written`);
  if (found.lossless !== (lossless ?? false)) {
    throw configError("profile", `${profile} with lossless ${lossless ?? false}`);
  }
  if (found.bayer !== (cfa !== undefined)) {
    throw configError("profile", `${profile} with${cfa === undefined ? "out" : ""} cfa`);
  }
  return found;
}

function whole(field: string, value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw configError(field, `${value} is not an integer from ${min} to ${max}`);
  }
}

function oneOf(field: string, value: string, allowed: readonly string[]): void {
  if (!allowed.includes(value)) throw configError(field, `${value} is not ${allowed.join(", ")}`);
}
