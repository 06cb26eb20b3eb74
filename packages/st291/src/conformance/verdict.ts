import fc from "fast-check";
import type { SuiteRunner } from "./implementation.js";

/** Fail the property. */
export function fail(message: string): never {
  throw new Error(message);
}

/** Fail unless both are the same data; byte and word arrays count as lists of numbers. */
export function equal(actual: unknown, expected: unknown): void {
  const [got, wanted] = [JSON.stringify(plain(actual)), JSON.stringify(plain(expected))];
  if (got !== wanted) fail(`got ${got}, wanted ${wanted}`);
}

/** Fail unless the call throws. */
export function refuses(call: () => unknown, what: string): void {
  try {
    call();
  } catch {
    return;
  }
  fail(`took ${what}`);
}

/** States properties with the runner. */
export interface Suite {
  describe(name: string, body: () => void): void;
  property<T>(title: string, arbitrary: fc.Arbitrary<T>, body: (value: T) => void): void;
  example(title: string, body: () => void): void;
}

/** The runner as a {@link Suite}. */
export function suiteOf(runner: SuiteRunner): Suite {
  const { numRuns = 100 } = runner;
  return {
    describe: (name, body) => runner.describe(name, body),
    property: (title, arbitrary, body) =>
      runner.test(title, () => fc.assert(fc.property(arbitrary, body), { numRuns })),
    example: (title, body) => runner.test(title, body),
  };
}

/** The same data with sorted keys, and arrays of numbers as lists. */
function plain(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return Array.from(value as Uint16Array);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, plain(item)]));
}
