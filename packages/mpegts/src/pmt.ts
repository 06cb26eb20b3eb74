import { concatBytes, FormatError, uint16 } from "@x/bits";
import { type Descriptor, encodeDescriptors, splitDescriptors } from "./descriptor.js";
import { encodeSection, type PsiSection } from "./section.js";

/** An elementary stream of a programme. */
export interface PmtStream {
  readonly streamType: number;
  readonly elementaryPid: number;
  readonly descriptors: readonly Descriptor[];
  /** What is left of the ES info when its last descriptor does not fit. */
  readonly rest?: Uint8Array;
  /** The 3 + 4 reserved bits, when they are not ones. */
  readonly reserved?: number;
}

/** A programme map (ISO/IEC 13818-1 2.4.4.9). */
export interface Pmt {
  readonly programNumber: number;
  readonly versionNumber: number;
  /** `false`: valid only later. */
  readonly currentNextIndicator: boolean;
  /** {@link NULL_PID}: the programme has no PCR. */
  readonly pcrPid: number;
  readonly descriptors: readonly Descriptor[];
  readonly streams: readonly PmtStream[];
  /** What is left of the program info when its last descriptor does not fit. */
  readonly rest?: Uint8Array;
  /** The 3 + 4 reserved bits, when they are not ones. */
  readonly reserved?: number;
}

/** table_id of a programme map section. */
export const PMT_TABLE_ID = 0x02;

const CLAUSE = "ISO/IEC 13818-1 2.4.4.9";
const MAX_SECTION_SIZE = 1024;

/** Options of {@link decodePmt}. */
export interface DecodePmtOptions {
  /** A descriptor longer than its loop: an error, or kept as `rest`. Default `"throw"`. */
  readonly onBadDescriptor?: "throw" | "keep";
}

/**
 * The programme map in a section. Descriptor data are views.
 * @throws {FormatError} `unsupported` for another table, `truncated` when a loop is longer than the section or a
 * descriptor longer than its loop
 */
export function decodePmt(section: PsiSection, options: DecodePmtOptions = {}): Pmt {
  const { syntax, data, tableId } = section;
  if (tableId !== PMT_TABLE_ID || syntax === undefined) {
    throw new FormatError("unsupported", "not a program map section", {
      field: "tableId",
      offset: 0,
      expected: PMT_TABLE_ID,
      actual: tableId,
      clause: CLAUSE,
    });
  }
  const keep = options.onBadDescriptor === "keep";
  const head = wordPair(data, 0, "programInfoLength");
  let at = 4;
  const program = loop(data, at, head.length, "programInfoLength", keep);
  at += head.length;
  const streams: PmtStream[] = [];
  while (at < data.length) {
    const streamType = data[at] as number;
    const entry = wordPair(data, at + 1, "esInfoLength");
    const info = loop(data, at + 5, entry.length, "esInfoLength", keep);
    streams.push({ streamType, elementaryPid: entry.pid, ...info, ...entry.reserved });
    at += 5 + entry.length;
  }
  return {
    programNumber: syntax.tableIdExtension,
    versionNumber: syntax.versionNumber,
    currentNextIndicator: syntax.currentNextIndicator,
    pcrPid: head.pid,
    ...program,
    streams,
    ...head.reserved,
  };
}

/**
 * Encode a programme map section, CRC_32 included.
 * @throws {RangeError} when a field does not fit, or the section is above 1024 bytes
 */
export function encodePmt(pmt: Pmt): Uint8Array<ArrayBuffer> {
  const pieces: Uint8Array[] = [];
  const program = encodeDescriptors(pmt.descriptors);
  const rest = pmt.rest ?? new Uint8Array(0);
  pieces.push(
    encodeWordPair(pmt.pcrPid, program.length + rest.length, pmt.reserved),
    program,
    rest,
  );
  for (const stream of pmt.streams) {
    const info = concatBytes(
      encodeDescriptors(stream.descriptors),
      stream.rest ?? new Uint8Array(0),
    );
    if (!(stream.streamType >= 0 && stream.streamType <= 0xff)) {
      throw new RangeError(`streamType: ${stream.streamType} does not fit 8 bits`);
    }
    pieces.push(
      Uint8Array.of(stream.streamType),
      encodeWordPair(stream.elementaryPid, info.length, stream.reserved),
      info,
    );
  }
  const bytes = encodeSection({
    tableId: PMT_TABLE_ID,
    privateIndicator: false,
    syntax: {
      tableIdExtension: pmt.programNumber,
      versionNumber: pmt.versionNumber,
      currentNextIndicator: pmt.currentNextIndicator,
      sectionNumber: 0,
      lastSectionNumber: 0,
    },
    data: concatBytes(...pieces),
  });
  if (bytes.length > MAX_SECTION_SIZE) {
    throw new RangeError(`program map section of ${bytes.length} bytes: at most 1024`);
  }
  return bytes;
}

interface WordPair {
  readonly pid: number;
  readonly length: number;
  readonly reserved: { readonly reserved?: number };
}

/** reserved (3), PID (13), reserved (4), length (12). */
function wordPair(data: Uint8Array, at: number, field: string): WordPair {
  if (at + 4 > data.length) throw truncated(field, at, at + 4 - data.length);
  const first = uint16(data, at);
  const second = uint16(data, at + 2);
  const reserved = ((first >>> 13) << 4) | (second >>> 12);
  return {
    pid: first & 0x1fff,
    length: second & 0x0fff,
    reserved: reserved === 0x7f ? {} : { reserved },
  };
}

function encodeWordPair(pid: number, length: number, reserved = 0x7f): Uint8Array {
  if (!(pid >= 0 && pid <= 0x1fff)) throw new RangeError(`pid: ${pid} does not fit 13 bits`);
  if (length > 1023) throw new RangeError(`descriptor loop of ${length} bytes: at most 1023`);
  return Uint8Array.of(
    ((reserved >>> 4) << 5) | (pid >>> 8),
    pid & 0xff,
    ((reserved & 0x0f) << 4) | (length >>> 8),
    length & 0xff,
  );
}

function loop(
  data: Uint8Array,
  at: number,
  length: number,
  field: string,
  keep: boolean,
): { descriptors: Descriptor[]; rest?: Uint8Array } {
  if (at + length > data.length) throw truncated(field, at, at + length - data.length);
  const { descriptors, rest } = splitDescriptors(data.subarray(at, at + length));
  if (rest.length === 0) return { descriptors };
  if (!keep) throw truncated("descriptorLength", at + length - rest.length, 1);
  return { descriptors, rest };
}

function truncated(field: string, at: number, short: number): FormatError<"truncated"> {
  // Offsets count from the section's first byte; the content begins behind eight bytes of header.
  return new FormatError("truncated", `${short} bytes short`, {
    field,
    offset: at + 8,
    clause: CLAUSE,
  });
}
