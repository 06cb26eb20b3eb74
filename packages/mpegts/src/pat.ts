import { FormatError, uint16 } from "@x/bits";
import { encodeSection, type PsiSection } from "./section.js";

/** An entry of the programme association table. */
export interface PatProgram {
  /** 0: `pid` is the network PID, and not that of a programme map. */
  readonly programNumber: number;
  readonly pid: number;
  /** The three reserved bits, when they are not ones. */
  readonly reserved?: number;
}

/** One section of the programme association table (ISO/IEC 13818-1 2.4.4.4). */
export interface Pat {
  readonly transportStreamId: number;
  readonly versionNumber: number;
  /** `false`: valid only later. */
  readonly currentNextIndicator: boolean;
  readonly sectionNumber: number;
  readonly lastSectionNumber: number;
  readonly programs: readonly PatProgram[];
}

/** table_id of a programme association section. */
export const PAT_TABLE_ID = 0x00;

const CLAUSE = "ISO/IEC 13818-1 2.4.4.4";
/** section_length is at most 1021. */
const MAX_PROGRAMS = 253;

/**
 * The programme association table in a section.
 * @throws {FormatError} `unsupported` for another table, `range` when the loop is no multiple of four bytes
 */
export function decodePat(section: PsiSection): Pat {
  const { syntax, data, tableId } = section;
  if (tableId !== PAT_TABLE_ID || syntax === undefined) {
    throw new FormatError("unsupported", "not a program association section", {
      field: "tableId",
      offset: 0,
      expected: PAT_TABLE_ID,
      actual: tableId,
      clause: CLAUSE,
    });
  }
  if (data.length % 4 !== 0) {
    throw new FormatError("range", `program loop of ${data.length} bytes`, {
      field: "sectionLength",
      offset: 1,
      clause: CLAUSE,
    });
  }
  const programs: PatProgram[] = [];
  for (let at = 0; at < data.length; at += 4) {
    const word = uint16(data, at + 2);
    const entry = { programNumber: uint16(data, at), pid: word & 0x1fff };
    programs.push(word >>> 13 === 7 ? entry : { ...entry, reserved: word >>> 13 });
  }
  return {
    transportStreamId: syntax.tableIdExtension,
    versionNumber: syntax.versionNumber,
    currentNextIndicator: syntax.currentNextIndicator,
    sectionNumber: syntax.sectionNumber,
    lastSectionNumber: syntax.lastSectionNumber,
    programs,
  };
}

/**
 * Encode a programme association section, CRC_32 included.
 * @throws {RangeError} when a field does not fit, or there are more than 253 programmes
 */
export function encodePat(pat: Pat): Uint8Array<ArrayBuffer> {
  if (pat.programs.length > MAX_PROGRAMS) {
    throw new RangeError(`${pat.programs.length} programs in one section: at most ${MAX_PROGRAMS}`);
  }
  const data = new Uint8Array(pat.programs.length * 4);
  const view = new DataView(data.buffer);
  pat.programs.forEach(({ programNumber, pid, reserved = 7 }, i) => {
    if (!(programNumber >= 0 && programNumber <= 0xffff)) {
      throw new RangeError(`programNumber: ${programNumber} does not fit 16 bits`);
    }
    if (!(pid >= 0 && pid <= 0x1fff)) throw new RangeError(`pid: ${pid} does not fit 13 bits`);
    view.setUint16(i * 4, programNumber);
    view.setUint16(i * 4 + 2, ((reserved & 7) << 13) | pid);
  });
  return encodeSection({
    tableId: PAT_TABLE_ID,
    privateIndicator: false,
    syntax: {
      tableIdExtension: pat.transportStreamId,
      versionNumber: pat.versionNumber,
      currentNextIndicator: pat.currentNextIndicator,
      sectionNumber: pat.sectionNumber,
      lastSectionNumber: pat.lastSectionNumber,
    },
    data,
  });
}
