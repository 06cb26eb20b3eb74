import { library } from "../../tools/tsup-preset.mjs";

export default library({
  entry: ["src/index.ts", "src/conformance.ts"],
  // The CJS output needs an import.meta.url too: the WASM modules are found beside the script.
  shims: true,
  // What the scripts beside this file build stays when only TypeScript is built again.
  clean: ["!**/*.wasm", "!native/**", "!npm/**"],
});
