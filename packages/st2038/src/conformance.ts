import type {
  PropertyRunner,
  St2038Implementation,
  SuiteRunner,
} from "./conformance/implementation.js";
import { pesProperties } from "./conformance/pes-properties.js";
import { st436Properties } from "./conformance/st436-properties.js";
import { unitProperties } from "./conformance/unit-properties.js";

export {
  junkUnit,
  packets,
  pts,
} from "./conformance/arbitraries.js";
export type {
  ConformanceDiagnostic,
  ConformancePacket,
  ConformanceResult,
  St2038Implementation,
  SuiteRunner,
} from "./conformance/implementation.js";
export { type ConformanceVector, conformanceVectors } from "./conformance/vectors.js";

/**
 * State everything that any implementation of ST 2038 must satisfy, each property with its clause, as tests of
 * `runner`. All are synchronous and throw when they fail.
 *
 * ```ts
 * import { describe, test } from "vitest";
 * conformanceSuite(myImplementation, { describe, test, numRuns: 1000 });
 * ```
 */
export function conformanceSuite(implementation: St2038Implementation, runner: SuiteRunner): void {
  const full: PropertyRunner = {
    describe: (name, body) => runner.describe(name, body),
    test: (name, body) => runner.test(name, body),
    numRuns: runner.numRuns ?? 100,
  };
  unitProperties(implementation, full);
  pesProperties(implementation, full);
  st436Properties(implementation, full);
}
