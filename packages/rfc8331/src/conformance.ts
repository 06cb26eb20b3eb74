import fc from "fast-check";
import type {
  PropertyRunner,
  Rfc8331Implementation,
  SuiteRunner,
} from "./conformance/implementation.js";
import { payloadProperties } from "./conformance/payload-properties.js";
import { sdpProperties } from "./conformance/sdp-properties.js";
import { streamProperties } from "./conformance/stream-properties.js";

export {
  cleanPacket,
  extendedSequenceNumber,
  frames,
  junkPayload,
  packets,
  payload,
  rawPacket,
} from "./conformance/arbitraries.js";
export type {
  Assembled,
  AssembledFrame,
  ConformanceDiagnostic,
  ConformanceFrame,
  ConformancePacket,
  ConformanceParameters,
  ConformancePayload,
  ConformanceResult,
  ConformanceRtp,
  Rfc8331Implementation,
  SuiteRunner,
} from "./conformance/implementation.js";
export { type ConformanceVector, conformanceVectors } from "./conformance/vectors.js";

/**
 * State everything that any implementation of RFC 8331 must satisfy, each property with its clause, as tests of
 * `runner`. All are synchronous and throw when they fail.
 *
 * ```ts
 * import { describe, test } from "vitest";
 * conformanceSuite(myImplementation, { describe, test, numRuns: 1000 });
 * ```
 */
export function conformanceSuite(implementation: Rfc8331Implementation, runner: SuiteRunner): void {
  const parameters = { numRuns: runner.numRuns ?? 100, endOnFailure: runner.shrink === false };
  const full: PropertyRunner = {
    describe: (name, body) => runner.describe(name, body),
    test: (name, body) => runner.test(name, body),
    property: (title, arbitrary, body) =>
      runner.test(title, () => fc.assert(fc.property(arbitrary, body), parameters)),
  };
  payloadProperties(implementation, full);
  streamProperties(implementation, full);
  sdpProperties(implementation, full);
}
