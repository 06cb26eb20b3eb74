import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../../tools/testing/vectors.js";
import {
  type AncillaryTimeCode,
  atcPayloadTypeName,
  decodeAtc,
  decodeAtcWord,
  decodeDbb2,
  encodeAtc,
  encodeAtcWord,
  encodeDbb2,
} from "../src/index.js";

const midnight: AncillaryTimeCode = {
  dbb1: 0,
  dbb2: 0,
  hours: 0,
  minutes: 0,
  seconds: 0,
  frames: 0,
  dropFrameFlag: false,
  colourFrameFlag: false,
  bit35: 0,
  bit55: 0,
  bit74: 0,
  bit75: 0,
  binaryGroups: [0, 0, 0, 0, 0, 0, 0, 0],
};

describe("ancillary time code", () => {
  test("01:59:59;29 of VITC1 with user bits", () => {
    const payload = fromHex("988060709060d0509048583810200810");
    const time: AncillaryTimeCode = {
      ...midnight,
      dbb1: 1,
      dbb2: 78,
      hours: 1,
      minutes: 59,
      seconds: 59,
      frames: 29,
      dropFrameFlag: true,
      bit35: 1,
      binaryGroups: [8, 7, 6, 5, 4, 3, 2, 1],
    };
    expect(decodeAtc(payload)).toEqual(time);
    expect(toHex(encodeAtc(time))).toBe(toHex(payload));
  });

  test.each([
    ["dropFrameFlag", true, 2, 0x40],
    ["colourFrameFlag", true, 2, 0x80],
    ["bit35", 1, 6, 0x80],
    ["bit55", 1, 10, 0x80],
    ["bit74", 1, 14, 0x40],
    ["bit75", 1, 14, 0x80],
    ["hours", 20, 14, 0x20],
    ["minutes", 40, 10, 0x40],
    ["seconds", 8, 4, 0x80],
    ["frames", 10, 2, 0x10],
    ["dbb1", 0x80, 7, 0x08],
    ["dbb2", 0x01, 8, 0x08],
  ])("%s alone is one bit in one word", (field, value, word, byte) => {
    const expected = new Uint8Array(16);
    expected[word] = byte;
    expect(encodeAtc({ ...midnight, [field]: value })).toEqual(expected);
    expect(decodeAtc(expected)).toEqual({ ...midnight, [field]: value });
  });

  test.each([0, 15, 17])("refuses %i bytes", (length) => {
    expect(() => decodeAtc(new Uint8Array(length))).toThrow(
      expect.objectContaining({ code: "length", clause: "ST 12-2" }),
    );
  });

  property.prop([fc.uint8Array({ minLength: 16, maxLength: 16 })])(
    "any payload can be decoded and what was decoded encoded",
    (payload) => {
      expect(decodeAtc(encodeAtc(decodeAtc(payload)))).toEqual(decodeAtc(payload));
    },
  );

  property.prop([fc.uint8Array({ minLength: 16, maxLength: 16 })])(
    "as a word, all assigned bits of any payload are kept",
    (payload) => {
      const assigned = payload.map((byte) => byte & 0xf8);
      expect(encodeAtcWord(decodeAtcWord(payload))).toEqual(assigned);
    },
  );

  test.each([
    ["hours", { hours: 46 }],
    ["minutes", { minutes: -1 }],
    ["seconds", { seconds: 86 }],
    ["frames", { frames: 1.5 }],
    ["dbb1", { dbb1: 256 }],
    ["dbb2", { dbb2: 256 }],
    ["binaryGroups", { binaryGroups: [0, 0, 0, 0, 0, 0, 0, 16] }],
    ["binaryGroups", { binaryGroups: [0] }],
  ])("does not write a bad %s", (field, change) => {
    expect(() => encodeAtc({ ...midnight, ...change })).toThrow(RangeError);
    expect(() => encodeAtc({ ...midnight, ...change })).toThrow(field);
  });

  test("does not write a word of another size or with larger nibbles", () => {
    expect(() => encodeAtcWord({ dbb1: 0, dbb2: 0, nibbles: new Uint8Array(15) })).toThrow(
      RangeError,
    );
    const nibbles = new Uint8Array(16).fill(16);
    expect(() => encodeAtcWord({ dbb1: 0, dbb2: 0, nibbles })).toThrow(RangeError);
  });
});

test("DBB2 has four fields, and all of its bits", () => {
  expect(decodeDbb2(0b10101001)).toEqual({
    vitcLineSelect: 9,
    lineDuplicationFlag: true,
    timeCodeValidityFlag: false,
    processFlag: true,
  });
  const all = Array.from({ length: 256 }, (_, dbb2) => dbb2);
  expect(all.map((dbb2) => encodeDbb2(decodeDbb2(dbb2)))).toEqual(all);
  expect(() => encodeDbb2({ ...decodeDbb2(0), vitcLineSelect: 32 })).toThrow(RangeError);
});

test("payload types have names, reserved ones have none", () => {
  expect([0, 1, 2].map(atcPayloadTypeName)).toEqual(["ATC_LTC", "ATC_VITC1", "ATC_VITC2"]);
  expect(atcPayloadTypeName(0x7c)).toBe(atcPayloadTypeName(0x08));
  expect(atcPayloadTypeName(0x05)).toBe("User defined");
  expect(atcPayloadTypeName(0x7d)).toBe("Video tape data block, local");
  expect([0x80, 0xff].map(atcPayloadTypeName)).toEqual([undefined, undefined]);
});
