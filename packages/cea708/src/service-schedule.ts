import { encodeCode } from "./codes-encode.js";
import type { Cue, CueLine } from "./cue.js";
import type { AspectRatio, WindowAnchor } from "./cue-layout.js";
import type { FramePacker } from "./frame-packer.js";

/** How captions come onto the screen. */
export type CaptionMode = "pop-on" | "paint-on" | "roll-up";

/** A caption laid out, with its frames. */
export interface LaidCue {
  readonly cue: Cue;
  readonly rows: readonly CueLine[];
  /** Frame nearest to the start. */
  readonly startFrame: number;
  /** Frame nearest to the end, at least one behind the start. */
  readonly endFrame: number;
}

/** What happened to a caption in a frame. */
export interface ScheduleChange {
  readonly kind: "shown" | "cleared";
  readonly laid: LaidCue;
  readonly frame: number;
  readonly lateFrames: number;
}

/** A caption that is not cleared yet, as a plan sees it. */
export interface PendingLoad {
  readonly laid: LaidCue;
  /** Sizes of what is still to be sent: what leads up to the window's definition as one, then each code. */
  readonly sizes: readonly number[];
  /** The window is defined. */
  readonly begun: boolean;
  readonly shown: boolean;
  /** Frame in which it is to go. */
  readonly endFrame: number;
}

/** The captions of a service, as a plan sees them. */
export interface ServiceLoads {
  readonly serviceNumber: number;
  /** The service was reset. */
  readonly began: boolean;
  /** Whose window is the current one. */
  readonly selected: LaidCue | undefined;
  readonly leastShowing: number;
  readonly loads: readonly PendingLoad[];
}

/** What a schedule needs to know of its service. */
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

/** The captions of one service: what must go out in a frame, and what may go out early. */
export interface ServiceSchedule {
  readonly serviceNumber: number;
  /** Captions that are not shown yet, or not cleared yet. */
  readonly pending: number;
  add(laid: LaidCue): void;
  /**
   * Code bytes that must have room in `frame` for what is to change in it. `started`: also for captions that are due but
   * not loaded yet, in case they will be.
   */
  reserve(frame: number, started: boolean): number;
  /** Start and bytes of each caption that can be loaded before it and starts up to `horizon`, by start. */
  eachLoad(horizon: number, visit: (startFrame: number, bytes: number) => void): void;
  /** Start of the caption that {@link load} would work on, or `undefined`. */
  nextLoad(frame: number): number | undefined;
  /** Send the next code of the most urgent caption. False: nothing to do, or no room. */
  load(frame: number, packer: FramePacker, reserved: ReadonlyMap<number, number>): boolean;
  /** What a plan must know of the captions that start before `horizon`; `undefined` when they cannot be planned. */
  loads(horizon: number): ServiceLoads | undefined;
  /** Go on with one caption: its definition, then so many codes. Without any its window is only selected, or the service reset. */
  loadPlanned(laid: LaidCue, units: number, frame: number, packer: FramePacker): void;
  /** The same, independent of this one. */
  clone(): ServiceSchedule;
  /** Send what changes the screen in `frame`, as far as it is loaded and has room. `hold`: show nothing new. */
  switch(frame: number, packer: FramePacker, hold: boolean): ScheduleChange[];
}

/** The codes that schedules write by hand; those with arguments go through {@link encodeCode}. */
export const Code = {
  etx: 0x03,
  carriageReturn: 0x0d,
  setCurrentWindow: 0x80,
  clearWindows: 0x88,
  displayWindows: 0x89,
  hideWindows: 0x8a,
  deleteWindows: 0x8c,
  reset: 0x8f,
  setPenLocation: 0x92,
} as const;

/** DFn of a window as small as its text, black box and white pen. */
export function windowCode(
  window: number,
  visible: boolean,
  rows: number,
  columns: number,
  anchor: WindowAnchor,
  windowStyle: number,
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
      rowCount: rows - 1,
      columnCount: columns - 1,
      windowStyle,
      penStyle: 1,
    },
  });
  return [...code];
}

/** Put an item behind those that start no later. */
export function insertByStart<T extends { readonly laid: LaidCue }>(items: T[], item: T): void {
  let at = items.length;
  while (at > 0 && (items[at - 1] as T).laid.startFrame > item.laid.startFrame) at--;
  items.splice(at, 0, item);
}
