// How much a page loads, minified and compressed: everything, and one function alone.
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { build } from "esbuild";
import { describe, expect, test } from "vitest";

const KILOBYTE = 1000;

/** Bytes of `export … from` the package's source, bundled as a browser gets it. */
async function sizeOf(what: string): Promise<number> {
  const source = fileURLToPath(new URL("../src/index.ts", import.meta.url));
  const { outputFiles } = await build({
    stdin: { contents: `export ${what} from ${JSON.stringify(source)}`, resolveDir: "/" },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    conditions: ["@x/source"],
    external: ["@x/cea608"],
    write: false,
    logLevel: "silent",
  });
  return brotliCompressSync(outputFiles[0]?.contents ?? new Uint8Array(0)).length;
}

describe("size", () => {
  test("everything, without @x/cea608, stays below 30 KB", async () => {
    expect(await sizeOf("*")).toBeLessThan(30 * KILOBYTE);
  });

  test("decodeCdp alone stays below 4 KB: nothing else comes with it", async () => {
    const size = await sizeOf("{ decodeCdp }");
    expect(size).toBeGreaterThan(0.5 * KILOBYTE);
    expect(size).toBeLessThan(4 * KILOBYTE);
  });

  test("CaptionScheduler alone stays below 10 KB", async () => {
    expect(await sizeOf("{ CaptionScheduler }")).toBeLessThan(10 * KILOBYTE);
  });
});
