import { describe, expect, test } from "vitest";
import { failedProperties } from "../../../tools/testing/conformance.js";
import {
  type ClockImplementation,
  type ClockUnderTest,
  conformanceSuite,
  scoreImplementation,
  type TraceRow,
} from "../src/conformance.js";
import { gstClock, ourClock } from "./clocks.js";

const ours: ClockImplementation = { createClock: () => ourClock() };

conformanceSuite(ours, { describe, test, numRuns: Number(process.env.FC_RUNS ?? 100) });

/** Our clock with something done to what it takes. */
function withInput(change: (row: TraceRow) => TraceRow | undefined): ClockImplementation {
  return {
    createClock() {
      const clock = ourClock();
      return {
        ...clock,
        push(row) {
          const changed = change(row);
          if (changed !== undefined) clock.push(changed);
        },
      };
    },
  };
}

/** Our clock with something done to what is read. */
function withOutput(read: (local: bigint, clock: ClockUnderTest) => bigint): ClockImplementation {
  return {
    createClock() {
      const clock = ourClock();
      return { ...clock, read: (local) => read(local, clock) };
    },
  };
}

/** The newest PCR goes on at the local rate. */
function newestPcr(modulus: number): ClockImplementation {
  return {
    createClock() {
      let local = 0n;
      let ticks = 0n;
      let last: number | undefined;
      return {
        push(row) {
          const ahead = row.pcr - (last ?? row.pcr);
          ticks += BigInt(ahead < -modulus / 2 ? ahead + modulus : ahead);
          last = row.pcr;
          local = row.arrivalNs;
        },
        read: (now) => now - local + (ticks * 1000n) / 27n,
        discontinuities: () => 0,
      };
    },
  };
}

/** Forgets everything at a discontinuity. */
function forgetful(): ClockUnderTest {
  let clock = ourClock();
  let jumps = 0;
  let lastPcr = 0;
  return {
    push(row) {
      const distance = Math.abs(row.pcr - lastPcr);
      if (lastPcr !== 0 && distance > 27e6 && distance < 2 ** 33 * 150) {
        clock = ourClock();
        jumps++;
      }
      lastPcr = row.pcr;
      clock.push(row);
    },
    read: (local) => clock.read(local),
    discontinuities: () => jumps,
  };
}

/** Counts a discontinuity whenever a PCR is not where it was expected. */
function nervous(limitNs: number): ClockImplementation {
  return {
    createClock() {
      const clock = ourClock();
      let jumps = 0;
      let last: TraceRow | undefined;
      return {
        ...clock,
        push(row) {
          if (last !== undefined) {
            const elapsed = Number(row.arrivalNs - last.arrivalNs);
            const stamped = ((row.pcr - last.pcr) * 1000) / 27;
            if (Math.abs(elapsed - stamped) > limitNs) jumps++;
          }
          last = row;
          clock.push(row);
        },
        discontinuities: () => jumps,
      };
    },
  };
}

/** Stands still when nothing has arrived for a second. */
function frozen(): ClockUnderTest {
  const clock = ourClock();
  let last: bigint | undefined;
  return {
    push(row) {
      last = row.arrivalNs;
      clock.push(row);
    },
    read(local) {
      const limit = (last ?? local) + 1_000_000_000n;
      return clock.read(local < limit ? local : limit);
    },
    discontinuities: clock.discontinuities,
  };
}

const mutants: Record<string, ClockImplementation> = {
  "GStreamer's regression": { createClock: gstClock },
  "the newest PCR": newestPcr(2 ** 33 * 300),
  "the newest PCR, which never wraps": newestPcr(Infinity),
  "no place in the datagram": withInput((row) => ({
    ...row,
    indexInDatagram: row.datagramPackets - 1,
  })),
  "place in the datagram, counted from the wrong end": withInput((row) => ({
    ...row,
    indexInDatagram: row.datagramPackets - 1 - row.indexInDatagram,
  })),
  "no announcements": withInput((row) => ({ ...row, discontinuity: false })),
  "announcements everywhere": withInput((row) => ({
    ...row,
    discontinuity: row.packet % 1024 < 16,
  })),
  "PCRs in 90 kHz": withInput((row) => ({ ...row, pcr: Math.floor(row.pcr / 300) * 300 + 150 })),
  "arrival times in ms": withInput((row) => ({
    ...row,
    arrivalNs: (row.arrivalNs / 1_000_000n) * 1_000_000n,
  })),
  "arrival times as floating-point numbers": withInput((row) => ({
    ...row,
    arrivalNs: BigInt(Number(row.arrivalNs)),
  })),
  "PCRs of 32 bits": withInput((row) => ({ ...row, pcr: row.pcr % (2 ** 32 * 300) })),
  "a forgotten extension": withInput((row) => ({ ...row, pcr: row.pcr - (row.pcr % 300) })),
  "a rate that is 5 ppm off": withOutput((local, clock) => clock.read(local) + local / 200_000n),
  "the local clock": withOutput((local) => local),
  "readings in ms": withOutput((local, clock) => (clock.read(local) / 1_000_000n) * 1_000_000n),
  "a reading that trembles": withOutput(
    (local, clock) => clock.read(local) + (local % 2n) * 50_000n,
  ),
  "a memory that ends at jumps": { createClock: forgetful },
  "late packets are jumps": nervous(50e6),
  "wild values are jumps": nervous(200e6),
  "standstill in silence": { createClock: frozen },
  "no jumps are told": { createClock: () => ({ ...ourClock(), discontinuities: () => 0 }) },
};

describe("wrong implementations", () => {
  test.each(Object.entries(mutants))("%s", (_, mutant) => {
    expect(failedProperties(conformanceSuite, mutant, 20)).not.toEqual([]);
  });
});

test("an implementation gets its scores on the examples as a table", () => {
  const lines = scoreImplementation(ours).split("\n");
  expect(lines[0]).toMatch(/^trace +rms µs/);
  expect(lines).toHaveLength(7);
  for (const line of lines.slice(1)) {
    const [, rms = "", , , , , backward] = line.split(/ {2,}/);
    expect(Number(rms)).toBeLessThan(20);
    expect(backward).toBe("0");
  }
});
