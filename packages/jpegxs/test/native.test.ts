import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { loadCodecSync } from "../src/index.js";

const script = (name: string): string =>
  fileURLToPath(new URL(`../scripts/${name}`, import.meta.url));
const addon = fileURLToPath(new URL("../dist/native/jpegxs.node", import.meta.url));
const compiler = spawnSync(process.env.CXX ?? "c++", ["--version"]).status === 0;
if (!compiler) console.warn("SKIPPED: no C++ compiler, the native tests do not run");

describe.skipIf(!compiler)("native core", () => {
  test("every kernel gives what the reference gives, on every length", { timeout: 120_000 }, () => {
    expect(existsSync(addon)).toBe(true);
    const output = execFileSync(process.execPath, [script("check-kernels.mjs"), "1"], {
      encoding: "utf8",
    });
    expect(output).toMatch(/all kernels agree\n$/);
  });

  test("mutations run clean under ASan and UBSan", { timeout: 240_000 }, () => {
    const output = execFileSync(process.execPath, [script("fuzz.mjs"), "1500"], {
      encoding: "utf8",
    });
    expect(output).toMatch(/^1500 mutations of [1-9]\d* files\n$/);
  });

  test("is the default where it is built", () => {
    const { backend } = loadCodecSync();
    expect(backend).toMatchObject({ name: "native", threads: 1 });
    expect(["v128", "avx2"]).toContain(backend.kernels);
    expect(loadCodecSync({ kernels: "scalar" }).backend.kernels).toBe("scalar");
  });
});
