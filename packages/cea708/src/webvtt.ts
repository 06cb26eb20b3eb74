import { type Cue, type CuePlacement, DEFAULT_PLACEMENT } from "./cue.js";
import { formatCueMarkup, parseMarkup } from "./cue-markup.js";
import { type CaptionIssue, captionError, IssueList } from "./issue.js";
import {
  formatTime,
  type ParsedSubtitles,
  parseSrt,
  type SubtitleOptions,
  sortedByStart,
} from "./srt.js";
import { decodeSubtitleText, LineSplitter } from "./subtitle-text.js";

/** HLS's X-TIMESTAMP-MAP: the cue time and the PTS that are the same moment. */
export interface TimestampMap {
  readonly localMs: number;
  /** 90 kHz, 33 bits. */
  readonly mpegts: number;
}

/** A whole WebVTT file. */
export interface ParsedWebVtt extends ParsedSubtitles {
  readonly timestampMap: TimestampMap | undefined;
}

const TIME = String.raw`(?:(\d+):)?([0-5]?\d):([0-5]?\d)(?:[.,](\d{1,3}))?`;
const TIME_LINE = new RegExp(String.raw`^\s*${TIME}\s*-->\s*${TIME}(?:\s+(\S.*))?\s*$`);
/** Height of one of the fifteen caption rows in percent of the safe area, which WebVTT's lines resemble. */
const ROW_PERCENT = 16 / 3;

type State = "header" | "block" | "skip" | "identifier" | "text";

/** Reads WebVTT line by line. Text without a header, odd blocks and bad times are reported and skipped. */
export class WebVttParser {
  readonly #issues = new IssueList();
  readonly #lines = new LineSplitter();
  readonly #maxCueLength: number;
  #state: State = "header";
  #lineNumber = 0;
  #id: string | undefined;
  #times: { startMs: number; endMs: number; settings: string } | undefined;
  #text: string[] = [];
  #textLength = 0;
  #timestampMap: TimestampMap | undefined;

  constructor(options: SubtitleOptions = {}) {
    this.#maxCueLength = options.maxCueLength ?? 10_000;
  }

  /** What was wrong so far; offsets are line numbers. */
  get issues(): readonly CaptionIssue[] {
    return this.#issues.list;
  }

  /** The header's X-TIMESTAMP-MAP, once it was read. */
  get timestampMap(): TimestampMap | undefined {
    return this.#timestampMap;
  }

  /** Feed text; returns the cues that it completed. */
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
    this.#state = "header";
    this.#lineNumber = 0;
    return cues;
  }

  /** Forget everything. */
  reset(): void {
    this.flush();
    this.#issues.clear();
    this.#timestampMap = undefined;
  }

  #line(line: string, cues: Cue[]): void {
    this.#lineNumber++;
    if (this.#lineNumber === 1) {
      if (/^\ufeff?WEBVTT(?:[ \t].*)?$/.test(line)) return;
      this.#report("syntax", "error", "header", "the file does not begin with WEBVTT");
      this.#state = "block";
    }
    if (line === "") {
      this.#close(cues);
      this.#id = undefined;
      this.#state = "block";
      return;
    }
    if (line.includes("-->") && this.#state !== "skip") {
      this.#close(cues);
      this.#timing(line);
      return;
    }
    switch (this.#state) {
      case "header":
        this.#timestampMap = parseTimestampMap(line) ?? this.#timestampMap;
        break;
      case "block":
        if (/^(?:NOTE|STYLE|REGION)(?:[ \t:]|$)/.test(line)) {
          this.#state = "skip";
        } else {
          this.#id = line;
          this.#state = "identifier";
        }
        break;
      case "identifier":
        this.#report("syntax", "warning", "block", "a block that is no cue is left out");
        this.#id = undefined;
        this.#state = "skip";
        break;
      case "text":
        this.#textLength += line.length + 1;
        if (this.#textLength <= this.#maxCueLength) {
          this.#text.push(line);
        } else if (this.#textLength - line.length - 1 <= this.#maxCueLength) {
          const message = `more than ${this.#maxCueLength} characters in one cue`;
          this.#report("limit", "error", "text", message);
        }
    }
  }

  #timing(line: string): void {
    const match = TIME_LINE.exec(line);
    this.#state = match === null ? "skip" : "text";
    if (match === null) {
      this.#id = undefined;
      this.#report("time", "error", "time", "a time line that cannot be read: the cue is left out");
      return;
    }
    let startMs = milliseconds(match, 1);
    let endMs = milliseconds(match, 5);
    if (startMs > endMs) {
      this.#report("time", "warning", "time", "the end is before the start: swapped");
      [startMs, endMs] = [endMs, startMs];
    }
    this.#times = { startMs, endMs, settings: match[9] ?? "" };
  }

  #close(cues: Cue[]): void {
    const times = this.#times;
    const id = this.#id;
    const text = this.#text;
    this.#times = undefined;
    this.#text = [];
    this.#textLength = 0;
    // The identifier of a cue whose time line comes now stays.
    if (times === undefined) return;
    this.#id = undefined;
    const { lines, unknownTags } = parseMarkup(text.join("\n"), "vtt");
    for (const tag of unknownTags) {
      this.#report("markup", "warning", "text", `unknown tag ${tag} left out`);
    }
    const placement = parseSettings(times.settings, lines.length);
    cues.push({ startMs: times.startMs, endMs: times.endMs, lines, placement, id });
  }

  #report(
    code: "syntax" | "time" | "limit" | "markup",
    severity: "error" | "warning",
    field: string,
    message: string,
  ): void {
    this.#issues.add(code, severity, this.#lineNumber, field, message);
  }
}

/** Read a whole WebVTT file. Cues are sorted by start. Any input is accepted. */
export function parseWebVtt(
  input: string | Uint8Array,
  options: SubtitleOptions = {},
): ParsedWebVtt {
  const text = typeof input === "string" ? input : decodeSubtitleText(input, options.encoding);
  const parser = new WebVttParser(options);
  const cues = [...parser.push(text), ...parser.flush()];
  return { cues: sortedByStart(cues), issues: parser.issues, timestampMap: parser.timestampMap };
}

/**
 * Read SubRip or WebVTT, whichever it is.
 * @throws {FormatError} `syntax` when there is not one cue in it.
 */
export function parseSubtitles(
  input: string | Uint8Array,
  options: SubtitleOptions = {},
): ParsedSubtitles {
  const text = typeof input === "string" ? input : decodeSubtitleText(input, options.encoding);
  const parsed = /^\ufeff?WEBVTT(?:\s|$)/.test(text)
    ? parseWebVtt(text, options)
    : parseSrt(text, options);
  if (parsed.cues.length === 0) {
    throw captionError("syntax", "no cue in it: neither SubRip nor WebVTT", {
      field: "cues",
      offset: 0,
    });
  }
  return parsed;
}

/** A WebVTT file. Times are rounded to milliseconds. */
export function formatWebVtt(cues: readonly Cue[]): string {
  return `WEBVTT\n\n${cues.map(formatWebVttCue).join("\n")}`;
}

/** One cue of a WebVTT file, with its final line end. */
export function formatWebVttCue(cue: Cue): string {
  const rows = formatCueMarkup(cue, "vtt")
    .split("\n")
    .filter((row) => row.trim() !== "");
  const id = cue.id === undefined || cue.id === "" ? "" : `${cue.id.replace(/\s+/g, " ")}\n`;
  const times = `${formatTime(cue.startMs, ".")} --> ${formatTime(cue.endMs, ".")}`;
  return `${id.replaceAll("-->", "->")}${times}${formatSettings(cue.placement, rows.length)}\n${rows.join("\n")}\n`;
}

function milliseconds(match: RegExpExecArray, group: number): number {
  const [hours = "0", minutes, seconds, fraction = ""] = match.slice(group, group + 4);
  const whole = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds);
  return whole * 1000 + Number(fraction.padEnd(3, "0"));
}

function parseTimestampMap(line: string): TimestampMap | undefined {
  const map = /^X-TIMESTAMP-MAP\s*=(.*)$/.exec(line)?.[1];
  if (map === undefined) return undefined;
  const mpegts = /MPEGTS:\s*(\d{1,12})/.exec(map)?.[1];
  const local = new RegExp(String.raw`LOCAL:\s*${TIME}`).exec(map);
  if (mpegts === undefined || local === null) return undefined;
  return { localMs: milliseconds(local, 1), mpegts: Number(mpegts) };
}

function parseSettings(settings: string, rows: number): CuePlacement {
  let placement = DEFAULT_PLACEMENT;
  for (const setting of settings.split(/\s+/)) {
    const colon = setting.indexOf(":");
    const value = setting.slice(colon + 1);
    switch (setting.slice(0, Math.max(colon, 0))) {
      case "line":
        placement = { ...placement, ...parseLine(value, rows) };
        break;
      case "position": {
        const percent = /^(\d+(?:\.\d+)?)%/.exec(value)?.[1];
        if (percent !== undefined && Number(percent) <= 100) {
          placement = { ...placement, position: Number(percent) };
        }
        break;
      }
      case "align": {
        const align = ALIGNMENTS.get(value);
        if (align !== undefined) placement = { ...placement, align };
      }
    }
  }
  return placement;
}

const ALIGNMENTS: ReadonlyMap<string, CuePlacement["align"]> = new Map([
  ["start", "left"],
  ["left", "left"],
  ["center", "center"],
  ["middle", "center"],
  ["end", "right"],
  ["right", "right"],
] as const);

/** WebVTT names the cue's upper edge (unless told otherwise); ours is the edge that `vertical` names. */
function parseLine(value: string, rows: number): Partial<CuePlacement> {
  const match = /^(-?\d+(?:\.\d+)?)(%?)(?:,(start|center|end))?$/.exec(value);
  if (match === null) return {};
  const [, number, percent, edge = "start"] = match;
  let top = Number(number);
  if (percent === "") top = top < 0 ? 100 + top * ROW_PERCENT : top * ROW_PERCENT;
  const height = rows * ROW_PERCENT;
  if (edge === "end") top -= height;
  if (edge === "center") top -= height / 2;
  top = Math.min(100, Math.max(0, top));
  const middle = top + height / 2;
  if (middle < 100 / 3) return { vertical: "top", line: top };
  if (middle < 200 / 3) return { vertical: "middle", line: middle };
  return { vertical: "bottom", line: Math.min(100, top + height) };
}

function formatSettings(placement: CuePlacement, rows: number): string {
  const height = rows * ROW_PERCENT;
  const { vertical, align, position } = placement;
  const line = placement.line ?? { top: 0, middle: 50, bottom: undefined }[vertical];
  let settings = "";
  if (line !== undefined) {
    const top = line - { top: 0, middle: height / 2, bottom: height }[vertical];
    settings += ` line:${percentOf(top)}`;
  }
  if (position !== undefined) settings += ` position:${percentOf(position)}`;
  if (align !== "center") settings += ` align:${align === "left" ? "start" : "end"}`;
  return settings;
}

function percentOf(value: number): string {
  return `${Math.round(Math.min(100, Math.max(0, value)) * 100) / 100}%`;
}
