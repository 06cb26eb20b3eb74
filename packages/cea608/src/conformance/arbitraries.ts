import fc from "fast-check";
import { characterOfCode } from "../characters.js";
import type { Cea608Caption, Cea608TextRun } from "../layout.js";
import { withPairParity } from "../parity.js";
import { XDS_CLASSES } from "../xds.js";
import type { XdsFacts } from "./implementation.js";

/** Any 16 bits. */
export function anyWord(): fc.Arbitrary<number> {
  return fc.integer({ min: 0, max: 0xffff });
}

/** A pair with right parity, control codes as often as characters. */
export function validWord(): fc.Arbitrary<number> {
  const low = fc.integer({ min: 0, max: 0x7f });
  return fc
    .tuple(fc.oneof(fc.integer({ min: 0x10, max: 0x1f }), low), low)
    .map(([first, second]) => withPairParity((first << 8) | second));
}

/** A word of one or two basic characters that are no spaces. */
export function textWord(): fc.Arbitrary<number> {
  const code = fc.integer({ min: 0x21, max: 0x7f });
  return fc.tuple(code, code).map(([first, second]) => withPairParity((first << 8) | second));
}

/** A stream as a careless encoder sends it: modes, preambles, edits and text in any order. */
export function captionWords(): fc.Arbitrary<number[]> {
  const misc = fc.constantFrom(0x20, 0x21, 0x24, 0x25, 0x26, 0x27, 0x29, 0x2c, 0x2d, 0x2e, 0x2f);
  const control = fc.oneof(
    misc.map((second) => 0x1400 | second),
    fc
      .tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 0x40, max: 0x7f }))
      .map(([low, second]) => 0x1000 | (low << 8) | second),
    fc.integer({ min: 0x1120, max: 0x113f }),
    fc.integer({ min: 0x1220, max: 0x123f }),
    fc.integer({ min: 0x1721, max: 0x1723 }),
  );
  const word = fc.oneof({ weight: 2, arbitrary: textWord() }, control.map(withPairParity));
  return fc.array(word, { maxLength: 60 });
}

/** A word of letters that have a code. */
export function captionText(maxLength: number): fc.Arbitrary<string> {
  const codes = [
    ...range(0x21, 0x7f),
    ...range(0x1130, 0x113f).filter((code) => code !== 0x1139),
    ...range(0x1220, 0x123f),
    ...range(0x1320, 0x133f),
  ];
  const letters = codes.map((code) => characterOfCode(code) as string);
  return fc
    .array(fc.constantFrom(...letters), { minLength: 1, maxLength })
    .map((characters) => characters.join(""));
}

/** A caption of plain lines. */
export type PlainCaption = Omit<Cea608Caption, "lines"> & { readonly lines: readonly string[] };

/** A caption of one to four plain lines that fit without wrapping. */
export function plainCaption(): fc.Arbitrary<PlainCaption> {
  return fc.record({
    lines: fc.array(captionText(31), { minLength: 1, maxLength: 4 }),
    align: fc.constantFrom("left", "center", "right"),
  });
}

/** A caption whose lines change their look, in words of a few letters. */
export function styledCaption(): fc.Arbitrary<Cea608Caption> {
  const run: fc.Arbitrary<Cea608TextRun> = fc.record({
    text: captionText(4).map((word) => `${word} `),
    color: fc.constantFrom("white", "green", "blue", "cyan", "red", "yellow", "magenta"),
    italics: fc.boolean(),
    underline: fc.boolean(),
  });
  return fc.record({
    lines: fc.array(fc.array(run, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 2 }),
  });
}

/** Any XDS packet. */
export function xdsPacket(): fc.Arbitrary<XdsFacts> {
  return fc.record({
    class: fc.constantFrom(...XDS_CLASSES),
    type: fc.integer({ min: 1, max: 0x7f }),
    data: fc.array(fc.integer({ min: 0x20, max: 0x7f }), { maxLength: 32 }),
  });
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
