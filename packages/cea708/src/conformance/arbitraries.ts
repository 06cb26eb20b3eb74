import { concatBytes } from "@x/bits";
import * as fc from "fast-check";
import type { PlainCdp, PlainPacket, PlainRate, PlainTimeCode } from "./implementation.js";

const byte: fc.Arbitrary<number> = fc.nat(0xff);

function bytesOf(length: number): fc.Arbitrary<number[]> {
  return fc.array(byte, { minLength: length, maxLength: length });
}

/** One code of a service: characters, C0, C1 and the reserved ones of EXT1 with their lengths (CTA-708-E 7.1). */
export const serviceCode: fc.Arbitrary<Uint8Array> = fc
  .oneof(
    fc
      .oneof(fc.integer({ min: 0x20, max: 0x7f }), fc.integer({ min: 0xa0, max: 0xff }))
      .map((code) => [code]),
    fc.constantFrom([0x00], [0x03], [0x08], [0x0c], [0x0d], [0x0e], [0x8e], [0x8f], [0x93], [0x96]),
    fc.tuple(fc.integer({ min: 0x11, max: 0x17 }), byte),
    fc.tuple(fc.integer({ min: 0x18, max: 0x1f }), byte, byte),
    fc.integer({ min: 0x80, max: 0x87 }).map((code) => [code]),
    fc.tuple(fc.integer({ min: 0x88, max: 0x8d }), byte),
    fc.tuple(fc.constantFrom(0x90, 0x92), byte, byte),
    fc.tuple(fc.constant(0x91), byte, byte, byte),
    fc.tuple(fc.constant(0x97), bytesOf(4)).map(([code, rest]) => [code, ...rest]),
    fc
      .tuple(fc.integer({ min: 0x98, max: 0x9f }), bytesOf(6))
      .map(([code, rest]) => [code, ...rest]),
    fc
      .oneof(fc.integer({ min: 0x20, max: 0x7f }), fc.integer({ min: 0xa0, max: 0xff }))
      .map((code) => [0x10, code]),
    fc
      .tuple(fc.integer({ min: 0, max: 0x1f }), bytesOf(3))
      .map(([code, rest]) => [0x10, code, ...rest.slice(0, code >> 3)]),
    fc
      .tuple(fc.integer({ min: 0x80, max: 0x8f }), bytesOf(5))
      .map(([code, rest]) => [0x10, code, ...rest.slice(0, code < 0x88 ? 4 : 5)]),
  )
  .map((code) => Uint8Array.from(code));

/** A DTVCC packet of any bytes. */
export const dtvccPacket: fc.Arbitrary<PlainPacket> = fc.record({
  sequenceNumber: fc.nat(3),
  // The longest ones have a size code of their own: 0.
  packetData: fc.oneof(
    { weight: 4, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 127 }) },
    { weight: 1, arbitrary: fc.uint8Array({ minLength: 126, maxLength: 127 }) },
  ),
});

/** A time of day in time code. */
export const cdpTimeCode: fc.Arbitrary<PlainTimeCode> = fc.record({
  hours: fc.nat(23),
  minutes: fc.nat(59),
  seconds: fc.nat(59),
  frames: fc.nat(29),
  fieldFlag: fc.boolean(),
  dropFrameFlag: fc.boolean(),
});

/** The eight frame rates of captions with their triplets a frame (ST 334-2). */
export const RATES: readonly { readonly rate: PlainRate; readonly ccCount: number }[] = [
  { rate: { numerator: 24_000, denominator: 1001 }, ccCount: 25 },
  { rate: { numerator: 24, denominator: 1 }, ccCount: 25 },
  { rate: { numerator: 25, denominator: 1 }, ccCount: 24 },
  { rate: { numerator: 30_000, denominator: 1001 }, ccCount: 20 },
  { rate: { numerator: 30, denominator: 1 }, ccCount: 20 },
  { rate: { numerator: 50, denominator: 1 }, ccCount: 12 },
  { rate: { numerator: 60_000, denominator: 1001 }, ccCount: 10 },
  { rate: { numerator: 60, denominator: 1 }, ccCount: 10 },
];

/** A CDP whose cc_count is its frame rate's. */
export const cdp: fc.Arbitrary<PlainCdp> = fc
  .tuple(
    fc.integer({ min: 1, max: 8 }),
    fc.nat(0xffff),
    fc.boolean(),
    fc.option(cdpTimeCode, { nil: undefined }),
  )
  .chain(([cdpFrameRate, cdpHdrSequenceCntr, captionServiceActive, timeCode]) => {
    const length = 3 * (RATES[cdpFrameRate - 1]?.ccCount ?? 0);
    return fc.uint8Array({ minLength: length, maxLength: length }).map((ccData) => ({
      cdpFrameRate,
      cdpHdrSequenceCntr,
      captionServiceActive,
      timeCode,
      ccData: line21First(ccData),
    }));
  });

/** The triplets in the order of a frame: line 21, then DTVCC and padding. */
export function line21First(ccData: Uint8Array): Uint8Array<ArrayBuffer> {
  const triplets = Array.from({ length: ccData.length / 3 }, (_, i) =>
    ccData.subarray(3 * i, 3 * i + 3),
  );
  const dtvcc = (triplet: Uint8Array): number => (triplet[0] as number) & 2;
  return concatBytes(...triplets.sort((a, b) => dtvcc(a) - dtvcc(b)));
}

/** Seconds of captions that the slowest rate can carry: some line-21 pairs and whole DTVCC packets. */
export interface CaptionSecond {
  readonly field1: readonly (readonly [number, number])[];
  readonly field2: readonly (readonly [number, number])[];
  readonly packets: readonly Uint8Array[];
}

const pair: fc.Arbitrary<readonly [number, number]> = fc.tuple(
  fc.integer({ min: 1, max: 0x7f }),
  fc.nat(0x7f),
);

/** See {@link CaptionSecond}. */
export const captionSecond: fc.Arbitrary<CaptionSecond> = fc.record({
  field1: fc.array(pair, { maxLength: 20 }),
  field2: fc.array(pair, { maxLength: 20 }),
  packets: fc.array(fc.uint8Array({ minLength: 1, maxLength: 127 }), { maxLength: 5 }),
});
