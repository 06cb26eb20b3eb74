import type { AspectRatio } from "./cue-layout.js";
import type { CaptionWindow, Cell } from "./window.js";

/** A rectangle in fractions of the picture, 0 to 1. */
export interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** A stretch of cells of one row that look the same. */
export interface WindowRun {
  readonly row: number;
  readonly column: number;
  /** Cells, which may be fewer than characters: the caption icon has four. */
  readonly columns: number;
  readonly text: string;
  readonly transparent: boolean;
  readonly pen: Cell["pen"];
}

/** The safe-title area: the middle 80 % both ways (47 CFR 79.102). */
const SAFE_START = 0.1;
const SAFE_SIZE = 0.8;
const GRID_HEIGHT = 75;
const SCREEN_ROWS = 15;

/** Size of a character cell of the standard pen, in fractions of the picture. */
export function cellSize(aspectRatio: AspectRatio): {
  readonly width: number;
  readonly height: number;
} {
  const columns = aspectRatio === "16:9" ? 42 : 32;
  return { width: SAFE_SIZE / columns, height: SAFE_SIZE / SCREEN_ROWS };
}

/**
 * Where a window stands in the picture: its anchor point on the grid or in percent, moved back inside the safe area if
 * it sticks out (CTA-708-E 8.4.4). Anchors out of range count as the largest in range.
 */
export function windowRectangle(
  window: CaptionWindow,
  aspectRatio: AspectRatio = "16:9",
): Rectangle {
  const { anchorPoint, anchorVertical, anchorHorizontal, relativePositioning } = window.definition;
  const gridWidth = aspectRatio === "16:9" ? 210 : 160;
  const cell = cellSize(aspectRatio);
  const width = window.columns * cell.width;
  const height = window.rows * cell.height;
  const h = Math.min(1, anchorHorizontal / (relativePositioning ? 100 : gridWidth));
  const v = Math.min(1, anchorVertical / (relativePositioning ? 100 : GRID_HEIGHT));
  const point = Math.min(anchorPoint, 8);
  const left = SAFE_START + h * SAFE_SIZE - ((point % 3) / 2) * width;
  const top = SAFE_START + v * SAFE_SIZE - (Math.floor(point / 3) / 2) * height;
  return { left: inside(left, width), top: inside(top, height), width, height };
}

function inside(start: number, size: number): number {
  return Math.max(SAFE_START, Math.min(start, SAFE_START + SAFE_SIZE - size));
}

/** The written cells of a window, in rows from the top, cells that look the same together. */
export function windowRuns(window: CaptionWindow): WindowRun[] {
  const runs: WindowRun[] = [];
  for (let row = 0; row < window.rows; row++) {
    let run: WindowRun | undefined;
    for (let column = 0; column < window.columns; column++) {
      const cell = window.cell(row, column);
      if (cell === undefined) {
        run = undefined;
        continue;
      }
      const { text, transparent, pen } = cell;
      if (run !== undefined && run.pen === pen && run.transparent === transparent) {
        run = { ...run, columns: run.columns + 1, text: run.text + text };
        runs[runs.length - 1] = run;
      } else {
        run = { row, column, columns: 1, text, transparent, pen };
        runs.push(run);
      }
    }
  }
  return runs;
}
