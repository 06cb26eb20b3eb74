import { fc, test as property } from "@fast-check/vitest";
import { Cea608Decoder, cellAt, parseScc, sccPairs, withPairParity } from "@x/cea608";
import { describe, expect, test } from "vitest";
import { VectorTally, vectorBytes, vectorFiles } from "../../../tools/testing/vectors.js";
import {
  CaptionDecoder,
  type CaptionWindow,
  Cea608To708,
  msOfFrame,
  toCaptionText,
} from "../src/index.js";

const rate = { numerator: 30_000, denominator: 1001 };

/** Row texts of what a line-21 decoder shows, in the repertoire of 708. */
function shown608(decoder: Cea608Decoder): string[] {
  const screen = decoder.screen("CC1");
  return Array.from({ length: 15 }, (_, row) => {
    let text = "";
    for (let column = 0; column < 32; column++) {
      const cell = cellAt(screen, row, column);
      text +=
        cell === undefined || cell.transparent ? "\u00a0" : [...toCaptionText(cell.char).text][0];
    }
    return text;
  });
}

function shown708(windows: readonly (CaptionWindow | undefined)[]): string[] {
  const window = windows.find((each) => each?.visible === true);
  return Array.from({ length: 15 }, (_, row) => {
    let text = "";
    for (let column = 0; column < 32; column++) text += window?.cell(row, column)?.text ?? "\u00a0";
    return text;
  });
}

/** Send words, one a frame, then let the queue drain. */
function convert(words: Iterable<number>): {
  expected: string[];
  actual: string[];
  issues: number;
} {
  const converter = new Cea608To708({ frameRate: rate });
  const decoder = new Cea608Decoder();
  const reader = new CaptionDecoder();
  let frame = 0;
  const send = (word: number): void => {
    const ccData = Uint8Array.of(0xfc, word >> 8, word & 0xff, 0xfd, 0x80, 0x80);
    const timeMs = msOfFrame(frame++, rate);
    decoder.push(1, word, timeMs);
    const out = converter.push(ccData, timeMs);
    expect(out).toHaveLength(60);
    expect([...out.subarray(0, 6)]).toEqual([...ccData]);
    reader.push(out, timeMs);
  };
  for (const word of words) send(word);
  for (let i = 0; i < 100; i++) send(0x8080);
  return {
    expected: shown608(decoder),
    actual: shown708(reader.service(1)?.windows ?? []),
    issues: reader.issues.length + reader.tripletIssues.length,
  };
}

describe("Cea608To708", () => {
  const files = vectorFiles("cea708").filter((file) => file.endsWith(".scc"));
  const tally = new VectorTally("cea708");
  test("there are SCC vectors", () => expect(files.length).toBeGreaterThan(0));
  for (const file of files) {
    test(`${file}: at every line the 708 screen is the line-21 screen`, () => {
      const scc = parseScc(new TextDecoder().decode(vectorBytes("cea708", file)));
      const pairs = [...sccPairs(scc)].map((pair) => pair.word);
      const ends = [...pairs.keys()].filter(
        (index) => index % 7 === 0 || index === pairs.length - 1,
      );
      for (const end of ends) {
        const { expected, actual, issues } = convert(pairs.slice(0, end + 1));
        expect(actual).toEqual(expected);
        expect(issues).toBe(0);
        tally.add(file);
      }
    });
  }

  const word = fc
    .oneof(
      fc.tuple(fc.integer({ min: 0x20, max: 0x7f }), fc.integer({ min: 0x20, max: 0x7f })),
      fc.tuple(fc.constant(0x14), fc.integer({ min: 0x20, max: 0x2f })),
      fc.tuple(fc.integer({ min: 0x10, max: 0x17 }), fc.integer({ min: 0x20, max: 0x7f })),
    )
    .map(([first, second]) => withPairParity((first << 8) | second));
  property.prop([fc.array(word, { maxLength: 120 })], { numRuns: 60 })(
    "any line-21 codes end in the same screen",
    (words) => {
      const { expected, actual } = convert(words);
      expect(actual).toEqual(expected);
    },
  );
});
