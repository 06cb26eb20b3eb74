import * as fc from "fast-check";
import type { Cea708Implementation, PlainPacket, SuiteRunner } from "./implementation.js";

/** A function that the implementation has. */
export type Defined<K extends keyof Cea708Implementation> = NonNullable<Cea708Implementation[K]>;

/** Assert that `holds` does not throw for any value. */
export function check<T>(
  arbitrary: fc.Arbitrary<T>,
  holds: (value: T) => void,
  runner: SuiteRunner,
): void {
  fc.assert(
    fc.property(arbitrary, (value) => {
      holds(value);
    }),
    { numRuns: runner.numRuns ?? 100 },
  );
}

/** Throw unless both are the same, byte arrays of any class by their bytes. */
export function same(actual: unknown, expected: unknown, what: string): void {
  const [left, right] = [show(actual), show(expected)];
  if (left !== right) throw new Error(`${what}: got ${left}, expected ${right}`);
}

function show(value: unknown): string {
  // A Buffer has a JSON form of its own, which comes before the replacer: look at the property itself.
  return JSON.stringify([value], function (this: Record<string, unknown>, key: string) {
    const inner = this[key];
    if (inner === undefined) return "undefined";
    return inner instanceof Uint8Array ? hex(inner) : inner;
  });
}

/** Lower-case hexadecimal digits. */
export function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** All parts, one behind the other. */
export function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** The dumb definition of a packet in triplets, for implementations that cannot write one. */
export function plainTriplets(packet: PlainPacket): Uint8Array {
  const size = (packet.packetData.length + 2) >> 1;
  const bytes = [(packet.sequenceNumber << 6) | (size % 64), ...packet.packetData, 0].slice(
    0,
    2 * size,
  );
  return Uint8Array.from(
    Array.from({ length: size }, (_, i) => [
      i === 0 ? 0xff : 0xfe,
      ...bytes.slice(2 * i, 2 * i + 2),
    ]).flat(),
  );
}
