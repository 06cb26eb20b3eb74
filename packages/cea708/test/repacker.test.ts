import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import {
  CcRepacker,
  CDP_FRAME_RATES,
  ccCountOf,
  encodeDtvccPacket,
  type FrameRate,
  ntscPairsOf,
  splitCcData,
} from "../src/index.js";

/** What a stream says, padding apart: both fields' pairs and the DTVCC bytes. */
function content(frames: readonly Uint8Array[]): {
  field1: number[];
  field2: number[];
  dtvcc: number[];
} {
  const all = { field1: [] as number[], field2: [] as number[], dtvcc: [] as number[] };
  for (const frame of frames) {
    const split = splitCcData(frame);
    for (const name of ["field1", "field2"] as const) {
      for (let i = 0; i < split[name].length; i += 2) {
        const pair = [...split[name].subarray(i, i + 2)];
        if (pair.some((byte) => (byte & 0x7f) !== 0)) all[name].push(...pair);
      }
    }
    all.dtvcc.push(...split.dtvcc);
  }
  return all;
}

const rates = CDP_FRAME_RATES.map((row) => row.frameRate);
const rate = fc.constantFrom(...rates);
const perSecond = (each: FrameRate): number => each.numerator / each.denominator;

/** Streams that the slowest rate can carry: at most 20 pairs a field and 400 triplets a second. */
const frame = fc.record({
  pair1: fc.option(fc.tuple(fc.integer({ min: 1, max: 0xff }), fc.nat(0xff)), { freq: 1 }),
  pair2: fc.option(fc.tuple(fc.integer({ min: 1, max: 0xff }), fc.nat(0xff)), { freq: 1 }),
  packet: fc.option(fc.uint8Array({ minLength: 1, maxLength: 12 }), { freq: 1 }),
});

function stream(
  frames: readonly (typeof frame extends fc.Arbitrary<infer T> ? T : never)[],
  at: FrameRate,
): Uint8Array[] {
  let sequenceNumber = 0;
  return frames.map(({ pair1, pair2, packet }, index) => {
    const bytes: number[] = [];
    const every = Math.ceil(perSecond(at) / 20);
    if (index % every === 0) {
      if (pair1 !== null) bytes.push(0xfc, ...pair1);
      if (pair2 !== null) bytes.push(0xfd, ...pair2);
    }
    if (packet !== null) {
      bytes.push(
        ...encodeDtvccPacket({ sequenceNumber: sequenceNumber++ & 3, packetData: packet }),
      );
    }
    return Uint8Array.from(bytes);
  });
}

describe("CcRepacker", () => {
  property.prop([rate, rate, fc.array(frame, { maxLength: 200 })])(
    "between any two rates both fields and the DTVCC bytes stay the same",
    (inputRate, outputRate, frames) => {
      const input = stream(frames, inputRate);
      const repacker = new CcRepacker({ inputRate, outputRate });
      const during = input.flatMap((each) => repacker.push(each));
      const exact = (input.length * perSecond(outputRate)) / perSecond(inputRate);
      expect(Math.abs(during.length - exact)).toBeLessThanOrEqual(1);
      const output = [...during, ...repacker.flush()];
      expect(content(output)).toEqual(content(input));
      expect(repacker.issues).toEqual([]);
      output.forEach((each, index) => {
        expect(each.length).toBe(3 * ccCountOf(outputRate));
        const pairs = ntscPairsOf(outputRate, index);
        for (let i = 0; i < each.length / 3; i++) {
          expect(((each[3 * i] as number) & 2) === 0, `frame ${index}, triplet ${i}`).toBe(
            i < pairs,
          );
        }
      });
    },
  );

  property.prop([rate, rate, fc.array(fc.uint8Array({ maxLength: 93 }), { maxLength: 60 })])(
    "any bytes: frames of the right size, the fields in alternation, no exception, and it drains",
    (inputRate, outputRate, input) => {
      const repacker = new CcRepacker({ inputRate, outputRate });
      const output = [...input.flatMap((each) => repacker.push(each)), ...repacker.flush()];
      let next = 0;
      for (const each of output) {
        expect(each.length).toBe(3 * ccCountOf(outputRate));
        for (let i = 0; i < each.length && ((each[i] as number) & 2) === 0; i += 3) {
          expect((each[i] as number) & 1).toBe(next);
          next ^= 1;
        }
      }
      expect(repacker.empty).toBe(true);
    },
  );

  test("24 Hz has two and three pairs in turn, and the fields alternate across frames", () => {
    const twentyFour = { numerator: 24, denominator: 1 };
    expect([0, 1, 2, 3].map((index) => ntscPairsOf(twentyFour, index))).toEqual([2, 3, 2, 3]);
    const repacker = new CcRepacker({ inputRate: twentyFour });
    const fields = [0, 1, 2, 3].map(() => {
      const [out] = repacker.push(new Uint8Array(0));
      const types: number[] = [];
      for (let i = 0; ((out?.[i] as number) & 2) === 0; i += 3)
        types.push(((out?.[i] as number) & 1) + 1);
      return types;
    });
    expect(fields).toEqual([
      [1, 2],
      [1, 2, 1],
      [2, 1],
      [2, 1, 2],
    ]);
  });

  test("on overflow whole packets go, oldest first, and it is said", () => {
    const inputRate = { numerator: 25, denominator: 1 };
    const repacker = new CcRepacker({
      inputRate,
      outputRate: { numerator: 60, denominator: 1 },
      maxDelayMs: 200,
    });
    const output: Uint8Array[] = [];
    for (let i = 0; i < 50; i++) {
      const packet = encodeDtvccPacket({
        sequenceNumber: i & 3,
        packetData: new Uint8Array(127).fill(i + 1),
      });
      output.push(...repacker.push(packet));
    }
    output.push(...repacker.flush());
    const { dtvcc } = content(output);
    expect(repacker.issues.length).toBeGreaterThan(0);
    expect(repacker.issues.every((issue) => issue.code === "overflow")).toBe(true);
    expect(dtvcc.length % (64 * 3)).toBe(0);
    const order = [];
    for (let at = 0; at < dtvcc.length; at += 192) {
      const value = dtvcc[at + 2];
      order.push(value);
      for (let i = 1; i < 64; i++) {
        expect(dtvcc.slice(at + 3 * i, at + 3 * i + 3)).toEqual([0xfe, value, value]);
      }
    }
    expect(order).toEqual([...order].sort((a = 0, b = 0) => a - b));
  });

  test("keeps a live but silent line 21 alive", () => {
    const thirty = { numerator: 30, denominator: 1 };
    const repacker = new CcRepacker({ inputRate: thirty });
    const [alive] = repacker.push(Uint8Array.of(0xfc, 0x80, 0x80, 0xfd, 0x80, 0x80));
    expect([...(alive as Uint8Array).subarray(0, 6)]).toEqual([0xfc, 0x80, 0x80, 0xfd, 0x80, 0x80]);
    const [dead] = repacker.push(Uint8Array.of(0xf8, 0x80, 0x80, 0xf9, 0x80, 0x80));
    expect([...(dead as Uint8Array).subarray(0, 6)]).toEqual([0xf8, 0x80, 0x80, 0xf9, 0x80, 0x80]);
  });
});
