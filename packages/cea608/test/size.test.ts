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

    write: false,
    logLevel: "silent",
  });
  return brotliCompressSync(outputFiles[0]?.contents ?? new Uint8Array(0)).length;
}

describe("size", () => {
  test("everything stays below 30 KB", async () => {
    expect(await sizeOf("*")).toBeLessThan(30 * KILOBYTE);
  });

  test("Cea608Decoder alone stays below 6 KB, decodePair below 2 KB", async () => {
    expect(await sizeOf("{ Cea608Decoder }")).toBeLessThan(6 * KILOBYTE);
    expect(await sizeOf("{ decodePair }")).toBeLessThan(2 * KILOBYTE);
  });
});
