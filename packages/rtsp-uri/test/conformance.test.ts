import { describe, expect, test } from "vitest";
import { failedProperties } from "../../../tools/testing/conformance.js";
import { deviations, whatwg } from "../examples/whatwg-url.js";
import { conformanceSuite, type RtspUriImplementation } from "../src/conformance.js";
import { mutants } from "./mutants.js";
import { ours } from "./ours.js";

// FC_RUNS makes it a long run, as for every other property.
conformanceSuite(ours, { describe, test, numRuns: Number(process.env.FC_RUNS ?? 100) });

describe("wrong implementations fail", () => {
  test.each(Object.entries(mutants))("%s", (_name, mutant: RtspUriImplementation) => {
    expect(failedProperties(conformanceSuite, mutant)).not.toEqual([]);
  });
});

describe("WHATWG URL as an implementation", () => {
  test("deviates from RFC 3986 in these clauses", () => {
    const list = deviations(whatwg);
    console.info(`WHATWG URL deviates:\n  ${list.join("\n  ")}`);
    expect(list.map((line) => line.split("\n")[0])).toEqual([
      "RFC 3986 5.4: //g",
      "RFC 3986 5.4: http:g",
      expect.stringContaining("a relative path is merged"),
      expect.stringContaining("an empty reference is the whole base"),
      expect.stringContaining("a query alone keeps the whole path"),
      expect.stringContaining("an absolute URI without dot segments stays"),
      expect.stringContaining("a network path takes the scheme only"),
    ]);
  });
});
