import { FormatError, uint16 } from "@x/bits";
import {
  type AncPacket,
  AncWordPool,
  checksumOfSum,
  forbiddenWords,
  parityErrors,
  parityInverted,
} from "@x/st291";
import {
  alignedSize,
  alignmentIsZero,
  ancPacketAt,
  checkAncPacket,
  dataCountAt,
  fits,
  haveParity,
  putAncPacket,
  sizeAt,
  sizeOfAncPacket,
  wordOffset,
} from "./anc-data-packet.js";
import {
  type AncDiagnostic,
  type AncDiagnosticCode,
  packetDiagnostic,
  payloadDiagnostic,
} from "./diagnostics.js";
import { F_INVALID } from "./field.js";

/** Bytes of the payload header (RFC 8331 2.1). */
export const PAYLOAD_HEADER_SIZE = 8;
/** Most ANC packets in one payload: ANC_Count has eight bits. */
export const MAX_ANC_COUNT = 255;
/** The largest payload with one ANC packet: 255 user data words. A sender must be able to send this. */
export const MAX_SINGLE_PAYLOAD_SIZE = 336;

/** What {@link encodePayload} writes. Length and ANC_Count follow from the packets. */
export interface AncPayload {
  /** High 16 bits of the 32-bit sequence number; the low ones are in the RTP header. Default 0. */
  readonly extendedSequenceNumber?: number;
  /** `F_PROGRESSIVE`, `F_FIELD_1` or `F_FIELD_2`. Default `F_PROGRESSIVE`. */
  readonly f?: number;
  /** At most 255, all of one frame or field. */
  readonly packets: readonly AncPacket[];
}

/** What {@link decodePayload} found. */
export interface DecodedPayload {
  /** High 16 bits of the 32-bit sequence number. */
  readonly extendedSequenceNumber: number;
  /** Length as received: bytes after the header, if the sender is right. */
  readonly length: number;
  /** ANC_Count as received. */
  readonly ancCount: number;
  /** Two bits: 0 progressive or unspecified, 1 invalid, 2 field 1, 3 field 2. */
  readonly f: number;
  /** Their words are copies, which share a buffer. */
  readonly packets: readonly AncPacket[];
  /** Payload first, then by packet, then by code. */
  readonly diagnostics: readonly AncDiagnostic[];
  /** Bytes from the first packet that could not be delimited, or after the last of ANC_Count, to the end. */
  readonly unparsedBytes: number;
}

/** What {@link parsePayload} found. Header fields that are not wholly there are `undefined`. */
export interface ParsedPayload
  extends Omit<DecodedPayload, "extendedSequenceNumber" | "length" | "ancCount" | "f"> {
  readonly extendedSequenceNumber: number | undefined;
  readonly length: number | undefined;
  readonly ancCount: number | undefined;
  readonly f: number | undefined;
}

/** How {@link parsePayload} and {@link decodePayload} treat deviations. */
export interface ParsePayloadOptions {
  /** Deliver the packets of a payload with F = 01, which RFC 8331 2.1 says to ignore. Default `false`. */
  readonly deliverInvalidF?: boolean;
  /** Memory for the words. Default: one buffer for each payload. */
  readonly pool?: AncWordPool;
}

/**
 * Parse a payload, the part of an RTP packet behind its header (RFC 8331 2.1). Never throws on input: what
 * deviates is in `diagnostics`, and every packet that can be delimited is delivered as received. ANC_Count and
 * Data_Count delimit; Length is only compared.
 */
export function parsePayload(bytes: Uint8Array, options: ParsePayloadOptions = {}): ParsedPayload {
  const end = bytes.length;
  if (end < PAYLOAD_HEADER_SIZE) return parseCutHeader(bytes);
  const extendedSequenceNumber = uint16(bytes, 0);
  const length = uint16(bytes, 2);
  const ancCount = bytes[4] as number;
  const f = (bytes[5] as number) >>> 6;

  const packets: AncPacket[] = [];
  const ofPackets: AncDiagnostic[] = [];
  const pool = options.pool ?? new AncWordPool(mostWords(end - PAYLOAD_HEADER_SIZE));
  let at = PAYLOAD_HEADER_SIZE;
  let truncated = false;
  for (let index = 0; index < ancCount; index++) {
    const size = sizeAt(bytes, at);
    if (at + size > end) {
      truncated = true;
      ofPackets.push(truncatedPacket(index, at, size, end));
      break;
    }
    const packet = ancPacketAt(bytes, at, pool.take(4 + dataCountAt(bytes, at)));
    packets.push(packet);
    checkAlignment(bytes, at, size, index, ofPackets);
    checkWords(packet, at, index, ofPackets);
    at = Math.min(at + alignedSize(size), end);
  }
  const unparsedBytes = end - at;

  const diagnostics: AncDiagnostic[] = [];
  if (unparsedBytes > 0 && !truncated) {
    const message = `${unparsedBytes} bytes after ${ancCount} ANC packets`;
    diagnostics.push(payloadDiagnostic("count-mismatch", at, "ancCount", message));
  }
  if (f === F_INVALID) {
    diagnostics.push(payloadDiagnostic("f-invalid", 5, "f", "F is 01, which is not valid"));
  }
  if (length !== end - PAYLOAD_HEADER_SIZE) {
    const message = `Length is ${length}, ${end - PAYLOAD_HEADER_SIZE} bytes follow the header`;
    diagnostics.push(payloadDiagnostic("length-mismatch", 2, "length", message));
  }
  if (((bytes[5] as number) & 0x3f) !== 0 || uint16(bytes, 6) !== 0) {
    const message = "reserved bits are not zero";
    diagnostics.push(payloadDiagnostic("reserved-not-zero", 5, "reserved", message));
  }
  for (const diagnostic of ofPackets) diagnostics.push(diagnostic);
  return {
    extendedSequenceNumber,
    length,
    ancCount,
    f,
    packets: f === F_INVALID && options.deliverInvalidF !== true ? [] : packets,
    diagnostics,
    unparsedBytes,
  };
}

/**
 * The same in one piece: the first diagnostic of severity error is thrown, warnings are kept.
 * @throws {FormatError} `truncated` or `f-invalid` (not with `deliverInvalidF`)
 */
export function decodePayload(
  bytes: Uint8Array,
  options: ParsePayloadOptions = {},
): DecodedPayload {
  const parsed = parsePayload(bytes, options);
  for (const { code, severity, message, field, offset } of parsed.diagnostics) {
    if (severity !== "error" || (code === "f-invalid" && options.deliverInvalidF === true)) {
      continue;
    }
    throw new FormatError<AncDiagnosticCode>(code, message, {
      field,
      offset,
      clause: "RFC 8331 2.1",
    });
  }
  return parsed as DecodedPayload;
}

/** Bytes of a payload with these packets, header included (RFC 8331 2.1). */
export function sizeOfPayload(packets: readonly AncPacket[]): number {
  let size = PAYLOAD_HEADER_SIZE;
  for (const packet of packets) size += sizeOfAncPacket(packet);
  return size;
}

/**
 * Write a payload into a new array (RFC 8331 2.1). Words go out as they are, also with wrong parity or checksum;
 * reserved and word_align bits are zero.
 * @throws {RangeError} when a field does not fit, F is 01, there are more than 255 packets, or Length would not
 * fit 16 bits; nothing is written then
 */
export function encodePayload(payload: AncPayload): Uint8Array<ArrayBuffer> {
  const target = new Uint8Array(sizeOfPayload(payload.packets));
  encodePayloadInto(payload, target, 0);
  return target;
}

/**
 * The same into the caller's array.
 * @throws {RangeError} as {@link encodePayload}, and when `target` has no room
 * @returns the offset after the payload
 */
export function encodePayloadInto(payload: AncPayload, target: Uint8Array, offset = 0): number {
  const { extendedSequenceNumber = 0, f = 0, packets } = payload;
  fits("extendedSequenceNumber", extendedSequenceNumber, 0xffff);
  fits("f", f, 3);
  if (f === F_INVALID) throw new RangeError("f: 01 is not a valid value");
  fits("ancCount", packets.length, MAX_ANC_COUNT);
  for (let i = 0; i < packets.length; i++) checkAncPacket(packets[i] as AncPacket, i);
  const size = sizeOfPayload(packets);
  fits("length", size - PAYLOAD_HEADER_SIZE, 0xffff);
  if (offset + size > target.length) throw new RangeError(`no room for ${size} bytes`);
  return putPayload(extendedSequenceNumber, f, packets, target, offset);
}

/** Write a payload whose fields are checked; `target` has room. Returns the offset after it. */
export function putPayload(
  extendedSequenceNumber: number,
  f: number,
  packets: readonly AncPacket[],
  target: Uint8Array,
  offset: number,
): number {
  let end = offset + PAYLOAD_HEADER_SIZE;
  for (let i = 0; i < packets.length; i++) end = putAncPacket(packets[i] as AncPacket, target, end);
  const length = end - offset - PAYLOAD_HEADER_SIZE;
  target[offset] = extendedSequenceNumber >>> 8;
  target[offset + 1] = extendedSequenceNumber & 0xff;
  target[offset + 2] = length >>> 8;
  target[offset + 3] = length & 0xff;
  target[offset + 4] = packets.length;
  target[offset + 5] = f << 6;
  target[offset + 6] = 0;
  target[offset + 7] = 0;
  return end;
}

function parseCutHeader(bytes: Uint8Array): ParsedPayload {
  const have = bytes.length;
  const message = `the payload header has 8 bytes, ${have} are there`;
  return {
    extendedSequenceNumber: have >= 2 ? uint16(bytes, 0) : undefined,
    length: have >= 4 ? uint16(bytes, 2) : undefined,
    ancCount: have >= 5 ? bytes[4] : undefined,
    f: have >= 6 ? (bytes[5] as number) >>> 6 : undefined,
    packets: [],
    diagnostics: [payloadDiagnostic("truncated", have, "payloadHeader", message)],
    unparsedBytes: have,
  };
}

/** Words that fit `size` bytes of ANC packets. */
function mostWords(size: number): number {
  return Math.floor((size * 8) / 10);
}

function truncatedPacket(index: number, at: number, size: number, end: number): AncDiagnostic {
  const message = `the packet needs at least ${size} bytes, ${end - at} are left`;
  return packetDiagnostic("truncated", index, at, "userDataWord", message);
}

function checkAlignment(
  bytes: Uint8Array,
  at: number,
  size: number,
  index: number,
  diagnostics: AncDiagnostic[],
): void {
  const end = at + alignedSize(size);
  const wordsEnd = at + size;
  if (!alignmentIsZero(bytes, at, size)) {
    const message = "word_align has bits that are not zero";
    diagnostics.push(packetDiagnostic("alignment-bits", index, wordsEnd - 1, "wordAlign", message));
  }
  if (end > bytes.length) {
    const message = `${end - bytes.length} octets of word_align are missing`;
    diagnostics.push(packetDiagnostic("alignment-missing", index, wordsEnd, "wordAlign", message));
  }
}

function checkWords(
  packet: AncPacket,
  at: number,
  index: number,
  diagnostics: AncDiagnostic[],
): void {
  const { words } = packet;
  const last = words.length - 1;
  let sum = 0;
  for (let i = 0; i < last; i++) sum += words[i] as number;
  const computed = checksumOfSum(sum);
  if (words[last] !== computed) {
    const message = `the checksum word is ${hex(words[last] as number)}, computed ${hex(computed)}`;
    const offset = at + wordOffset(last);
    diagnostics.push(packetDiagnostic("checksum", index, offset, "checksumWord", message));
  }
  // Only a word without parity can be a forbidden one.
  if (!haveParity(words, last)) diagnoseParity(packet, at, index, diagnostics);
}

function diagnoseParity(
  packet: AncPacket,
  at: number,
  index: number,
  diagnostics: AncDiagnostic[],
): void {
  const forbidden = forbiddenWords(packet);
  if (forbidden.length > 0) {
    const offset = at + wordOffset(forbidden[0] as number);
    const message = `${forbidden.length} words have values kept for synchronisation`;
    const diagnostic = packetDiagnostic("forbidden-word", index, offset, "words", message);
    diagnostics.push({ ...diagnostic, words: forbidden });
  }
  const words = parityErrors(packet);
  const offset = at + wordOffset(words[0] as number);
  const inverted = parityInverted(packet);
  const message = inverted
    ? "the parity of all words is inverted"
    : `${words.length} words lack parity`;
  const diagnostic = { ...packetDiagnostic("parity", index, offset, "words", message), words };
  diagnostics.push(inverted ? { ...diagnostic, inverted } : diagnostic);
}

function hex(word: number): string {
  return word.toString(16).padStart(3, "0");
}
