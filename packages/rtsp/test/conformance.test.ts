import { describe, expect, test } from "vitest";
import { failedProperties } from "../../../tools/testing/conformance.js";
import { conformanceSuite, type RtspImplementation } from "../src/conformance.js";
import { mutants } from "./mutants.js";
import { ours } from "./ours.js";

conformanceSuite(ours, { describe, test });

describe("wrong implementations fail", () => {
  test.each(Object.entries(mutants))("%s", (_name, mutant: RtspImplementation) => {
    expect(failedProperties(conformanceSuite, mutant)).not.toEqual([]);
  });
});
