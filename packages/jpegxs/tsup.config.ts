import { library } from "../../tools/tsup-preset.mjs";

// `shims` gives the CJS output an import.meta.url: the WASM module is found beside the script.
export default library({ entry: ["src/index.ts", "src/conformance.ts"], shims: true });
