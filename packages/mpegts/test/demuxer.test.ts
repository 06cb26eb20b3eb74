import { concatBytes, equalBytes } from "@x/bits";
import { describe, expect, test } from "vitest";
import { packetBytes, pesBytes } from "../src/conformance.js";
import { pcrField, pesPackets } from "../src/conformance-streams.js";
import { FormatError, readTs, TsDemuxer, type TsEvent, tsDemuxStream } from "../src/index.js";
import { codes, DATA, data, demux, NULLS, part, pes, TABLES, VIDEO } from "./demux.js";

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
