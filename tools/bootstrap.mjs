// Installs the workspace when it is not installed yet. Node built-ins only: it runs before anything is there.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const wanted = join(root, "pnpm-lock.yaml");
// pnpm leaves a copy of the lockfile here after a successful install.
const installed = join(root, "node_modules/.pnpm/lock.yaml");

if (existsSync(installed) && readFileSync(installed).equals(readFileSync(wanted))) process.exit(0);

const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const windows = process.platform === "win32";
const { status, error } = spawnSync(
  windows ? "npx.cmd" : "npx",
  ["--yes", packageManager, "install", "--frozen-lockfile"],
  { cwd: root, stdio: "inherit", shell: windows },
);
if (error) console.error(`bootstrap: could not start npx: ${error.message}`);
process.exit(status ?? 1);
