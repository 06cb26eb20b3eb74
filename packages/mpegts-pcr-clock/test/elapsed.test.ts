import { it } from "@fast-check/vitest";
import fc from "fast-check";
import { expect } from "vitest";
import { Elapsed } from "../src/elapsed.js";

const time = fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n });
const difference = fc.bigInt({ min: -(2n ** 53n), max: 2n ** 53n });

it.prop([time, difference])("is the difference of the bigints, exact to 2^53", (origin, ns) => {
  const elapsed = new Elapsed();
  elapsed.begin(origin);
  elapsed.measure(origin + ns);
  expect(elapsed.ns).toBe(Number(ns));
});
