import { uint16, uint32 } from "./bytes.js";
import { FormatError } from "./format-error.js";

/** The fixed header of an RTP packet, and where its payload lies (RFC 3550 5.1). */
export interface RtpHeader {
  readonly marker: boolean;
  /** 7 bits. */
  readonly payloadType: number;
  /** 16 bits. */
  readonly sequenceNumber: number;
  /** 32 bits. */
  readonly timestamp: number;
  /** 32 bits. */
  readonly ssrc: number;
  /** First byte of the payload, behind CSRC list and header extension. */
  readonly payloadStart: number;
  /** Byte after the payload: padding is stripped. */
  readonly payloadEnd: number;
}

/** Size of an RTP header without CSRC list and extension. */
export const RTP_HEADER_SIZE = 12;

const CLAUSE = "RFC 3550 5.1";

/**
 * Decode the header of the RTP packet that fills `bytes`. CSRC list, extension and padding are honoured.
 * @throws {FormatError} `truncated`, or `unsupported` when the version is not 2.
 */
export function decodeRtpHeader(bytes: Uint8Array): RtpHeader {
  if (bytes.length < RTP_HEADER_SIZE) throw truncated("rtp", 0, RTP_HEADER_SIZE, bytes.length);
  const first = bytes[0] as number;
  if (first >>> 6 !== 2) {
    throw new FormatError("unsupported", `RTP version ${first >>> 6}`, {
      field: "rtp.version",
      offset: 0,
      expected: 2,
      actual: first >>> 6,
      clause: CLAUSE,
    });
  }
  let payloadStart = RTP_HEADER_SIZE + 4 * (first & 0x0f);
  if ((first & 0x10) !== 0) {
    if (bytes.length < payloadStart + 4) {
      throw truncated("rtp.extension", payloadStart, payloadStart + 4, bytes.length);
    }
    payloadStart += 4 + 4 * uint16(bytes, payloadStart + 2);
  }
  if (payloadStart > bytes.length) {
    throw truncated("rtp.csrc", RTP_HEADER_SIZE, payloadStart, bytes.length);
  }
  let payloadEnd = bytes.length;
  if ((first & 0x20) !== 0) {
    const padding = bytes[bytes.length - 1] as number;
    if (padding === 0 || payloadStart + padding > bytes.length) {
      throw truncated("rtp.padding", bytes.length - 1, payloadStart + padding, bytes.length);
    }
    payloadEnd -= padding;
  }
  const second = bytes[1] as number;
  return {
    marker: (second & 0x80) !== 0,
    payloadType: second & 0x7f,
    sequenceNumber: uint16(bytes, 2),
    timestamp: uint32(bytes, 4),
    ssrc: uint32(bytes, 8),
    payloadStart,
    payloadEnd,
  };
}

/** The fields that {@link encodeRtpHeaderInto} writes. */
export type RtpHeaderFields = Omit<RtpHeader, "payloadStart" | "payloadEnd">;

/**
 * Write a 12-byte header: version 2, no padding, extension or CSRC list.
 * @throws {RangeError} when a field does not fit or `target` has no room.
 * @returns the offset after it
 */
export function encodeRtpHeaderInto(
  header: RtpHeaderFields,
  target: Uint8Array,
  offset = 0,
): number {
  if (offset + RTP_HEADER_SIZE > target.length) throw new RangeError("no room for the RTP header");
  fits("payloadType", header.payloadType, 7);
  fits("sequenceNumber", header.sequenceNumber, 16);
  fits("timestamp", header.timestamp, 32);
  fits("ssrc", header.ssrc, 32);
  const view = new DataView(target.buffer, target.byteOffset, target.byteLength);
  view.setUint8(offset, 0x80);
  view.setUint8(offset + 1, (header.marker ? 0x80 : 0) | header.payloadType);
  view.setUint16(offset + 2, header.sequenceNumber);
  view.setUint32(offset + 4, header.timestamp);
  view.setUint32(offset + 8, header.ssrc);
  return offset + RTP_HEADER_SIZE;
}

function fits(field: string, value: number, width: number): void {
  if (!Number.isInteger(value) || value < 0 || value >= 2 ** width) {
    throw new RangeError(`${field}: ${value} does not fit ${width} bits`);
  }
}

function truncated(
  field: string,
  offset: number,
  need: number,
  have: number,
): FormatError<"truncated"> {
  return new FormatError("truncated", `${need} bytes needed, ${have} there`, {
    field,
    offset,
    expected: need,
    actual: have,
    clause: CLAUSE,
  });
}
