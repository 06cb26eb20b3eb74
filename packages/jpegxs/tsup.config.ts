import { library } from "../../tools/tsup-preset.mjs";

export default library({
  entry: ["src/index.ts", "src/conformance.ts"],
  // The CJS output needs an import.meta.url too: the WASM modules are found beside the script.
  shims: true,
  // scripts/build-wasm.mjs writes them, also into a dist that is being rebuilt.
  clean: ["!**/*.wasm"],
});
