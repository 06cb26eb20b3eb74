import { describe, expect, test } from "vitest";
import {
  Cea608Decoder,
  decodePair,
  encodeErase,
  encodePaintOn,
  encodePopOn,
  encodeRollUp,
  encodeText,
  screenRows,
  screenText,
} from "../src/index.js";

const hex = (words: readonly number[]): string =>
  words.map((word) => word.toString(16).padStart(4, "0")).join(" ");

function shown(words: readonly number[], field: 1 | 2 = 1): Cea608Decoder {
  const decoder = new Cea608Decoder();
  for (const word of words) decoder.push(field, word, 0);
  return decoder;
}

describe("encodePopOn", () => {
  test("sends what the standard's sequence says", () => {
    expect(hex(encodePopOn({ lines: ["Hi"], align: "left" }))).toBe(
      "9420 9420 94ae 94ae 9470 9470 c8e9 942f 942f",
    );
    expect(hex(encodePopOn({ lines: ["Hi"], column: 6 }, { redundantControls: "never" }))).toBe(
      "9420 94ae 94f2 97a2 c8e9 942f",
    );
  });

  test("field 2 has its own codes and no doubles unless wanted", () => {
    expect(hex(encodePopOn({ lines: ["Hi"], align: "left" }, { field: 2 }))).toBe(
      "1520 15ae 9470 c8e9 152f",
    );
    expect(hex(encodeErase({ field: 2, dataChannel: 2 }))).toBe("9d2c");
    expect(hex(encodeErase({ field: 2, redundantControls: "always" }))).toBe("152c 152c");
  });

  test("special characters begin a pair, extended ones follow a readable letter", () => {
    const words = encodePopOn({ lines: ["a♪É"], align: "left" }, { redundantControls: "never" });
    expect(hex(words)).toBe("9420 94ae 9470 6180 9137 4580 92a1 942f");
  });

  test("the same special character twice is kept apart by a code that changes nothing", () => {
    const words = encodePopOn({ lines: ["♪♪"], align: "left" }, { redundantControls: "never" });
    expect(hex(words)).toBe("9420 94ae 9470 9137 9420 9137 942f");
    expect(screenText(shown(words).screen("CC1"))).toBe("♪♪");
    const doubled = encodePopOn({ lines: ["♪♪♪"], align: "left" });
    expect(screenText(shown(doubled).screen("CC1"))).toBe("♪♪♪");
  });

  test("lines are placed by alignment, row and column", () => {
    const rows = (caption: Parameters<typeof encodePopOn>[0]): (readonly [number, number])[] =>
      screenRows(shown(encodePopOn(caption)).screen("CC1")).map(({ row, column }) => [row, column]);
    const lines = ["1234567890", "12"];
    expect(rows({ lines })).toEqual([
      [13, 11],
      [14, 15],
    ]);
    expect(rows({ lines, align: "right" })).toEqual([
      [13, 22],
      [14, 30],
    ]);
    expect(rows({ lines, row: 2, column: 5 })).toEqual([
      [2, 5],
      [3, 5],
    ]);
    // Off the screen: moved back onto it.
    expect(rows({ lines, row: 14, column: 31 })).toEqual([
      [13, 22],
      [14, 30],
    ]);
    expect(() => encodePopOn({ lines, row: 15 })).toThrow(RangeError);
    expect(() => encodePopOn({ lines, column: 32 })).toThrow(RangeError);
  });

  test("long lines are wrapped by words, longer words are cut", () => {
    const text = (line: string): string =>
      screenText(shown(encodePopOn({ lines: [line] })).screen("CC1"));
    expect(text("the quick brown fox jumps over the lazy dog")).toBe(
      "the quick brown fox jumps over\nthe lazy dog",
    );
    expect(text("x".repeat(70))).toBe(`${"x".repeat(32)}\n${"x".repeat(32)}\n${"x".repeat(6)}`);
    expect(text("  spaces  around  ")).toBe("spaces  around");
    // An extended character cannot stand in the last column.
    expect(text(`${"x".repeat(31)}É`)).toBe(`${"x".repeat(31)}\nÉ`);
    expect(text("a\nb")).toBe("a b");
  });

  test("changes of look take the place of spaces where they can", () => {
    const words = encodePopOn({
      lines: [
        [
          { text: "He said " },
          { text: "yes", italics: true },
          { text: " and ", color: "yellow" },
          { text: "le", underline: true },
          { text: "ft" },
        ],
      ],
      align: "left",
    });
    expect(
      screenRows(shown(words).screen("CC1"))[0]?.runs.map(({ text, style }) => [
        text,
        style.color,
        style.italics,
        style.underline,
      ]),
    ).toEqual([
      ["He said", "white", false, false],
      [" yes", "white", true, false],
      [" and", "yellow", false, false],
      [" le", "white", false, true],
      [" ft", "white", false, false],
    ]);
  });

  test("a row begins with its colour in the preamble at the left edge, else in the cell before it", () => {
    const first = (
      line: {
        text: string;
        color?: "red";
        italics?: boolean;
        underline?: boolean;
        flash?: boolean;
      },
      column: number,
    ): unknown => {
      const words = encodePopOn({ lines: [[line]], column }, { redundantControls: "never" });
      const [row] = screenRows(shown(words).screen("CC1"));
      const run = row?.runs[row.runs.length - 1];
      const codes = words.slice(2).map((word) => decodePair(word).type);
      return [codes[0], codes[1], run?.column, run?.text, run?.style.color, run?.style.italics];
    };
    expect(first({ text: "ab", color: "red" }, 0)).toEqual(["pac", "text", 0, "ab", "red", false]);
    expect(first({ text: "ab", italics: true }, 0)).toEqual([
      "pac",
      "text",
      0,
      "ab",
      "white",
      true,
    ]);
    expect(first({ text: "ab", color: "red" }, 9)).toEqual([
      "pac",
      "midRow",
      8,
      " ab",
      "red",
      false,
    ]);
    expect(first({ text: "ab", color: "red", italics: true }, 0)).toEqual([
      "pac",
      "midRow",
      0,
      " ab",
      "red",
      true,
    ]);
    expect(first({ text: "ab", underline: true }, 4)).toEqual([
      "pac",
      "text",
      4,
      "ab",
      "white",
      false,
    ]);
    expect(first({ text: "ab", flash: true }, 0)).toEqual([
      "pac",
      "misc",
      0,
      " ab",
      "white",
      false,
    ]);
  });

  test("a coloured line of 32 cells needs no wrapping", () => {
    const words = encodePopOn({ lines: [[{ text: "y".repeat(32), color: "yellow" }]] });
    expect(screenRows(shown(words).screen("CC1"))).toMatchObject([
      { column: 0, text: "y".repeat(32) },
    ]);
  });

  test("more rows than the screen has are cut off", () => {
    const words = encodePopOn({ lines: Array.from({ length: 20 }, (_, i) => `line ${i}`) });
    expect(screenRows(shown(words).screen("CC1")).length).toBe(15);
  });

  test("a long text takes no long time", () => {
    const words = encodePopOn({ lines: ["x".repeat(200_000), "word ".repeat(20_000)] });
    expect(words.length).toBeLessThan(1000);
    const odd = ["a ".repeat(50_000), `${" ".repeat(200_000)}b`, "😀".repeat(200_000)];
    expect(encodePopOn({ lines: odd }).length).toBeLessThan(1000);
  });
});

describe("encodePaintOn and encodeRollUp", () => {
  test("paint-on writes on what is shown", () => {
    expect(hex(encodePaintOn({ lines: ["Hi"], align: "left" }))).toBe("9429 9429 9470 9470 c8e9");
  });

  test("text fills a page, and goes on with it", () => {
    const single = { redundantControls: "never" } as const;
    const words = encodeText({ lines: ["one", [{ text: "two", color: "red" }]] }, single);
    expect(hex(words)).toBe("942a ef6e e580 94ad 9468 f4f7 ef80 94ad");
    const more = encodeText({ lines: ["three"] }, { ...single, resume: true });
    expect(screenText(shown([...words, 0x9429, 0x9470, 0xc8e9, ...more]).screen("T1"))).toBe(
      "one\ntwo\nthree",
    );
    const other = encodeText({ lines: ["x"] }, { field: 2, dataChannel: 2 });
    expect(screenText(shown(other, 2).screen("T4"))).toBe("x");
  });

  test("roll-up begins each line with CR and its preamble", () => {
    const words = encodeRollUp({ lines: ["a", "b"], align: "left", row: 10 }, 3, {
      redundantControls: "never",
    });
    expect(hex(words)).toBe("9426 94ad 10d0 6180 94ad 10d0 6280");
    expect(screenRows(shown(words).screen("CC1")).map(({ row, text }) => [row, text])).toEqual([
      [9, "a"],
      [10, "b"],
    ]);
    expect(() => encodeRollUp({ lines: ["a"] }, 5)).toThrow(RangeError);
  });
});
