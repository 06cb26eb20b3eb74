// Filter arrays and non-linearities: what the encoder does with them.
import { fc, it } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { checkRules } from "../src/conformance-rules.js";
import {
  type CfaPattern,
  cfaPattern,
  describeProfile,
  type EncoderOptions,
  encoderHeader,
  extendedNonlinearity,
  isFormatError,
  joinMosaic,
  type Nonlinearity,
  type SamplingFormat,
  type SourcePlane,
  smoothingBuffer,
  splitMosaic,
  walkCodestream,
} from "../src/index.js";
import { allCodecs } from "./codecs.js";
import { naturalPicture, picture, planePsnr, random } from "./pictures.js";

const all = allCodecs().map(([name, codec]) => ({ name, codec, decoder: codec.createDecoder() }));
const { codec, decoder } = all[0] as (typeof all)[number];
const patterns = ["RGGB", "BGGR", "GRBG", "GBRG"] as const;

const sensor = fc
  .record({
    cfa: fc.constantFrom<CfaPattern>(...patterns),
    starTetrix: fc.record({
      cf: fc.constantFrom(0, 3),
      e1: fc.integer({ min: 0, max: 3 }),
      e2: fc.integer({ min: 0, max: 3 }),
    }),
    nlx: fc.integer({ min: 1, max: 5 }),
    nly: fc.integer({ min: 0, max: 2 }),
    wide: fc.integer({ min: 0, max: 60 }),
    high: fc.integer({ min: 0, max: 40 }),
    slice: fc.integer({ min: 1, max: 5 }),
    bitDepth: fc.integer({ min: 8, max: 16 }),
    roughness: fc.double({ min: 0, max: 1, noNaN: true }),
    seed: fc.nat(),
  })
  .map(({ wide, high, slice, seed, roughness, nly: wanted, ...o }) => {
    const nly = Math.min(wanted, o.nlx);
    const options = {
      ...o,
      nly,
      format: "4:4:4:4" as const,
      width: 2 ** o.nlx + wide,
      height: 2 ** nly + high,
      sliceHeight: slice * 2 ** nly,
    };
    const next = random(seed);
    const source = picture(
      options.format,
      options.width,
      options.height,
      o.bitDepth,
      (x, y, plane) => (next() < roughness ? next() : ((x * 3 + y * 5 + plane) % 64) / 64),
    );
    return { options, source };
  });

function encode(
  options: EncoderOptions,
  source: readonly SourcePlane[],
  with_ = codec,
): Uint8Array<ArrayBuffer> {
  const encoder = with_.createEncoder(options);
  try {
    const whole = encoder.encode(source).slice() as Uint8Array<ArrayBuffer>;
    if (with_ !== codec) return whole;
    // Slices one by one start anew each time; nobody may see it.
    let at = 0;
    encoder.encodeSlices(source, (piece) => {
      if (at > 0) expectSame(piece, whole.subarray(at, at + piece.length));
      at += piece.length;
    });
    expect(at).toBe(whole.length);
    return whole;
  } finally {
    encoder.close();
  }
}

function expectSame(actual: ArrayLike<number>, wanted: ArrayLike<number>): void {
  expect(actual.length).toBe(wanted.length);
  expect(Array.prototype.findIndex.call(actual, (value, i) => value !== wanted[i])).toBe(-1);
}

describe("filter arrays", () => {
  it.prop([sensor])(
    "without loss give every sample back, on every backend",
    ({ options, source }) => {
      let bytes: Uint8Array;
      try {
        bytes = encode({ ...options, lossless: true }, source);
      } catch (error) {
        // The largest exponents grow coefficients beyond their 15 bits.
        expect(isFormatError(error) && error.code).toBe("budget");
        const { e1, e2 } = options.starTetrix;
        expect(options.bitDepth <= 12 && options.bitDepth + Math.max(e1, e2) >= 12).toBe(true);
        return;
      }
      checkRules(bytes);
      expect(walkCodestream(bytes)).toMatchObject({ length: bytes.length, lcodAgrees: true });
      const { header } = walkCodestream(bytes);
      expect(header).toMatchObject({ sd: 1, cts: { reserved: 0, ...options.starTetrix } });
      expect(cfaPattern(header.crg ?? [])).toBe(options.cfa);
      for (const other of all) {
        if (other.codec !== codec)
          expectSame(encode({ ...options, lossless: true }, source, other.codec), bytes);
        for (const [i, { data }] of other.decoder.decode(bytes).planes.entries()) {
          expectSame(data, (source[i] as SourcePlane).data);
        }
      }
    },
  );

  const curve = fc.oneof(
    fc.constant(undefined),
    fc.record({ tnlt: fc.constant(1 as const), dco: fc.integer({ min: -300, max: 300 }) }),
    fc.record({
      tnlt: fc.constant(2 as const),
      t1: fc.integer({ min: 1, max: 20000 }),
      t2: fc.integer({ min: 20000, max: 200000 }),
      e: fc.integer({ min: 1, max: 4 }),
    }),
  ) as fc.Arbitrary<Nonlinearity | undefined>;
  it.prop([sensor, curve, fc.double({ min: 4, max: 70, noNaN: true })])(
    "in a budget are the same bytes and samples on every backend",
    ({ options, source }, nonlinearity, bits) => {
      const size = 700 + Math.ceil((options.width * options.height * bits) / 8);
      const tools = { ...options, size, ...(nonlinearity && { nonlinearity }) };
      let bytes: Uint8Array;
      try {
        bytes = encode(tools, source);
      } catch (error) {
        expect(error).toMatchObject({ code: "budget" });
        return;
      }
      expect(bytes.length).toBe(size);
      checkRules(bytes);
      const { planes } = decoder.decode(bytes);
      for (const other of all.slice(1)) {
        expectSame(encode(tools, source, other.codec), bytes);
        for (const [i, { data }] of other.decoder.decode(bytes).planes.entries()) {
          expectSame(data, (planes[i] as SourcePlane).data);
        }
      }
    },
  );

  it.prop([
    fc.constantFrom(...patterns),
    fc.integer({ min: 1, max: 9 }),
    fc.integer({ min: 1, max: 9 }),
  ])("are taken out of a sensor's picture and put back", (pattern, w, h) => {
    const mosaic = Uint16Array.from({ length: 4 * w * h }, (_, i) => i);
    const planes = splitMosaic(mosaic, 2 * w, 2 * h, pattern);
    for (const [i, { data }] of planes.entries()) {
      const letters = pattern.replace("G", "g");
      const at = letters.indexOf("RgGB"[i] as string);
      expect(data[0]).toBe((at >> 1) * 2 * w + (at & 1));
      expect(data.length).toBe(w * h);
    }
    const back = new Uint16Array(mosaic.length);
    joinMosaic(planes, pattern, back, 2 * w, 2 * h);
    expectSame(back, mosaic);
  });

  test("with an odd size, or fewer samples than it says, are refused", () => {
    expect(() => splitMosaic(new Uint8Array(12), 3, 4, "RGGB")).toThrow(RangeError);
    expect(() => splitMosaic(new Uint8Array(15), 4, 4, "RGGB")).toThrow(RangeError);
    expect(() => joinMosaic([], "RGGB", new Uint8Array(15), 4, 4)).toThrow(RangeError);
  });

  test("gain at least 2 dB from Star-Tetrix where colours are alike", () => {
    const [width, height, bitDepth] = [256, 128, 12];
    // A lens is never as sharp as noise.
    const grey = (naturalPicture("4:0:0", 2 * width, 2 * height, bitDepth, 11)[0] as SourcePlane)
      .data;
    const blurred = grey.map((value, i) => (value + (grey[i + 1] ?? value)) / 2);
    const soft = blurred.map((value, i) => (value + (blurred[i + 2 * width] ?? value)) / 2);
    const source = splitMosaic(soft, 2 * width, 2 * height, "GRBG");
    const base = { width, height, format: "4:4:4:4", bitDepth, bitsPerPixel: 12 } as const;
    const quality = (options: EncoderOptions): number => {
      const { planes } = decoder.decode(encode(options, source));
      const each = planes.map(({ data }, i) => planePsnr(data, source[i]?.data ?? [], bitDepth));
      return each.reduce((a, b) => a + b, 0) / 4;
    };
    expect(quality({ ...base, cfa: "GRBG" })).toBeGreaterThan(quality(base) + 2);
  });

  test.each([
    ["LightBayer", { nly: 0, lh: 1, rl: 0 }, 3],
    ["MainBayer", { nly: 1, lh: 1, rl: 1 }, 0],
    ["HighBayer", { nly: 2, lh: 1, rl: 1 }, 0],
  ] as const)("%s by name", (profile, pih, cf) => {
    const base = { width: 480, height: 270, format: "4:4:4:4", cfa: "RGGB" } as const;
    const options = { ...base, bitDepth: 14, bitsPerPixel: 16, profile } as const;
    const header = encoderHeader(options);
    expect(header).toMatchObject({ pih, cts: { cf }, sd: 1 });
    expect(describeProfile(header)).toMatchObject({ profile, violations: [] });
    const source = naturalPicture("4:4:4:4", 480, 270, 14, 2, 0.9);
    const { needed, allowed } = smoothingBuffer(encode(options, source));
    expect(needed).toBeLessThanOrEqual(allowed as number);
    // The same without the name.
    const { profile: _, ...rest } = options;
    const like = { ...rest, nly: pih.nly, starTetrix: { cf } };
    expect(describeProfile(encoderHeader(like)).profile).toBe(profile);
  });

  test("sublevels count sensor elements", () => {
    const base = { width: 1920, height: 1080, format: "4:4:4:4", cfa: "RGGB" } as const;
    const { pih } = encoderHeader({ ...base, bitDepth: 12, bitsPerPixel: 12 });
    expect(pih.plev).toBe(0x1004);
  });
});

describe("non-linearities", () => {
  const base = { width: 96, height: 64, format: "4:4:4", bitDepth: 12, bitsPerPixel: 60 } as const;
  const curves: readonly Nonlinearity[] = [
    { tnlt: 1, dco: 0 },
    { tnlt: 1, dco: 64 },
    { tnlt: 1, dco: -20 },
    extendedNonlinearity(12, 64, 400),
    extendedNonlinearity(12, 1, 1, 1),
    extendedNonlinearity(12, 100, 250, 4),
  ];
  test.each(curves)("%j gives nearly the same samples back in plenty of bytes", (nonlinearity) => {
    const source = naturalPicture("4:4:4", 96, 64, 12, 5);
    const bytes = encode({ ...base, nonlinearity }, source);
    expect(walkCodestream(bytes).header).toMatchObject({
      nlt: nonlinearity,
      pih: { bw: 18, fq: 6, br: 4, ppih: 0 },
    });
    checkRules(bytes);
    for (const [i, { data }] of decoder.decode(bytes).planes.entries()) {
      // Below the offset a square has no values.
      const wanted = Array.from(source[i]?.data ?? [], (v) =>
        nonlinearity.tnlt === 1 ? Math.max(v, nonlinearity.dco) : v,
      );
      const error = Math.max(...wanted.map((v, at) => Math.abs(v - (data[at] as number))));
      expect(error).toBeLessThanOrEqual(4);
    }
  });

  test("spend bits where it is dark", () => {
    const width = 128;
    const source = picture("4:0:0", width, 64, 12, (x, y) => {
      const noise = Math.sin(x * 12.9898 + y * 78.233) * 43758.5453;
      return 0.03 + 0.01 * (noise - Math.floor(noise));
    });
    const size = { width, height: 64, format: "4:0:0" as SamplingFormat, bitDepth: 12 };
    const quality = (options: Partial<EncoderOptions>): number => {
      const bytes = encode({ ...size, bitsPerPixel: 3, ...options }, source);
      return planePsnr(decoder.decode(bytes).planes[0]?.data ?? [], source[0]?.data ?? [], 12);
    };
    expect(quality({ nonlinearity: { tnlt: 1, dco: 0 } })).toBeGreaterThan(quality({}) - 1);
  });

  test.each([
    [12, 400, 64, 3],
    [12, 0, 0, 3],
    [12, 64, 5000, 3],
    [12, 64, 400, 0],
    [12, 64, 400, 2.5],
  ])("of %d bits from %d over %d with E %d are refused", (...levels) => {
    expect(() => extendedNonlinearity(...levels)).toThrow(RangeError);
  });
});

describe("refusals", () => {
  const base = { width: 96, height: 50, format: "4:4:4:4", bitDepth: 10, bitsPerPixel: 9 } as const;
  const bad: readonly (readonly [string, Record<string, unknown>])[] = [
    ["cfa", { cfa: "RGGB", format: "4:4:4" }],
    ["cfa", { cfa: "RGGB", rgb: true }],
    ["cfa", { cfa: "RGBG" }],
    ["starTetrix", { starTetrix: { cf: 0 } }],
    ["starTetrix.cf", { cfa: "RGGB", starTetrix: { cf: 1 } }],
    ["starTetrix.e1", { cfa: "RGGB", starTetrix: { e1: 4 } }],
    ["starTetrix.e2", { cfa: "RGGB", starTetrix: { e2: -1 } }],
    ["weights", { cfa: "RGGB", weights: "visual" }],
    ["profile", { cfa: "RGGB", profile: "High4444.12" }],
    ["profile", { profile: "HighBayer" }],
    ["profile", { cfa: "RGGB", profile: "LightBayer", nly: 1 }],
    ["profile", { profile: "Main4444.12", nonlinearity: { tnlt: 1, dco: 0 } }],
    ["cfa", { cfa: "RGGB", compat: "svt" }],
    ["nonlinearity", { nonlinearity: { tnlt: 1, dco: 0 }, compat: "svt" }],
    ["nonlinearity", { nonlinearity: { tnlt: 1, dco: 0 }, lossless: true }],
    ["nonlinearity.dco", { nonlinearity: { tnlt: 1, dco: 40000 } }],
    ["nonlinearity.t1", { nonlinearity: { tnlt: 2, t1: 0, t2: 1, e: 1 } }],
    ["nonlinearity.t2", { nonlinearity: { tnlt: 2, t1: 9, t2: 1, e: 1 } }],
    ["nonlinearity.e", { nonlinearity: { tnlt: 2, t1: 1, t2: 9, e: 5 } }],
  ];
  test.each(bad)("%s: %j", (field, change) => {
    expect(() => encoderHeader({ ...base, ...change } as EncoderOptions)).toThrow(
      expect.objectContaining({ name: "FormatError", code: "bad-config", field }),
    );
  });
});
