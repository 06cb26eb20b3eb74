import { describe, expect, test } from "vitest";
import { rtpTimestamp, rtpTimestampOfNs } from "../src/index.js";

const NTSC = { numerator: 30000, denominator: 1001 };

describe("rtpTimestamp", () => {
  test("truncates fields of 59.94", () => {
    const fields = { numerator: 60000, denominator: 1001 };
    expect([0, 1, 2, 3].map((n) => rtpTimestamp(n, fields))).toEqual([0, 1501, 3003, 4504]);
  });

  test("wraps at 2^32", () => {
    expect(rtpTimestamp(1_430_225, NTSC)).toBe(4_294_965_675);
    expect(rtpTimestamp(1_430_226, NTSC)).toBe(1382);
  });

  test("is exact for the frames since 1970, as number and as bigint", () => {
    const n = 53_000_000_000;
    const exact = Number(((BigInt(n) * 90_000n * 1001n) / 30_000n) % 2n ** 32n);
    expect(rtpTimestamp(n, NTSC)).toBe(exact);
    expect(rtpTimestamp(BigInt(n), NTSC)).toBe(exact);
  });

  test("counts in another clock rate", () => {
    expect(rtpTimestamp(1, { numerator: 25, denominator: 1 }, 48_000)).toBe(1920);
  });

  test.each([
    ["a negative frame", () => rtpTimestamp(-1, NTSC)],
    ["half a frame", () => rtpTimestamp(0.5, NTSC)],
    ["a rate of zero", () => rtpTimestamp(1, { numerator: 0, denominator: 1 })],
    ["no denominator", () => rtpTimestamp(1, { numerator: 25, denominator: 0 })],
    ["29.97", () => rtpTimestamp(1, { numerator: 29.97, denominator: 1 })],
    ["no clock", () => rtpTimestampOfNs(1n, 0)],
  ])("refuses %s", (_, call) => {
    expect(call).toThrow(RangeError);
  });
});

describe("rtpTimestampOfNs", () => {
  test("truncates where GStreamer rounds up", () => {
    expect(rtpTimestampOfNs(34_482_759n)).toBe(3103);
  });

  test("floors before the epoch too", () => {
    expect(rtpTimestampOfNs(-1n)).toBe(2 ** 32 - 1);
    expect(rtpTimestampOfNs(-1_000_000_000n)).toBe(2 ** 32 - 90_000);
  });
});
