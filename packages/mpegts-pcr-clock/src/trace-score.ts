/** A received PCR of a trace, and what a perfect clock reads when it arrives. */
export interface TraceRow {
  /** 27 MHz, below 2^33 · 300. */
  readonly pcr: number;
  readonly arrivalNs: bigint;
  /** Received packets before it. */
  readonly packet: number;
  readonly indexInDatagram: number;
  readonly datagramPackets: number;
  readonly discontinuity: boolean;
  /** A perfect clock minus local time at the arrival, ns; 0 in the first row. */
  readonly trueMinusArrivalNs: number;
}

/** A clock estimator, as the suite and the score drive it. */
export interface ClockUnderTest {
  /** Take a PCR at its arrival. */
  push(row: TraceRow): void;
  /** The sender's clock at a local time not before the last one, ns; its zero is arbitrary. */
  read(localNs: bigint): bigint;
  /** Discontinuities that the clock has reported so far. */
  discontinuities(): number;
}

/** How well a clock did on a trace. See the vectors' README for the metric. */
export interface TraceScore {
  readonly rmsUs: number;
  readonly p99Us: number;
  readonly maxUs: number;
  /** Rms of the rate error over one second. */
  readonly rate1sRmsPpm: number;
  /** Time of the last error above 100 µs, s after the start. */
  readonly converge100usS: number;
  readonly backwardReadings: number;
  readonly discontinuities: number;
}

const WARM_UP_NS = 60_000_000_000;
const SECOND_NS = 1_000_000_000;
const MIN_PAIR_NS = 900_000_000;

/**
 * Run a clock over a trace and measure it against the truth.
 * @param warmUpNs local time that is left out of the errors. Default 60 s
 */
export function scoreTrace(
  clock: ClockUnderTest,
  rows: readonly TraceRow[],
  warmUpNs: number = WARM_UP_NS,
): TraceScore {
  const count = rows.length;
  const at = new Float64Array(count);
  const error = new Float64Array(count);
  const start = rows[0]?.arrivalNs ?? 0n;
  let backwardReadings = 0;
  let last: bigint | undefined;
  const read = (localNs: bigint): bigint => {
    const reading = clock.read(localNs);
    if (last !== undefined && reading < last) backwardReadings++;
    last = reading;
    return reading;
  };
  let origin: bigint | undefined;
  for (const [i, row] of rows.entries()) {
    read(row.arrivalNs);
    clock.push(row);
    const reading = read(row.arrivalNs);
    // Differences of readings to what they were at first fit a double.
    origin ??= reading - row.arrivalNs;
    at[i] = Number(row.arrivalNs - start);
    error[i] = Number(reading - row.arrivalNs - origin) - row.trueMinusArrivalNs;
  }
  const third = error.slice(Math.floor((count * 2) / 3)).sort();
  const middle = third[third.length >>> 1] ?? 0;
  for (let i = 0; i < count; i++) error[i] = (error[i] as number) - middle;
  let first = 0;
  while (first < count && (at[first] as number) <= warmUpNs) first++;
  const sizes = error.slice(first).map(Math.abs).sort();
  let squares = 0;
  for (const size of sizes) squares += size * size;
  let converged = 0;
  for (let i = 0; i < count; i++)
    if (Math.abs(error[i] as number) > 100_000) converged = at[i] as number;
  return {
    rmsUs: Math.sqrt(squares / sizes.length) / 1000,
    p99Us: (sizes[Math.floor(0.99 * sizes.length)] ?? 0) / 1000,
    maxUs: (sizes[sizes.length - 1] ?? 0) / 1000,
    rate1sRmsPpm: rateError(at, error, first),
    converge100usS: converged / 1e9,
    backwardReadings,
    discontinuities: clock.discontinuities(),
  };
}

function rateError(at: Float64Array, error: Float64Array, first: number): number {
  let squares = 0;
  let pairs = 0;
  for (let i = first, j = first; i < at.length; i++) {
    while ((at[i] as number) - (at[j] as number) > SECOND_NS) j++;
    const elapsed = (at[i] as number) - (at[j] as number);
    if (elapsed < MIN_PAIR_NS) continue;
    squares += (((error[i] as number) - (error[j] as number)) / elapsed) ** 2;
    pairs++;
  }
  return pairs === 0 ? 0 : Math.sqrt(squares / pairs) * 1e6;
}

/** Scores of several traces as a table of text, one line a trace. */
export function scoreTable(scores: ReadonlyMap<string, TraceScore>): string {
  const lines = [
    ["trace", "rms µs", "p99 µs", "max µs", "1 s ppm", "s to 100 µs", "backward", "jumps"],
    ...Array.from(scores, ([id, score]) => [
      id,
      score.rmsUs.toFixed(1),
      score.p99Us.toFixed(1),
      score.maxUs.toFixed(1),
      score.rate1sRmsPpm.toFixed(2),
      score.converge100usS.toFixed(1),
      String(score.backwardReadings),
      String(score.discontinuities),
    ]),
  ];
  const widths = (lines[0] as string[]).map((_, column) =>
    Math.max(...lines.map((line) => (line[column] as string).length)),
  );
  return lines
    .map((line) =>
      line
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[0] as number) : cell.padStart(widths[column] as number),
        )
        .join("  "),
    )
    .join("\n");
}

/** The rows of a trace in the vectors' CSV form; the header line is skipped. */
export function parseTrace(csv: string): TraceRow[] {
  const rows: TraceRow[] = [];
  for (const line of csv.split("\n").slice(1)) {
    if (line === "") continue;
    const [pcr, arrival = "", packet, index, packets, flag, truth] = line.split(",");
    rows.push({
      pcr: Number(pcr),
      arrivalNs: BigInt(arrival),
      packet: Number(packet),
      indexInDatagram: Number(index),
      datagramPackets: Number(packets),
      discontinuity: flag === "1",
      trueMinusArrivalNs: Number(truth),
    });
  }
  return rows;
}
