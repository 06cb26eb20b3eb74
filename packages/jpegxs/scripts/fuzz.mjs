// Builds native/jpegxs/test/fuzz.cc under ASan and UBSan and runs structured mutations of codestreams through it:
// node scripts/fuzz.mjs [mutations] [file.jxs ...]. Without files: the small ones of fixtures/jpegxs-codec, and some of our
// own with tools that none of those has.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
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
const sanitise = ["-g1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
const c = (/** @type {string[]} */ ...args) =>
  execFileSync(cc, ["-O1", "-std=c11", "-D_GNU_SOURCE", ...sanitise, ...args], {
    stdio: "inherit",
  });
if (isOutdated(program)) {
  c("-c", join(native, "svt.c"), "-o", join(build, "svt.fuzz.o"));
  execFileSync(
    cxx,
    [
      ...["-std=c++17", "-O1", "-fwrapv", "-fno-exceptions", "-fno-rtti", ...sanitise],
      ...(x86 ? ["-mavx2", "-mbmi", "-mbmi2", "-DJXS_HAVE_AVX2"] : []),
      ...["-DJXS_FUZZ_MAIN", join(native, "test/fuzz.cc"), join(build, "svt.fuzz.o")],
      ...sources.map((name) => join(native, name)),
      ...["-o", program],
    ],
    { stdio: "inherit" },
  );
}
if (x86 && process.platform === "linux") {
  // The binding of SVT-JPEG-XS, on a library of our own.
  const [library, seed] = [join(build, "fake.so"), join(fixtures, SVT_SEED)];
  c("-shared", "-fPIC", "-fvisibility=hidden", join(native, "fake/svt.c"), "-o", library);
  const env = { ...process.env, FAKE_SVT_OUTPUT: seed };
  execFileSync(program, ["svt", library, seed], { env, stdio: "pipe" });
}
const files = named.length > 0 ? named : [...(await ownSeeds()), ...fixtureSeeds()];
// Mutations go to the small ones, where they change more than data; the others are run as they are.
const small = named.length > 0 ? files : files.filter((path) => statSync(path).size < 10000);
execFileSync(program, [mutations, ...small], { stdio: "inherit" });
const large = files.filter((path) => !small.includes(path));
if (large.length > 0) execFileSync(program, ["0", ...large], { stdio: "inherit" });

function fixtureSeeds() {
  return readdirSync(fixtures)
    .filter((name) => name.endsWith(".jxs"))
    .map((name) => join(fixtures, name))
    .sort((a, b) => statSync(a).size - statSync(b).size);
}

/** Lossless above 12 bits, filter arrays, non-linearities: small pictures of noise and ramps. Needs the package built. */
async function ownSeeds() {
  const { extendedNonlinearity, loadCodec } = await import("../dist/index.js");
  const codec = await loadCodec({ backend: "wasm" });
  const lossless = { lossless: true, profile: "unrestricted" };
  const sensor = { format: "4:4:4:4", cfa: "GRBG", size: 4000, profile: "unrestricted" };
  const seeds = [
    { format: "4:4:4", rgb: true, bitDepth: 16, ...lossless },
    { format: "4:2:0", bitDepth: 14, signs: "separate", ...lossless },
    { format: "4:2:2", bitDepth: 13, rawPackets: true, nly: 0, ...lossless },
    { ...sensor, bitDepth: 12, starTetrix: { cf: 3, e1: 1, e2: 2 }, nly: 1 },
    { ...sensor, bitDepth: 14, nonlinearity: extendedNonlinearity(14, 256, 1500) },
    { format: "4:0:0", bitDepth: 10, size: 1500, nonlinearity: { tnlt: 1, dco: -20 } },
  ];
  return seeds.map((options, n) => {
    const encoder = codec.createEncoder({ width: 44, height: 22, ...options });
    let state = n + 1;
    for (const { data, bitDepth } of encoder.planes) {
      for (let i = 0; i < data.length; i++) {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        data[i] = (i % 3 === 0 ? state >>> 16 : 97 * i) & (2 ** bitDepth - 1);
      }
    }
    const file = join(build, `seed${n}.jxs`);
    writeFileSync(file, encoder.encode());
    return file;
  });
}

/** Whether a source, a header or this script is newer than what was built from them, if anything was. */
function isOutdated(/** @type {string} */ file) {
  const built = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const inputs = readdirSync(native, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(cc|c|h)$/.test(name))
    .map((name) => join(native, name));
  return [fileURLToPath(import.meta.url), ...inputs].some((path) => statSync(path).mtimeMs > built);
}
