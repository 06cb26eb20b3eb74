import { it } from "@fast-check/vitest";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decodeOggPage,
  encodeOggPage,
  encodeOpusHead,
  OGG_FLAG,
  OggAudioParser,
  type OggPage,
  OggParser,
} from "../src/index.js";
import { frames, hexOf, issues, joined, run, text } from "./parsing.js";

/** A page as RFC 3533 draws it, its checksum by long division. */
function pageBytes(page: {
  readonly flags?: number;
  readonly granule?: number;
  readonly serial?: number;
  readonly sequence: number;
  readonly table: readonly number[];
  readonly body: readonly number[];
}): Uint8Array {
  const { flags = 0, granule = 0, serial = 7, sequence, table, body } = page;
  const little = (value: number, size: number): number[] =>
    Array.from({ length: size }, (_, i) => Number((BigInt(value) >> BigInt(8 * i)) & 0xffn));
  const head = [...text("OggS"), 0, flags, ...little(granule, 8), ...little(serial, 4)];
  const begin = [...head, ...little(sequence, 4)];
  const end = [table.length, ...table, ...body];
  let remainder = 0n;
  for (const byte of [...begin, 0, 0, 0, 0, ...end]) {
    for (let bit = 7n; bit >= 0n; bit--) {
      const top = ((remainder >> 31n) ^ (BigInt(byte) >> bit)) & 1n;
      remainder = ((remainder << 1n) & 0xffffffffn) ^ (top === 1n ? 0x04c11db7n : 0n);
    }
  }
  return Uint8Array.from([...begin, ...little(Number(remainder), 4), ...end]);
}

/** Packets of one logical stream, at most `perPage` lacing values a page. */
function stream(
  packets: readonly (readonly number[])[],
  perPage: number,
  serial = 7,
): Uint8Array[] {
  const lacing = packets.flatMap((packet) => [
    ...new Array<number>(Math.floor(packet.length / 255)).fill(255),
    packet.length % 255,
  ]);
  const bytes = packets.flat();
  const pages: Uint8Array[] = [];
  let at = 0;
  for (let i = 0; i < lacing.length; i += perPage) {
    const table = lacing.slice(i, i + perPage);
    const size = table.reduce((sum, value) => sum + value, 0);
    const flags =
      (i > 0 && lacing[i - 1] === 255 ? OGG_FLAG.continued : 0) |
      (i === 0 ? OGG_FLAG.beginningOfStream : 0) |
      (i + perPage >= lacing.length ? OGG_FLAG.endOfStream : 0);
    const granule = table.some((value) => value < 255) ? i : -1;
    const body = bytes.slice(at, at + size);
    pages.push(pageBytes({ flags, granule, serial, sequence: pages.length, table, body }));
    at += size;
  }
  return pages;
}

function packetsOf(events: readonly unknown[], serial = 7): string[] {
  return (events as { type: string; serial: number; packets: string[] }[]).flatMap((event) =>
    event.type === "page" && event.serial === serial ? event.packets : [],
  );
}

const packet = fc
  .oneof(fc.nat(20), fc.constantFrom(254, 255, 256, 510, 511, 1000))
  .chain((size) => fc.tuple(fc.constant(size), fc.nat(255)))
  .map(([size, seed]) => Array.from({ length: size }, (_, i) => (seed + i * 7) & 0xff));
const packets = fc.array(packet, { minLength: 1, maxLength: 8 });

describe("an Ogg page, RFC 3533 6", () => {
  const page = fc.record({
    headerTypeFlag: fc.nat(255),
    granulePosition: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    bitstreamSerialNumber: fc.nat(0xffffffff),
    pageSequenceNumber: fc.nat(0xffffffff),
    segmentTable: fc.uint8Array({ maxLength: 20 }),
  });

  it.prop([page])("comes back as it was written", (fields) => {
    const size = fields.segmentTable.reduce((sum, value) => sum + value, 0);
    const whole: OggPage = { ...fields, body: new Uint8Array(size).fill(0x55) };
    const bytes = encodeOggPage(whole);
    expect(decodeOggPage(bytes)).toEqual({ page: whole, end: bytes.length });
  });

  it.prop([packets, fc.integer({ min: 1, max: 255 })])(
    "is written as the plain definition has it",
    (all, perPage) => {
      for (const bytes of stream(all, perPage)) {
        expect(encodeOggPage(decodeOggPage(bytes).page)).toEqual(bytes);
      }
    },
  );

  it.prop([packets, fc.nat(), fc.nat(7)])("is refused with any bit changed", (all, place, bit) => {
    const bytes = (stream(all, 255)[0] as Uint8Array).slice();
    const at = place % bytes.length;
    bytes[at] = (bytes[at] as number) ^ (1 << bit);
    expect(() => decodeOggPage(bytes)).toThrow(expect.objectContaining({ name: "FormatError" }));
  });

  test("every strict prefix is truncated", () => {
    const bytes = stream([[1, 2, 3]], 255)[0] as Uint8Array;
    for (let size = 0; size < bytes.length; size++) {
      expect(() => decodeOggPage(bytes.subarray(0, size))).toThrow(
        expect.objectContaining({ code: "truncated" }),
      );
    }
  });

  test("what does not fit is refused", () => {
    const page = decodeOggPage(stream([[1]], 255)[0] as Uint8Array).page;
    expect(() => encodeOggPage({ ...page, body: new Uint8Array(2) })).toThrow(RangeError);
    expect(() => encodeOggPage({ ...page, segmentTable: new Uint8Array(256) })).toThrow(RangeError);
  });
});

describe("OggParser", () => {
  it.prop([packets, packets, fc.integer({ min: 1, max: 5 }), fc.array(fc.nat(300))])(
    "gives back the packets of two streams side by side, in chunks of any size",
    (a, b, perPage, sizes) => {
      const [left, right] = [stream(a, perPage, 7), stream(b, perPage + 1, 9)];
      const pages = Array.from({ length: Math.max(left.length, right.length) }, (_, i) => [
        ...left.slice(i, i + 1),
        ...right.slice(i, i + 1),
      ]).flat();
      const events = run(new OggParser(), joined(pages), sizes);
      expect(issues(events)).toEqual([]);
      expect(packetsOf(events, 7)).toEqual(a.map(hexOf));
      expect(packetsOf(events, 9)).toEqual(b.map(hexOf));
    },
  );

  const junk = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc.constant(text("OggS")),
    fc.constant(text("OggS\0\0OggS\0")),
    packets.map((all) => joined(stream(all, 3))),
    packets.map((all) => joined(stream(all, 3)).subarray(0, 50)),
  );

  it.prop([fc.array(junk, { maxLength: 6 }), fc.array(fc.nat(90))])(
    "anything gives the same events for any chunking",
    (pieces, sizes) => {
      const bytes = joined(pieces);
      expect(run(new OggParser(), bytes, sizes)).toEqual(run(new OggParser(), bytes));
    },
  );

  it.prop([fc.array(packet, { minLength: 4, maxLength: 9 }), fc.nat(), fc.nat(7)])(
    "a bit that is changed costs the packets that touch its page, and an issue says so",
    (all, place, bit) => {
      const pages = stream(all, 2);
      const hit = place % pages.length;
      const bad = pages.map((page) => page.slice());
      const page = bad[hit] as Uint8Array;
      const at = place % page.length;
      page[at] = (page[at] as number) ^ (1 << bit);
      const events = run(new OggParser(), joined(bad));
      expect(issues(events).length).toBeGreaterThan(0);
      // Packets whose lacing values all lie on other pages.
      let index = 0;
      const kept = all.filter(({ length }) => {
        const from = index;
        index += Math.floor(length / 255) + 1;
        return Math.floor((index - 1) / 2) < hit || Math.floor(from / 2) > hit;
      });
      expect(packetsOf(events)).toEqual(kept.map(hexOf));
    },
  );

  test("a page that is missing is a gap, and the packet that it cuts is not delivered", () => {
    const pages = stream([[1], new Array(1000).fill(2), [3], [4]], 2);
    const events = run(new OggParser(), joined(pages.filter((_, i) => i !== 1)));
    expect(packetsOf(events)).toEqual([[1], [3], [4]].map(hexOf));
    expect(issues(events)).toEqual(["gap"]);
  });

  test("a packet above the limit is dropped, and said once", () => {
    const pages = stream([[1], new Array(3000).fill(2), [3]], 2);
    const events = run(new OggParser({ maxPacketSize: 600 }), joined(pages));
    expect(packetsOf(events)).toEqual([hexOf([1]), hexOf([3])]);
    expect(issues(events)).toEqual(["limit"]);
  });

  test("overlapping forgeries of pages cost linear time", () => {
    const head = Uint8Array.from([...text("OggS"), 0, ...new Array(22).fill(255)]);
    const bytes = new Uint8Array(12_000_000);
    for (let at = 0; at + 27 <= bytes.length; at += 27) bytes.set(head, at);
    // A checksum for each of them would run into the test's time limit.
    const parser = new OggParser();
    expect([...parser.push(bytes), ...parser.flush()]).toHaveLength(1);
  });
});

const HEAD = encodeOpusHead({
  version: 1,
  channels: 2,
  preSkip: 312,
  inputSampleRate: 48000,
  outputGain: 0,
  mappingFamily: 0,
  mappingTable: undefined,
});
/** 20 ms of one frame, 40 ms of two. */
const SHORT = [0xfc, 1, 2, 3];
const LONG = [0xfd, 4, 5];

/** Pages of an Opus stream: each with its packets and granule position. */
function opusStream(
  pages: readonly (readonly [granule: number, packets: readonly (readonly number[])[]])[],
  serial = 7,
): Uint8Array[] {
  const tags = [...text("OpusTags"), 0, 0, 0, 0, 0, 0, 0, 0];
  const all: (readonly [number, readonly (readonly number[])[]])[] = [
    [0, [[...HEAD]]],
    [0, [tags]],
    ...pages,
  ];
  return all.map(([granule, list], sequence) =>
    pageBytes({
      flags: sequence === 0 ? 2 : sequence === all.length - 1 ? 4 : 0,
      granule,
      serial,
      sequence,
      table: list.map(({ length }) => length),
      body: list.flat(),
    }),
  );
}

interface Placed {
  readonly type: string;
  readonly position: number;
  readonly samples: number;
  readonly gap: boolean;
}

function placesOf(events: readonly unknown[]): [position: number, samples: number, gap: boolean][] {
  return (events as Placed[])
    .filter(({ type }) => type === "frame")
    .map(({ position, samples, gap }) => [position, samples, gap]);
}

describe("Opus in Ogg, RFC 7845", () => {
  const opus = (): OggAudioParser => new OggAudioParser({ codec: "opus" });

  test("4: the first sample comes out at minus the pre-skip; headers are no sound", () => {
    const pages = opusStream([
      [2880, [SHORT, LONG]],
      [3840, [SHORT]],
    ]);
    const events = run(opus(), joined(pages));
    expect(issues(events)).toEqual([]);
    expect(events[0]).toMatchObject({ type: "header", config: hexOf(HEAD), sampleRate: 48000 });
    expect(frames(events)).toEqual([SHORT, LONG, SHORT].map(hexOf));
    expect(placesOf(events)).toEqual([
      [-312, 960, false],
      [648, 1920, false],
      [2568, 960, false],
    ]);
  });

  test("4.4: the last page tells how many samples its end loses", () => {
    const pages = opusStream([
      [960, [SHORT]],
      [2000, [SHORT, SHORT, SHORT]],
    ]);
    expect(placesOf(run(opus(), joined(pages))).map(([, samples]) => samples)).toEqual([
      960, 960, 80, 0,
    ]);
  });

  test("4.5: a single page that is the last one too begins at 0", () => {
    expect(placesOf(run(opus(), joined(opusStream([[500, [SHORT]]]))))).toEqual([
      [-312, 500, false],
    ]);
  });

  test("4.3: a stream that was cut out of a longer one begins where its first page says", () => {
    const pages = opusStream([
      [480960, [SHORT]],
      [481920, [SHORT]],
    ]);
    expect(placesOf(run(opus(), joined(pages)))[0]).toEqual([480000 - 312, 960, false]);
  });

  test("behind a lost page, time goes on where the next one ends", () => {
    const pages = opusStream([
      [960, [SHORT]],
      [1920, [SHORT]],
      [3840, [LONG]],
      [4800, [SHORT]],
    ]);
    const events = run(opus(), joined(pages.filter((_, i) => i !== 3)));
    expect(issues(events)).toEqual(["gap"]);
    expect(placesOf(events)).toEqual([
      [-312, 960, false],
      [1920 - 312, 1920, true],
      [3840 - 312, 960, false],
    ]);
  });

  test("streams one behind the other are delivered in turn, one beside the other is passed over", () => {
    const first = opusStream([[960, [SHORT]]], 1);
    const beside = opusStream([[1920, [LONG]]], 2);
    const second = opusStream([[960, [SHORT]]], 3);
    const side = [first[0], beside[0], first[1], beside[1], first[2], beside[2]] as Uint8Array[];
    const events = run(opus(), joined([...side, ...second]));
    expect(events.map((event) => (event as { type: string }).type)).toEqual([
      ...["header", "frame", "header", "frame"],
    ]);
    expect(frames(events)).toEqual([SHORT, SHORT].map(hexOf));
  });

  test("a packet that is no Opus is dropped", () => {
    const events = run(opus(), joined(opusStream([[960, [SHORT, [0x03, 0x00]]]])));
    expect(issues(events)).toEqual(["invalid"]);
    expect(frames(events)).toEqual([hexOf(SHORT)]);
  });

  test("an OpusHead that cannot be read is an issue", () => {
    const [, ...rest] = opusStream([[960, [SHORT]]]);
    const bad = pageBytes({ flags: 2, sequence: 0, table: [9], body: [...text("OpusHead"), 99] });
    expect(issues(run(opus(), joined([bad, ...rest])))).toEqual(["invalid"]);
  });
});

describe("FLAC in Ogg, RFC 9639 10.1", () => {
  const streamInfo = [
    ...[0x10, 0x00, 0x10, 0x00, 0, 0, 0, 0, 0, 0],
    ...[0x0a, 0xc4, 0x40, 0xf0, 0, 0, 0, 0],
    ...new Array(16).fill(0),
  ];
  const first = [0x7f, ...text("FLAC"), 1, 0, 0, 1, ...text("fLaC"), 0, 0, 0, 34, ...streamInfo];
  const comment = [0x84, 0, 0, 4, 0, 0, 0, 0];
  // Frame headers of 4096 samples, 44.1 kHz, mono, 16 bits: frames 0 and 1, with their CRC-8.
  const frame0 = [0xff, 0xf8, 0xc9, 0x08, 0x00, 0x95, 0, 0];
  const frame1 = [0xff, 0xf8, 0xc9, 0x08, 0x01, 0x92, 0, 0];

  test("frames have the place that their own number says; STREAMINFO is the configuration", () => {
    const page = (sequence: number, packets: readonly number[][]): Uint8Array =>
      pageBytes({
        flags: sequence === 0 ? 2 : 0,
        sequence,
        table: packets.map(({ length }) => length),
        body: packets.flat(),
      });
    const pages = [page(0, [first]), page(1, [comment]), page(2, [frame0, frame1, [0xff, 0]])];
    const events = run(new OggAudioParser({ codec: "flac" }), joined(pages));
    expect(events[0]).toMatchObject({
      config: hexOf([...text("fLaC"), 0x80, 0, 0, 34, ...streamInfo]),
      sampleRate: 44100,
      channels: 1,
    });
    expect(placesOf(events)).toEqual([
      [0, 4096, false],
      [4096, 4096, false],
    ]);
    expect(issues(events)).toEqual(["invalid"]);
  });
});
