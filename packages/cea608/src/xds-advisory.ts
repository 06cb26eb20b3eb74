import { fail } from "./issues.js";

/** A rating system of the content advisory packet. */
export type XdsRatingSystem = "us-tv" | "mpa" | "ca-en" | "ca-fr";

/** Content advisory (CTA-608-E 9.5.1.5). */
export interface XdsAdvisory {
  readonly system: XdsRatingSystem;
  /** As {@link XDS_RATINGS} spells it. */
  readonly rating: string;
  /**
   * `us-tv` only, in this order: `D` dialogue, `V` violence (with `TV-Y7` fantasy violence), `S` sexual situations,
   * `L` language.
   */
  readonly flags: readonly ("D" | "V" | "S" | "L")[];
}

/** The ratings of each system, by their code. */
export const XDS_RATINGS: Readonly<Record<XdsRatingSystem, readonly string[]>> = {
  mpa: ["N/A", "G", "PG", "PG-13", "R", "NC-17", "X", "Not Rated"],
  "us-tv": ["None", "TV-Y", "TV-Y7", "TV-G", "TV-PG", "TV-14", "TV-MA", "None"],
  "ca-en": ["E", "C", "C8+", "G", "PG", "14+", "18+"],
  "ca-fr": ["E", "G", "8+", "13+", "16+", "18+"],
};

// A bit set in either byte: D is b5 of the first, V, S and L are b5, b4, b3 of the second.
const FLAGS = [
  ["D", 0x2000],
  ["V", 0x20],
  ["S", 0x10],
  ["L", 0x08],
] as const;

/** The two bytes of the packet, seven bits each. */
export function decodeAdvisory(data: Uint8Array): XdsAdvisory {
  const c1 = data[0] as number;
  const c2 = data[1] as number;
  const word = (c1 << 8) | c2;
  const system = systemOf(c1, c2);
  const index = system === "mpa" ? c1 & 7 : c2 & 7;
  const rating = XDS_RATINGS[system][index];
  if (rating === undefined) {
    fail("xdsContent", `${system} has no rating ${index}`, "rating", 1, "CTA-608-E 9.5.1.5");
  }
  const flags = system === "us-tv" ? FLAGS.filter(([, bit]) => (word & bit) !== 0) : [];
  return { system, rating, flags: flags.map(([flag]) => flag) };
}

/**
 * The two bytes of the packet.
 * @throws {RangeError} when the system has no such rating, or no flags.
 */
export function encodeAdvisory(advisory: XdsAdvisory): Uint8Array<ArrayBuffer> {
  const { system, rating } = advisory;
  const index = XDS_RATINGS[system]?.indexOf(rating) ?? -1;
  if (index < 0) throw new RangeError(`rating: ${system} has no ${rating}`);
  if (system !== "us-tv" && advisory.flags.length > 0) {
    throw new RangeError(`flags: ${system} has none`);
  }
  let word = SYSTEM_BITS[system] | (system === "mpa" ? index << 8 : index);
  for (const [flag, bit] of FLAGS) if (advisory.flags.includes(flag)) word |= bit;
  return Uint8Array.of(word >>> 8, word & 0xff);
}

// b6 of both bytes, a1 a0 in b4 b3 of the first, a2 in its b5.
const SYSTEM_BITS: Readonly<Record<XdsRatingSystem, number>> = {
  mpa: 0x4040,
  "us-tv": 0x4840,
  "ca-en": 0x5840,
  "ca-fr": 0x7840,
};

function systemOf(c1: number, c2: number): XdsRatingSystem {
  if ((c1 & 0x08) === 0) return "mpa";
  if ((c1 & 0x10) === 0) return "us-tv";
  if ((c2 & 0x08) !== 0) {
    fail("xdsContent", "a reserved rating system", "system", 0, "CTA-608-E 9.5.1.5");
  }
  return (c1 & 0x20) === 0 ? "ca-en" : "ca-fr";
}
