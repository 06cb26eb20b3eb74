import { describe, expect, test } from "vitest";
import {
  bytesToWords,
  characterCode,
  characterOfCode,
  decodePair,
  encodePair,
  fallbackCode,
  hasParity,
  isExtended,
  mapText,
  moveToField,
  pacPair,
  pairHasParity,
  withPairParity,
  withParity,
  wordsToBytes,
} from "../src/index.js";

describe("parity", () => {
  test("goes into bit 7", () => {
    expect(withParity(0x14)).toBe(0x94);
    expect(withParity(0x00)).toBe(0x80);
    expect(withPairParity(0x142c)).toBe(0x942c);
    expect(hasParity(0x14)).toBe(false);
    expect(pairHasParity(0x8080)).toBe(true);
    expect(pairHasParity(0x0000)).toBe(false);
  });

  test("words and bytes change into each other", () => {
    const bytes = Uint8Array.of(0x94, 0x2c, 0xc8);
    expect([...bytesToWords(bytes)]).toEqual([0x942c, 0xc880]);
    expect([...wordsToBytes([0x942c, 0xc880])]).toEqual([0x94, 0x2c, 0xc8, 0x80]);
  });
});

describe("decodePair and encodePair", () => {
  test("miscellaneous control codes of all four channels (CTA-608-E table 52)", () => {
    for (const [field, dataChannel, rcl, eoc] of [
      [1, 1, 0x9420, 0x942f],
      [1, 2, 0x1c20, 0x1c2f],
      [2, 1, 0x1520, 0x152f],
      [2, 2, 0x9d20, 0x9d2f],
    ] as const) {
      expect(decodePair(rcl)).toEqual({ type: "misc", field, dataChannel, command: "RCL" });
      expect(encodePair({ type: "misc", field, dataChannel, command: "EOC" })).toBe(eoc);
    }
  });

  test("an indent goes with white only, black with no preamble", () => {
    const pac = {
      type: "pac",
      dataChannel: 1,
      row: 0,
      indent: 4,
      color: "white",
      italics: false,
      underline: false,
    } as const;
    expect(encodePair(pac)).toBe(0x9152);
    expect(() => encodePair({ ...pac, color: "red" })).toThrow(RangeError);
    expect(() => encodePair({ ...pac, italics: true })).toThrow(RangeError);
    expect(() => encodePair({ ...pac, indent: 5 })).toThrow(RangeError);
    expect(() => encodePair({ ...pac, indent: 32 })).toThrow(RangeError);
    expect(() => encodePair({ ...pac, row: 15 })).toThrow(RangeError);
    expect(() => encodePair({ ...pac, indent: undefined, color: "black" })).toThrow(RangeError);
    expect(() => encodePair({ ...pac, indent: undefined, color: "red", italics: true })).toThrow(
      RangeError,
    );
    expect(() => encodePair({ type: "special", dataChannel: 1, text: "x" })).toThrow(RangeError);
    expect(() => encodePair({ type: "tab", dataChannel: 1, columns: 4 as 3 })).toThrow(RangeError);
    expect(() => encodePair({ type: "nothing" } as never)).toThrow(TypeError);
  });

  test("pacPair gives the wire bytes of the reference's table", () => {
    expect(pacPair(1, 14, 0)).toBe(0x9470);
    expect(pacPair(2, 14, 0)).toBe(0x1c70);
    expect(pacPair(1, 10, 0)).toBe(0x10d0);
  });

  test("only control codes change when captions move to the other field", () => {
    expect(moveToField(0x9420, 2)).toBe(0x1520);
    expect(moveToField(0x1c20, 2)).toBe(0x9d20);
    expect(moveToField(0x1520, 1)).toBe(0x9420);
    // A preamble of row 13 begins with 14 too.
    expect(moveToField(0x94d0, 2)).toBe(0x94d0);
    expect(moveToField(0xc8e9, 2)).toBe(0xc8e9);
  });
});

describe("characters", () => {
  test("every code has a character, and its character leads back to something that looks the same", () => {
    const codes = [
      ...Array.from({ length: 0x60 }, (_, i) => 0x20 + i),
      ...Array.from({ length: 0x10 }, (_, i) => 0x1130 + i),
      ...Array.from({ length: 0x20 }, (_, i) => 0x1220 + i),
      ...Array.from({ length: 0x20 }, (_, i) => 0x1320 + i),
    ];
    for (const code of codes) {
      const character = characterOfCode(code) as string;
      expect(character.length).toBe(1);
      // The straight apostrophe alone is sent as the curled one.
      expect(characterCode(character)).toBe(code === 0x1229 ? 0x27 : code);
    }
    for (const code of [0x1f, 0x80, 0x112f, 0x1140, 0x121f, 0x1240, 0x1340, 0x1420]) {
      expect(characterOfCode(code)).toBeUndefined();
    }
  });

  test("each extended character has a readable letter before it", () => {
    const letters = (text: string): string =>
      [...text].map((c) => characterOfCode(fallbackCode(characterCode(c) as number))).join("");
    expect(letters("ÁÉÓÚÜü‘¡*—©℠•“”ÀÂÇÈÊËëÎÏïÔÙùÛ«»")).toBe('AEOUUu’!.-cs.""AACEEEeIIiOUuU""');
    expect(letters("ÃãÍÌìÒòÕõ{}\\_|~ÄäÖöß¥¤│ÅåØø┌┐└┘")).toBe("AaIIiOoOo()/-!-AaOosYC!AaOo++++");
    expect(isExtended(characterCode("é") as number)).toBe(false);
    expect(isExtended(characterCode("É") as number)).toBe(true);
    expect(isExtended(characterCode("♪") as number)).toBe(false);
  });

  test("text is composed, transliterated, and else replaced", () => {
    const shown = (text: string): string =>
      mapText(text)
        .codes.map((code) => characterOfCode(code))
        .join("");
    expect(shown("e\u0301")).toBe("é");
    expect(shown("ǅ…ﬁ²")).toBe("Dž...fi2".replace("ž", "z"));
    expect(shown("Ł–€")).toBe("L—EUR");
    expect(shown("a\u200bb\ufe0f")).toBe("ab");
    expect(mapText("a漢b😀")).toEqual({
      codes: [0x61, 0x20, 0x62, 0x20],
      unmappable: ["漢", "😀"],
    });
    expect(mapText("漢", "_").codes).toEqual([0x132d]);
  });
});
