import { fc, it } from "@fast-check/vitest";
import { createAncPacket, OFFSET_ANY } from "@x/st291";
import { cleanPacket, rawPacket } from "@x/st291/conformance";
import { describe, expect, test } from "vitest";
import { packets } from "../src/conformance.js";
import {
  decodeSt436,
  encodeSt436,
  isFormatError,
  isSt436ElementKey,
  parseSt436,
  St436SampleCoding,
  St436WrappingType,
  st436ContainerLabel,
  st436ElementKey,
} from "../src/index.js";

const afd = createAncPacket({
  did: 0x41,
  sdid: 5,
  payload: [0x44, 1, 2, 3, 4, 5, 6, 7],
  lineNumber: 11,
});
const wrongParity = { ...afd, words: afd.words.map((word, i) => (i === 5 ? word ^ 0x300 : word)) };
const wrongChecksum = { ...afd, words: afd.words.map((word, i) => (i === 11 ? word ^ 1 : word)) };

describe("encodeSt436", () => {
  test("packs one packet after its head", () => {
    expect([...encodeSt436([afd])]).toEqual([
      ...[0, 1, 0, 11, 1, 4, 0, 12, 0, 0, 0, 12, 0, 0, 0, 1],
      ...[0x41, 5, 8, 0x44, 1, 2, 3, 4, 5, 6, 7, 0xae],
    ]);
  });

  const codingOf = (packet: typeof afd, options = {}): number | undefined =>
    decodeSt436(encodeSt436([packet], options))[0]?.sampleCoding;
  const chroma = { cNotYChannelFlag: true };

  test("takes eight bits only when nothing is lost", () => {
    expect(codingOf(afd)).toBe(St436SampleCoding.luma8);
    expect(codingOf({ ...afd, ...chroma })).toBe(St436SampleCoding.colorDifference8);
    expect(codingOf(wrongParity)).toBe(St436SampleCoding.luma10);
    expect(codingOf(wrongChecksum)).toBe(St436SampleCoding.luma10);
    expect(codingOf({ ...wrongParity, ...chroma })).toBe(St436SampleCoding.colorDifference10);
  });

  test("tells of wrong parity where eight bits are asked for", () => {
    const options = { sampleCoding: "8-bit" };
    expect(codingOf(wrongParity, options)).toBe(St436SampleCoding.luma8ParityError);
    expect(codingOf({ ...wrongParity, ...chroma }, options)).toBe(11);
    expect(codingOf(wrongChecksum, options)).toBe(St436SampleCoding.luma8);
    expect(codingOf(afd, { sampleCoding: "10-bit" })).toBe(St436SampleCoding.luma10);
  });

  test("a packet's own wrapping type and coding come first", () => {
    const own = { ...afd, wrappingType: 0x13, sampleCoding: 9 };
    const options = { wrappingType: St436WrappingType.vancField2 };
    const read = decodeSt436(encodeSt436([own, afd], options));
    expect(read.map((p) => [p.wrappingType, p.sampleCoding])).toEqual([
      [0x13, 9],
      [0x03, 4],
    ]);
    expect(encodeSt436(read)).toEqual(encodeSt436([own, afd], options));
  });

  test.each([
    ["a coding of VBI", { ...afd, sampleCoding: 3 }],
    ["a wrapping type of nine bits", { ...afd, wrappingType: 256 }],
    ["a line of twelve bits", { ...afd, lineNumber: 2048 }],
    ["a word of eleven bits", { ...afd, words: afd.words.map((w) => w | 0x400) }],
    ["a wrong data count", { ...afd, words: afd.words.slice(1) }],
  ])("refuses %s", (_, packet) => expect(() => encodeSt436([packet])).toThrow(RangeError));

  test("refuses more packets than it can count", () => {
    expect(() => encodeSt436(new Array(65_536).fill(afd))).toThrow(RangeError);
  });
});

describe("parseSt436", () => {
  test("has no offset to give", () => {
    expect(decodeSt436(encodeSt436([afd]))[0]?.horizontalOffset).toBe(OFFSET_ANY);
  });

  test("a line that does not fit eleven bits becomes the value that says so", () => {
    const value = encodeSt436([afd]);
    value[2] = 0x08;
    expect(parseSt436(value).packets[0]?.lineNumber).toBe(0x7fd);
  });

  test("array length times element size is not cut to 32 bits", () => {
    const value = encodeSt436([afd]);
    value.set([0x80, 0, 0, 0, 0, 0, 0, 2], 8);
    expect(parseSt436(value)).toMatchObject({
      packets: [],
      diagnostics: [{ code: "truncated", packet: 0, offset: 2 }],
      unparsedBytes: value.length - 2,
    });
  });

  test("elements of no size are passed over", () => {
    const value = Uint8Array.of(
      0,
      2,
      ...new Uint8Array(14).fill(4),
      ...encodeSt436([afd]).subarray(2),
    );
    value.set([0, 0, 0, 9, 0, 0, 0, 0], 8);
    const { packets: read, diagnostics, unparsedBytes } = parseSt436(value);
    expect(read.length).toBe(1);
    expect(diagnostics.map(({ code, packet }) => [code, packet])).toEqual([
      ["unsupported-coding", 0],
    ]);
    expect(unparsedBytes).toBe(0);
  });

  test("strictly, only what is cut off is refused", () => {
    const value = encodeSt436([afd, afd]);
    expect(() => decodeSt436(value.subarray(0, value.length - 1))).toThrow(
      expect.objectContaining({
        code: "truncated",
        field: "packets[1].record",
        clause: "ST 436-1",
      }),
    );
    expect(() => decodeSt436(Uint8Array.of(0))).toThrow(expect.objectContaining({ offset: 0 }));
    expect(decodeSt436(Uint8Array.of(...value, 0)).length).toBe(2);
  });

  it.prop([packets(fc.oneof(cleanPacket(40), rawPacket(40)))])(
    "everything but the offset survives, wrong parity and checksums included",
    (all) => {
      const read = decodeSt436(encodeSt436(all));
      expect(read.map(({ words }) => [...words])).toEqual(all.map(({ words }) => [...words]));
      expect(read.map((p) => [p.lineNumber, p.cNotYChannelFlag])).toEqual(
        all.map((p) => [p.lineNumber, p.cNotYChannelFlag]),
      );
    },
  );

  it.prop([fc.uint8Array({ maxLength: 120 }), fc.nat({ max: 3 })])(
    "any bytes have a result, within bounds",
    (junk, count) => {
      junk.set([0, count].slice(0, junk.length));
      const { packets: read, unparsedBytes } = parseSt436(junk);
      expect(read.length).toBeLessThanOrEqual(count);
      expect(unparsedBytes).toBeLessThanOrEqual(junk.length);
      try {
        decodeSt436(junk);
      } catch (error) {
        expect(isFormatError(error)).toBe(true);
      }
    },
  );
});

describe("labels", () => {
  test("the element's key has its count and number", () => {
    const key = st436ElementKey(2, 3);
    expect([...key.subarray(12)]).toEqual([0x17, 2, 2, 3]);
    expect(isSt436ElementKey(key)).toBe(true);
    expect(() => st436ElementKey(256)).toThrow(RangeError);
  });

  test("VBI, other essence and other lengths are not it", () => {
    for (const [at, byte] of [
      [14, 1],
      [12, 0x15],
      [0, 0],
    ] as const) {
      const key = st436ElementKey();
      key[at] = byte;
      expect(isSt436ElementKey(key)).toBe(false);
    }
    expect(isSt436ElementKey(st436ElementKey().subarray(0, 15))).toBe(false);
    expect(isSt436ElementKey(new Uint8Array(0))).toBe(false);
  });

  test("each call makes an array of its own", () => {
    st436ContainerLabel().fill(0);
    st436ElementKey().fill(0);
    expect([...st436ContainerLabel().subarray(12)]).toEqual([0x02, 0x0e, 0, 0]);
    expect(st436ElementKey()[0]).toBe(6);
  });
});
