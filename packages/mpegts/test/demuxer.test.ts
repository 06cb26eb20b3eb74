import { concatBytes, equalBytes } from "@x/bits";
import { describe, expect, test } from "vitest";
import { packetBytes, patBytes, pesBytes, pmtBytes, sectionBytes } from "../src/conformance.js";
import {
  type PlainPacket,
  pcrField,
  pesPackets,
  sectionPackets,
} from "../src/conformance-streams.js";
import {
  FormatError,
  readTs,
  TsDemuxer,
  type TsDemuxerOptions,
  type TsEvent,
  tsDemuxStream,
} from "../src/index.js";

const PMT = 0x1000;
const VIDEO = 0x100;
const DATA = 0x101;
const STREAMS = [
  { streamType: 0x1b, pid: VIDEO },
  { streamType: 0x06, pid: DATA },
];
const TABLES = [
  ...sectionPackets(0, patBytes(1, PMT)),
  ...sectionPackets(PMT, pmtBytes(1, VIDEO, STREAMS)),
];
/** So that framing is found whatever follows. */
const NULLS = Array.from({ length: 12 }, () =>
  packetBytes({ pid: 0x1fff, continuityCounter: 0, payload: new Uint8Array(184) }),
);

function demux(packets: readonly Uint8Array[], options: TsDemuxerOptions = {}): TsEvent[] {
  const demuxer = new TsDemuxer(options);
  return [...demuxer.push(concatBytes(...TABLES, ...packets, ...NULLS)), ...demuxer.flush()];
}

function pes(events: readonly TsEvent[]) {
  return events.filter((event) => event.type === "pes");
}

function codes(events: readonly TsEvent[]): string[] {
  return events.flatMap((event) => (event.type === "issue" ? [event.issue.code] : []));
}

const data = (size: number, fill = 7): Uint8Array => new Uint8Array(size).fill(fill);
const part = (packet: Partial<PlainPacket>): Uint8Array<ArrayBuffer> =>
  packetBytes({ pid: DATA, continuityCounter: 0, payload: data(184), ...packet });

describe("PES packets", () => {
  test("with everything known about them", () => {
    const packets = pesPackets(VIDEO, pesBytes(0xe0, data(10), 7200, 3600));
    packets[0] = packetBytes({
      pid: VIDEO,
      continuityCounter: 0,
      payloadUnitStart: true,
      adaptation: [0xc0, ...new Array(153).fill(0xff)],
      payload: pesBytes(0xe0, data(10), 7200, 3600),
    });
    const [event] = pes(demux(packets));
    expect(event).toMatchObject({
      packet: 2,
      offset: 376,
      pid: VIDEO,
      programNumber: 1,
      stream: { streamType: 0x1b },
      pts: 7200,
      dts: 3600,
      randomAccess: true,
      discontinuity: true,
      damage: undefined,
      data: data(10),
    });
    expect(event?.header.streamId).toBe(0xe0);
  });

  test("one that lies in one packet of the chunk is a view of it, another has own memory", () => {
    const demuxer = new TsDemuxer();
    const small = pesPackets(DATA, pesBytes(0xbd, data(20), 0));
    const large = pesPackets(DATA, pesBytes(0xbd, data(500), 0), 1);
    const bytes = concatBytes(...TABLES, ...small, ...large, ...NULLS);
    const [first, second] = pes(demuxer.push(bytes));
    expect(first?.data.buffer).toBe(bytes.buffer);
    expect(second?.data.buffer).not.toBe(bytes.buffer);
  });

  test("memory is used again when the caller allows it", () => {
    const demuxer = new TsDemuxer({ dataLifetime: "push" });
    demuxer.push(concatBytes(...TABLES, ...NULLS));
    const buffers = new Set<ArrayBufferLike>();
    for (let n = 0; n < 20; n++) {
      const bytes = concatBytes(
        ...pesPackets(DATA, pesBytes(0xbd, data(500, n), 0), n * 3),
        ...NULLS,
      );
      const [event] = pes(demuxer.push(bytes));
      expect(event?.data).toEqual(data(500, n));
      buffers.add(event?.data.buffer as ArrayBufferLike);
    }
    expect(buffers.size).toBeLessThan(4);
  });

  test("one without length can end where stuffing is", () => {
    const unit = (size: number, counter: number): Uint8Array[] =>
      pesPackets(VIDEO, pesBytes(0xe0, data(size), 0, undefined, false), counter);
    // 14 bytes of header: the second fills its packets exactly, so only the next start ends it.
    const bytes = concatBytes(...TABLES, ...unit(500, 0), ...NULLS);
    const exact = concatBytes(...unit(2 * 184 - 14, 3), ...NULLS);
    const early = new TsDemuxer({ unboundedEnd: "stuffing" });
    expect(pes(early.push(bytes)).map((event) => event.data)).toEqual([data(500)]);
    expect(pes(early.push(exact))).toEqual([]);
    expect(pes(early.push(concatBytes(...unit(10, 5), ...NULLS)))).toHaveLength(2);
    const patient = new TsDemuxer();
    expect(pes(patient.push(bytes))).toEqual([]);
    expect(pes(patient.flush())).toHaveLength(1);
  });

  test("a sender that stuffs in the middle is told of", () => {
    const unit = pesBytes(0xe0, data(300), 0, undefined, false);
    const packets = [
      packetBytes({
        pid: VIDEO,
        continuityCounter: 0,
        payloadUnitStart: true,
        payload: unit.subarray(0, 100),
      }),
      packetBytes({ pid: VIDEO, continuityCounter: 1, payload: unit.subarray(100, 284) }),
    ].map((packet) => packet.slice());
    const events = demux(packets, { unboundedEnd: "stuffing" });
    expect(codes(events)).toEqual(["pes-truncated"]);
    expect(codes(demux(packets))).toEqual([]);
  });

  test("a PCR alone is no stuffing", () => {
    const unit = pesBytes(0xe0, data(500), 0, undefined, false);
    const first = packetBytes({
      pid: VIDEO,
      continuityCounter: 0,
      payloadUnitStart: true,
      adaptation: [0x12, ...pcrField(9).slice(1), 2, 0x47, 0x47],
      payload: unit.subarray(0, 173),
    });
    const rest = [173, 357].map((at, i) =>
      packetBytes({ pid: VIDEO, continuityCounter: i + 1, payload: unit.subarray(at, at + 184) }),
    );
    const events = demux([first, ...rest], { unboundedEnd: "stuffing" });
    expect(pes(events).map((event) => event.data)).toEqual([data(500)]);
  });

  test("bytes behind the length are ignored, padding is not delivered", () => {
    const unit = pesBytes(0xbd, data(20), 0);
    const packets = [
      part({ payloadUnitStart: true, payload: concatBytes(unit, data(50, 0xff)) }),
      part({ continuityCounter: 1 }),
      part({
        continuityCounter: 2,
        payloadUnitStart: true,
        payload: Uint8Array.of(0, 0, 1, 0xbe, 0, 1, 9),
      }),
    ];
    const events = demux(packets);
    expect(pes(events).map((event) => event.data)).toEqual([data(20)]);
    expect(codes(events)).toEqual([]);
  });

  test("a header that is spread over packets is read", () => {
    const unit = pesBytes(0xbd, data(300), 5, 4);
    const packets = [
      part({ payloadUnitStart: true, payload: unit.subarray(0, 3) }),
      part({ continuityCounter: 1, payload: unit.subarray(3, 8) }),
      part({ continuityCounter: 2, payload: unit.subarray(8, 192) }),
      part({ continuityCounter: 3, payload: unit.subarray(192) }),
    ];
    expect(pes(demux(packets))[0]).toMatchObject({ pts: 5, dts: 4, data: data(300) });
  });

  test("times continue past 33 bits on one axis", () => {
    const last = 2 ** 33 - 1;
    const packets = [
      ...pesPackets(DATA, pesBytes(0xbd, data(5), last)),
      ...pesPackets(VIDEO, pesBytes(0xe0, data(5), 10, last - 9)),
      ...pesPackets(DATA, pesBytes(0xbd, data(5), 1), 1),
    ];
    const times = pes(demux(packets)).map((event) => [event.ptsUnwrapped, event.dtsUnwrapped]);
    expect(times).toEqual([
      [last, last],
      [last + 11, last - 9],
      [last + 2, last + 2],
    ]);
  });
});

describe("runs of packets that are full of payload", () => {
  // Long enough for runs that memory has to grow for, and that are copied in several pieces.
  const units = [40_000, 190_000, 183, 12_345, 65_000].map((size, i) =>
    Uint8Array.from({ length: size }, (_, at) => Math.imul(at + i, 2_654_435_761) >>> 24),
  );
  const packets = units.flatMap((unit, i) =>
    // The last one has a length, the others have none.
    pesPackets(VIDEO, pesBytes(0xe0, unit, 3600 * i, undefined, i === 4)),
  );

  test.each([188, 192, 204, 208])(
    "in packets of %i bytes give what single packets give",
    (size) => {
      let counter = 15;
      const stream = concatBytes(
        ...[...TABLES, ...packets, ...NULLS].map((packet) => {
          const framed = new Uint8Array(size).fill(0x47);
          const copy = packet.slice();
          const isVideo = (((copy[1] as number) & 0x1f) << 8) + (copy[2] as number) === VIDEO;
          if (isVideo) {
            counter = (counter + 1) & 0x0f;
            copy[3] = ((copy[3] as number) & 0xf0) | counter;
          }
          framed.set(copy, size === 192 ? 4 : 0);
          return framed;
        }),
      );
      for (const dataLifetime of ["kept", "push"] as const) {
        for (const maxPesSize of [1e6, 100_000]) {
          const options = { packetSize: size as 188, dataLifetime, maxPesSize };
          const whole = new TsDemuxer(options);
          const single = new TsDemuxer(options);
          const copy = (events: readonly TsEvent[]) =>
            pes(events).map(({ data, damage, pts }) => ({ data: data.slice(), damage, pts }));
          const expected: ReturnType<typeof copy> = [];
          for (let at = 0; at < stream.length; at += size) {
            expected.push(...copy(single.push(stream.subarray(at, at + size))));
          }
          expected.push(...copy(single.flush()));
          const found = [...copy(whole.push(stream)), ...copy(whole.flush())];
          const described = (event: (typeof found)[number]) => [event.damage, event.data.length];
          expect(found.length).toBe(units.length);
          expect(found.map(described)).toEqual(expected.map(described));
          found.forEach(({ data }, i) => {
            expect(equalBytes(data, expected[i]?.data ?? data.subarray(1))).toBe(true);
            if (maxPesSize === 1e6) expect(equalBytes(data, units[i] as Uint8Array)).toBe(true);
          });
        }
      }
    },
  );
});

describe("damage", () => {
  const four = (counter = 0): Uint8Array[] =>
    pesPackets(DATA, pesBytes(0xbd, data(700), 9), counter);

  test("loss, truncation, scrambling", () => {
    const lost = four();
    lost.splice(1, 1);
    expect(pes(demux(lost))[0]?.damage).toBe("loss");
    expect(codes(demux(lost))).toContain("continuity");
    const cut = [...four().slice(0, 2), ...four(2)];
    expect(pes(demux(cut)).map((event) => event.damage)).toEqual(["truncated", undefined]);
    expect(codes(demux(cut))).toEqual(["pes-truncated"]);
    const scrambled = four();
    scrambled[2] = part({ continuityCounter: 2, scrambling: 3 });
    expect(pes(demux(scrambled))[0]?.damage).toBe("scrambled");
    expect(codes(demux(scrambled))).toContain("scrambled");
  });

  test("a discontinuity that is announced is no loss", () => {
    const packets = [
      ...four(),
      packetBytes({
        pid: DATA,
        continuityCounter: 9,
        payloadUnitStart: true,
        adaptation: [0x80, ...new Array(152).fill(0xff)],
        payload: pesBytes(0xbd, data(16), 9),
      }),
    ];
    const events = demux(packets);
    expect(codes(events)).toEqual([]);
    expect(pes(events)[1]).toMatchObject({ discontinuity: true, damage: undefined });
  });

  test("nor is one that was announced in a packet without payload", () => {
    const flag = packetBytes({ pid: DATA, continuityCounter: 8, adaptation: [0x80] });
    const events = demux([...four(), flag, ...four(9)]);
    expect(codes(events)).toEqual([]);
    expect(pes(events).map((event) => event.discontinuity)).toEqual([false, true]);
  });

  test("an issue names the PID and the packet that it is about", () => {
    const events = demux([
      ...four().slice(0, 2),
      ...sectionPackets(PMT, pmtBytes(1, 0x1fff, [], 1), 1),
    ]);
    const [issue] = events.flatMap((event) => (event.type === "issue" ? [event.issue] : []));
    expect(issue).toMatchObject({ code: "pes-truncated", pid: DATA, offset: 376, packet: 4 });
  });

  test("sixteen lost packets are no duplicate", () => {
    const packets = [
      part({ payloadUnitStart: true, payload: pesBytes(0xe0, data(170), 1, undefined, false) }),
      part({ continuityCounter: 0, payload: data(184, 99) }),
    ];
    expect(codes(demux(packets.map((packet) => packet.fill(1, 1, 2).fill(1, 2, 3))))).toEqual([
      "continuity",
    ]);
  });

  test("a unit without start code is told and skipped", () => {
    const events = demux([part({ payloadUnitStart: true }), ...four(1)]);
    expect(codes(events)).toEqual(["pes-start"]);
    expect(pes(events)).toHaveLength(1);
  });

  test("a header that cannot be read is told and skipped", () => {
    const unit = pesBytes(0xbd, data(20), 1);
    unit[6] = 0;
    expect(codes(demux([part({ payloadUnitStart: true, payload: unit })]))).toEqual(["pes-header"]);
  });
});

describe("adaptation fields", () => {
  test("packets of errors, reserved control and bad fields give an issue each", () => {
    const long = part({});
    long[3] = 0x30;
    long[4] = 200;
    const control = part({});
    control[3] = 0;
    const events = demux([
      part({ transportError: true }),
      control,
      long,
      packetBytes({ pid: VIDEO, continuityCounter: 0, adaptation: [0x10, 1, 2] }).fill(3, 4, 5),
      packetBytes({ pid: VIDEO, continuityCounter: 0, adaptation: [0x10, 0, 0, 0, 0, 0x7f, 0x2c] }),
    ]);
    expect(codes(events)).toEqual([
      "transport-error",
      "reserved-control",
      "adaptation-field",
      "adaptation-field",
      "clock-reference",
    ]);
    const pcr = events.find((event) => event.type === "pcr");
    expect(pcr).toMatchObject({ extension: 300, extensionOutOfRange: true });
  });

  test("PCRs can be left out", () => {
    const clock = packetBytes({ pid: VIDEO, continuityCounter: 0, adaptation: pcrField(5) });
    expect(demux([clock]).filter((event) => event.type === "pcr")).toHaveLength(1);
    expect(demux([clock], { pcr: false }).filter((event) => event.type === "pcr")).toEqual([]);
  });
});

describe("tables", () => {
  test("a PAT of two sections, and a programme that goes", () => {
    const first = sectionBytes(0, 1, [0, 1, 0xf0, 0]);
    const second = sectionBytes(0, 1, [0, 2, 0xf0, 1]);
    const numbered = [first, second].map((section, i) => {
      const body = [...section.subarray(8, -4)];
      return numberedSection(body, i, 1, 3);
    });
    const packets = [
      ...sectionPackets(0, numbered[0] as Uint8Array, 1),
      ...sectionPackets(0x1001, pmtBytes(2, 0x1fff, [])),
      ...sectionPackets(0, numbered[1] as Uint8Array, 2),
      ...sectionPackets(0x1001, pmtBytes(2, 0x1fff, []), 1),
      ...sectionPackets(0, numberedSection([0, 2, 0xf0, 1], 0, 0, 4), 3),
      ...pesPackets(DATA, pesBytes(0xbd, data(5), 0)),
    ];
    const events = demux(packets);
    const pats = events.flatMap((event) =>
      event.type === "pat" ? [event.pat.programs.length] : [],
    );
    expect(pats).toEqual([1, 2, 1]);
    const maps = events.flatMap((event) => (event.type === "pmt" ? [event.pmt.programNumber] : []));
    expect(maps).toEqual([1, 2]);
    // Programme 1 is gone, and so are its streams.
    expect(pes(events)).toEqual([]);
  });

  test("a stream that leaves the map is delivered first", () => {
    const packets = [
      ...pesPackets(VIDEO, pesBytes(0xe0, data(50), 1, undefined, false)),
      ...sectionPackets(PMT, pmtBytes(1, 0x1fff, [], 1), 1),
      ...pesPackets(VIDEO, pesBytes(0xe0, data(50), 1, undefined, false), 1),
    ];
    expect(pes(demux(packets))).toHaveLength(1);
  });

  test("a PID that becomes a programme map's is no stream any more", () => {
    const packets = [
      ...pesPackets(DATA, pesBytes(0xbd, data(5), 0)),
      ...sectionPackets(0, sectionBytes(0, 1, [0, 1, 0xe0 | (DATA >> 8), DATA & 0xff], 1), 1),
      ...sectionPackets(DATA, pmtBytes(1, 0x1fff, []), 5),
    ];
    const events = demux(packets);
    expect(pes(events)).toHaveLength(1);
    expect(events.filter((event) => event.type === "pmt")).toHaveLength(2);
  });

  test("programmes and PIDs can be chosen", () => {
    const unit = pesPackets(DATA, pesBytes(0xbd, data(5), 0));
    expect(pes(demux(unit, { programs: [2] }))).toHaveLength(0);
    expect(pes(demux(unit, { programs: [1] }))).toHaveLength(1);
    const unlisted = pesPackets(0x300, pesBytes(0xbd, data(5), 0));
    expect(pes(demux(unlisted))).toHaveLength(0);
    expect(pes(demux(unlisted, { pesPids: [0x300] }))[0]).toMatchObject({
      programNumber: undefined,
      stream: undefined,
    });
    const section = sectionPackets(0x301, sectionBytes(0xc8, 1, [1, 2, 3]));
    const found = demux(section, { sectionPids: [0x301] }).find(
      (event) => event.type === "section",
    );
    expect(found).toMatchObject({
      pid: 0x301,
      section: { tableId: 0xc8, data: Uint8Array.of(1, 2, 3) },
    });
  });

  test("CAT and SDT come once, and again when they change", () => {
    const cat = (version: number, counter: number): Uint8Array[] =>
      sectionPackets(1, sectionBytes(1, 0xffff, [], version), counter);
    const events = demux([...cat(0, 0), ...cat(0, 1), ...cat(1, 2)]);
    expect(events.filter((event) => event.type === "section")).toHaveLength(2);
  });

  test("a wrong CRC and a bad loop are told; the map in force stays", () => {
    const wrong = pmtBytes(1, 7, [], 1);
    wrong[wrong.length - 1] = (wrong.at(-1) as number) ^ 1;
    const events = demux([
      ...sectionPackets(PMT, wrong, 1),
      ...sectionPackets(PMT, sectionBytes(2, 1, [0xe0, 7, 0xf0, 9], 1), 2),
      ...pesPackets(DATA, pesBytes(0xbd, data(5), 0)),
    ]);
    expect(codes(events)).toEqual(["section-crc", "psi-content"]);
    expect(pes(events)).toHaveLength(1);
  });

  test("a stream on the PID of a table is refused", () => {
    const map = pmtBytes(1, 0x1fff, [{ streamType: 6, pid: PMT }], 1);
    expect(codes(demux(sectionPackets(PMT, map, 1)))).toEqual(["psi-content"]);
  });
});

describe("limits", () => {
  test("a PES packet without end is cut", () => {
    const packets = pesPackets(VIDEO, pesBytes(0xe0, data(5000), 1, undefined, false));
    const events = demux(packets, { maxPesSize: 1000 });
    expect(codes(events)).toEqual(["limit"]);
    const [event] = pes(events);
    expect(event?.damage).toBe("oversize");
    expect(event?.data.length).toBeLessThanOrEqual(1000);
  });

  test("memory for all of them is shared", () => {
    const packets = [
      ...pesPackets(VIDEO, pesBytes(0xe0, data(3000), 1, undefined, false)),
      ...pesPackets(DATA, pesBytes(0xbd, data(3000), 1)),
    ];
    const events = demux(packets, { maxBufferedBytes: 6000 });
    expect(codes(events)).toContain("limit");
    expect(pes(events).some((event) => event.damage === undefined)).toBe(true);
  });

  test("programmes are counted, and costs do not grow with them", () => {
    const packets: Uint8Array[] = [];
    for (let n = 0; n < 60; n++) {
      // Section 0 of a table that never ends, each time with other programmes.
      const body = Array.from({ length: 40 }, (_, i) => [
        (n * 40 + i) >> 8,
        (n * 40 + i) & 255,
        0xe2,
        i,
      ]).flat();
      packets.push(...sectionPackets(0, numberedSection(body, 0, 9, n % 32), n + 1));
    }
    const limits = codes(demux(packets)).filter((code) => code === "limit");
    // Programme 0 is the network, and one was there before.
    expect(limits).toHaveLength(60 * 40 - 2 - 1023);
  });

  test("PIDs are counted", () => {
    const many = Array.from({ length: 40 }, (_, i) => ({ streamType: 6, pid: 0x400 + i }));
    const events = demux(sectionPackets(PMT, pmtBytes(1, 0x1fff, many, 1), 1), { maxPids: 20 });
    expect(codes(events).filter((code) => code === "limit").length).toBeGreaterThan(20);
  });
});

describe("input", () => {
  test("flush ends it, and the next begins anew", () => {
    const demuxer = new TsDemuxer();
    const bytes = concatBytes(
      ...TABLES,
      ...pesPackets(DATA, pesBytes(0xbd, data(700), 1)),
      ...NULLS,
    );
    const rounds = [1, 2].map(() => [...demuxer.push(bytes), ...demuxer.flush()]);
    expect(rounds[1]).toEqual(rounds[0]);
    expect(demuxer.packets).toBe(bytes.length / 188);
    expect([demuxer.packetSize, demuxer.firstSync, demuxer.resyncs]).toEqual([188, 0, 0]);
  });

  test("no transport stream at all is one issue", () => {
    const demuxer = new TsDemuxer();
    expect(codes([...demuxer.push(new Uint8Array(9000)), ...demuxer.flush()])).toEqual([
      "sync-loss",
    ]);
    expect(demuxer.flush()).toEqual([]);
  });

  test("readTs and tsDemuxStream give a batch for each chunk", async () => {
    async function* source(): AsyncGenerator<Uint8Array> {
      yield concatBytes(...TABLES, ...NULLS);
      yield concatBytes(...pesPackets(DATA, pesBytes(0xbd, data(700), 1)));
    }
    const batches: TsEvent[][] = [];
    for await (const batch of readTs(source())) batches.push(batch);
    const piped: TsEvent[][] = [];
    const bytes = new ReadableStream<Uint8Array>({
      async start(controller) {
        for await (const chunk of source()) controller.enqueue(chunk);
        controller.close();
      },
    });
    for await (const batch of bytes.pipeThrough(tsDemuxStream())) piped.push(batch);
    expect(piped).toEqual(batches);
    expect(batches.map((batch) => batch.map((event) => event.type))).toEqual([
      ["pat", "pmt"],
      ["pes"],
    ]);
  });
});

test("errors of the one-shot decoders are FormatErrors of this package", () => {
  expect(new FormatError("range", "x", { field: "f", offset: 1 }).message).toBe("x (f at byte 1)");
});

/** A PAT section with its number, made of the digits of the standard. */
function numberedSection(
  body: readonly number[],
  number: number,
  last: number,
  version: number,
): Uint8Array {
  const section = sectionBytes(0, 1, body, version);
  const bytes = Array.from(section.subarray(0, section.length - 4));
  bytes[6] = number;
  bytes[7] = last;
  let crc = 0xffffffff;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      const out = (crc >>> 31) ^ ((byte >> bit) & 1);
      crc = (crc << 1) >>> 0;
      if (out === 1) crc = (crc ^ 0x04c11db7) >>> 0;
    }
  }
  return Uint8Array.from([...bytes, crc >>> 24, (crc >>> 16) & 255, (crc >>> 8) & 255, crc & 255]);
}
