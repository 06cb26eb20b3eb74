import { FormatError, readTimestamp, uint16, uint24, writeTimestamp } from "@x/bits";
import type { AncPacket } from "@x/st291";
import { type EncodeUnitOptions, encodeUnitInto, sizeOfUnit } from "./unit.js";

/** stream_id of ancillary data: private_stream_1 (ST 2038:2021 4.2). */
export const ANC_STREAM_ID = 0xbd;
/** Bytes before the records in a PES packet that we write. */
export const PES_HEADER_SIZE = 14;

/** Why a PES packet cannot be read. */
export type PesErrorCode = "header" | "start-code" | "stream-id" | "truncated";

/** A PES packet with one unit of ancillary data. */
export interface AncPes {
  /** 90 kHz, 33 bits; `undefined` when the packet has none. */
  readonly pts: number | undefined;
  /** 90 kHz, 33 bits; ST 2038 has no use for it, but it occurs. */
  readonly dts: number | undefined;
  /** GStreamer sets it on the first packet of a stream only. */
  readonly dataAlignmentIndicator: boolean;
  /** 0: in the clear. Else {@link payload} is of no use without the key. */
  readonly pesScramblingControl: number;
  /** The unit: a view. Empty is legal. */
  readonly payload: Uint8Array;
  /** Offset of the byte after the packet. */
  readonly end: number;
  /** False when PES_packet_length promises more than there is; only with `onTruncated: "keep"`. */
  readonly complete: boolean;
}

/** How tolerant {@link decodePes} is. */
export interface DecodePesOptions {
  /** A packet shorter than its PES_packet_length says: refuse it, or deliver what there is. Default `"throw"`. */
  readonly onTruncated?: "throw" | "keep";
}

const CLAUSE = "ISO/IEC 13818-1 2.4.3.6";

/**
 * Decode the PES packet that starts at the first of `bytes` (ST 2038:2021 4.2). Flags and header fields that ST 2038
 * does not want are passed over; a PES_packet_length of 0 reaches to the end of `bytes`; what lies behind the packet
 * is ignored.
 * @throws {FormatError} `truncated`, `start-code`, `stream-id`, or `header` when its lengths contradict each other
 */
export function decodePes(bytes: Uint8Array, options: DecodePesOptions = {}): AncPes {
  if (bytes.length < 9) {
    throw pesError("truncated", "no PES header", "pes", bytes.length);
  }
  if (uint24(bytes, 0) !== 1) {
    throw pesError("start-code", "not a PES packet", "packetStartCodePrefix", 0);
  }
  if (bytes[3] !== ANC_STREAM_ID) {
    throw pesError("stream-id", `stream_id ${bytes[3]} instead of ${ANC_STREAM_ID}`, "streamId", 3);
  }
  const flags = bytes[6] as number;
  if (flags >>> 6 !== 2) throw pesError("header", "the header has another syntax", "marker", 6);
  const length = uint16(bytes, 4);
  const wanted = length === 0 ? bytes.length : 6 + length;
  const complete = wanted <= bytes.length;
  const start = 9 + (bytes[8] as number);
  if (start > wanted && length !== 0) {
    throw pesError("header", "the header is longer than the packet", "pesHeaderDataLength", 8);
  }
  if (start > bytes.length || (!complete && options.onTruncated !== "keep")) {
    throw pesError("truncated", "the PES packet is cut off", "pesPacketLength", bytes.length);
  }
  const end = complete ? wanted : bytes.length;
  const timeFlags = (bytes[7] as number) >>> 6;
  return {
    pts: timeFlags >= 2 && start >= 14 ? readTimestamp(bytes, 9) : undefined,
    dts: timeFlags === 3 && start >= 19 ? readTimestamp(bytes, 14) : undefined,
    dataAlignmentIndicator: (flags & 0x04) !== 0,
    pesScramblingControl: (flags >>> 4) & 0x03,
    payload: bytes.subarray(start, end),
    end,
    complete,
  };
}

function pesError(
  code: PesErrorCode,
  message: string,
  field: string,
  offset: number,
): FormatError<PesErrorCode> {
  return new FormatError(code, message, { field, offset, clause: CLAUSE });
}

/** What {@link encodePes} writes besides the packets. */
export interface EncodePesOptions extends EncodeUnitOptions {
  /** 90 kHz, 33 bits: that of the video access unit that the data belongs to. */
  readonly pts: number;
}

/**
 * Make a PES packet with one unit. ST 2038:2021 4.2 wants the packets of exactly one line of a frame in it, by
 * ascending offset: see {@link AncMuxer}.
 * @throws {RangeError} when a value does not fit its field, or the unit is larger than 65,527 bytes
 */
export function encodePes(
  packets: readonly AncPacket[],
  options: EncodePesOptions,
): Uint8Array<ArrayBuffer> {
  const payloadSize = sizeOfUnit(packets, options);
  const bytes = new Uint8Array(PES_HEADER_SIZE + payloadSize);
  encodePesHeaderInto(bytes, 0, { pts: options.pts, payloadSize });
  encodeUnitInto(packets, bytes, PES_HEADER_SIZE, options);
  return bytes;
}

/**
 * Write the header that precedes a unit of `payloadSize` bytes: data_alignment_indicator set, PTS only
 * (ST 2038:2021 4.2).
 * @returns the offset of the byte after it
 * @throws {RangeError} when a value does not fit its field, or `target` is too short; nothing is written then
 */
export function encodePesHeaderInto(
  target: Uint8Array,
  offset: number,
  { pts, payloadSize }: { readonly pts: number; readonly payloadSize: number },
): number {
  const length = PES_HEADER_SIZE - 6 + payloadSize;
  if (!Number.isInteger(payloadSize) || payloadSize < 0 || length > 0xffff) {
    throw new RangeError(`payloadSize: ${payloadSize} bytes do not fit a PES packet`);
  }
  if (!(offset >= 0 && offset + PES_HEADER_SIZE <= target.length)) {
    throw new RangeError(`a PES header does not fit ${target.length} bytes from ${offset}`);
  }
  writeTimestamp(target, offset + 9, 2, pts);
  target[offset] = 0;
  target[offset + 1] = 0;
  target[offset + 2] = 1;
  target[offset + 3] = ANC_STREAM_ID;
  target[offset + 4] = length >>> 8;
  target[offset + 5] = length;
  target[offset + 6] = 0x84;
  target[offset + 7] = 0x80;
  target[offset + 8] = PES_HEADER_SIZE - 9;
  return offset + PES_HEADER_SIZE;
}
