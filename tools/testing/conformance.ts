// Runs a conformance suite outside a test runner, to see which properties an implementation breaks.

/** What `conformanceSuite` wants of a test runner: `describe` and `test` of vitest, node:test, mocha or jest fit. */
export interface SuiteRunner {
  describe(name: string, body: () => void): void;
  test(name: string, body: () => void): void;
  readonly numRuns?: number;
}

/** Titles of the properties that `implementation` fails. A deliberately wrong implementation must have some. */
export function failedProperties<T>(
  suite: (implementation: T, runner: SuiteRunner) => void,
  implementation: T,
  numRuns = 100,
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
