import { fc, test as prop } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import {
  formatScc,
  formatTimecode,
  framesOfTimecode,
  isDroppedLabel,
  millisecondsOfFrame,
  parseScc,
  type SccItem,
  SccParser,
  sccLines,
  sccPairs,
  timecodeOfFrame,
  zeroBase,
} from "../src/index.js";

const HEADER = "Scenarist_SCC V1.0\n\n";

describe("parseScc", () => {
  test("reads labels of both kinds, any separators, blank lines, BOM and CR", () => {
    const text =
      "\ufeff\r\n\r\nscenarist_scc v1.0\r\n\r\n00:00:01:00\t9420 942F  \r00:00:02.15 94ae\t94ae\n\n\n01:00:00;00\t942c\n01:00:01,02 942c";
    const { lines, issues } = parseScc(text);
    expect(issues).toEqual([]);
    expect(lines.map(({ timecode }) => formatTimecode(timecode))).toEqual([
      "00:00:01:00",
      "00:00:02:15",
      "01:00:00;00",
      "01:00:01;02",
    ]);
    expect(lines.map(({ frame }) => frame)).toEqual([30, 75, 107_892, 107_924]);
    expect(lines.map(({ words }) => [...words])).toEqual([
      [0x9420, 0x942f],
      [0x94ae, 0x94ae],
      [0x942c],
      [0x942c],
    ]);
    expect(lines.map(({ lineNumber }) => lineNumber)).toEqual([5, 6, 9, 10]);
  });

  test.each([
    ["no header", "00:00:01:00\t9420", "sccHeader", 0],
    ["a time code out of range", `${HEADER}00:60:00:00\t9420`, "sccTimecode", 20],
    ["frame 30", `${HEADER}00:00:00:30\t9420`, "sccTimecode", 20],
    ["no time code", `${HEADER}hello`, "sccTimecode", 20],
    ["a word of three digits", `${HEADER}00:00:01:00\t9420 942`, "sccWord", 37],
    ["a word that is not hexadecimal", `${HEADER}00:00:01:00\tzz20`, "sccWord", 32],
    ["no words", `${HEADER}00:00:01:00`, "sccWord", 31],
  ])("throws at %s", (_, text, code, offset) => {
    expect(() => parseScc(text)).toThrow(
      expect.objectContaining({ name: "FormatError", code, offset }),
    );
    const { issues } = parseScc(text, { onBadLine: "skip" });
    expect(issues).toMatchObject([{ code, offset, severity: "error" }]);
  });

  test("skips bad lines and keeps the good ones around them, if wanted", () => {
    const { lines, issues } = parseScc(`${HEADER}00:00:01:00\t9420\nbad\n00:00:02:00\t942f`, {
      onBadLine: "skip",
    });
    expect(lines.length).toBe(2);
    expect(issues).toMatchObject([{ code: "sccTimecode", field: "line 4" }]);
  });

  test("repairs parity and says so; or keeps the words as they are", () => {
    const text = `${HEADER}00:00:01:00\t1420 9420 0000 8080`;
    expect([...(parseScc(text).lines[0]?.words ?? [])]).toEqual([0x9420, 0x9420, 0, 0x8080]);
    expect(parseScc(text).issues).toMatchObject([{ code: "parity", severity: "warning" }]);
    const kept = parseScc(text, { fixParity: false });
    expect([...(kept.lines[0]?.words ?? [])]).toEqual([0x1420, 0x9420, 0, 0x8080]);
    expect(kept.issues.length).toBe(1);
  });

  test("moves labels that do not exist to frame 02", () => {
    const { lines, issues } = parseScc(`${HEADER}00:01:00;00\t9420\n00:10:00;00\t9420`);
    expect(lines.map(({ frame }) => frame)).toEqual([1800, 17_982]);
    expect(issues).toMatchObject([{ code: "sccTimecode", severity: "warning" }]);
  });

  test("says where lines overlap, and sends their words one after the other", () => {
    const file = parseScc(
      `${HEADER}00:00:00:10\t9420 9420 94ae\n00:00:00:11\t942c 942c\n00:00:00:20\t942c`,
    );
    expect(file.issues).toMatchObject([{ code: "sccOverlap", severity: "warning" }]);
    expect([...sccPairs(file)].map(({ frame }) => frame)).toEqual([10, 11, 12, 13, 14, 20]);
  });

  test("a line that is too long is refused, not kept", () => {
    const text = `${HEADER}00:00:00:10\t${"9420 ".repeat(100)}\n00:00:00:10\t9420`;
    expect(() => parseScc(text, { maxLineLength: 100 })).toThrow(
      expect.objectContaining({ code: "limit" }),
    );
    expect(parseScc(text, { maxLineLength: 100, onBadLine: "skip" }).lines.length).toBe(1);
    expect(parseScc(text).lines.length).toBe(2);
  });

  test("other time bases count other frames", () => {
    const frame = (timebase: "ndf-24" | "ndf-25" | "ndf-30"): number | undefined =>
      parseScc(`${HEADER}00:00:02:01\t9420`, { timebase }).lines[0]?.frame;
    expect([frame("ndf-24"), frame("ndf-25"), frame("ndf-30")]).toEqual([49, 51, 61]);
    expect(() => parseScc(`${HEADER}00:00:02:24\t9420`, { timebase: "ndf-24" })).toThrow();
  });

  prop.prop([fc.string(), fc.array(fc.nat(20))])("any chunking gives the same", (junk, sizes) => {
    const text = `${HEADER}00:00:01:00\t9420 942f\r\n${junk}\r\n00:00:02;00\t94ae\r${junk}\n`;
    const parser = new SccParser();
    const items: SccItem[] = [];
    let at = 0;
    for (const size of sizes) {
      items.push(...parser.push(text.slice(at, at + size)));
      at += size;
    }
    items.push(...parser.push(text.slice(at)), ...parser.flush());
    const whole = new SccParser();
    expect(items).toEqual([...whole.push(text), ...whole.flush()]);
  });

  prop.prop([fc.string({ unit: "binary" })])("throws nothing but FormatError", (text) => {
    for (const input of [text, HEADER + text, `${HEADER}00:00:01:00\t${text}`]) {
      try {
        parseScc(input);
      } catch (error) {
        expect(error).toHaveProperty("name", "FormatError");
      }
      expect(parseScc(input, { onBadLine: "skip" })).toBeDefined();
    }
  });
});

describe("writing", () => {
  test("one line a caption, with a time code at each", () => {
    const pairs = [
      { frame: 30, word: 0x9420 },
      { frame: 31, word: 0x942f },
      { frame: 32, word: 0x8080 },
      { frame: 1800, word: 0x942c },
    ];
    const text =
      "Scenarist_SCC V1.0\r\n\r\n00:00:01;00\t9420 942f\r\n\r\n00:01:00;02\t942c\r\n\r\n";
    expect(formatScc({ lines: sccLines(pairs, true) })).toBe(text);
    expect(formatScc(parseScc(text))).toBe(text);
    expect([...sccPairs(parseScc(text))]).toEqual(pairs.filter(({ word }) => word !== 0x8080));
  });

  test("whole hours of the start can be taken off", () => {
    const file = parseScc(`${HEADER}01:00:00:00\t9420\n01:00:01:00\t942f`);
    expect(zeroBase(file).map(({ frame }) => frame)).toEqual([0, 30]);
    expect(zeroBase({ lines: [] })).toEqual([]);
  });
});

describe("time codes", () => {
  test("drop-frame follows the clock, non-drop runs slow by 1001/1000", () => {
    const label = { hours: 1, minutes: 0, seconds: 0, frames: 0 };
    const drop = framesOfTimecode({ ...label, dropFrame: true });
    expect(millisecondsOfFrame(drop, true)).toBeCloseTo(3_599_996.4, 3);
    const nonDrop = framesOfTimecode({ ...label, dropFrame: false });
    expect(millisecondsOfFrame(nonDrop, false)).toBeCloseTo(3_603_600, 6);
    expect(millisecondsOfFrame(nonDrop, false, "ndf-30")).toBe(3_600_000);
    expect(millisecondsOfFrame(25, false, "ndf-25")).toBe(1000);
    expect(millisecondsOfFrame(30, true, "ndf-25")).toBeCloseTo(1001, 9);
  });

  prop.prop([fc.nat(5_000_000), fc.boolean()])(
    "label and frame lead to each other",
    (frame, dropFrame) => {
      const timecode = timecodeOfFrame(frame, dropFrame);
      expect(isDroppedLabel(timecode)).toBe(false);
      expect(framesOfTimecode(timecode)).toBe(frame);
    },
  );

  test("frames are not negative", () => {
    expect(() => timecodeOfFrame(-1, false)).toThrow(RangeError);
  });
});
