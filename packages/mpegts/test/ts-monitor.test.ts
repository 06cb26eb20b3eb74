import { crc32Mpeg, readPcr, writePcr } from "@x/bits";
import { describe, expect, test } from "vitest";
import { vectorBytes, vectorFiles } from "../../../tools/testing/vectors.js";
import { packetBytes, sectionBytes } from "../src/conformance.js";
import { sectionPackets } from "../src/conformance-streams.js";
import {
  TR_101_290_NAMES,
  type Tr101290Indicator,
  TsMonitor,
  type TsMonitorOptions,
  TsMuxer,
  type TsViolation,
} from "../src/index.js";

const VIDEO = 0x100;
const AUDIO = 0x101;
const PMT = 0x1000;
const NULLS = 0x1fff;
/** Packets in a second of the stream below. */
const RATE = 1000;

/** Eight seconds of 1000 packets a second, PCRs exact; `timed` says which units have times. */
function stream(timed: (second: number) => boolean = () => true): Uint8Array {
  const muxer = new TsMuxer({
    bitrate: 1504 * RATE,
    programs: [
      {
        pmtPid: PMT,
        streams: [
          { pid: VIDEO, kind: "h264" },
          { pid: AUDIO, kind: "aac-adts" },
        ],
      },
    ],
  });
  const parts: Uint8Array[] = [];
  for (let n = 0; n < 200; n++) {
    const pts = 900_000 + 3600 * n;
    const time = timed(n / 25) ? { pts } : {};
    parts.push(muxer.push({ pid: VIDEO, data: new Uint8Array(2000), ...time }));
    parts.push(muxer.push({ pid: AUDIO, data: new Uint8Array(300), pts }));
    parts.push(muxer.advance(pts));
  }
  parts.push(muxer.flush());
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

const CLEAN = stream();

const pidOf = (packet: Uint8Array): number =>
  (((packet[1] as number) & 0x1f) << 8) | (packet[2] as number);

/** The stream with its packets changed: `edit` gets each one, and the seconds since the start. */
function edited(edit: (packet: Uint8Array, second: number, index: number) => void): Uint8Array {
  const bytes = CLEAN.slice();
  for (let at = 0; at < bytes.length; at += 188) {
    edit(bytes.subarray(at, at + 188), at / 188 / RATE, at / 188);
  }
  return bytes;
}

/** Make it a null packet. */
function blank(packet: Uint8Array): void {
  packet[1] = 0x1f;
  packet[2] = 0xff;
  packet[3] = 0x10;
}

/** What is wrong, without the indicators that are 0. */
function counts(bytes: Uint8Array, options: TsMonitorOptions = {}): Record<string, number> {
  const monitor = new TsMonitor(options);
  const violations = [...monitor.push(bytes), ...monitor.flush()];
  const counted: Record<string, number> = {};
  for (const { indicator } of violations) counted[indicator] = (counted[indicator] ?? 0) + 1;
  const reported = Object.entries(monitor.report().counts).filter(([, count]) => count > 0);
  expect(Object.fromEntries(reported)).toEqual(counted);
  return counted;
}

describe("a stream without fault", () => {
  test("has no violation, and its time is that of the PCRs", () => {
    const monitor = new TsMonitor();
    expect([...monitor.push(CLEAN), ...monitor.flush()]).toEqual([]);
    const { packets, durationS } = monitor.report();
    expect(packets).toBe(CLEAN.length / 188);
    expect(Math.abs(durationS - packets / RATE)).toBeLessThan(0.1);
  });

  test("all indicators are named", () => {
    expect(Object.keys(new TsMonitor().report().counts)).toEqual(Object.keys(TR_101_290_NAMES));
  });
});

describe("each indicator", () => {
  const nulls: number[] = [];
  edited((packet, second, index) => {
    if (pidOf(packet) === NULLS && second > 1) nulls.push(index);
  });
  const isNull = (index: number): boolean => index === nulls[0];
  const between = (second: number, from: number, to: number): boolean =>
    second >= from && second < to;
  let flipped = false;

  const cases: [
    Tr101290Indicator,
    string,
    Record<string, number>,
    Uint8Array,
    TsMonitorOptions?,
  ][] = [
    [
      "1.2",
      "one wrong sync byte",
      { "1.2": 1 },
      edited((p, _, index) => {
        if (isNull(index)) p[0] = 0x46;
      }),
    ],
    [
      "1.1",
      "bytes that are no packets",
      { "1.1": 1, "1.2": 1 },
      Uint8Array.from([...CLEAN.subarray(0, 188 * 500), 1, 2, 3, ...CLEAN.subarray(188 * 500)]),
    ],
    [
      "1.3",
      "no PAT for 1.7 s",
      { "1.3": 3, "1.4": 1 },
      edited((p, s) => {
        if (pidOf(p) === 0 && between(s, 2, 3.7)) blank(p);
      }),
    ],
    [
      "1.3",
      "another table on the PAT's PID",
      { "1.3": 1 },
      edited((p, s) => {
        if (pidOf(p) !== 0 || !between(s, 2, 2.1)) return;
        const section = sectionBytes(0x42, 1, [0, 0, 0, 0]);
        p.set(section, 5);
      }),
    ],
    [
      "1.3",
      "a scrambled PAT",
      { "1.3": 1 },
      edited((p, s) => {
        if (pidOf(p) === 0 && between(s, 2, 2.05)) p[3] = (p[3] as number) | 0x80;
      }),
    ],
    [
      "1.4",
      "a lost packet",
      { "1.4": 1 },
      edited((p, s) => {
        if (flipped || pidOf(p) !== AUDIO || s < 2) return;
        flipped = true;
        blank(p);
      }),
    ],
    [
      "1.5",
      "no programme map for 0.9 s",
      { "1.5": 1, "1.4": 1 },
      edited((p, s) => {
        if (pidOf(p) === PMT && between(s, 2, 2.9)) blank(p);
      }),
    ],
    [
      "1.6",
      "a PID that is gone",
      { "1.6": 1, "2.5": 7, "1.4": 1 },
      edited((p, s) => {
        if (pidOf(p) === AUDIO && between(s, 1.5, 7)) blank(p);
      }),
    ],
    [
      "2.1",
      "a packet that is marked damaged",
      { "2.1": 1 },
      edited((p, _, index) => {
        if (isNull(index)) p[1] = 0x9f;
      }),
    ],
    [
      "2.2",
      "a PAT with a wrong CRC",
      { "2.2": 1 },
      edited((p, s) => {
        if (pidOf(p) === 0 && between(s, 2, 2.1)) p[8] = (p[8] as number) ^ 1;
      }),
    ],
    [
      "2.3b",
      "a clock that jumps",
      { "2.3b": 1 },
      edited((p, s) => {
        if (hasPcr(p) && s >= 4) writePcr(p, 6, readPcr(p, 6) + 27_000_000 * 60);
      }),
    ],
    [
      "2.4",
      "one PCR a microsecond off",
      { "2.4": 1 },
      edited((p, s) => {
        if (hasPcr(p) && between(s, 4, 4.036)) writePcr(p, 6, readPcr(p, 6) + 27);
      }),
    ],
    ["2.5", "pictures without times", { "2.5": 2 }, stream((s) => s < 2 || s > 3.7)],
    [
      "2.6",
      "scrambled packets without a CAT",
      { "2.6": 2 },
      edited((p, s) => {
        if (pidOf(p) === AUDIO && between(s, 1, 6)) p[3] = (p[3] as number) | 0x80;
      }),
      { maxPtsIntervalMs: 10_000 },
    ],
    [
      "2.6",
      "another table on the CAT's PID",
      { "2.6": 1 },
      edited((p, _, index) => {
        const [packet] = sectionPackets(1, sectionBytes(0x42, 1, [0, 0, 0, 0]));
        if (isNull(index)) p.set(packet as Uint8Array);
      }),
    ],
  ];

  test.each(cases)("%s: %s", (indicator, _name, expected, bytes, options) => {
    expect(expected).toHaveProperty([indicator]);
    expect(counts(bytes, options)).toEqual(expected);
  });

  test("2.3a: PCRs that are farther apart than allowed", () => {
    const found = counts(CLEAN, { maxPcrIntervalMs: 20 });
    expect(Object.keys(found)).toEqual(["2.3a"]);
    expect(found["2.3a"]).toBeGreaterThan(200);
  });

  test("with a CAT, scrambled packets are in order", () => {
    const cat = sectionPackets(1, sectionBytes(1, 0xffff, []))[0] as Uint8Array;
    let counter = 0;
    const bytes = edited((p, s, index) => {
      if (pidOf(p) === AUDIO && between(s, 1, 6)) p[3] = (p[3] as number) | 0x80;
      if (!nulls.includes(index) || index % 50 !== 0) return;
      p.set(cat);
      p[3] = 0x10 | (counter++ & 0x0f);
    });
    expect(counter).toBeGreaterThan(20);
    expect(counts(bytes, { maxPtsIntervalMs: 10_000 })).toEqual({});
  });

  test("a TOT has a CRC_32 although it is a short section (EN 300 468 5.2.6)", () => {
    const tot = new Uint8Array(14);
    tot.set([0x73, 0x70, 11]);
    new DataView(tot.buffer).setUint32(10, crc32Mpeg(tot, 0, 10));
    const bad = tot.slice();
    bad[5] = 1;
    for (const [section, expected] of [
      [tot, {}],
      [bad, { "2.2": 1 }],
    ] as const) {
      const bytes = edited((p, _, index) => {
        if (isNull(index)) p.set(sectionPackets(0x14, section)[0] as Uint8Array);
      });
      expect(counts(bytes)).toEqual(expected);
    }
  });
});

function hasPcr(packet: Uint8Array): boolean {
  const [, , , control = 0, length = 0, flags = 0] = packet;
  return (control & 0x20) !== 0 && length >= 7 && (flags & 0x10) !== 0;
}

describe("time", () => {
  test("is that of the arrivals when they are given", () => {
    const monitor = new TsMonitor();
    const found: TsViolation[] = [];
    // Half the speed: PATs are 200 ms apart; then nothing comes for two seconds.
    for (let i = 0; i * 1316 < CLEAN.length; i++) {
      const late = i * 1316 > CLEAN.length / 2 ? 2_000_000_000n : 0n;
      const arrivalNs = 10n ** 18n + BigInt(i) * 14_000_000n + late;
      found.push(...monitor.push(CLEAN.subarray(i * 1316, i * 1316 + 1316), arrivalNs));
    }
    found.push(...monitor.flush());
    const indicators = new Set(found.map((violation) => violation.indicator));
    expect(indicators).toEqual(new Set(["1.3", "1.5", "2.5"]));
    expect(Math.abs(monitor.report().durationS - 2 * (CLEAN.length / 188 / RATE) - 2)).toBeLessThan(
      0.1,
    );
  });

  test("follows another programme's PCRs when the first one's end", () => {
    const first = edited((p, s) => {
      if (hasPcr(p) && s > 2) blank(p);
    });
    const other = packetBytes({
      pid: 0x500,
      continuityCounter: 0,
      adaptation: [0x10, 0, 0, 0, 0, 0x7e, 0, ...new Array(176).fill(0xff)],
      payload: new Uint8Array(),
    });
    for (let i = 0; i * 188 < first.length; i += 37) {
      if (pidOf(first.subarray(i * 188)) !== NULLS) continue;
      first.set(other, i * 188);
      writePcr(first, i * 188 + 6, 27_000 * i);
    }
    const monitor = new TsMonitor({ maxPidIntervalMs: 1e9 });
    monitor.push(first);
    expect(monitor.report().durationS).toBeGreaterThan(6);
  });

  test("without PCRs and arrivals nothing is late", () => {
    expect(counts(edited((p) => hasPcr(p) && blank(p)))).toEqual({ "1.4": expect.any(Number) });
  });
});

describe("input", () => {
  const describeAll = (violations: readonly TsViolation[]) =>
    violations.map(({ indicator, packet, offset, pid }) => [indicator, packet, offset, pid].join());

  test("any pieces of any stream give the same", () => {
    let total = 0;
    for (const folder of ["mpegts-pcr-clock", "st2038"]) {
      for (const file of vectorFiles(folder).filter((name) => /\.(m2)?ts$/.test(name))) {
        const bytes = vectorBytes(folder, file).slice(0, 200_000);
        for (let i = 1000; i < bytes.length; i += 997) bytes[i] = i & 0xff;
        const whole = new TsMonitor();
        const expected = [...whole.push(bytes), ...whole.flush()];
        total += expected.length;
        for (const size of [1, 188, 1009]) {
          const monitor = new TsMonitor();
          const found: TsViolation[] = [];
          for (let at = 0; at < bytes.length; at += size) {
            found.push(...monitor.push(bytes.subarray(at, at + size)));
          }
          found.push(...monitor.flush());
          expect(describeAll(found), file).toEqual(describeAll(expected));
          expect(monitor.report()).toEqual(whole.report());
        }
      }
    }
    expect(total).toBeGreaterThan(100);
  });

  test("flush ends it, and the next begins anew", () => {
    const monitor = new TsMonitor();
    monitor.push(CLEAN);
    expect(monitor.flush()).toEqual([]);
    expect(monitor.flush()).toEqual([]);
    const before = monitor.report();
    expect(monitor.push(CLEAN)).toEqual([]);
    monitor.flush();
    expect(monitor.report()).toEqual(before);
  });

  test("a programme that goes is not missed", () => {
    const make = (programs: { programNumber: number; pmtPid: number; pid: number }[]) =>
      programs.map(({ programNumber, pmtPid, pid }) => ({
        programNumber,
        pmtPid,
        streams: [{ pid, kind: "h264" as const }],
      }));
    const one = { programNumber: 1, pmtPid: 0x1000, pid: 0x100 };
    const two = { programNumber: 2, pmtPid: 0x1001, pid: 0x200 };
    const muxer = new TsMuxer({ bitrate: 1_504_000, programs: make([one, two]) });
    const monitor = new TsMonitor({ maxPidIntervalMs: 600 });
    const found: TsViolation[] = [];
    for (let n = 0; n < 150; n++) {
      if (n === 60) found.push(...monitor.push(muxer.setPrograms(make([one]))));
      const pts = 900_000 + 3600 * n;
      for (const { pid } of n < 60 ? [one, two] : [one]) {
        found.push(...monitor.push(muxer.push({ pid, data: new Uint8Array(1000), pts })));
      }
    }
    found.push(...monitor.push(muxer.flush()), ...monitor.flush());
    expect(found).toEqual([]);
  });
});
