import { describe, expect, test } from "vitest";
import { failedProperties } from "../../../tools/testing/conformance.js";
import { conformanceSuite, type RtspImplementation } from "../src/conformance.js";
import { mutants } from "./mutants.js";
import { ours } from "./ours.js";

// FC_RUNS makes it a long run, as for every other property.
conformanceSuite(ours, { describe, test, numRuns: Number(process.env.FC_RUNS ?? 100) });

describe("wrong implementations fail", () => {
  test.each(Object.entries(mutants))("%s", (_name, mutant: RtspImplementation) => {
    expect(failedProperties(conformanceSuite, mutant)).not.toEqual([]);
  });
});
