// The README's first program is run, and must print what stands below it; the recipes must use what there is.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as api from "../src/index.js";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");

test("the first program prints what stands below it", () => {
  const [, code = "", output = ""] =
    /```ts\n([\s\S]*?)```\n\n```\n([\s\S]*?)```/.exec(readme) ?? [];
  const lines: string[] = [];
  const log = (...values: unknown[]): number => lines.push(values.map(String).join(" "));
  const body = code.replace(/^import (\{[^}]*\}) from "@x\/mpegts";/m, "const $1 = api;");
  expect(body).not.toMatch(/^import /m);
  new Function("api", "console", body)(api, { log });
  expect(lines.join("\n")).toBe(output.trimEnd());
});

test("every name that the recipes import is exported", () => {
  const imports = [...readme.matchAll(/import \{ ([^}]*) \} from "@x\/mpegts"/g)];
  const names = imports.flatMap(([, list = ""]) => list.split(", "));
  expect(names.length).toBeGreaterThan(3);
  for (const name of names) expect(api).toHaveProperty(name);
});

test("the table of the API names what there is", () => {
  const table = readme.slice(readme.indexOf("## API"), readme.indexOf("## Bad input"));
  const names = [...table.matchAll(/`([a-z]\w+|[A-Z]\w+)(?:\([^`]*\))?`/g)].map(([, name]) => name);
  const methods = [
    "push",
    "flush",
    "reset",
    "advance",
    "setPrograms",
    "splice",
    "report",
    "conformanceSuite",
  ];
  const events = [
    "pat",
    "pmt",
    "section",
    "pes",
    "pcr",
    "issue",
    "muxDelay",
    "data",
    "ptsUnwrapped",
  ];
  const checked = names.filter((name) => ![...methods, ...events].includes(name as string));
  expect(checked.length).toBeGreaterThan(20);
  for (const name of checked) expect(api).toHaveProperty(name as string);
});
