import fc from "fast-check";
import { test } from "vitest";

/** A test that holds for whatever is made: `propertyTest([fc.nat()], "title", (n) => …)`. */
export function propertyTest<Values extends [unknown, ...unknown[]]>(
  arbitraries: { [I in keyof Values]: fc.Arbitrary<Values[I]> },
  title: string,
  body: (...values: Values) => void,
): void {
  test(title, () => {
    fc.assert(fc.property<Values>(...arbitraries, body));
  });
}
