// The workspace's packages, found by walking; what is not there yet is not checked.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** @typedef {{ name: string, folder: string, manifest: any }} WorkspacePackage */

/** @returns {WorkspacePackage[]} every package below `packages/`, by name */
export function allPackages() {
  const top = join(root, "packages");
  return readdirSync(top)
    .sort()
    .map((name) => join(top, name))
    .filter((folder) => existsSync(join(folder, "package.json")))
    .map((folder) => {
      const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
      return { name: manifest.name, folder, manifest };
    });
}

/** @returns {WorkspacePackage[]} those that are published */
export function publicPackages() {
  return allPackages().filter(({ manifest }) => manifest.private !== true);
}

/**
 * A package's own subpaths that can be imported: `.`, `./conformance`, but neither files nor `package.json`.
 * @param {WorkspacePackage} entry
 * @returns {string[]}
 */
export function subpaths({ manifest }) {
  return Object.keys(manifest.exports ?? {}).filter(
    (path) => path === "." || (!path.endsWith(".json") && !path.endsWith(".wasm")),
  );
}
