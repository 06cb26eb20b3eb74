import { fc, it } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { simulateTrace, type TraceRow } from "../src/conformance.js";
import { PcrClock, type PcrClockEvent, type PcrClockOptions } from "../src/index.js";
import { run, SECOND, sampleOf, truthOf, types } from "./simulated.js";
import { datagramsOf, PCR_PID } from "./stream.js";

const MODULUS = 2 ** 33 * 300;

describe("states", () => {
  const rows = simulateTrace({ seed: 1, durationS: 30, ppm: 20 });

  test("free, acquiring, locked, holdover, lost, and locked again", () => {
    const clock = new PcrClock();
    expect(clock.state).toBe("free");
    expect(clock.toSender(123n)).toBe(123n);
    expect(clock.toLocal(123n)).toBe(123n);
    expect(clock.pcrToSender(0)).toBeUndefined();
    expect(clock.poll(10n * SECOND)).toEqual([]);
    clock.addSample(sampleOf(rows[0] as TraceRow));
    expect(clock.state).toBe("acquiring");
    const events = rows.slice(1).flatMap((row) => clock.addSample(sampleOf(row)));
    expect(types(events)).toEqual(["locked"]);
    expect(clock.state).toBe("locked");
    const end = (rows[rows.length - 1] as TraceRow).arrivalNs;
    expect(clock.poll(end + SECOND / 2n - 1n)).toEqual([]);
    expect(clock.poll(end + SECOND / 2n)).toEqual([
      { type: "holdover", localNs: end + SECOND / 2n },
    ]);
    expect(clock.poll(end + SECOND)).toEqual([]);
    expect(clock.poll(end + 5n * SECOND)).toEqual([{ type: "lost", localNs: end + 5n * SECOND }]);
    expect(clock.state).toBe("lost");
    const later = simulateTrace({ seed: 2, durationS: 50, ppm: 20 }).slice(rows.length + 200);
    expect(types(later.flatMap((row) => clock.addSample(sampleOf(row))))).toEqual(["locked"]);
  });

  test("silence is told by the PCR that ends it, too", () => {
    const clock = new PcrClock();
    const gap = simulateTrace({
      seed: 1,
      durationS: 40,
      incidents: [{ type: "silence", atS: 20, forS: 3 }],
    });
    expect(types(gap.flatMap((row) => clock.addSample(sampleOf(row))))).toEqual([
      "locked",
      "holdover",
      "locked",
    ]);
  });

  test.each([1, 2, 3])("in holdover it runs at the rate alone (seed %i)", (seed) => {
    const network = { queueingNs: 1.5e6, spikeShare: 0.01 };
    const { clock, end, error } = truthOf({ seed, durationS: 100, ppm: 23, ...network });
    clock.poll(end + (SECOND * 6n) / 10n);
    const minute = 60n * SECOND;
    expect(Math.abs(error(end + minute) - error(end))).toBeLessThan(20_000);
    expect(clock.state).toBe("holdover");
  });

  test("jitter above the limit does not lock", () => {
    const wide = simulateTrace({ seed: 3, durationS: 30, queueingNs: 5e6 });
    expect(run(wide).clock.state).toBe("locked");
    expect(run(wide, { lockJitterNs: 1000 }).clock.state).toBe("acquiring");
  });
});

describe("readings", () => {
  const rows = simulateTrace({ seed: 4, durationS: 40, ppm: 37 });
  const { clock, end } = run(rows);

  test("the rate is the sender's", () => {
    expect((clock.rate - 1) * 1e6).toBeCloseTo(37, 0);
    expect(Number(clock.toSender(end + SECOND) - clock.toSender(end))).toBeCloseTo(
      1e9 + 37_000,
      -3,
    );
  });

  it.prop([fc.bigInt({ min: 0n, max: 3600n * SECOND })])("toLocal undoes toSender", (ahead) => {
    const difference = clock.toLocal(clock.toSender(end + ahead)) - (end + ahead);
    expect(Math.abs(Number(difference))).toBeLessThanOrEqual(2);
  });

  it.prop([fc.bigInt({ min: 0n, max: 10n * SECOND }), fc.bigInt({ min: 0n, max: 1000n })])(
    "never goes backwards",
    (at, step) => {
      expect(clock.toSender(end + at + step)).toBeGreaterThanOrEqual(clock.toSender(end + at));
    },
  );

  test("a PCR means what the clock shows when it arrives, less its place in the datagram", () => {
    const packetNs = (188 * 8 * 1e9) / 8e6;
    for (const row of rows.slice(-200)) {
      const behind = row.datagramPackets - 1 - row.indexInDatagram;
      const stamped = clock.pcrToSender(row.pcr, row.arrivalNs) as bigint;
      const late = Number(clock.toSender(row.arrivalNs) - stamped) - behind * packetNs;
      expect(late).toBeGreaterThan(-100_000);
      expect(late).toBeLessThan(500_000);
    }
  });

  test("a PTS is presented that much later", () => {
    const row = rows[rows.length - 1] as TraceRow;
    const pts = Math.floor(row.pcr / 300) + 45_000;
    const ahead = Number(
      (clock.ptsToSender(pts) as bigint) - (clock.pcrToSender(row.pcr) as bigint),
    );
    expect(ahead).toBeGreaterThan(5e8 - 12_000);
    expect(ahead).toBeLessThanOrEqual(5e8);
  });

  test("PTS and PCR beyond a wrap are taken nearest", () => {
    const wrapping = run(simulateTrace({ seed: 5, durationS: 10, pcr0: MODULUS - 27e6 * 5 })).clock;
    const before = wrapping.pcrToSender(MODULUS - 27) as bigint;
    const after = wrapping.pcrToSender(0) as bigint;
    expect(after - before).toBe(1000n);
    const ptsBefore = wrapping.ptsToSender(2 ** 33 - 9) as bigint;
    expect((wrapping.ptsToSender(0) as bigint) - ptsBefore).toBe(100_000n);
  });

  test("out of range is a RangeError", () => {
    expect(() => clock.pcrToSender(MODULUS)).toThrow(RangeError);
    expect(() => clock.ptsToSender(2 ** 33)).toThrow(RangeError);
    expect(() => clock.addSample({ pcr: -1, arrivalNs: end })).toThrow(RangeError);
    expect(() => new PcrClock({ maxPpm: 0 })).toThrow(RangeError);
    expect(() => new PcrClock({ lockJitterNs: -1 })).toThrow(RangeError);
  });

  test("an arrival time before the last one counts as that one", () => {
    const { clock: back } = run(rows);
    const reading = back.toSender(end);
    back.addSample({
      ...sampleOf(rows[0] as TraceRow),
      pcr: (rows[rows.length - 1] as TraceRow).pcr,
    });
    expect(back.toSender(end)).toBe(reading);
  });

  test.each([
    { seed: 15, ppm: -75, queueingNs: 1e6, spikeShare: 0.01 },
    { seed: 2147483641, ppm: 76, spikeShare: 0.05, spikeMs: 300 },
    { seed: 2147483628, ppm: 0, earlyShare: 0.005 },
  ])("are there when all samples lie far below the first line: $seed", (scenario) => {
    const { clock: far, end: last } = run(simulateTrace({ ...scenario, durationS: 40 }));
    expect(far.rate).toBeGreaterThan(0.9998);
    expect(far.toSender(last)).toBeTypeOf("bigint");
  });

  test("now() does not go back when what arrived before it was read comes after", () => {
    const rows = simulateTrace({ seed: 11, durationS: 40, ppm: -90, queueingNs: 2e6 });
    let local = 0n;
    const clock = new PcrClock({ localNow: () => local });
    let last: bigint | undefined;
    let late = 0;
    for (const row of rows) {
      if (row.arrivalNs < local) late++;
      clock.addSample(sampleOf(row));
      for (const ahead of [0n, 60_000_000n]) {
        const next = row.arrivalNs + ahead;
        if (next > local) local = next;
        const reading = clock.now();
        if (last !== undefined) expect(reading).toBeGreaterThanOrEqual(last);
        last = reading;
      }
    }
    expect(late).toBeGreaterThan(rows.length / 2);
  });

  test("a rate beyond maxPpm is held there", () => {
    const fast = simulateTrace({ seed: 6, durationS: 30, ppm: 400 });
    expect(run(fast).clock.rate).toBeLessThanOrEqual(1.00015);
    expect((run(fast, { maxPpm: 500 }).clock.rate - 1) * 1e6).toBeCloseTo(400, 0);
  });
});

describe("feed", () => {
  const rows = simulateTrace({ seed: 11, durationS: 15, ppm: 25, bitrate: 1e6 });
  const datagrams = datagramsOf(rows);
  const options = { pcrPid: PCR_PID } as const;

  function readings(
    pieces: (bytes: Uint8Array) => Uint8Array[],
    given: PcrClockOptions = options,
  ): bigint[] {
    const clock = new PcrClock(given);
    return datagrams.map(({ bytes, arrivalNs }) => {
      for (const piece of pieces(bytes)) clock.feed(piece, arrivalNs);
      return clock.toSender(arrivalNs);
    });
  }

  test("is the same as the samples in the datagrams", () => {
    const clock = new PcrClock();
    const expected = datagrams.map(({ row, arrivalNs }) => {
      if (row !== undefined) clock.addSample(sampleOf(row));
      return clock.toSender(arrivalNs);
    });
    expect(readings((bytes) => [bytes])).toEqual(expected);
  });

  it.prop([fc.array(fc.integer({ min: 1, max: 1400 }), { minLength: 1, maxLength: 8 })], {
    numRuns: 5,
  })("gives the same in any pieces of a datagram", (sizes) => {
    const cut = (bytes: Uint8Array): Uint8Array[] => {
      const parts: Uint8Array[] = [];
      for (let at = 0, i = 0; at < bytes.length; i++) {
        const size = sizes[i % sizes.length] as number;
        parts.push(bytes.subarray(at, at + size));
        at += size;
      }
      return parts;
    };
    const framing = { ...options, framing: "bytes" } as const;
    expect(readings(cut, framing)).toEqual(readings((bytes) => [bytes], framing));
  });

  test("counts gaps, and measures intervals and packets", () => {
    const clock = new PcrClock(options);
    for (const [i, { bytes, arrivalNs }] of datagrams.entries()) {
      if (i !== 100) clock.feed(bytes, arrivalNs);
    }
    const { gaps, packetDurationNs, pcrInterval, samples } = clock.statistics();
    expect(gaps).toBe(0);
    expect(packetDurationNs).toBeCloseTo(1_504_000, -2);
    expect(pcrInterval.meanMs).toBeCloseTo(40.6, 0);
    expect(samples).toBe(datagrams.filter(({ row }, i) => row !== undefined && i !== 100).length);
  });

  it.prop([
    fc.array(fc.tuple(fc.uint8Array({ maxLength: 400 }), fc.bigInt({ min: 0n, max: 2n ** 63n })), {
      maxLength: 20,
    }),
  ])("takes any bytes at any times", (chunks) => {
    const clock = new PcrClock();
    for (const [bytes, arrivalNs] of chunks) clock.feed(bytes, arrivalNs);
    expect(clock.toSender(5n)).toBeTypeOf("bigint");
  });

  it.prop([
    fc.array(
      fc.tuple(
        fc.integer({ min: 0, max: MODULUS - 1 }),
        fc.bigInt({ min: 0n, max: 10n ** 10n }),
        fc.boolean(),
      ),
      {
        maxLength: 200,
      },
    ),
  ])("any PCRs at any times give finite readings that never go backwards", (samples) => {
    const clock = new PcrClock();
    let local = 0n;
    let last: bigint | undefined;
    for (const [pcr, wait, discontinuity] of samples) {
      local += wait;
      clock.addSample({ pcr, arrivalNs: local, discontinuity });
      const reading = clock.toSender(local);
      if (last !== undefined) expect(reading).toBeGreaterThanOrEqual(last);
      last = reading;
    }
    expect(Number.isFinite(clock.rate)).toBe(true);
  });

  test("a thousand PCRs a second take bounded memory", () => {
    const dense = simulateTrace({ seed: 12, durationS: 12, pcrIntervalMs: 1, ppm: 5 });
    const { clock } = run(dense);
    const kept = clock
      .snapshot()
      .estimator.floor.buckets.reduce((sum, { length }) => sum + length, 0);
    expect(dense.length).toBeGreaterThan(9000);
    expect(kept).toBeLessThan(50 * (3 + 2 * 56));
    expect((clock.rate - 1) * 1e6).toBeCloseTo(5, -1);
  });
});

describe("pause", () => {
  test("PCRs do not count, and those that waited are not believed", () => {
    const rows = simulateTrace({
      seed: 13,
      durationS: 40,
      ppm: 12,
      incidents: [{ type: "stall", atS: 20, forS: 0.9 }],
    });
    const clock = new PcrClock();
    const events: PcrClockEvent[] = [];
    for (const row of rows) {
      const s = Number(row.arrivalNs - 1_000_000_000_000n) / 1e9;
      if (s > 19.5 && s < 20) clock.pause(row.arrivalNs);
      if (s >= 20) clock.resume();
      events.push(...clock.addSample(sampleOf(row)));
    }
    expect(types(events)).toEqual(["locked", "holdover", "locked"]);
    const end = rows[rows.length - 1] as TraceRow;
    const error = Number(clock.toSender(end.arrivalNs) - end.arrivalNs) - end.trueMinusArrivalNs;
    expect(Math.abs(error)).toBeLessThan(200_000);
  });

  test("when the delay stays different for two seconds, a time base begins", () => {
    const rows = simulateTrace({
      seed: 14,
      durationS: 40,
      incidents: [{ type: "delay-step", atS: 20, ns: 30e6 }],
    });
    const clock = new PcrClock();
    const events: PcrClockEvent[] = [];
    for (const row of rows) {
      const s = Number(row.arrivalNs - 1_000_000_000_000n) / 1e9;
      if (s > 18 && s < 20) clock.pause(row.arrivalNs);
      if (s >= 20.05) clock.resume();
      events.push(...clock.addSample(sampleOf(row)));
    }
    expect(events.filter(({ type }) => type === "discontinuity")).toMatchObject([
      { reason: "resume" },
    ]);
  });
});

describe("snapshot", () => {
  const rows = simulateTrace({ seed: 15, durationS: 60, ppm: -31 });

  test("survives JSON, and the restored clock reads the same for good", () => {
    const half = rows.length / 2;
    const { clock } = run(rows.slice(0, half));
    const restored = new PcrClock();
    restored.restore(JSON.parse(JSON.stringify(clock.snapshot())));
    expect(restored.state).toBe(clock.state);
    expect(restored.mapping()).toEqual(clock.mapping());
    for (const row of rows.slice(half)) {
      clock.addSample(sampleOf(row));
      restored.addSample(sampleOf(row));
      expect(restored.toSender(row.arrivalNs)).toBe(clock.toSender(row.arrivalNs));
    }
    expect(restored.statistics().ratePpm).toBe(clock.statistics().ratePpm);
  });

  test("of another version is a TypeError", () => {
    const snapshot = { ...new PcrClock().snapshot(), version: 2 as 1 };
    expect(() => new PcrClock().restore(snapshot)).toThrow(TypeError);
  });

  test("reset forgets everything", () => {
    const { clock } = run(rows.slice(0, 100));
    clock.reset();
    expect(clock.snapshot()).toEqual({
      ...new PcrClock().snapshot(),
      localEpochNs: expect.any(String),
      senderEpochNs: expect.any(String),
    });
    expect(clock.toSender(5n)).toBe(5n);
  });
});

describe("years", () => {
  test("a stream that runs for days keeps its readings and its mapping", () => {
    const clock = new PcrClock();
    let local = 0n;
    for (let hour = 0; hour < 240; hour++) {
      for (let i = 0; i < 3; i++) {
        local += SECOND / 25n;
        clock.addSample({
          pcr: Number(((local * 27n) / 1000n) % BigInt(MODULUS)),
          arrivalNs: local,
        });
      }
      local += 3600n * SECOND;
    }
    expect(clock.statistics().discontinuities).toBe(0);
    expect(clock.toSender(local)).toBe(local);
    const pcr = Number(((local * 27n) / 1000n) % BigInt(MODULUS));
    expect(Math.abs(Number((clock.pcrToSender(pcr, local) as bigint) - local))).toBeLessThan(40);
  });
});
