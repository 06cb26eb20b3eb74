import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import {
  type Cue,
  CueReader,
  cueText,
  encodeDtvccPacket,
  encodeServiceBlocks,
} from "../src/index.js";

/** Feeds codes, a packet at each time, and collects the cues. */
function read(...steps: readonly (readonly [number, ...(number | string)[]])[]): string[] {
  const reader = new CueReader();
  const cues: Cue[] = [];
  steps.forEach(([timeMs, ...parts], index) => {
    const codes = parts.flatMap((part) =>
      typeof part === "number" ? [part] : [...part].map((character) => character.charCodeAt(0)),
    );
    if (codes.length === 0) {
      cues.push(...reader.push(new Uint8Array(0), timeMs));
      return;
    }
    const packetData = encodeServiceBlocks([
      { serviceNumber: 1, blockData: Uint8Array.from(codes) },
    ]);
    cues.push(...reader.push(encodeDtvccPacket({ sequenceNumber: index & 3, packetData }), timeMs));
  });
  cues.push(...reader.flush(9000));
  return cues
    .sort((a, b) => a.startMs - b.startMs)
    .map((cue) => `${cue.startMs}-${cue.endMs} ${cueText(cue).replaceAll("\n", "|")}`);
}

/** DFn of two rows and 20 columns. */
function define(window: number, visible: boolean): number[] {
  return [0x98 | window, visible ? 0x38 : 0x18, 70, 105, 0x71, 19, 0x09];
}

describe("CueReader", () => {
  test("pop-on: from the command that shows to the one that hides, deletes or clears", () => {
    expect(
      read(
        [0, ...define(0, false), "A"],
        [1000, 0x89, 1],
        [2000, 0x8a, 1],
        [3000, 0x89, 1],
        [4000, 0x88, 1],
        [5000, ...define(1, false), "B", 0x89, 2],
        [6000, 0x8c, 2],
      ),
    ).toEqual(["1000-2000 A", "3000-4000 A", "5000-6000 B"]);
  });

  test("a window deleted, defined and filled again within one packet is another cue", () => {
    expect(read([0, ...define(0, true), "A"], [100, 0x8c, 1, ...define(0, true), "B"])).toEqual([
      "0-100 A",
      "100-9000 B",
    ]);
    expect(read([0, ...define(0, true), "A"], [100, 0x8c, 1, ...define(0, true), "A"])).toEqual([
      "0-9000 A",
    ]);
    expect(read([0, ...define(0, true), "A"], [100, 0x88, 1, "A"])).toEqual(["0-9000 A"]);
  });

  test("windows shown together are cues that overlap", () => {
    expect(
      read([0, ...define(0, true), "A"], [1000, ...define(1, true), "B"], [2000, 0x8a, 1]),
    ).toEqual(["0-2000 A", "1000-9000 B"]);
  });

  test("painted text that comes over some frames is one cue, text that comes later makes a new one", () => {
    expect(read([0, ...define(0, true), "Hel"], [33, "lo"], [66, "!"], [3000, " more"])).toEqual([
      "0-3000 Hello!",
      "3000-9000 Hello! more",
    ]);
  });

  test("roll-up: each line that scrolls in is a cue of its own", () => {
    const start = [0x92, 1, 0];
    expect(
      read(
        [0, ...define(0, true), ...start, "one"],
        [2000, 0x0d, "two"],
        [4000, 0x0d, "three"],
        [4033, " words"],
        [6000, 0x88, 1],
      ),
    ).toEqual(["0-2000 one", "2000-4000 two", "4000-6000 three words"]);
  });

  test("roll-up: a row that is written on before it scrolls belongs to the new cue too", () => {
    const start = [0x92, 1, 0];
    expect(
      read(
        [0, ...define(0, true), ...start, "one"],
        [2000, " and more", 0x0d, "two"],
        [5000, 0x88, 1],
      ),
    ).toEqual(["0-2000 one", "2000-5000 one and more|two"]);
  });

  test("roll-up: a line that scrolls away at once is in a cue all the same", () => {
    const start = [...define(0, true), 0x92, 1, 0];
    expect(read([0, ...start, "one"], [133, 0x0d, "two", 0x0d, "three"])).toEqual([
      "0-133 one",
      "133-9000 two|three",
    ]);
    expect(read([0, ...start, "one"], [33, 0x0d, "two"], [66, 0x0d, "three"])).toEqual([
      "0-66 one",
      "66-9000 two|three",
    ]);
    expect(read([0, ...start, "one", 0x0d, "tw"], [33, "o", 0x0d, "three"])).toEqual([
      "0-33 one",
      "33-9000 two|three",
    ]);
  });

  test("roll-up: the text of a line may come after its carriage return", () => {
    const start = [...define(0, true), 0x92, 1, 0];
    expect(read([0, ...start, "one"], [2000, 0x0d], [3000, "two"], [4000, 0x0c, "top"])).toEqual([
      "0-2000 one",
      "3000-4000 two",
      "4000-9000 top",
    ]);
  });

  test("roll-up: a line that is the same as the one before is a cue of its own", () => {
    const start = [...define(0, true), 0x92, 1, 0];
    expect(read([0, ...start, "Yes."], [2000, 0x0d, "Yes."])).toEqual([
      "0-2000 Yes.",
      "2000-9000 Yes.",
    ]);
  });

  test("text that is not to be displayed and transparent spaces are no text", () => {
    expect(read([0, ...define(0, true), 0x10, 0x20, "A", 0x90, 0xf5, 0x00, "secret"])).toEqual([
      "0-9000 A",
    ]);
    expect(read([0, ...define(0, true), 0x10, 0x20, " "])).toEqual([]);
  });

  test("a delay that ends shows its text then", () => {
    expect(read([0, ...define(0, true), 0x8d, 10, "A"], [500], [1000], [2000, 0x8a, 1])).toEqual([
      "1000-2000 A",
    ]);
  });

  property.prop([fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 20 })])(
    "any bytes: cues that end after they start, and text in them",
    (frames) => {
      const reader = new CueReader({ sequenceCheck: "ignore" });
      const cues = frames.flatMap((frame, index) => reader.push(frame, index * 40));
      cues.push(...reader.flush(frames.length * 40));
      for (const cue of cues) {
        expect(cue.endMs).toBeGreaterThanOrEqual(cue.startMs);
        expect(cueText(cue).trim()).not.toBe("");
      }
    },
  );
});
