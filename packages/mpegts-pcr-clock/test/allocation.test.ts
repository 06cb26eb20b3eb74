import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

/** Bytes of heap a call: far above the noise, and less than the smallest object takes. */
const NOTHING = 4;

describe("memory in steady state", () => {
  const folder = mkdtempSync(join(tmpdir(), "clock-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  let bytes: Record<"caller" | "quiet" | "busy" | "object", number> & { state: string };

  beforeAll(() => {
    const outfile = join(folder, "child.mjs");
    buildSync({
      entryPoints: [fileURLToPath(new URL("allocation-child.ts", import.meta.url))],
      bundle: true,
      format: "esm",
      target: "es2022",
      conditions: ["@x/source"],
      outfile,
      logLevel: "error",
    });
    // A young generation so large that nothing is collected while it is measured.
    const flags = ["--expose-gc", "--min-semi-space-size=256", "--max-semi-space-size=256"];
    const { stdout, stderr, status } = spawnSync(process.execPath, [...flags, outfile], {
      encoding: "utf8",
      timeout: 50_000,
    });
    expect(stderr).toBe("");
    expect(status).toBe(0);
    bytes = JSON.parse(stdout);
  }, 60_000);

  test("a datagram without a PCR allocates nothing", () => {
    expect(bytes.quiet - bytes.caller).toBeLessThan(NOTHING);
  });

  test("one with a PCR allocates no object, only numbers that the engine boxes between functions", () => {
    expect(bytes.state).toBe("locked");
    expect(bytes.busy - bytes.caller).toBeLessThan(4 * bytes.caller);
  });

  test("an object for each call would be seen", () => {
    expect(bytes.object - bytes.caller).toBeGreaterThan(2 * NOTHING);
  });
});
