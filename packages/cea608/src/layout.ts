import { type CharacterCode, isExtended, mapText } from "./characters.js";
import type { Cea608Color, DataChannel } from "./codes.js";
import { encodePair } from "./pair.js";
import { inRange } from "./range.js";
import { COLUMNS, ROWS } from "./screen.js";

/** Text with one look. */
export interface Cea608TextRun {
  readonly text: string;
  /** Default white. */
  readonly color?: Exclude<Cea608Color, "black">;
  /** Default false. */
  readonly italics?: boolean;
  /** Default false. */
  readonly underline?: boolean;
  /** Default false. */
  readonly flash?: boolean;
}

/** One line of a caption: plain white text, or runs. */
export type Cea608Line = string | readonly Cea608TextRun[];

/** What is to be shown, and where. */
export interface Cea608Caption {
  /** Lines longer than 32 cells are wrapped. */
  readonly lines: readonly Cea608Line[];
  /** Row of the first line, 0 to 14; for roll-up the base row. Default: the last line stands in row 14. */
  readonly row?: number;
  /** Column of the first cell, 0 to 31. Default: as `align` says. */
  readonly column?: number;
  /** Default `center`. */
  readonly align?: "left" | "center" | "right";
}

/** One row as it is sent: the preamble, and codes of characters and attributes, one a cell. */
export interface LaidRow {
  readonly row: number;
  readonly preamble: readonly number[];
  /** Character codes, and words of mid-row codes and Flash On: see {@link attributeWord}. */
  readonly cells: readonly number[];
}

/** Lines of at most 32 cells. */
export interface WrappedCaption {
  readonly lines: readonly StyledLine[];
  /** Characters without a code, which became spaces. */
  readonly unmappable: readonly string[];
}

/** Characters with their looks, at least one. */
export type StyledLine = readonly StyledCode[];

/** How characters look. */
export interface Look {
  readonly color: Exclude<Cea608Color, "black">;
  readonly italics: boolean;
  readonly underline: boolean;
  readonly flash: boolean;
}

/** A character with its look. */
export interface StyledCode {
  readonly code: CharacterCode;
  readonly look: Look;
}

const PLAIN: Look = { color: "white", italics: false, underline: false, flash: false };
const ATTRIBUTE = 0x10000;
const SPACE = 0x20;

/** The lines of a caption, wrapped at 32 cells by words. Lines without a visible character vanish. */
export function wrapCaption(caption: Cea608Caption): WrappedCaption {
  const unmappable: string[] = [];
  const lines = caption.lines.flatMap((line) => wrap(styledCodes(line, unmappable)));
  return { lines, unmappable };
}

/**
 * Rows one below the other where the caption wants them, moved up where they would leave the screen. Mid-row codes
 * take the place of spaces where they can.
 * @throws {RangeError} when the row or the column is off the screen.
 */
export function placeLines(
  lines: readonly StyledLine[],
  caption: Cea608Caption,
  dataChannel: DataChannel,
): LaidRow[] {
  const lowest = ROWS - lines.length;
  const first = inRange("row", caption.row ?? Math.max(lowest, 0), 0, ROWS - 1);
  const top = Math.max(Math.min(first, lowest), 0);
  return lines.slice(0, ROWS).map((line, i) => layRow(line, top + i, caption, dataChannel));
}

/** The word of an attribute cell, `undefined` for a character's. */
export function attributeWord(cell: number): number | undefined {
  return cell >= ATTRIBUTE ? cell - ATTRIBUTE : undefined;
}

function styledCodes(line: Cea608Line, unmappable: string[]): StyledCode[] {
  const runs: readonly Cea608TextRun[] = typeof line === "string" ? [{ text: line }] : line;
  const styled: StyledCode[] = [];
  for (const run of runs) {
    const { color = "white", italics = false, underline = false, flash = false } = run;
    const look: Look = { color, italics, underline, flash };
    const mapped = mapText(run.text.replace(/[\r\n]+/g, " "));
    for (const character of mapped.unmappable) unmappable.push(character);
    for (const code of mapped.codes) styled.push({ code, look });
  }
  return styled;
}

/** Greedy by words; a word longer than a row is cut. Lines without a visible cell vanish. */
function wrap(styled: readonly StyledCode[]): StyledCode[][] {
  const rows: StyledCode[][] = [];
  let row: StyledCode[] = [];
  for (const word of wordsOf(styled)) {
    const longer = row.length === 0 ? trimStart(word) : row.concat(word);
    if (fits(longer)) {
      row = longer;
      continue;
    }
    if (row.length > 0) rows.push(row);
    const cells = trimStart(word);
    let at = 0;
    while (!fits(cells.slice(at, at + COLUMNS + 1))) {
      let cut = COLUMNS;
      while (!fits(cells.slice(at, at + cut))) cut--;
      rows.push(cells.slice(at, at + cut));
      at += cut;
    }
    row = cells.slice(at);
  }
  rows.push(row);
  return rows.map(trim).filter((cells) => cells.length > 0);
}

/** A word with the spaces before it. */
function wordsOf(styled: readonly StyledCode[]): StyledCode[][] {
  const words: StyledCode[][] = [];
  let word: StyledCode[] = [];
  let begun = false;
  for (const cell of styled) {
    const space = cell.code === SPACE;
    if (space && begun) {
      words.push(word);
      word = [];
    }
    begun = !space;
    word.push(cell);
  }
  words.push(word);
  return words;
}

function trimStart(row: readonly StyledCode[]): StyledCode[] {
  const first = row.findIndex(({ code }) => code !== SPACE);
  return first < 0 ? [] : row.slice(first);
}

function trim(row: readonly StyledCode[]): StyledCode[] {
  return trimStart(trimStart(row).reverse()).reverse();
}

/** Whether a row has place for its cells and for the attributes that its preamble cannot say. */
function fits(row: readonly StyledCode[]): boolean {
  const visible = trim(row);
  const [first] = visible;
  if (first === undefined) return true;
  const cells = cellsOf(visible, 1).length + edgeCells(first.look).length;
  return cells + edgeLoss(visible) <= COLUMNS;
}

/** What a preamble in column 0 cannot say of a look. */
function edgeCells(look: Look, dataChannel: DataChannel = 1): number[] {
  const italics = look.italics && look.color === "white";
  return changes({ ...look, italics, flash: false }, look, dataChannel);
}

function layRow(
  line: readonly StyledCode[],
  row: number,
  caption: Cea608Caption,
  dataChannel: DataChannel,
): LaidRow {
  const cells = cellsOf(line, dataChannel);
  const { look } = line[0] as StyledCode;
  const plain = look.color === "white" && !look.italics && !look.flash;
  const lead = plain ? [] : changes(PLAIN, look, dataChannel);
  const free = COLUMNS - cells.length - edgeLoss(line);
  const wanted = caption.column ?? alignedColumn(caption.align ?? "center", free);
  const column = Math.max(Math.min(inRange("column", wanted, 0, COLUMNS - 1), free), 0);
  const placed = placeLead(row, column, look, lead, dataChannel);
  return { row, preamble: placed.preamble, cells: [...placed.cells, ...cells] };
}

/** An extended character in the last column would overwrite the one before it (CTA-608-E 6.4.2). */
function edgeLoss(line: readonly StyledCode[]): 0 | 1 {
  const last = line[line.length - 1];
  return last !== undefined && isExtended(last.code) ? 1 : 0;
}

function alignedColumn(align: "left" | "center" | "right", free: number): number {
  if (align === "left") return 0;
  return align === "right" ? free : free >> 1;
}

/** How a row begins: by its PAC alone where that has the look, else with attributes in the cells before it. */
function placeLead(
  row: number,
  column: number,
  look: Look,
  lead: readonly number[],
  dataChannel: DataChannel,
): { preamble: number[]; column: number; cells: number[] } {
  const { underline } = look;
  if (lead.length === 0 || lead.length <= column) {
    const start = column - lead.length;
    const pac = encodePair({
      type: "pac",
      dataChannel,
      row,
      indent: start & ~3,
      color: "white",
      italics: false,
      underline: lead.length === 0 && underline,
    });
    const tab = (start & 3) as 0 | 1 | 2 | 3;
    const preamble =
      tab === 0 ? [pac] : [pac, encodePair({ type: "tab", dataChannel, columns: tab })];
    return { preamble, column: start, cells: [...lead] };
  }
  // At the left edge the PAC has the colour, or white italics; only what it cannot say takes a cell.
  const italics = look.italics && look.color === "white";
  const { color } = look;
  const pac = encodePair({
    type: "pac",
    dataChannel,
    row,
    indent: undefined,
    color,
    italics,
    underline,
  });
  return { preamble: [pac], column: 0, cells: edgeCells(look, dataChannel) };
}

/** Characters with an attribute cell wherever the look changes, in place of a space if there is one. */
function cellsOf(line: readonly StyledCode[], dataChannel: DataChannel): number[] {
  const cells: number[] = [];
  let look = line[0]?.look ?? PLAIN;
  line.forEach(({ code, look: own }, i) => {
    // A space may as well look like what comes after it.
    const target = code === SPACE ? (line[i + 1]?.look ?? own) : own;
    const change = changes(look, target, dataChannel);
    cells.push(...change);
    look = target;
    if (change.length === 0 || code !== SPACE) cells.push(code);
  });
  return cells;
}

/** The cells that lead from one look to another: mid-row codes, and Flash On. */
function changes(from: Look, to: Look, dataChannel: DataChannel): number[] {
  const same =
    from.color === to.color &&
    from.italics === to.italics &&
    from.underline === to.underline &&
    from.flash === to.flash;
  if (same) return [];
  const words: number[] = [];
  const { underline } = to;
  const midRow = (color: Look["color"] | undefined, italics: boolean): number =>
    encodePair({ type: "midRow", dataChannel, color, italics, underline });
  const onlyFlash =
    from.color === to.color && from.italics === to.italics && from.underline === to.underline;
  if (!onlyFlash || from.flash) {
    if (from.color !== to.color || !to.italics) words.push(midRow(to.color, false));
    if (to.italics) words.push(midRow(undefined, true));
  }
  if (to.flash) words.push(encodePair({ type: "misc", field: 1, dataChannel, command: "FON" }));
  return words.map((word) => word + ATTRIBUTE);
}
