import { characterCode, codeIn, isExtended } from "./characters.js";
import { pacPair } from "./pair.js";
import { withPairParity } from "./parity.js";
import { inRange } from "./range.js";
import type { TimedPair } from "./scc.js";
import type { FrameRate } from "./slots.js";

/** The properties of GStreamer's tttocea608. */
export interface GstTextTo608Options {
  readonly frameRate: FrameRate;
  /** Default `roll-up`. */
  readonly mode?: "pop-on" | "paint-on" | "roll-up";
  /** Rows of roll-up, 2 to 4. Default 2. */
  readonly rows?: 2 | 3 | 4;
  /** First row, 0 to 14. Default: as low as the text allows. */
  readonly originRow?: number;
  /** First column, 0 to 31. Default 0. */
  readonly originColumn?: number;
  /** Milliseconds after which roll-up and paint-on text is erased. Default: never. */
  readonly rollUpTimeoutMs?: number;
}

/** A plain text for a time, in milliseconds. Line feeds separate rows. */
export interface GstTextCue {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const MAX_COLUMN = 31;
const PADDING = 0x8080;

/**
 * Text to CEA-608 as the element tttocea608 of gst-plugins-rs does it, byte for byte, its lateness and losses
 * included, for pipelines that have to compare. `Cea608Scheduler` is the one that shows captions on time.
 *
 * Several pairs may carry the same frame number: text that does not fit its cue is stamped with the cue's last frame.
 */
export class GstTextTo608 {
  readonly #frameRate: FrameRate;
  readonly #mode: "pop-on" | "paint-on" | "roll-up";
  readonly #rows: number;
  readonly #originRow: number | undefined;
  readonly #originColumn: number;
  readonly #timeout: number | undefined;
  readonly #resume: number;
  #pairs: TimedPair[] = [];
  #last = 0;
  #limit = 0;
  #half = 0;
  #column: number;
  #preamblePending = true;
  #eraseFrame: number | undefined;

  constructor(options: GstTextTo608Options) {
    this.#frameRate = options.frameRate;
    this.#mode = options.mode ?? "roll-up";
    this.#rows = inRange("rows", options.rows ?? 2, 2, 4);
    this.#originRow = options.originRow;
    this.#originColumn = inRange("originColumn", options.originColumn ?? 0, 0, MAX_COLUMN);
    this.#column = this.#originColumn;
    const timeout = options.rollUpTimeoutMs;
    this.#timeout = timeout === undefined ? undefined : this.#frameOf(timeout);
    this.#resume =
      this.#mode === "pop-on" ? RCL : this.#mode === "paint-on" ? RDC : RU2 + this.#rows - 2;
  }

  /** A cue; they come in order. Returns the pairs up to its end. */
  push(cue: GstTextCue): TimedPair[] {
    const begun = this.#begin(cue);
    let { column } = begun;
    const rows = cue.text.split("\n");
    if (this.#mode === "pop-on") {
      this.#control(RCL);
      this.#control(ENM);
    } else if (this.#mode === "paint-on") {
      this.#control(RDC);
    }
    let row = this.#originRow ?? (this.#mode === "roll-up" ? 14 : Math.max(15 - rows.length, 0));
    for (const text of rows) {
      if (row > 14) break;
      column = this.#row(text, row, column);
      if (this.#mode !== "roll-up") row++;
    }
    this.#completeHalf();
    if (this.#mode === "pop-on") {
      this.#eraseFrame = undefined;
      this.#control(EOC);
    }
    this.#column = column;
    return this.#end(begun.start, begun.end);
  }

  /** A time without text, as a GAP event. Returns the pairs up to its end. */
  gap(start: number, end: number): TimedPair[] {
    const begun = this.#begin({ start, end });
    this.#column = begun.column;
    return this.#end(begun.start, begun.end);
  }

  /** End of stream: the erasure that is still due. */
  flush(): TimedPair[] {
    const erase = this.#eraseFrame;
    if (erase === undefined) return [];
    this.#limit = erase;
    return this.#end(this.#last, Math.max(erase, this.#last));
  }

  /** Pads to the start. The column is the one before: an erasure on the way is forgotten, as the element does. */
  #begin(cue: { readonly start: number; readonly end: number }): {
    start: number;
    end: number;
    column: number;
  } {
    const column = this.#column;
    const wanted = this.#frameOf(cue.start);
    if (this.#last === 0) this.#last = wanted;
    const start = Math.max(wanted, this.#last);
    this.#limit = this.#frameOf(cue.end);
    const end = Math.max(this.#limit, start);
    this.#padTo(start);
    return { start, end, column };
  }

  #end(start: number, end: number): TimedPair[] {
    if (this.#mode === "pop-on") this.#eraseFrame = this.#last + (end - start);
    else if (this.#timeout !== undefined) this.#eraseFrame = this.#last + this.#timeout;
    this.#padTo(end);
    const pairs = this.#pairs;
    this.#pairs = [];
    return pairs;
  }

  /** One row of text, in roll-up from `from` on; returns the column after it. */
  #row(text: string, row: number, from: number): number {
    this.#completeHalf();
    let column = this.#mode === "roll-up" ? from : this.#originColumn;
    let characters = [...text];
    if (this.#mode !== "roll-up") {
      this.#preamble(row, column);
    } else if (this.#preamblePending) {
      this.#control(this.#resume);
      this.#preamble(row, column);
    } else if (column !== this.#originColumn && !/^[.,?!;:]$/.test(text)) {
      characters = [" ", ...characters];
    }
    for (let i = 0; i < characters.length; i++) {
      const character = characters[i] as string;
      if (character === "\r") continue;
      this.#character(character);
      column++;
      if (this.#mode === "roll-up") {
        const word = isSpace(character) ? wordLength(characters, i + 1) : 0;
        const fits = word > MAX_COLUMN + 1 - this.#originColumn || column + word <= MAX_COLUMN;
        if (column <= MAX_COLUMN && fits) continue;
        this.#completeHalf();
        this.#control(CR);
        this.#control(this.#resume);
        column = this.#originColumn;
        this.#preamble(row, column);
      } else if (column > MAX_COLUMN) {
        break;
      }
    }
    return column;
  }

  #preamble(row: number, column: number): void {
    this.#pair(pacPair(1, row, column & ~3));
    if (this.#mode === "paint-on") this.#control(DER);
    const columns = column & 3;
    if (columns !== 0) this.#pair(withPairParity(0x1720 | columns));
    this.#preamblePending = false;
  }

  #character(character: string): void {
    const code = gstCode(character);
    if (code < 0x80) {
      this.#basic(code);
      return;
    }
    if (isExtended(code)) this.#basic(0x20);
    this.#completeHalf();
    this.#pair(withPairParity(code));
    // Against the repetition filter, even where nothing is repeated.
    this.#control(this.#resume);
  }

  #basic(code: number): void {
    if (this.#half === 0) {
      this.#half = code;
    } else {
      this.#pair(withPairParity((this.#half << 8) | code));
      this.#half = 0;
    }
  }

  #completeHalf(): void {
    if (this.#half !== 0) this.#pair(withPairParity(this.#half << 8));
    this.#half = 0;
  }

  #control(code: number): void {
    this.#pair(withPairParity(code));
  }

  #pair(word: number): void {
    this.#erase();
    this.#write(word);
  }

  #padTo(frame: number): void {
    while (this.#last < frame) if (!this.#erase()) this.#write(PADDING);
  }

  /** The erasure of the text before, if this is its frame. */
  #erase(): boolean {
    if (this.#eraseFrame === undefined || this.#last !== this.#eraseFrame - 1) return false;
    this.#eraseFrame = undefined;
    this.#column = 0;
    this.#preamblePending = true;
    this.#write(withPairParity(EDM));
    return true;
  }

  #write(word: number): void {
    this.#pairs.push({ frame: Math.min(this.#last, this.#limit), word });
    this.#last++;
  }

  /** The element's own rounding: to the nanosecond, then down to the frame. */
  #frameOf(ms: number): number {
    const { numerator, denominator } = this.#frameRate;
    const [n, d] = [BigInt(numerator), BigInt(denominator)];
    const nanoseconds = BigInt(Math.round(ms * 1e6));
    return Number((nanoseconds * n + d / 2n) / d / 1_000_000_000n);
  }
}

// On data channel 1 and field 1, as the element always has it.
const RCL = 0x1420;
const DER = 0x1424;
const RU2 = 0x1425;
const RDC = 0x1429;
const EDM = 0x142c;
const CR = 0x142d;
const ENM = 0x142e;
const EOC = 0x142f;

/** cea608-types 0.1.4, to which the element's releases are locked, differs in some characters; unknown ones are spaces. */
function gstCode(character: string): number {
  if (character === "'") return codeIn("extended", character) as number;
  if (character === "\u24b8") return 0x122b;
  if (character !== "\u00a6" && GST_UNKNOWN.includes(character)) return 0x20;
  return characterCode(character) ?? 0x20;
}

const GST_UNKNOWN = "©\u2502\u2503\u2500\u2501\u2013\u2015\u266b";

function isSpace(character: string | undefined): boolean {
  return character !== undefined && /^[\t\n\f\r ]$/.test(character);
}

function wordLength(characters: readonly string[], from: number): number {
  let length = 0;
  while (from + length < characters.length && !isSpace(characters[from + length])) length++;
  return length;
}
