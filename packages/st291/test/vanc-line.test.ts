import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import {
  type AncPacket,
  blankVancLine,
  checksumValid,
  createAncPacket,
  decodeV210Line,
  deleteVanc,
  did,
  encodeV210Line,
  extractVanc,
  insertVanc,
  OFFSET_OVERFLOW,
  payload,
  repair,
  sizeOfV210Line,
  sizeOfVancLine,
  type VancFormat,
} from "../src/index.js";

const HD: VancFormat = { width: 1920, pixelFormat: "v210" };
const SD: VancFormat = { width: 720, pixelFormat: "v210" };
const HD8: VancFormat = { width: 1920, pixelFormat: "uyvy" };
const FORMATS = [HD, SD, HD8, { width: 720, pixelFormat: "uyvy" }] as const;

const packet = (size: number, change: Partial<AncPacket> = {}): AncPacket => ({
  ...createAncPacket({
    did: 0x61,
    sdid: 0x01,
    payload: Uint8Array.from({ length: size }, (_, i) => (i * 7 + 1) & 0xff),
    lineNumber: 9,
    horizontalOffset: 0,
  }),
  ...change,
});
const c = { cNotYChannelFlag: true };
const lineOf = (format: VancFormat, packets: AncPacket[], placement?: "offset"): Uint8Array => {
  const line = blankVancLine(format);
  insertVanc(line, format, packets, placement === undefined ? {} : { placement });
  return line;
};
const read = (line: Uint8Array, format: VancFormat): AncPacket[] =>
  extractVanc(line, format, { lineNumber: 9 }).packets;

describe("blank lines", () => {
  test("are luma 040 and colour difference 200", () => {
    const components = decodeV210Line(blankVancLine(HD), 1920);
    expect(new Set(components.filter((_, i) => i % 2 === 0))).toEqual(new Set([0x200]));
    expect(new Set(components.filter((_, i) => i % 2 === 1))).toEqual(new Set([0x040]));
    expect([...blankVancLine(HD8).subarray(0, 4)]).toEqual([0x80, 0x10, 0x80, 0x10]);
  });

  test.each([
    [46, 128],
    [48, 128],
    [50, 256],
    [720, 1920],
    [1280, 3456],
    [1920, 5120],
    [2048, 5504],
    [3840, 10240],
    [4096, 11008],
  ])("of %i pixels have %i bytes in v210", (width, size) => {
    expect(sizeOfV210Line(width)).toBe(size);
    expect(blankVancLine({ width, pixelFormat: "v210" })).toHaveLength(size);
    expect(sizeOfVancLine({ width, pixelFormat: "uyvy" })).toBe(2 * width);
  });

  test.each([0, 1, 719, 1.5, 70000, Number.NaN])("have no width of %s", (width) => {
    expect(() => sizeOfV210Line(width)).toThrow(RangeError);
  });

  test("have one of two pixel formats", () => {
    const format = { width: 1920, pixelFormat: "yuv422p10" } as unknown as VancFormat;
    expect(() => blankVancLine(format)).toThrow(TypeError);
    expect(() => extractVanc(new Uint8Array(3840), format)).toThrow(TypeError);
  });

  test("have no packets", () => {
    for (const format of FORMATS) {
      expect(extractVanc(blankVancLine(format), format)).toEqual({ packets: [], issues: [] });
    }
  });
});

describe("v210", () => {
  test("three components in each little-endian 32 bits, the first lowest", () => {
    const components = Uint16Array.of(0x3ff, 0, 0, 0, 0x3ff, 0, 0, 0, 0x3ff, 0, 0x155, 0x2aa);
    const line = encodeV210Line(components);
    const words = new Uint32Array(line.buffer, 0, 4);
    expect([...words]).toEqual([0x3ff, 0x3ff << 10, 0x3ff << 20, (0x155 << 10) | (0x2aa << 20)]);
    expect(line).toHaveLength(128);
    expect(decodeV210Line(line, 6)).toEqual(components);
  });

  property.prop([fc.uint16Array({ minLength: 12, maxLength: 200, max: 0x3ff })])(
    "what is packed is unpacked, at every width",
    (samples) => {
      const components = samples.subarray(0, samples.length & ~3);
      const line = encodeV210Line(components);
      expect(decodeV210Line(line, components.length / 2)).toEqual(components);
    },
  );

  test("refuses components and lines that do not fit", () => {
    expect(() => encodeV210Line([0, 0x400, 0, 0])).toThrow(RangeError);
    expect(() => encodeV210Line([0, 0, 0])).toThrow(RangeError);
    expect(() => decodeV210Line(new Uint8Array(127), 48)).toThrow(RangeError);
  });
});

describe("inserting", () => {
  test("begins at the start of the stream and goes on without a gap", () => {
    const line = lineOf(HD, [packet(10), packet(0), packet(3, c), packet(20)]);
    insertVanc(line, HD, [packet(1), packet(2, c)]);
    const places = read(line, HD).map((p) => [
      p.cNotYChannelFlag,
      p.horizontalOffset,
      payload(p).length,
    ]);
    expect(places).toEqual([
      [false, 0, 10],
      [false, 17, 0],
      [false, 24, 20],
      [false, 51, 1],
      [true, 0, 3],
      [true, 10, 2],
    ]);
  });

  test("at given places puts packets there, and special offsets behind the last", () => {
    const places = [100, 0xfff, 0].map((horizontalOffset) => packet(3, { horizontalOffset }));
    const found = read(lineOf(HD, places, "offset"), HD);
    expect(found.map(({ horizontalOffset }) => horizontalOffset)).toEqual([0, 100, 110]);
  });

  test("touches nothing else", () => {
    const noise = Uint16Array.from({ length: 3840 }, (_, i) => 4 + ((i * 37) % 1000));
    const line = encodeV210Line(noise);
    insertVanc(line, HD, [packet(10, c)]);
    const after = decodeV210Line(line, 1920);
    expect(after.filter((_, i) => i % 2 === 1)).toEqual(noise.filter((_, i) => i % 2 === 1));
    expect(after.subarray(34)).toEqual(noise.subarray(34));
  });

  test("in SD uses luma and colour-difference words for one packet", () => {
    const line = lineOf(SD, [packet(3, c)]);
    const start = [...decodeV210Line(line, 720).subarray(0, 5)];
    expect(start).toEqual([0x000, 0x3ff, 0x3ff, 0x161, 0x101]);
    expect(read(line, SD)).toEqual([packet(3)]);
  });

  test("does not cross the end, and writes nothing when one of the packets does", () => {
    const line = lineOf(
      HD,
      Array.from({ length: 7 }, () => packet(255)),
    );
    const before = line.slice();
    expect(() => insertVanc(line, HD, [packet(10, c), packet(80)])).toThrow(
      expect.objectContaining({ name: "FormatError", code: "space", expected: 1920, actual: 1921 }),
    );
    expect(line).toEqual(before);
    insertVanc(line, HD, [packet(79)]);
    expect(read(line, HD)).toHaveLength(8);
  });

  test("does not overlap what is there, good or bad", () => {
    const bad = packet(10);
    bad.words[13] = 0x101;
    const line = lineOf(HD, [bad]);
    const overlapping = [packet(3, { horizontalOffset: 16 })];
    expect(() => insertVanc(line, HD, overlapping, { placement: "offset" })).toThrow(
      expect.objectContaining({ code: "space" }),
    );
    insertVanc(line, HD, [packet(3)]);
    expect(read(line, HD)[0]?.horizontalOffset).toBe(17);
  });

  test.each([
    ["forbiddenWord", 5, 0x3fc],
    ["forbiddenWord", 0, 0x003],
    ["forbiddenWord", 13, 0x3ff],
    ["length", 2, 0x10b],
  ])("%s: does not put a bad word on SDI", (code, at, word) => {
    const bad = packet(10);
    bad.words[at] = word;
    expect(() => lineOf(HD, [bad])).toThrow(expect.objectContaining({ code }));
    expect(() => lineOf(HD, [{ ...bad, words: bad.words.subarray(0, 3) }])).toThrow(
      expect.objectContaining({ code: "length" }),
    );
  });

  test("wants a line of the right size", () => {
    const line = new Uint8Array(5119);
    expect(() => insertVanc(line, HD, [])).toThrow(RangeError);
    expect(() => extractVanc(line, HD)).toThrow(RangeError);
    expect(() => deleteVanc(line, HD, () => true)).toThrow(RangeError);
  });
});

describe("extracting", () => {
  const bad = packet(10);
  bad.words[13] = (bad.words[13] as number) ^ 0x001;
  const inverted = repair(
    { ...packet(4), words: packet(4).words.map((word) => word ^ 0x300) },
    "checksum",
  );

  test("drops a packet with a wrong checksum and reports where it is", () => {
    const { packets, issues } = extractVanc(lineOf(HD, [packet(2), bad, packet(5)]), HD);
    expect(packets.map(({ horizontalOffset }) => horizontalOffset)).toEqual([0, 26]);
    expect(issues).toEqual([
      {
        code: "checksum",
        severity: "error",
        offset: 24,
        field: "checksumWord",
        message: expect.any(String),
        cNotYChannelFlag: false,
        horizontalOffset: 9,
      },
    ]);
  });

  test("keeps it when told to, with or without a report", () => {
    const line = lineOf(HD, [bad]);
    const reported = extractVanc(line, HD, { onChecksumMismatch: "report", lineNumber: 9 });
    expect(reported.packets).toEqual([bad]);
    expect(reported.issues).toMatchObject([{ code: "checksum", severity: "warning" }]);
    const accepted = extractVanc(line, HD, { onChecksumMismatch: "accept" });
    expect(accepted.packets).toHaveLength(1);
    expect(accepted.issues).toEqual([]);
  });

  test("keeps a packet with inverted parity and reports it, unless told otherwise", () => {
    const line = lineOf(HD, [inverted]);
    expect(extractVanc(line, HD, { lineNumber: 9 })).toMatchObject({
      packets: [inverted],
      issues: [{ code: "parity", severity: "warning" }],
    });
    expect(extractVanc(line, HD, { onParityError: "accept" }).issues).toEqual([]);
    const rejected = extractVanc(line, HD, { onParityError: "reject" });
    expect(rejected.packets).toEqual([]);
    expect(rejected.issues).toMatchObject([{ code: "parity", severity: "error" }]);
  });

  test("reports a packet that runs past the end, and finds one inside it", () => {
    const words = decodeV210Line(blankVancLine(HD), 1920);
    const put = (at: number, ...values: number[]): void => {
      for (const [i, value] of values.entries()) words[2 * (at + i) + 1] = value;
    };
    put(1900, 0x000, 0x3ff, 0x3ff, 0x161, 0x101, 0x2ff);
    put(1908, 0x000, 0x3ff, 0x3ff, ...packet(0).words);
    const { packets, issues } = extractVanc(encodeV210Line(words), HD, { lineNumber: 9 });
    expect(packets).toEqual([packet(0, { horizontalOffset: 1908 })]);
    expect(issues).toMatchObject([{ code: "truncated", horizontalOffset: 1900 }]);
  });

  test("reports a flag with less than a header behind it", () => {
    const words = decodeV210Line(blankVancLine(SD), 720);
    words.set([0x000, 0x3ff, 0x3ff, 0x161], 1436);
    expect(extractVanc(encodeV210Line(words), SD).issues).toMatchObject([{ code: "truncated" }]);
  });

  test("knows the flag of eight-bit equipment by its upper eight bits", () => {
    const words = decodeV210Line(lineOf(SD, [packet(3)]), 720);
    words.set([0x003, 0x3fc, 0x3fe]);
    expect(read(encodeV210Line(words), SD)).toEqual([packet(3)]);
  });

  test("is not misled by the composite flag, a single 3FC", () => {
    const words = decodeV210Line(blankVancLine(SD), 720);
    words.set([0x3fc, ...packet(3).words]);
    expect(extractVanc(encodeV210Line(words), SD)).toEqual({ packets: [], issues: [] });
  });

  test("beyond 4091 words says that the offset does not fit", () => {
    const format: VancFormat = { width: 8192, pixelFormat: "v210" };
    const line = lineOf(
      format,
      Array.from({ length: 17 }, () => packet(255)),
    );
    expect(read(line, format).at(-1)?.horizontalOffset).toBe(OFFSET_OVERFLOW);
    expect(deleteVanc(line, format, () => true)).toBe(17);
    expect(read(line, format).map(did)).toEqual(Array(17).fill(0x80));
  });

  test("has line numbers of eleven bits", () => {
    expect(() => extractVanc(blankVancLine(HD), HD, { lineNumber: 2048 })).toThrow(RangeError);
  });
});

describe("eight bits", () => {
  test("parity is made anew, the checksum is modulo 256", () => {
    const line = lineOf(HD8, [packet(30), packet(2, c)]);
    expect(read(line, HD8)).toEqual([packet(30), packet(2, c)]);
    const luma = line.filter((_, i) => i % 2 === 1);
    const sum = luma.subarray(3, 36).reduce((total, byte) => total + byte, 0);
    expect([...luma.subarray(0, 6)]).toEqual([0x00, 0xff, 0xff, 0x61, 0x01, 30]);
    expect(luma[36]).toBe(sum & 0xff);
  });

  test("a wrong checksum is found, and kept wrong when the packet is kept", () => {
    const line = lineOf(HD8, [packet(5)]);
    line[2 * 11 + 1] = (line[2 * 11 + 1] as number) ^ 0x40;
    expect(extractVanc(line, HD8).packets).toEqual([]);
    const [kept] = extractVanc(line, HD8, { onChecksumMismatch: "report" }).packets;
    expect(kept && checksumValid(kept)).toBe(false);
    expect(kept && payload(kept)).toEqual(payload(packet(5)));
  });
});

describe("deleting", () => {
  test.each(FORMATS)("marks what matches, in place (%o)", (format) => {
    const line = lineOf(format, [packet(3), createAncPacket({ did: 0x41, payload: [1] })]);
    expect(deleteVanc(line, format, (p) => did(p) === 0x61)).toBe(1);
    const { packets, issues } = extractVanc(line, format);
    expect(issues).toEqual([]);
    expect(packets.map((p) => [did(p), payload(p).length])).toEqual([
      [0x80, 3],
      [0x41, 1],
    ]);
    insertVanc(line, format, [packet(1)]);
    expect(read(line, format).map(did)).toEqual([0x80, 0x41, 0x61]);
  });

  test("leaves a packet with a wrong checksum alone", () => {
    const bad = packet(3);
    bad.words[6] = 0x101;
    const line = lineOf(HD, [bad]);
    expect(deleteVanc(line, HD, () => true)).toBe(0);
  });
});

property.prop([
  fc.constantFrom(...FORMATS),
  fc.array(fc.constantFrom(0x000, 0x3ff, 0x3fc, 0x040, 0x200, 0x161, 0x101, 0x203, 0x2ff), {
    maxLength: 2880,
    size: "max",
  }),
])("any line gives packets and issues, and packets that are there", (format, noise) => {
  const words = Uint16Array.from({ length: format.width * 2 }, (_, i) => noise[i] ?? 0x040);
  const line =
    format.pixelFormat === "v210" ? encodeV210Line(words) : Uint8Array.from(words, (w) => w >> 2);
  const { packets, issues } = extractVanc(line, format, { onChecksumMismatch: "report" });
  expect(packets.every((p) => p.words.length === ((p.words[2] as number) & 0xff) + 4)).toBe(true);
  expect(issues.every(({ offset }) => offset >= 0 && offset < line.length)).toBe(true);
});
