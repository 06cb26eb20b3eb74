import { describe, expect, test } from "vitest";
import { cea608Line, decodeCea608, encodeCea608 } from "../src/index.js";

describe("line 21 data", () => {
  test("of field 1 has a one as field bit", () => {
    const packet = { field: 1, lineOffset: 12, ccData: [0x94, 0x2c] } as const;
    expect(decodeCea608(Uint8Array.of(0x8c, 0x94, 0x2c))).toEqual(packet);
    expect(encodeCea608(packet)).toEqual(Uint8Array.of(0x8c, 0x94, 0x2c));
  });

  test("reserved bits are ignored and written as zero", () => {
    const packet = decodeCea608(Uint8Array.of(0x6c, 0x15, 0x2c));
    expect(packet).toEqual({ field: 2, lineOffset: 12, ccData: [0x15, 0x2c] });
    expect(encodeCea608(packet)).toEqual(Uint8Array.of(0x0c, 0x15, 0x2c));
  });

  test.each([0, 2, 4, 6])("refuses %i bytes", (length) => {
    expect(() => decodeCea608(new Uint8Array(length))).toThrow(
      expect.objectContaining({ code: "length", expected: 3, actual: length }),
    );
  });

  test.each([
    { field: 1, lineOffset: 32, ccData: [0, 0] },
    { field: 1, lineOffset: 0, ccData: [256, 0] },
    { field: 1, lineOffset: 0, ccData: [0, -1] },
    { field: 3 as 2, lineOffset: 0, ccData: [0, 0] },
  ] as const)("does not write %o", (packet) => {
    expect(() => encodeCea608(packet)).toThrow(RangeError);
  });

  test("lines of both fields in both rasters", () => {
    const [field1, field2] = [1, 2].map((field) => ({
      field: field as 1 | 2,
      lineOffset: 12,
      ccData: [0, 0] as const,
    })) as [Parameters<typeof cea608Line>[0], Parameters<typeof cea608Line>[0]];
    expect([cea608Line(field1, 525), cea608Line(field2, 525)]).toEqual([21, 284]);
    expect([cea608Line(field1, 625), cea608Line(field2, 625)]).toEqual([17, 330]);
  });
});
