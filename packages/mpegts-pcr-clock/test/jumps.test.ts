import { concatBytes } from "@x/bits";
import { describe, expect, test } from "vitest";
import { simulateTrace, type TraceRow } from "../src/conformance.js";
import { PcrClock, type PcrClockEvent } from "../src/index.js";
import { run, SECOND, sampleOf, truthOf, types } from "./simulated.js";
import { datagramsOf, PCR_PID, PMT_PID, patPacket, pmtPacket } from "./stream.js";

describe("time bases", () => {
  test.each([7 * 27e6, -9 * 27e6, 27e6 / 5, 9e11])(
    "a jump of %i ticks is no interval between PCRs, nor is a wild value",
    (ticks) => {
      const rows = simulateTrace({
        seed: 18,
        durationS: 30,
        incidents: [
          { type: "jump", atS: 10, ticks, flagged: false },
          { type: "wild", atS: 20, ticks: 5e9 },
        ],
      });
      const { clock, events } = run(rows);
      expect(events.filter(({ type }) => type === "discontinuity")).toHaveLength(1);
      const { minMs, maxMs } = clock.statistics().pcrInterval;
      expect(minMs).toBeGreaterThan(39);
      expect(maxMs).toBeLessThan(81);
    },
  );

  test("a segment each, which convert on both sides of a jump", () => {
    const rows = simulateTrace({
      seed: 7,
      durationS: 40,
      ppm: 10,
      incidents: [{ type: "jump", atS: 20, ticks: -100 * 27e6, flagged: true }],
    });
    const { clock, events } = run(rows);
    const jump = events.find((event) => event.type === "discontinuity");
    expect(jump).toMatchObject({ reason: "flagged", segment: 1 });
    expect((jump as { deltaTicks: number }).deltaTicks / 27e6).toBeCloseTo(-100, 2);
    expect(clock.mapping().map(({ id }) => id)).toEqual([0, 1]);
    const at = rows.findIndex((row) => row.discontinuity);
    const [before, after] = [rows[at - 1] as TraceRow, rows[at] as TraceRow];
    const apart =
      (clock.pcrToSender(after.pcr, after.arrivalNs) as bigint) -
      (clock.pcrToSender(before.pcr, before.arrivalNs) as bigint);
    expect(Math.abs(Number(apart) - 40e6)).toBeLessThan(200_000);
    expect(clock.statistics().discontinuities).toBe(1);
  });

  test("another PCR PID begins one, and the clock goes on", () => {
    const rows = simulateTrace({ seed: 8, durationS: 20, ppm: 10, bitrate: 1e6 });
    const more = simulateTrace({ seed: 8, durationS: 40, ppm: 10, bitrate: 1e6, pcr0: 77 }).slice(
      rows.length,
    );
    const clock = new PcrClock();
    const at = rows[0]?.arrivalNs as bigint;
    const events = [...clock.feed(concatBytes(patPacket([[1, PMT_PID]]), pmtPacket()), at - 2n)];
    for (const { bytes, arrivalNs } of datagramsOf(rows))
      events.push(...clock.feed(bytes, arrivalNs));
    const all = datagramsOf([...rows, ...more], 0x200).slice(datagramsOf(rows).length);
    events.push(
      ...clock.feed(
        pmtPacket({ pcrPid: 0x200, versionNumber: 1 }, 1),
        (all[0]?.arrivalNs ?? 0n) - 1n,
      ),
    );
    const before = clock.toSender(more[0]?.arrivalNs as bigint);
    for (const { bytes, arrivalNs } of all) events.push(...clock.feed(bytes, arrivalNs));
    events.push(...clock.poll(more[more.length - 1]?.arrivalNs));
    expect(events.filter(({ type }) => type === "pcr-pid")).toMatchObject([
      { pid: PCR_PID, previous: undefined },
      { pid: 0x200, previous: PCR_PID },
    ]);
    expect(events.filter(({ type }) => type === "discontinuity")).toMatchObject([
      { reason: "pcr-pid" },
    ]);
    const passed = Number(clock.toSender(more[more.length - 1]?.arrivalNs as bigint) - before);
    const local = Number(
      (more[more.length - 1]?.arrivalNs as bigint) - (more[0]?.arrivalNs as bigint),
    );
    expect(Math.abs(passed - local * 1.00001)).toBeLessThan(100_000);
    expect(clock.pcrPid).toBe(0x200);
  });

  test("a PCR with an extension above 299 neither opens nor breaks one", () => {
    const clock = new PcrClock();
    const rows = simulateTrace({ seed: 9, durationS: 20 });
    clock.addSample({
      pcr: 0,
      arrivalNs: (rows[0]?.arrivalNs as bigint) - 1n,
      extensionOutOfRange: true,
    });
    expect(clock.state).toBe("free");
    const events = rows.flatMap((row, i) => [
      ...clock.addSample(sampleOf(row)),
      ...(i % 50 === 49
        ? clock.addSample({ pcr: 27e6 * 1000, arrivalNs: row.arrivalNs, extensionOutOfRange: true })
        : []),
    ]);
    expect(types(events)).toEqual(["locked"]);
  });
});

describe("another sender behind a jump", () => {
  test.each([-70, 60, 110])("has a rate that is %i ppm away", (ppm) => {
    const before = simulateTrace({ seed: 16, durationS: 60, ppm: 10 });
    const startNs = (before[before.length - 1]?.arrivalNs as bigint) + 2n * SECOND;
    const after = simulateTrace({ seed: 17, durationS: 40, ppm: 10 + ppm, startNs, pcr0: 9e11 });
    const { clock, events } = run([...before, ...after]);
    expect(events.filter(({ type }) => type === "discontinuity")).toMatchObject([
      { reason: "jump" },
    ]);
    expect((clock.rate - 1) * 1e6).toBeGreaterThan(9 + ppm);
    expect((clock.rate - 1) * 1e6).toBeLessThan(11 + ppm);
    const end = after[after.length - 1]?.arrivalNs as bigint;
    expect(clock.toSender(end) - end).toBeLessThan(20_000_000n);
  });
});

describe("path delay", () => {
  const rows = simulateTrace({
    seed: 10,
    durationS: 110,
    ppm: 15,
    incidents: [
      { type: "delay-step", atS: 40, ns: 8e6 },
      { type: "delay-step", atS: 70, ns: -8e6 },
    ],
  });

  function errorAfter(delaySteps: "hold" | "follow", untilS: number): [number, PcrClockEvent[]] {
    const part = rows.filter((row) => row.arrivalNs < 1_000_000_000_000n + BigInt(untilS) * SECOND);
    const { clock, events, end } = run(part, { delaySteps });
    const truth = (part[part.length - 1] as TraceRow).trueMinusArrivalNs;
    const error = Number(clock.toSender(end) - end) - truth;
    return [error, events.filter(({ type }) => type === "delay-step")];
  }

  test("hold: the clock stays, the delay is counted, and given back", () => {
    const [error, steps] = errorAfter("hold", 65);
    expect(Math.abs(error)).toBeLessThan(200_000);
    expect(steps).toHaveLength(1);
    const [step] = steps as { deltaNs: number; heldDelayNs: number }[];
    expect(step?.deltaNs).toBeGreaterThan(7.9e6);
    expect(step?.heldDelayNs).toBeGreaterThan(7.9e6);
    const [, both] = errorAfter("hold", 110);
    expect(both).toHaveLength(2);
    expect(both[1]).toMatchObject({ heldDelayNs: 0 });
  });

  test.each([1.4e6, 0.5e6, -1.4e6])("a step of %d ns is none: the clock follows it", (ns) => {
    const scenario = { seed: 5, durationS: 99, ppm: 23 };
    const before = truthOf(scenario);
    const incidents = [{ type: "delay-step" as const, atS: 100, ns }];
    const after = truthOf({ ...scenario, durationS: 220, incidents });
    expect(types(after.events)).toEqual(["locked"]);
    const moved = after.error(after.end) - before.error(before.end);
    expect(Math.abs(moved + ns)).toBeLessThan(10_000);
    expect(Math.abs(after.clock.statistics().ratePpm - 23)).toBeLessThan(0.5);
  });

  test("the ticks of a coarse arrival clock are no steps", () => {
    const tick = 4_000_000n;
    // PCRs exactly ten ticks apart, but for the rate: every 67 s one comes in the next tick.
    const scenario = { seed: 21, durationS: 200, ppm: -60, bitrate: 7_896_000 };
    const coarse = simulateTrace(scenario).map((row) => ({
      ...row,
      arrivalNs: (row.arrivalNs / tick) * tick,
    }));
    const { clock, events, end } = run(coarse);
    expect(types(events).filter((type) => type === "delay-step")).toEqual([]);
    const truth = (coarse[coarse.length - 1] as TraceRow).trueMinusArrivalNs;
    expect(Math.abs(Number(clock.toSender(end) - end) - truth)).toBeLessThan(Number(tick));
    const half = coarse.length / 2;
    const restored = new PcrClock();
    restored.restore(JSON.parse(JSON.stringify(run(coarse.slice(0, half)).clock.snapshot())));
    for (const row of coarse.slice(half)) restored.addSample(sampleOf(row));
    expect(restored.toSender(end)).toBe(clock.toSender(end));
  });

  test("hold: what a PCR means does not move", () => {
    const { clock } = run(rows.filter((row) => row.arrivalNs < 1_065_000_000_000n));
    const fresh = run(rows.filter((row) => row.arrivalNs < 1_038_000_000_000n)).clock;
    const { pcr, arrivalNs } = rows[900] as TraceRow;
    const moved =
      (clock.pcrToSender(pcr, arrivalNs) as bigint) - (fresh.pcrToSender(pcr, arrivalNs) as bigint);
    expect(Math.abs(Number(moved))).toBeLessThan(50_000);
    expect(clock.statistics().heldDelayNs).toBeGreaterThan(7.9e6);
  });

  test("follow: the clock slews to the new path, and back", () => {
    const [error, steps] = errorAfter("follow", 68);
    expect(error).toBeLessThan(-7.2e6);
    expect(steps).toMatchObject([{ heldDelayNs: 0 }]);
    const [back, both] = errorAfter("follow", 110);
    expect(Math.abs(back)).toBeLessThan(500_000);
    expect(both).toHaveLength(2);
  });
});
