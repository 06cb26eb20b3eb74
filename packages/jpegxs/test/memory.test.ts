import { afterAll, describe, expect, test } from "vitest";
import { type Codec, encodeHeader, encoderHeader, loadCodecSync } from "../src/index.js";
import { allCodecs } from "./codecs.js";
import { naturalPicture } from "./pictures.js";

const options = {
  width: 320,
  height: 180,
  format: "4:2:2",
  bitDepth: 10,
  bitsPerPixel: 4,
} as const;
const source = naturalPicture("4:2:2", 320, 180, 10, 1);
const codestreams = [3, 4].map((bitsPerPixel) => {
  const encoder = loadCodecSync({ backend: "wasm" }).createEncoder({ ...options, bitsPerPixel });
  return encoder.encode(source).slice();
});

/** All memory of this thread that is not JavaScript objects. */
const buffers = (): number => process.memoryUsage().arrayBuffers;

const threads = allCodecs().map(([name, { backend }]): readonly [string, Codec] => {
  const wanted = backend.name === "wasm" ? "wasm-threads" : backend.name;
  const { kernels } = backend;
  return [`${name}, 2 threads`, loadCodecSync({ backend: wanted, kernels, threads: 2 })];
});

describe.each([...allCodecs(), ...threads])("%s", (_, codec) => {
  afterAll(() => codec.close());

  test("after the first pictures decoding takes no memory and copies no plane", async () => {
    const decoder = codec.createDecoder();
    // One header takes turns with the other: a layout for each turn, and never a larger heap.
    const turn = async (): Promise<void> => {
      for (const bytes of codestreams) {
        for (let i = 0; i < 3; i++) await decoder.decodeAsync(bytes);
      }
    };
    await turn();
    await turn();
    const before = decoder.memory;
    await turn();
    expect(decoder.memory).toEqual({ ...before, layouts: before.layouts + 2 });

    const [bytes] = codestreams as [Uint8Array];
    const first = await decoder.decodeAsync(bytes);
    const [memory, held] = [decoder.memory, buffers()];
    for (let i = 0; i < 30; i++) {
      expect(await decoder.decodeAsync(bytes)).toBe(first);
      expect(decoder.decode(bytes)).toBe(first);
    }
    expect(decoder.memory).toEqual(memory);
    expect(memory.copiedPlanes).toBe(0);
    expect(buffers()).toBeLessThanOrEqual(held);

    const into = source.map(({ data, stride }) => ({ data: data.slice(), stride }));
    decoder.decode(bytes, { into });
    expect(decoder.memory).toEqual({ ...memory, copiedPlanes: 3 });
    decoder.close();
  });

  test("encoding from its own planes takes no memory and copies none", async () => {
    const encoder = codec.createEncoder(options);
    for (const [i, plane] of encoder.planes.entries()) {
      plane.data.set(source[i]?.data as Uint16Array);
    }
    await encoder.encodeAsync();
    const [memory, held] = [encoder.memory, buffers()];
    const { buffer } = encoder.encode();
    for (let i = 0; i < 20; i++) {
      expect((await encoder.encodeAsync()).buffer).toBe(buffer);
      expect(encoder.encode().buffer).toBe(buffer);
    }
    expect(encoder.memory).toEqual(memory);
    expect(memory).toMatchObject({ layouts: 1, copiedPlanes: 0 });
    expect(buffers()).toBeLessThanOrEqual(held);

    encoder.encode(source);
    expect(encoder.memory).toEqual({ ...memory, copiedPlanes: 3 });
    encoder.close();
  });
});

describe.each(allCodecs())("more than a heap can hold, %s", (_, codec) => {
  const limit = expect.objectContaining({ code: "limit", field: "memory" });

  test("an encoder is refused", () => {
    // Narrow columns, each of whose lines has sums of its own, and one slice.
    const columns = { nlx: 1, nly: 0, columnWidth: 16, sliceHeight: 6600 } as const;
    const size = { width: 6600, height: 6600, format: "4:0:0", bitDepth: 8 } as const;
    expect(() => codec.createEncoder({ ...size, ...columns, lossless: true })).toThrow(limit);
  });

  test("a filter array is refused", () => {
    const size = { width: 16384, height: 16384, bitDepth: 8, bitsPerPixel: 0.01 } as const;
    const header = encodeHeader(encoderHeader({ ...size, format: "4:4:4:4", cfa: "RGGB" }));
    const decoder = codec.createDecoder({ maxPixels: 2 ** 28 });
    expect(() => decoder.decode(Uint8Array.of(...header, 0xff, 0x20))).toThrow(limit);
    decoder.close();
  });
});
