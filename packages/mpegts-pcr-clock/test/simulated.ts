import { simulateTrace, type TraceRow, type TraceScenario } from "../src/conformance.js";
import { PcrClock, type PcrClockEvent, type PcrClockOptions } from "../src/index.js";

export const SECOND = 1_000_000_000n;

/** What a row of a trace says of a PCR. */
export function sampleOf(row: TraceRow): Parameters<PcrClock["addSample"]>[0] {
  return {
    pcr: row.pcr,
    arrivalNs: row.arrivalNs,
    packet: row.packet,
    packetsBehind: row.datagramPackets - 1 - row.indexInDatagram,
    discontinuity: row.discontinuity,
  };
}

/** A clock that has got these rows. */
export function run(
  rows: readonly TraceRow[],
  options: PcrClockOptions = {},
): { clock: PcrClock; events: PcrClockEvent[]; end: bigint } {
  const clock = new PcrClock(options);
  const events = rows.flatMap((row) => clock.addSample(sampleOf(row)));
  return { clock, events, end: rows[rows.length - 1]?.arrivalNs ?? 0n };
}

/** A clock at the end of a simulated stream, and how far a reading is from the truth then and later, ns. */
export function truthOf(scenario: TraceScenario): {
  clock: PcrClock;
  events: PcrClockEvent[];
  end: bigint;
  error: (localNs: bigint) => number;
} {
  const rows = simulateTrace(scenario);
  const { clock, events, end } = run(rows);
  const truth = (rows[rows.length - 1] as TraceRow).trueMinusArrivalNs;
  const error = (localNs: bigint): number =>
    Number(clock.toSender(localNs) - localNs) -
    truth -
    Number(localNs - end) * (scenario.ppm ?? 0) * 1e-6;
  return { clock, events, end, error };
}

export const types = (events: readonly PcrClockEvent[]): string[] => events.map(({ type }) => type);
