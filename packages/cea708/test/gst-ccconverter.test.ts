// The vectors compare byte for byte; here stands what they do not reach, as GStreamer 1.28.8 writes it.
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../../tools/testing/vectors.js";
import { type GstCaptionFormat, GstCcConverter } from "../src/gst.js";

/** The triplets of the CDPs at 30 Hz, padding of DTVCC left out. */
function toCdp(from: GstCaptionFormat, ...buffers: readonly string[]): string[] {
  const inputRate = { numerator: 30, denominator: 1 };
  const converter = new GstCcConverter({ from, to: "cdp", inputRate });
  const made = buffers.flatMap((buffer) => converter.push(fromHex(buffer)));
  return [...made, ...converter.flush()].map((cdp) => toHex(cdp).slice(18, 30));
}

describe("GstCcConverter", () => {
  test("padding is not queued from ST 334-1, but is from a single field", () => {
    expect(toCdp("s334-1a", "8c80800c8080", "0c80800c6162")).toEqual([
      "f80000f90000",
      "fc8080fd6162",
    ]);
    expect(toCdp("raw-field0", "8080", "6162")).toEqual(["fc8080f90000", "fc6162f90000"]);
  });

  test("no more pairs are read from a buffer than a frame has", () => {
    expect(toCdp("s334-1a", "8c61628c63648c6566")).toEqual(["fc6162f90000", "fc6364f90000"]);
    expect(toCdp("raw-field1", "616263646566")).toEqual(["fc8080fd6162", "fc8080fd6364"]);
  });

  test.each([
    { numerator: 0, denominator: 1 },
    { numerator: 15, denominator: 1 },
  ])("a rate that no CDP can carry is refused on either side: %j", (rate) => {
    const known = { numerator: 30, denominator: 1 };
    for (const [inputRate, outputRate] of [
      [rate, known],
      [known, rate],
    ] as const) {
      const options = { from: "cc_data", to: "cdp", inputRate, outputRate } as const;
      expect(() => new GstCcConverter(options)).toThrow(RangeError);
    }
  });
});
