import { fc, it } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { likeliestFloor } from "../src/delay-model.js";
import { applyCalibration, GstPcrClock, GstRegression } from "../src/index.js";
import { exactNormalHazard, normalHazard } from "../src/normal-hazard.js";
import { selectRank } from "../src/order-statistics.js";
import { PacketDuration } from "../src/packet-duration.js";
import { senderTimeOf } from "../src/time-map.js";

/** φ and Φ by the definition: Simpson's rule. */
function hazardByIntegration(zeta: number): number {
  const density = (x: number): number => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  const from = Math.min(zeta, 0) - 12;
  const steps = 20_000;
  const h = (zeta - from) / steps;
  let sum = density(from) + density(zeta);
  for (let i = 1; i < steps; i++) sum += density(from + i * h) * (i % 2 === 1 ? 4 : 2);
  return density(zeta) / ((sum * h) / 3);
}

describe("the inverse Mills ratio", () => {
  test.each([-30, -8, -2.51, -2.49, -1, 0, 0.3, 2, 5])("at %f is φ/Φ", (zeta) => {
    const expected = hazardByIntegration(zeta);
    expect(exactNormalHazard(zeta) / expected).toBeCloseTo(1, 7);
    expect(normalHazard(zeta) / expected).toBeCloseTo(1, 5);
  });

  it.prop([fc.double({ min: -60, max: 12, noNaN: true })])(
    "from the table is the exact one",
    (zeta) => {
      expect(Math.abs(normalHazard(zeta) - exactNormalHazard(zeta))).toBeLessThan(
        1e-6 + 1e-6 * Math.abs(zeta),
      );
    },
  );

  test("is zero far on the right, and finite for NaN's sake nowhere else", () => {
    expect(normalHazard(8)).toBe(0);
    expect(normalHazard(1e300)).toBe(0);
    expect(normalHazard(-1e6)).toBeCloseTo(1e6, 0);
  });
});

describe("selectRank", () => {
  it.prop([fc.array(fc.double({ noNaN: true }), { minLength: 1, maxLength: 200 }), fc.nat()])(
    "is what sorting puts there",
    (values, seed) => {
      const rank = seed % values.length;
      const sorted = Float64Array.from(values).sort();
      const own = Float64Array.from(values);
      selectRank(own, rank, 0, own.length);
      expect(own[rank] === sorted[rank]).toBe(true);
      const head = Array.from(own.subarray(0, rank + 1));
      expect(head.every((value) => value <= (sorted[rank] as number))).toBe(true);
    },
  );

  test("takes linear time for equal and for sorted values", () => {
    const equal = new Float64Array(200_000).fill(7);
    selectRank(equal, 100_000, 0, equal.length);
    expect(equal[100_000]).toBe(7);
    const rising = Float64Array.from({ length: 200_000 }, (_, i) => i);
    selectRank(rising, 1234, 0, rising.length);
    expect(rising[1234]).toBe(1234);
  });
});

describe("the likeliest floor", () => {
  it.prop([
    fc.array(fc.double({ min: -1e6, max: 0, noNaN: true }), { minLength: 1, maxLength: 100 }),
    fc.integer({ min: -1e9, max: 1e9 }),
  ])("moves with the residuals", (residuals, shift) => {
    const model = { sigma: 10_000, tau: 100_000 };
    const floor = (by: number): number =>
      likeliestFloor(
        Float64Array.from(residuals, (r) => r + by),
        residuals.length,
        model,
        by,
      );
    expect(Math.abs(floor(shift) - floor(0) - shift)).toBeLessThan(1);
  });
});

describe("packet duration", () => {
  test("is unknown before three pairs, then the median, then extrapolated when it varies", () => {
    const duration = new PacketDuration();
    expect(duration.ns).toBe(0);
    const ticks = 40e-3 * 27e6;
    for (let i = 0; i < 2; i++) duration.add({ ticks, packets: 200 });
    expect(duration.ns).toBe(0);
    duration.add({ ticks, packets: 200 });
    expect(duration.ns).toBe(200_000);
    for (let i = 1; i <= 10; i++) duration.add({ ticks, packets: 200 + 20 * i });
    expect(duration.ns).toBeCloseTo(1.5 * (40e6 / 400) - 0.5 * (40e6 / 380), 3);
  });

  test("does not learn from pairs that cannot be", () => {
    const duration = new PacketDuration();
    const impossible = [
      { ticks: -1, packets: 5 },
      { ticks: 27e6, packets: 3 },
      { ticks: 1, packets: 0 },
      { ticks: 0, packets: 0 },
    ];
    for (const distance of impossible) expect(duration.add(distance)).toBe(false);
    expect(duration.save()).toEqual([]);
  });
});

describe("a segment's PCRs", () => {
  const modulus = 2n ** 33n * 300n;

  it.prop([
    fc.bigInt({ min: 0n, max: modulus - 1n }),
    fc.bigInt({ min: -(10n ** 17n), max: 10n ** 17n }),
    fc.bigInt({ min: -(modulus / 2n) + 100n, max: modulus / 2n - 100n }),
  ])("are taken in the cycle that is nearest", (pcr0, ticks, away) => {
    const segment = { id: 0, fromLocalNs: 0n, pcr0: Number(pcr0), senderNs0: 1_000_000n };
    const pcr = Number((((pcr0 + ticks) % modulus) + modulus) % modulus);
    const near = segment.senderNs0 + ((ticks + away) * 1000n) / 27n;
    const exact = segment.senderNs0 * 27n + ticks * 1000n;
    const found = senderTimeOf(segment, pcr, near) * 27n;
    expect(exact - found).toBeGreaterThanOrEqual(0n);
    expect(exact - found).toBeLessThan(27n);
  });
});

describe("GStreamer's regression", () => {
  test("needs four observations, and finds an exact line", () => {
    const regression = new GstRegression();
    for (let i = 0n; i < 3n; i++) expect(regression.add(i * 1000n, i * 2000n + 5n)).toBeUndefined();
    const calibration = regression.add(3000n, 6005n);
    expect(calibration).toMatchObject({ internal: 3000n, external: 6005n });
    if (calibration === undefined) throw new Error("no calibration");
    expect(applyCalibration(calibration, 4000n)).toBe(8005n);
    expect(applyCalibration(calibration, 2000n)).toBe(4005n);
    expect(applyCalibration(calibration, 0n)).toBe(5n);
  });

  test("has none for observations at one time, and keeps a window", () => {
    const regression = new GstRegression(4);
    for (let i = 0; i < 4; i++) expect(regression.add(7n, BigInt(i))).toBeUndefined();
    for (let i = 1n; i < 4n; i++) regression.add(i * 1000n, i * 1000n);
    expect(regression.add(4000n, 4000n)).toMatchObject({ internal: 4000n, external: 4000n });
    regression.reset();
    expect(regression.add(1n, 1n)).toBeUndefined();
  });

  it.prop([fc.bigInt({ min: 1n, max: 2n ** 45n }), fc.bigInt({ min: 0n, max: 2n ** 62n })])(
    "does not overflow on far apart observations",
    (step, origin) => {
      const regression = new GstRegression();
      for (let i = 0n; i < 32n; i++) regression.add(origin + i * step, i * step);
      const calibration = regression.add(origin + 32n * step, 32n * step);
      const at = calibration?.external ?? -1n;
      const error = at > 32n * step ? at - 32n * step : 32n * step - at;
      expect(error).toBeLessThanOrEqual(32n + (32n * step) / 2n ** 20n);
    },
  );

  test("the clock keeps cycles, and begins anew beyond 15 s and beyond a second of error", () => {
    const clock = new GstPcrClock();
    const modulus = 2 ** 33 * 300;
    const at = (s: number): bigint => BigInt(Math.round(s * 1e9));
    expect(clock.add(modulus - 27e6, at(1))).toBe("reset");
    expect(clock.add(0, at(2))).toBe("observation");
    expect(clock.add(modulus - 13.5e6, at(1.5))).toBe("observation");
    expect(clock.add(27e6 * 1.5, at(2.5))).toBe("reset");
    expect(clock.add(27e6 * 20, at(3))).toBe("reset");
    expect(clock.add(27e6 * 20.04, at(3.04), true)).toBe("reset");
    expect(clock.toSender(at(4))).toBe(at(4));
    expect(clock.toSender(at(3))).toBe(at(4));
    expect(() => new GstPcrClock({ windowSize: 1 })).toThrow(RangeError);
  });
});
