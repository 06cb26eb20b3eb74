// Configuration records of which a part that may be missing is damaged: the rest is read.
import { describe, expect, test } from "vitest";
import { fromHex } from "../../../tools/testing/vectors.js";
import {
  decodeAudioSpecificConfig,
  decodeAvcConfiguration,
  decodeAvcSps,
  decodeHevcSps,
  encodeAudioSpecificConfig,
  encodeAvcConfiguration,
} from "../src/index.js";

/** A record of profile 100 with an empty pair of parameter sets, up to the tail. */
const AVC_HEAD = "0164000affe100016701000168";

describe("avcC", () => {
  test("a tail with extensions is read and written", () => {
    const bytes = fromHex(`${AVC_HEAD}fef8fa0100026d07`);
    const config = decodeAvcConfiguration(bytes);
    expect(config.tail).toEqual({
      ...{ chromaFormat: 2, bitDepthLuma: 8, bitDepthChroma: 10 },
      spsExt: [fromHex("6d07")],
    });
    expect(encodeAvcConfiguration(config)).toEqual(bytes);
  });

  test.each(["", "fd", "fdf8f8", "fdf8f801", "fdf8f801000568", "01020304050607"])(
    "bytes that are no whole tail are none: %s",
    (tail) => {
      const config = decodeAvcConfiguration(fromHex(AVC_HEAD + tail));
      expect(config).toMatchObject({ sps: [fromHex("67")], pps: [fromHex("68")], tail: undefined });
    },
  );
});

describe("AudioSpecificConfig", () => {
  test.each([
    ["absent", "1190", undefined],
    ["another word", "11900000", undefined],
    ["SBR absent", "119056e500", false],
    ["SBR at an index", "119056e598", true],
    ["SBR at a rate", "119056e5f80560c0", true],
    ["cut before its flag", "119056e5", undefined],
    ["cut inside its rate", "119056e5f80560", undefined],
    ["a reserved index", "119056e5e8", undefined],
  ])("sync extension: %s", (_, hex, sbrPresent) => {
    const config = decodeAudioSpecificConfig(fromHex(hex));
    expect(config).toMatchObject({ audioObjectType: 2, samplingFrequency: 48000, sbrPresent });
    expect(config.syncExtension).toBe(sbrPresent === undefined ? undefined : 5);
    if (sbrPresent !== undefined) expect(encodeAudioSpecificConfig(config)).toEqual(fromHex(hex));
  });
});

describe("parameter sets", () => {
  // Of libx264 and libx265, 128 x 72.
  const avc = "67640009acd9420bf97011000003000100000300320f122596";
  const hevc =
    "42010101600000030090000003000003001ea0102051f2e595912930bc05a02000000300200000030321";

  test("damage behind the picture size costs the video usability information only", () => {
    expect(decodeAvcSps(fromHex(avc))).toMatchObject({ width: 128, height: 72 });
    expect(decodeAvcSps(fromHex(avc)).frameRate).toEqual({ numerator: 25, denominator: 1 });
    const cut = decodeAvcSps(fromHex(avc.slice(0, 2 * 12)));
    expect(cut).toMatchObject({ width: 128, height: 72, frameRate: undefined });
    const size = { width: 128, height: 72 };
    const tail = { frameRate: { numerator: 25, denominator: 1 } };
    expect(decodeHevcSps(fromHex(hevc))).toMatchObject({ ...size, tail });
    expect(decodeHevcSps(fromHex(hevc.slice(0, 2 * 25)))).toMatchObject({
      ...size,
      tail: undefined,
    });
  });
});
