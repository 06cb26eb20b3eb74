// Builds native/jpegxs/test/fuzz.cc under ASan and UBSan and runs structured mutations of codestreams through it:
// node scripts/fuzz.mjs [mutations] [file.jxs ...]. Without files: the small ones of fixtures/jpegxs-codec.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const native = fileURLToPath(new URL("../../../native/jpegxs", import.meta.url));
const fixtures = fileURLToPath(new URL("../../../fixtures/jpegxs-codec", import.meta.url));
const cxx = process.env.CXX ?? "c++";
const cc = process.env.CC ?? "cc";
/** Any codestream of three components. */
const SVT_SEED = "svt_422_8_longheaders.jxs";
const [mutations = "100000", ...named] = process.argv.slice(2);

if (spawnSync(cxx, ["--version"]).status !== 0) {
  console.log(`SKIPPED: no C++ compiler (${cxx})`);
  process.exit(0);
}
const x86 = process.arch === "x64";
const sources = readdirSync(native).filter(
  (name) => name.endsWith(".cc") && (x86 || name !== "kernels_avx2.cc"),
);
const build = join(native, "build");
mkdirSync(build, { recursive: true });
const program = join(build, "fuzz");
const sanitise = ["-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
const c = (/** @type {string[]} */ ...args) =>
  execFileSync(cc, ["-O1", "-std=c11", "-D_GNU_SOURCE", ...sanitise, ...args], {
    stdio: "inherit",
  });
c("-c", join(native, "svt.c"), "-o", join(build, "svt.fuzz.o"));
execFileSync(
  cxx,
  [
    ...["-std=c++17", "-O1", "-fwrapv", "-fno-exceptions", "-fno-rtti", ...sanitise],
    ...(x86 ? ["-mavx2", "-DJXS_HAVE_AVX2"] : []),
    ...["-DJXS_FUZZ_MAIN", join(native, "test/fuzz.cc"), join(build, "svt.fuzz.o")],
    ...sources.map((name) => join(native, name)),
    ...["-o", program],
  ],
  { stdio: "inherit" },
);
if (x86 && process.platform === "linux") {
  // The binding of SVT-JPEG-XS, on a library of our own.
  const [library, seed] = [join(build, "fake.so"), join(fixtures, SVT_SEED)];
  c("-shared", "-fPIC", "-fvisibility=hidden", join(native, "fake/svt.c"), "-o", library);
  const env = { ...process.env, FAKE_SVT_OUTPUT: seed };
  execFileSync(program, ["svt", library, seed], { env, stdio: "pipe" });
}
const files =
  named.length > 0
    ? named
    : readdirSync(fixtures)
        .filter((name) => name.endsWith(".jxs"))
        .map((name) => join(fixtures, name))
        .sort((a, b) => statSync(a).size - statSync(b).size);
// Mutations go to the small ones, where they change more than data; the others are run as they are.
const small = named.length > 0 ? files : files.filter((path) => statSync(path).size < 10000);
execFileSync(program, [mutations, ...small], { stdio: "inherit" });
const large = files.filter((path) => !small.includes(path));
if (large.length > 0) execFileSync(program, ["0", ...large], { stdio: "inherit" });
