import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/**
 * A package as its users run it: `src/index.ts` of the package that the bench at `url` belongs to, in one file. A test
 * runner puts a getter before every import of a source file, which loops of some nanoseconds would measure instead.
 */
export async function built<Module>(url: string): Promise<Module> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("../src/index.ts", url))],
    bundle: true,
    format: "esm",
    platform: "neutral",
    conditions: ["@x/source"],
    write: false,
  });
  const code = Buffer.from(outputFiles[0]?.contents ?? []).toString("base64");
  return import(/* @vite-ignore */ `data:text/javascript;base64,${code}`) as Promise<Module>;
}
