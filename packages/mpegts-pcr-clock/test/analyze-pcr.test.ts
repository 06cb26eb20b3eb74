import { fc, it } from "@fast-check/vitest";
import { concatBytes } from "@x/bits";
import { describe, expect, test } from "vitest";
import { simulateTrace } from "../src/conformance.js";
import { analyzePcr, analyzePcrStream, type PcrObservation } from "../src/index.js";
import { nullPacket, PCR_PID, pcrPacket } from "./stream.js";

const MODULUS = 2 ** 33 * 300;
/** 27 MHz ticks of a packet at 1.504 Mbit/s: a millisecond. */
const PACKET_TICKS = 27_000;

/** PCRs every `step` packets of a stream with 1.504 Mbit/s. */
function constantRate(count: number, step: number, pcr0 = 0): PcrObservation[] {
  return Array.from({ length: count }, (_, i) => ({
    packet: i * step,
    pcr: (pcr0 + i * step * PACKET_TICKS) % MODULUS,
  }));
}

describe("a stream without faults", () => {
  it.prop([fc.integer({ min: 0, max: MODULUS - 1 })])("over a wrap, too", (pcr0) => {
    const report = analyzePcr(constantRate(100, 40, pcr0));
    expect(report).toMatchObject({
      count: 100,
      repetitionWarnings: 0,
      repetitionErrors: 0,
      discontinuityErrors: 0,
      accuracyErrors: 0,
      violations: [],
      timing: undefined,
    });
    expect(report.durationS).toBeCloseTo(3.96, 9);
    expect(report.interval).toEqual({ count: 99, minMs: 40, maxMs: 40, meanMs: 40 });
    expect(report.accuracy?.bitrate).toBeCloseTo(1_504_000, 3);
    expect(report.accuracy?.maxErrorNs).toBeLessThan(1);
    expect(report.bitrate.mean).toBeCloseTo(1_504_000, 3);
  });

  test("none, one and two PCRs", () => {
    expect(analyzePcr([])).toMatchObject({
      count: 0,
      durationS: 0,
      bitrate: { min: 0, max: 0, mean: 0 },
    });
    expect(analyzePcr(constantRate(1, 40))).toMatchObject({ count: 1, accuracy: undefined });
    expect(analyzePcr(constantRate(2, 40))).toMatchObject({ count: 2, accuracy: undefined });
  });
});

describe("2.3a repetition", () => {
  test("above 100 ms is an error, above 40 ms a warning", () => {
    expect(analyzePcr(constantRate(11, 41))).toMatchObject({
      repetitionWarnings: 10,
      repetitionErrors: 0,
    });
    expect(analyzePcr(constantRate(11, 100))).toMatchObject({
      repetitionWarnings: 10,
      repetitionErrors: 0,
    });
    const report = analyzePcr(constantRate(11, 101));
    expect(report).toMatchObject({
      repetitionWarnings: 10,
      repetitionErrors: 10,
      discontinuityErrors: 10,
    });
    expect(report.violations[0]).toEqual({
      indicator: "2.3a",
      packet: 101,
      pcr: 101 * PACKET_TICKS,
      intervalMs: 101,
    });
  });

  test("the levels are options", () => {
    const report = analyzePcr(constantRate(11, 41), { maxIntervalMs: 40, warnIntervalMs: 20 });
    expect(report.repetitionErrors).toBe(10);
  });
});

describe("2.3b discontinuity_indicator", () => {
  const jumping = (ticks: number, discontinuity: boolean): PcrObservation[] =>
    constantRate(40, 40, 27e8).map((observation, i) =>
      i < 20
        ? observation
        : {
            ...observation,
            pcr: observation.pcr + ticks,
            discontinuity: i === 20 && discontinuity,
          },
    );

  test.each([-27e6, 60 * 27_000 * 2, 3 * 27e6])("a jump of %i ticks must be announced", (ticks) => {
    expect(analyzePcr(jumping(ticks, false))).toMatchObject({
      discontinuityErrors: 1,
      discontinuities: 0,
    });
    expect(analyzePcr(jumping(ticks, true))).toMatchObject({
      discontinuityErrors: 0,
      discontinuities: 1,
      accuracyErrors: 0,
    });
  });

  test("the same PCR twice is an error", () => {
    const [first, second] = constantRate(2, 40);
    const twice = [first, second, { ...second, packet: 41 }] as PcrObservation[];
    expect(analyzePcr(twice).discontinuityErrors).toBe(1);
  });
});

describe("2.4 accuracy", () => {
  const withError = (ns: number): PcrObservation[] =>
    constantRate(201, 40, 27e6).map((observation, i) =>
      i === 100
        ? { ...observation, pcr: observation.pcr + Math.round((ns * 27) / 1000) }
        : observation,
    );

  test("500 ns from the bit rate are allowed", () => {
    expect(analyzePcr(withError(480))).toMatchObject({ accuracyErrors: 0 });
    const report = analyzePcr(withError(556));
    expect(report.accuracyErrors).toBe(1);
    expect(report.violations).toMatchObject([{ indicator: "2.4", packet: 4000 }]);
    expect(report.accuracy?.maxErrorNs).toBeCloseTo(556, -1);
    expect(analyzePcr(withError(556), { maxErrorNs: 600 }).accuracyErrors).toBe(0);
  });

  test("a bit rate that is given is what counts", () => {
    expect(analyzePcr(constantRate(101, 40), { bitrate: 1_504_000 }).accuracyErrors).toBe(0);
    expect(
      analyzePcr(constantRate(101, 40), { bitrate: 1_504_100 }).accuracyErrors,
    ).toBeGreaterThan(90);
  });

  test("a variable bit rate has none", () => {
    const variable = constantRate(100, 40).map((observation, i) => ({
      ...observation,
      packet: observation.packet + ((i * i * 7) % 30),
    }));
    expect(analyzePcr(variable)).toMatchObject({ accuracy: undefined, accuracyErrors: 0 });
  });
});

describe("timing", () => {
  const rows = simulateTrace({ seed: 1, durationS: 60, ppm: 20, queueingNs: 100_000 });
  const report = analyzePcr(rows.map(({ pcr, arrivalNs, packet }) => ({ pcr, arrivalNs, packet })));

  test("frequency offset, drift and overall jitter against the recovered clock", () => {
    const { timing } = report;
    expect(timing?.frequencyOffsetHz).toBeCloseTo(540, -1);
    expect(timing?.frequencyOffsetPpm).toBeCloseTo(20, 0);
    expect(Math.abs(timing?.driftRateHzPerS ?? 1)).toBeLessThan(0.3);
    // Peak to peak: one datagram's packets and the longest queue.
    expect(timing?.overallJitterNs).toBeGreaterThan(500_000);
    expect(timing?.overallJitterNs).toBeLessThan(4_000_000);
  });
});

describe("input", () => {
  test("a PCR out of range is a RangeError", () => {
    expect(() => analyzePcr([{ pcr: MODULUS, packet: 0 }])).toThrow(RangeError);
    expect(() => analyzePcr([{ pcr: 0.5, packet: 0 }])).toThrow(RangeError);
  });

  test("violations are bounded", () => {
    const report = analyzePcr(constantRate(3000, 101));
    expect(report.repetitionErrors).toBe(2999);
    expect(report.violations).toHaveLength(1000);
  });

  it.prop([
    fc.array(
      fc.record({
        pcr: fc.integer({ min: 0, max: MODULUS - 1 }),
        packet: fc.nat(),
        discontinuity: fc.boolean(),
      }),
    ),
  ])("any observations give a report of finite numbers", (observations) => {
    const { durationS, bitrate } = analyzePcr(observations);
    for (const value of [durationS, bitrate.min, bitrate.max, bitrate.mean]) {
      expect(Number.isFinite(value)).toBe(true);
    }
  });

  test("a transport stream gives a report a PID", () => {
    const packets = Array.from({ length: 400 }, (_, i) => {
      if (i % 40 === 0) return pcrPacket({ pcr: i * PACKET_TICKS });
      if (i % 80 === 1) return pcrPacket({ pid: 0x200, pcr: i * PACKET_TICKS });
      return nullPacket();
    });
    const reports = analyzePcrStream(concatBytes(...packets));
    expect([...reports.keys()]).toEqual([PCR_PID, 0x200]);
    expect(reports.get(PCR_PID)).toMatchObject({
      count: 10,
      accuracyErrors: 0,
      repetitionWarnings: 0,
    });
    expect(reports.get(0x200)).toMatchObject({ count: 5, repetitionWarnings: 4 });
  });
});
