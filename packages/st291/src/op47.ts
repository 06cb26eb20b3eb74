import { FormatError, uint16 } from "@x/bits";
import { fits, fitsLength } from "./fits.js";
import { lengthError, type St291ErrorCode } from "./payload-error.js";

const CLAUSE = "RDD 8";
const IDENTIFIER = 0x5115;
const DESCRIPTORS = 5;
const BLOCKS_AT = 4 + DESCRIPTORS;
const BLOCK_SIZE = 45;
const FOOTER_ID = 0x74;
const OVERHEAD = BLOCKS_AT + 4;

/** One VBI line of a subtitling distribution packet. */
export interface Op47Block {
  readonly field: 1 | 2;
  /** Line within the field, 0 to 31: see {@link op47Line}. */
  readonly line: number;
  /**
   * 45 bytes: clock run-in 55 55, framing code 27, packet address and data, bits in the order of transmission.
   * A view when decoded.
   */
  readonly data: Uint8Array;
}

/** OP-47 subtitling distribution packet, DID 43 SDID 02 (RDD 8). */
export interface Op47Sdp {
  /** Format code: 2 is WST teletext. */
  readonly format: number;
  /** Footer sequence counter, 16 bits. */
  readonly counter: number;
  /** One to five. */
  readonly packets: readonly Op47Block[];
}

/**
 * Decode the payload of a subtitling distribution packet. The reserved bits of the descriptors are ignored.
 * @throws {FormatError} in this order: `length` when the size, the length field and the number of descriptors do not
 *   agree, `identifier` when it does not begin with 51 15, `footer` when the footer is not in its place, `checksum`.
 */
export function decodeOp47(payload: Uint8Array): Op47Sdp {
  const { length } = payload;
  if (length < OVERHEAD + BLOCK_SIZE) {
    throw lengthError("sdp", 0, `at least ${OVERHEAD + BLOCK_SIZE}`, length, CLAUSE);
  }
  if (payload[2] !== length) throw lengthError("length", 2, payload[2] as number, length, CLAUSE);
  const descriptors = payload.subarray(4, BLOCKS_AT);
  const used = descriptors.filter((descriptor) => descriptor !== 0);
  const expected = OVERHEAD + BLOCK_SIZE * used.length;
  if (length !== expected) throw lengthError("descriptors", 4, expected, length, CLAUSE);
  expectValue("identifier", "identifier", 0, IDENTIFIER, uint16(payload, 0));
  expectValue("footer", "footerId", length - 4, FOOTER_ID, payload[length - 4] as number);
  const last = payload[length - 1] as number;
  const sum = byteSum(payload, length - 1);
  expectValue("checksum", "checksum", length - 1, -sum & 0xff, last);
  return {
    format: payload[3] as number,
    counter: uint16(payload, length - 3),
    packets: Array.from(used, (descriptor, i) => {
      const at = BLOCKS_AT + BLOCK_SIZE * i;
      return {
        field: (descriptor & 0x80) !== 0 ? 1 : 2,
        line: descriptor & 0x1f,
        data: payload.subarray(at, at + BLOCK_SIZE),
      };
    }),
  };
}

/**
 * Encode the payload of a subtitling distribution packet: 58 to 238 bytes, the reserved bits of used descriptors one.
 * @throws {RangeError} when there are not one to five packets, or a value does not fit its field.
 */
export function encodeOp47(sdp: Op47Sdp): Uint8Array<ArrayBuffer> {
  fits("packets.length", sdp.packets.length, DESCRIPTORS, 1);
  fits("format", sdp.format, 0xff);
  fits("counter", sdp.counter, 0xffff);
  const length = OVERHEAD + BLOCK_SIZE * sdp.packets.length;
  const payload = new Uint8Array(length);
  payload.set([IDENTIFIER >> 8, IDENTIFIER & 0xff, length, sdp.format]);
  for (const [i, { field, line, data }] of sdp.packets.entries()) {
    fits("field", field, 2, 1);
    fits("line", line, 0x1f);
    fitsLength("data", data, BLOCK_SIZE, BLOCK_SIZE);
    payload[4 + i] = (field === 1 ? 0x80 : 0) | 0x60 | line;
    payload.set(data, BLOCKS_AT + BLOCK_SIZE * i);
  }
  payload.set([FOOTER_ID, sdp.counter >> 8, sdp.counter & 0xff], length - 4);
  payload[length - 1] = -byteSum(payload, length - 1);
  return payload;
}

/** The frame line of a block in the 625-line raster. */
export function op47Line(block: Pick<Op47Block, "field" | "line">): number {
  return block.field === 1 ? block.line : block.line + 313;
}

function byteSum(bytes: Uint8Array, end: number): number {
  let sum = 0;
  for (let i = 0; i < end; i++) sum += bytes[i] as number;
  return sum;
}

function expectValue(
  code: St291ErrorCode,
  field: string,
  offset: number,
  expected: number,
  actual: number,
): void {
  if (actual === expected) return;
  const message = `0x${actual.toString(16)} instead of 0x${expected.toString(16)}`;
  throw new FormatError(code, message, { field, offset, expected, actual, clause: CLAUSE });
}
