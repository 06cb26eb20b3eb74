// Builds dist/native/jpegxs.node with the machine's own compiler. Without one it says so and succeeds: WASM does
// the same work.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const native = fileURLToPath(new URL("../../../native/jpegxs", import.meta.url));
const build = join(native, "build");
const cxx = process.env.CXX ?? "c++";
const cc = process.env.CC ?? "cc";

if (spawnSync(cxx, ["--version"]).status !== 0) {
  console.log(`no C++ compiler (${cxx}): the native addon is not built, WASM is used`);
  process.exit(0);
}

const x86 = process.arch === "x64";
const common = ["-O3", "-fPIC", "-fvisibility=hidden", "-Wall", "-Wextra", "-Werror"];
const cpp = ["-std=c++17", "-fwrapv", "-fno-exceptions", "-fno-rtti"];
const haveAvx2 = x86 ? ["-DJXS_HAVE_AVX2"] : [];

/** Flags of one source: each family of kernels has its own instruction set, the reference none at all. */
function flagsOf(name) {
  if (name === "kernels_avx2.cc") return ["-mavx2", "-mbmi", "-mbmi2"];
  if (name === "kernels_v128.cc") return x86 ? ["-msse4.1"] : [];
  if (name === "kernels_scalar.cc") return ["-fno-tree-vectorize", "-fno-tree-slp-vectorize"];
  return [];
}

mkdirSync(build, { recursive: true });
const sources = readdirSync(native).filter(
  (name) => name.endsWith(".cc") && (x86 || name !== "kernels_avx2.cc"),
);
const objects = sources.map((name) => {
  const object = join(build, name.replace(".cc", ".o"));
  const flags = [...common, ...cpp, ...haveAvx2, ...flagsOf(name)];
  execFileSync(cxx, [...flags, "-c", join(native, name), "-o", object], { stdio: "inherit" });
  return object;
});
// What the linker may take from either of two files, it could take from that for another instruction set.
for (const object of x86 && process.platform === "linux" ? objects : []) {
  const symbols = execFileSync("nm", [object], { encoding: "utf8" });
  const shared = symbols.split("\n").find((line) => / [VWu] /.test(line));
  if (shared !== undefined) throw new Error(`shared by several files: ${shared} (${object})`);
}
const require = createRequire(import.meta.url);
const headers = join(dirname(require.resolve("node-api-headers/package.json")), "include");
const bindings = ["addon", "svt_addon", "svt"].map((name) => {
  const object = join(build, `${name}.o`);
  const flags = [...common, "-std=c11", "-D_GNU_SOURCE", "-DNAPI_VERSION=8", `-I${headers}`];
  execFileSync(cc, [...flags, "-c", join(native, `${name}.c`), "-o", object], { stdio: "inherit" });
  return object;
});
const dist = fileURLToPath(new URL("../dist/native", import.meta.url));
mkdirSync(dist, { recursive: true });
const target = join(dist, "jpegxs.node");
const link =
  process.platform === "darwin"
    ? ["-bundle", "-undefined", "dynamic_lookup"]
    : ["-shared", "-s", "-static-libgcc", "-static-libstdc++", "-Wl,--gc-sections"];
execFileSync(cxx, [...link, "-o", target, ...objects, ...bindings], { stdio: "inherit" });

// A shared object links with symbols missing and fails only when it is loaded.
if (process.platform === "linux") {
  const undefinedNames = execFileSync("nm", ["-D", "--undefined-only", target], {
    encoding: "utf8",
  });
  for (const line of undefinedNames.trim().split("\n")) {
    const name = line.trim().split(/\s+/).at(-1) ?? "";
    if (!/^(napi_|node_api_|__|_ITM_)|@GLIBC/.test(name)) throw new Error(`undefined: ${name}`);
  }
}
console.log(`jpegxs.node: built by ${cxx}`);
