// Cues and captions of line 21: what @x/cea608 and @x/cea708 call the same thing.
import type { Cea608Caption, Cea608Cue, Cea608Row, Cea608Run, Cea608TextRun } from "@x/cea608";
import { type Cue, type CuePlacement, type CueRun, DEFAULT_PLACEMENT } from "@x/cea708";

/** 0xrrggbb of the colours that line 21 has. */
const COLORS = {
  white: 0xffffff,
  green: 0x00ff00,
  blue: 0x0000ff,
  cyan: 0x00ffff,
  red: 0xff0000,
  yellow: 0xffff00,
  magenta: 0xff00ff,
} as const;

const ROWS = 15;
const COLUMNS = 32;
/** The screen's edge in percent of the picture: it covers the safe area. */
const EDGE = 10;
const ROW_PERCENT = 80 / ROWS;
const COLUMN_PERCENT = 80 / COLUMNS;

/** A cue out of line 21 as a cue of text, with its place and its styles. */
export function cueOfLine21({ start, end, rows }: Cea608Cue): Cue {
  return {
    startMs: start,
    endMs: end,
    lines: rows.map(({ runs }) => trimmed(runs.map(cueRun))),
    placement: placementOf(rows),
    id: undefined,
  };
}

/** A cue of text as line 21 can show it. */
export function line21Caption({ lines, placement }: Cue): Cea608Caption {
  const { vertical, align, line, position } = placement;
  const row = rowOf(vertical, line, lines.length);
  const left = align === "left" && position !== undefined;
  return {
    lines: lines.map((runs) => runs.map(line21Run)),
    align,
    ...(row === undefined ? {} : { row }),
    ...(left ? { column: within((position - EDGE) / COLUMN_PERCENT, COLUMNS) } : {}),
  };
}

/** Captions at the lower or upper edge have no exact place, nor centred ones a column. */
function placementOf(rows: readonly Cea608Row[]): CuePlacement {
  const first = rows[0]?.row ?? ROWS - 1;
  const last = rows[rows.length - 1]?.row ?? first;
  const vertical = first + last < ROWS - 1 ? "top" : "bottom";
  const atEdge = vertical === "top" ? first === 0 : last === ROWS - 1;
  const edge = vertical === "top" ? first : last + 1;
  const line = atEdge ? undefined : EDGE + edge * ROW_PERCENT;
  const spans = rows.map(({ runs }) => spanOf(runs));
  // Odd rooms leave a cell, and a change of style another.
  if (spans.every(({ from, to }) => Math.abs(from + to - COLUMNS) <= 2)) {
    return { ...DEFAULT_PLACEMENT, vertical, line };
  }
  const column = Math.min(...spans.map(({ from }) => from));
  return { vertical, align: "left", line, position: EDGE + column * COLUMN_PERCENT };
}

/** Columns from the first letter of a row to behind the last; cells that were never written are within. */
function spanOf(runs: readonly Cea608Run[]): { readonly from: number; readonly to: number } {
  const written = runs.filter(({ text }) => text.trim() !== "");
  const [first] = written;
  const last = written[written.length - 1];
  if (first === undefined || last === undefined) return { from: 0, to: COLUMNS };
  const lead = first.text.length - first.text.trimStart().length;
  return { from: first.column + lead, to: last.column + last.text.trimEnd().length };
}

function rowOf(
  vertical: CuePlacement["vertical"],
  line: number | undefined,
  lines: number,
): number | undefined {
  if (line === undefined) return vertical === "top" ? 0 : undefined;
  const edge = (line - EDGE) / ROW_PERCENT;
  const above = { top: 0, middle: lines / 2, bottom: lines }[vertical];
  return within(edge - above, ROWS);
}

function within(place: number, count: number): number {
  return Math.max(0, Math.min(count - 1, Math.round(place)));
}

/** A mid-row code takes a cell of the row: before the first letter and behind the last it is no part of the text. */
function trimmed(runs: readonly CueRun[]): CueRun[] {
  return runs
    .map((run, index) => {
      const text = index === 0 ? run.text.trimStart() : run.text;
      return { ...run, text: index === runs.length - 1 ? text.trimEnd() : text };
    })
    .filter(({ text }) => text !== "");
}

function cueRun({ text, style }: Cea608Run): CueRun {
  const { italics, underline } = style;
  const color = style.color === "black" ? 0 : COLORS[style.color];
  return {
    text,
    bold: false,
    italics,
    underline,
    color: color === COLORS.white ? undefined : color,
  };
}

function line21Run({ text, italics, underline, color }: CueRun): Cea608TextRun {
  return { text, italics, underline, color: nearestColor(color) };
}

function nearestColor(color = COLORS.white as number): keyof typeof COLORS {
  const distance = (other: number): number =>
    [16, 8, 0].reduce(
      (sum, shift) => sum + (((color >> shift) & 255) - ((other >> shift) & 255)) ** 2,
      0,
    );
  const names = Object.keys(COLORS) as (keyof typeof COLORS)[];
  return names.reduce((best, name) =>
    distance(COLORS[name]) < distance(COLORS[best]) ? name : best,
  );
}
