import { library } from "../../tools/tsup-preset.mjs";

export default library({ entry: ["src/main.ts"], format: ["esm"], platform: "node", dts: false });
