// Builds dist/jpegxs.wasm from native/jpegxs with the clang that npm brings. Needs nothing else on the machine.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { commands } from "@yowasp/clang";

const native = fileURLToPath(new URL("../../../native/jpegxs", import.meta.url));
const dist = fileURLToPath(new URL("../dist", import.meta.url));

/** One translation unit: a cold start of the compiler costs more than everything that it compiles. */
const UNITS = readdirSync(native).filter((name) => name.endsWith(".cc") && !name.includes("avx2"));

const EXPORTS = [...readFileSync(join(native, "codec.h"), "utf8").matchAll(/\b(jxs_\w+)\(/g)]
  .map(([, name]) => name)
  .filter((name, i, all) => all.indexOf(name) === i);

/** @param {"single" | "threads"} kind */
function flags(kind) {
  const shared = ["-matomics", "-mbulk-memory", "-mmutable-globals"];
  const link = [
    "--export=__stack_pointer",
    "--import-memory",
    "--shared-memory",
    "--initial-memory=1048576",
  ];
  return [
    "--target=wasm32",
    "-nostdlib",
    "-std=c++17",
    "-O3",
    "-msimd128",
    "-mbulk-memory",
    "-mnontrapping-fptoint",
    "-msign-ext",
    "-fwrapv",
    "-fno-exceptions",
    "-fno-rtti",
    "-fno-threadsafe-statics",
    "-isystem",
    "/usr/include/wasm32-wasip1",
    "-D__wasi__",
    "-Wall",
    "-Wextra",
    "-Werror",
    ...(kind === "threads" ? shared : []),
    "-Wl,--no-entry",
    "-Wl,--strip-all",
    "-Wl,--gc-sections",
    "-Wl,-z,stack-size=65536",
    "-Wl,--stack-first",
    "-Wl,--export=__heap_base",
    ...EXPORTS.map((name) => `-Wl,--export=${name}`),
    ...(kind === "threads" ? [...link, "--max-memory=4294967296"].map((f) => `-Wl,${f}`) : []),
    "all.cc",
    "-o",
    "out.wasm",
  ];
}

/** @param {"single" | "threads"} kind */
async function build(kind) {
  const tree = { "all.cc": UNITS.map((name) => `#include "${name}"\n`).join("") };
  for (const name of readdirSync(native)) {
    if (/\.(cc|h)$/.test(name)) tree[name] = readFileSync(join(native, name), "utf8");
  }
  try {
    const result = await commands["clang++"](flags(kind), tree, { fetchProgress() {} });
    return result["out.wasm"];
  } catch (error) {
    // The compiler has said why on stderr; its exception would print the whole source tree.
    throw new Error(`clang++ exited with code ${error.code}`);
  }
}

mkdirSync(dist, { recursive: true });
for (const [kind, name, wanted] of [
  ["single", "jpegxs.wasm", []],
  ["threads", "jpegxs.mt.wasm", ["env.memory"]],
]) {
  const wasm = await build(kind);
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(wasm));
  const names = imports.map((i) => `${i.module}.${i.name}`);
  // A misspelt function would become an import that nobody provides.
  if (names.join() !== wanted.join()) throw new Error(`${name} imports ${names}`);
  writeFileSync(join(dist, name), wasm);
  console.log(`${name}: ${wasm.length} bytes`);
}
