// Builds native/jpegxs/test/fuzz.cc under ASan and UBSan and runs structured mutations of codestreams through it:
// node scripts/fuzz.mjs [mutations] [file.jxs ...]. Without files: the small ones of fixtures/jpegxs-codec.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const native = fileURLToPath(new URL("../../../native/jpegxs", import.meta.url));
const fixtures = fileURLToPath(new URL("../../../fixtures/jpegxs-codec", import.meta.url));
const cxx = process.env.CXX ?? "c++";
const [mutations = "100000", ...named] = process.argv.slice(2);

if (spawnSync(cxx, ["--version"]).status !== 0) {
  console.log(`SKIPPED: no C++ compiler (${cxx})`);
  process.exit(0);
}
const x86 = process.arch === "x64";
const sources = readdirSync(native).filter(
  (name) => name.endsWith(".cc") && (x86 || name !== "kernels_avx2.cc"),
);
mkdirSync(join(native, "build"), { recursive: true });
const program = join(native, "build/fuzz");
execFileSync(
  cxx,
  [
    ...["-std=c++17", "-O1", "-g", "-fwrapv", "-fno-exceptions", "-fno-rtti"],
    ...["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-DJXS_FUZZ_MAIN"],
    ...(x86 ? ["-mavx2", "-DJXS_HAVE_AVX2"] : []),
    ...[join(native, "test/fuzz.cc"), ...sources.map((name) => join(native, name))],
    ...["-o", program],
  ],
  { stdio: "inherit" },
);
const files =
  named.length > 0
    ? named
    : readdirSync(fixtures)
        .filter((name) => name.endsWith(".jxs"))
        .map((name) => join(fixtures, name))
        .filter((path) => statSync(path).size < 10000);
execFileSync(program, [mutations, ...files], { stdio: "inherit" });
