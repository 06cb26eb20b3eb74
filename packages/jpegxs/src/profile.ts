import { geometryOf } from "./geometry.js";
import type { CodestreamHeader } from "./header.js";
import { type SamplingFormat, samplingFormat } from "./sampling.js";

/** A rule of ISO/IEC 21122-2 that a codestream breaks. */
export interface ProfileViolation {
  /** Field, in camelCase with its path: `pih.hsl`. */
  readonly field: string;
  /** One sentence for people. */
  readonly message: string;
}

/** What Ppih and Plev claim, and whether the header keeps it. */
export interface ProfileDescription {
  /** Name of the profile, `undefined` for an unknown code. */
  readonly profile: string | undefined;
  readonly level: string | undefined;
  readonly sublevel: string | undefined;
  /** Largest codestream that profile, level and sublevel allow, in bytes; `undefined` without limit. */
  readonly maxCodestreamSize: number | undefined;
  /** Empty when the header keeps every rule of its profile, level and sublevel. */
  readonly violations: readonly ProfileViolation[];
}

/** A profile of ISO/IEC 21122-2 and what it allows. */
export interface Profile {
  readonly name: string;
  readonly ppih: number;
  /** Sampling formats. */
  readonly formats: readonly SamplingFormat[];
  /** Bit depths. */
  readonly depths: readonly number[];
  readonly minNlx: number;
  readonly maxNly: number;
  readonly minNly: number;
  /** Quantisers Qpih. */
  readonly quantisers: readonly number[];
  /** Colour transforms Cpih. */
  readonly colourTransforms: readonly number[];
  /** Columns: never, only without vertical levels, at will, or up to a width on the grid. */
  readonly columns: "none" | "nly0" | "any" | number;
  readonly lossless: boolean;
  readonly bayer: boolean;
  /** Bits a grid point at sublevel Full, and the smoothing buffer in lines. */
  readonly nbpp: number;
  readonly nsbu: number;
}

const TEN = [8, 10];
const TWELVE = [8, 10, 12];
const ANY = [8, 9, 10, 11, 12, 13, 14, 15, 16];
const PLAIN: Omit<Profile, "name" | "ppih" | "formats" | "depths" | "nbpp" | "nsbu"> = {
  minNlx: 1,
  maxNly: 1,
  minNly: 0,
  quantisers: [0, 1],
  colourTransforms: [0, 1],
  columns: "nly0",
  lossless: false,
  bayer: false,
};
const TO_422: readonly SamplingFormat[] = ["4:0:0", "4:2:2"];
const TO_444: readonly SamplingFormat[] = [...TO_422, "4:4:4"];
const TO_4444: readonly SamplingFormat[] = [...TO_444, "4:2:2:4", "4:4:4:4"];
const ALL: readonly SamplingFormat[] = [...TO_4444, "4:2:0"];
const BAYER = {
  lossless: false,
  bayer: true,
  columns: "any",
  colourTransforms: [3],
  formats: ["4:4:4:4"],
} as const;
const LOSSLESS = { maxNly: 2, lossless: true, columns: "any" } as const;
const LIGHT = { quantisers: [0], columns: "none" } as const;

/** The profiles whose rules are known (ISO/IEC 21122-2 annex A). */
export const PROFILES: readonly Profile[] = [
  profile("Light422.10", 0x1500, TO_422, TEN, 20, 4, { ...LIGHT, colourTransforms: [0] }),
  profile("Light444.12", 0x1a00, TO_444, TWELVE, 36, 4, LIGHT),
  profile("LightSubline422.10", 0x2500, TO_422, TEN, 20, 2, {
    colourTransforms: [0],
    maxNly: 0,
    columns: 2048,
  }),
  profile("Main420.12", 0x3240, ["4:2:0"], TWELVE, 18, 16, { minNly: 1 }),
  profile("Main422.10", 0x3540, TO_422, TEN, 20, 16),
  profile("Main444.12", 0x3a40, TO_444, TWELVE, 36, 16),
  profile("Main4444.12", 0x3e40, TO_4444, TWELVE, 48, 16),
  profile("High420.12", 0x4240, ["4:2:0"], TWELVE, 18, 16, { minNly: 1, maxNly: 2 }),
  profile("High444.12", 0x4a40, TO_444, TWELVE, 36, 16, { maxNly: 2 }),
  profile("High4444.12", 0x4e40, TO_4444, TWELVE, 48, 16, { maxNly: 2 }),
  profile("MLS.12", 0x6ec0, ALL, TWELVE, 48, 0, LOSSLESS),
  // Nbpp by analogy: four components of all their bits.
  profile("MLS.16", 0x6ed0, ALL, ANY, 64, 0, LOSSLESS),
  profile("LightBayer", 0x9300, ["4:4:4:4"], ANY, 64, 4, { ...BAYER, maxNly: 0 }),
  profile("MainBayer", 0xb340, ["4:4:4:4"], ANY, 64, 8, BAYER),
  profile("HighBayer", 0xc340, ["4:4:4:4"], ANY, 64, 16, { ...BAYER, maxNly: 2 }),
];

const OTHER_PROFILES: Readonly<Record<number, string>> = {
  0: "Unrestricted",
  19012: "CHigh444.12",
  19013: "TDC444.12",
  27205: "TDCMLS444.12",
};

/** A level: limits on the grid (ISO/IEC 21122-2 annex B). */
export interface Level {
  readonly name: string;
  /** Six bits of Plev, in place. */
  readonly code: number;
  readonly maxWidth: number;
  readonly maxHeight: number;
  readonly maxArea: number;
  /** Grid points a second. */
  readonly maxRate: number;
}

/** The levels whose limits are known, smallest first. */
export const LEVELS: readonly Level[] = [
  level("1k-1", 0x0400, 1280, 5120, 2_621_440, 83_558_400),
  level("2k-1", 0x1000, 2048, 8192, 4_194_304, 133_693_440),
  level("4k-1", 0x2000, 4096, 16384, 8_912_896, 267_386_880),
  level("4k-2", 0x2400, 4096, 16384, 16_777_216, 534_773_760),
  level("4k-3", 0x2800, 4096, 16384, 16_777_216, 1_069_547_520),
  level("8k-1", 0x3000, 8192, 32768, 35_651_584, 1_069_547_520),
  level("8k-2", 0x3400, 8192, 32768, 67_108_864, 2_139_095_040),
  level("8k-3", 0x3800, 8192, 32768, 67_108_864, 4_278_190_080),
  level("10k-1", 0x4000, 10240, 40960, 104_857_600, 3_342_336_000),
];

/** Sublevels, smallest first: code in the low byte of Plev, name, bits a grid point (0: the profile's own bound). */
const SUBLEVELS: readonly (readonly [number, string, number])[] = [
  [0x03, "Sublev2bpp", 2],
  [0x04, "Sublev3bpp", 3],
  [0x06, "Sublev4bpp", 4],
  [0x08, "Sublev6bpp", 6],
  [0x0c, "Sublev9bpp", 9],
  [0x10, "Sublev12bpp", 12],
  [0x80, "Full", 0],
];

/** Name of a profile code, or `undefined` (ISO/IEC 21122-2 table A.1). */
export function profileName(ppih: number): string | undefined {
  return PROFILES.find((p) => p.ppih === ppih)?.name ?? OTHER_PROFILES[ppih];
}

/** Name of the level in Plev, or `undefined`. */
export function levelName(plev: number): string | undefined {
  const code = plev & 0xfc00;
  if (code === 0x2c00) return "5k-1";
  return code === 0 ? "Unrestricted" : LEVELS.find((l) => l.code === code)?.name;
}

/** Name of the sublevel in Plev, or `undefined`. */
export function sublevelName(plev: number): string | undefined {
  const code = plev & 0x9f;
  return code === 0 ? "Unrestricted" : SUBLEVELS.find(([c]) => c === code)?.[1];
}

/**
 * The smallest level and sublevel that hold a picture of `wf` by `hf` grid points and codestreams of `size` bytes.
 * @returns Plev, or 0 (unrestricted) when none does. `frameRate` in pictures a second tightens the choice.
 */
export function chooseLevel(
  wf: number,
  hf: number,
  size: number,
  profileOf: Profile | undefined,
  frameRate?: { readonly numerator: number; readonly denominator: number },
): number {
  const rate = frameRate === undefined ? 0 : frameRate.numerator / frameRate.denominator;
  const fit = LEVELS.find(
    (l) =>
      wf <= l.maxWidth && hf <= l.maxHeight && wf * hf <= l.maxArea && wf * hf * rate <= l.maxRate,
  );
  if (fit === undefined) return 0;
  const bpp = (size * 8) / (wf * hf);
  const sublevel = SUBLEVELS.find(([code]) => bpp <= (sublevelBits(code, profileOf) ?? 0));
  return sublevel === undefined ? 0 : fit.code | sublevel[0];
}

/**
 * Compare a header with the profile, level and sublevel that it claims (ISO/IEC 21122-2 annexes A and B). An
 * unrestricted or unknown profile has no rules to break. The buffer model needs the whole codestream: `smoothingBuffer`.
 */
export function describeProfile(header: CodestreamHeader): ProfileDescription {
  const { pih } = header;
  const claimed = PROFILES.find((p) => p.ppih === pih.ppih);
  const violations: ProfileViolation[] = [];
  const report = (field: string, message: string): void => {
    violations.push({ field, message });
  };
  if (claimed !== undefined) checkProfile(header, claimed, report);
  const maxCodestreamSize = checkLevel(header, claimed, report);
  return {
    profile: profileName(pih.ppih),
    level: levelName(pih.plev),
    sublevel: sublevelName(pih.plev),
    maxCodestreamSize,
    violations,
  };
}

type Report = (field: string, message: string) => void;

function checkProfile(header: CodestreamHeader, p: Profile, report: Report): void {
  const { pih, cdt, sd = 0 } = header;
  const geometry = geometryOf(pih, cdt, sd);
  const format = samplingFormat(cdt);
  if (format === undefined || !p.formats.includes(format)) {
    report("cdt", `${p.name} does not have ${format ?? "this sampling"}`);
  }
  for (const [i, { b }] of cdt.entries()) {
    if (!p.depths.includes(b)) report(`cdt.b[${i}]`, `${p.name} does not have ${b} bits`);
  }
  if (pih.nlx < p.minNlx || pih.nlx > 5) report("pih.nlx", `NLx ${pih.nlx}, not 1 to 5`);
  if (pih.nly < p.minNly || pih.nly > p.maxNly) {
    report("pih.nly", `NLy ${pih.nly}, not ${p.minNly} to ${p.maxNly}`);
  }
  // No profile whose rules are known has temporal coding.
  if ((pih.plev & 0x0360) !== 0) report("pih.plev", `${p.name} has no frame buffer`);
  if (!p.quantisers.includes(pih.qpih)) report("pih.qpih", `${p.name} has Qpih 0 only`);
  if (!p.colourTransforms.includes(pih.cpih)) report("pih.cpih", `Cpih ${pih.cpih}`);
  if (pih.cw !== 0) {
    if (p.columns === "none") report("pih.cw", `${p.name} has no columns`);
    if (p.columns === "nly0" && pih.nly > 0) report("pih.cw", "columns with vertical levels");
    if (typeof p.columns === "number" && geometry.cs > p.columns) {
      report("pih.cw", `columns of ${geometry.cs} grid points, not at most ${p.columns}`);
    }
  } else if (typeof p.columns === "number" && pih.wf > p.columns) {
    report("pih.cw", `columns of ${pih.wf} grid points, not at most ${p.columns}`);
  }
  if (p.lossless !== (pih.fq === 0)) report("pih.fq", `Fq ${pih.fq}`);
  if (p.bayer) {
    if (sd !== 1) report("cwd.sd", `Sd ${sd}, not 1`);
    if (p.name === "LightBayer" && header.cts?.cf !== 3) report("cts.cf", "Cf is not 3");
    return;
  }
  if (sd !== 0) report("cwd.sd", `${p.name} has no suppressed components`);
  if (header.nlt !== undefined) report("nlt", `${p.name} has no non-linearity`);
  if (p.lossless) return;
  const sliceHeight = pih.hsl * geometry.precinctHeight;
  if (sliceHeight !== 16) report("pih.hsl", `slices of ${sliceHeight} lines, not 16`);
  if (pih.bw !== 20) report("pih.bw", `Bw ${pih.bw}, not 20`);
  if (pih.lh !== 0) report("pih.lh", "long packet headers");
}

function checkLevel(
  { pih }: CodestreamHeader,
  claimed: Profile | undefined,
  report: Report,
): number | undefined {
  const limits = LEVELS.find((l) => l.code === (pih.plev & 0xfc00));
  const { wf, hf, lcod, plev } = pih;
  if (limits !== undefined) {
    if (wf > limits.maxWidth)
      report("pih.wf", `${wf}, level ${limits.name} has ${limits.maxWidth}`);
    if (hf > limits.maxHeight) {
      report("pih.hf", `${hf}, level ${limits.name} has ${limits.maxHeight}`);
    }
    if (wf * hf > limits.maxArea) report("pih.wf", `${wf * hf} points, level ${limits.name}`);
  }
  const bits = sublevelBits(plev, claimed);
  if (bits === undefined) return undefined;
  const max = Math.floor((wf * hf * bits) / 8);
  if (lcod > max) report("pih.lcod", `${lcod} bytes, ${sublevelName(plev)} allows ${max}`);
  return max;
}

/** Bits a grid point that a sublevel allows, `undefined` without a limit. Names of sublevels count sensor elements. */
export function sublevelBits(plev: number, claimed: Profile | undefined): number | undefined {
  const sublevel = SUBLEVELS.find(([code]) => code === (plev & 0x9f));
  if (sublevel === undefined) return undefined;
  return sublevel[2] === 0 ? claimed?.nbpp : sublevel[2] * (claimed?.bayer ? 4 : 1);
}

function profile(
  name: string,
  ppih: number,
  formats: readonly SamplingFormat[],
  depths: readonly number[],
  nbpp: number,
  nsbu: number,
  differs: Partial<Profile> = {},
): Profile {
  return { ...PLAIN, name, ppih, formats, depths, nbpp, nsbu, ...differs };
}

function level(
  name: string,
  code: number,
  maxWidth: number,
  maxHeight: number,
  maxArea: number,
  maxRate: number,
): Level {
  return { name, code, maxWidth, maxHeight, maxArea, maxRate };
}
