import fc from "fast-check";
import type { AfdBarData, Bars } from "../afd.js";
import { type AncPacket, LINE_ANY, LINE_OVERFLOW, OFFSET_ANY } from "../anc-packet.js";
import type { AncillaryTimeCode } from "../atc.js";
import type { Cea608Packet } from "../cea608.js";
import type { Chromaticity, HdrFrame } from "../hdr.js";
import type { KlvTriplet } from "../klv.js";
import type { Op47Sdp } from "../op47.js";
import type { Scte104Message, Scte104Timestamp } from "../scte104-message.js";
import type { PayloadIdentifier } from "../vpid.js";
import type { PacketContent } from "./implementation.js";
import { oracleChecksum, oracleWords } from "./oracle.js";

/** An unsigned integer of `width` bits. */
export function bits(width: number): fc.Arbitrary<number> {
  return fc.integer({ min: 0, max: 2 ** width - 1 });
}

function exactly(length: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength: length, maxLength: length });
}

const flag = (): fc.Arbitrary<0 | 1> => fc.constantFrom(0, 1);

/** The content of a packet of type 1 or 2, with `0` to `maxDataCount` user data words. */
export function packetContent(maxDataCount = 255, minDataCount = 0): fc.Arbitrary<PacketContent> {
  return fc.record({
    did: bits(8),
    sdidOrDbn: bits(8),
    payload: fc.uint8Array({ minLength: minDataCount, maxLength: maxDataCount, size: "max" }),
  });
}

/** Channel, line and offset, special values more often than chance has them. */
export function position(): fc.Arbitrary<Omit<AncPacket, "words" | "streamNum">> {
  return fc.record({
    cNotYChannelFlag: fc.boolean(),
    lineNumber: fc.oneof(bits(11), fc.constantFrom(0, 1, LINE_OVERFLOW, LINE_ANY)),
    horizontalOffset: fc.oneof(bits(12), fc.constantFrom(0, OFFSET_ANY)),
  });
}

/**
 * A packet with right parity and checksum, of type 1 or 2, anywhere, without a stream number, with `minDataCount` to
 * `maxDataCount` user data words.
 */
export function cleanPacket(maxDataCount = 255, minDataCount = 0): fc.Arbitrary<AncPacket> {
  return fc
    .tuple(position(), packetContent(maxDataCount, minDataCount))
    .map(([place, content]) => ({ ...place, words: oracleWords(content) }));
}

/**
 * A packet of arbitrary ten-bit words, whose data count alone is right in its low eight bits. Its checksum is right
 * about every other time.
 */
export function rawPacket(maxDataCount = 255): fc.Arbitrary<AncPacket> {
  return fc
    .record({
      place: position(),
      words: fc.uint16Array({ minLength: 3, maxLength: 3 + maxDataCount, max: 0x3ff, size: "max" }),
      checksum: fc.option(bits(10), { freq: 2 }),
    })
    .map(({ place, words: [did = 0, sdid = 0, dataCount = 0, ...userData], checksum }) => {
      const words = [did, sdid, (dataCount & 0x300) | userData.length, ...userData];
      return { ...place, words: Uint16Array.from([...words, checksum ?? oracleChecksum(words)]) };
    });
}

/** AFD and bar data (ST 2016-3). */
export function afdBarData(): fc.Arbitrary<AfdBarData> {
  const bars = fc.oneof<fc.Arbitrary<Bars | undefined>[]>(
    fc.constant(undefined),
    fc.record({ kind: fc.constant("letterbox" as const), top: bits(16), bottom: bits(16) }),
    fc.record({ kind: fc.constant("pillarbox" as const), left: bits(16), right: bits(16) }),
  );
  return fc.record({ afd: bits(4), wide: fc.boolean(), bars });
}

/** A time code of a day, with user bits and all flags (ST 12-2). */
export function ancillaryTimeCode(): fc.Arbitrary<AncillaryTimeCode> {
  return fc.record({
    dbb1: bits(8),
    dbb2: bits(8),
    hours: fc.integer({ min: 0, max: 23 }),
    minutes: fc.integer({ min: 0, max: 59 }),
    seconds: fc.integer({ min: 0, max: 59 }),
    frames: fc.integer({ min: 0, max: 29 }),
    dropFrameFlag: fc.boolean(),
    colourFrameFlag: fc.boolean(),
    bit35: flag(),
    bit55: flag(),
    bit74: flag(),
    bit75: flag(),
    binaryGroups: fc.array(bits(4), { minLength: 8, maxLength: 8 }),
  });
}

/** Line 21 data (ST 334-1). */
export function cea608Packet(): fc.Arbitrary<Cea608Packet> {
  const field = fc.constantFrom<(1 | 2)[]>(1, 2);
  return fc.record({ field, lineOffset: bits(5), ccData: fc.tuple(bits(8), bits(8)) });
}

/** A payload identifier (ST 352). */
export function payloadIdentifier(): fc.Arbitrary<PayloadIdentifier> {
  return fc.record({ byte1: bits(8), byte2: bits(8), byte3: bits(8), byte4: bits(8) });
}

/** A subtitling distribution packet of one to five lines (RDD 8). */
export function op47Sdp(): fc.Arbitrary<Op47Sdp> {
  const field = fc.constantFrom<(1 | 2)[]>(1, 2);
  const data = exactly(42).map((rest) => Uint8Array.of(0x55, 0x55, 0x27, ...rest));
  const block = fc.record({ field, line: bits(5), data });
  const packets = fc.array(block, { minLength: 1, maxLength: 5 });
  return fc.record({ format: bits(8), counter: bits(16), packets });
}

/** HDR metadata frames that fit one packet (ST 2108-1). */
export function hdrFrames(): fc.Arbitrary<HdrFrame[]> {
  const chromaticity = (): fc.Arbitrary<Chromaticity> => fc.tuple(bits(16), bits(16));
  const frame = fc.oneof<fc.Arbitrary<HdrFrame>[]>(
    fc.record({
      kind: fc.constant("static1" as const),
      primaries: fc.tuple(chromaticity(), chromaticity(), chromaticity()),
      whitePoint: chromaticity(),
      maxLuminance: bits(32),
      minLuminance: bits(32),
    }),
    fc.record({ kind: fc.constant("static2" as const), maxCll: bits(16), maxFall: bits(16) }),
    fc.record({
      kind: fc.constant("raw" as const),
      type: fc.integer({ min: 2, max: 255 }),
      data: fc.uint8Array({ maxLength: 60 }),
    }),
  );
  return fc.array(frame, { maxLength: 4 });
}

/** An SCTE 104 message. */
export function scte104Message(): fc.Arbitrary<Scte104Message> {
  const timestamp = fc.oneof<fc.Arbitrary<Scte104Timestamp>[]>(
    fc.constant({ kind: "none" as const }),
    fc.record({
      kind: fc.constant("utc" as const),
      utcSeconds: bits(32),
      utcMicroseconds: bits(16),
    }),
    fc.record({
      kind: fc.constant("vitc" as const),
      hours: bits(8),
      minutes: bits(8),
      seconds: bits(8),
      frames: bits(8),
    }),
    fc.record({ kind: fc.constant("gpi" as const), gpiNumber: bits(8), gpiEdge: bits(8) }),
  );
  const addressee = {
    protocolVersion: bits(8),
    asIndex: bits(8),
    messageNumber: bits(8),
    dpiPidIndex: bits(16),
  };
  const operation = fc.record({ opId: bits(16), data: fc.uint8Array({ maxLength: 300 }) });
  return fc.oneof<fc.Arbitrary<Scte104Message>[]>(
    fc.record({
      kind: fc.constant("single" as const),
      opId: fc.integer({ min: 0, max: 0xfffe }),
      result: bits(16),
      resultExtension: bits(16),
      ...addressee,
      data: fc.uint8Array({ maxLength: 300 }),
    }),
    fc.record({
      kind: fc.constant("multiple" as const),
      ...addressee,
      scte35ProtocolVersion: bits(8),
      timestamp,
      operations: fc.array(operation, { maxLength: 5 }),
    }),
  );
}

/** KLV triplets, their lengths as short as possible (ST 336). */
export function klvTriplets(): fc.Arbitrary<KlvTriplet[]> {
  const triplet = fc.record({
    key: exactly(16),
    value: fc.oneof(
      fc.uint8Array({ maxLength: 20 }),
      fc.integer({ min: 120, max: 700 }).map((length) => new Uint8Array(length).fill(length)),
    ),
  });
  return fc.array(triplet, { maxLength: 4 });
}
