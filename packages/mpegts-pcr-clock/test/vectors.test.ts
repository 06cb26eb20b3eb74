import { PcrScanner, TsDemuxer, type TsEvent } from "@x/mpegts";
import { afterAll, describe, expect, test } from "vitest";
import {
  VectorTally,
  vectorBytes,
  vectorFiles,
  vectorJson,
} from "../../../tools/testing/vectors.js";
import { parseTrace, scoreTable, scoreTrace, type TraceScore } from "../src/conformance.js";
import { applyCalibration, GstPcrClock, PcrSelector, type SelectedPcr } from "../src/index.js";
import { gstClock, ourClock } from "./clocks.js";

const FOLDER = "mpegts-pcr-clock";
const files = vectorFiles(FOLDER);
const tally = new VectorTally(FOLDER);
afterAll(() => tally.print());

interface ExpectedPcr {
  packet: number;
  offset: number;
  pid: number;
  base?: number;
  ext?: number;
  pcr?: number;
  discontinuity?: boolean;
  malformed?: string;
  extOutOfRange?: boolean;
}

interface ExpectedStream {
  packets: number;
  pcrs: ExpectedPcr[];
  pcrPids: { atPacket: number; program: number; pcrPid: number }[];
}

interface Target {
  rmsUsMax: number;
  p99UsMax: number;
  rate1sRmsPpmMax: number;
  discontinuities: number;
  backwardReadings: number;
}

/** A file beside an expected.json, or one named without the directory. */
function beside(expectedJson: string, name: string): string {
  return expectedJson.slice(0, expectedJson.lastIndexOf("/") + 1) + name;
}

const expectations = files.filter((file) => file.endsWith("expected.json"));
const streams = expectations.flatMap((file) =>
  Object.entries(vectorJson<Record<string, Partial<ExpectedStream>>>(FOLDER, file)).flatMap(
    ([name, expected]) =>
      Array.isArray(expected.pcrs)
        ? [{ file: beside(file, name), expected: expected as ExpectedStream }]
        : [],
  ),
);
const traces = expectations.flatMap((file) => {
  const { traces = {} } = vectorJson<{ traces?: Record<string, { target: Target }> }>(FOLDER, file);
  return Object.entries(traces).map(([id, { target }]) => ({
    id,
    file: beside(file, `${id}.csv.gz`),
    target,
  }));
});
const dumps = files.filter((file) => /\.gstcal\.csv(\.gz)?$/.test(file));

test("there are vectors of all kinds", () => {
  expect(streams.length).toBeGreaterThan(0);
  expect(traces.length).toBeGreaterThan(0);
  expect(dumps.length).toBeGreaterThan(0);
});

/** Sizes of pieces, repeated. */
const chunkings = [[Infinity], [188], [1316], [1009, 7, 65_536], [1, 2, 3, 500, 191]];

function* pieces(bytes: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] as number;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

/** The PCRs that a clock of `program` is made of: those on the PID that its PMT named last. */
function expectedSelection({ pcrs, pcrPids }: ExpectedStream, program: number): unknown[] {
  return pcrs.flatMap((found) => {
    const map = pcrPids.filter(
      (entry) => entry.program === program && entry.atPacket < found.packet,
    );
    if (found.pid !== map[map.length - 1]?.pcrPid || found.pcr === undefined) return [];
    const { packet, pid, base = 0, extOutOfRange = false, pcr } = found;
    return [{ packet, pid, pcr: extOutOfRange ? base * 300 : pcr, extOutOfRange }];
  });
}

describe.each(streams)("$file", ({ file, expected }) => {
  const bytes = vectorBytes(FOLDER, file);

  test("every PCR, in any pieces", () => {
    const wanted = expected.pcrs.filter((found) => found.malformed === undefined);
    for (const sizes of chunkings) {
      const scanner = new PcrScanner();
      const found: unknown[] = [];
      const add = (events: ReturnType<PcrScanner["push"]>): void => {
        for (const { packet, offset, pid, base, extension, pcr, discontinuity } of events) {
          found.push({ packet, offset, pid, base, ext: extension, pcr, discontinuity });
        }
      };
      for (const piece of pieces(bytes, sizes)) add(scanner.push(piece));
      add(scanner.flush());
      expect(found).toEqual(
        wanted.map(({ packet, offset, pid, base, ext, pcr, discontinuity }) => {
          return { packet, offset, pid, base, ext, pcr, discontinuity };
        }),
      );
      expect(scanner.packets).toBe(expected.packets);
      tally.add(file, wanted.length + 1);
    }
  });

  test("the selected programme's PCRs, in any pieces", () => {
    const demuxer = new TsDemuxer();
    const patPrograms: number[] = [];
    const note = (events: TsEvent[]): void => {
      for (const event of events) {
        if (event.type !== "pat") continue;
        for (const { programNumber } of event.pat.programs) patPrograms.push(programNumber);
      }
    };
    note(demuxer.push(bytes));
    note(demuxer.flush());
    const first = patPrograms.find((number) => number !== 0);
    const programs = new Set(expected.pcrPids.map((entry) => entry.program));
    for (const program of [undefined, ...programs]) {
      const wanted = expectedSelection(expected, program ?? first ?? -1);
      for (const sizes of chunkings) {
        const selector = new PcrSelector({
          framing: "bytes",
          ...(program === undefined ? {} : { program }),
        });
        const found: unknown[] = [];
        const take = ({ packet, pid, pcr, extensionOutOfRange }: SelectedPcr): void => {
          found.push({ packet, pid, pcr, extOutOfRange: extensionOutOfRange });
        };
        for (const piece of pieces(bytes, sizes)) selector.push(piece, take);
        selector.flush(take);
        expect(found).toEqual(wanted);
        expect(selector.packets).toBe(expected.packets);
        tally.add(file, wanted.length);
      }
    }
  });
});

describe("traces", () => {
  const scores = new Map<string, TraceScore>();
  afterAll(() => console.info(scoreTable(scores)));

  test.each(traces)("$id", ({ id, file, target }) => {
    const rows = parseTrace(new TextDecoder().decode(vectorBytes(FOLDER, file)));
    const score = scoreTrace(ourClock(), rows);
    const theirs = scoreTrace(gstClock(), rows);
    scores.set(id, score);
    expect(score.rmsUs).toBeLessThanOrEqual(target.rmsUsMax);
    expect(score.p99Us).toBeLessThanOrEqual(target.p99UsMax);
    expect(score.rate1sRmsPpm).toBeLessThanOrEqual(target.rate1sRmsPpmMax);
    expect(score.discontinuities).toBe(target.discontinuities);
    expect(score.backwardReadings).toBe(target.backwardReadings);
    expect(score.rmsUs).toBeLessThan(theirs.rmsUs);
    tally.add(file, 6);
  });
});

describe.each(dumps)("%s", (dump) => {
  test("GStreamer's calibrations, bit for bit", () => {
    const rows = parseTrace(
      new TextDecoder().decode(vectorBytes(FOLDER, dump.replace(".gstcal.", "."))),
    );
    const lines = new TextDecoder().decode(vectorBytes(FOLDER, dump)).trim().split("\n").slice(1);
    expect(lines).toHaveLength(rows.length);
    const clock = new GstPcrClock();
    const mismatches = lines.filter((line, i) => {
      const { pcr, arrivalNs, discontinuity } = rows[i] as (typeof rows)[number];
      const use = clock.add(pcr, arrivalNs, discontinuity) === "reset" ? "reset" : "obs";
      const { internal, external, rateNum, rateDenom } = clock.calibration;
      return line !== [i, use, internal, external, rateNum, rateDenom].join(",");
    });
    expect(mismatches).toEqual([]);
    const last = rows[rows.length - 1]?.arrivalNs ?? 0n;
    expect(clock.toSender(last)).toBeGreaterThanOrEqual(applyCalibration(clock.calibration, last));
    tally.add(dump, lines.length);
  });
});
