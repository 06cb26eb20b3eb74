// Everything that `npm test` is: build, types, lint, tests, and checks of what is shipped. Ends with the counts.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { allPackages } from "./packages.mjs";
import { runTool } from "./run-tool.mjs";

let passed = 0;
let failed = 0;
let skipped = 0;
/** @type {string[]} */
const failures = [];

// Vectors from elsewhere are not part of turbo's hashes.
const force = process.env.X_VECTORS_DIR === undefined ? [] : ["--force"];
const turbo = ["--concurrency=2", "--continue"];

step("lint and format", "biome", ["check", "."]);
step("build, types, package shape", "turbo", [
  "run",
  "build",
  "typecheck",
  "check:package",
  ...turbo,
  "--output-logs=errors-only",
]);
step("tests", "turbo", ["run", "test", ...turbo, ...force, "--output-logs=full"]);
step("tarballs, sizes, documentation", "turbo", [
  "run",
  "check:tarballs",
  "check:size",
  "docs",
  ...turbo,
  "--output-logs=full",
]);
step("unused code and dependencies", "knip", []);

for (const { name, folder } of allPackages()) {
  const file = join(folder, ".results/vitest.json");
  if (!existsSync(file)) {
    failed++;
    failures.push(`${name} ran no tests`);
    continue;
  }
  const results = JSON.parse(readFileSync(file, "utf8"));
  passed += results.numPassedTests;
  failed += results.numFailedTests;
  skipped += results.numPendingTests + results.numTodoTests;
  if (results.numTotalTests === 0) {
    failed++;
    failures.push(`${name} has no tests`);
  }
}

for (const failure of failures) console.log(`FAILED: ${failure}`);
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exit(failed === 0 ? 0 : 1);

/**
 * Run one tool of the workspace; it counts as one check.
 * @param {string} what @param {string} command @param {string[]} args
 */
function step(what, command, args) {
  const started = Date.now();
  console.log(`\n== ${what}`);
  const { ok, reason } = runTool(command, args);
  console.log(
    `== ${what}: ${ok ? "ok" : "FAILED"}, ${((Date.now() - started) / 1000).toFixed(1)} s`,
  );
  if (ok) passed++;
  else {
    failed++;
    failures.push(`${what}: ${reason}`);
  }
}
