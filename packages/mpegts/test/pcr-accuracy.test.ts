import { expect, test } from "vitest";
import { pcrAccuracy } from "../src/pcr-accuracy.js";

test("a few evenly spaced PCRs are no constant bit rate: pictures may be of equal size", () => {
  const packets = [2, 120, 238];
  const ticks = [8_100_000, 8_640_086, 9_180_172];
  expect(pcrAccuracy(packets, ticks, undefined, 500)).toBeUndefined();
  expect(pcrAccuracy(packets, ticks, 10e6, 500)?.errors).toEqual([0, 2]);
});

test("ten are judged, and the one that is off is named", () => {
  const packets = Array.from({ length: 10 }, (_, i) => 100 * i);
  const ticks = packets.map((packet) => 4060.8 * packet);
  expect(pcrAccuracy(packets, ticks, undefined, 500)?.errors).toEqual([]);
  ticks[4] = (ticks[4] as number) + 100;
  expect(pcrAccuracy(packets, ticks, undefined, 500)?.errors).toEqual([4]);
});
