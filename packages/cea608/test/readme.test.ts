// Every program of the README runs as it stands there and prints what stands below it.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import * as cea608 from "../src/index.js";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const programs = [...readme.matchAll(/```js\n([\s\S]*?)```\n\n```text\n([\s\S]*?)```/g)];

const exported: Readonly<Record<string, unknown>> = { ...cea608 };

describe("README", () => {
  test("has programs", () => expect(programs.length).toBeGreaterThan(4));

  programs.forEach(([, code = "", output = ""], i) => {
    test(`program ${i + 1}`, () => {
      const imports = /import \{([^}]*)\} from "@x\/cea608";\n/.exec(code);
      const names = (imports?.[1] ?? "").split(",").map((name) => name.trim());
      const lines: string[] = [];
      const log = (...values: unknown[]): void => {
        lines.push(values.map(String).join(" "));
      };
      const body = code.replace(imports?.[0] ?? "", "");
      const run = new Function("console", ...names, body);
      run({ log }, ...names.map((name) => exported[name]));
      expect(lines.join("\n").replaceAll("\r", "").trim()).toBe(output.trim());
    });
  });
});
