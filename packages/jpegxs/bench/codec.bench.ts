// 1080p 4:2:2, 10 bits, 3 bits a grid point. Everything takes turns picture by picture and the least of all rounds counts,
// so that a busy machine slows all alike: processor time for one thread, time on the clock for two.
// Decoding first, then encoding, as programs do the one or the other: what one leaves in the caches is not for the other.
// BENCH_ROUNDS=200 npx vitest bench --run bench/codec.bench.ts
import { bench, describe } from "vitest";
import { type Codec, type EncoderOptions, isFormatError, loadCodecSync } from "../src/index.js";
import { allCodecs } from "../test/codecs.js";
import { naturalPicture } from "../test/pictures.js";

const rounds = Number(process.env.BENCH_ROUNDS ?? 40);
const options: EncoderOptions = {
  width: 1920,
  height: 1080,
  format: "4:2:2",
  bitDepth: 10,
  bitsPerPixel: 3,
};
const source = naturalPicture("4:2:2", 1920, 1080, 10, 1);
const codestream = loadCodecSync().createEncoder(options).encode(source).slice();

/** Milliseconds of processor time of the whole process. */
function cpu(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

interface Racer {
  readonly name: string;
  readonly decode: () => Promise<unknown>;
  readonly encode: () => Promise<unknown>;
  readonly least: Record<"decode" | "encode", { cpu: number; wall: number }>;
}

function racer(name: string, codec: Codec, own: EncoderOptions = options): Racer {
  const decoder = codec.createDecoder();
  const encoder = codec.createEncoder(own);
  for (const [i, plane] of encoder.planes.entries()) plane.data.set(source[i]?.data as Uint16Array);
  const none = (): { cpu: number; wall: number } => ({ cpu: Infinity, wall: Infinity });
  return {
    name,
    decode: () => decoder.decodeAsync(codestream),
    encode: () => encoder.encodeAsync(),
    least: { decode: none(), encode: none() },
  };
}

async function race(racers: readonly Racer[]): Promise<void> {
  for (const what of ["decode", "encode"] as const) {
    for (let round = 0; round < rounds; round++) {
      for (const { least, ...racer } of racers) {
        const [wall, used] = [performance.now(), cpu()];
        await racer[what]();
        least[what].cpu = Math.min(least[what].cpu, cpu() - used);
        least[what].wall = Math.min(least[what].wall, performance.now() - wall);
      }
    }
  }
}

function available(codec: () => Codec): Codec | undefined {
  try {
    return codec();
  } catch (error) {
    if (!isFormatError(error)) throw error;
    console.warn(`SKIPPED: ${error.message}`);
    return undefined;
  }
}

const one = allCodecs().map(([name, codec]) => racer(name, codec));
const svt = available(() => loadCodecSync({ backend: "svt" }));
if (svt !== undefined) {
  const compatible = { ...options, compat: "svt" } as const;
  one.push(racer("SVT-JPEG-XS", svt, compatible));
  one.push(racer("native, as SVT", loadCodecSync({ backend: "native" }), compatible));
}
const two = (["native", "wasm-threads"] as const).flatMap((backend) => {
  const single = backend === "native" ? backend : "wasm";
  const codec = available(() => loadCodecSync({ backend, threads: 2 }));
  if (codec === undefined) return [];
  return [
    racer(`${single}, 1 thread`, loadCodecSync({ backend: single })),
    racer(`${backend}, 2 threads`, codec),
  ];
});
await race(one);
await race(two);

console.table(
  Object.fromEntries(
    one.map(({ name, least }) => [
      name,
      { "decode ms": least.decode.cpu.toFixed(2), "encode ms": least.encode.cpu.toFixed(2) },
    ]),
  ),
);

/** How many times `slow` takes what `fast` takes. */
function ratios(fast: string, slow: string, time: "cpu" | "wall" = "cpu"): void {
  const [a, b] = [fast, slow].map((name) => [...one, ...two].find((r) => r.name === name)?.least);
  if (a === undefined || b === undefined) return;
  const [decode, encode] = (["decode", "encode"] as const).map((what) =>
    (b[what][time] / a[what][time]).toFixed(2),
  );
  console.info(`${fast} to ${slow}: decode ${decode}, encode ${encode}`);
}
ratios("native, v128", "native, scalar");
ratios("native, avx2", "native, v128");
ratios("wasm, v128", "native, v128");
ratios("wasm, v128", "wasm, scalar");
ratios("native, 2 threads", "native, 1 thread", "wall");
ratios("wasm-threads, 2 threads", "wasm, 1 thread", "wall");
ratios("native, as SVT", "SVT-JPEG-XS");

describe("decode at half size", () => {
  const half = loadCodecSync({ backend: "wasm" }).createDecoder({ scale: "half" });
  bench("WASM 128 bits", () => void half.decode(codestream), { time: 1000 });
});
