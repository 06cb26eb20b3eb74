import { configError } from "./errors.js";
import type { Weight } from "./header.js";
import type { SamplingFormat } from "./sampling.js";
import { WEIGHTS } from "./weights-table.js";

/** A published set of gains and priorities: best PSNR, best for the eye, or what SVT-JPEG-XS writes. */
export type WeightSet = "psnr" | "visual" | "svt";

/**
 * Gains and priorities of a published set (ISO/IEC 21122-1 annex I). One component has the luma entries of the 4:2:2
 * table, a fourth component those of luma. `cfa`: Star-Tetrix with the last of four components suppressed.
 * @throws {FormatError} `bad-config` when the set has no table for such a picture.
 */
export function weightsFor(
  set: WeightSet,
  format: SamplingFormat,
  rct: boolean,
  nlx: number,
  nly: number,
  cfa = false,
): Weight[] {
  const table = cfa ? lookUp(set, "bayer", "tetrix", nlx, nly) : planar(set, format, rct, nlx, nly);
  if (table === undefined) {
    throw configError("weights", `${set} has no table for ${format} with NLx ${nlx}, NLy ${nly}`);
  }
  if (cfa) return table;
  switch (format) {
    case "4:0:0":
      return ranked(table.filter((_, i) => i % 3 === 0));
    case "4:2:2:4":
    case "4:4:4:4":
      return ranked(table.flatMap((w, i) => (i % 3 === 2 ? [w, table[i - 2] as Weight] : [w])));
    default:
      return table;
  }
}

function planar(
  set: WeightSet,
  format: SamplingFormat,
  rct: boolean,
  nlx: number,
  nly: number,
): Weight[] | undefined {
  const sampling = format === "4:2:0" ? "420" : format.startsWith("4:4:4") ? "444" : "422";
  const transform = rct ? "rct" : "none";
  const sets = set === "svt" ? ["svt", "psnr"] : [set];
  const samplings = sampling === "444" && !rct ? ["444", "422"] : [sampling];
  for (const s of sets) {
    for (const c of samplings) {
      const table = lookUp(s, c, transform, nlx, nly);
      if (table !== undefined) return table;
    }
  }
  return undefined;
}

function lookUp(
  set: string,
  sampling: string,
  transform: string,
  nlx: number,
  nly: number,
): Weight[] | undefined {
  const text = WEIGHTS[`${set} ${sampling} ${transform} ${nlx}/${nly}`];
  if (text === undefined) return undefined;
  const [gains = "", ...priorities] = text.split(" ");
  return priorities.map((p, i) => ({
    gain: Number.parseInt(gains[i] as string, 16),
    priority: Number(p),
  }));
}

/** Priorities replaced by their ranks; equal ones keep the order of the bands. */
function ranked(weights: readonly Weight[]): Weight[] {
  const order = weights
    .map((w, i) => ({ i, priority: w.priority }))
    .sort((a, b) => a.priority - b.priority || a.i - b.i)
    .map(({ i }) => i);
  return weights.map(({ gain }, i) => ({ gain, priority: order.indexOf(i) }));
}
