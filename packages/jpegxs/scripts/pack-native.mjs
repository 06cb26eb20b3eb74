// Before publishing: makes the package of this platform out of dist/native/jpegxs.node, in dist/npm/<name>, ready for
// `npm publish`. With --depend, also names the packages that lie in dist/npm (collected from every platform that builds)
// as optional dependencies of this package, in its own version; that change is for publishing and is not committed.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const binary = join(root, "dist/native/jpegxs.node");
const packages = join(root, "dist/npm");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** The C library that a Linux binary was linked to. */
function libc() {
  if (process.platform !== "linux") return undefined;
  process.report.excludeNetwork = true;
  const { header } = /** @type {{ header: Record<string, unknown> }} */ (
    process.report.getReport()
  );
  return typeof header.glibcVersionRuntime === "string" ? "glibc" : "musl";
}

/** @param {string} path @param {unknown} value */
function writeJson(path, value) {
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
}

if (!existsSync(binary)) {
  console.log("SKIPPED: dist/native/jpegxs.node is not built");
  process.exit(0);
}
if (libc() === "musl") throw new Error("the loader has no package for musl: it would not be found");
const suffix = `${process.platform}-${process.arch}`;
const folder = join(packages, `jpegxs-${suffix}`);
mkdirSync(folder, { recursive: true });
copyFileSync(binary, join(folder, "jpegxs.node"));
copyFileSync(join(root, "LICENSE"), join(folder, "LICENSE"));
const { version, license, repository, engines, publishConfig } = manifest;
writeJson(join(folder, "package.json"), {
  name: `${manifest.name}-${suffix}`,
  version,
  description: `The native codec of ${manifest.name} for ${suffix}.`,
  license,
  repository,
  engines,
  os: [process.platform],
  cpu: [process.arch],
  ...(libc() === undefined ? {} : { libc: [libc()] }),
  main: "jpegxs.node",
  files: ["jpegxs.node"],
  preferUnplugged: true,
  publishConfig,
});
writeFileSync(
  join(folder, "README.md"),
  `# ${manifest.name}-${suffix}\n\nThe native codec of \`${manifest.name}\` for ${suffix}, which installs and loads it by itself.\n`,
);
console.log(`${manifest.name}-${suffix}@${version}: ${folder}`);

if (process.argv.includes("--depend")) {
  const built = readdirSync(packages).map((name) => [`@x/${name}`, version]);
  writeJson(join(root, "package.json"), {
    ...manifest,
    optionalDependencies: Object.fromEntries(built),
  });
}
