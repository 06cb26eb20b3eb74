import { plainRun } from "./cue.js";
import { anchorOf, GRID_ROWS, rowCodes, rowLength } from "./cue-layout.js";
import { type FramePacker, headerSize } from "./frame-packer.js";
import {
  Code,
  insertByStart,
  type LaidCue,
  type PendingLoad,
  type ScheduleChange,
  type ServiceLoads,
  type ServiceSchedule,
  type ServiceScheduleOptions,
  windowCode,
} from "./service-schedule.js";

const WINDOWS = 8;
const ALL_USED = 0xff;
/** Bytes of HDW, DSW and ETX, which go in one block. */
const SWITCH_SIZE = 5;
/** Bytes of DLW and DFn. */
const DELETE_SIZE = 2;
const DEFINE_SIZE = 7;
const NONE: ReadonlyMap<number, number> = new Map();
/** Window style with a black box. */
const POP_UP_STYLE = 1;

/** One caption on its way to the screen. */
interface Scheduled {
  readonly laid: LaidCue;
  state: "waiting" | "loading" | "ready" | "shown";
  /** 0 to 7, -1 while waiting. */
  window: number;
  /** Rows between its place and where it stands, because other captions are in its place. */
  shift: number;
  codes: readonly (readonly number[])[];
  /** Codes up to the window's definition, which also selects the window. */
  lead: number;
  /** Index in `codes` of what is sent next. */
  next: number;
  /** Bytes still to be sent; before the window is chosen, the most that it can be. */
  bytes: number;
  endFrame: number;
  /** Frame in which it was shown, -1 before. */
  shownFrame: number;
}

/**
 * Pop-on and paint-on: each caption has a window of its own. Pop-on loads it hidden and shows it with one command;
 * paint-on writes into it while it is visible.
 */
export class WindowSchedule implements ServiceSchedule {
  readonly #options: ServiceScheduleOptions;
  readonly #paints: boolean;
  /** Not yet cleared, by start. */
  readonly #cues: Scheduled[] = [];
  readonly #defined: boolean[] = new Array(WINDOWS).fill(false);
  /** Windows that a caption occupies, as a bitmap. */
  #used = 0;
  #current = -1;
  #began = false;

  constructor(options: ServiceScheduleOptions) {
    this.#options = options;
    this.#paints = options.mode === "paint-on";
  }

  clone(): WindowSchedule {
    const clone = new WindowSchedule(this.#options);
    for (const each of this.#cues) clone.#cues.push({ ...each });
    for (let id = 0; id < WINDOWS; id++) clone.#defined[id] = this.#defined[id] as boolean;
    clone.#used = this.#used;
    clone.#current = this.#current;
    clone.#began = this.#began;
    return clone;
  }

  get serviceNumber(): number {
    return this.#options.serviceNumber;
  }

  get pending(): number {
    return this.#cues.length;
  }

  add(laid: LaidCue): void {
    insertByStart(this.#cues, {
      laid,
      state: "waiting",
      window: -1,
      shift: 0,
      codes: [],
      lead: 0,
      next: 0,
      bytes: DELETE_SIZE + DEFINE_SIZE + bytesOf(textCodes(laid).codes),
      endFrame: laid.endFrame,
      shownFrame: -1,
    });
  }

  reserve(frame: number, started: boolean): number {
    let hides = false;
    let shows = false;
    for (const each of this.#cues) {
      if (each.laid.startFrame > frame) break;
      if (each.state !== "shown") shows ||= started || each.state === "ready";
      else hides ||= each.endFrame <= frame;
    }
    if (!hides && !shows) return 0;
    return (hides ? 2 : 0) + (shows && !this.#paints ? 2 : 0) + 1;
  }

  eachLoad(horizon: number, visit: (startFrame: number, bytes: number) => void): void {
    if (this.#paints) return;
    for (const { laid, state, bytes } of this.#cues) {
      if (laid.startFrame > horizon) return;
      if (state === "waiting" || state === "loading") {
        visit(laid.startFrame, bytes + 2 * (SWITCH_SIZE + headerSize(this.serviceNumber)));
      }
    }
  }

  nextLoad(frame: number): number | undefined {
    return this.#candidate(frame)?.laid.startFrame;
  }

  load(frame: number, packer: FramePacker, reserved: ReadonlyMap<number, number>): boolean {
    const candidate = this.#candidate(frame);
    return candidate !== undefined && this.#send(candidate, frame, packer, reserved);
  }

  loads(horizon: number): ServiceLoads | undefined {
    if (this.#paints) return undefined;
    const { leastShowing } = this.#options;
    let fresh = this.#defined.filter((defined) => !defined).length;
    let free = WINDOWS - this.#cues.filter(({ window }) => window >= 0).length;
    const loads: PendingLoad[] = [];
    for (const each of this.#cues) {
      const { laid, state, codes, next, lead, endFrame } = each;
      if (laid.startFrame > horizon || (state === "waiting" && free-- === 0)) break;
      const shown = state === "shown";
      const begun = next >= lead && lead > 0;
      let sizes = codes.slice(next).map(({ length }) => length);
      if (state === "waiting") {
        const definition = DEFINE_SIZE + (fresh-- > 0 ? 0 : DELETE_SIZE);
        sizes = [definition, ...textCodes(laid).codes.map(({ length }) => length)];
      } else if (!begun) {
        sizes.splice(0, lead - next, bytesOf(codes.slice(next, lead)));
      }
      loads.push({ laid, sizes, begun, shown, endFrame });
    }
    const selected = this.#cues.find(({ window }) => window === this.#current && window >= 0)?.laid;
    const { serviceNumber } = this;
    return { serviceNumber, began: this.#began, selected, leastShowing, loads };
  }

  loadPlanned(laid: LaidCue, units: number, frame: number, packer: FramePacker): void {
    const planned = this.#cues.find((each) => each.laid === laid) as Scheduled;
    for (let unit = 0; unit < units; unit++) {
      do if (!this.#send(planned, frame, packer, NONE)) return;
      while (planned.next < planned.lead);
    }
    if (units > 0) return;
    if (planned.state === "waiting") this.#send(planned, frame, packer, NONE);
    else this.#select(planned, packer, NONE);
  }

  /** Send the next code of a caption, with what selects its window. */
  #send(
    candidate: Scheduled,
    frame: number,
    packer: FramePacker,
    reserved: ReadonlyMap<number, number>,
  ): boolean {
    if (candidate.state === "waiting") this.#begin(candidate);
    if (candidate.next >= candidate.lead && !this.#select(candidate, packer, reserved))
      return false;
    const code = candidate.codes[candidate.next] as readonly number[];
    if (!packer.add(this.serviceNumber, code, reserved)) return false;
    candidate.next++;
    candidate.bytes -= code.length;
    if (this.#paints && candidate.shownFrame < 0) candidate.shownFrame = frame;
    if (candidate.next === candidate.lead) this.#current = candidate.window;
    if (candidate.next === candidate.codes.length) candidate.state = "ready";
    return true;
  }

  switch(frame: number, packer: FramePacker, hold: boolean): ScheduleChange[] {
    const ending: Scheduled[] = [];
    const starting: Scheduled[] = [];
    // None overtakes another.
    let held = hold;
    for (const each of this.#cues) {
      if (each.laid.startFrame > frame) break;
      if (each.state !== "shown") held ||= each.state !== "ready";
      else if (each.endFrame <= frame) ending.push(each);
      if (each.state === "ready" && !held) starting.push(each);
    }
    if (ending.length + starting.length === 0) return [];
    // One block, so that a receiver changes everything at once; if only the ends have room, they at least are on time.
    if (this.#sendSwitch(ending, starting, packer)) {
      return [...this.#clear(ending, frame), ...this.#show(starting, frame)];
    }
    if (ending.length === 0 || !this.#sendSwitch(ending, [], packer)) return [];
    return this.#clear(ending, frame);
  }

  #sendSwitch(
    ending: readonly Scheduled[],
    starting: readonly Scheduled[],
    packer: FramePacker,
  ): boolean {
    const codes: number[] = [];
    if (ending.length > 0) codes.push(Code.hideWindows, windowsOf(ending));
    if (starting.length > 0 && !this.#paints) codes.push(Code.displayWindows, windowsOf(starting));
    return packer.add(this.serviceNumber, [...codes, Code.etx]);
  }

  #clear(ending: readonly Scheduled[], frame: number): ScheduleChange[] {
    return ending.map((each) => {
      this.#cues.splice(this.#cues.indexOf(each), 1);
      this.#used &= ~(1 << each.window);
      return { kind: "cleared", laid: each.laid, frame, lateFrames: frame - each.endFrame };
    });
  }

  #show(starting: readonly Scheduled[], now: number): ScheduleChange[] {
    return starting.map((each) => {
      const { laid } = each;
      const { startFrame, endFrame } = laid;
      const least = Math.min(endFrame - startFrame, this.#options.leastShowing);
      const frame = each.shownFrame < 0 ? now : each.shownFrame;
      each.state = "shown";
      each.endFrame = Math.max(endFrame, now + least);
      return { kind: "shown", laid, frame, lateFrames: frame - startFrame };
    });
  }

  #candidate(frame: number): Scheduled | undefined {
    for (const each of this.#cues) {
      if (this.#paints && each.laid.startFrame > frame) return undefined;
      if (each.state === "loading") return each;
      if (each.state === "waiting" && this.#used !== ALL_USED) return each;
    }
    return undefined;
  }

  #select(
    { window }: Scheduled,
    packer: FramePacker,
    reserved: ReadonlyMap<number, number>,
  ): boolean {
    if (window === this.#current) return true;
    const select = [Code.setCurrentWindow | window];
    if (!packer.add(this.serviceNumber, select, reserved)) return false;
    this.#current = window;
    return true;
  }

  /** Choose a window and write the codes that fill it. */
  #begin(scheduled: Scheduled): void {
    const { rows, cue } = scheduled.laid;
    const { aspectRatio } = this.#options;
    const window = this.#freeWindow();
    const codes: number[][] = [];
    if (!this.#began) codes.push([Code.reset]);
    else if (this.#defined[window]) codes.push([Code.deleteWindows, 1 << window]);
    this.#began = true;
    this.#defined[window] = true;
    this.#used |= 1 << window;
    scheduled.state = "loading";
    scheduled.window = window;
    scheduled.shift = this.#freeShift(scheduled);
    const text = textCodes(scheduled.laid);
    const anchor = anchorOf(cue.placement, aspectRatio, scheduled.shift);
    codes.push(windowCode(window, this.#paints, rows.length, text.columns, anchor, POP_UP_STYLE));
    scheduled.lead = codes.length;
    codes.push(...text.codes);
    scheduled.codes = codes;
    scheduled.bytes = bytesOf(codes);
  }

  /** A window that was never defined needs no deletion first. */
  #freeWindow(): number {
    let free = -1;
    for (let id = WINDOWS - 1; id >= 0; id--) {
      if ((this.#used & (1 << id)) !== 0) continue;
      if (free < 0 || this.#defined[free] || !this.#defined[id]) free = id;
    }
    return free;
  }

  /** Rows to move so that no caption that is on the screen at the same time is covered. */
  #freeShift(scheduled: Scheduled): number {
    const { cue, rows, startFrame } = scheduled.laid;
    const { vertical, line } = cue.placement;
    const taken = this.#cues.filter(
      (each) =>
        each !== scheduled &&
        each.window >= 0 &&
        each.laid.cue.placement.vertical === vertical &&
        each.laid.cue.placement.line === line &&
        each.laid.startFrame < scheduled.endFrame &&
        startFrame < each.endFrame,
    );
    const height = rows.length;
    let shift = 0;
    for (let moved = true; moved; ) {
      moved = false;
      for (const each of taken) {
        const end = each.shift + each.laid.rows.length;
        if (shift < end && each.shift < shift + height) {
          shift = end;
          moved = true;
        }
      }
    }
    return shift + height <= GRID_ROWS ? shift : 0;
  }
}

function windowsOf(cues: readonly Scheduled[]): number {
  let windows = 0;
  for (const each of cues) windows |= 1 << each.window;
  return windows;
}

/** The codes that fill a caption's window, and how wide it has to be. */
function textCodes({ rows, cue }: LaidCue): { columns: number; codes: number[][] } {
  const codes: number[][] = [];
  let columns = 1;
  for (const row of rows) columns = Math.max(columns, rowLength(row));
  let style = plainRun("");
  rows.forEach((row, index) => {
    const room = columns - rowLength(row);
    const column = { left: 0, center: room >> 1, right: room }[cue.placement.align];
    if (index > 0 || column > 0) codes.push([Code.setPenLocation, index, column]);
    codes.push(...rowCodes(row, style));
    style = row[row.length - 1] ?? style;
  });
  return { columns, codes };
}

function bytesOf(codes: readonly (readonly number[])[]): number {
  let bytes = 0;
  for (const code of codes) bytes += code.length;
  return bytes;
}
