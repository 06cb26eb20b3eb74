import { expect, test } from "vitest";
import { RepeatedWarnings } from "../src/repeated-warnings.js";

test("warnings that differ in numbers and quoted words are of one kind", () => {
  const warnings = new RepeatedWarnings();
  const shown = ["a", 'b \\"', "c", "d", "e"].map((name, n) =>
    warnings.admit({
      type: "warning",
      element: "t0",
      text: `the caption "${name}" is ${n} ms late`,
    }),
  );
  expect(shown).toEqual([true, true, true, false, false]);
  expect(warnings.admit({ type: "warning", element: "t0", text: "another" })).toBe(true);
  expect(warnings.summary()).toBe('warning: t0: the caption "e" is 4 ms late (5 in all)\n');
});
