import fc from "fast-check";
import { type OraclePacket, oracleChecksum, oracleWords } from "./oracle.js";

const EIGHT_BITS = { min: 0, max: 0xff };

/** Channel, line and offset, special values included. */
export function position(): fc.Arbitrary<Omit<OraclePacket, "words">> {
  return fc.record({
    cNotYChannelFlag: fc.boolean(),
    lineNumber: fc.oneof(fc.integer({ min: 0, max: 0x7ff }), fc.constantFrom(0, 1, 0x7fd, 0x7ff)),
    horizontalOffset: fc.oneof(fc.integer({ min: 0, max: 0xfff }), fc.constantFrom(0, 0xfff)),
  });
}

/** A packet with right parity and checksum, type 1 or 2, with `0` to `maxDataCount` user data words. */
export function cleanPacket(maxDataCount = 255): fc.Arbitrary<OraclePacket> {
  return fc
    .record({
      place: position(),
      did: fc.integer(EIGHT_BITS),
      sdid: fc.integer(EIGHT_BITS),
      payload: fc.uint8Array({ maxLength: maxDataCount, size: "max" }),
    })
    .map(({ place, did, sdid, payload }) => ({
      ...place,
      words: oracleWords([did, sdid, payload.length, ...payload]),
    }));
}

/**
 * A packet of arbitrary ten-bit words, whose data count alone is right in its low eight bits. Its checksum is right
 * about every other time.
 */
export function rawPacket(maxDataCount = 255): fc.Arbitrary<OraclePacket> {
  return fc
    .record({
      place: position(),
      words: fc.uint16Array({ minLength: 3, maxLength: 3 + maxDataCount, max: 0x3ff, size: "max" }),
      checksum: fc.option(fc.integer({ min: 0, max: 0x3ff })),
    })
    .map(({ place, words: [did = 0, sdid = 0, dataCount = 0, ...userData], checksum }) => {
      const words = [did, sdid, (dataCount & 0x300) | userData.length, ...userData];
      return { ...place, words: Uint16Array.from([...words, checksum ?? oracleChecksum(words)]) };
    });
}

/** Packets of a unit. */
export function packets(
  packet: fc.Arbitrary<OraclePacket> = fc.oneof(cleanPacket(30), rawPacket(30)),
): fc.Arbitrary<OraclePacket[]> {
  return fc.array(packet, { maxLength: 5 });
}

/** Bytes that look like a unit in places: records whole, cut and damaged, stuffing, and noise. */
export function junkUnit(): fc.Arbitrary<Uint8Array> {
  return fc
    .array(
      fc.oneof(
        fc.uint8Array({ maxLength: 40 }),
        fc.uint8Array({ maxLength: 40, max: 3 }),
        fc.integer({ min: 0, max: 20 }).map((n) => new Uint8Array(n).fill(0xff)),
        fc
          .uint8Array({ minLength: 9, maxLength: 60 })
          .map((b) => b.map((v, i) => (i === 0 ? v & 3 : v))),
      ),
      { maxLength: 6 },
    )
    .map((pieces) => Uint8Array.from(pieces.flatMap((piece) => [...piece])));
}

/** PTS, 33 bits: the edges more often than chance has it. */
export function pts(): fc.Arbitrary<number> {
  return fc.oneof(
    fc.integer({ min: 0, max: 2 ** 33 - 1 }),
    fc.constantFrom(0, 1, 2 ** 15, 2 ** 30, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 33 - 1),
  );
}
