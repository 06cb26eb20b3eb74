// The vectors compare byte for byte; here stands what they do not reach.
import { describe, expect, test } from "vitest";
import { GstTextTo608, type GstTextTo608Options, type TimedPair } from "../src/index.js";

const hex = (
  options: Partial<GstTextTo608Options>,
  text: string,
  start = 1000,
  end = 1200,
): string => {
  const element = new GstTextTo608({ frameRate: { numerator: 30, denominator: 1 }, ...options });
  return element
    .push({ start, end, text })
    .map(({ word }) => word.toString(16).padStart(4, "0"))
    .filter((word) => word !== "8080")
    .join(" ");
};

const timed = (pairs: readonly TimedPair[]): string =>
  pairs
    .filter(({ word }) => word !== 0x8080)
    .map(({ frame, word }) => `${frame}:${word.toString(16)}`)
    .join(" ");

// What gst-plugins-rs 0.15.4 writes for the same text.
describe("GstTextTo608", () => {
  test("frame numbers are truncated, as the element has them", () => {
    const element = new GstTextTo608({ frameRate: { numerator: 30_000, denominator: 1001 } });
    expect(element.push({ start: 1000, end: 1100, text: "a" })[0]?.frame).toBe(29);
  });

  test("the origin column takes an indent and a tab", () => {
    expect(hex({ mode: "pop-on", originColumn: 6 }, "a")).toBe("9420 94ae 94f2 97a2 6180 942f");
  });

  test("a row that is asked for is the first, and rows below the screen are dropped", () => {
    expect(hex({ mode: "pop-on", originRow: 14 }, "a\nb")).toBe("9420 94ae 9470 6180 942f");
  });

  test("every line feed begins a row, also the last, and a carriage return is nothing", () => {
    expect(hex({ mode: "pop-on" }, "")).toBe("9420 94ae 9470 942f");
    expect(hex({ mode: "pop-on" }, "a\n")).toBe("9420 94ae 94d0 6180 9470 942f");
    expect(hex({ mode: "pop-on" }, "a\r\nb")).toBe("9420 94ae 94d0 6180 9470 6280 942f");
  });

  test("roll-up has two, three or four rows", () => {
    expect(hex({ mode: "roll-up", rows: 3 }, "a")).toBe("9426 9470 6180");
    expect(hex({ mode: "roll-up", rows: 4 }, "a")).toBe("94a7 9470 6180");
    expect(() => hex({ rows: 5 as 4 }, "a")).toThrow(RangeError);
  });

  test("what the element does not know becomes a space", () => {
    expect(hex({ mode: "pop-on" }, "漢x")).toBe("9420 94ae 9470 20f8 942f");
  });

  test("a single punctuation mark gets no space before it in roll-up", () => {
    const element = new GstTextTo608({ frameRate: { numerator: 30, denominator: 1 } });
    element.push({ start: 1000, end: 1200, text: "ab" });
    const words = element.push({ start: 2000, end: 2100, text: "." }).map(({ word }) => word);
    expect(words).toContain(0xae80);
  });

  describe("text erased meanwhile needs a preamble again", () => {
    const options = { frameRate: { numerator: 30, denominator: 1 }, rollUpTimeoutMs: 1000 };

    test("at the column of the text before when it is erased on the way to the next cue", () => {
      const element = new GstTextTo608(options);
      element.push({ start: 1000, end: 1200, text: "ab" });
      expect(element.gap(1200, 1300).every(({ word }) => word === 0x8080)).toBe(true);
      expect(timed(element.push({ start: 5000, end: 5200, text: "cd" }))).toBe(
        "65:942c 150:9425 151:9470 152:97a2 153:e364",
      );
    });

    test("at column 0, wherever its origin was, when it is erased during a gap", () => {
      const element = new GstTextTo608({ ...options, originColumn: 6 });
      element.push({ start: 1000, end: 1200, text: "ab" });
      expect(timed(element.gap(1200, 5000))).toBe("65:942c");
      expect(timed(element.push({ start: 5000, end: 5200, text: "cd" }))).toBe(
        "150:9425 151:9470 152:e364",
      );
    });
  });

  test("pairs of a cue that ended before its turn carry the frame of its end", () => {
    const element = new GstTextTo608({
      frameRate: { numerator: 30, denominator: 1 },
      mode: "pop-on",
    });
    element.push({ start: 1000, end: 3000, text: "abcdefghijklm" });
    expect(timed(element.push({ start: 2000, end: 2100, text: "cd" }))).toBe(
      "63:9420 63:94ae 63:9470 63:e364 63:942f",
    );
  });

  test("flush without anything to erase is empty", () => {
    const element = new GstTextTo608({ frameRate: { numerator: 30, denominator: 1 } });
    element.push({ start: 0, end: 100, text: "ab" });
    expect(element.flush()).toEqual([]);
  });
});
