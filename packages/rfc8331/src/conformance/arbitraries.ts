import fc from "fast-check";
import type { ConformanceFrame, ConformancePayload, OwnPacket } from "./implementation.js";
import { oracleChecksum, oraclePayload, oracleWords } from "./oracle.js";

const EIGHT_BITS = { min: 0, max: 0xff };

/** Channel, line, offset and stream, special values included. */
export function position(): fc.Arbitrary<Omit<OwnPacket, "words">> {
  return fc.record(
    {
      cNotYChannelFlag: fc.boolean(),
      lineNumber: fc.oneof(fc.integer({ min: 0, max: 0x7ff }), fc.constantFrom(0, 1, 0x7fd, 0x7ff)),
      horizontalOffset: fc.oneof(fc.integer({ min: 0, max: 0xfff }), fc.constantFrom(0, 0xfff)),
      streamNum: fc.integer({ min: 0, max: 0x7f }),
    },
    { requiredKeys: ["cNotYChannelFlag", "lineNumber", "horizontalOffset"] },
  );
}

/** A packet with right parity and checksum, type 1 or 2, with `minDataCount` to `maxDataCount` user data words. */
export function cleanPacket(maxDataCount = 255, minDataCount = 0): fc.Arbitrary<OwnPacket> {
  return fc
    .record({
      place: position(),
      did: fc.integer(EIGHT_BITS),
      sdid: fc.integer(EIGHT_BITS),
      payload: fc.uint8Array({ minLength: minDataCount, maxLength: maxDataCount, size: "max" }),
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
export function rawPacket(maxDataCount = 255): fc.Arbitrary<OwnPacket> {
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

/** Packets of one payload. */
export function packets(
  packet: fc.Arbitrary<OwnPacket> = fc.oneof(cleanPacket(30), rawPacket(30)),
): fc.Arbitrary<OwnPacket[]> {
  return fc.array(packet, { maxLength: 5 });
}

/** F: a valid value. */
export function field(): fc.Arbitrary<number> {
  return fc.constantFrom(0b00, 0b10, 0b11);
}

/** A payload with a valid F. */
export function payload(
  ofPackets: fc.Arbitrary<OwnPacket[]> = packets(),
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
