import { crc32Mpeg, plain, uint32 } from "@x/bits";
import { formatError, viewOf } from "./errors.js";

/** Bits of header_type_flag, RFC 3533 6. */
export const OGG_FLAG = {
  /** The first packet of the page began on an earlier one. */
  continued: 1,
  beginningOfStream: 2,
  endOfStream: 4,
} as const;

/** A page of an Ogg stream, RFC 3533 6. */
export interface OggPage {
  /** See {@link OGG_FLAG}; the upper five bits are kept. */
  readonly headerTypeFlag: number;
  /** In the codec's units, 64 bits, signed; −1 when no packet ends on this page. */
  readonly granulePosition: bigint;
  readonly bitstreamSerialNumber: number;
  /** 32 bits. */
  readonly pageSequenceNumber: number;
  /** Lacing values: a packet ends with the first one below 255. At most 255 of them. */
  readonly segmentTable: Uint8Array;
  /** As many bytes as the lacing values add up to. */
  readonly body: Uint8Array;
}

/** Bytes of a page header without its segment table. */
export const OGG_HEADER_BYTES = 27;
const CHECKSUM_AT = 22;
const CAPTURE_PATTERN = 0x4f676753;
const NO_CHECKSUM = new Uint8Array(4);

/**
 * Decode the page at `offset`.
 * @returns views into `bytes`, and the byte after the page
 * @throws {FormatError} `truncated`; `sync` without "OggS"; `unsupported` for a version that is not 0; `range` when the
 * checksum is wrong
 */
export function decodeOggPage(
  bytes: Uint8Array,
  offset = 0,
): { readonly page: OggPage; readonly end: number } {
  const input = plain(bytes);
  const header = viewOf(input, offset, OGG_HEADER_BYTES, "pageHeader");
  if (uint32(header, 0) !== CAPTURE_PATTERN) {
    throw formatError("sync", 'is not "OggS"', "capturePattern", offset, "RFC 3533 6");
  }
  if (header[4] !== 0) {
    throw formatError("unsupported", `${header[4]}`, "streamStructureVersion", offset + 4);
  }
  const tableAt = offset + OGG_HEADER_BYTES;
  const segmentTable = viewOf(input, tableAt, header[26] as number, "segmentTable");
  const bodyAt = tableAt + segmentTable.length;
  const body = viewOf(input, bodyAt, sumOf(segmentTable), "body");
  const end = bodyAt + body.length;
  const data = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const stored = data.getUint32(CHECKSUM_AT, true);
  if (stored !== checksum(input, offset, end)) {
    throw formatError("range", "wrong checksum", "CRCChecksum", offset + CHECKSUM_AT);
  }
  const page: OggPage = {
    headerTypeFlag: header[5] as number,
    granulePosition: data.getBigInt64(6, true),
    bitstreamSerialNumber: data.getUint32(14, true),
    pageSequenceNumber: data.getUint32(18, true),
    segmentTable,
    body,
  };
  return { page, end };
}

/**
 * Encode a page; the checksum is computed.
 * @throws {RangeError} for more than 255 lacing values, or a body that is not as long as they say
 */
export function encodeOggPage(page: OggPage): Uint8Array<ArrayBuffer> {
  const { segmentTable, body } = page;
  if (segmentTable.length > 255) throw new RangeError(`${segmentTable.length} lacing values`);
  if (sumOf(segmentTable) !== body.length) {
    throw new RangeError(`body of ${body.length} bytes for ${sumOf(segmentTable)} in the table`);
  }
  const bytes = new Uint8Array(OGG_HEADER_BYTES + segmentTable.length + body.length);
  const data = new DataView(bytes.buffer);
  data.setUint32(0, CAPTURE_PATTERN);
  bytes[5] = page.headerTypeFlag;
  data.setBigInt64(6, page.granulePosition, true);
  data.setUint32(14, page.bitstreamSerialNumber, true);
  data.setUint32(18, page.pageSequenceNumber, true);
  bytes[26] = segmentTable.length;
  bytes.set(segmentTable, OGG_HEADER_BYTES);
  bytes.set(body, OGG_HEADER_BYTES + segmentTable.length);
  data.setUint32(CHECKSUM_AT, checksum(bytes, 0, bytes.length), true);
  return bytes;
}

/** The checksum of a page is computed with its own field set to 0. */
function checksum(bytes: Uint8Array, start: number, end: number): number {
  const head = crc32Mpeg(bytes, start, start + CHECKSUM_AT, 0);
  const field = crc32Mpeg(NO_CHECKSUM, 0, 4, head);
  return crc32Mpeg(bytes, start + CHECKSUM_AT + 4, end, field);
}

function sumOf(segmentTable: Uint8Array): number {
  let sum = 0;
  for (const lacing of segmentTable) sum += lacing;
  return sum;
}

/** Where "OggS" can begin, from `from` on: the last three bytes are left open. */
export function nextOggPage(bytes: Uint8Array, from: number): number {
  for (let at = from; ; at++) {
    at = bytes.indexOf(0x4f, at);
    if (at < 0) return bytes.length;
    const rest = Math.min(4, bytes.length - at);
    if (rest < 4 ? startsLikePage(bytes, at, rest) : uint32(bytes, at) === CAPTURE_PATTERN) {
      return at;
    }
  }
}

function startsLikePage(bytes: Uint8Array, at: number, length: number): boolean {
  for (let i = 1; i < length; i++) {
    if (bytes[at + i] !== ((CAPTURE_PATTERN >> (24 - 8 * i)) & 0xff)) return false;
  }
  return true;
}
