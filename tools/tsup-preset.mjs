// One build for every library package: ESM and CJS, declarations, source maps, `@x/bits` inlined.
import { defineConfig } from "tsup";

/** @param {import("tsup").Options} options what differs from the preset */
export function library(options = {}) {
  return defineConfig({
    entry: ["src/index.ts"],
    format: ["esm", "cjs"],
    target: "es2022",
    platform: "neutral",
    sourcemap: true,
    clean: true,
    treeshake: true,
    splitting: true,
    silent: true,
    // Both are needed: either one alone leaves `from "@x/bits"` in the published declarations.
    dts: {
      resolve: [/^@x\/bits/],
      compilerOptions: { paths: { "@x/bits": ["../bits/src/index.ts"] } },
    },
    ...options,
  });
}
