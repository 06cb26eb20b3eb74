import { FormatError, type FormatIssue } from "@x/bits";
import { type AncPacket, forbiddenWords, LINE_ANY, OFFSET_OVERFLOW, repair } from "./anc-packet.js";
import { fits } from "./fits.js";
import { lengthError, type St291ErrorCode } from "./payload-error.js";
import {
  byteOffsetOf,
  checkLine,
  readStream,
  streamFor,
  streamsOf,
  type VancFormat,
  type VancStream,
  writeStream,
} from "./vanc-raster.js";
import { checksumWord, hasParity, isForbiddenWord, wordOf } from "./word.js";

const CLAUSE = "ST 291-1";
const ADF: readonly number[] = [0x000, 0x3ff, 0x3ff];
/** ADF, DID, SDID or DBN, DC, CS. */
const OVERHEAD = 7;
const MARKED_FOR_DELETION = 0x80;

/** What to do with a packet that has an error: drop and report it, deliver and report it, or deliver it silently. */
export type VancPolicy = "reject" | "report" | "accept";

/** How {@link extractVanc} reads. */
export interface ExtractOptions {
  /** Line of the packets. Default {@link LINE_ANY}. */
  readonly lineNumber?: number;
  /** Default `"reject"`. */
  readonly onChecksumMismatch?: VancPolicy;
  /** Default `"report"`: equipment with inverted parity is common. There is no parity in eight bits. */
  readonly onParityError?: VancPolicy;
}

/** `truncated`: the data count runs past the end of the line. */
export type VancIssueCode = "truncated" | "checksum" | "parity";

/** Something wrong in a line. `offset` is the byte of the ancillary data flag's first word. */
export interface VancIssue extends FormatIssue<VancIssueCode> {
  readonly cNotYChannelFlag: boolean;
  /** Word of the stream at which the ancillary data flag begins. */
  readonly horizontalOffset: number;
}

/** What {@link extractVanc} found. */
export interface ExtractedVanc {
  /** Luma first, then colour difference, each by offset. The words are copies. */
  readonly packets: AncPacket[];
  /** In the order of the packets. */
  readonly issues: VancIssue[];
}

/** How {@link insertVanc} places packets. */
export interface InsertOptions {
  /**
   * `"append"` (the default): behind the last packet of the stream, or at its beginning; `"offset"`: at each packet's
   * `horizontalOffset`, those with a special value appended.
   */
  readonly placement?: "append" | "offset";
}

/**
 * Find the ancillary packets of a line. Every position is searched; behind a good packet the search goes on after its
 * checksum, behind a bad one at the next word, so a bad packet never hides a good one. `horizontalOffset` is the word
 * of the stream at which the ancillary data flag begins. A packet out of eight bits has its parity made anew, and its
 * checksum is tested modulo 256.
 * @throws {RangeError} when the line has not the size that its format wants.
 */
export function extractVanc(
  line: Uint8Array,
  format: VancFormat,
  options: ExtractOptions = {},
): ExtractedVanc {
  const {
    lineNumber = LINE_ANY,
    onChecksumMismatch = "reject",
    onParityError = "report",
  } = options;
  checkLine(line, format);
  fits("lineNumber", lineNumber, 0x7ff);
  const packets: AncPacket[] = [];
  const issues: VancIssue[] = [];
  for (const stream of streamsOf(format)) {
    const cNotYChannelFlag = stream === "c";
    const report = (at: number, code: VancIssueCode, lost: boolean, message: string): void => {
      const severity = lost ? "error" : "warning";
      const offset = byteOffsetOf(format, stream, at);
      const field = ISSUE_FIELDS[code];
      const place = { cNotYChannelFlag, horizontalOffset: at };
      issues.push({ code, severity, offset, field, message, ...place });
    };
    forEachPacket(readStream(line, format, stream), format, ({ at, words, checksumValid }) => {
      if (words === undefined) {
        report(at, "truncated", true, "the packet runs past the end of the line");
        return false;
      }
      const parityValid = words.subarray(0, -1).every(hasParity);
      const error = checksumValid ? (parityValid ? undefined : "parity") : "checksum";
      const policy = error === "checksum" ? onChecksumMismatch : onParityError;
      if (error !== undefined && policy !== "accept") {
        const message = error === "parity" ? "words without their parity" : "a wrong checksum";
        report(at, error, policy === "reject", message);
      }
      if (error !== undefined && policy === "reject") return false;
      const horizontalOffset = Math.min(at, OFFSET_OVERFLOW);
      packets.push({ cNotYChannelFlag, lineNumber, horizontalOffset, words });
      return checksumValid;
    });
  }
  return { packets, issues };
}

const ISSUE_FIELDS: Readonly<Record<VancIssueCode, string>> = {
  truncated: "dataCount",
  checksum: "checksumWord",
  parity: "words",
};

/**
 * Write packets into a line, in place: all of them, or none when it throws. Existing packets stay. SD has one stream
 * for all; HD takes luma packets into the luma words and colour-difference packets into theirs.
 * @throws {FormatError} `space` when a packet would cross the end of the line or overlap another, `forbiddenWord` when
 *   a word must not be on SDI, `length` when a packet's data count is not that of its words.
 * @throws {RangeError} when the line has not the size that its format wants.
 */
export function insertVanc(
  line: Uint8Array,
  format: VancFormat,
  packets: readonly AncPacket[],
  options: InsertOptions = {},
): void {
  checkLine(line, format);
  const writes: { stream: VancStream; at: number; words: readonly number[] }[] = [];
  for (const stream of streamsOf(format)) {
    const streamWords = readStream(line, format, stream);
    const occupied = occupiedWords(streamWords, format);
    for (const packet of packets) {
      if (streamFor(format, packet.cNotYChannelFlag) !== stream) continue;
      checkPacket(packet);
      const placed = options.placement === "offset" && packet.horizontalOffset < OFFSET_OVERFLOW;
      const at = placed ? packet.horizontalOffset : occupied.lastIndexOf(1) + 1;
      const words = [...ADF, ...packet.words].map((word) => word & maskOf(format));
      const end = at + words.length;
      if (end > occupied.length || occupied.subarray(at, end).includes(1)) {
        throw noSpace(byteOffsetOf(format, stream, at), words.length, end, occupied.length);
      }
      occupied.fill(1, at, end);
      writes.push({ stream, at, words });
    }
  }
  for (const { stream, at, words } of writes) writeStream(line, format, stream, words, at);
}

/**
 * Mark packets of a line for deletion, in place: they keep their size, so nothing moves. Packets with a wrong checksum
 * are left alone.
 * @returns how many were marked
 * @throws {RangeError} when the line has not the size that its format wants.
 */
export function deleteVanc(
  line: Uint8Array,
  format: VancFormat,
  matches: (packet: AncPacket) => boolean,
): number {
  checkLine(line, format);
  let count = 0;
  for (const stream of streamsOf(format)) {
    const cNotYChannelFlag = stream === "c";
    forEachPacket(readStream(line, format, stream), format, ({ at, words, checksumValid }) => {
      if (words === undefined || !checksumValid) return false;
      const horizontalOffset = Math.min(at, OFFSET_OVERFLOW);
      const packet = { cNotYChannelFlag, lineNumber: LINE_ANY, horizontalOffset, words };
      if (!matches(packet)) return true;
      const marked = markForDeletion(packet).words.map((word) => word & maskOf(format));
      writeStream(line, format, stream, marked, at + ADF.length);
      count++;
      return true;
    });
  }
  return count;
}

/** A copy of the packet with DID 80, "marked for deletion", and a right checksum (ST 291-1). */
export function markForDeletion(packet: AncPacket): AncPacket {
  const words = packet.words.slice();
  words[0] = wordOf(MARKED_FOR_DELETION);
  return repair({ ...packet, words }, "checksum");
}

interface FoundPacket {
  /** Word of the stream at which the flag begins. */
  readonly at: number;
  /** Ten bits each, a copy; `undefined` when the packet runs past the end. */
  readonly words: Uint16Array<ArrayBuffer> | undefined;
  readonly checksumValid: boolean;
}

/** Visit what follows each flag; `visit` says whether to go on behind it or to search on from the next word. */
function forEachPacket(
  streamWords: Uint16Array,
  format: VancFormat,
  visit: (found: FoundPacket) => boolean,
): void {
  // Eight-bit equipment leaves the two low bits of the flag open.
  const [low, high] = format.pixelFormat === "v210" ? [0x003, 0x3fc] : [0x00, 0xff];
  for (let at = 0; at + ADF.length <= streamWords.length; at++) {
    if ((streamWords[at + 2] as number) < high) {
      // That word can only be the first of a flag.
      at++;
      continue;
    }
    if ((streamWords[at] as number) > low || (streamWords[at + 1] as number) < high) continue;
    const words = packetWords(streamWords, format, at);
    const last = (words?.length ?? 0) - 1;
    const checksumValid = words !== undefined && words[last] === checksumWord(words, last);
    if (visit({ at, words, checksumValid })) at += ADF.length + last;
  }
}

/** The words of the packet behind the flag at `at`, as ten bits; `undefined` when it runs past the end. */
function packetWords(
  words: Uint16Array,
  format: VancFormat,
  at: number,
): Uint16Array<ArrayBuffer> | undefined {
  const dataCount = words[at + 5];
  if (dataCount === undefined) return undefined;
  const end = at + OVERHEAD + (dataCount & 0xff);
  if (end > words.length) return undefined;
  const packet = words.slice(at + ADF.length, end) as Uint16Array<ArrayBuffer>;
  if (format.pixelFormat === "v210") return packet;
  const last = packet.length - 1;
  const received = packet[last] as number;
  for (let i = 0; i < last; i++) packet[i] = wordOf(packet[i] as number);
  packet[last] = (checksumWord(packet, last) & 0x300) | received;
  return packet;
}

/** One for each word of the stream that a packet with a known end takes. */
function occupiedWords(streamWords: Uint16Array, format: VancFormat): Uint8Array {
  const occupied = new Uint8Array(streamWords.length);
  forEachPacket(streamWords, format, ({ at, words, checksumValid }) => {
    if (words !== undefined) occupied.fill(1, at, at + ADF.length + words.length);
    return checksumValid;
  });
  return occupied;
}

/** What a word keeps of its ten bits. */
function maskOf(format: VancFormat): number {
  return format.pixelFormat === "v210" ? 0x3ff : 0xff;
}

function checkPacket(packet: AncPacket): void {
  const { words } = packet;
  const size = words.length - 4;
  if (size < 0 || ((words[2] as number) & 0xff) !== size) {
    throw lengthError("dataCount", 0, (words[2] ?? 0) & 0xff, size, CLAUSE);
  }
  const forbidden = forbiddenWords(packet);
  if (forbidden.length > 0 || isForbiddenWord(words[words.length - 1] as number)) {
    throw new FormatError<St291ErrorCode>("forbiddenWord", "kept for synchronisation", {
      field: "words",
      offset: 0,
      actual: forbidden.length > 0 ? `word ${forbidden[0]}` : "checksumWord",
      clause: CLAUSE,
    });
  }
}

function noSpace(
  offset: number,
  needed: number,
  end: number,
  length: number,
): FormatError<St291ErrorCode> {
  const reason = end > length ? "crosses the end of the line" : "overlaps another";
  return new FormatError("space", `a packet of ${needed} words ${reason}`, {
    field: "horizontalOffset",
    offset,
    expected: length,
    actual: end,
    clause: CLAUSE,
  });
}
