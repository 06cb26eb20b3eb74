import fc from "fast-check";
import {
  type ClockUnderTest,
  scoreTable,
  scoreTrace,
  type TraceRow,
  type TraceScore,
} from "./trace-score.js";
import { simulateTrace, type TraceScenario } from "./trace-simulator.js";

export {
  type ClockUnderTest,
  parseTrace,
  scoreTable,
  scoreTrace,
  type TraceRow,
  type TraceScore,
} from "./trace-score.js";
export { simulateTrace, type TraceIncident, type TraceScenario } from "./trace-simulator.js";

/** What the suite asks for. */
export interface ClockImplementation {
  /** A new clock that has seen nothing. */
  createClock(): ClockUnderTest;
}

/** What the suite wants of a test runner: those of vitest, node:test, mocha and jest fit. */
export interface SuiteOptions {
  readonly describe: (name: string, body: () => void) => void;
  readonly test: (name: string, body: () => void) => void;
  /** Every property runs a twentieth of it: each run is half a minute of a stream. Default 100. */
  readonly numRuns?: number;
}

/** The part of a scenario that varies in every property. */
export type VariedStream = Required<Pick<TraceScenario, "seed" | "ppm" | "pcr0" | "startNs">>;

/** What varies in every property: the random numbers, the sender's rate, the first PCR, the local clock's reading. */
export const arbitraryStream: fc.Arbitrary<VariedStream> = fc.record({
  seed: fc.nat(),
  ppm: fc.integer({ min: -80, max: 80 }),
  pcr0: fc.oneof(
    fc.integer({ min: 0, max: 2 ** 33 * 300 - 1 }),
    fc.integer({ min: 2 ** 33 * 300 - 30 * 27e6, max: 2 ** 33 * 300 - 1 }),
  ),
  startNs: fc.bigInt({ min: 0n, max: 2n ** 61n }),
});

/** Small traces that travel with the package, by name: two minutes each. */
export const exampleScenarios: Readonly<Record<string, TraceScenario>> = {
  lan: { seed: 1, durationS: 120, ppm: 23 },
  "low rate": { seed: 2, durationS: 120, ppm: -40, bitrate: 1e6 },
  "wide area": { seed: 3, durationS: 120, ppm: 8, queueingNs: 1.5e6, spikeShare: 0.01 },
  "early stamps": { seed: 4, durationS: 120, ppm: 15, earlyShare: 0.005 },
  wrap: { seed: 5, durationS: 120, ppm: 37, pcr0: 2 ** 33 * 300 - 70 * 27e6 },
  restart: {
    seed: 6,
    durationS: 120,
    ppm: 5,
    incidents: [
      { type: "silence", atS: 70, forS: 2.5 },
      { type: "jump", atS: 70, ticks: -60 * 27e6, flagged: false },
    ],
  },
};

/** The scores of an implementation on traces (those of {@link exampleScenarios} unless others are given), as text. */
export function scoreImplementation(
  implementation: ClockImplementation,
  traces: ReadonlyMap<string, readonly TraceRow[]> = new Map(
    Object.entries(exampleScenarios).map(([id, scenario]) => [id, simulateTrace(scenario)]),
  ),
): string {
  const scores = new Map<string, TraceScore>();
  for (const [id, rows] of traces) scores.set(id, scoreTrace(implementation.createClock(), rows));
  return scoreTable(scores);
}

const SECOND = 1_000_000_000n;
const MODULUS = 2 ** 33 * 300;

/** Everything that any recovery of the sender's clock must satisfy, as tests. */
export function conformanceSuite(
  implementation: ClockImplementation,
  { describe, test, numRuns = 100 }: SuiteOptions,
): void {
  const runs = Math.max(1, Math.round(numRuns / 20));
  const property = (title: string, body: (stream: VariedStream) => void): void => {
    // Half a minute of a stream has nothing to shrink.
    const parameters = { numRuns: runs, endOnFailure: true };
    test(title, () => fc.assert(fc.property(arbitraryStream, body), parameters));
  };
  const score = (scenario: TraceScenario, warmUpS: number): TraceScore =>
    scoreTrace(implementation.createClock(), simulateTrace(scenario), warmUpS * 1e9);

  describe("the sender's clock (ISO/IEC 13818-1 2.4.2, annex D)", () => {
    property("runs at the sender's rate within 2 ppm after 20 s", (stream) => {
      const { rate1sRmsPpm, maxUs, backwardReadings } = score({ ...stream, durationS: 30 }, 20);
      atMost("rate error in ppm", rate1sRmsPpm, 2);
      atMost("error in µs", maxUs, 100);
      equal("backward readings", backwardReadings, 0);
    });

    property("is the local clock's rate before the first PCR", ({ startNs }) => {
      const clock = implementation.createClock();
      const first = clock.read(startNs);
      equal("ns in a second", clock.read(startNs + SECOND) - first, SECOND);
    });

    property("takes the PCR's place in its datagram into account", (stream) => {
      const moving = { bitrate: 1e6, pcrIntervalMs: 42, placeShiftS: 8 };
      atMost("rms error in µs", score({ ...stream, ...moving, durationS: 45 }, 20).rmsUs, 60);
    });

    property("follows the least delay, not the mean", (stream) => {
      const wide = { queueingNs: 1e6, spikeShare: 0.01 };
      atMost("rms error in µs", score({ ...stream, ...wide, durationS: 50 }, 30).rmsUs, 60);
    });

    property("goes on at the same rate in silence", (stream) => {
      const incidents = [{ type: "silence", atS: 20, forS: 6 }] as const;
      const result = score({ ...stream, durationS: 30, incidents }, 15);
      atMost("error in µs", result.maxUs, 250);
      equal("discontinuities", result.discontinuities, 0);
      const rows = simulateTrace({ ...stream, durationS: 20 });
      const clock = implementation.createClock();
      for (const row of rows) clock.push(row);
      const last = rows[rows.length - 1]?.arrivalNs ?? 0n;
      const elapsed = Number(clock.read(last + 6n * SECOND) - clock.read(last));
      atMost("error in ns of 6 s", Math.abs(elapsed - 6e9 * (1 + stream.ppm * 1e-6)), 50_000);
    });
  });

  describe("what is read", () => {
    property("never goes backwards and never steps", (stream) => {
      const clock = implementation.createClock();
      const rows = simulateTrace({
        ...stream,
        durationS: 25,
        queueingNs: 1e6,
        spikeShare: 0.02,
        incidents: [
          { type: "jump", atS: 12, ticks: 7 * 27e6, flagged: false },
          { type: "delay-step", atS: 18, ns: 8e6 },
        ],
      });
      const start = rows[0]?.arrivalNs ?? 0n;
      let last: bigint | undefined;
      let lastLocal = 0n;
      for (const row of rows) {
        const before = clock.read(row.arrivalNs);
        clock.push(row);
        const reading = clock.read(row.arrivalNs);
        atMost("a PCR's effect in ns", Number(reading - before), 1000);
        if (last !== undefined) {
          atMost("ns backwards", Number(last - before), 0);
          const elapsed = Number(row.arrivalNs - lastLocal);
          const wrong = Math.abs(Number(before - last) - elapsed);
          const settled = row.arrivalNs - start > 6n * SECOND;
          if (settled) atMost("ns of slew", wrong, 2 + elapsed * 0.003);
        }
        last = reading;
        lastLocal = row.arrivalNs;
      }
    });

    property("does not depend on the PCR's origin", (stream) => {
      const rows = simulateTrace({ ...stream, durationS: 12 });
      const shift = (stream.seed * 7919 + 1) % MODULUS;
      const moved = rows.map((row) => ({ ...row, pcr: (row.pcr + shift) % MODULUS }));
      sameReadings(readings(implementation, rows), readings(implementation, moved));
    });

    property("does not depend on the local clock's origin", (stream) => {
      const rows = simulateTrace({ ...stream, startNs: 0n, durationS: 12 });
      const moved = rows.map((row) => ({ ...row, arrivalNs: row.arrivalNs + stream.startNs }));
      sameReadings(readings(implementation, rows), readings(implementation, moved));
    });
  });

  describe("discontinuities (ISO/IEC 13818-1 2.4.3.5)", () => {
    const jump = (ticks: number, flagged: boolean) => (stream: VariedStream) => {
      const incidents = [{ type: "jump", atS: 15, ticks, flagged }] as const;
      const result = score({ ...stream, durationS: 25, incidents }, 10);
      equal("discontinuities", result.discontinuities, 1);
      atMost("error in µs", result.maxUs, 400);
      equal("backward readings", result.backwardReadings, 0);
    };
    property("one announced jump back is one, and the clock goes on", jump(-3600 * 27e6, true));
    property("a small announced jump is one, too", jump(27e6 / 50, true));
    property("one jump ahead that is not announced is one", jump(7 * 27e6, false));
    property("one jump back that is not announced is one", jump(-9 * 27e6, false));
    property("a jump of 200 ms that is not announced is one", jump(27e6 / 5, false));

    property("wrapping is none", (stream) => {
      const pcr0 = MODULUS - 15 * 27e6 - (stream.pcr0 % 27e6);
      const result = score({ ...stream, pcr0, durationS: 25 }, 12);
      equal("discontinuities", result.discontinuities, 0);
      atMost("error in µs", result.maxUs, 250);
    });

    property("late packets are none", (stream) => {
      const late = { spikeShare: 0.05, spikeMs: 300 };
      equal("discontinuities", score({ ...stream, ...late, durationS: 25 }, 10).discontinuities, 0);
    });

    property("a receiver that stood still is none", (stream) => {
      const incidents = [{ type: "stall", atS: 15, forS: 1.5 }] as const;
      const result = score({ ...stream, durationS: 25, incidents }, 10);
      equal("discontinuities", result.discontinuities, 0);
      atMost("error in µs", result.maxUs, 250);
    });

    property("a wild value is none", (stream) => {
      for (const ticks of [9e11, 27e6 * 3, -27e6 * 2, 27e6 / 3]) {
        const incidents = [{ type: "wild", atS: 15, ticks }] as const;
        const result = score({ ...stream, durationS: 20, incidents }, 10);
        equal("discontinuities", result.discontinuities, 0);
        atMost("error in µs", result.maxUs, 250);
      }
    });

    property("a longer path is none", (stream) => {
      const incidents = [{ type: "delay-step", atS: 35, ns: 8e6 }] as const;
      const result = score({ ...stream, durationS: 45, incidents }, 30);
      equal("discontinuities", result.discontinuities, 0);
      atMost("error in µs", result.maxUs, 8500);
    });
  });

  describe("accuracy (TR 101 290 2.4)", () => {
    property("PCRs stamped early do not carry the clock", (stream) => {
      const early = { earlyShare: 0.005, earlyNs: 1e6 };
      atMost("rms error in µs", score({ ...stream, ...early, durationS: 50 }, 30).rmsUs, 60);
    });
  });
}

function readings(implementation: ClockImplementation, rows: readonly TraceRow[]): bigint[] {
  const clock = implementation.createClock();
  return rows.map((row) => {
    clock.push(row);
    return clock.read(row.arrivalNs);
  });
}

/** Readings are compared by what they are more than the first. */
function sameReadings(a: readonly bigint[], b: readonly bigint[]): void {
  for (const [i, reading] of a.entries()) {
    const own = reading - (a[0] as bigint);
    const other = (b[i] as bigint) - (b[0] as bigint);
    atMost(`ns apart at row ${i}`, Math.abs(Number(own - other)), 20);
  }
}

function atMost(what: string, value: number, limit: number): void {
  if (!(value <= limit)) throw new Error(`${what}: ${value} is above ${limit}`);
}

function equal<T extends number | bigint>(what: string, value: T, expected: T): void {
  if (value !== expected) throw new Error(`${what}: ${value} instead of ${expected}`);
}
