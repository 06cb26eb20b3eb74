import { PID_COUNT } from "./constants.js";
import { ContinuityChecker } from "./continuity.js";
import { PesAssembler, type PesBudget } from "./pes-assembler.js";
import type { PmtStream } from "./pmt.js";
import { SectionAssembler, type SectionFault, type SectionHandler } from "./section-assembler.js";

/** What is known of a PID whose payload is looked at. */
export interface PidState {
  readonly pid: number;
  readonly continuity: ContinuityChecker;
  /** Exactly one of `pes` and `sections` is there. */
  readonly pes: PesAssembler | undefined;
  readonly sections: SectionAssembler | undefined;
  /** Takes the sections. */
  readonly onSection: SectionHandler;
  programNumber: number | undefined;
  stream: PmtStream | undefined;
  /** discontinuity_indicator since the last PES packet. */
  discontinuity: boolean;
  /** The last PES packet was ended by stuffing. */
  endedEarly: boolean;
  /** The last packet's payload was scrambled. */
  scrambled: boolean;
}

/** What {@link PidTable} tells its owner. */
export interface PidTableHandler {
  section(state: PidState, bytes: Uint8Array, size: number): void;
  fault(fault: SectionFault): void;
  /** `pid` is ignored: there are too many. */
  limit(pid: number): void;
  /** The PID is given up: whatever is open on it ends. */
  closing(state: PidState): void;
}

/** The PIDs that a demultiplexer looks at, and the programmes they belong to. */
export class PidTable {
  readonly #handler: PidTableHandler;
  readonly #budget: PesBudget;
  readonly #maxPids: number;
  readonly #states = new Array<PidState | undefined>(PID_COUNT).fill(undefined);
  readonly #byProgram = new Map<number, readonly number[]>();
  /** PIDs that stay when no programme has them. */
  readonly #pinned = new Set<number>();
  #count = 0;

  constructor(budget: PesBudget, maxPids: number, handler: PidTableHandler) {
    this.#budget = budget;
    this.#maxPids = maxPids;
    this.#handler = handler;
  }

  /** The state of a PID that is looked at. */
  get(pid: number): PidState | undefined {
    return this.#states[pid];
  }

  /** All that is looked at, by PID. */
  all(): PidState[] {
    return this.#states.filter((state) => state !== undefined);
  }

  /** Look at a PID from now on, whatever programmes say. */
  pin(pid: number, carriage: "pes" | "sections"): void {
    if (this.#open(pid, carriage) !== undefined) this.#pinned.add(pid);
  }

  /** A programme has these streams, and no others. */
  assign(
    programNumber: number,
    streams: readonly PmtStream[],
    carriageOf: (stream: PmtStream) => "pes" | "sections",
  ): void {
    const pids = streams.map((stream) => stream.elementaryPid);
    this.release(programNumber, new Set(pids));
    this.#byProgram.set(programNumber, pids);
    for (const stream of streams) {
      const state = this.#open(stream.elementaryPid, carriageOf(stream));
      if (state === undefined) continue;
      // A PID that several programmes share belongs to the first.
      if (state.programNumber !== undefined && state.programNumber !== programNumber) continue;
      state.programNumber = programNumber;
      state.stream = stream;
    }
  }

  /** Give up the streams of a programme, but for the PIDs in `kept`. */
  release(programNumber: number, kept: ReadonlySet<number> = new Set()): void {
    for (const pid of this.#byProgram.get(programNumber) ?? []) {
      const state = this.#states[pid];
      if (kept.has(pid) || state?.programNumber !== programNumber) continue;
      if (!this.#pinned.has(pid)) {
        this.#close(state);
        continue;
      }
      this.#handler.closing(state);
      state.programNumber = undefined;
      state.stream = undefined;
    }
    this.#byProgram.delete(programNumber);
  }

  /** Forget everything. */
  reset(): void {
    this.#states.fill(undefined);
    this.#byProgram.clear();
    this.#pinned.clear();
    this.#count = 0;
  }

  #open(pid: number, carriage: "pes" | "sections"): PidState | undefined {
    const known = this.#states[pid];
    if (known !== undefined) {
      if ((known.pes === undefined) === (carriage === "sections")) return known;
      this.#close(known);
    }
    if (this.#count >= this.#maxPids) {
      this.#handler.limit(pid);
      return undefined;
    }
    const state: PidState = {
      pid,
      continuity: new ContinuityChecker(),
      pes: carriage === "pes" ? new PesAssembler(this.#budget) : undefined,
      sections:
        carriage === "sections"
          ? new SectionAssembler({ onFault: (fault) => this.#handler.fault(fault) })
          : undefined,
      onSection: (bytes, size) => this.#handler.section(state, bytes, size),
      programNumber: undefined,
      stream: undefined,
      discontinuity: false,
      endedEarly: false,
      scrambled: false,
    };
    this.#states[pid] = state;
    this.#count++;
    return state;
  }

  #close(state: PidState): void {
    this.#handler.closing(state);
    state.pes?.reset();
    this.#states[state.pid] = undefined;
    this.#count--;
  }
}
