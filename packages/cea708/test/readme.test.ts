import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as cea708 from "../src/index.js";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const programs = [...readme.matchAll(/```js\n([\s\S]*?)```\n(?:\n```text\n([\s\S]*?)```)?/g)];

test("the README has programs", () => expect(programs.length).toBeGreaterThan(3));

for (const [index, [, program = "", output]] of programs.entries()) {
  test(`program ${index + 1} of the README runs as printed`, () => {
    const lines: string[] = [];
    const log = (...values: unknown[]): void => void lines.push(values.map(String).join(" "));
    const body = program.replace(/^import (\{[^}]*\}) from "@x\/cea708";$/gm, "const $1 = cea708;");
    new Function("cea708", "console", body)(cea708, { log, warn: log });
    if (output !== undefined) expect(`${lines.join("\n")}\n`).toBe(output);
  });
}
