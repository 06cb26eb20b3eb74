import { uint16 } from "@x/bits";
import { fits, fitsLength } from "./fits.js";
import { lengthError } from "./payload-error.js";

const CLAUSE = "ST 336";
const PACKET_CLAUSE = "RP 214";
const KEY_SIZE = 16;
const PACKET_HEADER = 3;
/** Bytes of KLV data that a packet carries at most. */
export const MAX_KLV_DATA_SIZE = 252;

/** One packet of KLV metadata, DID 44 SDID 04 or 14 (RP 214). */
export interface KlvPacket {
  /** MID: the same in all packets of a message, 8 bits. */
  readonly messageId: number;
  /** PSC: counts the packets of a message, 16 bits. */
  readonly packetSequenceCount: number;
  /** A part of the message, at most 252 bytes; a view when decoded. */
  readonly data: Uint8Array;
}

/** A key, length and value (ST 336). */
export interface KlvTriplet {
  /** Universal label, 16 bytes; a view when decoded. */
  readonly key: Uint8Array;
  /** Bytes that the BER length takes: 1 (short form, values below 128) or 2 to 128. Default when encoding: the least. */
  readonly lengthSize?: number;
  /** A view when decoded. */
  readonly value: Uint8Array;
}

/**
 * Decode the payload of a KLV metadata packet.
 * @throws {FormatError} `length` when its header is cut off.
 */
export function decodeKlvPacket(payload: Uint8Array): KlvPacket {
  if (payload.length < PACKET_HEADER) {
    throw lengthError("klv", 0, `at least ${PACKET_HEADER}`, payload.length, PACKET_CLAUSE);
  }
  return {
    messageId: payload[0] as number,
    packetSequenceCount: uint16(payload, 1),
    data: payload.subarray(PACKET_HEADER),
  };
}

/**
 * Encode the payload of a KLV metadata packet.
 * @throws {RangeError} when a value does not fit its field.
 */
export function encodeKlvPacket(packet: KlvPacket): Uint8Array<ArrayBuffer> {
  const { messageId, packetSequenceCount, data } = packet;
  fits("messageId", messageId, 0xff);
  fits("packetSequenceCount", packetSequenceCount, 0xffff);
  fitsLength("data", data, MAX_KLV_DATA_SIZE);
  const payload = new Uint8Array(PACKET_HEADER + data.length);
  payload.set([messageId, packetSequenceCount >> 8, packetSequenceCount & 0xff]);
  payload.set(data, PACKET_HEADER);
  return payload;
}

/**
 * Decode the triplets of a KLV message.
 * @throws {FormatError} `length` when one is cut off, or its length is of the indefinite form.
 */
export function decodeKlv(message: Uint8Array): KlvTriplet[] {
  const triplets: KlvTriplet[] = [];
  for (let at = 0; at < message.length; ) {
    const { lengthSize, valueAt, end } = measureKlv(message, at);
    if (end > message.length) {
      const field = valueAt > message.length ? "length" : "value";
      const offset = Math.min(at + KEY_SIZE, message.length);
      throw lengthError(field, offset, end - at, message.length - at, CLAUSE);
    }
    if (lengthSize === INDEFINITE) {
      throw lengthError("length", at + KEY_SIZE, "a definite length", 0, CLAUSE);
    }
    const key = message.subarray(at, at + KEY_SIZE);
    triplets.push({ key, lengthSize, value: message.subarray(valueAt, end) });
    at = end;
  }
  return triplets;
}

/**
 * Encode triplets one after the other.
 * @throws {RangeError} when a key has not 16 bytes, or a length does not fit its `lengthSize`.
 */
export function encodeKlv(triplets: readonly KlvTriplet[]): Uint8Array<ArrayBuffer> {
  const lengths = triplets.map(({ value, lengthSize }) =>
    encodeBerLength(value.length, lengthSize),
  );
  let size = 0;
  for (const [i, { key, value }] of triplets.entries()) {
    fitsLength("key", key, KEY_SIZE, KEY_SIZE);
    size += KEY_SIZE + (lengths[i] as number[]).length + value.length;
  }
  const message = new Uint8Array(size);
  let at = 0;
  for (const [i, { key, value }] of triplets.entries()) {
    for (const piece of [key, lengths[i] as number[], value]) {
      message.set(piece, at);
      at += piece.length;
    }
  }
  return message;
}

/**
 * Cut a KLV message into the payloads of as many packets as it needs, for DID 44 SDID 04 or 14. An empty message is
 * one packet without data.
 * @throws {RangeError} when it needs more packets than can be counted, or `messageId` does not fit 8 bits.
 */
export function splitKlv(
  message: Uint8Array,
  messageId: number,
  options: {
    /** The first packet sequence count. Default 1. */
    readonly firstSequenceCount?: number;
  } = {},
): Uint8Array<ArrayBuffer>[] {
  const first = options.firstSequenceCount ?? 1;
  const count = Math.max(1, Math.ceil(message.length / MAX_KLV_DATA_SIZE));
  fits("packetSequenceCount", first + count - 1, 0xffff);
  return Array.from({ length: count }, (_, i) => {
    const data = message.subarray(i * MAX_KLV_DATA_SIZE, (i + 1) * MAX_KLV_DATA_SIZE);
    return encodeKlvPacket({ messageId, packetSequenceCount: first + i, data });
  });
}

const INDEFINITE = 0;

/**
 * Where the triplet at `at` has its value and ends, as far as the bytes tell: `end` is beyond them when it is cut off.
 */
export function measureKlv(
  bytes: Uint8Array,
  at: number,
): { lengthSize: number; valueAt: number; end: number } {
  const lengthAt = at + KEY_SIZE;
  const first = bytes[lengthAt];
  if (first === undefined) return { lengthSize: 1, valueAt: lengthAt + 1, end: lengthAt + 1 };
  if (first < 0x80) return { lengthSize: 1, valueAt: lengthAt + 1, end: lengthAt + 1 + first };
  const lengthSize = 1 + (first & 0x7f);
  const valueAt = lengthAt + lengthSize;
  if (lengthSize === 1) return { lengthSize: INDEFINITE, valueAt, end: valueAt };
  if (valueAt > bytes.length) return { lengthSize, valueAt, end: valueAt };
  let length = 0;
  for (let i = lengthAt + 1; i < valueAt; i++) length = length * 256 + (bytes[i] as number);
  return { lengthSize, valueAt, end: valueAt + length };
}

function encodeBerLength(length: number, lengthSize?: number): number[] {
  if (lengthSize === 1 || (lengthSize === undefined && length < 0x80)) {
    fits("value.length", length, 0x7f);
    return [length];
  }
  const bytes: number[] = [];
  for (let rest = length; rest > 0 || bytes.length === 0; rest = Math.floor(rest / 256)) {
    bytes.unshift(rest % 256);
  }
  if (lengthSize === undefined) return [0x80 | bytes.length, ...bytes];
  fits("lengthSize", lengthSize, 128, bytes.length + 1);
  while (bytes.length < lengthSize - 1) bytes.unshift(0);
  return [0x80 | bytes.length, ...bytes];
}
