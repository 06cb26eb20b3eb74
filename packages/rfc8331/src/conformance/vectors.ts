/** Small payloads that travel with the package, with what a reader must find in them. */
export interface ConformanceVector {
  readonly title: string;
  readonly payloadHex: string;
  /** Words of each packet, three hex digits a word. */
  readonly words: readonly string[];
  /** Codes, with the packet's index where it is about one. */
  readonly diagnostics: readonly string[];
  readonly unparsedBytes: number;
}

const AFD = "00b0000090605422448020080200802008019200";
const AFD_WORDS = "241205108244200200200200200200200192";

/** See {@link ConformanceVector}. */
export const conformanceVectors: readonly ConformanceVector[] = [
  {
    title: "captions AA BB on line 9",
    payloadHex: "0000000c01000000009000005850140aaaaeec90",
    words: ["1611011022aa2bb2c9"],
    diagnostics: [],
    unparsedBytes: 0,
  },
  {
    title: "a keep-alive of field 2",
    payloadHex: "abcd000000c00000",
    words: [],
    diagnostics: [],
    unparsedBytes: 0,
  },
  {
    title: "inverted parity, as gst-plugins-rs wrote it until August 2026",
    payloadHex: "000000140100000000b0000050505821444010040100401004029200",
    words: ["141105208144100100100100100100100292"],
    diagnostics: ["parity 0 inverted"],
    unparsedBytes: 0,
  },
  {
    title: "reserved bits and word_align that are not zero, Length too long",
    payloadHex: "000000ff0100000100b000009060581a0080200802008024c0000001",
    words: ["24120520620020020020020020024c"],
    diagnostics: ["length-mismatch", "reserved-not-zero", "alignment-bits 0"],
    unparsedBytes: 0,
  },
  {
    title: "word_align missing at the end",
    payloadHex: "000000140100000000b000009060581a0080200802008024c0",
    words: ["24120520620020020020020020024c"],
    diagnostics: ["length-mismatch", "alignment-missing 0"],
    unparsedBytes: 0,
  },
  {
    title: "more packets announced than there are",
    payloadHex: `0000001402000000${AFD}`,
    words: [AFD_WORDS],
    diagnostics: ["truncated 1"],
    unparsedBytes: 0,
  },
  {
    title: "fewer packets announced than there are",
    payloadHex: `0000002801000000${AFD}${AFD}`,
    words: [AFD_WORDS],
    diagnostics: ["count-mismatch"],
    unparsedBytes: 20,
  },
  {
    title: "a payload header that is cut",
    payloadHex: "00000014010000",
    words: [],
    diagnostics: ["truncated"],
    unparsedBytes: 7,
  },
];
