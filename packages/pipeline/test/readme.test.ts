import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { elementRegistry } from "../src/index.js";

test("the README names every element, and none that is not there", () => {
  const path = fileURLToPath(new URL("../README.md", import.meta.url));
  const [, table = ""] = readFileSync(path, "utf8").split(/^\| elements .*$/m);
  const rows = table.split("\n\n")[0] ?? "";
  const named = [...rows.matchAll(/`([^`]+)`/g)].flatMap(([, names = ""]) => names.split(" "));
  expect([...named].sort()).toEqual([...elementRegistry.keys()].sort());
});
