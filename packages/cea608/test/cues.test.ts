import { fc, test as prop } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { captionWords } from "../src/conformance.js";
import {
  type Cea608Cue,
  Cea608CueExporter,
  type Cea608CueOptions,
  cueText,
  encodeErase,
  encodePaintOn,
  encodePopOn,
  encodeRollUp,
} from "../src/index.js";

/** Words from these times on, one each 33 ms, as cues in short. */
function cuesOf(
  parts: readonly (readonly [number, readonly number[]])[],
  options: Cea608CueOptions = {},
  end = 60_000,
): (readonly [number, number, string])[] {
  const exporter = new Cea608CueExporter(options);
  const cues: Cea608Cue[] = [];
  for (const [from, words] of parts) {
    words.forEach((word, i) => {
      cues.push(...exporter.push(1, word, from + 33 * i));
    });
  }
  cues.push(...exporter.flush(end));
  return cues.map((cue) => [cue.start, cue.end, cueText(cue)]);
}

const single = { redundantControls: "never" } as const;
const popOn = (text: string): number[] => encodePopOn({ lines: text.split("\n") }, single);
/** When the last of these words is sent. */
const last = (from: number, words: readonly number[]): number => from + 33 * (words.length - 1);

describe("Cea608CueExporter", () => {
  test("a pop-on caption lasts from its EOC to the erasure or the next one", () => {
    const [one, two] = [popOn("One"), popOn("Two\nlines")];
    expect(
      cuesOf([
        [1000, one],
        [3000, two],
        [5000, encodeErase(single)],
      ]),
    ).toEqual([
      [last(1000, one), last(3000, two), "One"],
      [last(3000, two), 5000, "Two\nlines"],
    ]);
  });

  test("the last caption ends with the end of the captions", () => {
    expect(cuesOf([[1000, popOn("One")]])).toEqual([[last(1000, popOn("One")), 60_000, "One"]]);
  });

  test("roll-up gives a cue for each line", () => {
    const line = (text: string): number[] =>
      encodeRollUp({ lines: [text], align: "left" }, 2, single);
    const cues = cuesOf([
      [1000, line("first line")],
      [3000, line("second line")],
      [5000, line("third line")],
      [10_000, encodeErase(single)],
    ]);
    expect(cues.map(([, , text]) => text)).toEqual([
      "first line",
      "first line\nsecond line",
      "second line\nthird line",
    ]);
    // RU2, CR, then the new line: the carriage return ends a cue and begins the next.
    expect(cues.map(([start, end]) => [start, end])).toEqual([
      [1099, 3033],
      [3033, 5033],
      [5033, 10_000],
    ]);
  });

  test("resuming roll-up in the middle of a line does not cut it", () => {
    const line = encodeRollUp({ lines: ["all of it"], align: "left" }, 2, single);
    expect(
      cuesOf([
        [1000, line.slice(0, 5)],
        [1400, [0x9425]],
        [1500, line.slice(5)],
      ]).map(([, , text]) => text),
    ).toEqual(["all of it"]);
  });

  test("paint-on gives a cue for each pause", () => {
    const first = encodePaintOn({ lines: ["painted on"], row: 11, align: "left" }, single);
    const second = encodePaintOn({ lines: ["next row"], row: 12, align: "left" }, single);
    const parts = [
      [1000, first],
      [3000, second],
      [6000, encodeErase(single)],
    ] as const;
    expect(cuesOf(parts)).toEqual([
      [1066, 3066, "painted on"],
      [3066, 6000, "painted on\nnext row"],
    ]);
    expect(cuesOf(parts, { paintOnHoldMs: 10_000 })).toEqual([
      [1066, 6000, "painted on\nnext row"],
    ]);
  });

  test("paint-on over a row in use begins a new cue without a pause", () => {
    const first = encodePaintOn({ lines: ["abc"], align: "left" }, single);
    const second = encodePaintOn({ lines: ["xyz"], align: "left" }, single);
    const cues = cuesOf([
      [1000, first],
      [1000 + 33 * first.length, second],
    ]);
    expect(cues.map(([, , text]) => text)).toEqual(["abc", "xyz"]);
  });

  test("services are told apart, and only those asked for are told", () => {
    const exporter = new Cea608CueExporter({ services: ["CC2"] });
    const words = [
      ...encodePopOn({ lines: ["one"] }),
      ...encodePopOn({ lines: ["two"] }, { dataChannel: 2 }),
    ];
    words.forEach((word, i) => {
      exporter.push(1, word, i);
    });
    expect(exporter.flush(1000)).toMatchObject([{ service: "CC2", mode: "popOn", end: 1000 }]);
  });

  test("text pages make cues too, if asked for", () => {
    const exporter = new Cea608CueExporter({ services: ["T1"] });
    exporter.push(1, 0x942a, 0);
    exporter.push(1, 0xc8e9, 10);
    expect(exporter.flush(50)).toMatchObject([{ service: "T1", mode: "text", start: 10, end: 50 }]);
  });

  test("apostrophes are straight in exported text, unless wanted as they are", () => {
    const exporter = new Cea608CueExporter();
    for (const word of popOn("it's")) exporter.push(1, word, 0);
    const [cue] = exporter.flush(10) as [Cea608Cue];
    expect(cueText(cue)).toBe("it's");
    expect(cueText(cue, { asciiApostrophe: false })).toBe("it’s");
  });

  test("an initial mode is a cue's mode, too", () => {
    const exporter = new Cea608CueExporter({ initialMode: "rollUp" });
    for (const word of [0x9470, 0xc8e9]) exporter.push(1, word, 0);
    expect(exporter.flush(10)).toMatchObject([{ mode: "rollUp", start: 0, end: 10 }]);
  });

  prop.prop([captionWords()])("cues do not overlap, and are not empty", (words) => {
    const cues = cuesOf([[0, words]], {}, 33 * 80);
    let end = 0;
    for (const [start, stop, text] of cues) {
      expect(start).toBeGreaterThanOrEqual(end);
      expect(stop).toBeGreaterThan(start);
      expect(typeof text).toBe("string");
      end = stop;
    }
  });

  prop.prop([fc.array(fc.integer({ min: 0, max: 0xffff }))])("any words give cues", (words) => {
    expect(cuesOf([[0, words]]).length).toBeGreaterThanOrEqual(0);
  });
});
