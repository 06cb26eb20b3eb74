import { concatBytes, FormatError, readTimestamp, uint16, writeTimestamp } from "@x/bits";
import { fits } from "./fits.js";
import {
  decodeExtension,
  encodeExtension,
  type PesExtension,
  sizeOfExtension,
} from "./pes-extension.js";

/** The header of a PES packet (ISO/IEC 13818-1 2.4.3.7). Marker bits are not kept: an encoder sets them. */
export interface PesHeader {
  readonly streamId: number;
  /** Bytes behind this field; 0 = until the next packet starts (video in transport streams). */
  readonly pesPacketLength: number;
  /** Present unless `streamId` is one of those without (padding, private_stream_2, ECM …). */
  readonly optional?: PesOptionalHeader;
}

/** The part of a PES header that begins with the bits '10'. */
export interface PesOptionalHeader {
  /** 2 bits, 0 = clear. */
  readonly pesScramblingControl: number;
  readonly pesPriority: boolean;
  readonly dataAlignmentIndicator: boolean;
  readonly copyright: boolean;
  readonly originalOrCopy: boolean;
  /** 90 kHz, 33 bits. */
  readonly pts?: number;
  /** 90 kHz, 33 bits; only with a `pts`. */
  readonly dts?: number;
  readonly escr?: { readonly base: number; readonly extension: number };
  /** 22 bits, units of 50 bytes/s. */
  readonly esRate?: number;
  /** trick_mode_control and what it defines, 8 bits. */
  readonly trickMode?: number;
  /** 7 bits. */
  readonly additionalCopyInfo?: number;
  /** 16 bits. */
  readonly previousPesPacketCrc?: number;
  readonly extension?: PesExtension;
  /** Bytes of the header behind the fields; 0xFF each, unless a sender put something else there. */
  readonly stuffing?: Uint8Array;
}

/** stream_id of private_stream_1. */
export const PRIVATE_STREAM_1 = 0xbd;
/** stream_id of the first audio stream; 0xC0 to 0xDF are audio. */
export const AUDIO_STREAM_0 = 0xc0;
/** stream_id of the first video stream; 0xE0 to 0xEF are video. */
export const VIDEO_STREAM_0 = 0xe0;
/** stream_id of padding_stream. */
export const PADDING_STREAM = 0xbe;

const CLAUSE = "ISO/IEC 13818-1 2.4.3.7";
/** program_stream_map, padding_stream, private_stream_2, ECM, EMM, DSMCC, H.222.1 type E, directory. */
const WITHOUT_OPTIONAL: ReadonlySet<number> = /* @__PURE__ */ new Set([
  0xbc, 0xbe, 0xbf, 0xf0, 0xf1, 0xf2, 0xf8, 0xff,
]);

/** True when PES packets with this stream_id have nothing but payload behind PES_packet_length. */
export function isPlainStreamId(streamId: number): boolean {
  return WITHOUT_OPTIONAL.has(streamId);
}

/**
 * Decode the PES packet header at `offset`. Byte fields are views.
 *
 * @returns the header and the offset of the payload
 * @throws {FormatError} `truncated`, `reserved` (no start code, or not '10' where it must be), or `range` (a field does
 * not fit PES_header_data_length, or that does not fit PES_packet_length)
 */
export function decodePesHeader(
  bytes: Uint8Array,
  offset = 0,
): { readonly header: PesHeader; readonly payloadStart: number } {
  need(bytes, offset, offset + 6, "packetStartCodePrefix");
  if (bytes[offset] !== 0 || bytes[offset + 1] !== 0 || bytes[offset + 2] !== 1) {
    throw new FormatError("reserved", "no PES start code", {
      field: "packetStartCodePrefix",
      offset,
      expected: 1,
      actual: uint16(bytes, offset) * 256 + (bytes[offset + 2] as number),
      clause: CLAUSE,
    });
  }
  const streamId = bytes[offset + 3] as number;
  const pesPacketLength = uint16(bytes, offset + 4);
  if (isPlainStreamId(streamId)) {
    return { header: { streamId, pesPacketLength }, payloadStart: offset + 6 };
  }
  need(bytes, offset, offset + 9, "pesHeaderDataLength");
  const first = bytes[offset + 6] as number;
  if (first >>> 6 !== 2) {
    throw new FormatError("reserved", "the bits '10' are missing", {
      field: "pesHeader",
      offset: offset + 6,
      expected: 2,
      actual: first >>> 6,
      clause: CLAUSE,
    });
  }
  const length = bytes[offset + 8] as number;
  const payloadStart = offset + 9 + length;
  need(bytes, offset, payloadStart, "pesHeaderDataLength");
  if (pesPacketLength !== 0 && length + 3 > pesPacketLength) {
    throw new FormatError("range", `header of ${length + 3} bytes in ${pesPacketLength}`, {
      field: "pesHeaderDataLength",
      offset: offset + 8,
      expected: pesPacketLength - 3,
      actual: length,
      clause: CLAUSE,
    });
  }
  const optional: PesOptionalHeader = {
    pesScramblingControl: (first >>> 4) & 3,
    pesPriority: (first & 8) !== 0,
    dataAlignmentIndicator: (first & 4) !== 0,
    copyright: (first & 2) !== 0,
    originalOrCopy: (first & 1) !== 0,
    ...decodeFields(bytes, bytes[offset + 7] as number, offset + 9, payloadStart),
  };
  return { header: { streamId, pesPacketLength, optional }, payloadStart };
}

/** Bytes of the encoded header, start code included. */
export function sizeOfPesHeader(header: PesHeader): number {
  return header.optional === undefined ? 6 : 9 + sizeOfFields(header.optional);
}

/**
 * Encode a PES packet header.
 * @throws {RangeError} when a field does not fit, or `optional` does not go with the `streamId`
 */
export function encodePesHeader(header: PesHeader): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(sizeOfPesHeader(header));
  encodePesHeaderInto(header, bytes, 0);
  return bytes;
}

/**
 * The same into the caller's array.
 * @returns the offset of the payload
 */
export function encodePesHeaderInto(header: PesHeader, target: Uint8Array, offset: number): number {
  const { streamId, pesPacketLength, optional } = header;
  fits("streamId", streamId, 0xff);
  fits("pesPacketLength", pesPacketLength, 0xffff);
  if ((optional === undefined) !== isPlainStreamId(streamId)) {
    throw new RangeError(`stream_id ${streamId} and the optional header do not go together`);
  }
  if (offset + sizeOfPesHeader(header) > target.length) {
    throw new RangeError("no room for the PES header");
  }
  target[offset] = 0;
  target[offset + 1] = 0;
  target[offset + 2] = 1;
  target[offset + 3] = streamId;
  target[offset + 4] = pesPacketLength >>> 8;
  target[offset + 5] = pesPacketLength & 0xff;
  if (optional === undefined) return offset + 6;
  const { pts, dts, escr, esRate, trickMode, additionalCopyInfo } = optional;
  const { previousPesPacketCrc, extension, stuffing } = optional;
  if (dts !== undefined && pts === undefined) throw new RangeError("dts without pts");
  const length = sizeOfFields(optional);
  fits("pesHeaderDataLength", length, 0xff);
  fits("pesScramblingControl", optional.pesScramblingControl, 3);
  target[offset + 6] =
    0x80 |
    (optional.pesScramblingControl << 4) |
    (optional.pesPriority ? 8 : 0) |
    (optional.dataAlignmentIndicator ? 4 : 0) |
    (optional.copyright ? 2 : 0) |
    (optional.originalOrCopy ? 1 : 0);
  target[offset + 7] =
    (pts === undefined ? 0 : dts === undefined ? 0x80 : 0xc0) |
    (escr === undefined ? 0 : 0x20) |
    (esRate === undefined ? 0 : 0x10) |
    (trickMode === undefined ? 0 : 0x08) |
    (additionalCopyInfo === undefined ? 0 : 0x04) |
    (previousPesPacketCrc === undefined ? 0 : 0x02) |
    (extension === undefined ? 0 : 0x01);
  target[offset + 8] = length;
  let at = offset + 9;
  if (pts !== undefined) {
    writeTimestamp(target, at, dts === undefined ? 2 : 3, pts);
    at += 5;
  }
  if (dts !== undefined) {
    writeTimestamp(target, at, 1, dts);
    at += 5;
  }
  if (escr !== undefined) at = encodeEscr(escr, target, at);
  if (esRate !== undefined) {
    fits("esRate", esRate, 0x3f_ffff);
    target[at++] = 0x80 | (esRate >>> 15);
    target[at++] = (esRate >>> 7) & 0xff;
    target[at++] = ((esRate & 0x7f) << 1) | 1;
  }
  if (trickMode !== undefined) {
    fits("trickMode", trickMode, 0xff);
    target[at++] = trickMode;
  }
  if (additionalCopyInfo !== undefined) {
    fits("additionalCopyInfo", additionalCopyInfo, 0x7f);
    target[at++] = 0x80 | additionalCopyInfo;
  }
  if (previousPesPacketCrc !== undefined) {
    fits("previousPesPacketCrc", previousPesPacketCrc, 0xffff);
    target[at++] = previousPesPacketCrc >>> 8;
    target[at++] = previousPesPacketCrc & 0xff;
  }
  if (extension !== undefined) at = encodeExtension(extension, target, at);
  if (stuffing !== undefined) {
    target.set(stuffing, at);
    at += stuffing.length;
  }
  return at;
}

/**
 * A whole PES packet: the header with `payload` behind it. PES_packet_length is set from the payload; above 65535 it
 * becomes 0, which transport streams allow for video (and JPEG XS) only.
 *
 * @throws {RangeError} as {@link encodePesHeader}
 */
export function encodePesPacket(
  header: Omit<PesHeader, "pesPacketLength">,
  payload: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const probe = { ...header, pesPacketLength: 0 };
  const length = sizeOfPesHeader(probe) - 6 + payload.length;
  return concatBytes(
    encodePesHeader({ ...probe, pesPacketLength: length > 0xffff ? 0 : length }),
    payload,
  );
}

type Fields = Omit<
  PesOptionalHeader,
  "pesScramblingControl" | "pesPriority" | "dataAlignmentIndicator" | "copyright" | "originalOrCopy"
>;

function decodeFields(bytes: Uint8Array, flags: number, start: number, end: number): Fields {
  const fields: { -readonly [Key in keyof Fields]: Fields[Key] } = {};
  let at = start;
  const take = (size: number, field: string): number => {
    if (at + size > end) {
      throw new FormatError("range", `${field} without room in the header`, {
        field,
        offset: at,
        clause: CLAUSE,
      });
    }
    const begin = at;
    at += size;
    return begin;
  };
  if ((flags & 0x80) !== 0) fields.pts = readTimestamp(bytes, take(5, "pts"));
  // '01' is forbidden: it is read as "no time stamp".
  if ((flags & 0xc0) === 0xc0) fields.dts = readTimestamp(bytes, take(5, "dts"));
  if ((flags & 0x20) !== 0) fields.escr = decodeEscr(bytes, take(6, "escr"));
  if ((flags & 0x10) !== 0) {
    const p = take(3, "esRate");
    fields.esRate =
      (((bytes[p] as number) & 0x7f) << 15) |
      ((bytes[p + 1] as number) << 7) |
      ((bytes[p + 2] as number) >>> 1);
  }
  if ((flags & 0x08) !== 0) fields.trickMode = bytes[take(1, "trickMode")] as number;
  if ((flags & 0x04) !== 0) {
    fields.additionalCopyInfo = (bytes[take(1, "additionalCopyInfo")] as number) & 0x7f;
  }
  if ((flags & 0x02) !== 0) {
    fields.previousPesPacketCrc = uint16(bytes, take(2, "previousPesPacketCrc"));
  }
  if ((flags & 0x01) !== 0) fields.extension = decodeExtension(bytes, take);
  if (at < end) fields.stuffing = bytes.subarray(at, end);
  return fields;
}

function sizeOfFields(optional: PesOptionalHeader): number {
  const { pts, dts, escr, esRate, trickMode, additionalCopyInfo, previousPesPacketCrc } = optional;
  const { extension, stuffing } = optional;
  return (
    (pts === undefined ? 0 : 5) +
    (dts === undefined ? 0 : 5) +
    (escr === undefined ? 0 : 6) +
    (esRate === undefined ? 0 : 3) +
    (trickMode === undefined ? 0 : 1) +
    (additionalCopyInfo === undefined ? 0 : 1) +
    (previousPesPacketCrc === undefined ? 0 : 2) +
    (extension === undefined ? 0 : sizeOfExtension(extension)) +
    (stuffing?.length ?? 0)
  );
}

/** 48 bits: reserved 2, base 3 m 15 m 15 m, extension 9, m. */
function decodeEscr(bytes: Uint8Array, at: number): { base: number; extension: number } {
  const b = (i: number): number => bytes[at + i] as number;
  const base =
    ((b(0) >>> 3) & 7) * 0x4000_0000 +
    (((b(0) & 3) << 13) | (b(1) << 5) | (b(2) >>> 3)) * 0x8000 +
    (((b(2) & 3) << 13) | (b(3) << 5) | (b(4) >>> 3));
  return { base, extension: ((b(4) & 3) << 7) | (b(5) >>> 1) };
}

function encodeEscr(
  { base, extension }: { readonly base: number; readonly extension: number },
  target: Uint8Array,
  at: number,
): number {
  fits("escr.base", base, 2 ** 33 - 1);
  fits("escr.extension", extension, 0x1ff);
  const high = Math.floor(base / 0x4000_0000);
  const middle = Math.floor(base / 0x8000) & 0x7fff;
  const low = base % 0x8000;
  target[at] = 0xc0 | (high << 3) | 4 | (middle >>> 13);
  target[at + 1] = (middle >>> 5) & 0xff;
  target[at + 2] = ((middle & 0x1f) << 3) | 4 | (low >>> 13);
  target[at + 3] = (low >>> 5) & 0xff;
  target[at + 4] = ((low & 0x1f) << 3) | 4 | (extension >>> 7);
  target[at + 5] = ((extension & 0x7f) << 1) | 1;
  return at + 6;
}

function need(bytes: Uint8Array, offset: number, end: number, field: string): void {
  if (end <= bytes.length) return;
  throw new FormatError("truncated", `${end - bytes.length} bytes short`, {
    field,
    offset: Math.max(offset, bytes.length),
    expected: end - offset,
    actual: bytes.length - offset,
    clause: CLAUSE,
  });
}
