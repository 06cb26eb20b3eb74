// Builds native/jpegxs/test/check.cc from the objects of the addon and runs it: every kernel against the reference, with
// the ratios of their speeds. node scripts/check-kernels.mjs [rounds]
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const native = fileURLToPath(new URL("../../../native/jpegxs", import.meta.url));
const build = join(native, "build");
if (!existsSync(join(build, "kernels.o"))) {
  const script = fileURLToPath(new URL("build-native.mjs", import.meta.url));
  execFileSync(process.execPath, [script], { stdio: "inherit" });
}
const objects = readdirSync(native)
  .map((name) => name.replace(/\.cc$/, ".o"))
  .filter((name) => name.endsWith(".o") && existsSync(join(build, name)));
const program = join(build, "check");
execFileSync(
  process.env.CXX ?? "c++",
  [
    ...["-std=c++17", "-O2", "-fwrapv", "-Wall", "-Wextra", "-Werror"],
    ...[join(native, "test/check.cc"), ...objects.map((name) => join(build, name))],
    ...["-o", program],
  ],
  { stdio: "inherit" },
);
execFileSync(program, process.argv.slice(2), { stdio: "inherit" });
