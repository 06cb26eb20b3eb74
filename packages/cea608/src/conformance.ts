import { decoderProperties } from "./conformance/decoder-properties.js";
import { encoderProperties } from "./conformance/encoder-properties.js";
import { sccProperties, xdsProperties } from "./conformance/file-properties.js";
import type { Cea608Implementation, SuiteRunner } from "./conformance/implementation.js";
import { pairProperties } from "./conformance/pair-properties.js";

export {
  anyWord,
  captionText,
  captionWords,
  type PlainCaption,
  plainCaption,
  styledCaption,
  textWord,
  validWord,
  xdsPacket,
} from "./conformance/arbitraries.js";
export type {
  Cea608Implementation,
  ShownRow,
  ShownScreens,
  SuiteRunner,
  XdsFacts,
} from "./conformance/implementation.js";
export { type ConformanceVector, conformanceVectors } from "./conformance/vectors.js";

/**
 * State everything that any implementation of CTA-608-E must satisfy, each property with its clause, as tests of
 * `runner`. All are synchronous and throw when they fail. What the implementation lacks is not tested.
 *
 * ```ts
 * import { describe, test } from "vitest";
 * conformanceSuite(myImplementation, { describe, test, numRuns: 1000 });
 * ```
 */
export function conformanceSuite(implementation: Cea608Implementation, runner: SuiteRunner): void {
  runner.describe("pairs", () => pairProperties(implementation, runner));
  runner.describe("decoder", () => decoderProperties(implementation, runner));
  runner.describe("encoder", () => encoderProperties(implementation, runner));
  runner.describe("XDS", () => xdsProperties(implementation, runner));
  runner.describe("SCC", () => sccProperties(implementation, runner));
}
