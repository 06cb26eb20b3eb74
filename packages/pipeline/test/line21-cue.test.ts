// Styles and places of cues through line 21.
import { Cea608CueExporter, encodePopOn } from "@x/cea608";
import { type Cue, createCue, formatWebVttCue, parseMarkup } from "@x/cea708";
import { describe, expect, test } from "vitest";
import { cueOfLine21, line21Caption } from "../src/line21-cue.js";

/** A cue as it comes back from line 21. */
function throughLine21(cue: Cue): Cue {
  const exporter = new Cea608CueExporter();
  const words = encodePopOn(line21Caption(cue));
  words.forEach((word, i) => {
    exporter.push(1, word, i);
  });
  const [back] = exporter.flush(5000);
  if (back === undefined) throw new Error("no cue");
  return cueOfLine21(back);
}

const cue = (text: string, placement: Partial<Cue["placement"]> = {}): Cue =>
  createCue({ startMs: 0, endMs: 1000, text, placement });

describe("cues through line 21", () => {
  test("captions at the edges have no exact place", () => {
    for (const vertical of ["top", "bottom"] as const) {
      expect(throughLine21(cue("two\nrows", { vertical })).placement).toEqual({
        vertical,
        align: "center",
        line: undefined,
        position: undefined,
      });
    }
  });

  test("a line in percent of the picture is a row, and comes back", () => {
    for (const row of [1, 2, 5]) {
      const line = 10 + (row * 80) / 15;
      expect(throughLine21(cue("x", { vertical: "top", line })).placement).toMatchObject({
        vertical: "top",
        line: expect.closeTo(line, 6),
      });
    }
    const line = 10 + (12 * 80) / 15;
    expect(throughLine21(cue("one\ntwo", { vertical: "bottom", line })).placement).toMatchObject({
      vertical: "bottom",
      line: expect.closeTo(line, 6),
    });
  });

  test("a position of what is left-aligned is a column, and comes back", () => {
    for (const column of [0, 3, 16, 25]) {
      const position = 10 + column * 2.5;
      const back = throughLine21(cue("a word", { align: "left", position }));
      expect(back.placement).toMatchObject({ align: "left", position });
    }
  });

  test("styles come back, to the nearest colour, and WebVTT has them", () => {
    const { lines } = parseMarkup("<c.yellow>yellow</c> <i>slanted</i> <u>under</u>", "vtt");
    const back = throughLine21({ ...cue(""), lines });
    // A change of style takes a cell, that of colour and slant two.
    expect(formatWebVttCue(back)).toMatch(
      /<c\.yellow>yellow<\/c> *<i> *slanted<\/i><u> *under<\/u>/,
    );
    const orange = [{ ...(lines[0]?.[0] as Cue["lines"][0][0]), color: 0xffe010 }];
    expect(throughLine21({ ...cue(""), lines: [orange] }).lines[0]?.[0]?.color).toBe(0xffff00);
  });

  test("what leaves the screen is moved onto it", () => {
    for (const line of [-50, 0, 100, 300]) {
      for (const vertical of ["top", "middle", "bottom"] as const) {
        const back = throughLine21(
          cue("one\ntwo\nthree", { vertical, line, align: "left", position: line }),
        );
        expect(back.lines.length).toBe(3);
      }
    }
  });
});
