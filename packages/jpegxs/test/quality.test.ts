import { describe, expect, test } from "vitest";
import { describeProfile, encoderHeader, loadCodecSync } from "../src/index.js";
import { fixtures, gain, generated, mean, quality } from "./quality.js";

const codec = loadCodecSync();

describe("quality at equal bytes, against the compatibility mode", () => {
  const natural = fixtures("natural");
  test.each([
    ["generated 4:2:2", generated("4:2:2"), [2, 3, 4], 0.7],
    ["fixture 4:2:2", natural, [2, 3, 4], 0.7],
    ["generated RGB with channels that are alike", generated("4:4:4", true), [2, 4, 6], 3],
  ] as const)("%s", (_, subjects, rates, least) => {
    for (const bitsPerPixel of rates) {
      if (subjects.length === 0) continue;
      const { first, all } = mean(subjects.map((s) => gain(codec, s, bitsPerPixel)));
      expect(all).toBeGreaterThanOrEqual(least);
      // RCT gives red less of the gain than the other two, which depend on green.
      if (subjects !== natural && least < 3) expect(first).toBeGreaterThanOrEqual(least);
      for (const { options } of subjects) {
        expect(describeProfile(encoderHeader({ ...options, bitsPerPixel })).violations).toEqual([]);
      }
    }
  });

  test("trimming is worth something at every rate that it is done at, and never costs much", () => {
    const subjects = [...generated("4:2:2"), ...natural, ...fixtures("text")];
    for (const bitsPerPixel of [2, 3, 4, 5]) {
      const gains = subjects.map((s) => {
        const plain = quality(codec, s, bitsPerPixel, { trim: false });
        const trimmed = quality(codec, s, bitsPerPixel);
        return { first: trimmed.first - plain.first, all: trimmed.all - plain.all };
      });
      expect(mean(gains).all).toBeGreaterThan(0.1);
      for (const { all } of gains) expect(all).toBeGreaterThan(-0.5);
    }
  });
});
