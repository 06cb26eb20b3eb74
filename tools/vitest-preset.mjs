// One test set-up for every package. Neighbours resolve to their sources, so no build is needed first.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const setup = fileURLToPath(new URL("./testing/setup.ts", import.meta.url));

/**
 * @param {string} name the package's name without scope
 * @param {import("vitest/config").ViteUserConfig["test"]} test what differs from the preset
 */
export function packageTests(name, test = {}) {
  return defineConfig({
    // Naming one condition drops the defaults, so all are listed.
    ssr: { resolve: { conditions: ["@x/source", "module", "node", "development|production"] } },
    test: {
      name,
      include: ["test/**/*.test.ts"],
      benchmark: { include: ["bench/**/*.bench.ts"] },
      setupFiles: [setup],
      pool: "threads",
      isolate: false,
      maxWorkers: 2,
      testTimeout: 60_000,
      reporters: ["default", ["json", { outputFile: ".results/vitest.json" }]],
      ...test,
    },
  });
}
