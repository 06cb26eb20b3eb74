// Builds native/jpegxs/build/jpegxs.emnapi.wasm: the Node-API binding itself as WASM, on emnapi. A proof that the binding is
// portable; what is shipped is the flat module of build-wasm.mjs, which is smaller and copies nothing.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { commands } from "@yowasp/clang";

const native = fileURLToPath(new URL("../../../native/jpegxs", import.meta.url));
const require = createRequire(import.meta.url);
const emnapi = dirname(require.resolve("emnapi/package.json"));
const TARGET = "--target=wasm32-wasip1";

const tree = { inc: {}, lib: {} };
for (const name of readdirSync(native)) {
  if (/\.(cc|c|h)$/.test(name)) tree[name] = readFileSync(join(native, name), "utf8");
}
for (const name of readdirSync(join(emnapi, "include/node"))) {
  if (name.endsWith(".h"))
    tree.inc[name] = readFileSync(join(emnapi, "include/node", name), "utf8");
}
tree.lib["libemnapi-basic.a"] = new Uint8Array(
  readFileSync(join(emnapi, "lib/wasm32-wasip1/libemnapi-basic.a")),
);
const sources = Object.keys(tree).filter((n) => n.endsWith(".cc") && !n.includes("avx2"));
tree["all.cc"] = sources.map((name) => `#include "${name}"\n`).join("");

async function run(command, args, files) {
  try {
    return await commands[command](args, files, { fetchProgress() {} });
  } catch (error) {
    // The compiler has said why on stderr; its exception would print the whole source tree.
    throw new Error(`${command} exited with code ${error.code}`);
  }
}

const cpp = ["-std=c++17", "-O3", "-msimd128", "-fwrapv", "-fno-exceptions", "-fno-rtti"];
const core = await run("clang++", [TARGET, ...cpp, "-c", "all.cc", "-o", "core.o"], tree);
const binding = await run(
  "clang",
  [TARGET, "-O2", "-DNAPI_VERSION=8", "-Iinc", "-c", "addon.c", "-o", "addon.o"],
  core,
);
const exported = ["malloc", "free", "napi_register_wasm_v1"];
const linked = await run(
  "clang",
  [
    ...[TARGET, "-mexec-model=reactor", "-Llib", "-O3", "-Wl,--strip-all", "-Wl,--gc-sections"],
    ...exported.map((name) => `-Wl,--export=${name}`),
    "-Wl,--export-if-defined=node_api_module_get_api_version_v1",
    ...["-Wl,--export-table", "-Wl,--import-undefined", "-Wl,--initial-memory=33554432"],
    ...["-o", "out.wasm", "core.o", "addon.o", "-lemnapi-basic"],
  ],
  binding,
);
const wasm = linked["out.wasm"];
const modules = new Set(
  WebAssembly.Module.imports(new WebAssembly.Module(wasm)).map((i) => i.module),
);
for (const module of modules) {
  if (!["napi", "emnapi", "env"].includes(module)) throw new Error(`unexpected import: ${module}`);
}
mkdirSync(join(native, "build"), { recursive: true });
writeFileSync(join(native, "build/jpegxs.emnapi.wasm"), wasm);
console.log(`jpegxs.emnapi.wasm: ${wasm.length} bytes`);
