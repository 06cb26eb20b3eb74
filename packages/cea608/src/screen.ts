import { CEA608_COLORS, type Cea608Color } from "./codes.js";

/** Rows of a screen. */
export const ROWS = 15;
/** Columns of a screen. */
export const COLUMNS = 32;

/**
 * A screen of 15 rows and 32 columns. `cells` has one number a cell, row by row; 0 is a cell that was never written,
 * which is transparent. Read it with {@link cellAt}, {@link screenRows} or {@link screenText}.
 *
 * Bits 0 to 15 are the character (UTF-16), 16 to 18 the foreground, 19 italics, 20 underline, 21 flash, 22 to 24 the
 * background, 25 and 26 its opacity (0 opaque, 1 semi-transparent, 2 transparent), 27 the transparent space.
 */
export interface Cea608Screen {
  readonly cells: Uint32Array;
}

/** How a cell looks. */
export interface Cea608Style {
  readonly color: Cea608Color;
  readonly italics: boolean;
  readonly underline: boolean;
  readonly flash: boolean;
  readonly background: Cea608Color;
  readonly backgroundOpacity: "opaque" | "semi" | "transparent";
}

/** One written cell. */
export interface Cea608Cell extends Cea608Style {
  /** One character; U+00A0 for the transparent space, a space for a mid-row code. */
  readonly char: string;
  /** True for the transparent space: nothing is drawn, not even the background. */
  readonly transparent: boolean;
}

/** Cells of one row that stand side by side and look the same. */
export interface Cea608Run {
  /** Column of the first cell, 0 to 31. */
  readonly column: number;
  readonly text: string;
  readonly style: Cea608Style;
}

/** What stands in one row. */
export interface Cea608Row {
  /** 0 to 14. */
  readonly row: number;
  /** Column of the first written cell. */
  readonly column: number;
  /** From the first written cell to the last; cells between that were never written are spaces. */
  readonly text: string;
  /** The written cells: never-written ones separate runs. */
  readonly runs: readonly Cea608Run[];
}

/** An empty screen, or a copy of one: what a decoder shows changes with its next `push`. */
export function createScreen(from?: Cea608Screen): Cea608Screen {
  return { cells: from === undefined ? new Uint32Array(ROWS * COLUMNS) : from.cells.slice() };
}

/** True when both look the same. */
export function screensEqual(a: Cea608Screen, b: Cea608Screen): boolean {
  for (let i = 0; i < ROWS * COLUMNS; i++) if (a.cells[i] !== b.cells[i]) return false;
  return true;
}

/** True when no cell was written. */
export function isEmptyScreen(screen: Cea608Screen): boolean {
  for (let i = 0; i < ROWS * COLUMNS; i++) if (screen.cells[i] !== 0) return false;
  return true;
}

/**
 * One cell, `undefined` when it was never written.
 * @throws {RangeError} outside the screen.
 */
export function cellAt(screen: Cea608Screen, row: number, column: number): Cea608Cell | undefined {
  if (!(row >= 0 && row < ROWS && column >= 0 && column < COLUMNS)) {
    throw new RangeError(`no cell ${row}, ${column}`);
  }
  const cell = screen.cells[row * COLUMNS + column] as number;
  if (cell === 0) return undefined;
  const char = String.fromCharCode(cell & 0xffff);
  return { char, transparent: (cell & TRANSPARENT_CELL) !== 0, ...styleOf(cell) };
}

/** The rows with a written cell, from the top: a copy. */
export function screenRows(screen: Cea608Screen): Cea608Row[] {
  const rows: Cea608Row[] = [];
  for (let row = 0; row < ROWS; row++) {
    const found = rowOf(screen, row);
    if (found !== undefined) rows.push(found);
  }
  return rows;
}

/** The rows with a written cell, joined by line feeds. */
export function screenText(screen: Cea608Screen): string {
  return screenRows(screen)
    .map((row) => row.text)
    .join("\n");
}

function rowOf(screen: Cea608Screen, row: number): Cea608Row | undefined {
  const first = row * COLUMNS;
  const runs: Cea608Run[] = [];
  let text = "";
  let column = -1;
  let written = 0;
  let start = 0;
  let run = "";
  let pen = 0;
  for (let i = 0; i <= COLUMNS; i++) {
    const cell = i < COLUMNS ? (screen.cells[first + i] as number) : 0;
    if (run !== "" && (cell === 0 || cell >>> 16 !== pen)) {
      runs.push({ column: start, text: run, style: styleOf(pen << 16) });
      run = "";
    }
    if (cell === 0) continue;
    if (column < 0) column = i;
    else text += " ".repeat(i - written);
    if (run === "") {
      start = i;
      pen = cell >>> 16;
    }
    const char = String.fromCharCode(cell & 0xffff);
    run += char;
    text += char;
    written = i + 1;
  }
  return column < 0 ? undefined : { row, column, text, runs };
}

/** The style in a packed cell. */
function styleOf(cell: number): Cea608Style {
  return {
    color: CEA608_COLORS[(cell >>> 16) & 7] as Cea608Color,
    italics: (cell & ITALICS) !== 0,
    underline: (cell & UNDERLINE) !== 0,
    flash: (cell & FLASH) !== 0,
    background: CEA608_COLORS[(cell >>> 22) & 7] as Cea608Color,
    backgroundOpacity: OPACITIES[(cell >>> 25) & 3] as Cea608Style["backgroundOpacity"],
  };
}

const OPACITIES = ["opaque", "semi", "transparent", "transparent"] as const;

/** Where the foreground stands in a packed cell. */
export const FOREGROUND_SHIFT = 16;
/** Foreground, italics, underline and flash: what a PAC and a mid-row code set. */
export const FOREGROUND_MASK: number = 0x3f << 16;
export const ITALICS: number = 1 << 19;
export const UNDERLINE: number = 1 << 20;
export const FLASH: number = 1 << 21;
export const BACKGROUND_SHIFT = 22;
export const BACKGROUND_MASK: number = 0x1f << 22;
export const OPACITY_SHIFT = 25;
export const TRANSPARENT_CELL: number = 1 << 27;
/** Colour, italics, underline, flash, background: everything that the next cell inherits. */
export const PEN_MASK: number = FOREGROUND_MASK | BACKGROUND_MASK;
/** White on opaque black. */
export const DEFAULT_PEN: number = 7 << BACKGROUND_SHIFT;
