import type { RowWriter } from "./row-writer.js";
import { COLUMNS, ROWS } from "./screen.js";

/** How a caption channel shows what it receives; `none` until it was told. */
export type Cea608Mode = "none" | "popOn" | "paintOn" | "rollUp";

const LAST_ROW = ROWS - 1;

/**
 * One of CC1 to CC4 (CTA-608-E annex C). Methods are the codes; those that can change what is shown return whether
 * they did.
 */
export class CaptionChannel {
  mode: Cea608Mode = "none";
  /** Rows of the roll-up window. */
  depth = 2;
  displayed: Uint32Array = new Uint32Array(ROWS * COLUMNS);
  nonDisplayed: Uint32Array = new Uint32Array(ROWS * COLUMNS);
  readonly writer: RowWriter;
  #baseRow: number = LAST_ROW;

  constructor(writer: RowWriter) {
    this.writer = writer;
    this.reset();
  }

  reset(): void {
    this.mode = "none";
    this.depth = 2;
    this.displayed.fill(0);
    this.nonDisplayed.fill(0);
    this.#baseRow = LAST_ROW;
    this.writer.reset(LAST_ROW);
  }

  /** The memory that characters go to, `undefined` while the mode is `none`. */
  target(): Uint32Array | undefined {
    if (this.mode === "none") return undefined;
    return this.mode === "popOn" ? this.nonDisplayed : this.displayed;
  }

  /** RU2, RU3, RU4. */
  rollUp(depth: number): boolean {
    if (this.mode !== "rollUp") {
      this.mode = "rollUp";
      this.depth = depth;
      this.#baseRow = LAST_ROW;
      this.writer.reset(LAST_ROW);
      this.nonDisplayed.fill(0);
      return this.eraseDisplayed();
    }
    const top = this.#top(this.depth);
    this.depth = depth;
    return this.#erase(top, this.#top(depth));
  }

  /** EOC: the memories change places. */
  endOfCaption(): boolean {
    this.mode = "popOn";
    const shown = this.displayed;
    this.displayed = this.nonDisplayed;
    this.nonDisplayed = shown;
    for (let i = 0; i < shown.length; i++) if (shown[i] !== this.displayed[i]) return true;
    return false;
  }

  /** EDM. */
  eraseDisplayed(): boolean {
    return this.#erase(0, ROWS);
  }

  /** CR: only roll-up scrolls. */
  carriageReturn(): boolean {
    if (this.mode !== "rollUp") return false;
    const top = this.#top(this.depth);
    const base = this.#baseRow;
    const changed = !this.#isBlank(top, base + 1);
    this.displayed.copyWithin(top * COLUMNS, (top + 1) * COLUMNS, (base + 1) * COLUMNS);
    this.displayed.fill(0, base * COLUMNS, (base + 1) * COLUMNS);
    this.writer.reset(base);
    return changed;
  }

  /** PAC. In roll-up it moves the window, which never reaches above the screen. */
  preamble(row: number, column: number, pen: number): boolean {
    if (this.mode === "none") return false;
    let changed = false;
    this.writer.row = row;
    if (this.mode === "rollUp") {
      const base = Math.max(row, this.depth - 1);
      if (base !== this.#baseRow) changed = this.#moveWindow(base);
      this.writer.row = base;
    }
    this.writer.column = column;
    this.writer.pen = pen;
    return changed;
  }

  #moveWindow(base: number): boolean {
    const top = this.#top(this.depth);
    const rows = this.#baseRow + 1 - top;
    const changed = !this.#isBlank(top, this.#baseRow + 1);
    const window = this.displayed.slice(top * COLUMNS, (this.#baseRow + 1) * COLUMNS);
    this.#erase(top, this.#baseRow + 1);
    this.displayed.set(window, (base + 1 - rows) * COLUMNS);
    this.#baseRow = base;
    return changed;
  }

  #top(depth: number): number {
    return Math.max(this.#baseRow + 1 - depth, 0);
  }

  /** Rows `from` up to but without `to`. */
  #erase(from: number, to: number): boolean {
    if (this.#isBlank(from, to)) return false;
    this.displayed.fill(0, from * COLUMNS, to * COLUMNS);
    return true;
  }

  #isBlank(from: number, to: number): boolean {
    for (let i = from * COLUMNS; i < to * COLUMNS; i++) if (this.displayed[i] !== 0) return false;
    return true;
  }
}
