import { FormatError } from "@x/bits";
import type { Cea608ErrorCode, Cea608Issue } from "./issues.js";
import { pairHasParity, withPairParity } from "./parity.js";
import {
  formatTimecode,
  framesOfTimecode,
  isDroppedLabel,
  type SccTimebase,
  type SccTimecode,
  timecodeOfFrame,
} from "./timecode.js";

/** One line of an SCC file: pairs that are sent one a frame from a time code on. */
export interface SccLine {
  readonly timecode: SccTimecode;
  /** Frames from 00:00:00:00 to the time code. */
  readonly frame: number;
  /** One word a frame, parity as in the file or repaired. */
  readonly words: Uint16Array;
  /** Number of the line in the file, 1 the first; 0 for lines that did not come from a file. */
  readonly lineNumber: number;
}

/** A Scenarist Closed Captions file. */
export interface SccFile {
  readonly lines: readonly SccLine[];
  /** What deviates from the format and was mended or skipped. `offset` counts UTF-16 units of the text. */
  readonly issues: readonly Cea608Issue[];
}

/** How an SCC file is read. */
export interface SccOptions {
  /** What to do with a line that is not one of an SCC file. Default `throw`. */
  readonly onBadLine?: "throw" | "skip";
  /** Whether words with even parity are repaired; either way they are reported. Default true. */
  readonly fixParity?: boolean;
  /** How the frames of non-drop labels are counted. Default `ndf-29.97`. */
  readonly timebase?: SccTimebase;
  /** Most UTF-16 units of a line; default 1 048 576. */
  readonly maxLineLength?: number;
}

/** What {@link SccParser} finds. */
export type SccItem =
  | { readonly type: "line"; readonly line: SccLine }
  | { readonly type: "issue"; readonly issue: Cea608Issue };

/**
 * A whole SCC file. Byte order marks, any line ends, blank lines anywhere, a lower-case header, tabs between words and
 * trailing spaces are accepted. Labels that drop-frame leaves out are moved to frame 02, as GStreamer does.
 *
 * @throws {FormatError} `sccHeader`, `sccTimecode`, `sccWord` or `limit`, unless `onBadLine` is `skip`. `offset`
 * counts UTF-16 units of the text.
 */
export function parseScc(text: string, options: SccOptions = {}): SccFile {
  const lines: SccLine[] = [];
  const issues: Cea608Issue[] = [];
  const parser = new SccParser(options);
  for (const item of [...parser.push(text), ...parser.flush()]) {
    if (item.type === "line") {
      lines.push(item.line);
    } else {
      const { code, severity, offset, field, message } = item.issue;
      if (severity === "error" && options.onBadLine !== "skip") {
        throw new FormatError<Cea608ErrorCode>(code, message, { field, offset });
      }
      issues.push(item.issue);
    }
  }
  return { lines, issues };
}

/** Reads an SCC file in chunks of any size. Bad lines become issues and are skipped. */
export class SccParser {
  readonly #fixParity: boolean;
  readonly #timebase: SccTimebase;
  readonly #maxLineLength: number;
  #pieces: string[] = [];
  #pending = 0;
  #tooLong = false;
  /** The unit before was a CR, so that a LF belongs to it. */
  #afterReturn = false;
  #offset = 0;
  #lineNumber = 0;
  #headerSeen = false;
  #nextFrame = Number.NEGATIVE_INFINITY;

  /** `onBadLine` is always `skip` here. */
  constructor(options: SccOptions = {}) {
    this.#fixParity = options.fixParity ?? true;
    this.#timebase = options.timebase ?? "ndf-29.97";
    this.#maxLineLength = options.maxLineLength ?? 1 << 20;
  }

  /** The lines and issues that `chunk` completes, in order. */
  push(chunk: string): SccItem[] {
    const items: SccItem[] = [];
    let from = 0;
    for (let at = 0; at < chunk.length; at++) {
      const unit = chunk.charCodeAt(at);
      if (unit !== 10 && unit !== 13) continue;
      this.#hold(chunk.slice(from, at));
      this.#endLine(items, unit);
      from = at + 1;
    }
    this.#hold(chunk.slice(from));
    return items;
  }

  /** End of the file: a last line without its end. The parser is then as new. */
  flush(): SccItem[] {
    const items: SccItem[] = [];
    if (this.#pending > 0) this.#endLine(items, 10);
    this.reset();
    return items;
  }

  /** Forget everything. */
  reset(): void {
    this.#pieces = [];
    this.#pending = 0;
    this.#tooLong = false;
    this.#offset = 0;
    this.#lineNumber = 0;
    this.#afterReturn = false;
    this.#headerSeen = false;
    this.#nextFrame = Number.NEGATIVE_INFINITY;
  }

  #hold(piece: string): void {
    if (piece === "") return;
    this.#afterReturn = false;
    this.#pending += piece.length;
    if (this.#pending > this.#maxLineLength) {
      this.#tooLong = true;
      this.#pieces = [];
    }
    if (!this.#tooLong) this.#pieces.push(piece);
  }

  #endLine(items: SccItem[], unit: number): void {
    const offset = this.#offset;
    this.#offset += this.#pending + 1;
    if (unit === 10 && this.#afterReturn) {
      this.#afterReturn = false;
      return;
    }
    this.#afterReturn = unit === 13;
    this.#lineNumber++;
    if (this.#tooLong) {
      items.push(
        this.#issue("limit", "error", offset, `more than ${this.#maxLineLength} characters`),
      );
    } else {
      this.#line(this.#pieces.join(""), offset, items);
    }
    this.#pieces = [];
    this.#pending = 0;
    this.#tooLong = false;
  }

  #line(raw: string, offset: number, items: SccItem[]): void {
    const text = raw.trim(); // takes a byte order mark off, too
    if (text === "") return;
    if (/^scenarist_scc v1\.0$/i.test(text)) {
      if (this.#headerSeen)
        items.push(this.#issue("sccHeader", "warning", offset, "a second header"));
      this.#headerSeen = true;
      return;
    }
    if (!this.#headerSeen) {
      this.#headerSeen = true;
      items.push(
        this.#issue("sccHeader", "error", offset, "no Scenarist_SCC V1.0 before the captions"),
      );
    }
    const [label, ...digits] = text.split(/[ \t]+/) as [string, ...string[]];
    const timecode = this.#timecode(label, offset, items);
    if (timecode === undefined) return;
    const words = this.#words(digits, raw, offset, items);
    if (words === undefined) return;
    const frame = framesOfTimecode(timecode, this.#timebase);
    if (frame < this.#nextFrame) {
      const late = this.#nextFrame - frame;
      items.push(
        this.#issue("sccOverlap", "warning", offset, `${late} frames before the last line is over`),
      );
    }
    this.#nextFrame = Math.max(frame, this.#nextFrame) + words.length;
    items.push({ type: "line", line: { timecode, frame, words, lineNumber: this.#lineNumber } });
  }

  #timecode(label: string, offset: number, items: SccItem[]): SccTimecode | undefined {
    const match = /^(\d{2,}):(\d\d):(\d\d)([:.;,])(\d\d)$/.exec(label);
    const [hours, minutes, seconds, frames] = [1, 2, 3, 5].map((i) => Number(match?.[i]));
    const dropFrame = match?.[4] === ";" || match?.[4] === ",";
    const read = { hours, minutes, seconds, frames, dropFrame } as SccTimecode;
    const limit = this.#timebase === "ndf-24" ? 24 : this.#timebase === "ndf-25" ? 25 : 30;
    const framesLimit = dropFrame ? 30 : limit;
    if (
      match === null ||
      label.length > 15 ||
      read.minutes > 59 ||
      read.seconds > 59 ||
      read.frames >= framesLimit
    ) {
      items.push(
        this.#issue("sccTimecode", "error", offset, `no time code: ${label.slice(0, 40)}`),
      );
      return undefined;
    }
    if (!isDroppedLabel(read)) return read;
    items.push(
      this.#issue("sccTimecode", "warning", offset, `${label} does not exist, taken as 02`),
    );
    return { ...read, frames: 2 };
  }

  #words(
    digits: readonly string[],
    raw: string,
    offset: number,
    items: SccItem[],
  ): Uint16Array | undefined {
    const words = new Uint16Array(digits.length);
    if (digits.length === 0) {
      items.push(this.#issue("sccWord", "error", offset + raw.length, "a time code without words"));
      return undefined;
    }
    let repaired = 0;
    for (let i = 0; i < digits.length; i++) {
      const word = digits[i] as string;
      if (!/^[0-9a-f]{4}$/i.test(word)) {
        const at = offset + startOfPart(raw, i + 1);
        items.push(this.#issue("sccWord", "error", at, `no word: ${word.slice(0, 40)}`));
        return undefined;
      }
      const value = Number.parseInt(word, 16);
      // 0000 is written for padding by some and stays what it is.
      const good = value === 0 || pairHasParity(value);
      if (!good) repaired++;
      words[i] = good || !this.#fixParity ? value : withPairParity(value);
    }
    if (repaired > 0) {
      items.push(this.#issue("parity", "warning", offset, `${repaired} words with even parity`));
    }
    return words;
  }

  #issue(
    code: Cea608ErrorCode,
    severity: "error" | "warning",
    offset: number,
    message: string,
  ): SccItem {
    const field = `line ${this.#lineNumber}`;
    return { type: "issue", issue: { code, severity, offset, field, message } };
  }
}

/** Where the n-th part of a line begins, the time code being the 0th. */
function startOfPart(raw: string, n: number): number {
  const parts = raw.matchAll(/[^ \t\ufeff]+/g);
  for (let i = 0; i < n; i++) parts.next();
  return parts.next().value?.index ?? raw.length;
}

/** A pair with the frame it is sent in. */
export interface TimedPair {
  readonly frame: number;
  readonly word: number;
}

/**
 * The pairs of a file as they are sent: one a frame, never before the pair ahead of it, so that a line which begins
 * too early waits. Frames in between, where line 21 is idle, are left out.
 */
export function* sccPairs(file: { readonly lines: readonly SccLine[] }): Generator<TimedPair> {
  let next = 0;
  for (const line of file.lines) {
    next = Math.max(next, line.frame);
    for (const word of line.words) yield { frame: next++, word };
  }
}

/**
 * Lines for pairs in the order they are sent: a new line wherever line 21 is idle for a while. Padding is left out.
 *
 * @param dropFrame which labels the lines get; default false.
 */
export function sccLines(pairs: Iterable<TimedPair>, dropFrame: boolean = false): SccLine[] {
  const lines: SccLine[] = [];
  let words: number[] = [];
  let first = 0;
  const finish = (): void => {
    if (words.length === 0) return;
    const timecode = timecodeOfFrame(first, dropFrame);
    lines.push({ timecode, frame: first, words: Uint16Array.from(words), lineNumber: 0 });
    words = [];
  };
  for (const { frame, word } of pairs) {
    if ((word & 0x7f7f) === 0) continue;
    if (frame !== first + words.length) finish();
    if (words.length === 0) first = frame;
    words.push(word);
  }
  finish();
  return lines;
}

/** The text of a file: one line a caption, lower-case digits, CR LF, as Scenarist writes it. */
export function formatScc(file: {
  readonly lines: readonly Pick<SccLine, "timecode" | "words">[];
}): string {
  let text = "Scenarist_SCC V1.0\r\n\r\n";
  for (const { timecode, words } of file.lines) {
    const digits = Array.from(words, (word) => word.toString(16).padStart(4, "0"));
    text += `${formatTimecode(timecode)}\t${digits.join(" ")}\r\n\r\n`;
  }
  return text;
}

/** The lines with the whole hours of the first taken off: programmes often begin at 01:00:00:00. */
export function zeroBase(
  file: { readonly lines: readonly SccLine[] },
  timebase?: SccTimebase,
): SccLine[] {
  const base = file.lines[0]?.timecode.hours ?? 0;
  return file.lines.map((line) => {
    const timecode = { ...line.timecode, hours: Math.max(line.timecode.hours - base, 0) };
    return { ...line, timecode, frame: framesOfTimecode(timecode, timebase) };
  });
}
