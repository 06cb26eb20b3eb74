import type { RowWriter } from "./row-writer.js";
import { COLUMNS, ROWS } from "./screen.js";

/** One of T1 to T4 (CTA-608-E annex D): a page that fills from the top and then scrolls. */
export class TextChannel {
  readonly cells: Uint32Array = new Uint32Array(ROWS * COLUMNS);
  readonly writer: RowWriter;
  readonly #rows: number;

  /** @param rows height of the page, 7 to 15. */
  constructor(writer: RowWriter, rows: number) {
    this.writer = writer;
    this.#rows = rows;
  }

  /** TR, and the start. */
  restart(): boolean {
    const changed = this.cells.some((cell) => cell !== 0);
    this.cells.fill(0);
    this.writer.reset(0);
    return changed;
  }

  /** CR: the next row; on the last the page scrolls. */
  carriageReturn(): boolean {
    if (this.writer.row < this.#rows - 1) {
      this.writer.reset(this.writer.row + 1);
      return false;
    }
    this.cells.copyWithin(0, COLUMNS, this.#rows * COLUMNS);
    this.cells.fill(0, (this.#rows - 1) * COLUMNS);
    this.writer.reset(this.#rows - 1);
    return true;
  }

  /** PAC: only the column and the pen, the row is ignored. */
  preamble(column: number, pen: number): void {
    this.writer.column = column;
    this.writer.pen = pen;
  }
}
