import { fallbackCode, isExtended } from "./characters.js";
import type { Cea608Field, DataChannel } from "./codes.js";
import {
  attributeWord,
  type Cea608Caption,
  type LaidRow,
  placeLines,
  type StyledLine,
  wrapCaption,
} from "./layout.js";
import { moveToField, pacPair } from "./pair.js";
import { withPairParity } from "./parity.js";
import { inRange } from "./range.js";
import { ROWS } from "./screen.js";

/** Which service, and how safely. */
export interface Cea608EncoderOptions {
  /** Default 1. */
  readonly field?: Cea608Field;
  /** Default 1. */
  readonly dataChannel?: DataChannel;
  /**
   * Whether each control pair is sent twice: on field 1 only, where CTA-608-E wants it, on both fields or on none.
   * Default `field1`.
   */
  readonly redundantControls?: "field1" | "always" | "never";
}

/**
 * The words that load a caption and show it: RCL, ENM, each row with its preamble, EOC.
 * The caption appears with the first EOC, which is the last word but one when control pairs are doubled.
 *
 * @throws {RangeError} when a row or a column is off the screen.
 */
export function encodePopOn(caption: Cea608Caption, options: Cea608EncoderOptions = {}): number[] {
  const { lines } = wrapCaption(caption);
  const rows = placeLines(lines, caption, options.dataChannel ?? 1);
  return finish(popOnWords(rows), 0x1420, options);
}

/** The words that write a caption on the screen as it comes: RDC, each row with its preamble. Nothing is erased. */
export function encodePaintOn(
  caption: Cea608Caption,
  options: Cea608EncoderOptions = {},
): number[] {
  const { lines } = wrapCaption(caption);
  const rows = placeLines(lines, caption, options.dataChannel ?? 1);
  return finish(paintOnWords(rows, false), 0x1429, options);
}

/**
 * The words that scroll each line of a caption in at the base row: RUx once, then CR, preamble, text.
 * @param rows height of the window, 2 to 4.
 */
export function encodeRollUp(
  caption: Cea608Caption,
  rows: number,
  options: Cea608EncoderOptions = {},
): number[] {
  const { lines } = wrapCaption(caption);
  const laid = placeRollUp(lines, caption, options.dataChannel ?? 1);
  return finish(rollUpWords(laid, rows), 0x1423 + rows, options);
}

/**
 * The words that write lines on the page of a text service: TR, or RTD to go on where it stopped, then each line and a
 * carriage return. Lines begin in the first column unless the caption says otherwise; the row is of no account.
 */
export function encodeText(
  caption: Cea608Caption,
  options: Cea608EncoderOptions & {
    /** Go on with the page instead of clearing it. Default false. */
    readonly resume?: boolean;
  } = {},
): number[] {
  const { lines } = wrapCaption(caption);
  const { dataChannel = 1, resume = false } = options;
  const words = [resume ? 0x142b : 0x142a];
  for (const row of placeRollUp(lines, { align: "left", ...caption, row: ROWS - 1 }, dataChannel)) {
    // After a carriage return the first column is white and plain without being told.
    const [first, tab] = row.preamble;
    const plain = first === pacPair(dataChannel, ROWS - 1, 0) && tab === undefined;
    if (!plain) words.push(...row.preamble);
    words.push(...cellWords(row), 0x142d);
  }
  return finish(words, 0x142b, options);
}

/** The words that erase what is shown: EDM. */
export function encodeErase(options: Cea608EncoderOptions = {}): number[] {
  return finish([0x142c], 0x142c, options);
}

/** Words that load a pop-on caption, still for {@link addressed} to give them field, channel and parity. */
export function popOnWords(rows: readonly LaidRow[]): number[] {
  const words = [0x1420, 0x142e];
  for (const row of rows) words.push(...row.preamble, ...cellWords(row));
  words.push(0x142f);
  return words;
}

/** Paint-on words; `erase` puts an EDM behind the first preamble, where it clears the screen for the text. */
export function paintOnWords(rows: readonly LaidRow[], erase: boolean): number[] {
  const words = [0x1429];
  rows.forEach((row, i) => {
    words.push(...row.preamble);
    if (i === 0 && erase) words.push(0x142c);
    words.push(...cellWords(row));
  });
  return words;
}

/** Roll-up words. The second is the carriage return that shows the first line. */
export function rollUpWords(laid: readonly LaidRow[], rows: number): number[] {
  const words = [0x1423 + inRange("rows", rows, 2, 4)];
  for (const row of laid) words.push(0x142d, ...row.preamble, ...cellWords(row));
  return words;
}

/** Every line at the same base row. */
export function placeRollUp(
  lines: readonly StyledLine[],
  caption: Cea608Caption,
  dataChannel: DataChannel,
): LaidRow[] {
  const base = { ...caption, row: caption.row ?? ROWS - 1 };
  return lines.flatMap((line) => placeLines([line], base, dataChannel));
}

/** Pairs of characters, each special or extended character and each attribute in a pair of its own. */
function cellWords(row: LaidRow): number[] {
  const words: number[] = [];
  let half = 0;
  const basic = (code: number): void => {
    if (half === 0) {
      half = code;
    } else {
      words.push((half << 8) | code);
      half = 0;
    }
  };
  const pair = (word: number): void => {
    if (half !== 0) words.push(half << 8);
    half = 0;
    words.push(word);
  };
  for (const cell of row.cells) {
    const attribute = attributeWord(cell);
    if (attribute !== undefined) {
      pair(attribute);
    } else if (cell < 0x80) {
      basic(cell);
    } else {
      if (isExtended(cell)) basic(fallbackCode(cell));
      pair(cell);
    }
  }
  if (half !== 0) words.push(half << 8);
  return words;
}

/** True for control pairs, which may be sent twice, and of which a receiver executes an immediate repetition once. */
export function isControlWord(word: number): boolean {
  return (word & 0x7000) === 0x1000;
}

/**
 * Words for a field and a data channel with parity. Equal control pairs in succession are kept apart by `resume`, a
 * code that changes nothing: receivers would take the second for a repetition, and some even the third.
 */
export function addressed(
  words: readonly number[],
  resume: number,
  field: Cea608Field,
  dataChannel: DataChannel,
): number[] {
  const address = (word: number): number => {
    const channel = isControlWord(word) && dataChannel === 2 ? 0x0800 : 0;
    return withPairParity(moveToField(word | channel, field));
  };
  const result: number[] = [];
  for (const word of words) {
    const sent = address(word);
    if (isControlWord(word) && sent === result[result.length - 1]) result.push(address(resume));
    result.push(sent);
  }
  return result;
}

/** Whether control pairs of a field are doubled. */
export function doublesControls(options: Cea608EncoderOptions): boolean {
  const { redundantControls = "field1", field = 1 } = options;
  return redundantControls === "always" || (redundantControls === "field1" && field === 1);
}

function finish(words: readonly number[], resume: number, options: Cea608EncoderOptions): number[] {
  const { field = 1, dataChannel = 1 } = options;
  const sent = addressed(words, resume, field, dataChannel);
  if (!doublesControls(options)) return sent;
  return sent.flatMap((word) => (isControlWord(word) ? [word, word] : [word]));
}
