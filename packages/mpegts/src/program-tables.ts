import { equalBytes, isFormatError } from "@x/bits";
import { PAT_PID, PID_COUNT } from "./constants.js";
import type { TsIssueCode } from "./issue.js";
import { decodePat, PAT_TABLE_ID, type Pat, type PatProgram } from "./pat.js";
import { decodePmt, PMT_TABLE_ID, type Pmt } from "./pmt.js";
import { decodeSection, type PsiSection } from "./section.js";

/** What {@link ProgramTables} tells its owner. */
export interface ProgramTablesHandler {
  /** A table is new or differs from the one before. */
  pat(pat: Pat): void;
  pmt(pid: number, pmt: Pmt): void;
  /** A PAT lists a PID for programme maps. */
  listed(pid: number): void;
  /** A PAT no longer lists a programme. */
  removed(programNumber: number): void;
  issue(code: TsIssueCode, field: string, message: string): void;
}

interface Program {
  pmtPid: number;
  /** The section in force: repetitions are told by their bytes. */
  bytes: Uint8Array | undefined;
}

/** Programmes that are followed at a time; transport streams have some dozens. */
const MAX_PROGRAMS = 1024;

/** Follows PAT and PMTs: versions, current_next_indicator, repetitions, tables of several sections. */
export class ProgramTables {
  readonly #handler: ProgramTablesHandler;
  readonly #programs = new Map<number, Program>();
  /** Programmes by the PID of their map. */
  readonly #uses = new Uint16Array(PID_COUNT);
  /** Sections of the PAT that is being collected, as bytes and decoded. */
  #patBytes: (Uint8Array | undefined)[] = [];
  #patSections: (Pat | undefined)[] = [];

  constructor(handler: ProgramTablesHandler) {
    this.#handler = handler;
  }

  /** True when `pid` carries programme maps. */
  isPmtPid(pid: number): boolean {
    return this.#uses[pid] !== 0;
  }

  /** Take the section `bytes[0..size)` of the PAT's PID or of a programme map's; copies what it keeps. */
  section(pid: number, bytes: Uint8Array, size: number): void {
    const view = bytes.subarray(0, size);
    if (pid === PAT_PID) this.#patSection(view);
    else this.#pmtSection(pid, view);
  }

  /** Forget everything. */
  reset(): void {
    this.#programs.clear();
    this.#uses.fill(0);
    this.#patBytes = [];
    this.#patSections = [];
  }

  #patSection(view: Uint8Array): void {
    if (view[0] !== PAT_TABLE_ID) return;
    const number = view[6] ?? 0;
    const known = this.#patBytes[number];
    if (known !== undefined && equalBytes(known, view)) return;
    const bytes = view.slice();
    const pat = this.#decode(bytes, decodePat);
    if (pat?.currentNextIndicator !== true) return;
    const first = this.#patSections.find((section) => section !== undefined);
    const sameTable =
      first !== undefined &&
      first.versionNumber === pat.versionNumber &&
      first.transportStreamId === pat.transportStreamId &&
      first.lastSectionNumber === pat.lastSectionNumber &&
      known === undefined;
    if (!sameTable) {
      this.#patBytes = [];
      this.#patSections = [];
    }
    if (pat.sectionNumber > pat.lastSectionNumber) {
      this.#handler.issue(
        "psi-content",
        "sectionNumber",
        `section ${pat.sectionNumber} of a PAT that ends with ${pat.lastSectionNumber}`,
      );
      return;
    }
    this.#patBytes[number] = bytes;
    this.#patSections[number] = pat;
    // A programme is followed as soon as its entry is there; it goes when a whole table is without it.
    for (const entry of pat.programs) this.#listProgram(entry);
    const sections: Pat[] = [];
    for (let i = 0; i <= pat.lastSectionNumber; i++) {
      const section = this.#patSections[i];
      if (section === undefined) return;
      sections.push(section);
    }
    const programs = sections.flatMap((section) => section.programs);
    const listed = new Set(programs.map((entry) => entry.programNumber));
    for (const [programNumber, { pmtPid }] of [...this.#programs]) {
      if (listed.has(programNumber)) continue;
      this.#programs.delete(programNumber);
      this.#use(pmtPid, -1);
      this.#handler.removed(programNumber);
    }
    this.#handler.pat({ ...pat, sectionNumber: 0, lastSectionNumber: 0, programs });
  }

  #listProgram({ programNumber, pid }: PatProgram): void {
    if (programNumber === 0) return;
    const program = this.#programs.get(programNumber);
    if (program === undefined) {
      if (this.#programs.size >= MAX_PROGRAMS) {
        const message = `program ${programNumber} is ignored: ${MAX_PROGRAMS} are in use`;
        this.#handler.issue("limit", "programNumber", message);
        return;
      }
      this.#use(pid, 1);
      this.#programs.set(programNumber, { pmtPid: pid, bytes: undefined });
      this.#handler.listed(pid);
    } else if (program.pmtPid !== pid) {
      this.#use(program.pmtPid, -1);
      this.#use(pid, 1);
      program.pmtPid = pid;
      program.bytes = undefined;
      this.#handler.listed(pid);
    }
  }

  #use(pid: number, change: 1 | -1): void {
    this.#uses[pid] = (this.#uses[pid] as number) + change;
  }

  #pmtSection(pid: number, view: Uint8Array): void {
    if (view[0] !== PMT_TABLE_ID || view.length < 12) return;
    const programNumber = ((view[3] as number) << 8) | (view[4] as number);
    const program = this.#programs.get(programNumber);
    if (program === undefined || program.pmtPid !== pid) return;
    if (program.bytes !== undefined && equalBytes(program.bytes, view)) return;
    const bytes = view.slice();
    const pmt = this.#decode(bytes, (section) => decodePmt(section, { onBadDescriptor: "keep" }));
    if (pmt?.currentNextIndicator !== true) return;
    if (pmt.rest !== undefined || pmt.streams.some((stream) => stream.rest !== undefined)) {
      this.#handler.issue(
        "psi-content",
        "descriptorLength",
        `program ${programNumber}: a descriptor is longer than its loop`,
      );
    }
    program.bytes = bytes;
    this.#handler.pmt(pid, pmt);
  }

  #decode<Table>(bytes: Uint8Array, decode: (section: PsiSection) => Table): Table | undefined {
    try {
      return decode(decodeSection(bytes));
    } catch (error) {
      if (!isFormatError(error)) throw error;
      const code = error.code === "checksum" ? "section-crc" : "psi-content";
      this.#handler.issue(code, error.field, error.message);
      return undefined;
    }
  }
}
