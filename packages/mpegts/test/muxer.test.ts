import { fc, test as property } from "@fast-check/vitest";
import { concatBytes, crc32Mpeg, equalBytes } from "@x/bits";
import { describe, expect, test } from "vitest";
import {
  encodeSection,
  type MuxProgram,
  type MuxUnit,
  NULL_PID,
  streamKind,
  TsDemuxer,
  type TsEvent,
  TsMonitor,
  TsMuxer,
  type TsMuxerOptions,
} from "../src/index.js";
import { analyse } from "./analyse.js";

const VIDEO = 0x100;
const AUDIO = 0x101;
const ANC = 0x102;

const PROGRAM: MuxProgram = {
  streams: [
    { pid: VIDEO, kind: "h264" },
    { pid: AUDIO, kind: "aac-adts" },
    { pid: ANC, kind: "smpte-2038" },
  ],
};

/** Bytes that differ from unit to unit. */
function payload(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + seed * 13) & 0xff);
}

/** Two seconds and more of 25 fps video with B pictures, 48 kHz audio, and ANC in some pictures. */
function programme(pictures: number, start = 900_000): MuxUnit[] {
  const units: MuxUnit[] = [];
  for (let n = 0; n < pictures; n++) {
    const dts = start + n * 3600;
    const size = n % 25 === 0 ? 20_000 : 2000;
    const pts = dts + (n % 3 === 1 ? 7200 : 3600);
    units.push({ pid: VIDEO, data: payload(size, n), dts, pts, randomAccess: n % 25 === 0 });
    if (n % 4 === 0) units.push({ pid: ANC, data: payload(50, n), pts: dts + 3600 });
    for (let a = Math.ceil((n * 3600) / 1920); a * 1920 < (n + 1) * 3600; a++) {
      units.push({ pid: AUDIO, data: payload(340, a), pts: start + a * 1920 });
    }
  }
  return units;
}

function mux(units: readonly MuxUnit[], options: TsMuxerOptions): Uint8Array {
  const muxer = new TsMuxer(options);
  const chunks = units.map((unit) => muxer.push(unit));
  return concatBytes(...chunks, muxer.flush());
}

function demux(bytes: Uint8Array): TsEvent[] {
  const demuxer = new TsDemuxer();
  return [...demuxer.push(bytes), ...demuxer.flush()];
}

/** Per PID length, checksum and times of the data, in order. */
function contents(units: readonly (MuxUnit | TsEvent)[]): Record<number, string[]> {
  const byPid: Record<number, string[]> = {};
  for (const unit of units) {
    if ("type" in unit && unit.type !== "pes") continue;
    const { pid, data, pts, dts = pts } = unit;
    const time = (value: number | undefined): number | undefined =>
      value === undefined ? undefined : ((value % 2 ** 33) + 2 ** 33) % 2 ** 33;
    byPid[pid] ??= [];
    byPid[pid].push(`${data.length}:${crc32Mpeg(data)} ${time(pts)} ${time(dts)}`);
  }
  return byPid;
}

describe.each([
  ["variable rate", {}],
  ["constant rate", { bitrate: 2_000_000 }],
] as const)("%s", (_name, rate) => {
  const units = programme(75);
  const bytes = mux(units, { programs: [PROGRAM], ...rate });
  const report = analyse(bytes);

  test("what goes in comes out", () => {
    const events = demux(bytes);
    expect(events.filter((event) => event.type === "issue")).toEqual([]);
    expect(contents(events)).toEqual(contents(units));
    expect(bytes.length % 188).toBe(0);
  });

  test("the streams are signalled by kind", () => {
    const pmt = demux(bytes).find((event) => event.type === "pmt");
    expect(pmt?.pmt.streams.map(streamKind)).toEqual(["h264", "aac-adts", "smpte-2038"]);
    expect(pmt?.pmt.pcrPid).toBe(VIDEO);
    expect(pmt?.pmt.streams[2]?.descriptors).toEqual([
      { descriptorTag: 0x05, data: Uint8Array.of(0x56, 0x41, 0x4e, 0x43) },
      { descriptorTag: 0xc4, data: new Uint8Array(0) },
    ]);
  });

  test("no TR 101 290 priority 1 or 2 error", () => {
    expect(report.errors).toEqual([]);
    expect(report.maxPcrInterval).toBeLessThanOrEqual(40 * 27_000);
    expect(report.maxPatInterval).toBeLessThanOrEqual(0.2 * 27e6);
  });

  test("every byte is there before its DTS, and audio never overfills its buffer", () => {
    expect(report.lateUnits).toBe(0);
    expect(report.occupancy[AUDIO]).toBeLessThanOrEqual(3584);
    // At variable rate the spacing inside a PCR interval is the muxer's own and not in the stream.
    if ("bitrate" in rate) expect(report.transportBuffer[AUDIO]).toBeLessThanOrEqual(512);
  });

  test("the PCR is never on the ANC stream", () => {
    expect(report.pcrPids).toEqual([VIDEO]);
  });
});

describe("constant rate", () => {
  test.each([1_000_000, 1_234_567, 38_015_000])("%d bit/s: PCRs are exact", (bitrate) => {
    const units = programme(30);
    const bytes = mux(units, { programs: [PROGRAM], bitrate });
    const pcrs = demux(bytes).filter((event) => event.type === "pcr");
    const first = pcrs[0];
    if (first === undefined) throw new Error("no PCR");
    for (const { packet, pcr } of pcrs) {
      const exact = ((packet - first.packet) * 1504 * 27e6) / bitrate;
      // Below one tick of 37 ns: the times are rounded down from the same start.
      expect(Math.abs(pcr - first.pcr - exact)).toBeLessThan(1);
    }
    const seconds = (bytes.length * 8) / bitrate;
    expect(seconds).toBeGreaterThan(1);
    expect(seconds).toBeLessThan(2);
  });

  test("a rate that is too low is reported, and nothing is lost", () => {
    const late: number[] = [];
    const units = programme(50);
    const bytes = mux(units, {
      programs: [PROGRAM],
      bitrate: 300_000,
      onLate: ({ lateBy }) => late.push(lateBy),
    });
    expect(late.length).toBeGreaterThan(0);
    expect(Math.min(...late)).toBeGreaterThan(0);
    expect(contents(demux(bytes))).toEqual(contents(units));
  });

  test.each([1000, 10_000, 30_000])("units get through at %d bit/s", (bitrate) => {
    const units = [0, 1, 2].map(
      (n): MuxUnit => ({ pid: ANC, data: payload(400, n), pts: n * 3600 }),
    );
    const programs: MuxProgram[] = [
      { streams: [{ pid: ANC, kind: "smpte-2038" }], service: { name: "slow" } },
      { streams: [{ pid: VIDEO, kind: "h264" }] },
    ];
    const bytes = mux(units, { programs, bitrate, onLate: () => {} });
    expect(contents(demux(bytes))).toEqual(contents(units));
    // Nine packets of units, and not more than five times as many others.
    expect(bytes.length).toBeLessThan(188 * 9 * 6 + 188 * 20);
  });

  test("null packets fill up", () => {
    const report = analyse(mux(programme(30), { programs: [PROGRAM], bitrate: 5_000_000 }));
    expect(report.packets[NULL_PID]).toBeGreaterThan(1000);
  });
});

describe("programmes", () => {
  const second: MuxProgram = {
    programNumber: 9,
    pmtPid: 0x50,
    streams: [{ pid: 0x300, kind: "hevc" }],
    service: { name: "Zweites Programm", provider: "ß" },
  };

  test("several, each with its own clock", () => {
    const one = programme(50, 900_000);
    const two = programme(50, 8_589_900_000)
      .filter(({ pid }) => pid === VIDEO)
      .map((unit) => ({ ...unit, pid: 0x300 }));
    const units: MuxUnit[] = [];
    for (let i = 0; i < one.length; i++) {
      units.push(one[i] as MuxUnit);
      if (two[i] !== undefined) units.push(two[i] as MuxUnit);
    }
    const bytes = mux(units, { programs: [PROGRAM, second] });
    const events = demux(bytes);
    expect(contents(events)).toEqual(contents(units));
    expect(analyse(bytes).errors).toEqual([]);
    const pat = events.find((event) => event.type === "pat");
    expect(pat?.pat.programs).toEqual([
      { programNumber: 1, pid: 0x1000 },
      { programNumber: 9, pid: 0x50 },
    ]);
    expect(analyse(bytes).pcrPids).toEqual([VIDEO, 0x300]);
    expect(events.some((event) => event.type === "section" && event.pid === 0x11)).toBe(true);
  });

  test("an ANC stream alone gets its PCR beside it", () => {
    const units: MuxUnit[] = [0, 1, 2, 30, 31].map((n) => ({
      pid: ANC,
      data: payload(40, n),
      pts: 1_000_000 + n * 3003,
    }));
    const bytes = mux(units, { programs: [{ streams: [{ pid: ANC, kind: "smpte-2038" }] }] });
    const report = analyse(bytes);
    expect(report.errors).toEqual([]);
    expect(report.pcrPids).toEqual([0x1f0]);
    expect(contents(demux(bytes))).toEqual(contents(units));
    // Five units, but the clock goes on through a second of silence.
    expect(report.packets[0x1f0]).toBeGreaterThan(25);
  });

  test("advance keeps tables and clock going without units", () => {
    const muxer = new TsMuxer({ programs: [{ streams: [{ pid: ANC, kind: "smpte-2038" }] }] });
    const parts = [muxer.advance(900_000), muxer.advance(990_000), muxer.advance(1_080_000)];
    const report = analyse(concatBytes(...parts));
    expect(report.errors).toEqual([]);
    expect(report.packets[0x1f0]).toBeGreaterThan(50);
    expect(report.packets[0]).toBeGreaterThan(15);
  });

  test("a change gets a new version and keeps the counters", () => {
    const muxer = new TsMuxer({ programs: [PROGRAM] });
    const parts = programme(10).map((unit) => muxer.push(unit));
    parts.push(muxer.setPrograms([{ streams: PROGRAM.streams.slice(0, 2) }]));
    const later = programme(10, 900_000 + 36_000).filter(({ pid }) => pid !== ANC);
    parts.push(...later.map((unit) => muxer.push(unit)), muxer.flush());
    const bytes = concatBytes(...parts);
    const events = demux(bytes);
    const versions = events.flatMap((event) =>
      event.type === "pmt" ? [[event.pmt.versionNumber, event.pmt.streams.length]] : [],
    );
    expect(versions).toEqual([
      [0, 3],
      [1, 2],
    ]);
    expect(analyse(bytes).errors).toEqual([]);
    expect(events.filter((event) => event.type === "issue")).toEqual([]);
  });

  test("sections are carried as sections", () => {
    const data = encodeSection({ tableId: 0xfc, privateIndicator: false, data: payload(500, 1) });
    const bytes = mux(
      [
        { pid: VIDEO, data: payload(100, 0), pts: 90_000 },
        { pid: 0x200, data },
      ],
      {
        programs: [
          {
            streams: [
              { pid: VIDEO, kind: "h264" },
              { pid: 0x200, kind: "scte35" },
            ],
          },
        ],
      },
    );
    const alone = mux([{ pid: 0x200, data }], {
      programs: [{ streams: [{ pid: 0x200, kind: "scte35" }] }],
    });
    expect(demux(alone).some((event) => event.type === "section")).toBe(true);
    const section = demux(bytes).find((event) => event.type === "section");
    expect(section?.pid).toBe(0x200);
    expect(section?.bytes).toEqual(data);
  });
});

describe("time", () => {
  test("33-bit times continue past the wrap", () => {
    const unwrapped = programme(75, 2 ** 33 - 100_000);
    const wrapped = unwrapped.map((unit) => ({
      ...unit,
      pts: (unit.pts as number) % 2 ** 33,
      ...(unit.dts === undefined ? {} : { dts: unit.dts % 2 ** 33 }),
    }));
    const bytes = mux(wrapped, { programs: [PROGRAM] });
    expect(equalBytes(mux(unwrapped, { programs: [PROGRAM] }), bytes)).toBe(true);
    expect(analyse(bytes).errors).toEqual([]);
    const times = demux(bytes).flatMap((event) =>
      event.type === "pes" && event.pid === VIDEO ? [event.dtsUnwrapped as number] : [],
    );
    expect(times.every((time, i) => i === 0 || time - (times[i - 1] as number) === 3600)).toBe(
      true,
    );
  });

  test.each([
    ["forward", 900_000 + 90_000 * 3600],
    ["back", 900_000],
  ])("a jump %s begins a flagged time base", (_name, start) => {
    const units = [...programme(50, 9_000_000), ...programme(50, start)];
    const bytes = mux(units, { programs: [PROGRAM] });
    const report = analyse(bytes);
    expect(report.errors).toEqual([]);
    expect(report.discontinuities).toBe(1);
    expect(contents(demux(bytes))).toEqual(contents(units));
  });

  test("a stream that is late for the jump does not jump back", () => {
    const first = programme(50, 9_000_000);
    const second = programme(50, 900_000);
    const straggler: MuxUnit = { pid: AUDIO, data: payload(300, 1), pts: 9_000_000 + 50 * 3600 };
    const units = [...first, second[0] as MuxUnit, straggler, ...second.slice(1)];
    const bytes = mux(units, { programs: [PROGRAM] });
    expect(analyse(bytes).discontinuities).toBe(1);
    expect(contents(demux(bytes))).toEqual(contents(units));
  });

  test("minutes of silence of a sparse stream are no jump", () => {
    const units = [0, 4].map(
      (minute): MuxUnit => ({
        pid: ANC,
        data: payload(40, minute),
        pts: 1000 + minute * 5_400_000,
      }),
    );
    const bytes = mux(units, { programs: [{ streams: [{ pid: ANC, kind: "smpte-2038" }] }] });
    const report = analyse(bytes);
    expect(report.errors).toEqual([]);
    expect(report.discontinuities).toBe(0);
    // Only clock and tables: below 10 kB a second.
    expect(bytes.length).toBeLessThan(240 * 10_000);
  });

  test.each([60_000, 120_000])("PCRs come in time at %d bit/s", (bitrate) => {
    const units = [0, 1, 2, 3].map(
      (n): MuxUnit => ({ pid: VIDEO, data: payload(60, n), pts: n * 45_000 }),
    );
    const report = analyse(
      mux(units, { programs: [{ streams: [{ pid: VIDEO, kind: "h264" }] }], bitrate }),
    );
    expect(report.errors).toEqual([]);
    expect(report.maxPcrInterval).toBeLessThanOrEqual(40 * 27_000);
  });

  test("a decoder's small audio buffer does not make PTSs rare at the start, nor do pictures sent ahead at the end", () => {
    // MPEG audio of 384 kbit/s, two frames to a unit: a second unit has no room before the first one is decoded.
    const units: MuxUnit[] = [];
    for (let n = 0; n < 60; n++) {
      const dts = 900_000 + n * 4320;
      units.push({ pid: VIDEO, data: payload(1500, n), pts: dts + 7200, dts });
      units.push({ pid: AUDIO, data: payload(2304, n), pts: dts + 3600 });
    }
    const streams = [
      { pid: VIDEO, kind: "mpeg2-video" },
      { pid: AUDIO, kind: "mpeg1-audio" },
    ] as const;
    for (const rate of [{}, { bitrate: 2_000_000 }]) {
      const monitor = new TsMonitor(rate);
      const output = mux(units, { programs: [{ streams }], ...rate });
      expect([...monitor.push(output), ...monitor.flush()]).toEqual([]);
    }
  });

  test("the PCR is the mux delay behind", () => {
    const bytes = mux(programme(10), { programs: [PROGRAM], muxDelay: 9000 });
    const pcr = demux(bytes).find((event) => event.type === "pcr");
    expect(Math.abs(900_000 * 300 - 9000 * 300 - (pcr?.pcr ?? 0))).toBeLessThan(27_000);
  });
});

describe("mistakes of the caller", () => {
  test.each<[string, () => unknown]>([
    ["no programme", () => new TsMuxer({ programs: [] })],
    ["a PID twice", () => new TsMuxer({ programs: [PROGRAM, PROGRAM] })],
    ["a reserved PID", () => new TsMuxer({ programs: [{ streams: [{ pid: 3, kind: "h264" }] }] })],
    ["neither kind nor type", () => new TsMuxer({ programs: [{ streams: [{ pid: 300 }] }] })],
    [
      "a transport buffer that never empties",
      () =>
        new TsMuxer({ programs: [{ streams: [{ pid: 300, kind: "h264", transportRate: 0 }] }] }),
    ],
    ["an interval", () => new TsMuxer({ programs: [PROGRAM], pcrInterval: 9000 })],
    ["a peak rate", () => new TsMuxer({ programs: [PROGRAM], peakBitrate: 0 })],
    ["a rate", () => new TsMuxer({ programs: [PROGRAM], bitrate: 0.5 })],
    [
      "an unknown PID",
      () => new TsMuxer({ programs: [PROGRAM] }).push({ pid: 7, data: payload(1, 1) }),
    ],
    [
      "a fraction as time",
      () =>
        new TsMuxer({ programs: [PROGRAM] }).push({ pid: VIDEO, data: payload(1, 1), pts: 0.5 }),
    ],
    [
      "audio of more than a PES packet",
      () =>
        new TsMuxer({ programs: [PROGRAM] }).push({ pid: AUDIO, data: payload(66_000, 1), pts: 0 }),
    ],
  ])("%s", (_name, call) => {
    expect(call).toThrow(RangeError);
  });
});

describe("properties", () => {
  const unit = fc.record({
    pid: fc.constantFrom(VIDEO, AUDIO, ANC),
    size: fc.integer({ min: 0, max: 1500 }),
    step: fc.integer({ min: 0, max: 9000 }),
    randomAccess: fc.boolean(),
  });
  property.prop([
    fc.array(unit, { minLength: 1, maxLength: 60 }),
    fc.option(fc.integer({ min: 400_000, max: 50_000_000 }), { nil: undefined }),
    fc.integer({ min: 0, max: 2 ** 33 - 1 }),
  ])("any units come out as they went in, without an error", (list, bitrate, start) => {
    let time = start;
    const units = list.map(({ pid, size, step, randomAccess }, i): MuxUnit => {
      time += step;
      return { pid, data: payload(size, i), pts: time, randomAccess };
    });
    const bytes = mux(units, {
      programs: [PROGRAM],
      ...(bitrate === undefined ? {} : { bitrate }),
    });
    const events = demux(bytes);
    expect(events.filter((event) => event.type === "issue")).toEqual([]);
    expect(contents(events)).toEqual(contents(units));
    expect(analyse(bytes).errors).toEqual([]);
    // Units come as far apart as chance has it: no stream is late.
    const monitor = new TsMonitor({ maxPidIntervalMs: 1e9, maxPtsIntervalMs: 1e9 });
    expect([...monitor.push(bytes), ...monitor.flush()]).toEqual([]);
  });
});
