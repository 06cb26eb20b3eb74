// Runs a conformance suite outside a test runner, to see which properties an implementation breaks.
import fc from "fast-check";

/** What `conformanceSuite` wants of a test runner: `describe` and `test` of vitest, node:test, mocha or jest fit. */
export interface SuiteRunner {
  describe(name: string, body: () => void): void;
  test(name: string, body: () => void): void;
  readonly numRuns?: number;
}

/** Random generators that a wrong implementation has to get past. A rare fault does not show with every one. */
const SEEDS = [291, 2038, 8331, 13_818, 21_122];

/**
 * Titles of the properties that `implementation` fails, with the first seed that makes any fail. A deliberately wrong
 * implementation must have some; seeds are fixed, so that the answer is always the same.
 */
export function failedProperties<T>(
  suite: (implementation: T, runner: SuiteRunner) => void,
  implementation: T,
  numRuns = 100,
): string[] {
  const before = fc.readConfigureGlobal();
  try {
    for (const seed of SEEDS) {
      fc.configureGlobal({ ...before, seed });
      const failed = failedOnce(suite, implementation, numRuns);
      if (failed.length > 0) return failed;
    }
    return [];
  } finally {
    fc.configureGlobal(before);
  }
}

function failedOnce<T>(
  suite: (implementation: T, runner: SuiteRunner) => void,
  implementation: T,
  numRuns: number,
): string[] {
  const failed: string[] = [];
  const path: string[] = [];
  suite(implementation, {
    numRuns,
    describe(name, body) {
      path.push(name);
      body();
      path.pop();
    },
    test(name, body) {
      try {
        body();
      } catch {
        failed.push([...path, name].join(" > "));
      }
    },
  });
  return failed;
}
