import { FormatError } from "@x/bits";
import { type AncPacket, AncWordPool } from "@x/st291";
import { AncCursor, type St2038Packet } from "./anc-cursor.js";
import {
  type AncDiagnostic,
  type AncDiagnosticCode,
  ancDiagnostic,
  diagnoseWords,
} from "./anc-diagnostic.js";
import { CHECKSUM_WRONG, checkRecord, packRecord, sizeOfRecord, unpackRecord } from "./record.js";

/** What {@link parseUnit} found. */
export interface ParsedUnit {
  /** Every packet that could be delimited, in order, wrong parity and checksums included. */
  readonly packets: readonly St2038Packet[];
  /** Deviations, by packet, then by code. */
  readonly diagnostics: readonly AncDiagnostic[];
  /** Bytes from the first one that could not be delimited to the end; 0 when the whole unit was read. */
  readonly unparsedBytes: number;
}

/** How {@link parseUnit} gets its memory. */
export interface ParseUnitOptions {
  /** Where the words of the packets are put. Default: one buffer for each unit. */
  readonly pool?: AncWordPool;
}

/**
 * Read the ancillary packets of one unit: the payload of a PES packet (ST 2038:2021 4.2). Linear in the size of the
 * unit, never throws on input. The words of the packets are copies, which share a buffer.
 */
export function parseUnit(bytes: Uint8Array, options: ParseUnitOptions = {}): ParsedUnit {
  const packets: St2038Packet[] = [];
  const diagnostics: AncDiagnostic[] = [];
  const cursor = new AncCursor(bytes);
  let { pool } = options;
  while (cursor.next()) {
    const { dataCount, recordStart } = cursor;
    // Five bytes hold at most four words, so this is enough for all that follows.
    pool ??= new AncWordPool(Math.floor((bytes.length - recordStart) * 0.8));
    const words = pool.take(dataCount + 4);
    const wrong = unpackRecord(bytes, recordStart, dataCount, words, 0);
    const packet = cursor.packetOf(words);
    if (wrong !== 0 || cursor.stuffingBefore > 0 || !cursor.alignmentValid) {
      diagnose(cursor, packet, packets.length, wrong, diagnostics);
    }
    packets.push(packet);
  }
  if (cursor.stoppedBy !== undefined) diagnoseStop(cursor, packets.length, diagnostics);
  return { packets, diagnostics, unparsedBytes: cursor.unparsedBytes };
}

function diagnose(
  cursor: AncCursor,
  packet: St2038Packet,
  index: number,
  wrong: number,
  diagnostics: AncDiagnostic[],
): void {
  const { recordStart, recordEnd, stuffingBefore } = cursor;
  const offsetOf = (word: number): number => recordStart + ((30 + 10 * word) >>> 3);
  if (!cursor.alignmentValid) {
    diagnostics.push(ancDiagnostic("alignment-bits", recordEnd - 1, index));
  }
  if ((wrong & CHECKSUM_WRONG) !== 0) {
    diagnostics.push(ancDiagnostic("checksum", offsetOf(packet.words.length - 1), index));
  }
  // Right parity excludes the forbidden words, so both are looked for only where parity is wrong.
  if (wrong > CHECKSUM_WRONG) diagnoseWords(packet, index, offsetOf, diagnostics);
  if (stuffingBefore > 0) {
    diagnostics.push(ancDiagnostic("stuffing-between", recordStart - stuffingBefore, index));
  }
}

function diagnoseStop(cursor: AncCursor, index: number, diagnostics: AncDiagnostic[]): void {
  const { recordStart, stuffingBefore, stoppedBy } = cursor;
  if (stoppedBy === "reserved-not-zero") {
    diagnostics.push(ancDiagnostic("reserved-not-zero", recordStart, index));
  }
  if (stuffingBefore > 0) {
    diagnostics.push(ancDiagnostic("stuffing-between", recordStart - stuffingBefore, index));
  }
  if (stoppedBy === "truncated") diagnostics.push(ancDiagnostic("truncated", recordStart, index));
}

/**
 * The same, strictly: for a unit that must be whole. Warnings, such as wrong parity, do not make it fail.
 * @throws {FormatError} `truncated` or `reserved-not-zero`
 */
export function decodeUnit(
  bytes: Uint8Array,
  options: ParseUnitOptions = {},
): readonly St2038Packet[] {
  const { packets, diagnostics } = parseUnit(bytes, options);
  throwFirstError(diagnostics, "ST 2038:2021 4.2");
  return packets;
}

/** @throws {FormatError} for the first diagnostic of severity error, if there is one */
export function throwFirstError(diagnostics: readonly AncDiagnostic[], clause: string): void {
  const error = diagnostics.find(({ severity }) => severity === "error");
  if (error === undefined) return;
  const { code, message, offset } = error;
  const field =
    error.packet === undefined ? error.field : `packets[${error.packet}].${error.field}`;
  throw new FormatError<AncDiagnosticCode>(code, message.slice(0, -1), { field, offset, clause });
}

/** The bytes of the record that `packet` was read from: a view of the unit. */
export function recordBytes(unit: Uint8Array, packet: St2038Packet): Uint8Array {
  return unit.subarray(packet.recordStart, packet.recordEnd);
}

/** How {@link encodeUnit} ends a unit. */
export interface EncodeUnitOptions {
  /** Bytes of 0xFF behind the last record. Default 0. */
  readonly stuffing?: number;
}

/** Bytes of the unit that {@link encodeUnit} makes. */
export function sizeOfUnit(
  packets: readonly AncPacket[],
  { stuffing = 0 }: EncodeUnitOptions = {},
): number {
  if (!Number.isInteger(stuffing) || stuffing < 0) {
    throw new RangeError(`stuffing: ${stuffing} is not a number of bytes`);
  }
  let size = stuffing;
  for (const packet of packets) size += sizeOfRecord(packet);
  return size;
}

/**
 * Write packets as one unit, in the order given, words as they are (ST 2038:2021 4.2). What {@link parseUnit} has read
 * becomes the same bytes again, but for alignment bits that were wrong and stuffing between records.
 * @throws {RangeError} when a packet has a field that does not fit, or words that do not agree with its data count
 */
export function encodeUnit(
  packets: readonly AncPacket[],
  options: EncodeUnitOptions = {},
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(sizeOfUnit(packets, options));
  encodeUnitInto(packets, bytes, 0, options);
  return bytes;
}

/**
 * The same into `target` from `offset` on.
 * @returns the offset of the byte after the unit
 * @throws {RangeError} as {@link encodeUnit}, and when `target` is too short; nothing is written then
 */
export function encodeUnitInto(
  packets: readonly AncPacket[],
  target: Uint8Array,
  offset: number,
  options: EncodeUnitOptions = {},
): number {
  for (const packet of packets) checkRecord(packet);
  const end = offset + sizeOfUnit(packets, options);
  if (!(offset >= 0 && end <= target.length)) {
    throw new RangeError(
      `a unit of ${end - offset} bytes does not fit ${target.length} from ${offset}`,
    );
  }
  let at = offset;
  for (const packet of packets) {
    packRecord(packet, target, at);
    at += sizeOfRecord(packet);
  }
  target.fill(0xff, at, end);
  return end;
}
