import { packageTests } from "../../tools/vitest-preset.mjs";

export default packageTests("cea608");
