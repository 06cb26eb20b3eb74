import * as fc from "fast-check";
import { serviceCode } from "./arbitraries.js";
import { check, concatenated, type Defined, same } from "./check.js";
import type { SuiteRunner } from "./implementation.js";
import { windowVectors } from "./vectors.js";

/** What codes do to windows (CTA-708-E 8). */
export function windowProperties(windows: Defined<"windows">, runner: SuiteRunner): void {
  for (const { name, steps, visible } of windowVectors) {
    runner.test(`8: ${name}`, () => {
      const shown = [...windows(steps)]
        .filter((window) => window.visible)
        .sort((a, b) => a.id - b.id)
        .map((window) => window.text.filter((row) => row.trim() !== "").join("|"));
      same(shown, visible, "visible windows");
    });
  }
  runner.test("8: any codes leave windows of legal size and no exception", () => {
    check(
      fc.array(fc.tuple(fc.nat(3000), fc.array(serviceCode, { maxLength: 30 })), { maxLength: 6 }),
      (batches) => {
        let timeMs = 0;
        const steps = batches.map(([wait, codes]) => {
          timeMs += wait;
          return { timeMs, codes: concatenated(codes) };
        });
        for (const { rows, columns, text } of windows(steps)) {
          if (rows < 1 || rows > 16 || columns < 1 || columns > 64) {
            throw new Error(`a window of ${rows} by ${columns}`);
          }
          if (text.length > rows) throw new Error("more rows of text than the window has");
        }
      },
      runner,
    );
  });
}
