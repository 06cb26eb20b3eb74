import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

/** Bytes of heap a call. A boxed number, the smallest object, takes 16; this would be one in 32 calls. */
const NOTHING = 0.5;

describe("memory in steady state", () => {
  const folder = mkdtempSync(join(tmpdir(), "clock-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  let bytes: Record<"quiet" | "busy" | "usual" | "wrapped" | "object", number> & {
    states: string[];
  };

  beforeAll(() => {
    const outfile = join(folder, "child.mjs");
    buildSync({
      entryPoints: [fileURLToPath(new URL("allocation-child.ts", import.meta.url))],
      bundle: true,
      format: "esm",
      platform: "node",
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
    expect(bytes.quiet).toBeLessThan(NOTHING);
  });

  test("nor does one with a PCR, a thousand a second or one in 40 ms, bare or in RTP", () => {
    expect(bytes.states).toEqual(["locked", "locked", "locked"]);
    expect(bytes.busy).toBeLessThan(NOTHING);
    expect(bytes.usual).toBeLessThan(NOTHING);
    expect(bytes.wrapped).toBeLessThan(NOTHING);
  });

  test("an object for each call would be seen", () => {
    expect(bytes.object).toBeGreaterThan(16);
  });
});
