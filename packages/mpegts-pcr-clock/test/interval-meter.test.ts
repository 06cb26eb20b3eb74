import { fc, it } from "@fast-check/vitest";
import { PCR_MODULUS } from "@x/bits";
import { describe, expect, test } from "vitest";
import { PcrClock } from "../src/index.js";
import { IntervalMeter, type IntervalStatistics } from "../src/interval-meter.js";

const MS = 27_000;

function statisticsOf(pcrs: readonly number[]): IntervalStatistics {
  const meter = new IntervalMeter();
  for (const ticks of pcrs) {
    const pcr = ((ticks % PCR_MODULUS) + PCR_MODULUS) % PCR_MODULUS;
    meter.add({ pcr }, false);
  }
  return meter.statistics();
}

describe("PCR intervals", () => {
  test("are between neighbours, whichever of two arrived first", () => {
    const inOrder = { count: 3, minMs: 40, maxMs: 40, meanMs: 40 };
    expect(statisticsOf([0, 40 * MS, 80 * MS, 120 * MS])).toEqual(inOrder);
    expect(statisticsOf([0, 80 * MS, 40 * MS, 120 * MS])).toEqual(inOrder);
    expect(statisticsOf([0, 40 * MS, 120 * MS, 80 * MS])).toEqual(inOrder);
  });

  const distances = fc.array(fc.integer({ min: 1, max: 200 * MS }), {
    minLength: 2,
    maxLength: 40,
  });
  const origin = fc.oneof(fc.constant(0), fc.constant(PCR_MODULUS - 500 * MS));

  it.prop([distances, origin, fc.infiniteStream(fc.boolean())])(
    "are the same when neighbours change places, over wraps too",
    (steps, start, swaps) => {
      const pcrs = [start];
      for (const step of steps) pcrs.push((pcrs[pcrs.length - 1] as number) + step);
      const arrived = [...pcrs];
      // The first one has no interval in front of it, so it stays the first.
      for (let i = 1; i + 1 < arrived.length; i += 2) {
        if (!swaps.next().value) continue;
        [arrived[i], arrived[i + 1]] = [arrived[i + 1] as number, arrived[i] as number];
      }
      expect(statisticsOf(arrived)).toEqual(statisticsOf(pcrs));
      expect(statisticsOf(pcrs).count).toBe(steps.length);
    },
  );

  it.prop([fc.array(fc.integer({ min: -(10 ** 9), max: 10 ** 9 }))])(
    "are positive whatever comes, and no longer than the whole",
    (pcrs) => {
      const { count, minMs, maxMs, meanMs } = statisticsOf(pcrs);
      if (count > 0) expect(minMs).toBeGreaterThan(0);
      expect(maxMs).toBeGreaterThanOrEqual(minMs);
      const whole = (Math.max(0, ...pcrs) - Math.min(0, ...pcrs)) / MS;
      expect(meanMs * count).toBeLessThanOrEqual(whole * (1 + 1e-9));
    },
  );

  test("a PCR that comes twice, or two PCRs late, makes none", () => {
    const twice = [0, 40 * MS, 40 * MS, 80 * MS];
    expect(statisticsOf(twice)).toEqual({ count: 2, minMs: 40, maxMs: 40, meanMs: 40 });
    const late = [0, 80 * MS, 120 * MS, 40 * MS, 160 * MS];
    expect(statisticsOf(late)).toEqual({ count: 3, minMs: 40, maxMs: 80, meanMs: 160 / 3 });
  });

  test("do not reach over the start of a time base", () => {
    const meter = new IntervalMeter();
    for (const pcr of [0, 40 * MS]) meter.add({ pcr }, false);
    meter.add({ pcr: 10 * MS }, true);
    meter.add({ pcr: 30 * MS }, false);
    expect(meter.statistics()).toEqual({ count: 2, minMs: 20, maxMs: 40, meanMs: 30 });
  });

  test("of a clock are those of the stream, in datagrams that overtook each other", () => {
    const clock = new PcrClock();
    const order = Array.from({ length: 500 }, (_, n) =>
      n % 10 === 4 ? n + 1 : n % 10 === 5 ? n - 1 : n,
    );
    for (const [arrived, n] of order.entries()) {
      clock.addSample({ pcr: 27e6 + n * 40 * MS, arrivalNs: BigInt(arrived) * 40_000_000n });
    }
    expect(clock.statistics().pcrInterval).toEqual({
      count: 499,
      minMs: 40,
      maxMs: 40,
      meanMs: 40,
    });
  });
});
