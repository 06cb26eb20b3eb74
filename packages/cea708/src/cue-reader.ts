import { CaptionDecoder, type CaptionDecoderOptions } from "./caption-decoder.js";
import { type Cue, type CueLine, type CuePlacement, type CueRun, sameStyle } from "./cue.js";
import { type AspectRatio, anchorOf, rgbOf } from "./cue-layout.js";
import { PEN_STYLES } from "./predefined-styles.js";
import type { CaptionWindow, Cell } from "./window.js";

/** Text tag of text that is not to be shown (CTA-708-E 8.5.9). */
const NOT_DISPLAYED = 15;

/** How a {@link CueReader} works. */
export interface CueReaderOptions extends Pick<CaptionDecoderOptions, "sequenceCheck" | "p16"> {
  /** Service to read. Default: 1. */
  readonly serviceNumber?: number;
  /**
   * Text that comes within this time of the last change belongs to the same cue: painted captions take several frames.
   * Default: 250 ms.
   */
  readonly joinMs?: number;
  /** Shape of the picture, for positions. Default: `16:9`. */
  readonly aspectRatio?: AspectRatio;
}

interface OpenCue {
  readonly window: CaptionWindow;
  readonly startMs: number;
  readonly changedMs: number;
  readonly version: number;
  readonly scrolled: number;
  /** First row that belongs to the cue: above it is what an earlier cue left in a roll-up window. */
  readonly topRow: number;
  /** Empty while a new line of a roll-up window waits for its text. */
  readonly lines: readonly CueLine[];
  /** What stood in the last row, where a roll-up window is written. */
  readonly lastRow: readonly CueLine[];
  readonly placement: CuePlacement;
}

/**
 * Turns captions back into cues: one for each time that a window with text is visible, and one for each new line of a
 * roll-up window. Captions shown together in several windows are cues that overlap. Never throws on input.
 */
export class CueReader {
  readonly #decoder: CaptionDecoder;
  readonly #serviceNumber: number;
  readonly #joinMs: number;
  readonly #aspectRatio: AspectRatio;
  readonly #open: (OpenCue | undefined)[] = new Array(8).fill(undefined);
  #version = -1;

  constructor(options: CueReaderOptions = {}) {
    const { serviceNumber = 1, joinMs = 250, aspectRatio = "16:9", ...decoder } = options;
    this.#decoder = new CaptionDecoder({ ...decoder, services: [serviceNumber] });
    this.#serviceNumber = serviceNumber;
    this.#joinMs = joinMs;
    this.#aspectRatio = aspectRatio;
  }

  /** The decoder behind it, for its windows and issues. */
  get decoder(): CaptionDecoder {
    return this.#decoder;
  }

  /** Interpret the cc_data presented at `timeMs`; returns the cues that ended, by start. */
  push(ccData: Uint8Array, timeMs: number): Cue[] {
    this.#decoder.push(ccData, timeMs);
    return this.#compare(timeMs);
  }

  /** The cues on the screen end at `timeMs`, the time behind the last frame. */
  flush(timeMs: number): Cue[] {
    this.#decoder.flush(timeMs);
    const cues = this.#compare(timeMs);
    for (let id = 0; id < 8; id++) this.#close(id, this.#open[id], timeMs, cues);
    this.#version = -1;
    return byStart(cues);
  }

  /** As new. */
  reset(): void {
    this.#decoder.reset();
    this.#open.fill(undefined);
    this.#version = -1;
  }

  #compare(timeMs: number): Cue[] {
    const service = this.#decoder.service(this.#serviceNumber);
    if (service === undefined || service.version === this.#version) return [];
    this.#version = service.version;
    const cues: Cue[] = [];
    for (let id = 0; id < 8; id++) this.#compareWindow(id, service.windows[id], timeMs, cues);
    return byStart(cues);
  }

  #compareWindow(id: number, window: CaptionWindow | undefined, timeMs: number, cues: Cue[]): void {
    const open = this.#open[id];
    if (window === undefined || !window.visible) {
      this.#close(id, open, timeMs, cues);
      return;
    }
    if (open !== undefined && open.version === window.version) return;
    const before = open?.window === window ? open : undefined;
    const scrolled = window.scrolled - (before?.scrolled ?? window.scrolled);
    let firstRow = before?.topRow ?? 0;
    const recent =
      before !== undefined && before.lines.length > 0 && timeMs - before.changedMs <= this.#joinMs;
    // Lines that were painted and scrolled away at once would be lost: they stay behind as a cue of their own.
    const lost =
      recent && scrolled > firstRow
        ? before.lines.length - linesOf(window, 0, window.rows - scrolled).length
        : 0;
    if (before !== undefined && scrolled > 0 && !recent) {
      // Rows that scrolled in after a pause are another cue's. What is above them is not, unless it was written on.
      const above = linesOf(window, window.rows - 1 - scrolled, window.rows - scrolled);
      firstRow = sameLines(above, before.lastRow) ? window.rows : window.rows - 1;
    }
    const topRow = Math.max(0, firstRow - scrolled);
    const lines = linesOf(window, topRow);
    const state = {
      window,
      version: window.version,
      scrolled: window.scrolled,
      topRow,
      lines,
      lastRow: linesOf(window, window.rows - 1),
    };
    if (open !== undefined) {
      // A line that rolls up under the same one is new, a window that is filled again is not.
      const unchanged = scrolled % window.rows === 0 && sameLines(open.lines, lines);
      if (unchanged || (recent && lost <= 0 && lines.length > 0)) {
        this.#open[id] = { ...open, ...state, changedMs: unchanged ? open.changedMs : timeMs };
        return;
      }
      const ended = lost > 0 ? { ...open, lines: open.lines.slice(0, lost) } : open;
      this.#close(id, ended, timeMs, cues);
    }
    if (lines.length === 0 && topRow === 0) return;
    this.#open[id] = {
      ...state,
      startMs: timeMs,
      changedMs: timeMs,
      placement: placementOf(window, this.#aspectRatio),
    };
  }

  #close(id: number, open: OpenCue | undefined, endMs: number, cues: Cue[]): void {
    this.#open[id] = undefined;
    if (open === undefined || open.lines.length === 0) return;
    const { startMs, lines, placement } = open;
    cues.push({ startMs, endMs, lines, placement, id: undefined });
  }
}

function byStart(cues: Cue[]): Cue[] {
  return cues.sort((a, b) => a.startMs - b.startMs);
}

/** The rows with text, from `topRow` to before `endRow`, without the spaces around them. */
function linesOf(window: CaptionWindow, topRow: number, endRow: number = window.rows): CueLine[] {
  const lines: CueLine[] = [];
  for (let row = Math.max(0, topRow); row < endRow; row++) {
    const runs: CueRun[] = [];
    let end = window.columns;
    while (end > 0 && isBlank(window.cell(row, end - 1))) end--;
    let start = 0;
    while (start < end && isBlank(window.cell(row, start))) start++;
    for (let column = start; column < end; column++) {
      appendCell(runs, window.cell(row, column));
    }
    if (runs.length > 0) lines.push(runs);
  }
  return lines;
}

function isBlank(cell: Cell | undefined): boolean {
  return cell === undefined || cell.text === " " || cell.transparent || !isDisplayed(cell);
}

function isDisplayed(cell: Cell): boolean {
  return cell.pen.attributes.textTag !== NOT_DISPLAYED;
}

function appendCell(runs: CueRun[], cell: Cell | undefined): void {
  const shown = cell !== undefined && isDisplayed(cell) && !cell.transparent;
  const last = runs[runs.length - 1];
  const run: CueRun = shown
    ? { ...styleOf(cell), text: cell.text }
    : {
        ...(last ?? { bold: false, italics: false, underline: false, color: undefined }),
        text: " ",
      };
  if (last !== undefined && sameStyle(last, run)) {
    runs[runs.length - 1] = { ...last, text: last.text + run.text };
  } else {
    runs.push(run);
  }
}

function styleOf(cell: Cell): Omit<CueRun, "text"> {
  const { attributes, color } = cell.pen;
  const white = color.fgColor === PEN_STYLES[0]?.color.fgColor;
  return {
    bold: false,
    italics: attributes.italics,
    underline: attributes.underline,
    color: white ? undefined : rgbOf(color.fgColor),
  };
}

function sameLines(a: readonly CueLine[], b: readonly CueLine[]): boolean {
  if (a.length !== b.length) return false;
  return a.every((line, index) => {
    const other = b[index] as CueLine;
    if (line.length !== other.length) return false;
    return line.every((run, i) => {
      const beside = other[i] as CueRun;
      return run.text === beside.text && sameStyle(run, beside);
    });
  });
}

/**
 * Where a window stands, as percent of the picture; the grid covers the middle 80 %. Places that {@link CaptionScheduler}
 * gives to cues without a position of their own are no position.
 */
function placementOf(window: CaptionWindow, aspectRatio: AspectRatio): CuePlacement {
  const { anchorPoint, anchorVertical, anchorHorizontal, relativePositioning } = window.definition;
  const point = Math.min(anchorPoint, 8);
  const gridWidth = aspectRatio === "16:9" ? 210 : 160;
  const height = relativePositioning ? 100 : 75;
  const width = relativePositioning ? 100 : gridWidth;
  const percent = (value: number, units: number): number =>
    10 + (Math.min(value, units) / units) * 80;
  const placement: CuePlacement = {
    vertical: (["top", "middle", "bottom"] as const)[Math.floor(point / 3)] ?? "bottom",
    align: (["left", "center", "right"] as const)[point % 3] ?? "center",
    line: undefined,
    position: undefined,
  };
  const usual = anchorOf(placement, aspectRatio, 0);
  const usualLine = !relativePositioning && anchorVertical === usual.anchorVertical;
  const usualPosition = !relativePositioning && anchorHorizontal === usual.anchorHorizontal;
  return {
    ...placement,
    line: usualLine ? undefined : percent(anchorVertical, height),
    position: usualPosition ? undefined : percent(anchorHorizontal, width),
  };
}
