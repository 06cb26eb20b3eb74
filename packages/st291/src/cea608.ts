import { fits } from "./fits.js";
import { lengthError } from "./payload-error.js";

const CLAUSE = "ST 334-1";
const SIZE = 3;

/** Line 21 data, DID 61 SDID 02 (ST 334-1): one byte pair of one field. */
export interface Cea608Packet {
  /** The flag b7: 1 for field 1, 0 for field 2. */
  readonly field: 1 | 2;
  /** b4…b0: see {@link cea608Line}. */
  readonly lineOffset: number;
  /** The two bytes with their odd parity bits. */
  readonly ccData: readonly [number, number];
}

/**
 * Decode the payload of a line 21 packet. Reserved bits are ignored.
 * @throws {FormatError} `length` when it is not 3 bytes.
 */
export function decodeCea608(payload: Uint8Array): Cea608Packet {
  if (payload.length !== SIZE) throw lengthError("cea608", 0, SIZE, payload.length, CLAUSE);
  const [first, cc1, cc2] = payload as unknown as [number, number, number];
  return { field: (first & 0x80) !== 0 ? 1 : 2, lineOffset: first & 0x1f, ccData: [cc1, cc2] };
}

/**
 * Encode the payload of a line 21 packet: 3 bytes, reserved bits zero.
 * @throws {RangeError} when a value does not fit its field.
 */
export function encodeCea608(packet: Cea608Packet): Uint8Array<ArrayBuffer> {
  const [cc1, cc2] = packet.ccData;
  fits("field", packet.field, 2, 1);
  fits("lineOffset", packet.lineOffset, 0x1f);
  fits("ccData[0]", cc1, 0xff);
  fits("ccData[1]", cc2, 0xff);
  return Uint8Array.of((packet.field === 1 ? 0x80 : 0) | packet.lineOffset, cc1, cc2);
}

/** The frame line of the data in a 525- or 625-line raster (ST 334-1). */
export function cea608Line(packet: Cea608Packet, lines: 525 | 625): number {
  if (lines === 525) return packet.lineOffset + (packet.field === 1 ? 9 : 272);
  return packet.lineOffset + (packet.field === 1 ? 5 : 318);
}
