// Runs a tool of the workspace with this repository’s settings: node tools/run-tool.mjs turbo run build
import { spawnSync } from "node:child_process";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "./packages.mjs";

/**
 * @param {string} command a tool of the workspace
 * @param {readonly string[]} args
 * @returns {{ ok: boolean, reason: string }}
 */
export function runTool(command, args) {
  const bin = join(root, "node_modules/.bin");
  const { status, error } = spawnSync(join(bin, command), args, {
    cwd: root,
    stdio: "inherit",
    shell: process.platform === "win32",
    env: {
      ...process.env,
      // turbo looks for pnpm on PATH.
      PATH: `${bin}${delimiter}${process.env.PATH ?? ""}`,
      TURBO_TELEMETRY_DISABLED: "1",
      DO_NOT_TRACK: "1",
    },
  });
  return { ok: status === 0, reason: error?.message ?? `exit code ${status}` };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [command = "turbo", ...args] = process.argv.slice(2);
  process.exit(runTool(command, args).ok ? 0 : 1);
}
