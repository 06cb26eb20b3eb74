import { COLUMNS, DEFAULT_PEN, FLASH, PEN_MASK, TRANSPARENT_CELL } from "./screen.js";

/** What captions and text have in common: a cursor, a pen, and writing at it into some memory. */
export class RowWriter {
  row = 0;
  column = 0;
  pen: number = DEFAULT_PEN;
  readonly #clearEdge: boolean;

  /** @param clearEdge whether a backspace from the last column erases that column too. */
  constructor(clearEdge: boolean) {
    this.#clearEdge = clearEdge;
  }

  reset(row: number): void {
    this.row = row;
    this.column = 0;
    this.pen = DEFAULT_PEN;
  }

  /** Write one character; the cursor stays in the last column once it is there (CTA-608-E C.13). */
  write(cells: Uint32Array, char: number): void {
    this.#inherit(cells);
    this.#put(cells, char);
  }

  writeTransparentSpace(cells: Uint32Array): void {
    this.#inherit(cells);
    this.#put(cells, 0xa0 | TRANSPARENT_CELL);
  }

  /** Step back over the fallback and write (CTA-608-E 6.4.2). */
  writeExtended(cells: Uint32Array, char: number): void {
    if (this.column > 0) this.column--;
    this.write(cells, char);
  }

  /** A mid-row code stands in a cell of its own, which already has the new attributes. */
  writeMidRow(
    cells: Uint32Array,
    change: (pen: number, second: number) => number,
    second: number,
  ): void {
    this.#inherit(cells);
    this.pen = change(this.pen, second);
    this.#put(cells, 0x20);
  }

  /** Flash On stands in a cell of its own, too. */
  writeFlashOn(cells: Uint32Array): void {
    this.#inherit(cells);
    this.pen |= FLASH;
    this.#put(cells, 0x20);
  }

  /** Background codes replace the space that was sent before them. */
  replaceSpace(cells: Uint32Array, change: (pen: number) => number): void {
    if (this.column > 0) this.column--;
    this.#inherit(cells);
    this.pen = change(this.pen);
    this.#put(cells, 0x20);
  }

  /** BS. Returns false in column 0, where it does nothing. */
  backspace(cells: Uint32Array): boolean {
    if (this.column === 0) return false;
    const at = this.row * COLUMNS + this.column;
    if (this.column === COLUMNS - 1 && this.#clearEdge) cells[at] = 0;
    this.column--;
    cells[at - 1] = 0;
    return true;
  }

  /** DER: the rest of the row. */
  deleteToEnd(cells: Uint32Array): void {
    cells.fill(0, this.row * COLUMNS + this.column, (this.row + 1) * COLUMNS);
  }

  /** Tab offsets skip cells without touching them. */
  tab(columns: number): void {
    this.column = Math.min(this.column + columns, COLUMNS - 1);
  }

  #put(cells: Uint32Array, char: number): void {
    cells[this.row * COLUMNS + this.column] = this.pen | char;
    if (this.column < COLUMNS - 1) this.column++;
  }

  /** To the right of a written cell its attributes go on, even after a PAC (CTA-608-E annex C). */
  #inherit(cells: Uint32Array): void {
    if (this.column === 0) return;
    const left = cells[this.row * COLUMNS + this.column - 1] as number;
    if (left !== 0) this.pen = left & PEN_MASK;
  }
}
