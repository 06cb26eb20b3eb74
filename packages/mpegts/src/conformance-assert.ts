import type fc from "fast-check";

/** States a property under a title. */
export type Check = <Values extends [unknown, ...unknown[]]>(
  name: string,
  arbitraries: { [Key in keyof Values]: fc.Arbitrary<Values[Key]> },
  body: (...values: Values) => void,
) => void;

/** @throws when they differ */
export function same<T>(actual: T, expected: T, what: string): void {
  if (!Object.is(actual, expected))
    throw new Error(`${what}: ${String(actual)} instead of ${String(expected)}`);
}

/** @throws when they differ */
export function sameBytes(actual: Uint8Array, expected: Uint8Array, what: string): void {
  same(actual.length, expected.length, `${what}, length`);
  const wrong = expected.findIndex((byte, i) => byte !== actual[i]);
  if (wrong >= 0) throw new Error(`${what}, byte ${wrong}`);
}

/** @throws when `call` does not */
export function throws(call: () => unknown, what: string): void {
  try {
    call();
  } catch {
    return;
  }
  throw new Error(`${what}: accepted`);
}
