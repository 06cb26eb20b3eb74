import { ContinuityChecker } from "./continuity.js";
import type { PcrWatch } from "./pcr-watch.js";
import type { SectionAssembler, SectionHandler } from "./section-assembler.js";
import type { Tr101290Indicator } from "./tr-101-290.js";

/** Something that has to come again and again. */
export interface Watchdog {
  readonly indicator: Tr101290Indicator;
  /** Time without it that is a violation, 27 MHz. */
  readonly limit: number;
  /** What is missing, in words. */
  readonly what: string;
  /** Stream time when it was there last, or was told missing. */
  last: number;
}

/** What {@link TsMonitor} knows of a PID. */
export class MonitoredPid {
  readonly pid: number;
  readonly continuity: ContinuityChecker = new ContinuityChecker();
  /** Of the PIDs of tables. */
  tables: { readonly assembler: SectionAssembler; readonly onSection: SectionHandler } | undefined;
  /** The PID carries programme maps, by the PAT. */
  isMap = false;
  /** Video or audio, by a programme map: its PES packets have times. */
  hasTimes = false;
  pcr: PcrWatch | undefined;
  /** Its table. */
  table: Watchdog | undefined;
  /** Any packet of it: a programme map refers to it. */
  referred: Watchdog | undefined;
  /** A PTS. */
  pts: Watchdog | undefined;

  constructor(pid: number) {
    this.pid = pid;
  }
}
