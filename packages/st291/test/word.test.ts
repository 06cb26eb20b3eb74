import { describe, expect, test } from "vitest";
import {
  checksumWord,
  hasInvertedParity,
  hasParity,
  isForbiddenWord,
  wordOf,
} from "../src/index.js";

describe("wordOf", () => {
  test("gives the words of ST 291-1", () => {
    const bytes = [0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x40, 0x41, 0x61, 0x80, 0xff];
    expect(bytes.map(wordOf)).toEqual([
      0x200, 0x101, 0x102, 0x203, 0x104, 0x205, 0x140, 0x241, 0x161, 0x180, 0x2ff,
    ]);
  });

  test("ignores bits above the eighth", () => {
    expect(wordOf(0x361)).toBe(0x161);
  });

  test("never gives a word that is kept for synchronisation", () => {
    const words = Array.from({ length: 256 }, (_, byte) => wordOf(byte));
    expect(words.filter(isForbiddenWord)).toEqual([]);
  });
});

describe("parity", () => {
  test("is right for one of four words with the same low bits, inverted for another", () => {
    const words = Array.from({ length: 0x400 }, (_, word) => word);
    const right = Array.from({ length: 256 }, (_, byte) => wordOf(byte));
    const ascending = (a: number, b: number): number => a - b;
    expect(words.filter(hasParity)).toEqual(right.sort(ascending));
    const inverted = right.map((word) => word ^ 0x300).sort(ascending);
    expect(words.filter(hasInvertedParity)).toEqual(inverted);
  });

  test("is wrong for a value of more than ten bits", () => {
    expect(hasParity(0x400 | wordOf(0x61))).toBe(false);
    expect(hasInvertedParity(0x400 | (wordOf(0x61) ^ 0x300))).toBe(false);
  });
});

test("only 000 to 003 and 3FC to 3FF are kept for synchronisation", () => {
  const forbidden = Array.from({ length: 0x400 }, (_, word) => word).filter(isForbiddenWord);
  expect(forbidden).toEqual([0, 1, 2, 3, 0x3fc, 0x3fd, 0x3fe, 0x3ff]);
});

describe("checksumWord", () => {
  test("of nothing is 200", () => {
    expect(checksumWord([])).toBe(0x200);
  });

  test("counts b8 and not b9 of each word", () => {
    expect(checksumWord([0x100])).toBe(0x100);
    expect(checksumWord([0x200])).toBe(0x200);
    expect(checksumWord([0x300, 0x100])).toBe(0x200);
  });

  test("stops after `count` words", () => {
    expect(checksumWord([0x010, 0x020, 0x040], 2)).toBe(0x230);
  });

  test("of 258 words of 3FF does not overflow", () => {
    const words = new Uint16Array(258).fill(0x3ff);
    // 258 · 1FF = 258 · (200 − 1), so −258 modulo 200: 0FE.
    expect(checksumWord(words)).toBe(0x2fe);
  });
});
