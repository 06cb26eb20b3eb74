import { characterCode, characterOfCode } from "./characters.js";
import { fail } from "./issues.js";
import { inRange } from "./range.js";
import type { XdsClass, XdsPacket } from "./xds.js";
import { decodeAdvisory, encodeAdvisory, type XdsAdvisory } from "./xds-advisory.js";
import {
  decodeAudio,
  decodeCaption,
  encodeAudio,
  encodeCaption,
  type XdsAudioServices,
  type XdsCaptionService,
} from "./xds-services.js";
import {
  decodeDateTime,
  decodeLength,
  durationAt,
  durationBytes,
  encodeDateTime,
  encodeLength,
  type XdsDateTime,
  type XdsDuration,
  type XdsLength,
} from "./xds-times.js";

/** Copy and redistribution control (CTA-608-E 9.5.1.8). */
export interface XdsCopyControl {
  /** Copy generation management, 2 bits. */
  readonly cgms: number;
  /** Analogue protection, 2 bits. */
  readonly aps: number;
  /** Analogue source. */
  readonly asb: boolean;
  /** Redistribution control descriptor. */
  readonly rcd: boolean;
}

/** What the packets of each kind say. */
export interface XdsContents {
  /** Current or future 01: when the programme starts, which also identifies it. */
  startTime: { readonly start: XdsDateTime };
  /** Current or future 02. */
  length: XdsLength;
  /** Current or future 03. */
  programName: { readonly text: string };
  /** Current or future 04: keyword codes `20` to `7F`, see `xdsKeyword`. */
  programType: { readonly keywords: readonly number[] };
  /** Current or future 05. */
  contentAdvisory: { readonly advisory: XdsAdvisory };
  /** Current or future 06. */
  audioServices: XdsAudioServices;
  /** Current or future 07. */
  captionServices: { readonly services: readonly XdsCaptionService[] };
  /** Current or future 08. */
  copyControl: XdsCopyControl;
  /** Current or future 09: active lines of the picture, and whether it is squeezed (one byte more). */
  aspectRatio: {
    readonly startLine: number;
    readonly endLine: number;
    readonly squeezed: boolean | undefined;
  };
  /** Current or future 0C: much of the programme in one packet. */
  composite1: {
    /** Five keyword codes. */
    readonly keywords: readonly number[];
    /** The first byte of the content advisory packet, with what an MPA rating needs. */
    readonly advisory: number;
    readonly length: XdsDuration;
    /** Time in the show. */
    readonly elapsed: XdsDuration;
    /** Up to 22 characters. */
    readonly title: string;
  };
  /** Current or future 0D: the rest of it, and the channel. */
  composite2: {
    readonly start: XdsDateTime;
    readonly audio: XdsAudioServices;
    /** Two caption services. */
    readonly captions: readonly XdsCaptionService[];
    /** Four characters. */
    readonly callLetters: string;
    /** Two characters. */
    readonly nativeChannel: string;
    /** Up to 18 characters. */
    readonly network: string;
  };
  /** Current or future 10 to 17: one row of the description. */
  description: { readonly row: number; readonly text: string };
  /** Channel 01. */
  networkName: { readonly text: string };
  /** Channel 02: call letters, padded to four, and the native channel if there are two characters more. */
  callLetters: { readonly text: string };
  /** Channel 03. */
  tapeDelay: { readonly delay: XdsDuration };
  /** Channel 04: 16 bits. */
  transmissionSignalId: { readonly tsid: number };
  /** Misc 01: UTC. */
  timeOfDay: {
    readonly time: XdsDateTime;
    /** 1 is Sunday. */
    readonly dayOfWeek: number;
    readonly year: number;
  };
  /** Misc 02. */
  impulseCapture: { readonly start: XdsDateTime; readonly length: XdsDuration };
  /** Misc 03: lines of the vertical interval with more data. */
  supplementalDataLocation: {
    readonly lines: readonly { readonly field: 1 | 2; readonly line: number }[];
  };
  /** Misc 04: hours west of UTC, and whether daylight saving is observed. */
  localTimeZone: { readonly hoursWest: number; readonly dst: boolean };
}

/** Kind of a packet's content. */
export type XdsKind = keyof XdsContents;

/** The content of a packet of a known type. */
export type XdsContent = {
  [K in XdsKind]: { readonly kind: K } & XdsContents[K];
}[XdsKind];

/**
 * What a packet says; `undefined` for types whose layout is not published or not settled (channel maps,
 * public service, private data): their `data` is all there is.
 * @throws {FormatError} `xdsContent` when the data do not follow the layout of their type.
 */
export function decodeXdsContent(packet: XdsPacket): XdsContent | undefined {
  const { type, data } = packet;
  const group = packet.class === "future" ? "current" : packet.class;
  if (group === "current" && type >= 0x10 && type <= 0x17) {
    return { kind: "description", row: type - 0x0f, text: textOf(data) };
  }
  const kind = KINDS.find((name) => LAYOUTS[name].class === group && LAYOUTS[name].type === type);
  if (kind === undefined) return undefined;
  const { min, decode } = LAYOUTS[kind];
  if (data.length < min) {
    fail("xdsContent", `${data.length} bytes, not ${min}`, kind, data.length, "CTA-608-E 9.5");
  }
  return { kind, ...decode(data) } as XdsContent;
}

/**
 * The packet that says it.
 *
 * @param future whether it is about the programme that comes next; default false.
 * @throws {RangeError} when a value does not fit its field, or a character is not in the basic set.
 */
export function encodeXdsContent(content: XdsContent, future: boolean = false): XdsPacket {
  if (content.kind === "description") {
    const type = 0x0f + inRange("row", content.row, 1, 8);
    return { class: future ? "future" : "current", type, data: bytesOf(content.text) };
  }
  const layout = LAYOUTS[content.kind];
  if (layout === undefined) throw new TypeError(`unknown kind ${String(content.kind)}`);
  if (future && layout.class !== "current") {
    throw new RangeError(`${content.kind} is not about a programme`);
  }
  const data = (layout.encode as (value: XdsContent) => Uint8Array)(content);
  return { class: future ? "future" : layout.class, type: layout.type, data };
}

type Layout<K extends XdsKind> = {
  readonly class: XdsClass;
  readonly type: number;
  /** Fewest bytes of the layout. */
  readonly min: number;
  decode(data: Uint8Array): XdsContents[K];
  encode(content: XdsContents[K]): Uint8Array;
};

/** Every byte of binary data has b6 set, so that it is printable. */
const B6 = 0x40;

const LAYOUTS: { readonly [K in Exclude<XdsKind, "description">]: Layout<K> } = {
  startTime: {
    class: "current",
    type: 0x01,
    min: 4,
    decode: (data) => ({ start: decodeDateTime(data, 0) }),
    encode: ({ start }) => Uint8Array.from(encodeDateTime(start)),
  },
  length: {
    class: "current",
    type: 0x02,
    min: 2,
    decode: decodeLength,
    encode: encodeLength,
  },
  programName: { class: "current", type: 0x03, min: 1, decode: decodeText, encode: encodeText },
  programType: {
    class: "current",
    type: 0x04,
    min: 1,
    decode: (data) => ({ keywords: [...data] }),
    encode: ({ keywords }) => Uint8Array.from(keywords),
  },
  contentAdvisory: {
    class: "current",
    type: 0x05,
    min: 2,
    decode: (data) => ({ advisory: decodeAdvisory(data) }),
    encode: ({ advisory }) => encodeAdvisory(advisory),
  },
  audioServices: {
    class: "current",
    type: 0x06,
    min: 2,
    decode: decodeAudio,
    encode: encodeAudio,
  },
  captionServices: {
    class: "current",
    type: 0x07,
    min: 1,
    decode: (data) => ({ services: [...data].map(decodeCaption) }),
    encode: ({ services }) => Uint8Array.from(services, encodeCaption),
  },
  copyControl: {
    class: "current",
    type: 0x08,
    min: 2,
    decode: (data) => {
      const first = data[0] as number;
      const rcd = ((data[1] as number) & 1) === 1;
      return { cgms: (first >> 3) & 3, aps: (first >> 1) & 3, asb: (first & 1) === 1, rcd };
    },
    encode: ({ cgms, aps, asb, rcd }) =>
      Uint8Array.of(
        B6 | (inRange("cgms", cgms, 0, 3) << 3) | (inRange("aps", aps, 0, 3) << 1) | Number(asb),
        B6 | Number(rcd),
      ),
  },
  aspectRatio: {
    class: "current",
    type: 0x09,
    min: 2,
    decode: (data) => ({
      startLine: 22 + ((data[0] as number) & 0x1f),
      endLine: 262 - ((data[1] as number) & 0x1f),
      squeezed: data.length > 2 ? ((data[2] as number) & 1) === 1 : undefined,
    }),
    encode: ({ startLine, endLine, squeezed }) => {
      const start = B6 | inRange("startLine - 22", startLine - 22, 0, 31);
      const end = B6 | inRange("262 - endLine", 262 - endLine, 0, 31);
      return squeezed === undefined
        ? Uint8Array.of(start, end)
        : Uint8Array.of(start, end, B6 | Number(squeezed));
    },
  },
  composite1: {
    class: "current",
    type: 0x0c,
    min: 10,
    decode: (data) => ({
      keywords: [...data.subarray(0, 5)],
      advisory: data[5] as number,
      length: durationAt(data, 6),
      elapsed: durationAt(data, 8),
      title: textOf(data.subarray(10)),
    }),
    encode: ({ keywords, advisory, length, elapsed, title }) =>
      Uint8Array.of(
        ...exactly("keywords", keywords, 5),
        inRange("advisory", advisory, 0x40, 0x7f),
        ...durationBytes(length),
        ...durationBytes(elapsed),
        ...atMost("title", bytesOf(title), 22),
      ),
  },
  composite2: {
    class: "current",
    type: 0x0d,
    min: 14,
    decode: (data) => ({
      start: decodeDateTime(data, 0),
      audio: decodeAudio(data.subarray(4)),
      captions: [...data.subarray(6, 8)].map(decodeCaption),
      callLetters: textOf(data.subarray(8, 12)),
      nativeChannel: textOf(data.subarray(12, 14)),
      network: textOf(data.subarray(14)),
    }),
    encode: ({ start, audio, captions, callLetters, nativeChannel, network }) =>
      Uint8Array.of(
        ...encodeDateTime(start),
        ...encodeAudio(audio),
        ...exactly("captions", captions, 2).map(encodeCaption),
        ...exactly("callLetters", [...bytesOf(callLetters)], 4),
        ...exactly("nativeChannel", [...bytesOf(nativeChannel)], 2),
        ...atMost("network", bytesOf(network), 18),
      ),
  },
  networkName: { class: "channel", type: 0x01, min: 1, decode: decodeText, encode: encodeText },
  callLetters: { class: "channel", type: 0x02, min: 4, decode: decodeText, encode: encodeText },
  tapeDelay: {
    class: "channel",
    type: 0x03,
    min: 2,
    decode: (data) => ({
      delay: { hours: (data[1] as number) & 0x1f, minutes: (data[0] as number) & 0x3f },
    }),
    encode: ({ delay }) =>
      Uint8Array.of(
        B6 | inRange("minutes", delay.minutes, 0, 63),
        B6 | inRange("hours", delay.hours, 0, 31),
      ),
  },
  transmissionSignalId: {
    class: "channel",
    type: 0x04,
    min: 4,
    decode: (data) => {
      let tsid = 0;
      for (let i = 3; i >= 0; i--) tsid = (tsid << 4) | ((data[i] as number) & 15);
      return { tsid };
    },
    encode: ({ tsid }) => {
      inRange("tsid", tsid, 0, 0xffff);
      return Uint8Array.from([0, 4, 8, 12], (shift) => B6 | ((tsid >> shift) & 15));
    },
  },
  timeOfDay: {
    class: "misc",
    type: 0x01,
    min: 6,
    decode: (data) => ({
      time: decodeDateTime(data, 0),
      dayOfWeek: (data[4] as number) & 7,
      year: 1990 + ((data[5] as number) & 0x3f),
    }),
    encode: ({ time, dayOfWeek, year }) =>
      Uint8Array.of(
        ...encodeDateTime(time),
        B6 | inRange("dayOfWeek", dayOfWeek, 0, 7),
        B6 | inRange("year - 1990", year - 1990, 0, 63),
      ),
  },
  impulseCapture: {
    class: "misc",
    type: 0x02,
    min: 6,
    decode: (data) => ({
      start: decodeDateTime(data, 0),
      length: { hours: (data[5] as number) & 0x3f, minutes: (data[4] as number) & 0x3f },
    }),
    encode: ({ start, length }) =>
      Uint8Array.of(
        ...encodeDateTime(start),
        B6 | inRange("minutes", length.minutes, 0, 63),
        B6 | inRange("hours", length.hours, 0, 63),
      ),
  },
  supplementalDataLocation: {
    class: "misc",
    type: 0x03,
    min: 1,
    decode: (data) => ({
      lines: [...data].map((byte) => ({
        field: (byte & 0x20) === 0 ? (1 as const) : (2 as const),
        line: byte & 0x1f,
      })),
    }),
    encode: ({ lines }) =>
      Uint8Array.from(
        lines,
        ({ field, line }) => B6 | (field === 2 ? 0x20 : 0) | inRange("line", line, 0, 31),
      ),
  },
  localTimeZone: {
    class: "misc",
    type: 0x04,
    min: 1,
    decode: (data) => ({
      hoursWest: (data[0] as number) & 0x1f,
      dst: ((data[0] as number) & 0x20) !== 0,
    }),
    encode: ({ hoursWest, dst }) =>
      // The second byte fills the pair as in the packets of times, where every byte has b6.
      Uint8Array.of(B6 | (dst ? 0x20 : 0) | inRange("hoursWest", hoursWest, 0, 31), B6),
  },
};

const KINDS: readonly (keyof typeof LAYOUTS)[] = /* @__PURE__ */ Object.keys(
  LAYOUTS,
) as (keyof typeof LAYOUTS)[];

function exactly<T>(field: string, list: readonly T[], length: number): readonly T[] {
  if (list.length !== length) throw new RangeError(`${field}: ${list.length}, not ${length}`);
  return list;
}

function atMost(field: string, bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length > length) throw new RangeError(`${field}: ${bytes.length}, more than ${length}`);
  return bytes;
}

function decodeText(data: Uint8Array): { text: string } {
  return { text: textOf(data) };
}

function encodeText(content: { readonly text: string }): Uint8Array<ArrayBuffer> {
  return bytesOf(content.text);
}

function textOf(data: Uint8Array): string {
  let result = "";
  for (const code of data) result += characterOfCode(code) ?? "";
  return result;
}

function bytesOf(value: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([...value.normalize("NFC")], (character) => {
    const code = characterCode(character);
    if (code === undefined || code > 0x7f) {
      throw new RangeError(`text: ${character} is not in the basic set`);
    }
    return code;
  });
}
