import { fc, it } from "@fast-check/vitest";
import { concatBytes } from "@x/bits";
import { encodePmt } from "@x/mpegts";
import { describe, expect, test } from "vitest";
import { type PcrSelection, PcrSelector, type SelectedPcr } from "../src/index.js";
import {
  nullPacket,
  PCR_PID,
  PMT_PID,
  patPacket,
  pcrPacket,
  pmtPacket,
  rtp,
  sectionPackets,
} from "./stream.js";

function select(packets: readonly Uint8Array[], selection: PcrSelection = {}): SelectedPcr[] {
  const found: SelectedPcr[] = [];
  const selector = new PcrSelector(selection);
  for (const packet of packets) selector.push(packet, (pcr) => found.push({ ...pcr }));
  return found;
}

const tables = [patPacket([[1, PMT_PID]]), pmtPacket()];
const values = (found: readonly SelectedPcr[]): number[] => found.map(({ pcr }) => pcr);

describe("which PCRs", () => {
  test("those of the first programme's PCR_PID, and none before its PMT", () => {
    const packets = [
      pcrPacket({ pcr: 1 }),
      ...tables,
      pcrPacket({ pcr: 2 }),
      pcrPacket({ pid: 0x101, pcr: 3 }),
    ];
    expect(values(select(packets))).toEqual([2]);
  });

  test("programme 0 is the network", () => {
    const packets = [
      patPacket([
        [0, 0x10],
        [1, PMT_PID],
      ]),
      pmtPacket(),
      pcrPacket({ pcr: 2 }),
    ];
    expect(values(select(packets))).toEqual([2]);
  });

  test("those of a programme that is named", () => {
    const packets = [
      patPacket([
        [1, PMT_PID],
        [2, 0x1001],
      ]),
      pmtPacket(),
      pmtPacket({ programNumber: 2, pmtPid: 0x1001, pcrPid: 0x200 }),
      pcrPacket({ pcr: 1 }),
      pcrPacket({ pid: 0x200, pcr: 2 }),
    ];
    expect(values(select(packets))).toEqual([1]);
    expect(values(select(packets, { program: 2 }))).toEqual([2]);
    expect(values(select(packets, { program: 3 }))).toEqual([]);
  });

  test("those of a PID that is named, without tables", () => {
    expect(values(select([pcrPacket({ pcr: 1 })], { pcrPid: PCR_PID }))).toEqual([1]);
    expect(values(select([pcrPacket({ pid: 0x1fff, pcr: 1 })], { pcrPid: 0x1fff }))).toEqual([1]);
  });

  test("those of the first PID with three PCRs within a second", () => {
    const packets = [0, 40, 80, 120].flatMap((ms) => [
      pcrPacket({ pid: 0x1fff, pcr: ms * 27_000 }),
      pcrPacket({ pid: 0x102, pcr: ms * 27_000 * 20 }),
      pcrPacket({ pid: 0x101, pcr: ms * 27_000 }),
    ]);
    const found = select(packets, { select: "first-seen" });
    expect(found.map(({ pid, pcr }) => [pid, pcr])).toEqual([
      [0x101, 80 * 27_000],
      [0x101, 120 * 27_000],
    ]);
  });

  test("a next or damaged PMT changes nothing, a new version does", () => {
    const found = select([
      ...tables,
      pcrPacket({ pcr: 1 }),
      pmtPacket({ pcrPid: 0x200, versionNumber: 1, currentNextIndicator: false }, 1),
      pmtPacket({ pcrPid: 0x200, versionNumber: 1, badCrc: true }, 2),
      pcrPacket({ pid: 0x200, pcr: 2 }),
      pmtPacket({ versionNumber: 1 }, 3),
      pcrPacket({ pcr: 3 }),
      pmtPacket({ pcrPid: 0x200, versionNumber: 2 }, 4),
      pcrPacket({ pcr: 4 }),
      pcrPacket({ pid: 0x200, pcr: 5 }),
      pcrPacket({ pid: 0x200, pcr: 6 }),
    ]);
    expect(values(found)).toEqual([1, 3, 5, 6]);
    expect(found.map(({ pidChanged }) => pidChanged)).toEqual([false, false, true, false]);
  });

  test("a programme that a PAT no longer lists makes room for the first one", () => {
    const found = select([
      ...tables,
      patPacket([[5, 0x1005]], 1, 1),
      pmtPacket({ programNumber: 5, pmtPid: 0x1005, pcrPid: 0x300 }),
      pcrPacket({ pid: 0x300, pcr: 7 }),
    ]);
    expect(values(found)).toEqual([7]);
  });

  test("of a PAT in several sections the first programme, whichever section comes first", () => {
    const maps = [
      pmtPacket({ programNumber: 1, pmtPid: 0x1001, pcrPid: 0x301 }),
      pmtPacket({ programNumber: 2, pmtPid: 0x1002, pcrPid: 0x302 }),
    ];
    const pcrs = [pcrPacket({ pid: 0x301, pcr: 1 }), pcrPacket({ pid: 0x302, pcr: 2 })];
    const first = patPacket([[1, 0x1001]], 0, 0, { sectionNumber: 0, lastSectionNumber: 1 });
    const second = patPacket([[2, 0x1002]], 1, 0, { sectionNumber: 1, lastSectionNumber: 1 });
    expect(values(select([first, second, ...maps, ...pcrs]))).toEqual([1]);
    expect(values(select([second, first, ...maps, ...pcrs]))).toEqual([1]);
    expect(values(select([first, ...maps, ...pcrs]))).toEqual([1]);
    expect(values(select([second, ...maps, ...pcrs]))).toEqual([]);
    expect(values(select([second, ...maps, ...pcrs], { program: 2 }))).toEqual([2]);
  });

  test("a programme that none of the PAT's sections lists makes room, too", () => {
    const part = (sectionNumber: number) => ({ sectionNumber, lastSectionNumber: 1 });
    const found = select([
      ...tables,
      patPacket([[5, 0x1005]], 1, 1, part(0)),
      pcrPacket({ pcr: 1 }),
      patPacket([[6, 0x1006]], 2, 1, part(1)),
      pmtPacket({ programNumber: 5, pmtPid: 0x1005, pcrPid: 0x300 }),
      pcrPacket({ pid: 0x300, pcr: 7 }),
    ]);
    expect(values(found)).toEqual([1, 7]);
  });

  test("those that a PMT in several packets names, when each comes twice", () => {
    const section = encodePmt({
      programNumber: 1,
      versionNumber: 0,
      currentNextIndicator: true,
      pcrPid: PCR_PID,
      descriptors: [200, 200].map((size) => ({
        descriptorTag: 0x80,
        data: new Uint8Array(size),
      })),
      streams: [],
    });
    const packets = sectionPackets(PMT_PID, section, 5);
    expect(packets.length).toBe(3);
    const twice = packets.flatMap((packet) => [packet, packet]);
    expect(values(select([patPacket([[1, PMT_PID]]), ...twice, pcrPacket({ pcr: 1 })]))).toEqual([
      1,
    ]);
  });

  test("TEI: no; scrambled: yes; without room in the adaptation field: no", () => {
    const damaged = pcrPacket({ pcr: 1 });
    damaged[1] = 0x81;
    const scrambled = pcrPacket({ pcr: 2, continuityCounter: 1 });
    scrambled[3] = 0xb1;
    const short = pcrPacket({ pcr: 3 });
    short[4] = 6;
    const long = pcrPacket({ pcr: 4 });
    long[4] = 184;
    expect(values(select([...tables, damaged, scrambled, short, long]))).toEqual([2]);
  });

  test("an extension above 299 is left out, and opens no time base", () => {
    const bad = pcrPacket({ pcr: 600, discontinuity: true });
    bad[10] = (bad[10] as number) | 1;
    bad[11] = 0xff;
    const found = select([...tables, bad, pcrPacket({ pcr: 900 }), pcrPacket({ pcr: 1200 })]);
    expect(
      found.map(({ pcr, extensionOutOfRange, discontinuity }) => [
        pcr,
        extensionOutOfRange,
        discontinuity,
      ]),
    ).toEqual([
      [600, true, false],
      [900, false, true],
      [1200, false, false],
    ]);
  });

  test("a PID or programme that cannot be is a RangeError", () => {
    expect(() => new PcrSelector({ pcrPid: 8192 })).toThrow(RangeError);
    expect(() => new PcrSelector({ program: 0 })).toThrow(RangeError);
  });
});

describe("discontinuity_indicator", () => {
  const flags = (packets: readonly Uint8Array[]): boolean[] =>
    select([...tables, ...packets]).map(({ discontinuity }) => discontinuity);

  test("counts for the next PCR when it comes before it", () => {
    expect(
      flags([
        pcrPacket({ discontinuity: true, continuityCounter: 0 }),
        pcrPacket({ discontinuity: true, continuityCounter: 1 }),
        pcrPacket({ pcr: 1, continuityCounter: 2 }),
        pcrPacket({ pcr: 2, continuityCounter: 3 }),
      ]),
    ).toEqual([true, false]);
  });

  test("on another PID concerns continuity_counter only", () => {
    expect(flags([pcrPacket({ pid: 0x101, discontinuity: true }), pcrPacket({ pcr: 1 })])).toEqual([
      false,
    ]);
  });

  test("in the copy of a packet begins no second time base", () => {
    expect(
      flags([
        pcrPacket({ pcr: 1, discontinuity: true, continuityCounter: 5 }),
        pcrPacket({ pcr: 2, discontinuity: true, continuityCounter: 5 }),
        pcrPacket({ pcr: 3, continuityCounter: 6 }),
        pcrPacket({ pcr: 4, discontinuity: true, continuityCounter: 5 }),
      ]),
    ).toEqual([true, false, false, true]);
  });

  test("of packets without payload counts each time: their continuity_counter stands", () => {
    expect(
      flags([
        pcrPacket({ pcr: 1, discontinuity: true }),
        pcrPacket({ pcr: 2, discontinuity: true }),
      ]),
    ).toEqual([true, true]);
  });
});

describe("framing", () => {
  const stream = [
    ...tables,
    ...Array.from({ length: 40 }, (_, i) =>
      i % 4 === 0 ? pcrPacket({ pcr: i * 1000 }) : nullPacket(),
    ),
  ];

  test("RTP headers are taken off", () => {
    expect(
      select([rtp(concatBytes(...stream.slice(0, 7))), rtp(concatBytes(...stream.slice(7)), 96)]),
    ).toEqual(select(stream));
  });

  test("what does not begin with a packet is a byte stream", () => {
    const bytes = concatBytes(...stream);
    const found: SelectedPcr[] = [];
    const selector = new PcrSelector();
    for (const piece of [bytes.subarray(0, 400), bytes.subarray(400)]) {
      selector.push(piece, (pcr) => found.push({ ...pcr }));
    }
    selector.flush((pcr) => found.push({ ...pcr }));
    expect(values(found)).toEqual(values(select(stream)));
    expect(selector.packets).toBe(stream.length);
    selector.reset();
    expect([selector.packets, selector.pcrPid, selector.program]).toEqual([
      0,
      undefined,
      undefined,
    ]);
  });

  test("a gap of continuity_counter is noted for the next PCR", () => {
    const gaps = select([
      ...tables,
      pcrPacket({ pcr: 1, continuityCounter: 0 }),
      pcrPacket({ pcr: 2, continuityCounter: 1 }),
      pcrPacket({ pid: 0x333, continuityCounter: 1 }),
      pcrPacket({ pid: 0x333, continuityCounter: 3 }),
      pcrPacket({ pcr: 3, continuityCounter: 2 }),
      pcrPacket({ pcr: 4, continuityCounter: 3 }),
    ]).map(({ gap }) => gap);
    expect(gaps).toEqual([false, false, true, false]);
  });

  it.prop([fc.array(fc.uint8Array({ maxLength: 600 }), { maxLength: 20 }), fc.boolean()])(
    "never throws on junk",
    (chunks, bytes) => {
      const selector = new PcrSelector({ framing: bytes ? "bytes" : "datagrams" });
      for (const chunk of chunks) selector.push(chunk, () => {});
      selector.flush(() => {});
      expect(selector.packets).toBeGreaterThanOrEqual(0);
    },
  );

  it.prop([fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 30 })])(
    "never throws on a damaged stream, and its values stay in range",
    (damage) => {
      const bytes = concatBytes(...stream);
      for (const [at, value] of damage) bytes[at % bytes.length] = value;
      for (const found of select([bytes])) {
        expect(found.pcr).toBeGreaterThanOrEqual(0);
        expect(found.pcr).toBeLessThan(2 ** 33 * 300);
      }
    },
  );
});
