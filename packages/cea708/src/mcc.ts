import type { FrameRate } from "./frame-rate.js";
import { type CaptionIssue, captionError, IssueList } from "./issue.js";

/** Time Code Rate of an MCC file. `60DF` is new in version 2. */
export type MccRate = "24" | "25" | "30" | "30DF" | "50" | "60" | "60DF";

/** A label on a line of an MCC file. */
export interface MccTimeCode {
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
  readonly frames: number;
}

/** One line: an ancillary packet at a time code. */
export interface MccLine {
  readonly timeCode: MccTimeCode;
  /** Field, of version 2's `.f` behind the time code. */
  readonly field: number | undefined;
  /** Number of the packet within the frame, of version 2's `,n`. */
  readonly packetNumber: number | undefined;
  readonly did: number;
  readonly sdid: number;
  /** User data words as bytes; own memory. A CDP when 61/01, line-21 data when 61/02. */
  readonly data: Uint8Array;
  /** The checksum's low eight bits as received; `undefined` when it was missing. */
  readonly checksum: number | undefined;
}

/** An MCC file. Texts are as in the file. */
export interface MccFile {
  readonly version: "1.0" | "2.0";
  readonly timeCodeRate: MccRate;
  /** The other `key=value` lines: `UUID`, `Creation Program`, `Creation Date`, `Creation Time`, in file order. */
  readonly header: readonly (readonly [key: string, value: string])[];
  /** Comment lines without `//`; the format asks writers to repeat its own description there. */
  readonly comments: readonly string[];
  readonly lines: readonly MccLine[];
}

/** A parsed file and what was not right about it; offsets are line numbers, from 1. */
export interface ParsedMcc extends MccFile {
  readonly issues: readonly CaptionIssue[];
}

/** How {@link parseMcc} takes deviations. */
export interface MccOptions {
  /** `strict`: throw at the first line that cannot be read. Default: `lenient`, which skips and reports it. */
  readonly mode?: "lenient" | "strict";
}

const RATES: readonly MccRate[] = ["24", "25", "30", "30DF", "50", "60", "60DF"];
/** The aliases `G` to `O`: one to nine padding triplets. */
const PADDING_ALIASES = "GHIJKLMNO";
const ALIASES: ReadonlyMap<string, readonly number[]> = new Map([
  ...[...PADDING_ALIASES].map((letter, index): [string, number[]] => [
    letter,
    Array(index + 1)
      .fill([0xfa, 0, 0])
      .flat(),
  ]),
  ["P", [0xfb, 0x80, 0x80]],
  ["Q", [0xfc, 0x80, 0x80]],
  ["R", [0xfd, 0x80, 0x80]],
  ["S", [0x96, 0x69]],
  ["T", [0x61, 0x01]],
  ["U", [0xe1, 0, 0, 0]],
  ["Z", [0]],
]);

const CAPTION_LINE =
  /^\s*(\d{2,3}):(\d{2}):(\d{2})[:;.,](\d{2})(?:\.([01])(?:,(\d{1,3}))?)?\s+(\S+)\s*$/;

/**
 * Read an MCC file, version 1.0 or 2.0, any line ends.
 * @throws {FormatError} `syntax` when it does not begin as an MCC file; in strict mode also `syntax`, `truncated`,
 * `length` for a line that cannot be read.
 */
export function parseMcc(text: string, options: MccOptions = {}): ParsedMcc {
  const issues = new IssueList();
  const rows = text.replace(/^\ufeff/, "").split(/\r\n|\r|\n/);
  const first = rows.findIndex((row) => row.trim() !== "");
  const version = /^File Format=MacCaption_MCC V(1\.0|2\.0)\s*$/.exec(rows[first] ?? "")?.[1];
  if (version !== "1.0" && version !== "2.0") {
    throw captionError("syntax", "does not begin with File Format=MacCaption_MCC", {
      field: "fileFormat",
      offset: first + 1,
    });
  }
  const header: [string, string][] = [];
  const comments: string[] = [];
  const lines: MccLine[] = [];
  let timeCodeRate: MccRate | undefined;
  rows.forEach((row, index) => {
    if (index <= first || row.trim() === "") return;
    if (row.startsWith("//")) {
      comments.push(row.slice(2));
      return;
    }
    const [, key, value = ""] = /^([A-Z][A-Za-z ]*)=(.*)$/.exec(row) ?? [];
    if (key === "Time Code Rate") {
      timeCodeRate = RATES.find((rate) => rate === value.trim());
      if (timeCodeRate !== undefined) return;
      fail(issues, options, "syntax", index + 1, "timeCodeRate", `unknown rate ${value.trim()}`);
    } else if (key !== undefined) {
      header.push([key, value]);
    } else {
      const line = parseLine(row, index + 1, issues, options);
      if (line !== undefined) lines.push(line);
    }
  });
  if (timeCodeRate === undefined) {
    fail(issues, options, "syntax", first + 1, "timeCodeRate", "no Time Code Rate: taken as 30");
  }
  return {
    version,
    timeCodeRate: timeCodeRate ?? "30",
    header,
    comments,
    lines,
    issues: issues.list,
  };
}

/**
 * An MCC file, CRLF line ends. Padding, `96 69`, `61 01` and zeros are written as their aliases, `U` never is: its
 * meaning is disputed. A line's `checksum` is written as it is, computed when missing.
 */
export function formatMcc(file: MccFile): string {
  const rows = [`File Format=MacCaption_MCC V${file.version}`, ""];
  for (const comment of file.comments) rows.push(`//${comment}`);
  // GStreamer's mccparse wants the blank line behind the comments even where there are none.
  rows.push("");
  for (const [key, value] of file.header) rows.push(`${key}=${value}`);
  rows.push(`Time Code Rate=${file.timeCodeRate}`, "");
  for (const line of file.lines) rows.push(formatLine(line, file.timeCodeRate));
  return `${rows.join("\r\n")}\r\n`;
}

/** Low eight bits of the ancillary packet's checksum over DID, SDID, DC and user data (ST 291-1). */
export function mccChecksum(line: Pick<MccLine, "did" | "sdid" | "data">): number {
  let sum = line.did + line.sdid + line.data.length;
  // The ninth bit of every word, its parity, reaches only bits that are cut off.
  for (const byte of line.data) sum += byte;
  return sum & 0xff;
}

/**
 * Number of the frame that a time code labels, counted from 00:00:00:00; drop-frame labels are counted as they are
 * skipped (SMPTE 12-1).
 */
export function mccFrameOf(timeCode: MccTimeCode, rate: MccRate): number {
  const nominal = Number.parseInt(rate, 10);
  const { hours, minutes, seconds, frames } = timeCode;
  const total = ((hours * 60 + minutes) * 60 + seconds) * nominal + frames;
  if (!rate.endsWith("DF")) return total;
  const minute = hours * 60 + minutes;
  return total - (nominal / 15) * (minute - Math.floor(minute / 10));
}

/**
 * Frame rate of a file by its name. `24` and `30` may mean 1000/1001 of it as well: the CDPs in the file say which.
 *
 * @param cdpRate the rate that the file's first CDP names, which wins when its nominal value is the same.
 */
export function mccFrameRate(rate: MccRate, cdpRate?: FrameRate): FrameRate {
  const nominal = Number.parseInt(rate, 10);
  if (cdpRate !== undefined && Math.round(cdpRate.numerator / cdpRate.denominator) === nominal) {
    return cdpRate;
  }
  return rate.endsWith("DF")
    ? { numerator: nominal * 1000, denominator: 1001 }
    : { numerator: nominal, denominator: 1 };
}

function parseLine(
  row: string,
  number: number,
  issues: IssueList,
  options: MccOptions,
): MccLine | undefined {
  const match = CAPTION_LINE.exec(row);
  if (match === null) {
    fail(issues, options, "syntax", number, "line", "neither time code nor key");
    return undefined;
  }
  const [, hours, minutes, seconds, frames, field, packetNumber, payload = ""] = match;
  const bytes = expand(payload);
  if (bytes === undefined) {
    fail(issues, options, "syntax", number, "payload", "neither hexadecimal nor an alias");
    return undefined;
  }
  const [did, sdid, dataCount] = bytes;
  if (
    did === undefined ||
    sdid === undefined ||
    dataCount === undefined ||
    bytes.length < 3 + dataCount
  ) {
    const message = `${bytes.length} bytes of a packet of ${4 + (dataCount ?? 0)}`;
    fail(issues, options, "truncated", number, "dataCount", message);
    return undefined;
  }
  if (bytes.length > 4 + dataCount) {
    const message = `${bytes.length - 4 - dataCount} bytes behind the packet`;
    fail(issues, options, "length", number, "dataCount", message);
  }
  const line: MccLine = {
    timeCode: {
      hours: Number(hours),
      minutes: Number(minutes),
      seconds: Number(seconds),
      frames: Number(frames),
    },
    field: field === undefined ? undefined : Number(field),
    packetNumber: packetNumber === undefined ? undefined : Number(packetNumber),
    did,
    sdid,
    data: Uint8Array.from(bytes.slice(3, 3 + dataCount)),
    checksum: bytes[3 + dataCount],
  };
  if (line.checksum !== undefined && line.checksum !== mccChecksum(line)) {
    const message = `got ${line.checksum}, computed ${mccChecksum(line)}`;
    issues.add("checksum", "warning", number, "checksum", message);
  }
  return line;
}

/** The payload's bytes. `U` is four bytes or three: whichever the data count asks for. */
function expand(payload: string): number[] | undefined {
  const bytes: number[] = [];
  const disputed: number[] = [];
  for (let at = 0; at < payload.length; ) {
    const letter = (payload[at] as string).toUpperCase();
    const alias = ALIASES.get(letter);
    if (alias !== undefined) {
      if (letter === "U") disputed.push(bytes.length + alias.length - 1);
      bytes.push(...alias);
      at++;
      continue;
    }
    const pair = payload.slice(at, at + 2);
    if (!/^[0-9a-f]{2}$/i.test(pair)) return undefined;
    bytes.push(Number.parseInt(pair, 16));
    at += 2;
  }
  const surplus = bytes.length - 4 - (bytes[2] ?? 0);
  if (disputed.length > 0 && surplus === disputed.length) {
    for (const at of disputed.reverse()) bytes.splice(at, 1);
  }
  return bytes;
}

function formatLine(line: MccLine, rate: MccRate): string {
  const { timeCode, field, packetNumber, did, sdid, data } = line;
  const two = (value: number): string => String(value).padStart(2, "0");
  const separator = rate.endsWith("DF") ? ";" : ":";
  let label = `${two(timeCode.hours)}:${two(timeCode.minutes)}:${two(timeCode.seconds)}`;
  label += separator + two(timeCode.frames);
  if (field !== undefined) {
    label += `.${field}`;
    if (packetNumber !== undefined) label += `,${packetNumber}`;
  }
  const checksum = line.checksum ?? mccChecksum(line);
  return `${label}\t${compress([did, sdid, data.length, ...data, checksum])}`;
}

function compress(bytes: readonly number[]): string {
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    let padding = 0;
    while (padding < 9 && isTriplet(bytes, at + 3 * padding, 0xfa, 0)) padding++;
    if (padding > 0) {
      text += PADDING_ALIASES[padding - 1];
      at += 3 * padding;
    } else if (isTriplet(bytes, at, 0xfb, 0x80)) {
      text += "P";
      at += 3;
    } else if (isTriplet(bytes, at, 0xfc, 0x80)) {
      text += "Q";
      at += 3;
    } else if (isTriplet(bytes, at, 0xfd, 0x80)) {
      text += "R";
      at += 3;
    } else if (bytes[at] === 0x96 && bytes[at + 1] === 0x69) {
      text += "S";
      at += 2;
    } else if (bytes[at] === 0x61 && bytes[at + 1] === 0x01) {
      text += "T";
      at += 2;
    } else {
      const byte = bytes[at++] as number;
      text += byte === 0 ? "Z" : byte.toString(16).toUpperCase().padStart(2, "0");
    }
  }
  return text;
}

function isTriplet(bytes: readonly number[], at: number, first: number, rest: number): boolean {
  return bytes[at] === first && bytes[at + 1] === rest && bytes[at + 2] === rest;
}

function fail(
  issues: IssueList,
  options: MccOptions,
  code: "syntax" | "truncated" | "length",
  line: number,
  field: string,
  message: string,
): void {
  if (options.mode === "strict") throw captionError(code, message, { field, offset: line });
  issues.add(code, "error", line, field, message);
}
