// Every program of the README is run, and must print what the README says.
import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import { expect, test } from "vitest";
import * as conformance from "../src/conformance.js";
import * as api from "../src/index.js";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const programs = [...readme.matchAll(/```js\n([\s\S]*?)```\n(?:\n```text\n([\s\S]*?)```)?/g)];

test("there are programs", () => expect(programs.length).toBeGreaterThan(3));

programs.forEach(([, code = "", output = ""], i) => {
  test(`program ${i + 1} prints what it says`, () => {
    const lines: string[] = [];
    const log = (...values: unknown[]): void => {
      lines.push(values.map((v) => (typeof v === "string" ? v : inspect(v))).join(" "));
    };
    const body = code.replaceAll(
      /import \{([^}]*)\} from "@x\/st2038(\/conformance)?";/g,
      (_, names: string, path?: string) => `const {${names}} = ${path ? "conformance" : "api"};`,
    );
    expect(body).not.toMatch(/^import /m);
    new Function("api", "conformance", "console", body)(api, conformance, { log });
    expect(lines.join("\n")).toBe(output.trimEnd());
  });
});
