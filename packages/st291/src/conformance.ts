import { codecProperties } from "./conformance/codec-properties.js";
import type { St291Implementation, SuiteRunner } from "./conformance/implementation.js";
import { packetProperties } from "./conformance/packet-properties.js";
import { transportProperties } from "./conformance/transport-properties.js";
import { suiteOf } from "./conformance/verdict.js";

export {
  afdBarData,
  ancillaryTimeCode,
  cea608Packet,
  cleanPacket,
  hdrFrames,
  klvTriplets,
  op47Sdp,
  packetContent,
  payloadIdentifier,
  position,
  rawPacket,
  scte104Message,
} from "./conformance/arbitraries.js";
export type {
  PacketContent,
  PayloadCodec,
  PlacedWords,
  St291Implementation,
  SuiteRunner,
} from "./conformance/implementation.js";
export {
  binary,
  bytesOf,
  joined,
  oracleChecksum,
  oracleWord,
  oracleWords,
  plainPackets,
} from "./conformance/oracle.js";
export { type ConformanceVector, conformanceVectors } from "./conformance/vectors.js";

/**
 * State everything that any implementation of ST 291-1 and of the payloads of this package must satisfy, each property
 * with its clause, as tests of `runner`. All are synchronous and throw when they fail. What the implementation lacks is
 * not tested.
 *
 * ```ts
 * import { describe, test } from "vitest";
 * conformanceSuite(myImplementation, { describe, test, numRuns: 1000 });
 * ```
 */
export function conformanceSuite(implementation: St291Implementation, runner: SuiteRunner): void {
  const suite = suiteOf(runner);
  packetProperties(implementation, suite);
  codecProperties(implementation, suite);
  transportProperties(implementation, suite);
}
