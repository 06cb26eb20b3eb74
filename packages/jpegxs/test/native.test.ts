import { execFileSync, spawnSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { loadCodecSync } from "../src/index.js";

const script = (name: string): string =>
  fileURLToPath(new URL(`../scripts/${name}`, import.meta.url));
const addon = fileURLToPath(new URL("../dist/native/jpegxs.node", import.meta.url));
const compiler = spawnSync(process.env.CXX ?? "c++", ["--version"]).status === 0;
const PRINT_BACKEND = `
  let result;
  try { result = require("@x/jpegxs").loadCodecSync({ backend: "native" }).backend; }
  catch (error) { result = { code: error.code, message: error.message }; }
  JSON.stringify(result)`;
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
    expect(output).toMatch(/^1500 mutations of [1-9]\d* files\n0 mutations of [1-9]\d* files\n$/);
  });

  test("is found in the platform's package of an installation", () => {
    const project = mkdtempSync(join(tmpdir(), "jpegxs-installed-"));
    try {
      const installed = join(project, "node_modules/@x");
      const dist = fileURLToPath(new URL("../dist", import.meta.url));
      mkdirSync(join(installed, "jpegxs/dist"), { recursive: true });
      for (const name of readdirSync(dist)) {
        if (name.endsWith(".cjs"))
          copyFileSync(join(dist, name), join(installed, "jpegxs/dist", name));
      }
      writeFileSync(join(installed, "jpegxs/package.json"), '{ "main": "dist/index.cjs" }');
      const backend = (): unknown =>
        JSON.parse(
          execFileSync(process.execPath, ["-p", PRINT_BACKEND], { cwd: project, encoding: "utf8" }),
        );
      expect(backend()).toMatchObject({ code: "bad-config" });

      execFileSync(process.execPath, [script("pack-native.mjs")]);
      const name = `jpegxs-${process.platform}-${process.arch}`;
      cpSync(join(dist, "npm", name), join(installed, name), { recursive: true });
      expect(backend()).toMatchObject({
        name: "native",
        reasons: [expect.stringMatching(/a build in a checkout/)],
      });
      const manifest = JSON.parse(readFileSync(join(installed, name, "package.json"), "utf8"));
      expect(manifest).toMatchObject({
        name: `@x/${name}`,
        os: [process.platform],
        cpu: [process.arch],
        main: "jpegxs.node",
      });
    } finally {
      rmSync(project, { recursive: true });
    }
  });

  test("is the default where it is built", () => {
    const { backend } = loadCodecSync();
    expect(backend).toMatchObject({ name: "native", threads: 1 });
    expect(["v128", "avx2"]).toContain(backend.kernels);
    expect(loadCodecSync({ kernels: "scalar" }).backend.kernels).toBe("scalar");
  });
});
