import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import {
  type Cue,
  cueText,
  decodeSubtitleText,
  formatSrt,
  formatWebVtt,
  isFormatError,
  parseSrt,
  parseSubtitles,
  parseWebVtt,
  SrtParser,
  WebVttParser,
} from "../src/index.js";

function brief(cues: readonly Cue[]): string[] {
  return cues.map((cue) => `${cue.startMs}-${cue.endMs} ${cueText(cue).replaceAll("\n", "|")}`);
}

describe("SubRip", () => {
  test("reads cues with two rows, marks and LF, CRLF or CR", () => {
    const text =
      "1\n00:00:01,000 --> 00:00:02,500\nOne\ntwo\n\n2\n00:00:03,000 --> 00:00:04,000\nThree\n";
    for (const end of ["\n", "\r\n", "\r"]) {
      expect(brief(parseSrt(text.replaceAll("\n", end)).cues)).toEqual([
        "1000-2500 One|two",
        "3000-4000 Three",
      ]);
    }
  });

  const leniencies: readonly (readonly [string, string, readonly string[]])[] = [
    ["byte order mark", "\ufeff1\n00:00:01,000 --> 00:00:02,000\nA\n", ["1000-2000 A"]],
    [
      "no counter",
      "00:00:01,000 --> 00:00:02,000\nA\n\n00:00:03,000 --> 00:00:04,000\nB",
      ["1000-2000 A", "3000-4000 B"],
    ],
    [
      "a counter that is a word",
      "intro\n00:00:01,000 --> 00:00:02,000\nA\n\nnext\n00:00:03,000 --> 00:00:04,000\nB",
      ["1000-2000 A", "3000-4000 B"],
    ],
    [
      "a repeated counter",
      "7\n7\n00:00:01,000 --> 00:00:02,000\nA\n\n7\n7\n00:00:03,000 --> 00:00:04,000\nB",
      ["1000-2000 A", "3000-4000 B"],
    ],
    [
      "blank lines in a cue",
      "1\n00:00:01,000 --> 00:00:02,000\nA\n\nB\n\n2\n00:00:03,000 --> 00:00:04,000\nC",
      ["1000-2000 A||B", "3000-4000 C"],
    ],
    [
      "no blank line between cues",
      "1\n00:00:01,000 --> 00:00:02,000\nA\n2\n00:00:03,000 --> 00:00:04,000\nB",
      ["1000-2000 A", "3000-4000 B"],
    ],
    [
      "a number as the last row of text",
      "1\n00:00:01,000 --> 00:00:02,000\nA\n42\n\n2\n00:00:03,000 --> 00:00:04,000\nB",
      ["1000-2000 A|42", "3000-4000 B"],
    ],
    ["a point before the milliseconds", "00:00:01.250 --> 00:00:02.5\nA", ["1250-2500 A"]],
    ["few digits", "0:0:1,5 --> 0:0:2,05\nA", ["1500-2050 A"]],
    ["no hours", "00:01,000 --> 01:02,000\nA", ["1000-62000 A"]],
    ["hours beyond 99", "100:00:00,000 --> 100:00:01,000\nA", ["360000000-360001000 A"]],
    ["a short arrow", "00:00:01,000->00:00:02,000\nA", ["1000-2000 A"]],
    ["spaces around everything", "  00:00:01,000   -->   00:00:02,000   \nA", ["1000-2000 A"]],
    ["coordinates", "00:00:01,000 --> 00:00:02,000 X1:10 X2:20 Y1:30 Y2:40\nA", ["1000-2000 A"]],
    ["reversed times", "00:00:02,000 --> 00:00:01,000\nA", ["1000-2000 A"]],
    ["a negative time", "-00:00:01,000 --> 00:00:01,000\nA", ["0-1000 A"]],
    ["no duration", "00:00:01,000 --> 00:00:01,000\nA", ["1000-1000 A"]],
    [
      "unsorted cues",
      "00:00:03,000 --> 00:00:04,000\nB\n\n00:00:01,000 --> 00:00:02,000\nA",
      ["1000-2000 A", "3000-4000 B"],
    ],
    [
      "text that looks like no tag",
      "00:00:01,000 --> 00:00:02,000\nI <3 a < b & c > d",
      ["1000-2000 I <3 a < b & c > d"],
    ],
    [
      "entities",
      "00:00:01,000 --> 00:00:02,000\n&lt;b&gt; &amp;&nbsp;x &bogus;",
      ["1000-2000 <b> &\u00a0x &bogus;"],
    ],
    ["ASS escapes", "00:00:01,000 --> 00:00:02,000\nA\\NB\\hC", ["1000-2000 A|B C"]],
    ["an unknown tag", "00:00:01,000 --> 00:00:02,000\nA<blink>B</blink>", ["1000-2000 AB"]],
  ];
  for (const [name, text, cues] of leniencies) {
    test(`accepts ${name}`, () => expect(brief(parseSrt(text).cues)).toEqual(cues));
  }

  test("turns tags into runs, nested, unclosed and in any case", () => {
    const { cues } = parseSrt(
      "00:00:01,000 --> 00:00:02,000\na<I>b<u>c</u></I><FONT COLOR=#00FF00>d{b}e\nf",
    );
    const plain = { bold: false, italics: false, underline: false, color: undefined };
    expect(cues[0]?.lines).toEqual([
      [
        { ...plain, text: "a" },
        { ...plain, text: "b", italics: true },
        { ...plain, text: "c", italics: true, underline: true },
        { ...plain, text: "d", color: 0x00ff00 },
        { ...plain, text: "e", color: 0x00ff00, bold: true },
      ],
      [{ ...plain, text: "f", color: 0x00ff00, bold: true }],
    ]);
  });

  test("reads position tags and drops other overrides", () => {
    const text = "00:00:01,000 --> 00:00:02,000\n{\\an7}{\\fad(1,2)}A";
    const [cue] = parseSrt(text).cues;
    expect(cue?.placement).toMatchObject({ vertical: "top", align: "left" });
    expect(cueText(cue as Cue)).toBe("A");
  });

  test("names the line of what is wrong", () => {
    const { issues } = parseSrt("1\n00:00:02,000 --> 00:00:01,000\nA<x>\n");
    expect(issues).toMatchObject([
      { code: "time", offset: 2 },
      { code: "markup", offset: 2 },
    ]);
  });

  test("limits the text of a cue", () => {
    const { cues, issues } = parseSrt(`00:00:01,000 --> 00:00:02,000\n${"x\n".repeat(9000)}`);
    expect(cueText(cues[0] as Cue).length).toBeLessThanOrEqual(10_000);
    expect(issues).toMatchObject([{ code: "limit" }]);
  });
});

describe("encodings", () => {
  const utf16 = (text: string, little: boolean): Uint8Array => {
    const bytes: number[] = [];
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      bytes.push(...(little ? [unit & 255, unit >> 8] : [unit >> 8, unit & 255]));
    }
    return Uint8Array.from(bytes);
  };
  test("UTF-8, UTF-16 by its mark, else windows-1252", () => {
    expect(decodeSubtitleText(new TextEncoder().encode("é♪"))).toBe("é♪");
    expect(decodeSubtitleText(new TextEncoder().encode("\ufeffé"))).toBe("é");
    expect(decodeSubtitleText(utf16("\ufeffé♪", true))).toBe("é♪");
    expect(decodeSubtitleText(utf16("\ufeffé♪", false))).toBe("é♪");
    expect(decodeSubtitleText(utf16("é", true), "utf-16le")).toBe("é");
    expect(decodeSubtitleText(Uint8Array.of(0x93, 0xe9, 0x94, 0x80))).toBe("“é”€");
    expect(decodeSubtitleText(Uint8Array.of(0x41, 0, 0x42))).toBe("AB");
  });
});

describe("WebVTT", () => {
  test("reads header, notes, identifiers, settings and tags", () => {
    const { cues, issues, timestampMap } = parseWebVtt(
      [
        "WEBVTT - a title",
        "X-TIMESTAMP-MAP=LOCAL:00:00:01.000,MPEGTS:900000",
        "",
        "NOTE nothing",
        "to see",
        "",
        "STYLE",
        "::cue { color: red }",
        "",
        "first",
        "00:01.000 --> 00:02.000 line:0 position:10% align:start",
        "<v Fred>Hi <i>there</i>, <c.yellow.big>you</c> &amp; <00:00:01.500>me",
        "",
        "01:00:00.000 --> 01:00:01.000",
        "two",
        "rows",
      ].join("\n"),
    );
    expect(issues).toEqual([]);
    expect(timestampMap).toEqual({ localMs: 1000, mpegts: 900_000 });
    expect(brief(cues)).toEqual(["1000-2000 Hi there, you & me", "3600000-3601000 two|rows"]);
    expect(cues[0]).toMatchObject({
      id: "first",
      placement: { vertical: "top", align: "left", line: 0, position: 10 },
    });
    expect(cues[0]?.lines[0]?.map((run) => [run.text, run.italics, run.color])).toEqual([
      ["Hi ", false, undefined],
      ["there", true, undefined],
      [", ", false, undefined],
      ["you", false, 0xffff00],
      [" & me", false, undefined],
    ]);
  });

  test("reports a missing header, a bad time and a block that is no cue", () => {
    const { cues, issues } = parseWebVtt(
      "x\n\n00:00 --> y\nA\n\nB\nC\n\n00:01.000 --> 00:02.000\nD",
    );
    expect(brief(cues)).toEqual(["1000-2000 D"]);
    expect(issues.map((issue) => issue.code)).toEqual(["syntax", "time", "syntax"]);
  });
});

describe("parseSubtitles", () => {
  test("tells SubRip from WebVTT", () => {
    expect(brief(parseSubtitles("WEBVTT\n\n00:01.000 --> 00:02.000\nA").cues)).toEqual([
      "1000-2000 A",
    ]);
    expect(brief(parseSubtitles("1\n00:00:01,000 --> 00:00:02,000\nA").cues)).toEqual([
      "1000-2000 A",
    ]);
  });

  test("throws a typed error when there is no cue", () => {
    for (const text of ["", "hello", "WEBVTT\n\n"]) {
      expect(() => parseSubtitles(text)).toThrow(expect.objectContaining({ code: "syntax" }));
    }
  });
});

const run = fc.record({
  text: fc.stringMatching(/^[a-zé♪<>&\\{}/ -]{1,12}$/u).filter((text) => text.trim() === text),
  bold: fc.boolean(),
  italics: fc.boolean(),
  underline: fc.boolean(),
  color: fc.constantFrom(undefined, 0xff0000, 0x00ffff),
});
const sound = fc.array(
  fc.record({
    startMs: fc.integer({ min: 0, max: 1e9 }),
    duration: fc.integer({ min: 1, max: 1e6 }),
    lines: fc.array(fc.array(run, { minLength: 1, maxLength: 1 }), { minLength: 1, maxLength: 3 }),
  }),
  { maxLength: 6 },
);

function toCues(inits: typeof sound extends fc.Arbitrary<infer T> ? T : never): Cue[] {
  return inits
    .map(({ startMs, duration, lines }, index) => ({
      startMs,
      endMs: startMs + duration,
      lines,
      placement: {
        vertical: "bottom",
        align: "center",
        line: undefined,
        position: undefined,
      } as const,
      id: String(index + 1),
    }))
    .sort((a, b) => a.startMs - b.startMs)
    .map((cue, index) => ({ ...cue, id: String(index + 1) }));
}

describe("properties", () => {
  property.prop([sound])("WebVTT that we write comes back whole", (inits) => {
    const cues = toCues(inits);
    expect(parseWebVtt(formatWebVtt(cues)).cues).toEqual(cues);
  });

  property.prop([sound])(
    "SubRip that we write comes back whole, but for what reads as an ASS escape",
    (inits) => {
      const cues = toCues(inits);
      const harmless = cues.filter((cue) => !/[\\{}]/.test(cueText(cue)));
      const numbered = harmless.map((cue, index) => ({ ...cue, id: String(index + 1) }));
      expect(parseSrt(formatSrt(numbered)).cues).toEqual(numbered);
    },
  );

  const lines = fc.array(
    fc.constantFrom(
      "1",
      "2",
      "",
      "x",
      "00:00:01,000 --> 00:00:02,000",
      "00:03.5 --> 00:04",
      "WEBVTT",
      "NOTE",
      "<i>",
      "{\\an8}y",
      "&amp;",
      "-->",
      "\ufeff",
    ),
    { maxLength: 30 },
  );
  property.prop([
    lines,
    fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 40 }),
    fc.constantFrom("\n", "\r\n", "\r"),
  ])("any chunking gives the same cues", (parts, sizes, end) => {
    const text = parts.join(end);
    for (const make of [() => new SrtParser(), () => new WebVttParser()]) {
      const whole = make();
      const expected = [...whole.push(text), ...whole.flush()];
      const parser = make();
      const cues: Cue[] = [];
      let at = 0;
      for (const size of sizes) {
        cues.push(...parser.push(text.slice(at, at + size)));
        at += size;
      }
      cues.push(...parser.push(text.slice(at)), ...parser.flush());
      expect(cues).toEqual(expected);
      expect(parser.issues).toEqual(whole.issues);
    }
  });

  property.prop([
    fc.oneof(fc.string({ unit: "binary", maxLength: 300 }), fc.uint8Array({ maxLength: 300 })),
  ])("any input gives cues or the one typed error", (input) => {
    parseSrt(input);
    parseWebVtt(input);
    try {
      parseSubtitles(input);
    } catch (error) {
      if (!isFormatError(error)) throw error;
    }
  });

  test("markup that begs for backtracking ends: quadratic time over this length would be minutes", () => {
    for (const evil of [
      "<a".repeat(4999),
      `<${"a".repeat(9998)}`,
      "&".repeat(9999),
      "{\\".repeat(4999),
      " ".repeat(9999),
    ]) {
      const text = `00:00:01,000 --> 00:00:02,000\n${evil}\n\n${evil} > ${evil}\n`;
      parseSrt(text);
      parseWebVtt(`WEBVTT\n\n${text}`);
    }
  });
});
