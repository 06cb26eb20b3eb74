import { describe, expect, test } from "vitest";
import { decodeVpid, encodeVpid, vpidName } from "../src/index.js";

describe("payload identifier", () => {
  const payload = Uint8Array.of(0x85, 0x06, 0x00, 0x01);
  const vpid = { byte1: 0x85, byte2: 0x06, byte3: 0x00, byte4: 0x01 };

  test("is four bytes", () => {
    expect(decodeVpid(payload)).toEqual(vpid);
    expect(encodeVpid(vpid)).toEqual(payload);
  });

  test.each([0, 3, 5])("refuses %i bytes", (length) => {
    expect(() => decodeVpid(new Uint8Array(length))).toThrow(
      expect.objectContaining({ code: "length", clause: "ST 352" }),
    );
  });

  test("does not write more than a byte", () => {
    expect(() => encodeVpid({ ...vpid, byte3: 256 })).toThrow("byte3");
  });

  test("names byte 1 where it is known", () => {
    expect(vpidName(0x81)).toBe("SD, 270 Mb/s");
    expect(vpidName(0x85)).toBe("1080 lines, 1.5 Gb/s");
    expect(vpidName(0x8c)).toBe("2 × 1080 lines, 3 Gb/s level B");
    expect([0x00, 0x80, 0x86, 0x8d].map(vpidName)).toEqual(Array(4).fill(undefined));
  });
});
