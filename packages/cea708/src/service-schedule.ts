import { encodeCode } from "./codes-encode.js";
import { type Cue, type CueLine, plainRun } from "./cue.js";
import {
  type AspectRatio,
  anchorOf,
  GRID_ROWS,
  rowCodes,
  rowLength,
  type WindowAnchor,
} from "./cue-layout.js";
import { type FramePacker, headerSize } from "./frame-packer.js";

/** How captions come onto the screen. */
export type CaptionMode = "pop-on" | "paint-on" | "roll-up";

/** One caption on its way to the screen. Frames are numbers of the stream. */
export interface ScheduledCue {
  readonly cue: Cue;
  readonly rows: readonly CueLine[];
  /** Frame nearest to the start. */
  readonly startFrame: number;
  readonly order: number;
  endFrame: number;
  state: "waiting" | "loading" | "ready" | "shown";
  window: number;
  /** Rows of the grid between its place and where it stands, because other captions are in its place. */
  shift: number;
  codes: readonly (readonly number[])[];
  /** Codes up to the window's definition, which also selects the window. */
  lead: number;
  /** Index in `codes` of what is sent next. */
  next: number;
  /** Bytes still to be sent; before the window is chosen, the most that it can be. */
  bytes: number;
  /** Frame in which it was shown. */
  shownFrame: number;
}

/** What happened to a caption in a frame. */
export interface ScheduleChange {
  readonly kind: "shown" | "cleared";
  readonly scheduled: ScheduledCue;
}

/** Bytes of HDW, DSW and ETX, which go in one block. */
const SWITCH_SIZE = 5;
const ETX = 0x03;
const CR = 0x0d;
const CLW = 0x88;
const DSW = 0x89;
const HDW = 0x8a;
const DLW = 0x8c;
const RST = 0x8f;
const ALL_WINDOWS = 8;

/** What a service's schedule needs to know. */
export interface ServiceScheduleOptions {
  readonly serviceNumber: number;
  readonly mode: CaptionMode;
  readonly aspectRatio: AspectRatio;
  readonly columns: number;
  readonly rollUpRows: number;
  /** Frames after the end of the last cue at which the roll-up window is cleared; Infinity = never. */
  readonly rollUpTimeout: number;
  /** Frames after which the roll-up window is defined again. */
  readonly refresh: number;
  /** Shortest showing of a caption that comes after its end, in frames. */
  readonly leastShowing: number;
}

/** The captions of one service: which windows they load into, what is due in a frame, what may be sent early. */
export class ServiceSchedule {
  readonly #options: ServiceScheduleOptions;
  /** Not yet cleared, by start. */
  readonly #cues: ScheduledCue[] = [];
  readonly #defined: boolean[] = new Array(ALL_WINDOWS).fill(false);
  /** Windows that a caption occupies, as a bitmap. */
  #used = 0;
  #current = -1;
  #began = false;
  #rollUpDefinedAt = -1;
  #rollUpClearAt = Number.POSITIVE_INFINITY;
  #rollUpStyle = plainRun("");
  #rollUpEmpty = true;

  constructor(options: ServiceScheduleOptions) {
    this.#options = options;
  }

  get serviceNumber(): number {
    return this.#options.serviceNumber;
  }

  /** Captions that are not shown yet, or not cleared yet. */
  get pending(): number {
    return this.#cues.length;
  }

  add(
    cue: Cue,
    rows: readonly CueLine[],
    startFrame: number,
    endFrame: number,
    order: number,
  ): void {
    const scheduled: ScheduledCue = {
      cue,
      rows,
      startFrame,
      endFrame: Math.max(endFrame, startFrame + 1),
      order,
      state: "waiting",
      window: -1,
      shift: 0,
      codes: [],
      lead: 0,
      next: 0,
      bytes: mostBytes(rows),
      shownFrame: -1,
    };
    let at = this.#cues.length;
    while (at > 0 && (this.#cues[at - 1] as ScheduledCue).startFrame > startFrame) at--;
    this.#cues.splice(at, 0, scheduled);
  }

  /**
   * Code bytes that must go out in `frame` for what is to change in it. `started`: also for captions that are due but
   * not loaded yet, in case they will be.
   */
  reserve(frame: number, started: boolean): number {
    if (this.#options.mode === "roll-up") return 0;
    let hides = false;
    let shows = false;
    for (const each of this.#cues) {
      if (each.startFrame > frame) break;
      if (each.state !== "shown") shows ||= started || each.state === "ready";
      else hides ||= each.endFrame <= frame;
    }
    if (!hides && !shows) return 0;
    const painted = this.#options.mode === "paint-on";
    return (hides ? 2 : 0) + (shows && !painted ? 2 : 0) + 1;
  }

  /** Start and bytes of each pop-on caption that has yet to be loaded and starts up to `horizon`, by start. */
  eachLoad(horizon: number, visit: (startFrame: number, bytes: number) => void): void {
    if (this.#options.mode !== "pop-on") return;
    for (const each of this.#cues) {
      if (each.startFrame > horizon) return;
      if (each.state === "waiting" || each.state === "loading") {
        visit(each.startFrame, each.bytes + 2 * (SWITCH_SIZE + headerSize(this.serviceNumber)));
      }
    }
  }

  /** Start of the caption that {@link load} would work on, or `undefined`. */
  nextLoad(frame: number): number | undefined {
    return this.#candidate(frame)?.startFrame;
  }

  /** Send the next code of the most urgent caption. False: nothing to do, or no room. */
  load(frame: number, packer: FramePacker, reserved: ReadonlyMap<number, number>): boolean {
    const candidate = this.#candidate(frame);
    if (candidate === undefined) return false;
    if (candidate.state === "waiting") this.#begin(candidate);
    const { serviceNumber } = this;
    if (candidate.window !== this.#current && candidate.next >= candidate.lead) {
      if (!packer.add(serviceNumber, [0x80 | candidate.window], reserved)) return false;
      this.#current = candidate.window;
    }
    const code = candidate.codes[candidate.next] as readonly number[];
    if (!packer.add(serviceNumber, code, reserved)) return false;
    candidate.next++;
    candidate.bytes -= code.length;
    if (candidate.shownFrame < 0 && this.#options.mode === "paint-on") candidate.shownFrame = frame;
    if (candidate.next === candidate.lead) this.#current = candidate.window;
    if (candidate.next === candidate.codes.length) candidate.state = "ready";
    return true;
  }

  /** Everything that must change on the screen in `frame`, as far as it is loaded and there is room. */
  switch(frame: number, packer: FramePacker): ScheduleChange[] {
    if (this.#options.mode === "roll-up") return this.#switchRollUp(frame, packer);
    const ending: ScheduledCue[] = [];
    const starting: ScheduledCue[] = [];
    for (const each of this.#cues) {
      if (each.startFrame > frame) break;
      if (each.state === "ready") starting.push(each);
      else if (each.state === "shown" && each.endFrame <= frame) ending.push(each);
    }
    // One block, so that a receiver changes everything at once; if only the ends have room, they at least are on time.
    if (this.#switchWindows(ending, starting, packer)) {
      return this.#changed(ending, starting, frame);
    }
    return this.#switchWindows(ending, [], packer) ? this.#changed(ending, [], frame) : [];
  }

  #switchWindows(
    ending: readonly ScheduledCue[],
    starting: readonly ScheduledCue[],
    packer: FramePacker,
  ): boolean {
    if (ending.length + starting.length === 0) return true;
    const codes: number[] = [];
    if (ending.length > 0) codes.push(HDW, windowsOf(ending));
    if (starting.length > 0 && this.#options.mode === "pop-on") {
      codes.push(DSW, windowsOf(starting));
    }
    return packer.add(this.serviceNumber, [...codes, ETX]);
  }

  #changed(
    ending: readonly ScheduledCue[],
    starting: readonly ScheduledCue[],
    frame: number,
  ): ScheduleChange[] {
    const changes: ScheduleChange[] = [];
    for (const scheduled of ending) changes.push({ kind: "cleared", scheduled });
    for (const scheduled of starting) changes.push({ kind: "shown", scheduled });
    for (const { kind, scheduled } of changes) this.#apply(kind, scheduled, frame);
    return changes;
  }

  #apply(kind: "shown" | "cleared", scheduled: ScheduledCue, frame: number): void {
    if (kind === "cleared") {
      this.#cues.splice(this.#cues.indexOf(scheduled), 1);
      this.#used &= ~(1 << scheduled.window);
      return;
    }
    const length = scheduled.endFrame - scheduled.startFrame;
    const least = frame + Math.min(length, this.#options.leastShowing);
    scheduled.state = "shown";
    if (scheduled.shownFrame < 0) scheduled.shownFrame = frame;
    scheduled.endFrame = Math.max(scheduled.endFrame, least);
  }

  #candidate(frame: number): ScheduledCue | undefined {
    const { mode } = this.#options;
    for (const each of this.#cues) {
      if (mode !== "pop-on" && each.startFrame > frame) return undefined;
      if (each.state === "loading") return each;
      // Roll-up writes into one window; others need one that no caption occupies.
      const windowFree = mode === "roll-up" || this.#used !== 0xff;
      if (each.state === "waiting" && windowFree) return each;
    }
    return undefined;
  }

  #begin(scheduled: ScheduledCue): void {
    scheduled.state = "loading";
    if (this.#options.mode === "roll-up") {
      scheduled.window = 0;
      scheduled.codes = this.#rollUpCodes(scheduled);
      return;
    }
    const window = this.#freeWindow();
    this.#used |= 1 << window;
    scheduled.window = window;
    scheduled.shift = this.#freeShift(scheduled);
    const codes: number[][] = [];
    if (!this.#began) codes.push([RST]);
    else if (this.#defined[window]) codes.push([DLW, 1 << window]);
    this.#began = true;
    this.#defined[window] = true;
    const { rows, cue } = scheduled;
    const { aspectRatio, mode } = this.#options;
    let columns = 1;
    for (const row of rows) columns = Math.max(columns, rowLength(row));
    const anchor = anchorOf(cue.placement, aspectRatio, scheduled.shift);
    codes.push(this.#define(window, mode === "paint-on", rows.length, columns, anchor));
    scheduled.lead = codes.length;
    let style = plainRun("");
    rows.forEach((row, index) => {
      const room = columns - rowLength(row);
      const column = { left: 0, center: room >> 1, right: room }[cue.placement.align];
      if (index > 0 || column > 0) codes.push([0x92, index, column]);
      codes.push(...rowCodes(row, style));
      style = row[row.length - 1] ?? style;
    });
    scheduled.codes = codes;
    scheduled.bytes = 0;
    for (const code of codes) scheduled.bytes += code.length;
  }

  /** A window that was never defined needs no deletion first. */
  #freeWindow(): number {
    let free = -1;
    for (let id = ALL_WINDOWS - 1; id >= 0; id--) {
      if ((this.#used & (1 << id)) !== 0) continue;
      if (free < 0 || this.#defined[free] || !this.#defined[id]) free = id;
    }
    return free;
  }

  #define(
    window: number,
    visible: boolean,
    rows: number,
    columns: number,
    anchor: WindowAnchor,
  ): number[] {
    const code = encodeCode({
      kind: "defineWindow",
      window,
      definition: {
        visible,
        rowLock: true,
        columnLock: true,
        priority: 0,
        relativePositioning: false,
        anchorVertical: anchor.anchorVertical,
        anchorHorizontal: anchor.anchorHorizontal,
        anchorPoint: anchor.anchorPoint,
        rowCount: Math.max(1, rows) - 1,
        columnCount: columns - 1,
        windowStyle: this.#options.mode === "roll-up" ? 4 : 1,
        penStyle: 1,
      },
    });
    return [...code];
  }

  /** Rows to move so that no caption that is on the screen at the same time is covered. */
  #freeShift(scheduled: ScheduledCue): number {
    const taken = this.#cues.filter(
      (each) =>
        each !== scheduled &&
        each.window >= 0 &&
        each.cue.placement.vertical === scheduled.cue.placement.vertical &&
        each.cue.placement.line === scheduled.cue.placement.line &&
        each.startFrame < scheduled.endFrame &&
        scheduled.startFrame < each.endFrame,
    );
    const height = scheduled.rows.length;
    let shift = 0;
    for (let moved = true; moved; ) {
      moved = false;
      for (const each of taken) {
        if (shift < each.shift + each.rows.length && each.shift < shift + height) {
          shift = each.shift + each.rows.length;
          moved = true;
        }
      }
    }
    return shift + height <= GRID_ROWS ? shift : 0;
  }

  #rollUpCodes(scheduled: ScheduledCue): number[][] {
    const codes: number[][] = [];
    scheduled.rows.forEach((row) => {
      if (this.#rollUpDefinedAt < 0) {
        codes.push([RST], this.#rollUpWindow(), [0x92, this.#options.rollUpRows - 1, 0]);
        scheduled.lead = 2;
        this.#rollUpDefinedAt = 0;
      } else {
        codes.push(this.#rollUpEmpty ? [0x92, this.#options.rollUpRows - 1, 0] : [CR]);
      }
      this.#rollUpEmpty = false;
      codes.push(...rowCodes(row, this.#rollUpStyle));
      this.#rollUpStyle = row[row.length - 1] ?? this.#rollUpStyle;
    });
    codes.push([ETX]);
    return codes;
  }

  #rollUpWindow(): number[] {
    const { aspectRatio, rollUpRows, columns } = this.#options;
    const placement = {
      vertical: "bottom",
      align: "center",
      line: undefined,
      position: undefined,
    } as const;
    return this.#define(0, true, rollUpRows, columns, anchorOf(placement, aspectRatio, 0));
  }

  #switchRollUp(frame: number, packer: FramePacker): ScheduleChange[] {
    const { serviceNumber } = this;
    const changes: ScheduleChange[] = [];
    for (const each of [...this.#cues]) {
      if (each.state !== "shown" && each.shownFrame < 0 && each.next > 0) {
        each.shownFrame = frame;
        changes.push({ kind: "shown", scheduled: each });
      }
      if (each.state !== "ready") continue;
      this.#cues.splice(this.#cues.indexOf(each), 1);
      this.#rollUpClearAt = Math.max(frame + 1, each.endFrame + this.#options.rollUpTimeout);
    }
    const loading = this.#cues.some((each) => each.state === "loading");
    if (loading) return changes;
    if (frame >= this.#rollUpClearAt) {
      if (packer.add(serviceNumber, [CLW, 1, ETX])) {
        this.#rollUpClearAt = Number.POSITIVE_INFINITY;
        this.#rollUpEmpty = true;
      }
    } else if (this.#rollUpDefinedAt >= 0 && !this.#rollUpEmpty) {
      // The same definition again changes nothing for those who have it, and brings in who tuned in since.
      if (this.#rollUpDefinedAt === 0) this.#rollUpDefinedAt = frame + 1;
      else if (frame + 1 - this.#rollUpDefinedAt >= this.#options.refresh) {
        if (packer.add(serviceNumber, this.#rollUpWindow())) this.#rollUpDefinedAt = frame + 1;
      }
    }
    return changes;
  }
}

function windowsOf(cues: readonly ScheduledCue[]): number {
  let windows = 0;
  for (const each of cues) windows |= 1 << each.window;
  return windows;
}

/** Most bytes that loading rows can take, whatever the window: DLW, DF, an SPL a row, pens, characters. */
function mostBytes(rows: readonly CueLine[]): number {
  let bytes = 2 + 7;
  let style = plainRun("");
  for (const row of rows) {
    bytes += 3;
    for (const code of rowCodes(row, style)) bytes += code.length;
    style = row[row.length - 1] ?? style;
  }
  return bytes;
}
