/** Fail the property. */
export function fail(message: string): never {
  throw new Error(message);
}

/** Fail unless both are the same data. */
export function equal(actual: unknown, expected: unknown): void {
  const got = JSON.stringify(actual);
  const wanted = JSON.stringify(expected);
  if (got !== wanted) fail(`got ${got}, wanted ${wanted}`);
}
