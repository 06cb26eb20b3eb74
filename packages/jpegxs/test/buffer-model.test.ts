import { fc, it } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { type EncoderOptions, loadCodecSync, smoothingBuffer } from "../src/index.js";
import { codecVector, codecVectors } from "./codec-vectors.js";
import { naturalPicture, picture, random } from "./pictures.js";

const codec = loadCodecSync();

/** A picture that is noise in some lines of each slice and flat in the others. */
function bursts(width: number, height: number, noisy: (line: number) => boolean, seed = 1) {
  const next = random(seed);
  return picture("4:2:2", width, height, 10, (_, y) => (noisy(y) ? next() : 0.5));
}

function encode(options: EncoderOptions, source: ReturnType<typeof bursts>): Uint8Array {
  const encoder = codec.createEncoder(options);
  try {
    return encoder.encode(source).slice();
  } finally {
    encoder.close();
  }
}

describe("smoothingBuffer", () => {
  test("equal precincts need the bits of one row of them, and what the header takes", () => {
    const options = { width: 64, height: 64, format: "4:2:2", bitDepth: 10, size: 4096 } as const;
    const flat = bursts(64, 64, () => false);
    const { needed, allowed } = smoothingBuffer(
      encode({ ...options, rateControl: "precinct", profile: "High444.12" }, flat),
    );
    const row = (8 * 4096 * 4) / 64;
    expect(needed).toBeGreaterThan(row);
    expect(needed).toBeLessThan(row + 8 * 300);
    // Level 1k-1, sublevel Sublev9bpp.
    expect(allowed).toBe(16 * 1280 * 9 + 1024);
  });

  test("is open without a profile", () => {
    const options = { width: 64, height: 64, format: "4:2:2", bitDepth: 10, size: 4096 } as const;
    const bytes = encode(
      { ...options, profile: "unrestricted" },
      naturalPicture("4:2:2", 64, 64, 10, 1),
    );
    expect(smoothingBuffer(bytes).allowed).toBeUndefined();
  });

  test("of every vector that claims a profile is as large as it has to be", () => {
    let checked = 0;
    for (const { file, frames } of codecVectors().streams) {
      if (frames !== undefined) continue;
      const { needed, allowed } = smoothingBuffer(codecVector(file));
      expect(needed).toBeGreaterThan(0);
      if (allowed === undefined) continue;
      checked++;
      expect({ file, fits: needed <= allowed }).toEqual({ file, fits: true });
    }
    console.info(`${checked} vectors claim a buffer`);
  });
});

describe("the encoder keeps the buffer of the profile that it claims", () => {
  const profile = fc.constantFrom(
    "auto",
    "Main422.10",
    "Main444.12",
    "High444.12",
    "Light422.10",
    "Light444.12",
    "LightSubline422.10",
  );
  const lines = fc.array(fc.boolean(), { minLength: 32, maxLength: 32 });
  // Widths of levels leave nothing to spare.
  const width = fc.constantFrom(640, 1280);

  it.prop([profile, lines, width, fc.double({ min: 2, max: 8, noNaN: true }), fc.nat(40)], {
    numRuns: 30,
  })("whatever the picture", (name, noisy, w, bitsPerPixel, more) => {
    const height = 64 + more;
    const source = bursts(w, height, (y) => noisy[y % 32] as boolean);
    for (const rateControl of [undefined, "carry"] as const) {
      const options = { width: w, height, format: "4:2:2", bitDepth: 10, bitsPerPixel } as const;
      const bytes = encode(
        { ...options, profile: name, ...(rateControl === undefined ? {} : { rateControl }) },
        source,
      );
      const { needed, allowed } = smoothingBuffer(bytes);
      expect(allowed).toBeDefined();
      expect(needed).toBeLessThanOrEqual(allowed as number);
    }
  });

  test("and fills the bytes with what it may where a few lines have all the detail", () => {
    const options = { width: 1280, height: 128, format: "4:2:2", bitDepth: 10 } as const;
    const source = bursts(1280, 128, (y) => ((y >> 4) & 1 ? y % 16 < 4 : y % 16 >= 12));
    const bytes = encode({ ...options, bitsPerPixel: 3 }, source);
    const { needed, allowed } = smoothingBuffer(bytes);
    expect(needed).toBeGreaterThan((allowed as number) / 2);
    const { planes } = codec.createDecoder().decode(bytes);
    // Flat lines that the transform keeps apart from noisy ones are coded without loss.
    for (let y = 0; y < 3; y++) {
      expect(planes[0]?.data.subarray(y * 1280, (y + 1) * 1280).every((v) => v === 512)).toBe(true);
    }
  });
});
