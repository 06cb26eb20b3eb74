// API documentation of every public library, warnings as errors.
import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import { Application } from "typedoc";
import { publicPackages, root, subpaths } from "./packages.mjs";

const entryPoints = publicPackages().flatMap((entry) =>
  subpaths(entry)
    .map((path) => join(entry.folder, "src", path === "." ? "index.ts" : `${path.slice(2)}.ts`))
    .filter((file) => existsSync(file)),
);
// typedoc takes paths from the working directory.
process.chdir(root);
const application = await Application.bootstrapWithPlugins({
  entryPoints: entryPoints.map((file) => relative(root, file)),
  basePath: root,
  tsconfig: join(root, "tools/tsconfig.docs.json"),
  out: join(root, "docs"),
  name: "@x",
  readme: join(root, "README.md"),
  skipErrorChecking: true,
  treatWarningsAsErrors: true,
  // Types that a package re-uses from the private bundled one are documented where they are used.
  validation: { notExported: false, invalidLink: true, notDocumented: false },
  disableGit: true,
  sourceLinkTemplate: "../{path}#L{line}",
});
const project = await application.convert();
if (project === undefined) process.exit(1);
application.validate(project);
await application.generateOutputs(project);
process.exit(application.logger.hasErrors() || application.logger.hasWarnings() ? 1 : 0);
