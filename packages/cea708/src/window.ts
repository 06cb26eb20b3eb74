import type { WindowAttributes, WindowDefinition } from "./codes.js";
import { PEN_STYLES, type Pen, WINDOW_STYLES } from "./predefined-styles.js";

/** One written character cell. */
export interface Cell {
  /** Usually one character; `[CC]` for the caption icon. */
  readonly text: string;
  /** A transparent space: neither character nor background. */
  readonly transparent: boolean;
  readonly pen: Pen;
}

/** Where the pen stands, 0-based; one past the last cell after a row was filled. */
export interface PenLocation {
  readonly row: number;
  readonly column: number;
}

/** What a window is and holds, for readers and renderers. */
export interface CaptionWindow {
  /** 0 to 7. */
  readonly id: number;
  readonly visible: boolean;
  /** Rows, 1 to 16. */
  readonly rows: number;
  /** Columns, 1 to 64. */
  readonly columns: number;
  /** The last DefineWindow that took effect. `visible` there is not the present state. */
  readonly definition: WindowDefinition;
  readonly attributes: WindowAttributes;
  readonly pen: Pen;
  readonly penLocation: PenLocation;
  /** The service's count of changes when content, look or visibility last changed: never the same for two states. */
  readonly version: number;
  /** Rows gone since the window was defined: one with each carriage return that scrolls, all when it is cleared. */
  readonly scrolled: number;
  /** The cell, or `undefined` where nothing was written. */
  cell(row: number, column: number): Cell | undefined;
}

/** Changes of a service so far, all its windows together. */
export interface ChangeCount {
  count: number;
}

const LEFT_TO_RIGHT = 0;
const RIGHT_TO_LEFT = 1;
const TOP_TO_BOTTOM = 2;

/** One window of a service: cells, pen, and the commands that address it (CTA-708-E 8.4, 8.10.5). */
export class DecoderWindow implements CaptionWindow {
  readonly id: number;
  visible: boolean;
  rows = 1;
  columns = 1;
  definition: WindowDefinition;
  attributes: WindowAttributes;
  pen: Pen;
  version: number;
  scrolled = 0;
  readonly #changes: ChangeCount;
  #cells: (Cell | undefined)[] = [];
  #row = 0;
  #column = 0;
  #openRow = -1;

  constructor(id: number, definition: WindowDefinition, changes: ChangeCount) {
    this.#changes = changes;
    this.version = ++changes.count;
    this.id = id;
    this.definition = definition;
    this.visible = definition.visible;
    this.attributes = WINDOW_STYLES[definition.windowStyle] as WindowAttributes;
    this.pen = PEN_STYLES[definition.penStyle] as Pen;
    this.#resize(definition);
  }

  get penLocation(): PenLocation {
    return { row: this.#row, column: this.#column };
  }

  cell(row: number, column: number): Cell | undefined {
    if (row < 0 || column < 0 || row >= this.rows || column >= this.columns) return undefined;
    return this.#cells[row * this.columns + column];
  }

  /** A DefineWindow with other parameters than the last one: text stays, style 0 changes nothing. */
  redefine(definition: WindowDefinition): void {
    this.definition = definition;
    this.visible = definition.visible;
    if (definition.windowStyle !== 0) {
      this.attributes = WINDOW_STYLES[definition.windowStyle] as WindowAttributes;
    }
    if (definition.penStyle !== 0) this.pen = PEN_STYLES[definition.penStyle] as Pen;
    this.#resize(definition);
    this.#touch();
  }

  setVisible(visible: boolean): void {
    if (this.visible === visible) return;
    this.visible = visible;
    this.#touch();
  }

  setAttributes(attributes: WindowAttributes): void {
    this.attributes = attributes;
    this.#touch();
  }

  /** CLW and FF: every cell erased, pen home. */
  clear(): void {
    this.scrolled += this.rows;
    this.#cells.fill(undefined);
    this.#row = 0;
    this.#column = 0;
    this.#openRow = -1;
    this.#touch();
  }

  /** SPL. Returns false when the location was outside the window and had to be clamped. */
  setPenLocation(row: number, column: number): boolean {
    const moved = row !== this.#row;
    if (moved) this.layOut();
    this.#row = Math.min(row, this.rows - 1);
    // Justification decides about the column.
    if (!this.#justified()) this.#column = Math.min(column, this.columns - 1);
    else if (moved) this.#column = 0;
    return row < this.rows && column < this.columns;
  }

  /** A character at the pen. Behind the last cell of a row it is discarded. */
  write(text: string, transparent: boolean): void {
    if (this.#justified() && this.#openRow !== this.#row) {
      this.#eraseRow(this.#row);
      this.#column = 0;
      this.#openRow = this.#row;
    }
    if (!this.#inside()) return;
    this.#cells[this.#row * this.columns + this.#column] = { text, transparent, pen: this.pen };
    this.#step(1);
    this.#touch();
  }

  backspace(): void {
    const { row, column } = this.penLocation;
    this.#step(-1);
    if (!this.#inside()) {
      this.#row = row;
      this.#column = column;
      return;
    }
    this.#cells[this.#row * this.columns + this.#column] = undefined;
    this.#touch();
  }

  /** CR: to the start of the next row in scroll direction, scrolling at the edge. */
  carriageReturn(): void {
    this.layOut();
    const { printDirection, scrollDirection } = this.attributes;
    if (printDirection < TOP_TO_BOTTOM) {
      const down = scrollDirection !== TOP_TO_BOTTOM;
      const next = this.#row + (down ? 1 : -1);
      if (next >= 0 && next < this.rows) this.#row = next;
      else this.#scroll(down ? 1 : -1, 0);
    } else {
      const right = scrollDirection !== LEFT_TO_RIGHT;
      const next = this.#column + (right ? 1 : -1);
      if (next >= 0 && next < this.columns) this.#column = next;
      else this.#scroll(0, right ? 1 : -1);
    }
    this.#toRowStart();
  }

  /** HCR: the whole current row erased, pen to its start. */
  horizontalCarriageReturn(): void {
    this.#openRow = -1;
    if (this.attributes.printDirection < TOP_TO_BOTTOM) {
      this.#eraseRow(this.#row);
    } else {
      for (let row = 0; row < this.rows; row++) {
        this.#cells[row * this.columns + this.#column] = undefined;
      }
    }
    this.#toRowStart();
    this.#touch();
  }

  /** Centre or right-justify the row under way: the text segment is complete. */
  layOut(): void {
    const row = this.#openRow;
    if (row < 0) return;
    this.#openRow = -1;
    let length = 0;
    for (let column = 0; column < this.columns; column++) {
      if (this.cell(row, column) !== undefined) length = column + 1;
    }
    const room = this.columns - length;
    const { justify } = this.attributes;
    const shift = justify === 1 ? room : justify === 2 ? room >> 1 : 0;
    if (shift === 0) return;
    const start = row * this.columns;
    this.#cells.copyWithin(start + shift, start, start + length);
    this.#cells.fill(undefined, start, start + shift);
    this.#column += shift;
    this.#touch();
  }

  #touch(): void {
    this.version = ++this.#changes.count;
  }

  /** Full justification is shown as left: it needs a renderer that stretches words. */
  #justified(): boolean {
    const { justify, printDirection } = this.attributes;
    return printDirection === LEFT_TO_RIGHT && (justify === 1 || justify === 2);
  }

  #inside(): boolean {
    const row = this.#row;
    const column = this.#column;
    return row >= 0 && column >= 0 && row < this.rows && column < this.columns;
  }

  #step(count: number): void {
    switch (this.attributes.printDirection) {
      case LEFT_TO_RIGHT:
        this.#column += count;
        break;
      case RIGHT_TO_LEFT:
        this.#column -= count;
        break;
      case TOP_TO_BOTTOM:
        this.#row += count;
        break;
      default:
        this.#row -= count;
    }
    // One past either end at most, so that a backspace reaches the last cell.
    this.#row = Math.max(-1, Math.min(this.#row, this.rows));
    this.#column = Math.max(-1, Math.min(this.#column, this.columns));
  }

  #toRowStart(): void {
    const { printDirection } = this.attributes;
    if (printDirection < TOP_TO_BOTTOM) {
      this.#column = printDirection === LEFT_TO_RIGHT ? 0 : this.columns - 1;
    } else {
      this.#row = printDirection === TOP_TO_BOTTOM ? 0 : this.rows - 1;
    }
  }

  #scroll(rows: number, columns: number): void {
    const before = this.#cells;
    this.#cells = new Array(before.length).fill(undefined);
    for (let row = 0; row < this.rows; row++) {
      for (let column = 0; column < this.columns; column++) {
        const fromRow = row + rows;
        const fromColumn = column + columns;
        if (fromRow < 0 || fromRow >= this.rows) continue;
        if (fromColumn < 0 || fromColumn >= this.columns) continue;
        const from = fromRow * this.columns + fromColumn;
        this.#cells[row * this.columns + column] = before[from];
      }
    }
    this.scrolled++;
    this.#touch();
  }

  #eraseRow(row: number): void {
    this.#cells.fill(undefined, row * this.columns, (row + 1) * this.columns);
    this.#touch();
  }

  #resize(definition: WindowDefinition): void {
    const rows = definition.rowCount + 1;
    const columns = definition.columnCount + 1;
    const cells: (Cell | undefined)[] = new Array(rows * columns).fill(undefined);
    for (let row = 0; row < Math.min(rows, this.rows); row++) {
      for (let column = 0; column < Math.min(columns, this.columns); column++) {
        cells[row * columns + column] = this.#cells[row * this.columns + column];
      }
    }
    this.#cells = cells;
    // A pen behind the last cell stays there unless the row got shorter.
    if (rows < this.rows) this.#row = Math.min(this.#row, rows - 1);
    if (columns < this.columns) this.#column = Math.min(this.#column, columns - 1);
    this.rows = rows;
    this.columns = columns;
  }
}
