import { fc, it } from "@fast-check/vitest";
import { createAncPacket, LINE_ANY, OFFSET_ANY, payload } from "@x/st291";
import { cleanPacket, rawPacket } from "@x/st291/conformance";
import { describe, expect, test } from "vitest";
import { junkUnit, packets } from "../src/conformance.js";
import {
  AncWordPool,
  decodeUnit,
  encodeRecordInto,
  encodeUnit,
  encodeUnitInto,
  isFormatError,
  MAX_RECORD_SIZE,
  MIN_RECORD_SIZE,
  parseUnit,
  recordBytes,
  sizeOfRecord,
  sizeOfUnit,
} from "../src/index.js";

const afd = createAncPacket({
  did: 0x41,
  sdid: 0x05,
  payload: [0x44, 0, 0, 0, 0, 0, 0, 0],
  lineNumber: 11,
  horizontalOffset: 0,
});
const AFD_RECORD = [
  0x00, 0x02, 0xc0, 0x02, 0x41, 0x81, 0x50, 0x89, 0x12, 0x00, 0x80, 0x20, 0x08, 0x02, 0x00, 0x80,
  0x20, 0x06, 0x4b,
];

describe("records", () => {
  test("an AFD packet is 19 bytes", () => {
    expect([...encodeUnit([afd])]).toEqual(AFD_RECORD);
  });

  test("9 bytes without data, 328 with 255 words", () => {
    const empty = createAncPacket({ did: 0x41, sdid: 1, payload: [] });
    const full = createAncPacket({ did: 0x41, sdid: 1, payload: new Uint8Array(255) });
    expect(sizeOfRecord(empty)).toBe(MIN_RECORD_SIZE);
    expect(sizeOfRecord(full)).toBe(MAX_RECORD_SIZE);
    expect(encodeUnit([empty, full]).length).toBe(MIN_RECORD_SIZE + MAX_RECORD_SIZE);
  });

  test("a record goes to its place in a larger buffer and touches nothing else", () => {
    const target = new Uint8Array(25).fill(0xaa);
    expect(encodeRecordInto(afd, target, 3)).toBe(22);
    expect([...target]).toEqual([0xaa, 0xaa, 0xaa, ...AFD_RECORD, 0xaa, 0xaa, 0xaa]);
  });

  test.each([
    ["a line of 12 bits", { ...afd, lineNumber: 0x800 }],
    ["a negative offset", { ...afd, horizontalOffset: -1 }],
    ["a fraction of an offset", { ...afd, horizontalOffset: 0.5 }],
    ["a word of 11 bits", { ...afd, words: afd.words.map((w, i) => (i === 4 ? 0x400 : w)) }],
    ["a data count that is wrong", { ...afd, words: afd.words.slice(0, -1) }],
    ["no words", { ...afd, words: new Uint16Array(0) }],
    ["three words", { ...afd, words: Uint16Array.of(0x241, 0x205, 0x200) }],
  ])("%s is refused before anything is written", (_, packet) => {
    const target = new Uint8Array(60);
    expect(() => encodeRecordInto(packet, target, 0)).toThrow(RangeError);
    expect(() => encodeUnitInto([afd, packet], target, 0)).toThrow(RangeError);
    expect(target.every((byte) => byte === 0)).toBe(true);
  });

  test("a target that is too short is refused", () => {
    expect(() => encodeRecordInto(afd, new Uint8Array(18), 0)).toThrow(RangeError);
    expect(() => encodeRecordInto(afd, new Uint8Array(18), -1)).toThrow(RangeError);
    expect(() => encodeUnitInto([afd], new Uint8Array(19), 1)).toThrow(RangeError);
    expect(() => encodeUnitInto([afd], new Uint8Array(20), 0, { stuffing: 2 })).toThrow(RangeError);
  });
});

describe("units", () => {
  test("stuffing is written, read over, and counted", () => {
    const unit = encodeUnit([afd, afd], { stuffing: 3 });
    expect(unit.length).toBe(sizeOfUnit([afd, afd], { stuffing: 3 }));
    expect([...unit.subarray(38)]).toEqual([0xff, 0xff, 0xff]);
    expect(parseUnit(unit)).toMatchObject({ diagnostics: [], unparsedBytes: 0 });
    expect(() => sizeOfUnit([], { stuffing: -1 })).toThrow(RangeError);
    expect(() => encodeUnit([], { stuffing: 1.5 })).toThrow(RangeError);
  });

  test("an empty unit is empty", () => {
    expect(parseUnit(new Uint8Array(0))).toEqual({
      packets: [],
      diagnostics: [],
      unparsedBytes: 0,
    });
    expect(encodeUnit([]).length).toBe(0);
  });

  test("the default position is no position", () => {
    const packet = createAncPacket({ did: 0x61, sdid: 1, payload: [1] });
    const [read] = decodeUnit(encodeUnit([packet]));
    expect([read?.lineNumber, read?.horizontalOffset]).toEqual([LINE_ANY, OFFSET_ANY]);
  });

  test("a packet knows its bytes, and its payload needs no second reading", () => {
    const unit = encodeUnit([afd, afd]);
    const [, second] = parseUnit(unit).packets;
    if (second === undefined) throw new Error("one packet only");
    const record = recordBytes(unit, second);
    expect(record.buffer).toBe(unit.buffer);
    expect([...record]).toEqual(AFD_RECORD);
    expect([...payload(second)]).toEqual([0x44, 0, 0, 0, 0, 0, 0, 0]);
  });

  test("what is read does not change with the input", () => {
    const unit = encodeUnit([afd]);
    const [packet] = parseUnit(unit).packets;
    unit.fill(0);
    expect([...(packet?.words ?? [])]).toEqual([...afd.words]);
  });

  test("a Buffer is read like any bytes", () => {
    const unit = Buffer.from(encodeUnit([afd]));
    expect(parseUnit(unit).packets[0]?.words).toEqual(afd.words);
  });

  test("a pool gives each packet words of its own", () => {
    const pool = new AncWordPool(30);
    const other = createAncPacket({ did: 0x60, sdid: 0x60, payload: new Uint8Array(40).fill(7) });
    const all = [afd, other, afd, afd, other].flatMap((packet) =>
      decodeUnit(encodeUnit([packet]), { pool }),
    );
    expect(all.map(({ words }) => words.join())).toEqual(
      [afd, other, afd, afd, other].map(({ words }) => words.join()),
    );
    expect(all[2]?.words.buffer).toBe(all[3]?.words.buffer);
  });

  test("diagnostics tell the byte that is wrong", () => {
    const words = afd.words.slice();
    words[4] = 0x001;
    words[11] = 0x123;
    const unit = encodeUnit([{ ...afd, words }]);
    const bad = Uint8Array.of(0xff, ...unit, 0x05);
    bad[19] = (bad[19] as number) & 0xfc;
    const offsets = parseUnit(bad).diagnostics.map(({ code, offset }) => [code, offset]);
    expect(offsets).toEqual([
      ["alignment-bits", 19],
      ["checksum", 18],
      ["forbidden-word", 9],
      ["parity", 9],
      ["stuffing-between", 0],
      ["reserved-not-zero", 20],
    ]);
  });
});

describe("decodeUnit", () => {
  test("lets warnings pass", () => {
    const words = afd.words.slice();
    words[11] = 0x123;
    expect(decodeUnit(encodeUnit([{ ...afd, words }])).length).toBe(1);
  });

  test.each([
    ["truncated", Uint8Array.from(AFD_RECORD.slice(0, 18)), 0, "packets[0].record"],
    ["truncated", Uint8Array.from([...AFD_RECORD, 0]), 19, "packets[1].record"],
    ["reserved-not-zero", Uint8Array.from([...AFD_RECORD, 0x47]), 19, "packets[1].zero"],
  ])("throws %s", (code, bytes, offset, field) => {
    expect(() => decodeUnit(bytes)).toThrow(
      expect.objectContaining({ name: "FormatError", code, offset, field }),
    );
  });

  it.prop([cleanPacket(), fc.nat()])("every strict prefix of a record is truncated", (p, cut) => {
    const record = encodeUnit([p]);
    const prefix = record.subarray(0, 1 + (cut % (record.length - 1)));
    expect(() => decodeUnit(prefix)).toThrow(expect.objectContaining({ code: "truncated" }));
  });

  it.prop([junkUnit()])("throws nothing but FormatError", (bytes) => {
    try {
      decodeUnit(bytes);
    } catch (error) {
      expect(isFormatError(error)).toBe(true);
    }
  });
});

it.prop([packets(rawPacket())])("what is written is read", (all) => {
  const read = parseUnit(encodeUnit(all)).packets;
  expect(read.map(({ recordStart: _, recordEnd: __, ...packet }) => packet)).toEqual(all);
});

test.each([
  ["stuffing", new Uint8Array(1_000_000).fill(0xff), 0],
  ["the shortest records, all of them wrong", new Uint8Array(900_000), 100_000],
])("a large unit of %s is read at once", (_, bytes, count) => {
  const { packets: read, unparsedBytes } = parseUnit(bytes);
  expect([read.length, unparsedBytes]).toEqual([count, 0]);
});
