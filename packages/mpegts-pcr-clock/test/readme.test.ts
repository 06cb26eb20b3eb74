// Every program of the README is run as it stands there, and prints what the README says.
import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import { expect, test } from "vitest";
import * as api from "../src/index.js";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const programs = [...readme.matchAll(/```ts\n(.*?)```\s+```text\n(.*?)```/gs)].map(
  ([, program = "", output = ""]) => ({ program, output }),
);

test("the README has programs", () => {
  expect(programs.length).toBeGreaterThanOrEqual(5);
  expect(readme.match(/```ts/g)).toHaveLength(programs.length);
});

test.each(programs)("program %#", ({ program, output }) => {
  const lines: string[] = [];
  const text = (value: unknown): string => (typeof value === "string" ? value : inspect(value));
  const log = (...values: unknown[]): number => lines.push(values.map(text).join(" "));
  const [, names = ""] = /^import \{(.*?)\} from "@x\/mpegts-pcr-clock";\n/s.exec(program) ?? [];
  const body = program.slice(program.indexOf('";\n') + 3);
  new Function("api", "console", `const {${names}} = api;\n${body}`)(api, { log });
  expect(`${lines.join("\n")}\n`).toBe(output);
});
