import { fc, test as prop } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { captionWords } from "../src/conformance.js";
import {
  Cea608Decoder,
  type Cea608DecoderOptions,
  type Cea608Event,
  cellAt,
  createScreen,
  encodeXdsPacket,
  isEmptyScreen,
  screenRows,
  screensEqual,
  screenText,
} from "../src/index.js";
import { words as wordsOf } from "./implementation.js";

function hexWords(hex: string): number[] {
  return hex.split(" ").map((word) => Number.parseInt(word, 16));
}

function feed(
  decoder: Cea608Decoder,
  words: readonly number[],
  field: 1 | 2 = 1,
  from = 0,
): Cea608Event[] {
  return words.flatMap((word, i) => [...decoder.push(field, word, from + i)]);
}

function decoded(hex: string, options: Cea608DecoderOptions = {}, field: 1 | 2 = 1): Cea608Decoder {
  const decoder = new Cea608Decoder(options);
  feed(decoder, hexWords(hex), field);
  return decoder;
}

describe("Cea608Decoder", () => {
  test("tells what changed on the screen, and when", () => {
    const decoder = new Cea608Decoder();
    const events = feed(decoder, hexWords("9420 9420 94ae 94ae 9470 9470 c8e9 942f 942f 942c"));
    expect(events).toEqual([
      { type: "mode", time: 0, service: "CC1", mode: "popOn" },
      { type: "display", time: 7, service: "CC1", change: "flip" },
      { type: "mode", time: 7, service: "CC1", mode: "popOn" },
      { type: "display", time: 9, service: "CC1", change: "erase" },
    ]);
    expect(decoder.mode("CC1")).toBe("popOn");
  });

  test("returns one and the same empty list when nothing happened", () => {
    const decoder = new Cea608Decoder();
    expect(decoder.push(1, 0x8080, 0)).toBe(decoder.push(2, 0x8080, 1));
    expect(decoder.push(1, 0x8080, 0)).toEqual([]);
  });

  test("loads without showing, and shows what it loaded", () => {
    const decoder = decoded("9420 9470 c8e9");
    expect(isEmptyScreen(decoder.screen("CC1"))).toBe(true);
    expect(screenText(decoder.nonDisplayed("CC1"))).toBe("Hi");
  });

  test("the screen is a live view, a copy stays", () => {
    const decoder = decoded("9429 9470 c8e9");
    const view = decoder.screen("CC1");
    const copy = createScreen(view);
    feed(decoder, [0x942c]);
    expect(screenText(view)).toBe("");
    expect(screenText(copy)).toBe("Hi");
    expect(screensEqual(view, copy)).toBe(false);
  });

  test("cells have their style", () => {
    // Paint-on, yellow underlined PAC, "a", italics mid-row, "b", blue background code after a space.
    const decoder = decoded("9429 946b 6180 91ae 6220 10a4 e380");
    const screen = decoder.screen("CC1");
    expect(cellAt(screen, 14, 0)).toEqual({
      char: "a",
      transparent: false,
      color: "yellow",
      italics: false,
      underline: true,
      flash: false,
      background: "black",
      backgroundOpacity: "opaque",
    });
    expect(cellAt(screen, 14, 1)).toMatchObject({ char: " ", italics: true, underline: false });
    expect(cellAt(screen, 14, 2)).toMatchObject({ char: "b", color: "yellow", italics: true });
    expect(cellAt(screen, 14, 3)).toMatchObject({ char: " ", background: "blue" });
    expect(cellAt(screen, 14, 4)).toMatchObject({ char: "c", background: "blue", italics: true });
    expect(cellAt(screen, 14, 5)).toBeUndefined();
    expect(() => cellAt(screen, 15, 0)).toThrow(RangeError);
    expect(() => cellAt(screen, 0, 32)).toThrow(RangeError);
  });

  test("a colour mid-row ends italics, italics keep the colour, both end flash", () => {
    const decoder = decoded("9429 9470 91a8 91ae 6180 94a8 6280 9126 e380");
    const screen = decoder.screen("CC1");
    expect(cellAt(screen, 14, 2)).toMatchObject({
      char: "a",
      color: "red",
      italics: true,
      flash: false,
    });
    expect(cellAt(screen, 14, 4)).toMatchObject({
      char: "b",
      color: "red",
      italics: true,
      flash: true,
    });
    expect(cellAt(screen, 14, 6)).toMatchObject({
      char: "c",
      color: "cyan",
      italics: false,
      flash: false,
    });
  });

  test("semi-transparent, transparent and black codes take the place of a space", () => {
    const decoder = decoded("9429 9470 6120 1023 6220 97ad e320 97ae 6480");
    const screen = decoder.screen("CC1");
    expect(cellAt(screen, 14, 2)).toMatchObject({ background: "green", backgroundOpacity: "semi" });
    expect(cellAt(screen, 14, 4)).toMatchObject({ char: "c", backgroundOpacity: "transparent" });
    expect(cellAt(screen, 14, 6)).toMatchObject({ char: "d", color: "black" });
  });

  test("the transparent space keeps the picture visible", () => {
    const decoder = decoded("9429 9470 6180 91b9 6280");
    expect(cellAt(decoder.screen("CC1"), 14, 1)).toMatchObject({
      char: "\u00a0",
      transparent: true,
    });
    expect(screenRows(decoder.screen("CC1"))[0]?.runs.length).toBe(3);
  });

  test("a character beside another takes its looks, even after a preamble", () => {
    // Red "abcd", then a green preamble at column 0 and a white one at column 4.
    const decoder = decoded("9429 94e9 9468 6162 e364 94f2 e580");
    expect(cellAt(decoder.screen("CC1"), 14, 4)).toMatchObject({ char: "e", color: "red" });
  });

  test("a change to fewer roll-up rows erases what stands above, and keeps the cursor", () => {
    const decoder = decoded("94a7 9470 6180 94ad 6280 94ad e380 9425 64b0");
    expect(screenText(decoder.screen("CC1"))).toBe("b\ncd0");
  });

  test("backspace in the last column clears it too, unless told otherwise", () => {
    const hex = "9429 94fe 6162 e364 94a1";
    expect(screenText(decoded(hex).screen("CC1"))).toBe("ab");
    const kept = decoded(hex, { backspaceAtEdgeClearsLast: false });
    expect(screenText(kept.screen("CC1"))).toBe("ab d");
  });

  test("the initial mode can be chosen, and a text page has 7 to 15 rows", () => {
    expect(screenText(decoded("9470 c8e9", { initialMode: "rollUp" }).screen("CC1"))).toBe("Hi");
    const text = decoded(`942a ${"6180 94ad ".repeat(9)}`.trim(), { textRows: 7 });
    expect(screenRows(text.screen("T1")).at(-1)?.row).toBe(5);
    expect(() => new Cea608Decoder({ textRows: 16 })).toThrow(RangeError);
  });

  test("text scrolls at the bottom of its page, and captions stay", () => {
    const decoder = decoded(`9429 9470 c8e9 942a ${"6180 94ad ".repeat(16)}6280`);
    expect(screenText(decoder.screen("CC1"))).toBe("Hi");
    expect(screenRows(decoder.screen("T1")).at(-1)).toMatchObject({ row: 14, text: "b" });
    expect(screenRows(decoder.screen("T1")).length).toBe(15);
  });

  test("RTD goes on where text stopped, TR begins anew", () => {
    const decoder = decoded("942a 6180 9429 9470 c8e9 94ab 6280");
    expect(screenText(decoder.screen("T1"))).toBe("ab");
    expect(feed(decoder, [0x942a])).toContainEqual({
      type: "display",
      time: 0,
      service: "T1",
      change: "erase",
    });
    expect(screenText(decoder.screen("T1"))).toBe("");
  });

  test("XDS comes out as packets, around captions of the same field", () => {
    const data = new TextEncoder().encode("Star Trek");
    const xds = wordsOf(encodeXdsPacket({ class: "current", type: 3, data }));
    const decoder = new Cea608Decoder();
    const words = [0x1529, 0x9470, 0xc8e9, ...xds, 0x1529, 0xa180];
    const events = feed(decoder, words, 2);
    expect(events.filter(({ type }) => type === "xds")).toEqual([
      { type: "xds", time: 2 + xds.length, packet: { class: "current", type: 3, data } },
    ]);
    expect(screenText(decoder.screen("CC3"))).toBe("Hi!");
  });

  test("issues have the offset in the field and say what is wrong", () => {
    const issues = (hex: string, field: 1 | 2 = 1): unknown[] =>
      feed(new Cea608Decoder(), hexWords(hex), field).flatMap((event) =>
        event.type === "issue"
          ? [[event.issue.code, event.issue.severity, event.issue.offset]]
          : [],
      );
    expect(issues("8080 1420")).toEqual([["parity", "error", 2]]);
    expect(issues("9429 9470 6164 6364 e3e4")).toEqual([
      ["parity", "warning", 6],
      ["parity", "error", 8],
    ]);
    expect(issues("1520")).toEqual([["fieldMismatch", "warning", 0]]);
    expect(issues("9420", 2)).toEqual([["fieldMismatch", "warning", 0]]);
    expect(issues("1080")).toEqual([["reserved", "warning", 0]]);
    expect(issues("6101")).toEqual([["invalidPair", "error", 0]]);
    expect(issues("0183")).toEqual([["xdsField", "warning", 0]]);
    expect(issues("8080 0201", 2)).toEqual([["xdsSequence", "error", 2]]);
  });

  test("a control byte behind a character is ignored, the character is shown", () => {
    const decoder = decoded("9429 9470 c801 e985 8001 6180");
    expect(screenText(decoder.screen("CC1"))).toBe("Hia");
  });

  test("a control pair without a meaning gives the line to nobody", () => {
    const decoder = decoded("1c29 1c70 9429 9470 c8e9 1a85 98e0 a180");
    expect(screenText(decoder.screen("CC1"))).toBe("Hi!");
    expect(screenText(decoder.screen("CC2"))).toBe("");
  });

  test("an XDS packet goes on behind a control pair without a meaning", () => {
    const data = new TextEncoder().encode("Star Trek");
    const xds = wordsOf(encodeXdsPacket({ class: "current", type: 3, data }));
    const events = feed(new Cea608Decoder(), [...xds.slice(0, 3), 0x1085, ...xds.slice(3)], 2);
    expect(events.filter(({ type }) => type === "xds")).toEqual([
      { type: "xds", time: xds.length, packet: { class: "current", type: 3, data } },
    ]);
  });

  test("a control byte in an XDS packet ends it", () => {
    const issues = feed(new Cea608Decoder(), hexWords("0183 d3f4 6101 f220 8f80"), 2).flatMap(
      (event) => (event.type === "issue" ? [event.issue.code] : []),
    );
    expect(issues).toEqual(["invalidPair", "xdsSequence"]);
  });

  test("counts parity errors", () => {
    const decoder = decoded("9420 1420 1415 0000 8080");
    expect(decoder.parityErrors).toBe(2);
  });

  test("what is shown is erased after a while without data, if wanted", () => {
    const decoder = new Cea608Decoder({ autoEraseMs: 16_000 });
    feed(decoder, hexWords("9429 9470 c8e9 942a 6180"));
    expect(decoder.push(1, 0x8080, 16_000)).toEqual([]);
    expect(decoder.push(1, 0x8080, 16_003)).toEqual([
      { type: "display", time: 16_003, service: "CC1", change: "erase" },
    ]);
    expect(decoder.tick(60_000)).toEqual([]);
    expect(screenText(decoder.screen("T1"))).toBe("a");
  });

  test("character set codes are told", () => {
    const events = feed(new Cea608Decoder(), hexWords("97a8"));
    expect(events).toEqual([{ type: "charset", time: 0, service: "CC1", set: "gb2312" }]);
  });

  test("is as new after reset", () => {
    const decoder = decoded("9429 9470 c8e9 1415");
    decoder.reset();
    expect(decoder.parityErrors).toBe(0);
    expect(decoder.mode("CC1")).toBe("none");
    expect(isEmptyScreen(decoder.screen("CC1"))).toBe(true);
    feed(decoder, hexWords("c8e9"));
    expect(isEmptyScreen(decoder.screen("CC1"))).toBe(true);
  });

  test("a service that does not exist is a mistake of the caller", () => {
    expect(() => new Cea608Decoder().screen("CC5" as "CC1")).toThrow(RangeError);
  });

  prop.prop([captionWords()])("the screen never changes without a display event", (words) => {
    const decoder = new Cea608Decoder();
    for (const word of words) {
      const before = createScreen(decoder.screen("CC1"));
      const told = decoder
        .push(1, word, 0)
        .some((event) => event.type === "display" && event.service === "CC1");
      if (!told) expect(screensEqual(before, decoder.screen("CC1"))).toBe(true);
    }
  });

  prop.prop([fc.array(fc.tuple(fc.constantFrom(1, 2), fc.integer({ min: 0, max: 0xffff })))])(
    "the fields do not disturb each other",
    (pairs) => {
      const both = new Cea608Decoder();
      const first = new Cea608Decoder();
      for (const [field, word] of pairs) {
        both.push(field, word, 0);
        if (field === 1) first.push(field, word, 0);
      }
      for (const service of ["CC1", "CC2", "T1", "T2"] as const) {
        expect(screenText(both.screen(service))).toBe(screenText(first.screen(service)));
      }
    },
  );
});
