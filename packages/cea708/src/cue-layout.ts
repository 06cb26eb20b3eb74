import { encodeCharacter, toCaptionText } from "./characters.js";
import { encodeCode } from "./codes-encode.js";
import { type Cue, type CueLine, type CuePlacement, type CueRun, lineText } from "./cue.js";
import { PEN_STYLES } from "./predefined-styles.js";

/** Shape of the picture that captions are laid out for. */
export type AspectRatio = "16:9" | "4:3";

/** Rows of the caption grid. */
export const GRID_ROWS = 15;
/** Grid units of one row: 75 units for 15 rows. */
const ROW_UNITS = 5;
/** Grid units left free between the default captions and the edge of the safe area. */
const MARGIN = 4;

/** A cue cut into rows that fit, and the characters that had to be replaced. */
export interface CueLayout {
  readonly rows: readonly CueLine[];
  readonly unmappable: readonly string[];
}

/** Anchor of a window on the grid. */
export interface WindowAnchor {
  readonly anchorPoint: number;
  readonly anchorVertical: number;
  readonly anchorHorizontal: number;
}

/** The cue's text in the caption repertoire, wrapped at `columns` cells. Blank rows and outer spaces are dropped. */
export function layOutCue(cue: Cue, columns: number): CueLayout {
  const unmappable: string[] = [];
  const rows: CueLine[] = [];
  for (const line of cue.lines) {
    const runs = line.map((run) => {
      const converted = toCaptionText(run.text.replace(/\s/g, " "));
      unmappable.push(...converted.unmappable);
      return { ...run, text: converted.text };
    });
    for (const row of wrap(runs, columns)) rows.push(row);
  }
  return { rows, unmappable };
}

/**
 * Where a cue's window goes.
 *
 * @param shift rows away from its place, towards the middle of the picture: other captions are there.
 */
export function anchorOf(
  placement: CuePlacement,
  aspectRatio: AspectRatio,
  shift: number,
): WindowAnchor {
  const width = aspectRatio === "16:9" ? 210 : 160;
  const { vertical, align, line, position } = placement;
  const rowOfAnchors = { top: 0, middle: 3, bottom: 6 }[vertical];
  const columnOfAnchors = { left: 0, center: 1, right: 2 }[align];
  let v = { top: MARGIN, middle: 37, bottom: 74 - MARGIN }[vertical];
  if (line !== undefined) v = safeArea(line, 75);
  v += (vertical === "top" ? ROW_UNITS : -ROW_UNITS) * shift;
  let h = { left: 2 * MARGIN, center: width / 2, right: width - 2 * MARGIN }[align];
  if (position !== undefined) h = safeArea(position, width);
  return {
    anchorPoint: rowOfAnchors + columnOfAnchors,
    anchorVertical: Math.max(0, Math.min(74, Math.round(v))),
    anchorHorizontal: Math.max(0, Math.min(width - 1, Math.round(h))),
  };
}

/** Percent of the picture to units of the grid, which covers the middle 80 % of it. */
function safeArea(percent: number, units: number): number {
  return ((percent - 10) / 80) * units;
}

/** Codes that write `row` with the pen as it stands at the style that `before` has; one array per code. */
export function rowCodes(row: CueLine, before: CueRun): number[][] {
  const codes: number[][] = [];
  let style = before;
  for (const run of row) {
    codes.push(...styleCodes(style, run));
    style = run;
    for (const character of run.text) codes.push([...(encodeCharacter(character) ?? [0x20])]);
  }
  return codes;
}

/** SPA and SPC that lead from one run's look to the next one's. 708 has no bold. */
function styleCodes(from: CueRun, to: CueRun): number[][] {
  const [pen] = PEN_STYLES;
  if (pen === undefined) return [];
  const codes: number[][] = [];
  if (from.italics !== to.italics || from.underline !== to.underline) {
    const attributes = { ...pen.attributes, italics: to.italics, underline: to.underline };
    codes.push([...encodeCode({ kind: "setPenAttributes", attributes })]);
  }
  if (from.color !== to.color) {
    const fgColor = to.color === undefined ? pen.color.fgColor : color6(to.color);
    codes.push([...encodeCode({ kind: "setPenColor", color: { ...pen.color, fgColor } })]);
  }
  return codes;
}

/** `0xrrggbb` to the nearest of the 64 caption colours. */
function color6(rgb: number): number {
  const two = (component: number): number => Math.round((component & 0xff) / 85);
  return (two(rgb >> 16) << 4) | (two(rgb >> 8) << 2) | two(rgb);
}

/** A caption colour as `0xrrggbb`. */
export function rgbOf(color: number): number {
  const eight = (component: number): number => (component & 3) * 85;
  return (eight(color >> 4) << 16) | (eight(color >> 2) << 8) | eight(color);
}

interface StyledCharacter {
  readonly character: string;
  readonly run: CueRun;
}

/** Greedy, by words; only a word longer than a row is broken. */
function wrap(line: CueLine, columns: number): CueLine[] {
  const cells: StyledCharacter[] = line.flatMap((run) =>
    [...run.text].map((character) => ({ character, run })),
  );
  const isSpace = (at: number): boolean => cells[at]?.character === " ";
  const rows: CueLine[] = [];
  let start = 0;
  for (;;) {
    while (isSpace(start)) start++;
    if (start >= cells.length) return rows;
    let next = Math.min(start + columns, cells.length);
    if (next < cells.length && !isSpace(next)) {
      let space = next - 1;
      while (space > start && !isSpace(space)) space--;
      if (space > start) next = space;
    }
    let end = next;
    while (isSpace(end - 1)) end--;
    rows.push(toRuns(cells.slice(start, end)));
    start = next;
  }
}

function toRuns(characters: readonly StyledCharacter[]): CueLine {
  const runs: CueRun[] = [];
  let from: CueRun | undefined;
  for (const { character, run } of characters) {
    const last = runs[runs.length - 1];
    if (last !== undefined && from === run)
      runs[runs.length - 1] = { ...last, text: last.text + character };
    else runs.push({ ...run, text: character });
    from = run;
  }
  return runs;
}

/** Cells of a row. */
export function rowLength(row: CueLine): number {
  return [...lineText(row)].length;
}
