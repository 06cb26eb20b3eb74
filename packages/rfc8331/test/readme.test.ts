// Every program of the README is run, and must print what stands below it.
import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import { expect, test } from "vitest";
import * as api from "../src/index.js";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const programs = [...readme.matchAll(/```js\n([\s\S]*?)```\n\n```text\n([\s\S]*?)```/g)];

test("the README has programs, each with its output", () => {
  expect(programs.length).toBeGreaterThan(3);
  expect(programs.length).toBe(readme.split("```js").length - 1);
});

programs.forEach(([, code = "", output = ""], i) => {
  test(`program ${i + 1} prints what stands below it`, () => {
    const lines: string[] = [];
    const log = (...values: unknown[]): void => {
      lines.push(values.map((v) => (typeof v === "string" ? v : inspect(v))).join(" "));
    };
    const body = code.replace(/^import (\{[^}]*\}) from "@x\/rfc8331";/m, "const $1 = api;");
    expect(body).not.toMatch(/^import /m);
    new Function("api", "console", body)(api, { log });
    expect(lines.join("\n")).toBe(output.trimEnd());
  });
});
