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
    // `resolve` and `paths` are both needed: either one alone leaves `from "@x/bits"` in the published declarations.
    // Without conditions the other packages are their built declarations, which were made before.
    dts: {
      resolve: [/^@x\/bits/],
      compilerOptions: { customConditions: [], paths: { "@x/bits": ["../bits/src/index.ts"] } },
    },
    ...options,
  });
}
