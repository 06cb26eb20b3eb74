import type { AncPacket } from "@x/st291";
import * as anywhere from "@x/st291/conformance";
import fc from "fast-check";
import type { ConformanceFrame, ConformancePayload } from "./implementation.js";
import { oraclePayload } from "./oracle.js";

const EIGHT_BITS = { min: 0, max: 0xff };

/** A packet with right parity and checksum, about every other one with a stream number. */
export function cleanPacket(maxDataCount = 255, minDataCount = 0): fc.Arbitrary<AncPacket> {
  return withStream(anywhere.cleanPacket(maxDataCount, minDataCount));
}

/** A packet of arbitrary ten-bit words with a right data count, about every other one with a stream number. */
export function rawPacket(maxDataCount = 255): fc.Arbitrary<AncPacket> {
  return withStream(anywhere.rawPacket(maxDataCount));
}

function withStream(packet: fc.Arbitrary<AncPacket>): fc.Arbitrary<AncPacket> {
  const streamNum = fc.option(fc.integer({ min: 0, max: 0x7f }), { freq: 2 });
  return fc
    .tuple(packet, streamNum)
    .map(([given, number]) => (number === null ? given : { ...given, streamNum: number }));
}

/** Packets of one payload. */
export function packets(
  packet: fc.Arbitrary<AncPacket> = fc.oneof(cleanPacket(30), rawPacket(30)),
): fc.Arbitrary<AncPacket[]> {
  return fc.array(packet, { maxLength: 5 });
}

/** F: a valid value. */
export function field(): fc.Arbitrary<number> {
  return fc.constantFrom(0b00, 0b10, 0b11);
}

/** A payload with a valid F. */
export function payload(
  ofPackets: fc.Arbitrary<AncPacket[]> = packets(),
): fc.Arbitrary<ConformancePayload> {
  return fc.record({
    extendedSequenceNumber: fc.integer({ min: 0, max: 0xffff }),
    f: field(),
    packets: ofPackets,
  });
}

/** Frames in order, all with different timestamps, which wrap now and then. */
export function frames(): fc.Arbitrary<ConformanceFrame[]> {
  return fc
    .record({
      start: fc.oneof(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.constant(2 ** 32 - 1)),
      f: field(),
      ofFrames: fc.array(
        fc.array(fc.oneof(cleanPacket(255, 100), cleanPacket(3)), { maxLength: 6 }),
        {
          minLength: 1,
          maxLength: 8,
        },
      ),
    })
    .map(({ start, f, ofFrames }) =>
      ofFrames.map((ofFrame, i) => ({
        timestamp: (start + 3003 * i) % 2 ** 32,
        f: f === 0 ? 0 : i % 2 === 0 ? f : f ^ 1,
        packets: ofFrame,
      })),
    );
}

/** A 32-bit sequence number: the edges of its halves more often than chance has it. */
export function extendedSequenceNumber(): fc.Arbitrary<number> {
  return fc.oneof(
    fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    fc.constantFrom(0, 0xfffe, 0xffff, 0x10000, 2 ** 32 - 2, 2 ** 32 - 1),
  );
}

/** Bytes that look like a payload in places: one that is damaged and cut, or noise. */
export function junkPayload(): fc.Arbitrary<Uint8Array> {
  const damage = fc.array(fc.tuple(fc.nat(), fc.integer(EIGHT_BITS)), { maxLength: 3 });
  return fc.oneof(
    fc.uint8Array({ maxLength: 80 }),
    fc
      .tuple(
        fc.uint8Array({ minLength: 8, maxLength: 8 }),
        fc.uint8Array({ maxLength: 200, max: 3 }),
      )
      .map(([header, rest]) => Uint8Array.from([...header, ...rest])),
    fc.tuple(payload(), damage, fc.option(fc.nat())).map(([given, changes, cut]) => {
      const bytes = oraclePayload(given);
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      return cut === null ? bytes : bytes.subarray(0, cut % (bytes.length + 1));
    }),
  );
}
