import { afterAll, expect, test } from "vitest";
import {
  fromHex,
  toHex,
  VectorTally,
  vectorFiles,
  vectorJson,
} from "../../../tools/testing/vectors.js";
import {
  BitReader,
  BitWriter,
  crc32Mpeg,
  packTenBitWords,
  readPcr,
  readTimestamp,
  unpackTenBitWords,
  wrapDiff,
  writePcr,
  writeTimestamp,
} from "../src/index.js";

interface Expected {
  readonly bitFields?: readonly {
    fields: readonly { width: number; value: number }[];
    hex: string;
  }[];
  readonly tenBitWords?: readonly {
    words: readonly number[];
    hexPadOnes: string;
    hexPadZeros: string;
  }[];
  readonly pts?: readonly { prefix: number; value: number; hex: string }[];
  readonly pcr?: readonly { base: number; extension: number; ticks27MHz: number; hex: string }[];
  readonly wrapDiff33?: readonly { a: number; b: number; signedShortest: number }[];
  readonly crc32Mpeg?: readonly { hex: string; crc: number }[];
}

const tally = new VectorTally("bits");
afterAll(() => tally.print());

test("every vector is exact", () => {
  for (const file of vectorFiles("bits").filter((name) => name.endsWith(".json"))) {
    const expected = vectorJson<Expected>("bits", file);
    for (const { fields, hex } of expected.bitFields ?? []) {
      const reader = new BitReader(fromHex(hex));
      const writer = new BitWriter();
      for (const { width, value } of fields) {
        expect(reader.readLong(width, "field")).toBe(value);
        writer.writeLong(width, value, "field");
      }
      expect(toHex(writer.finish())).toBe(hex);
      tally.add(file);
    }
    for (const { words, hexPadOnes, hexPadZeros } of expected.tenBitWords ?? []) {
      expect(toHex(packTenBitWords(words, 1))).toBe(hexPadOnes);
      expect(toHex(packTenBitWords(words, 0))).toBe(hexPadZeros);
      expect([...unpackTenBitWords(fromHex(hexPadOnes), 0, words.length)]).toEqual(words);
      tally.add(file);
    }
    for (const { prefix, value, hex } of expected.pts ?? []) {
      const bytes = new Uint8Array(5);
      writeTimestamp(bytes, 0, prefix, value);
      expect(toHex(bytes)).toBe(hex);
      expect(readTimestamp(bytes, 0)).toBe(value);
      tally.add(file);
    }
    for (const { ticks27MHz, hex } of expected.pcr ?? []) {
      const bytes = new Uint8Array(6);
      writePcr(bytes, 0, ticks27MHz);
      expect(toHex(bytes)).toBe(hex);
      expect(readPcr(bytes, 0)).toBe(ticks27MHz);
      tally.add(file);
    }
    for (const { a, b, signedShortest } of expected.wrapDiff33 ?? []) {
      expect(wrapDiff(a, b, 2 ** 33)).toBe(signedShortest);
      tally.add(file);
    }
    for (const { hex, crc } of expected.crc32Mpeg ?? []) {
      expect(crc32Mpeg(fromHex(hex))).toBe(crc);
      tally.add(file);
    }
  }
  expect(tally.expectations).toBeGreaterThan(0);
});
