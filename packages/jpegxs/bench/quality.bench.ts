// PSNR at equal bytes: our default against the compatibility mode, whose bytes are SVT-JPEG-XS's. A table, not a race.
import { bench, describe } from "vitest";
import { type EncoderOptions, loadCodecSync, type SamplingFormat } from "../src/index.js";
import { naturalPicture, planePsnr } from "../test/pictures.js";

const codec = loadCodecSync();
const decoder = codec.createDecoder();

function quality(options: EncoderOptions, source: ReturnType<typeof naturalPicture>): number {
  const encoder = codec.createEncoder(options);
  const { planes } = decoder.decode(encoder.encode(source));
  encoder.close();
  const used = options.rgb ? planes : planes.slice(0, 1);
  const psnr = used.map((p, i) =>
    planePsnr(p.data, source[i]?.data as Uint16Array, options.bitDepth),
  );
  return psnr.reduce((a, b) => a + b, 0) / psnr.length;
}

const rows: Record<string, Record<string, string>> = {};
const cases: readonly (readonly [SamplingFormat, boolean, number])[] = [
  ["4:2:2", false, 2],
  ["4:2:2", false, 3],
  ["4:2:2", false, 4],
  ["4:4:4", true, 4],
  ["4:4:4", true, 6],
];
for (const [format, rgb, bitsPerPixel] of cases) {
  const source = naturalPicture(format, 640, 360, 10, 9, rgb ? 0.95 : 0);
  const options = { width: 640, height: 360, format, bitDepth: 10, rgb, bitsPerPixel };
  const before = quality({ ...options, compat: "svt" }, source);
  const after = quality(options, source);
  rows[`${rgb ? "RGB" : format} ${bitsPerPixel} bpp`] = {
    "as SVT": before.toFixed(2),
    default: after.toFixed(2),
    gain: (after - before).toFixed(2),
  };
}
console.table(rows);

describe("quality", () => {
  bench("one 640 x 360 picture", () => void rows, { iterations: 1, time: 0 });
});
