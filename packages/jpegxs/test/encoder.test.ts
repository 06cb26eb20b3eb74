import { fc, it } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { checkRules } from "../src/conformance-rules.js";
import {
  type Codec,
  describeProfile,
  type EncoderOptions,
  encoderHeader,
  loadCodecSync,
  type Picture,
  type SamplingFormat,
  type SourcePlane,
  smoothingBuffer,
  walkCodestream,
} from "../src/index.js";
import { allCodecs } from "./codecs.js";
import { naturalPicture, picture, planePsnr, random } from "./pictures.js";

const codec = loadCodecSync();
const decoder = codec.createDecoder();
const others = allCodecs().map(([, other]) => ({ other, decoder: other.createDecoder() }));
const formats = ["4:0:0", "4:2:0", "4:2:2", "4:4:4", "4:2:2:4", "4:4:4:4"] as const;

/** Any size that the format and the levels allow. */
const shape = fc
  .record({
    format: fc.constantFrom<SamplingFormat>(...formats),
    nlx: fc.integer({ min: 1, max: 5 }),
    nly: fc.integer({ min: 0, max: 2 }),
    extraWidth: fc.integer({ min: 0, max: 70 }),
    extraHeight: fc.integer({ min: 0, max: 40 }),
    columns: fc.boolean(),
    bitDepth: fc.integer({ min: 8, max: 16 }),
    seed: fc.nat(),
  })
  .map(({ format, nlx, nly: wanted, extraWidth, extraHeight, columns, bitDepth, seed }) => {
    const sx = format.startsWith("4:4:4") || format === "4:0:0" ? 1 : 2;
    const sy = format === "4:2:0" ? 2 : 1;
    const nly = Math.max(sy - 1, Math.min(wanted, nlx));
    const width = sx * (2 ** nlx + extraWidth);
    const height = sy * (2 ** nly + extraHeight);
    const column = 8 * sx * 2 ** nlx;
    const last = ((width - 1) % column) + 1;
    const columnWidth = columns && (width <= column || last >= column / 8) ? column : 0;
    return { format, nlx, nly, width, height, columnWidth, bitDepth, seed };
  });

function noise(o: {
  format: SamplingFormat;
  width: number;
  height: number;
  bitDepth: number;
  seed: number;
}): SourcePlane[] {
  const next = random(o.seed);
  const roughness = next();
  return picture(o.format, o.width, o.height, o.bitDepth, (x, y) =>
    next() < roughness ? next() : ((x * 3 + y * 5) % 256) / 256,
  );
}

type Planes = readonly { readonly data: Uint8Array | Uint16Array }[];

/** Encodes one picture with an encoder of its own. A copy. */
function encode(
  options: EncoderOptions,
  source: readonly SourcePlane[],
  with_: Codec = codec,
): Uint8Array<ArrayBuffer> {
  const encoder = with_.createEncoder(options);
  try {
    return encoder.encode(source).slice() as Uint8Array<ArrayBuffer>;
  } finally {
    encoder.close();
  }
}

/** `toEqual` takes seconds for typed arrays that are views of a large heap. */
function expectSame(actual: Uint8Array | Uint16Array, wanted: Uint8Array | Uint16Array): void {
  expect(actual.length).toBe(wanted.length);
  expect(actual.findIndex((value, i) => value !== wanted[i])).toBe(-1);
}

function expectSamePlanes(actual: Planes, wanted: Planes): void {
  expect(actual.length).toBe(wanted.length);
  for (const [i, { data }] of actual.entries()) expectSame(data, (wanted[i] as Planes[0]).data);
}

describe("lossless", () => {
  it.prop([
    shape,
    fc.boolean(),
    fc.record({ rm: fc.boolean(), fs: fc.boolean(), rl: fc.boolean() }),
  ])(
    "gives every sample back, whatever the format, depth and levels",
    ({ seed, ...options }, rgb, { rm, fs, rl }) => {
      const source = noise({ ...options, seed });
      const all = {
        ...options,
        lossless: true,
        rgb: rgb && options.format.startsWith("4:4:4"),
        verticalPrediction: rm ? "coefficients" : "residuals",
        signs: fs ? "separate" : "inline",
        rawPackets: rl,
        profile: "unrestricted",
      } as const;
      const bytes = encode(all, source);
      expectSamePlanes(decoder.decode(bytes).planes, source);
      expect(walkCodestream(bytes)).toMatchObject({ length: bytes.length, lcodAgrees: true });
      checkRules(bytes);
      for (const { other, decoder: otherDecoder } of others) {
        expectSame(encode(all, source, other), bytes);
        expectSamePlanes(otherDecoder.decode(bytes).planes, source);
      }
    },
  );
});

describe("with a budget", () => {
  const tools = fc.record({
    bitsPerPixel: fc.double({ min: 3, max: 14, noNaN: true }),
    quantiser: fc.constantFrom("uniform", "deadzone"),
    verticalPrediction: fc.constantFrom("off", "residuals", "coefficients"),
    significance: fc.boolean(),
    signs: fc.constantFrom("inline", "separate", "separate-fast"),
    rawPackets: fc.boolean(),
    rateControl: fc.constantFrom("slice", "precinct", "carry"),
    profile: fc.constant("unrestricted"),
  });

  it.prop([shape, tools])(
    "writes exactly its bytes in every mode, and all backends and kernels write and read the same",
    ({ seed, ...options }, mode) => {
      const source = noise({ ...options, seed });
      const size = 600 + Math.ceil((options.width * options.height * mode.bitsPerPixel) / 8);
      const { bitsPerPixel, ...rest } = mode;
      const all = { ...options, ...rest, size } as EncoderOptions;
      let bytes: Uint8Array;
      try {
        bytes = encode(all, source);
      } catch (error) {
        // Small slices of a precinct each may not hold the headers.
        expect(error).toMatchObject({ code: "budget" });
        return;
      }
      expect(bytes.length).toBe(size);
      expect(walkCodestream(bytes)).toMatchObject({ length: size, lcodAgrees: true });
      checkRules(bytes);
      const { planes } = decoder.decode(bytes);
      for (const { other, decoder: otherDecoder } of others) {
        expectSame(encode(all, source, other), bytes);
        expectSamePlanes(otherDecoder.decode(bytes).planes, planes);
      }
    },
  );

  test("more bytes never make the picture worse", () => {
    const source = naturalPicture("4:2:2", 128, 64, 10, 1);
    let before = 0;
    for (const bitsPerPixel of [1.5, 2, 3, 4, 6, 8, 12]) {
      const options = { width: 128, height: 64, format: "4:2:2", bitDepth: 10 } as const;
      const bytes = encode({ ...options, bitsPerPixel }, source);
      const { data } = decoder.decode(bytes).planes[0] as Picture["planes"][number];
      const quality = planePsnr(data, source[0]?.data as Uint16Array, 10);
      expect(quality).toBeGreaterThan(before);
      before = quality;
    }
  });

  test.each([
    { profile: "Light422.10" },
    { quantiser: "deadzone" },
    { quantiser: "uniform" },
  ] as const)("bit-planes that are left away make the picture better: %j", (mode) => {
    const source = naturalPicture("4:2:2", 256, 128, 10, 6);
    const base = {
      width: 256,
      height: 128,
      format: "4:2:2",
      bitDepth: 10,
      bitsPerPixel: 3,
    } as const;
    const quality = (trim?: false): number => {
      const bytes = encode({ ...base, ...mode, ...(trim === false && { trim }) }, source);
      const { data } = decoder.decode(bytes).planes[0] as Picture["planes"][number];
      return planePsnr(data, source[0]?.data as Uint16Array, 10);
    };
    expect(quality()).toBeGreaterThan(quality(false) + 0.15);
  });

  test("RCT is worth at least 3 dB where the channels are alike", () => {
    const source = naturalPicture("4:4:4", 256, 128, 8, 3, 0.95);
    const quality = (rgb: boolean): number => {
      const options = { width: 256, height: 128, format: "4:4:4", bitDepth: 8, rgb } as const;
      const bytes = encode({ ...options, bitsPerPixel: 4 }, source);
      const planes = decoder.decode(bytes).planes;
      const all = planes.map((p, i) => planePsnr(p.data, source[i]?.data as Uint8Array, 8));
      return all.reduce((a, b) => a + b, 0) / 3;
    };
    expect(quality(true)).toBeGreaterThan(quality(false) + 3);
  });
});

describe("defaults", () => {
  test.each(formats)("%s breaks no rule of the profile that it claims", (format) => {
    for (const bitDepth of [8, 10, 12, 13, 14, 15, 16]) {
      for (const lossless of bitDepth > 12 ? [true] : [false, true]) {
        const size = lossless ? { lossless } : { bitsPerPixel: 3 };
        const header = encoderHeader({ width: 1920, height: 1080, format, bitDepth, ...size });
        expect(header.pih.ppih).not.toBe(0);
        expect(header.pih.plev).not.toBe(0);
        expect(describeProfile(header).violations).toEqual([]);
        expect(header.pih).toMatchObject({ rl: 0, fs: 0, lh: 0 });
        expect(header.cap.at(-1)).not.toBe(0);
      }
    }
  });

  test.each([
    ["Light422.10", { qpih: 0, nly: 1, hsl: 8 }],
    ["LightSubline422.10", { nly: 0, hsl: 16 }],
    ["Main422.10", { qpih: 1, nly: 1, hsl: 8 }],
    ["High444.12", { nly: 2, hsl: 4 }],
  ] as const)("%s by name", (profile, pih) => {
    const base = { width: 1920, height: 1080, format: "4:2:2", bitDepth: 10 } as const;
    const header = encoderHeader({ ...base, bitsPerPixel: 4, profile });
    expect(header.pih).toMatchObject(pih);
    expect(describeProfile(header)).toMatchObject({ profile, violations: [] });
  });

  test.each([3840, 4098, 7680])(
    "LightSubline422.10 codes %d in columns of 2048 at most",
    (width) => {
      const base = { width, height: 64, format: "4:2:2", bitDepth: 10, bitsPerPixel: 4 } as const;
      const options = { ...base, profile: "LightSubline422.10" };
      const source = naturalPicture("4:2:2", width, 64, 10, 5);
      const bytes = encode(options, source);
      const header = encoderHeader(options);
      expect(describeProfile(header)).toMatchObject({ profile: options.profile, violations: [] });
      expect(walkCodestream(bytes).header.geometry.npx).toBeGreaterThan(1);
      const { needed, allowed } = smoothingBuffer(bytes);
      expect(needed).toBeLessThanOrEqual(allowed as number);
      const quality = (codestream: Uint8Array): number => {
        const { data } = decoder.decode(codestream).planes[0] as Picture["planes"][number];
        return planePsnr(data, source[0]?.data as Uint16Array, 10);
      };
      const whole = encode({ ...base, nly: 0, rateControl: "precinct" }, source);
      expect(quality(bytes)).toBeGreaterThan(quality(whole) - 0.5);
    },
  );

  test("a depth that no profile has is not claimed", () => {
    const header = encoderHeader({
      width: 64,
      height: 64,
      format: "4:2:2",
      bitDepth: 14,
      bitsPerPixel: 8,
    });
    expect(header.pih).toMatchObject({ ppih: 0, plev: 0 });
  });
});

describe("ways in and out", () => {
  const options = {
    width: 96,
    height: 50,
    format: "4:2:2",
    bitDepth: 10,
    bitsPerPixel: 4,
  } as const;
  const source = naturalPicture("4:2:2", 96, 50, 10, 7);
  const whole = encode(options, source);

  test("slices one by one are the codestream", () => {
    const pieces: number[] = [];
    codec.createEncoder(options).encodeSlices(source, (piece) => pieces.push(...piece));
    expectSame(Uint8Array.from(pieces), whole);
  });

  test("the encoder's own planes are not copied", () => {
    const encoder = codec.createEncoder(options);
    for (const [i, { data }] of encoder.planes.entries()) data.set(source[i]?.data as Uint16Array);
    expectSame(encoder.encode(), whole);
  });

  test("one field of an interlaced frame is a plane of twice the stride", () => {
    const frame = source.map(({ data, stride }) => {
      const rows = data.length / stride;
      const both = new Uint16Array(2 * data.length);
      for (let y = 0; y < rows; y++) {
        both.set(data.subarray(y * stride, (y + 1) * stride), 2 * y * stride);
      }
      // The last row of the second field is missing.
      return { data: both.subarray(0, both.length - stride), stride: 2 * stride };
    });
    expectSame(encode(options, frame), whole);
  });

  test("into the caller's bytes and planes", () => {
    const target = new Uint8Array(whole.length + 10);
    const written = codec.createEncoder(options).encode(source, target);
    expect(written.buffer).toBe(target.buffer);
    expectSame(written, whole);
    const own = decoder.decode(whole);
    const into = own.planes.map((p) => ({
      data: new Uint16Array((p.width + 3) * p.height),
      stride: p.width + 3,
    }));
    const copied = decoder.decode(whole, { into });
    for (const [i, { data, stride, width, height }] of copied.planes.entries()) {
      expect(data).toBe(into[i]?.data);
      const tight = own.planes[i]?.data as Uint16Array;
      for (let y = 0; y < height; y++) {
        expectSame(
          data.subarray(y * stride, y * stride + width),
          tight.subarray(y * width, (y + 1) * width),
        );
      }
    }
  });

  test("a closed one refuses to go on, and its memory serves the next", () => {
    const closed = codec.createEncoder(options);
    closed.close();
    closed.close();
    expect(() => closed.encode(source)).toThrow("closed");
    const other = codec.createDecoder();
    other.close();
    expect(() => other.decode(whole)).toThrow("closed");
    expect(() => other.push(whole)).toThrow("closed");
    expectSame(encode(options, source), whole);
  });

  test("steady state takes no more memory", () => {
    const encoder = codec.createEncoder(options);
    const first = encoder.encode(source);
    const picture = decoder.decode(whole);
    for (let i = 0; i < 5; i++) {
      expect(encoder.encode(source).buffer).toBe(first.buffer);
      expect(decoder.decode(whole)).toBe(picture);
    }
  });
});

describe("refusals", () => {
  const base = { width: 96, height: 50, format: "4:2:2", bitDepth: 10, bitsPerPixel: 4 } as const;
  const bad: readonly (readonly [string, Record<string, unknown>])[] = [
    ["width", { width: 95 }],
    ["height", { height: 49, format: "4:2:0" }],
    ["bitDepth", { bitDepth: 7 }],
    ["bitDepth", { bitDepth: 17, lossless: true, bitsPerPixel: undefined }],
    ["format", { format: "4:1:1" }],
    ["nlx", { nlx: 6 }],
    ["nlx", { width: 8, height: 8 }],
    ["nly", { nly: 0, format: "4:2:0" }],
    ["sliceHeight", { sliceHeight: 6 }],
    ["size", { bitsPerPixel: undefined }],
    ["size", { size: 10, bitsPerPixel: undefined }],
    ["rgb", { rgb: true }],
    ["columnWidth", { columnWidth: 100 }],
    ["columnWidth", { columnWidth: 512, width: 520 }],
    ["profile", { columnWidth: 512, profile: "Light422.10" }],
    ["profile", { profile: "Best" }],
    ["profile", { profile: "Main422.10", nly: 2 }],
    ["profile", { profile: "Light422.10", quantiser: "uniform" }],
    ["quantiser", { quantiser: "none" }],
    ["compat", { compat: "rsw" }],
    ["lossless", { compat: "svt", lossless: true, bitsPerPixel: undefined }],
    ["weights", { weights: [] }],
    ["weights.gain", { weights: Array.from({ length: 30 }, () => ({ gain: 16, priority: 0 })) }],
  ];
  test.each(bad)("%s: %j", (field, change) => {
    const options = { ...base, ...change } as EncoderOptions;
    expect(() => encoderHeader(options)).toThrow(
      expect.objectContaining({ name: "FormatError", code: "bad-config", field }),
    );
  });

  test("a size that does not hold the headers is a budget error", () => {
    const encoder = codec.createEncoder({ ...base, bitsPerPixel: undefined as never, size: 300 });
    expect(() => encoder.encode(naturalPicture("4:2:2", 96, 50, 10, 7))).toThrow(
      expect.objectContaining({ code: "budget" }),
    );
  });

  test("planes that do not fit", () => {
    const encoder = codec.createEncoder(base);
    const good = naturalPicture("4:2:2", 96, 50, 10, 7);
    const small = good.map((p) => ({ ...p, data: p.data.subarray(1) }));
    const bytes = good.map((p) => ({ ...p, data: new Uint8Array(p.data.length) }));
    for (const source of [good.slice(1), small, bytes]) {
      expect(() => encoder.encode(source)).toThrow(expect.objectContaining({ code: "bad-config" }));
    }
  });
});
