import { describe, expect, test } from "vitest";
import {
  type CodestreamHeader,
  chooseLevel,
  describeProfile,
  levelName,
  PROFILES,
  profileName,
  sublevelName,
} from "../src/index.js";
import { sampleHeader } from "./samples.js";

const pih = { ...sampleHeader.pih, ppih: 0x4a40, plev: 0x1004, lcod: 900 };
const high: CodestreamHeader = { ...sampleHeader, pih };

describe("describeProfile", () => {
  test("names what Ppih and Plev say", () => {
    expect(describeProfile(high)).toEqual({
      profile: "High444.12",
      level: "2k-1",
      sublevel: "Sublev3bpp",
      maxCodestreamSize: 960,
      violations: [],
    });
    expect(profileName(0)).toBe("Unrestricted");
    expect(profileName(0x4a45)).toBe("TDC444.12");
    expect(profileName(0x1234)).toBeUndefined();
    expect(levelName(0x2c00)).toBe("5k-1");
    expect(levelName(0)).toBe("Unrestricted");
    expect(sublevelName(0x0400)).toBe("Unrestricted");
    expect(sublevelName(0x0480)).toBe("Full");
  });

  const broken: readonly (readonly [string, Partial<typeof pih>])[] = [
    ["pih.hsl", { hsl: 2 }],
    ["pih.nly", { ppih: 0x3a40 }],
    ["pih.lcod", { lcod: 961 }],
    ["pih.lh", { lh: 1 }],
    ["pih.cw", { cw: 1 }],
    ["pih.fq", { ppih: 0x6ec0 }],
    ["pih.bw", { bw: 18, fq: 6 }],
    ["pih.wf", { wf: 2050, lcod: 0 }],
    ["pih.plev", { plev: 0x1024 }],
    ["pih.qpih", { ppih: 0x1500, nly: 1, hsl: 8, qpih: 1 }],
  ];
  test.each(broken)("reports %s", (field, change) => {
    const { violations } = describeProfile({ ...high, pih: { ...pih, ...change } });
    expect(violations.map((v) => v.field)).toContain(field);
  });

  test("lossless and Bayer profiles say nothing about columns", () => {
    const cw = (ppih: number): number =>
      describeProfile({ ...high, pih: { ...pih, ppih, cw: 1 } }).violations.filter(
        ({ field }) => field === "pih.cw",
      ).length;
    expect([0x6ec0, 0x9300, 0xc340].map(cw)).toEqual([0, 0, 0]);
    expect([0x1500, 0x4a40].map(cw)).toEqual([1, 1]);
  });

  test("reports a depth and a sampling that the profile has not", () => {
    const cdt = sampleHeader.cdt.map((c) => ({ ...c, b: 9 }));
    expect(describeProfile({ ...high, cdt }).violations).toHaveLength(3);
    const other = { ...high, pih: { ...pih, ppih: 0x4240 } };
    expect(describeProfile(other).violations.map((v) => v.field)).toEqual(["cdt"]);
  });
});

describe("chooseLevel", () => {
  const main = PROFILES.find((p) => p.ppih === 0x3540);
  test("takes the smallest that holds the picture", () => {
    expect(chooseLevel(1920, 1080, (1920 * 1080 * 3) / 8, main)).toBe(0x1004);
    expect(chooseLevel(1280, 720, (1280 * 720 * 3) / 8 + 1, main)).toBe(0x0406);
    expect(chooseLevel(3840, 2160, 3840 * 2160 * 2.4, main)).toBe(0x2080);
    expect(chooseLevel(20000, 100, 1, main)).toBe(0);
  });
  test("a frame rate raises the level", () => {
    const rate = { numerator: 120, denominator: 1 };
    expect(chooseLevel(1920, 1080, 100, main, rate) & 0xfc00).toBe(0x2000);
  });
});
