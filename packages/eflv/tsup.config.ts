import { library } from "../../tools/tsup-preset.mjs";

export default library({ entry: ["src/index.ts", "src/conformance.ts", "src/rtmp/index.ts"] });
