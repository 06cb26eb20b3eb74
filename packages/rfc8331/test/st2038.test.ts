import { createAncPacket } from "@x/st291";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { packets, rawPacket } from "../src/conformance.js";
import {
  F_FIELD_1,
  F_FIELD_2,
  F_PROGRESSIVE,
  fieldOfLine,
  fromSt2038,
  PtsMapper,
  type Scan,
  toSt2038,
} from "../src/index.js";

const packet = (lineNumber: number, horizontalOffset = 0, streamNum?: number) =>
  createAncPacket({
    did: 0x61,
    payload: [],
    lineNumber,
    horizontalOffset,
    ...(streamNum === undefined ? {} : { streamNum }),
  });

describe("toSt2038", () => {
  test("groups by line in raster order, and says what is lost", () => {
    const given = [packet(11), packet(9, 20), packet(9, 4, 0)];
    const { lines, lost } = toSt2038({ packets: given }, 2 ** 33 + 5);
    expect(lines).toEqual([
      { pts: 5, lineNumber: 9, packets: [packet(9, 4), packet(9, 20)] },
      { pts: 5, lineNumber: 11, packets: [packet(11)] },
    ]);
    expect(new Set(lost)).toEqual(new Set(["F", "extSeqHigh", "marker", "S"]));
    expect(toSt2038({ packets: [packet(1, 0, 3)] }, 0).lost).toContain("StreamNum");
    expect(lines[0]?.packets[1]?.words).toBe(given[1]?.words);
  });

  test("loses no packet and no word", () => {
    fc.assert(
      fc.property(packets(rawPacket(20)), (given) => {
        const { lines } = toSt2038({ packets: given }, 0);
        const back = fromSt2038({ pts: 0, packets: lines.flatMap((line) => line.packets) });
        const key = (p: { lineNumber: number; horizontalOffset: number; words: Uint16Array }) =>
          [p.lineNumber, p.horizontalOffset, ...p.words].join();
        expect(back.flatMap((frame) => frame.packets.map(key)).sort()).toEqual(
          given.map(key).sort(),
        );
      }),
    );
  });
});

describe("PtsMapper", () => {
  test("goes on where the RTP timestamp wraps, and wraps itself", () => {
    const mapper = new PtsMapper(2 ** 33 - 2 ** 32);
    expect([2 ** 32 - 3003, 0, 3003].map((timestamp) => mapper.pts(timestamp))).toEqual([
      2 ** 33 - 3003,
      0,
      3003,
    ]);
    mapper.reset();
    expect(mapper.pts(7)).toBe(2 ** 32 + 7);
  });
});

describe("fromSt2038", () => {
  const frameRate = { numerator: 30000, denominator: 1001 };

  test("makes two fields of an interlaced frame, empty ones too", () => {
    const frames = fromSt2038(
      { pts: 2 ** 32 + 10, packets: [packet(9), packet(0x7ff)] },
      { scan: "1125", frameRate },
    );
    expect(frames).toEqual([
      { timestamp: 10, f: F_FIELD_1, packets: [packet(9), packet(0x7ff)] },
      { timestamp: 1511, f: F_FIELD_2, packets: [] },
    ]);
  });

  test("puts special lines where it is told", () => {
    const options = {
      scan: "625",
      frameRate: { numerator: 25, denominator: 1 },
      f: F_FIELD_2,
    } as const;
    const [one, two] = fromSt2038(
      { pts: 0, packets: [packet(0x7fe), packet(320), packet(7)] },
      options,
    );
    expect(one).toEqual({ timestamp: 0, f: F_FIELD_1, packets: [packet(7)] });
    expect(two).toEqual({ timestamp: 1800, f: F_FIELD_2, packets: [packet(0x7fe), packet(320)] });
  });

  test("gives packets without a stream number the one supplied", () => {
    const [frame] = fromSt2038({ pts: 0, packets: [packet(9), packet(9, 0, 4)] }, { streamNum: 1 });
    expect(frame?.packets.map(({ streamNum }) => streamNum)).toEqual([1, 4]);
    expect(frame?.f).toBe(F_PROGRESSIVE);
  });

  test("shifts the time", () => {
    expect(fromSt2038({ pts: 0, packets: [] }, { timestampOffset: -1 })[0]?.timestamp).toBe(
      2 ** 32 - 1,
    );
  });

  test("wants the rate of an interlaced scan", () => {
    expect(() => fromSt2038({ pts: 0, packets: [] }, { scan: "525" })).toThrow(TypeError);
  });
});

test.each<[Scan, number, number | undefined]>([
  ["progressive", 700, F_PROGRESSIVE],
  ["525", 3, F_FIELD_2],
  ["525", 4, F_FIELD_1],
  ["525", 265, F_FIELD_1],
  ["525", 266, F_FIELD_2],
  ["525", 526, undefined],
  ["625", 312, F_FIELD_1],
  ["625", 313, F_FIELD_2],
  ["1125", 563, F_FIELD_1],
  ["1125", 564, F_FIELD_2],
  ["1125", 1125, F_FIELD_2],
  ["1125", 0, undefined],
  ["1125", 0x7fe, undefined],
])("fieldOfLine: %s line %i", (scan, line, f) => {
  expect(fieldOfLine(line, scan)).toBe(f);
});
