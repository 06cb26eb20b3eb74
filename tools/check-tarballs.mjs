// Installs every public package alone from its packed tarball, then imports, requires, type-checks and bundles it.
import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { publicPackages, root, subpaths } from "./packages.mjs";

const packages = publicPackages();
const byName = new Map(packages.map((entry) => [entry.name, entry]));
const work = mkdtempSync(join(tmpdir(), "x-tarballs-"));
/** @type {string[]} */
const problems = [];
let checks = 0;

try {
  const tarballs = pack();
  /** @type {string[]} */
  const typeUsers = [];
  for (const entry of packages) {
    const folder = join(work, entry.name.replace("/", "-").slice(1));
    mkdirSync(folder);
    writeFileSync(join(folder, "package.json"), '{ "name": "user", "private": true }\n');
    const needed = closure(entry.name).map((name) => /** @type {string} */ (tarballs.get(name)));
    run("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", ...needed], folder);
    // The optional peer of the conformance suites.
    symlinkSync(join(root, "node_modules/fast-check"), join(folder, "node_modules/fast-check"));
    checkContents(entry, join(folder, "node_modules", entry.name));
    checkImports(entry, folder);
    if (typeof entry.manifest.exports?.["."] === "object") {
      typeUsers.push(writeTypeUser(entry, folder));
      if (!usesNode(entry)) await checkBrowser(entry, folder);
    }
  }
  checkTypes(typeUsers);
} finally {
  rmSync(work, { recursive: true, force: true });
}
for (const problem of problems) console.error(`tarballs: ${problem}`);
console.log(`tarballs: ${packages.length} packages, ${checks} checks, ${problems.length} problems`);
process.exit(problems.length === 0 ? 0 : 1);

/** @returns {Map<string, string>} tarball by package name */
function pack() {
  const tarballs = new Map();
  for (const { name, folder } of packages) {
    const out = join(work, "tarballs", name.replace("/", "-"));
    mkdirSync(out, { recursive: true });
    run(join(root, "node_modules/.bin/pnpm"), ["pack", "--pack-destination", out], folder);
    tarballs.set(name, join(out, /** @type {string} */ (readdirSync(out)[0])));
  }
  return tarballs;
}

/** @param {string} name @returns {string[]} the package and the @x packages that it needs */
function closure(name, seen = new Set()) {
  if (!seen.has(name)) {
    seen.add(name);
    for (const dependency of Object.keys(byName.get(name)?.manifest.dependencies ?? {})) {
      if (byName.has(dependency)) closure(dependency, seen);
    }
  }
  return [...seen];
}

/** Packages that do I/O; all others must run in a browser. @param {{ name: string }} entry */
function usesNode({ name }) {
  return name === "@x/pipeline" || name === "@x/cli";
}

/** @param {import("./packages.mjs").WorkspacePackage} entry @param {string} folder */
function checkContents(entry, folder) {
  const files = readdirSync(folder, { recursive: true }).map(String);
  for (const file of ["README.md", "LICENSE", "CHANGELOG.md", "package.json"]) {
    expect(files.includes(file), `${entry.name} has no ${file}`);
  }
  expect(!files.some((file) => /^(test|bench)\b/.test(file)), `${entry.name} ships its tests`);
  const manifest = readFileSync(join(folder, "package.json"), "utf8");
  expect(
    !manifest.includes("workspace:") || !dependsOnWorkspace(manifest),
    `${entry.name}: workspace: range`,
  );
  for (const file of files.filter((name) => /^dist.*\.(js|cjs|d\.ts|d\.cts)$/.test(name))) {
    const text = readFileSync(join(folder, file), "utf8");
    expect(
      !/(from |require\(|import\()["']@x\/bits/.test(text),
      `${entry.name}: ${file} needs @x/bits`,
    );
  }
}

/** @param {string} manifest */
function dependsOnWorkspace(manifest) {
  const {
    dependencies = {},
    peerDependencies = {},
    optionalDependencies = {},
  } = JSON.parse(manifest);
  return Object.values({ ...dependencies, ...peerDependencies, ...optionalDependencies }).some(
    (range) => String(range).startsWith("workspace:"),
  );
}

/** @param {import("./packages.mjs").WorkspacePackage} entry @param {string} folder */
function checkImports(entry, folder) {
  const names = subpaths(entry).map((path) => entry.name + path.slice(1));
  if (entry.manifest.bin !== undefined) {
    for (const path of Object.values(entry.manifest.bin)) {
      const file = join(folder, "node_modules", entry.name, String(path));
      attempt(`${entry.name}: ${path} --help`, () => run("node", [file, "--help"], folder));
    }
  }
  if (names.length === 0) return;
  const esm = names.map((name, i) => `import * as m${i} from ${JSON.stringify(name)};`).join("\n");
  const check = names
    .map((_, i) => `if (Object.keys(m${i}).length === 0) process.exit(1);`)
    .join("\n");
  writeFileSync(join(folder, "user.mjs"), `${esm}\n${check}\n`);
  const cjs = names.map((name, i) => `const m${i} = require(${JSON.stringify(name)});`).join("\n");
  writeFileSync(join(folder, "user.cjs"), `${cjs}\n${check}\n`);
  attempt(`${entry.name}: import`, () => run("node", ["user.mjs"], folder));
  attempt(`${entry.name}: require`, () => run("node", ["user.cjs"], folder));
}

/** @param {import("./packages.mjs").WorkspacePackage} entry @param {string} folder */
function writeTypeUser(entry, folder) {
  const lines = subpaths(entry).map(
    (path, i) =>
      `import * as m${i} from "${entry.name}${path.slice(1)}";\nexport const k${i}: string[] = Object.keys(m${i});`,
  );
  const file = join(folder, "user.mts");
  writeFileSync(file, `${lines.join("\n")}\n`);
  return file;
}

/** @param {string[]} files */
function checkTypes(files) {
  const typeRoots = JSON.stringify([join(root, "node_modules/@types")]);
  for (const [module, resolution] of [
    ["nodenext", "nodenext"],
    ["esnext", "bundler"],
  ]) {
    const config = join(work, `tsconfig.${resolution}.json`);
    writeFileSync(
      config,
      `{ "compilerOptions": { "target": "es2022", "lib": ["es2022", "dom", "esnext.disposable"], "module": "${module}", "moduleResolution": "${resolution}", "strict": true, "noEmit": true, "skipLibCheck": false, "types": ["node"], "typeRoots": ${typeRoots} }, "files": ${JSON.stringify(files)} }`,
    );
    attempt(`types with moduleResolution ${resolution}`, () =>
      run("node", [join(root, "node_modules/typescript/bin/tsc"), "-p", config], work),
    );
  }
}

/** @param {import("./packages.mjs").WorkspacePackage} entry @param {string} folder */
async function checkBrowser(entry, folder) {
  try {
    const { metafile } = await build({
      stdin: { contents: `export * from ${JSON.stringify(entry.name)};`, resolveDir: folder },
      bundle: true,
      write: false,
      metafile: true,
      format: "esm",
      platform: "browser",
      logLevel: "silent",
    });
    const imports = Object.values(metafile.outputs).flatMap((output) => output.imports);
    expect(imports.length === 0, `${entry.name}: the browser bundle imports ${imports[0]?.path}`);
  } catch (error) {
    expect(false, `${entry.name}: does not bundle for the browser: ${error}`);
  }
}

/** @param {boolean} condition @param {string} problem */
function expect(condition, problem) {
  checks++;
  if (!condition) problems.push(problem);
}

/** @param {string} what @param {() => void} action */
function attempt(what, action) {
  try {
    action();
    checks++;
  } catch (error) {
    expect(false, `${what}: ${/** @type {Error} */ (error).message}`);
  }
}

/** @param {string} command @param {string[]} args @param {string} cwd */
function run(command, args, cwd) {
  try {
    execFileSync(command, args, { cwd, encoding: "utf8", stdio: "pipe" });
  } catch (error) {
    const { stdout, stderr } = /** @type {{ stdout: string, stderr: string }} */ (error);
    throw new Error(`${command} ${args.join(" ")} failed\n${stdout}\n${stderr}`);
  }
}
