/** Fail the property unless both are the same data. */
export function equal(actual: unknown, expected: unknown): void {
  const got = JSON.stringify(actual);
  const wanted = JSON.stringify(expected);
  if (got !== wanted) throw new Error(`got ${got}, wanted ${wanted}`);
}

/** Fail the property unless `holds`. */
export function ensure(holds: boolean, message: string): void {
  if (!holds) throw new Error(message);
}
