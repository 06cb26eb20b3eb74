/** Small units that travel with the package, with what a reader must find in them. */
export interface ConformanceVector {
  readonly title: string;
  readonly unitHex: string;
  /** Words of each packet, three hex digits a word. */
  readonly words: readonly string[];
  /** Codes with the packet's index. */
  readonly diagnostics: readonly string[];
  readonly unparsedBytes: number;
}

const AFD = "0002c00241815089120080200802008020064b";
const AFD_WORDS = "241205108244200200200200200200200192";

/** See {@link ConformanceVector}. */
export const conformanceVectors: readonly ConformanceVector[] = [
  {
    title: "AFD and bar data on line 11 (ST 2016-3)",
    unitHex: AFD,
    words: [AFD_WORDS],
    diagnostics: [],
    unparsedBytes: 0,
  },
  {
    title: "inverted parity, as gst-plugins-rs wrote it until August 2026",
    unitHex: "0002c001414160851100401004010040100a4b",
    words: ["141105208144100100100100100100100292"],
    diagnostics: ["parity 0 inverted"],
    unparsedBytes: 0,
  },
  {
    title: "stuffing between two records",
    unitHex: `${AFD}ffffff${AFD}`,
    words: [AFD_WORDS, AFD_WORDS],
    diagnostics: ["stuffing-between 1"],
    unparsedBytes: 0,
  },
  {
    title: "fewer stuffing bytes than a record has at least",
    unitHex: `${AFD}ffff`,
    words: [AFD_WORDS],
    diagnostics: [],
    unparsedBytes: 0,
  },
  {
    title: "zeros instead of stuffing read as a record of DID 00",
    unitHex: `${AFD}000000000000000000`,
    words: [AFD_WORDS, "000000000000"],
    diagnostics: ["alignment-bits 1", "checksum 1", "forbidden-word 1", "parity 1"],
    unparsedBytes: 0,
  },
  {
    title: "a second record that is cut off",
    unitHex: `${AFD}0002c002418150`,
    words: [AFD_WORDS],
    diagnostics: ["truncated 1"],
    unparsedBytes: 7,
  },
];
