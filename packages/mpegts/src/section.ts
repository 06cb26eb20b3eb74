import { concatBytes, crc32Mpeg, FormatError, uint16, uint32 } from "@x/bits";
import { fits } from "./fits.js";

/** What a section with section_syntax_indicator 1 has behind its length (ISO/IEC 13818-1 2.4.4.10). */
export interface SectionSyntax {
  /** 16 bits: transport_stream_id, program_number … */
  readonly tableIdExtension: number;
  /** 5 bits. */
  readonly versionNumber: number;
  /** `false`: the table is not valid yet. */
  readonly currentNextIndicator: boolean;
  readonly sectionNumber: number;
  readonly lastSectionNumber: number;
  /** The two reserved bits before version_number, when they are not ones. */
  readonly reserved?: number;
  /** The CRC_32 as received, when it is wrong and was kept. */
  readonly crc32?: number;
}

/** A PSI or SI section. */
export interface PsiSection {
  readonly tableId: number;
  /** The bit behind section_syntax_indicator: '0' in MPEG tables, usually 1 in DVB's and private ones. */
  readonly privateIndicator: boolean;
  /** The two reserved bits before section_length, when they are not ones. */
  readonly reserved?: number;
  /** Present exactly when section_syntax_indicator is 1. */
  readonly syntax?: SectionSyntax;
  /** Content: behind the header, and before CRC_32 if there is a `syntax`. */
  readonly data: Uint8Array;
}

/** Options of {@link decodeSection}. */
export interface DecodeSectionOptions {
  /** Default `"throw"`. */
  readonly onChecksumMismatch?: "throw" | "keep";
}

const CLAUSE = "ISO/IEC 13818-1 2.4.4";
const MAX_SECTION_LENGTH = 4093;

/** Bytes of the section that begins at `offset`, header and CRC included; needs three bytes. */
export function sectionSizeAt(bytes: Uint8Array, offset: number): number {
  return 3 + (uint16(bytes, offset + 1) & 0x0fff);
}

/**
 * Decode the section at `offset`; bytes behind it are ignored. `data` is a view. The CRC_32 of a section without
 * section_syntax_indicator is the business of its table's decoder.
 *
 * @throws {FormatError} `truncated`, `range` (section_length too small or above 4093), or `checksum`
 */
export function decodeSection(
  bytes: Uint8Array,
  offset = 0,
  options: DecodeSectionOptions = {},
): PsiSection {
  const left = bytes.length - offset;
  if (left < 3 || left < sectionSizeAt(bytes, offset)) {
    const expected = left < 3 ? 3 : sectionSizeAt(bytes, offset);
    throw new FormatError("truncated", `section of ${expected} bytes, ${left} there`, {
      field: "sectionLength",
      offset: offset + 1,
      expected,
      actual: left,
      clause: CLAUSE,
    });
  }
  const flags = bytes[offset + 1] as number;
  const size = sectionSizeAt(bytes, offset);
  const long = (flags & 0x80) !== 0;
  if (size - 3 > MAX_SECTION_LENGTH || (long && size < 12)) {
    throw new FormatError("range", `section_length ${size - 3}`, {
      field: "sectionLength",
      offset: offset + 1,
      expected: long && size < 12 ? 9 : MAX_SECTION_LENGTH,
      actual: size - 3,
      clause: CLAUSE,
    });
  }
  const head = {
    tableId: bytes[offset] as number,
    privateIndicator: (flags & 0x40) !== 0,
    ...((flags & 0x30) === 0x30 ? {} : { reserved: (flags >>> 4) & 3 }),
  };
  const end = offset + size;
  if (!long) return { ...head, data: bytes.subarray(offset + 3, end) };
  const checksumRight = crc32Mpeg(bytes, offset, end) === 0;
  if (!checksumRight && options.onChecksumMismatch !== "keep") {
    throw new FormatError("checksum", "wrong CRC_32", {
      field: "crc32",
      offset: end - 4,
      expected: crc32Mpeg(bytes, offset, end - 4),
      actual: uint32(bytes, end - 4),
      clause: "ISO/IEC 13818-1 annex A",
    });
  }
  const version = bytes[offset + 5] as number;
  const syntax: SectionSyntax = {
    tableIdExtension: uint16(bytes, offset + 3),
    versionNumber: (version >>> 1) & 0x1f,
    currentNextIndicator: (version & 1) !== 0,
    sectionNumber: bytes[offset + 6] as number,
    lastSectionNumber: bytes[offset + 7] as number,
    ...(version >>> 6 === 3 ? {} : { reserved: version >>> 6 }),
    ...(checksumRight ? {} : { crc32: uint32(bytes, end - 4) }),
  };
  return { ...head, syntax, data: bytes.subarray(offset + 8, end - 4) };
}

/**
 * Encode a section; CRC_32 is computed unless `syntax.crc32` is given.
 * @throws {RangeError} when a field does not fit or the content is too long
 */
export function encodeSection(section: PsiSection): Uint8Array<ArrayBuffer> {
  const { syntax, data, tableId, privateIndicator, reserved = 3 } = section;
  const sectionLength = data.length + (syntax === undefined ? 0 : 9);
  fits("sectionLength", sectionLength, MAX_SECTION_LENGTH);
  fits("tableId", tableId, 0xff);
  fits("reserved", reserved, 3);
  const head = new Uint8Array(syntax === undefined ? 3 : 8);
  head[0] = tableId;
  head[1] =
    (syntax === undefined ? 0 : 0x80) |
    (privateIndicator ? 0x40 : 0) |
    (reserved << 4) |
    (sectionLength >>> 8);
  head[2] = sectionLength & 0xff;
  if (syntax === undefined) return concatBytes(head, data);
  fits("tableIdExtension", syntax.tableIdExtension, 0xffff);
  fits("versionNumber", syntax.versionNumber, 31);
  fits("sectionNumber", syntax.sectionNumber, 0xff);
  fits("lastSectionNumber", syntax.lastSectionNumber, 0xff);
  fits("syntax.reserved", syntax.reserved ?? 3, 3);
  head[3] = syntax.tableIdExtension >>> 8;
  head[4] = syntax.tableIdExtension & 0xff;
  head[5] =
    ((syntax.reserved ?? 3) << 6) |
    (syntax.versionNumber << 1) |
    (syntax.currentNextIndicator ? 1 : 0);
  head[6] = syntax.sectionNumber;
  head[7] = syntax.lastSectionNumber;
  const bytes = concatBytes(head, data, new Uint8Array(4));
  const crc = syntax.crc32 ?? crc32Mpeg(bytes, 0, bytes.length - 4);
  new DataView(bytes.buffer).setUint32(bytes.length - 4, crc);
  return bytes;
}
