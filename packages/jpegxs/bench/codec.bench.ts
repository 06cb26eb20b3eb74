// 1080p 4:2:2, 10 bits, 3 bits a grid point, one thread: hand-written 128-bit kernels against the scalar reference, both
// in WASM, and every other backend that this machine has.
import { bench, describe } from "vitest";
import { type EncoderOptions, loadCodecSync } from "../src/index.js";
import { allCodecs } from "../test/codecs.js";
import { naturalPicture } from "../test/pictures.js";

const options: EncoderOptions = {
  width: 1920,
  height: 1080,
  format: "4:2:2",
  bitDepth: 10,
  bitsPerPixel: 3,
};
const source = naturalPicture("4:2:2", 1920, 1080, 10, 1);

const codecs = allCodecs();
const vector = loadCodecSync({ backend: "wasm", kernels: "v128" });
const codestream = vector.createEncoder(options).encode(source).slice();

describe("decode 1080p 4:2:2 10 bits at 3 bpp", () => {
  for (const [name, codec] of codecs) {
    const decoder = codec.createDecoder();
    bench(name, () => void decoder.decode(codestream), { time: 2000 });
  }
  const half = vector.createDecoder({ scale: "half" });
  bench("WASM 128 bits, half size", () => void half.decode(codestream), { time: 2000 });
});

describe("encode 1080p 4:2:2 10 bits at 3 bpp", () => {
  for (const [name, codec] of codecs) {
    const encoder = codec.createEncoder(options);
    for (const [i, plane] of encoder.planes.entries())
      plane.data.set(source[i]?.data as Uint16Array);
    bench(name, () => void encoder.encode(), { time: 2000 });
  }
});
