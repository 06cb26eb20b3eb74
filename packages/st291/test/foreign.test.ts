import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { failedProperties } from "../../../tools/testing/conformance.js";
import { astronautlabs, deviations } from "../examples/astronautlabs.js";
import { conformanceSuite, conformanceVectors } from "../src/conformance.js";

// It writes wrong parity to the console.
beforeEach(() => void vi.spyOn(console, "error").mockImplementation(() => {}));
afterEach(() => void vi.restoreAllMocks());

test("@astronautlabs/st291 deviates in what the example lists, and in nothing else", () => {
  expect(failedProperties(conformanceSuite, astronautlabs)).toEqual(Object.keys(deviations));
});

test("it reads and writes the vectors that travel with the package", () => {
  for (const { words, content } of conformanceVectors) {
    expect(Array.from(astronautlabs.createPacket(content))).toEqual(words);
    expect(astronautlabs.readPacket(Uint16Array.from(words))).toEqual(content);
  }
});
