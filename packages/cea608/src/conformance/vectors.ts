import type { Cea608Field } from "../codes.js";
import type { ShownScreens } from "./implementation.js";

/** A few pairs and what is shown after them. */
export interface ConformanceVector {
  readonly name: string;
  /** Where the rule stands. */
  readonly clause: string;
  readonly field: Cea608Field;
  /** Pairs in hexadecimal, parity included, as in an SCC file. */
  readonly words: string;
  readonly shown: ShownScreens;
}

const C = "CTA-608-E annex C";

/** Small vectors that any decoder can be held against. */
export const conformanceVectors: readonly ConformanceVector[] = [
  {
    name: "pop-on is invisible until its EOC",
    clause: C,
    field: 1,
    words: "9420 94ae 9470 c8e9",
    shown: {},
  },
  {
    name: "pop-on with doubled controls",
    clause: C,
    field: 1,
    words: "9420 9420 94ae 94ae 9470 9470 c8e9 942f 942f",
    shown: { CC1: [{ row: 14, column: 0, text: "Hi" }] },
  },
  {
    name: "ENM clears what EOC took off the screen",
    clause: C,
    field: 1,
    words: "9420 94ae 9470 c180 942f 94d0 c280 942f 94ae 942f",
    shown: {},
  },
  {
    name: "what EOC took off the screen is still in the other memory",
    clause: C,
    field: 1,
    words: "9420 94ae 9470 c180 942f 94d0 c280 942f 94a1 942f",
    shown: { CC1: [{ row: 14, column: 0, text: "A" }] },
  },
  {
    name: "EOC shows the other memory in any mode, and pop-on goes on",
    clause: C,
    field: 1,
    words: "9420 9470 6180 9429 94d0 6280 942f 9470 e380",
    shown: { CC1: [{ row: 14, column: 0, text: "a" }] },
  },
  {
    name: "a preamble touches no cell",
    clause: C,
    field: 1,
    words: "9429 9470 6162 94f2 e380",
    shown: { CC1: [{ row: 14, column: 0, text: "ab  c" }] },
  },
  {
    name: "RCL changes neither memory",
    clause: C,
    field: 1,
    words: "9429 9470 6180 9420 6280 942f 9420 942f",
    shown: { CC1: [{ row: 14, column: 0, text: "a" }] },
  },
  {
    name: "roll-up scrolls its window and loses the top row",
    clause: C,
    field: 1,
    words: "9425 94ad 9470 6180 94ad 6280 94ad e380",
    shown: {
      CC1: [
        { row: 13, column: 0, text: "b" },
        { row: 14, column: 0, text: "c" },
      ],
    },
  },
  {
    name: "a preamble above the window's height is moved down",
    clause: C,
    field: 1,
    words: "94a7 91d0 6180",
    shown: { CC1: [{ row: 3, column: 0, text: "a" }] },
  },
  {
    name: "the window moves to the base row of a preamble with all its rows",
    clause: C,
    field: 1,
    words: "9425 9470 6180 94ad 6280 92d0",
    shown: {
      CC1: [
        { row: 1, column: 0, text: "a" },
        { row: 2, column: 0, text: "b" },
      ],
    },
  },
  {
    name: "RUx out of pop-on erases, and begins in the last row",
    clause: C,
    field: 1,
    words: "9420 9470 4f80 942f 9425 6180",
    shown: { CC1: [{ row: 14, column: 0, text: "a" }] },
  },
  {
    name: "three equal controls are two",
    clause: "CTA-608-E 8.3",
    field: 1,
    words: "9426 9470 6180 94ad 94ad 94ad 6280",
    shown: {
      CC1: [
        { row: 12, column: 0, text: "a" },
        { row: 14, column: 0, text: "b" },
      ],
    },
  },
  {
    name: "four backspaces are two",
    clause: "CTA-608-E 8.3",
    field: 1,
    words: "9429 9470 6162 e364 94a1 94a1 94a1 94a1",
    shown: { CC1: [{ row: 14, column: 0, text: "ab" }] },
  },
  {
    name: "padding between two copies does not make them two codes",
    clause: "CTA-608-E 8.3",
    field: 1,
    words: "9429 9470 6162 94a1 8080 94a1",
    shown: { CC1: [{ row: 14, column: 0, text: "a" }] },
  },
  {
    name: "the 33rd character overwrites the last column",
    clause: "CTA-608-E C.13",
    field: 1,
    words: "9429 94fe 6162 e364 e580",
    shown: { CC1: [{ row: 14, column: 28, text: "abce" }] },
  },
  {
    name: "an extended character takes the place of its fallback",
    clause: "CTA-608-E 6.4.2",
    field: 1,
    words: "9429 9470 4580 92a1",
    shown: { CC1: [{ row: 14, column: 0, text: "É" }] },
  },
  {
    name: "an extended character without fallback in the first column stays there",
    clause: "CTA-608-E 6.4.2",
    field: 1,
    words: "9429 9470 92a1 6180",
    shown: { CC1: [{ row: 14, column: 0, text: "Éa" }] },
  },
  {
    name: "a mid-row code takes a cell",
    clause: "CTA-608-E 6.2",
    field: 1,
    words: "9429 9470 6180 91ae 6280",
    shown: { CC1: [{ row: 14, column: 0, text: "a b" }] },
  },
  {
    name: "a background code takes the place of the space before it",
    clause: "CTA-608-E 6.2",
    field: 1,
    words: "9429 9470 6120 10a4 6280",
    shown: { CC1: [{ row: 14, column: 0, text: "a b" }] },
  },
  {
    name: "tabs skip cells and stop at the last column",
    clause: "CTA-608-E C.13",
    field: 1,
    words: "9429 94fe 9723 8080 6180 9723 97a2 6280",
    shown: { CC1: [{ row: 14, column: 31, text: "b" }] },
  },
  {
    name: "delete to end of row",
    clause: C,
    field: 1,
    words: "9429 9470 6162 e364 e5e6 94f2 94a4",
    shown: { CC1: [{ row: 14, column: 0, text: "abcd" }] },
  },
  {
    name: "characters before any mode are dropped",
    clause: C,
    field: 1,
    words: "9470 6162 942c e364",
    shown: {},
  },
  {
    name: "channels 1 and 2 of a field have screens of their own",
    clause: "CTA-608-E 8.2",
    field: 1,
    words: "9429 9470 6180 1c29 1c70 6280 9429 e380",
    shown: {
      CC1: [{ row: 14, column: 0, text: "ac" }],
      CC2: [{ row: 14, column: 0, text: "b" }],
    },
  },
  {
    name: "field 2 has 15 and 1D for its control codes",
    clause: "CTA-608-E 8.4",
    field: 2,
    words: "1529 9470 6180 9d29 1c70 6280",
    shown: {
      CC3: [{ row: 14, column: 0, text: "a" }],
      CC4: [{ row: 14, column: 0, text: "b" }],
    },
  },
  {
    name: "characters behind XDS belong to XDS until a control code",
    clause: "CTA-608-E 8.6",
    field: 2,
    words: "1529 9470 6180 0183 d3f4 1529 6280",
    shown: { CC3: [{ row: 14, column: 0, text: "ab" }] },
  },
  {
    name: "text mode leaves captions alone",
    clause: "CTA-608-E annex D",
    field: 1,
    words: "9429 9470 6180 942a 54e5 94ad f8f4 9429 6280",
    shown: {
      CC1: [{ row: 14, column: 0, text: "ab" }],
      T1: [
        { row: 0, column: 0, text: "Te" },
        { row: 1, column: 0, text: "xt" },
      ],
    },
  },
  {
    name: "a bad second byte loses the pair, a bad first one shows a block",
    clause: "47 CFR 79.101 (k)",
    field: 1,
    words: "9429 9470 6162 e3e4 6364 14a1",
    shown: { CC1: [{ row: 14, column: 0, text: "ab█d" }] },
  },
];
