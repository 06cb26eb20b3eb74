import { DEFAULT_PLACEMENT, plainRun } from "./cue.js";
import { anchorOf, rowCodes } from "./cue-layout.js";
import type { FramePacker } from "./frame-packer.js";
import {
  Code,
  insertByStart,
  type LaidCue,
  type ScheduleChange,
  type ServiceSchedule,
  type ServiceScheduleOptions,
  windowCode,
} from "./service-schedule.js";

/** Window style of line-21 roll-up. */
const ROLL_UP_STYLE = 4;
const NEVER = Number.POSITIVE_INFINITY;

/** One caption that is to be written. */
interface Scheduled {
  readonly laid: LaidCue;
  codes: readonly (readonly number[])[] | undefined;
  next: number;
  shownFrame: number;
}

/** Roll-up: one window, into which the rows of each caption scroll from its start on. */
export class RollUpSchedule implements ServiceSchedule {
  readonly #options: ServiceScheduleOptions;
  /** Not yet written, by start. */
  readonly #cues: Scheduled[] = [];
  /** Written, and not scrolled out or cleared since. */
  #onScreen: LaidCue[] = [];
  /** Captions completed since the last {@link switch}. */
  #shown: ScheduleChange[] = [];
  #defined = false;
  #refreshAt = NEVER;
  #clearAt = NEVER;
  #style = plainRun("");
  #empty = true;

  constructor(options: ServiceScheduleOptions) {
    this.#options = options;
  }

  clone(): RollUpSchedule {
    const clone = new RollUpSchedule(this.#options);
    for (const each of this.#cues) clone.#cues.push({ ...each });
    clone.#onScreen = [...this.#onScreen];
    clone.#shown = [...this.#shown];
    clone.#defined = this.#defined;
    clone.#refreshAt = this.#refreshAt;
    clone.#clearAt = this.#clearAt;
    clone.#style = this.#style;
    clone.#empty = this.#empty;
    return clone;
  }

  get serviceNumber(): number {
    return this.#options.serviceNumber;
  }

  get pending(): number {
    // Without a timeout nothing more happens to what was written.
    return this.#cues.length + (this.#clearAt === NEVER ? 0 : this.#onScreen.length);
  }

  add(laid: LaidCue): void {
    insertByStart(this.#cues, { laid, codes: undefined, next: 0, shownFrame: -1 });
  }

  /** Text comes when it is due; nothing has to go out in a certain frame. */
  reserve(): number {
    return 0;
  }

  /** Nothing can be loaded before its start. */
  eachLoad(): void {}

  nextLoad(frame: number): number | undefined {
    const start = this.#cues[0]?.laid.startFrame;
    return start !== undefined && start <= frame ? start : undefined;
  }

  load(frame: number, packer: FramePacker, reserved: ReadonlyMap<number, number>): boolean {
    const [candidate] = this.#cues;
    if (candidate === undefined || candidate.laid.startFrame > frame) return false;
    candidate.codes ??= this.#codesOf(candidate.laid);
    const code = candidate.codes[candidate.next] as readonly number[];
    if (!packer.add(this.serviceNumber, code, reserved)) return false;
    if (candidate.shownFrame < 0) candidate.shownFrame = frame;
    candidate.next++;
    if (candidate.next < candidate.codes.length) return true;
    this.#cues.shift();
    this.#shown.push({
      kind: "shown",
      laid: candidate.laid,
      frame: candidate.shownFrame,
      lateFrames: candidate.shownFrame - candidate.laid.startFrame,
    });
    this.#onScreen.push(candidate.laid);
    if (this.#onScreen.length > this.#options.rollUpRows) this.#onScreen.shift();
    const { rollUpTimeout, refresh } = this.#options;
    this.#clearAt = Math.max(frame + 1, candidate.laid.endFrame + rollUpTimeout);
    if (this.#refreshAt === NEVER) this.#refreshAt = frame + refresh;
    return true;
  }

  /** Nothing is loaded ahead. */
  loads(): undefined {}

  loadPlanned(): void {}

  switch(frame: number, packer: FramePacker): ScheduleChange[] {
    const changes = this.#shown;
    this.#shown = [];
    const writing = (this.#cues[0]?.next ?? 0) > 0;
    if (writing) return changes;
    if (frame >= this.#clearAt) {
      if (packer.add(this.serviceNumber, [Code.clearWindows, 1, Code.etx])) {
        changes.push(...this.#cleared(frame));
      }
    } else if (frame >= this.#refreshAt && packer.add(this.serviceNumber, this.#window())) {
      // The same definition again changes nothing for those who have it, and brings in who tuned in since.
      this.#refreshAt = frame + this.#options.refresh;
    }
    return changes;
  }

  #cleared(frame: number): ScheduleChange[] {
    const lateFrames = frame - this.#clearAt;
    const changes = this.#onScreen.map(
      (laid): ScheduleChange => ({ kind: "cleared", laid, frame, lateFrames }),
    );
    this.#onScreen = [];
    this.#empty = true;
    this.#clearAt = NEVER;
    this.#refreshAt = NEVER;
    return changes;
  }

  #codesOf({ rows }: LaidCue): number[][] {
    const lastRow = [Code.setPenLocation, this.#options.rollUpRows - 1, 0];
    const codes: number[][] = [];
    if (!this.#defined) codes.push([Code.reset], this.#window());
    this.#defined = true;
    for (const row of rows) {
      codes.push(this.#empty ? lastRow : [Code.carriageReturn]);
      this.#empty = false;
      codes.push(...rowCodes(row, this.#style));
      this.#style = row[row.length - 1] ?? this.#style;
    }
    codes.push([Code.etx]);
    return codes;
  }

  #window(): number[] {
    const { aspectRatio, rollUpRows, columns } = this.#options;
    const anchor = anchorOf(DEFAULT_PLACEMENT, aspectRatio, 0);
    return windowCode(0, true, rollUpRows, columns, anchor, ROLL_UP_STYLE);
  }
}
