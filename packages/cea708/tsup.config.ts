import { library } from "../../tools/tsup-preset.mjs";

export default library({ entry: ["src/index.ts", "src/gst.ts", "src/conformance.ts"] });
