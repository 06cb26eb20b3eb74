// Runs a script of every package that has it, or of those whose name ends with a word, one after the other:
//   node tools/each.mjs soak             all
//   node tools/each.mjs soak clock 60    only @x/mpegts-pcr-clock, with an argument
import { allPackages } from "./packages.mjs";
import { runTool } from "./run-tool.mjs";

const [script = "", word = "", ...args] = process.argv.slice(2);
const chosen = allPackages().filter(
  ({ name, manifest }) => manifest.scripts?.[script] !== undefined && name.endsWith(word),
);
if (chosen.length === 0) {
  console.error(`no package that ends with "${word}" has a script "${script}"`);
  process.exit(2);
}
const failed = chosen.filter(
  ({ name }) => !runTool("pnpm", ["--filter", name, "run", script, ...args]).ok,
);
for (const { name } of failed) console.error(`${script} of ${name} failed`);
process.exit(failed.length === 0 ? 0 : 1);
