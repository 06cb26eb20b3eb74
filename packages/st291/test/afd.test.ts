import { describe, expect, test } from "vitest";
import { afdName, decodeAfd, encodeAfd } from "../src/index.js";

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe("AFD and bar data", () => {
  test("AFD 10 in 16:9 without bars", () => {
    const payload = bytes(0x54, 0, 0, 0, 0, 0, 0, 0);
    const data = { afd: 10, wide: true, bars: undefined };
    expect(decodeAfd(payload)).toEqual(data);
    expect(encodeAfd(data)).toEqual(payload);
  });

  test("top and bottom bars", () => {
    const payload = bytes(0x20, 0, 0, 0xc0, 0x00, 0x14, 0x04, 0x24);
    const data = {
      afd: 4,
      wide: false,
      bars: { kind: "letterbox", top: 20, bottom: 1060 },
    } as const;
    expect(decodeAfd(payload)).toEqual(data);
    expect(encodeAfd(data)).toEqual(payload);
  });

  test("left and right bars", () => {
    const payload = bytes(0x4c, 0, 0, 0x30, 0x00, 0xf0, 0x06, 0x8f);
    const data = {
      afd: 9,
      wide: true,
      bars: { kind: "pillarbox", left: 240, right: 1679 },
    } as const;
    expect(decodeAfd(payload)).toEqual(data);
    expect(encodeAfd(data)).toEqual(payload);
  });

  test.each([0b1000, 0b0100, 0b0010, 0b0001, 0b1010, 0b1110, 0b1111])(
    "refuses the bar flags %i",
    (flags) => {
      expect(() => decodeAfd(bytes(0x4c, 0, 0, flags << 4, 0, 1, 0, 2))).toThrow(
        expect.objectContaining({ code: "barFlags", field: "barFlags", offset: 3 }),
      );
    },
  );

  test.each([0, 7, 9])("refuses %i bytes, before it looks at the flags", (length) => {
    expect(() => decodeAfd(new Uint8Array(length).fill(0xff))).toThrow(
      expect.objectContaining({ code: "length", expected: 8, actual: length }),
    );
  });

  test("does not write what does not fit", () => {
    expect(() => encodeAfd({ afd: 16, wide: true, bars: undefined })).toThrow(RangeError);
    const bars = { kind: "letterbox", top: 0x10000, bottom: 0 } as const;
    expect(() => encodeAfd({ afd: 8, wide: true, bars })).toThrow(RangeError);
  });

  test("names codes, and leaves reserved ones without a name", () => {
    expect([8, 10].map(afdName)).toEqual(["Full frame", "16:9, centre"]);
    expect([1, 5, 6, 7, 12, 16].map(afdName)).toEqual(Array(6).fill(undefined));
  });
});
