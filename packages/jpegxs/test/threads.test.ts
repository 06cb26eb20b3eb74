import { afterAll, describe, expect, test } from "vitest";
import { type EncoderOptions, loadCodec, loadCodecSync } from "../src/index.js";
import { codecVector, codecVectors } from "./codec-vectors.js";
import { naturalPicture } from "./pictures.js";

const { streams, malformed } = codecVectors();
const single = loadCodecSync();
const reference = single.createDecoder();

function expectSame(actual: ArrayLike<number>, wanted: ArrayLike<number>): void {
  expect(actual.length).toBe(wanted.length);
  expect(Array.prototype.findIndex.call(actual, (v, i) => v !== wanted[i])).toBe(-1);
}

const native = single.backend.name === "native";
if (!native) console.warn("SKIPPED: the addon is not built, its threads are not tested");

describe.each([
  ...(native
    ? ([
        ["native", 2],
        ["native", 3],
      ] as const)
    : []),
  ["wasm-threads", 2],
  ["wasm-threads", 3],
] as const)("%s, %d threads", (backend, threads) => {
  const codec = loadCodecSync({ backend, threads });
  const decoder = codec.createDecoder();
  afterAll(() => {
    decoder.close();
    codec.close();
  });

  test("decode every vector as one does", async () => {
    for (const { file } of streams) {
      const bytes = codecVector(file);
      const { planes } = await decoder.decodeAsync(bytes);
      const wanted = reference.decode(bytes).planes;
      for (const [i, { data }] of planes.entries()) expectSame(data, wanted[i]?.data ?? []);
    }
  });

  test("refuse what one refuses, for the same reason", async () => {
    for (const { file } of malformed) {
      const bytes = codecVector(file);
      const code = await decoder.decodeAsync(bytes).then(
        () => "ok",
        (error) => error.code,
      );
      expect(() => reference.decode(bytes)).toThrow(expect.objectContaining({ code }));
    }
  });

  test("decode at half size and conceal as one does", async () => {
    const bytes = codecVector((streams[0] as (typeof streams)[0]).file);
    const options = { scale: "half", onDamage: "conceal" } as const;
    const damaged = bytes.slice();
    damaged.fill(0xff, 1500, 1510);
    const alone = single.createDecoder(options);
    const many = codec.createDecoder(options);
    for (const input of [bytes, damaged]) {
      const wanted = alone.decode(input).planes;
      const { planes } = await many.decodeAsync(input);
      for (const [i, { data }] of planes.entries()) expectSame(data, wanted[i]?.data ?? []);
      expect(many.damagedSlices).toBe(alone.damagedSlices);
    }
    alone.close();
    many.close();
  });

  test.each([
    { bitsPerPixel: 4 },
    { lossless: true },
    { bitsPerPixel: 5, rateControl: "carry", signs: "separate-fast" },
    { lossless: true, bitDepth: 14 },
    { bitsPerPixel: 20, format: "4:4:4:4", cfa: "GBRG" },
  ] as const)("encode %j to the bytes that one writes", async (mode) => {
    const base = { width: 130, height: 70, format: "4:2:0", bitDepth: 10 } as const;
    const options: EncoderOptions = { ...base, ...mode };
    const source = naturalPicture(options.format, 130, 70, options.bitDepth, 3);
    const alone = single.createEncoder(options);
    const many = codec.createEncoder(options);
    const wanted = alone.encode(source);
    for (let i = 0; i < 3; i++) expectSame(await many.encodeAsync(source), wanted);
    expectSame(many.encode(source), wanted);
    alone.close();
    many.close();
  });

  test("nothing else may be asked for while a picture is at work", async () => {
    const bytes = codecVector((streams[0] as (typeof streams)[0]).file);
    const pending = decoder.decodeAsync(bytes);
    expect(() => decoder.decode(bytes)).toThrow("still at work");
    expect(() => decoder.close()).toThrow("still at work");
    await expect(decoder.decodeAsync(bytes)).rejects.toThrow("still at work");
    await pending;
    expect(decoder.decode(bytes).width).toBeGreaterThan(0);
  });

  test("a budget that does not suffice is reported by the slice", async () => {
    const encoder = codec.createEncoder({
      width: 96,
      height: 50,
      format: "4:2:2",
      bitDepth: 8,
      size: 300,
    });
    await expect(encoder.encodeAsync()).rejects.toMatchObject({ code: "budget" });
    encoder.close();
  });
});

describe("choice of a backend", () => {
  test("no threads unless they are asked for", async () => {
    expect((await loadCodec()).backend.threads).toBe(1);
    const { backend } = await loadCodec({ backend: "wasm" });
    expect(backend).toEqual({ name: "wasm", kernels: "v128", threads: 1, reasons: [] });
    const workers = await loadCodec({ threads: 2, backend: "wasm-threads" });
    expect(workers.backend).toMatchObject({ name: "wasm-threads", kernels: "v128", threads: 2 });
    const codec = await loadCodec({ threads: 2 });
    expect(codec.backend).toMatchObject({ name: native ? "native" : "wasm-threads", threads: 2 });
    expect((await loadCodec({ threads: 4, backend: "wasm" })).backend.threads).toBe(1);
    expect((await loadCodec({ threads: "auto" })).backend.threads).toBeGreaterThanOrEqual(1);
  });

  test.each([0, 1.5, 65, "many"])("threads %j are refused", (threads) => {
    expect(() => loadCodecSync({ threads: threads as number })).toThrow(
      expect.objectContaining({ code: "bad-config", field: "threads" }),
    );
  });

  test("without threads the async calls are the sync ones", async () => {
    const bytes = codecVector((streams[0] as (typeof streams)[0]).file);
    const { planes } = await reference.decodeAsync(bytes);
    expectSame(planes[0]?.data ?? [], reference.decode(bytes).planes[0]?.data ?? []);
  });
});
