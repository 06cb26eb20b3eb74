import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { build } from "esbuild";

/**
 * How much a page loads: bytes of `export … from` the package that the test at `url` belongs to, bundled for a browser,
 * minified and compressed with brotli. What is `external` is not counted.
 */
export async function bundledSize(
  url: string,
  what: string,
  external: readonly string[] = [],
): Promise<number> {
  const source = fileURLToPath(new URL("../src/index.ts", url));
  const { outputFiles } = await build({
    stdin: { contents: `export ${what} from ${JSON.stringify(source)}`, resolveDir: "/" },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    conditions: ["@x/source"],
    external: [...external],
    write: false,
    logLevel: "silent",
  });
  return brotliCompressSync(outputFiles[0]?.contents ?? new Uint8Array(0)).length;
}
