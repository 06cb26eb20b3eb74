import {
  Av1Parser,
  decodeAc3Header,
  decodeAdtsHeader,
  decodeMpegAudioHeader,
  isFormatError,
  splitAnnexB,
} from "@x/es";
import { parseUnit } from "@x/st2038";
import type { InputError } from "../errors.js";
import { isCapture } from "./capture.js";
import { CaptureProbe } from "./capture-probe.js";
import { FLAC, framedAudio, oggAudio } from "./elementary-audio.js";
import { MPEG_VIDEO } from "./elementary-mpeg-video.js";
import { type ElementaryFormat, ElementaryProbe } from "./elementary-probe.js";
import { AV1, annexB, IVF } from "./elementary-video.js";
import { FlvProbe, isFlv } from "./flv-probe.js";
import type { FormatProbe } from "./format-probe.js";
import { isJpegXs, JpegXsProbe } from "./jpegxs-probe.js";
import { isMovie, MovieProbe } from "./movie/movie-probe.js";
import { readStreamFormat } from "./stream-format.js";
import { TsProbe } from "./ts-probe.js";
import { hasRecords, WholeProbe } from "./whole-probe.js";

/** Enough for three frames of any audio, and for the parameter sets of video. */
export const HEAD_BYTES = 65_536;

/**
 * What looks through a file that begins with `head`.
 * @param isAll the file ends with it
 * @param notKnown the error when nothing does; only the end of what looks like text or records tells
 */
export function probeFor(
  head: Uint8Array,
  isAll: boolean,
  notKnown: () => InputError,
): FormatProbe {
  if (isCapture(head)) return new CaptureProbe();
  if (isFlv(head)) return new FlvProbe();
  if (isJpegXs(head)) return new JpegXsProbe();
  if (isMovie(head)) return new MovieProbe();
  if (looksLikeTs(head)) return new TsProbe();
  const elementary = elementaryFormat(head, isAll);
  if (elementary !== undefined) return new ElementaryProbe(elementary);
  if (looksLikeText(head) || hasRecords(parseUnit(head))) return new WholeProbe(notKnown);
  throw notKnown();
}

/** Three sync bytes at one of the packet sizes, wherever the first one is. */
function looksLikeTs(head: Uint8Array): boolean {
  for (const size of [188, 192, 204, 208]) {
    const needed = Math.min(3, Math.floor(head.length / size));
    if (needed === 0) continue;
    for (let start = 0; start < size; start++) {
      let found = 0;
      while (found < needed && head[start + found * size] === 0x47) found++;
      if (found === needed && (needed > 1 || start === 0)) return true;
    }
  }
  return false;
}

function elementaryFormat(head: Uint8Array, isAll: boolean): ElementaryFormat | undefined {
  if (beginsWith(head, "OggS")) {
    if (contains(head, "OpusHead")) return oggAudio("opus");
    return contains(head, "\x7fFLAC") ? oggAudio("flac") : undefined;
  }
  if (beginsWith(head, "fLaC")) return FLAC;
  if (beginsWith(head, "DKIF")) return IVF;
  return startCodeFormat(head) ?? av1Format(head) ?? audioFormat(head, isAll);
}

/** Start codes of program streams (ISO/IEC 13818-1 2.5.3.3) and of MPEG-4 part 2. */
const FOREIGN_CODES: readonly number[] = [0xba, 0xb0];
/** Start codes of MPEG video (ISO/IEC 13818-2 table 6-1): no NAL unit begins with one of the last three. */
const PICTURE = 0x00;
const SEQUENCE = 0xb3;
const EXTENSION = 0xb5;
const GROUP = 0xb8;

function startCodeFormat(head: Uint8Array): ElementaryFormat | undefined {
  const units = startsWithStartCode(head) ? splitAnnexB(head) : [];
  const first = units[0]?.[0];
  if (first === undefined || FOREIGN_CODES.includes(first)) return undefined;
  if (first === SEQUENCE || first === GROUP) return MPEG_VIDEO;
  if (first === PICTURE && units[1]?.[0] === EXTENSION) return MPEG_VIDEO;
  // The sets of parameters of one codec are nothing in the others'.
  for (const kind of ["h264", "hevc"] as const) {
    if (readStreamFormat(kind, head) !== undefined) return annexB(kind);
  }
  // Without parameters, cut out of the middle of a stream: by the headers that all units must have.
  if (units.every(isHevcHeader)) return annexB("hevc");
  if (units.every(isAvcHeader)) return annexB("h264");
  return first === PICTURE ? MPEG_VIDEO : undefined;
}

function startsWithStartCode(head: Uint8Array): boolean {
  const at = head.findIndex((byte) => byte !== 0);
  return at >= 2 && head[at] === 1;
}

/** nuh_layer_id 0 and nuh_temporal_id_plus1 not 0, no reserved type (ITU-T H.265 7.3.1.2, table 7-1). */
function isHevcHeader([first = 0x80, second = 0]: Uint8Array): boolean {
  const type = (first >> 1) & 63;
  const isReserved = (type >= 10 && type <= 15) || (type >= 22 && type <= 31) || type > 40;
  return (first & 0x81) === 0 && second >> 3 === 0 && (second & 7) !== 0 && !isReserved;
}

/** Types of ITU-T H.264 table 7-1 that a stream for broadcast has. */
function isAvcHeader([first = 0x80]: Uint8Array): boolean {
  const type = first & 31;
  return (first & 0x80) === 0 && type >= 1 && type <= 14;
}

/** A temporal delimiter and a sequence header with their sizes (AV1 5.3.2). */
const AV1_BEGIN: readonly number[] = [0x12, 0x00, 0x0a];
/** Sizes of AV1 annex B have up to eight bytes. */
const MAX_SIZES = 16;

function av1Format(head: Uint8Array): ElementaryFormat | undefined {
  if (AV1_BEGIN.every((byte, i) => head[i] === byte)) return AV1;
  // Length-delimited: sizes of a temporal unit and of a frame unit, then a temporal delimiter of one byte, or two.
  for (let at = 2; at <= MAX_SIZES; at++) {
    const [size, delimiter, next] = head.subarray(at, at + 3);
    const isDelimiter = (size === 1 && delimiter === 0x10) || (size === 2 && delimiter === 0x12);
    if (!isDelimiter || (size === 2 && next !== 0)) continue;
    const [event] = new Av1Parser({ format: "annexb" }).push(head);
    return event === undefined || event.type === "temporal-unit" ? AV1 : undefined;
  }
  return undefined;
}

/** Frames in a row that are no accident. */
const FRAMES = 3;
/** What may be in front of the first one: the rest of a frame. */
const MAX_REST = 8192;

const AUDIO_HEADERS = {
  adts: decodeAdtsHeader,
  "mpeg-audio": decodeMpegAudioHeader,
  ac3: decodeAc3Header,
} as const;
const AUDIO_FORMATS = ["adts", "mpeg-audio", "ac3"] as const;

function audioFormat(head: Uint8Array, isAll: boolean): ElementaryFormat | undefined {
  const start = tagBytes(head);
  // The picture of a cover can be longer than the head: what has such a tag is MP3.
  if (start > head.length) return framedAudio("mpeg-audio");
  for (let at = start; at < Math.min(start + MAX_REST, head.length - 1); at++) {
    if (!isSyncWord(head, at)) continue;
    for (const format of AUDIO_FORMATS) {
      const { count, end } = framesFrom(head, at, format);
      const isWhole = isAll && at === start && end === head.length;
      if (count >= FRAMES || (count > 0 && isWhole)) return framedAudio(format);
    }
  }
  return undefined;
}

/** 0xfff, of MPEG-2.5 0xffe, or 0x0b77. */
function isSyncWord(head: Uint8Array, at: number): boolean {
  const [first, second = 0] = [head[at], head[at + 1]];
  return (first === 0xff && second >= 0xe0) || (first === 0x0b && second === 0x77);
}

/** How many frames follow each other from `from` on, up to {@link FRAMES}, and where the last one ends. */
function framesFrom(
  head: Uint8Array,
  from: number,
  format: keyof typeof AUDIO_HEADERS,
): { readonly count: number; readonly end: number } {
  let count = 0;
  let end = from;
  try {
    for (; count < FRAMES && end < head.length; count++) {
      end += AUDIO_HEADERS[format](head, end).frameBytes;
    }
  } catch (error) {
    if (!isFormatError(error)) throw error;
  }
  return { count, end };
}

/** Size of the ID3v2 tag at the front. */
function tagBytes(head: Uint8Array): number {
  if (!beginsWith(head, "ID3") || head.length < 10) return 0;
  return 10 + head.subarray(6, 10).reduce((size, byte) => size * 128 + (byte & 127), 0);
}

/** Control characters that text has: tab, line feed, form feed, carriage return, and in front the mark of UTF-16. */
function looksLikeText(head: Uint8Array): boolean {
  const isUtf16 = (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff);
  return isUtf16 || head.every((byte) => byte >= 0x20 || [9, 10, 12, 13].includes(byte));
}

function beginsWith(head: Uint8Array, text: string): boolean {
  return [...text].every((sign, i) => head[i] === sign.charCodeAt(0));
}

function contains(head: Uint8Array, text: string): boolean {
  for (let at = 0; at + text.length <= Math.min(head.length, 4096); at++) {
    if (beginsWith(head.subarray(at, at + text.length), text)) return true;
  }
  return false;
}
