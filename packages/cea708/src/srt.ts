import { type Cue, DEFAULT_PLACEMENT } from "./cue.js";
import { formatCueMarkup, keypadOfPlacement, parseMarkup } from "./cue-markup.js";
import { type CaptionIssue, IssueList } from "./issue.js";
import { decodeSubtitleText, LineSplitter, type SubtitleEncoding } from "./subtitle-text.js";

/** What a subtitle parser gives. Offsets of issues are line numbers, from 1. */
export interface ParsedSubtitles {
  readonly cues: readonly Cue[];
  readonly issues: readonly CaptionIssue[];
}

/** How subtitle files are read. */
export interface SubtitleOptions {
  /** Force an encoding of bytes. Default: byte order mark, else UTF-8 when valid, else windows-1252. */
  readonly encoding?: SubtitleEncoding;
  /** Most characters of text in one cue; what is over is dropped and reported. Default: 10,000. */
  readonly maxCueLength?: number;
}

const TIME = String.raw`(-?)(?:(\d{1,6})\s*:\s*)?(\d{1,2})\s*:\s*(\d{1,2})(?:\s*[,.:]\s*(\d{1,9}))?`;
const TIME_LINE = new RegExp(String.raw`^\s*${TIME}\s*-{1,3}\s?>\s*${TIME}(?:\s+(\S.*))?\s*$`);

/**
 * Reads SubRip, which has no standard, as leniently as players do: counters may be missing, repeated or words, blank
 * lines may stand inside a cue, times may lack hours or digits, and much more. Any text is accepted.
 */
export class SrtParser {
  readonly #issues = new IssueList();
  readonly #lines = new LineSplitter();
  readonly #maxCueLength: number;
  #lineNumber = 0;
  #first = true;
  #held: string[] = [];
  #heldLength = 0;
  #open: { startMs: number; endMs: number; id: string | undefined; line: number } | undefined;
  #counted = true;

  constructor(options: SubtitleOptions = {}) {
    this.#maxCueLength = options.maxCueLength ?? 10_000;
  }

  /** What was wrong so far; offsets are line numbers. */
  get issues(): readonly CaptionIssue[] {
    return this.#issues.list;
  }

  /** Feed text; returns the cues that it completed, in file order. */
  push(text: string): Cue[] {
    const cues: Cue[] = [];
    for (const line of this.#lines.push(text)) this.#line(line, cues);
    return cues;
  }

  /** The last cue. Then the parser is as new, but for its issues. */
  flush(): Cue[] {
    const cues: Cue[] = [];
    for (const line of this.#lines.flush()) this.#line(line, cues);
    this.#close(cues);
    this.#lineNumber = 0;
    this.#first = true;
    this.#counted = true;
    return cues;
  }

  /** Forget everything. */
  reset(): void {
    this.flush();
    this.#issues.clear();
  }

  #line(raw: string, cues: Cue[]): void {
    this.#lineNumber++;
    const line = this.#first && raw.startsWith("\ufeff") ? raw.slice(1) : raw;
    this.#first = false;
    const times = line.includes(">") ? TIME_LINE.exec(line) : null;
    if (times === null) {
      this.#heldLength += line.length + 1;
      if (this.#heldLength <= this.#maxCueLength) {
        this.#held.push(line.trimEnd());
      } else if (this.#heldLength - line.length - 1 <= this.#maxCueLength) {
        const message = `more than ${this.#maxCueLength} characters in one cue`;
        this.#issues.add("limit", "error", this.#lineNumber, "text", message);
      }
      return;
    }
    const id = this.#takeCounter();
    this.#close(cues);
    this.#counted = id !== undefined;
    const start = milliseconds(times, 1);
    const end = milliseconds(times, 6);
    this.#open = { ...this.#ordered(start, end), id, line: this.#lineNumber };
  }

  /** Take the lines off that are the coming cue's counter, not the last cue's text. */
  #takeCounter(): string | undefined {
    const held = this.#held;
    const last = held[held.length - 1];
    if (last === undefined || last === "") return undefined;
    let from = held.length - 1;
    while (from > 0 && held[from - 1] !== "") from--;
    const block = held.slice(from);
    const separated = from > 0 || this.#open === undefined;
    const numeric = block.every((line) => /^\s*\d+\s*$/.test(line));
    if (separated && numeric) {
      held.length = from;
      return last.trim();
    }
    // A lone word after a blank line is a counter too, in files that number their cues.
    if (separated && block.length === 1 && (this.#counted || this.#open === undefined)) {
      held.length = from;
      return last.trim();
    }
    // No blank line between the cues: only the very next number is a counter.
    if (this.#open?.id !== undefined && last.trim() === String(Number(this.#open.id) + 1)) {
      held.length--;
      return last.trim();
    }
    return undefined;
  }

  #ordered(start: number, end: number): { startMs: number; endMs: number } {
    const report = (message: string): void => {
      this.#issues.add("time", "warning", this.#lineNumber, "time", message);
    };
    let startMs = start;
    let endMs = end;
    if (startMs > endMs) {
      report("the end is before the start: swapped");
      [startMs, endMs] = [endMs, startMs];
    }
    if (startMs < 0) {
      report("a negative time: cut off at zero");
      startMs = 0;
      endMs = Math.max(0, endMs);
    }
    if (startMs === endMs) report("a cue of no duration");
    return { startMs, endMs };
  }

  #close(cues: Cue[]): void {
    const open = this.#open;
    const held = this.#held;
    this.#open = undefined;
    this.#held = [];
    this.#heldLength = 0;
    while (held.length > 0 && held[held.length - 1] === "") held.pop();
    while (held.length > 0 && held[0] === "") held.shift();
    if (open === undefined) {
      if (held.length > 0) {
        const message = "text before the first time line";
        this.#issues.add("syntax", "warning", this.#lineNumber, "text", message);
      }
      return;
    }
    const { lines, placement, unknownTags } = parseMarkup(held.join("\n"), "srt");
    for (const tag of unknownTags) {
      this.#issues.add("markup", "warning", open.line, "text", `unknown tag ${tag} left out`);
    }
    if (held.length === 0) {
      this.#issues.add("syntax", "warning", open.line, "text", "a cue without text");
    }
    cues.push({
      startMs: open.startMs,
      endMs: open.endMs,
      lines,
      placement: placement ?? DEFAULT_PLACEMENT,
      id: open.id,
    });
  }
}

/** Read a whole SubRip file. Cues are sorted by start; cues without text are kept. Any input is accepted. */
export function parseSrt(
  input: string | Uint8Array,
  options: SubtitleOptions = {},
): ParsedSubtitles {
  const text = typeof input === "string" ? input : decodeSubtitleText(input, options.encoding);
  const parser = new SrtParser(options);
  const cues = [...parser.push(text), ...parser.flush()];
  return { cues: sortedByStart(cues), issues: parser.issues };
}

/** A SubRip file: counters from 1, LF line ends. Times are rounded to milliseconds. */
export function formatSrt(cues: readonly Cue[]): string {
  return cues.map((cue, index) => formatSrtCue(cue, index + 1)).join("\n");
}

/** One cue of a SubRip file, with its final line end. Blank rows are left out: they would end the cue. */
export function formatSrtCue(cue: Cue, counter: number): string {
  const { placement } = cue;
  const an = keypadOfPlacement(placement);
  const tag = an === 2 ? "" : `{\\an${an}}`;
  const rows = formatCueMarkup(cue, "srt")
    .split("\n")
    .filter((row) => row.trim() !== "");
  const times = `${formatTime(cue.startMs, ",")} --> ${formatTime(cue.endMs, ",")}`;
  return `${counter}\n${times}\n${tag}${rows.join("\n")}\n`;
}

/** `HH:MM:SS` with milliseconds behind `separator`; rounds, and counts hours beyond 99. */
export function formatTime(ms: number, separator: "," | "."): string {
  const total = Math.max(0, Math.round(ms));
  const two = (value: number): string => String(value).padStart(2, "0");
  const hours = Math.floor(total / 3_600_000);
  const minutes = Math.floor(total / 60_000) % 60;
  const seconds = Math.floor(total / 1000) % 60;
  const fraction = String(total % 1000).padStart(3, "0");
  return `${two(hours)}:${two(minutes)}:${two(seconds)}${separator}${fraction}`;
}

/** Cues by start, those of equal start in file order. */
export function sortedByStart(cues: readonly Cue[]): Cue[] {
  return [...cues].sort((a, b) => a.startMs - b.startMs);
}

function milliseconds(match: RegExpExecArray, group: number): number {
  const [sign, hours = "0", minutes, seconds, fraction = ""] = match.slice(group, group + 5);
  const whole = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds);
  const ms = whole * 1000 + Number(fraction.padEnd(3, "0").slice(0, 3));
  return sign === "-" ? -ms : ms;
}
