import { cdpDecoderProperties, cdpEncoderProperties } from "./conformance/cdp-properties.js";
import { plainTriplets } from "./conformance/check.js";
import type { Cea708Implementation, SuiteRunner } from "./conformance/implementation.js";
import { repackProperties } from "./conformance/repack-properties.js";
import {
  characterProperties,
  codeProperties,
  packetProperties,
  serviceProperties,
} from "./conformance/stream-properties.js";
import { windowProperties } from "./conformance/window-properties.js";

export {
  type CaptionSecond,
  captionSecond,
  cdp,
  cdpTimeCode,
  dtvccPacket,
  serviceCode,
} from "./conformance/arbitraries.js";
export type {
  Cea708Implementation,
  PlainCdp,
  PlainPacket,
  PlainRate,
  PlainServiceCodes,
  PlainStep,
  PlainTimeCode,
  PlainWindow,
  SuiteRunner,
} from "./conformance/implementation.js";
export { type WindowVector, windowVectors } from "./conformance/vectors.js";

/**
 * State everything that any implementation of CTA-708-E and ST 334-2 must satisfy, each property with its clause, as
 * tests of `runner`. All are synchronous and throw when they fail. What the implementation lacks is not tested.
 */
export function conformanceSuite(implementation: Cea708Implementation, runner: SuiteRunner): void {
  const { tokenise, packets, encodePacket, serviceCodes } = implementation;
  runner.describe("CTA-708-E", () => {
    if (tokenise !== undefined) codeProperties(tokenise, runner);
    if (packets !== undefined) packetProperties(packets, encodePacket ?? plainTriplets, runner);
    if (serviceCodes !== undefined) serviceProperties(serviceCodes, runner);
    if (implementation.character !== undefined)
      characterProperties(implementation.character, runner);
    if (implementation.windows !== undefined) windowProperties(implementation.windows, runner);
    if (implementation.repack !== undefined) repackProperties(implementation.repack, runner);
  });
  runner.describe("ST 334-2", () => {
    const { decodeCdp, encodeCdp } = implementation;
    if (encodeCdp !== undefined) cdpEncoderProperties(encodeCdp, runner);
    if (decodeCdp !== undefined) cdpDecoderProperties(decodeCdp, runner);
  });
}
