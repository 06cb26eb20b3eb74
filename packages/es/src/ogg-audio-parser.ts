import { type FormatIssue, isFormatError } from "@x/bits";
import { type EsIssueCode, formatError } from "./errors.js";
import { decodeFlacFrameHeader, decodeFlacHeader, flacFramePosition } from "./flac.js";
import { type OggEvent, OggParser, type OggParserOptions } from "./ogg-parser.js";
import { decodeOpusHead, opusPacketDurationMs } from "./opus.js";

/** What {@link OggAudioParser} delivers. */
export type OggAudioEvent =
  /** A stream begins; in a chained file that happens several times. */
  | {
      readonly type: "header";
      /** An OpusHead, or `fLaC` with STREAMINFO: the decoder configuration. A copy. */
      readonly config: Uint8Array;
      /** In Hz, of what is decoded: 48000 for Opus. */
      readonly sampleRate: number;
      readonly channels: number;
      /** Of its page, from the start of the input. */
      readonly offset: number;
    }
  | {
      readonly type: "frame";
      /** An Opus packet or a FLAC frame. Valid until the next `push`. */
      readonly data: Uint8Array;
      /** First sample, counted from the begin of this stream; Opus: behind the pre-skip, so it begins below 0. */
      readonly position: number;
      /** Of each channel, without what the end of the stream cuts off. */
      readonly samples: number;
      /** Frames before this one are missing. */
      readonly gap: boolean;
      /** Of its page, from the start of the input. */
      readonly offset: number;
    }
  | { readonly type: "issue"; readonly issue: FormatIssue<EsIssueCode> };

/** Options of {@link OggAudioParser}. */
export interface OggAudioParserOptions extends OggParserOptions {
  readonly codec: "opus" | "flac";
}

type Page = Extract<OggEvent, { type: "page" }>;

/** Counts the samples of one stream. */
interface Timeline {
  readonly config: Uint8Array;
  readonly sampleRate: number;
  readonly channels: number;
  /** True for one of the packets that follow the first and hold no sound. */
  isMetadata(packet: Uint8Array): boolean;
  /** Where the packets of a page belong; `undefined` for what is no frame. */
  place(packets: readonly Uint8Array[], page: Page): readonly (Place | undefined)[];
}

interface Place {
  readonly position: number;
  readonly samples: number;
}

/**
 * Opus (RFC 7845) or FLAC (RFC 9639 10.1) out of an Ogg stream, each frame with its place in time. Of several streams
 * side by side the first one counts; streams one after the other are delivered in turn, each with its header.
 */
export class OggAudioParser {
  readonly #parser: OggParser;
  readonly #open: (packet: Uint8Array) => Timeline | undefined;
  #serial: number | undefined;
  #timeline: Timeline | undefined;
  /** Sound has come, so what begins now is a stream behind this one and not beside it. */
  #sounded = false;

  constructor(options: OggAudioParserOptions) {
    this.#parser = new OggParser(options);
    this.#open = options.codec === "opus" ? openOpus : openFlac;
  }

  /** Feed a chunk; what it completes, in order. */
  push(chunk: Uint8Array): OggAudioEvent[] {
    return this.#parser.push(chunk).flatMap((event) => this.#take(event));
  }

  /** End of input. The parser is as new afterwards. */
  flush(): OggAudioEvent[] {
    const events = this.#parser.flush().flatMap((event) => this.#take(event));
    this.reset();
    return events;
  }

  /** Forget everything. */
  reset(): void {
    this.#parser.reset();
    this.#serial = undefined;
    this.#timeline = undefined;
    this.#sounded = false;
  }

  #take(event: OggEvent): readonly OggAudioEvent[] {
    if (event.type === "issue") return [event];
    try {
      if (event.beginningOfStream) return this.#begin(event);
      if (event.serial !== this.#serial || this.#timeline === undefined) return [];
      return this.#frames(event, event.packets, this.#timeline);
    } catch (error) {
      if (!isFormatError(error)) throw error;
      return [invalid(error.message, error.field, event.offset)];
    }
  }

  #begin(page: Page): readonly OggAudioEvent[] {
    const [first, ...rest] = page.packets;
    const besides = this.#timeline !== undefined && !this.#sounded;
    if (first === undefined || besides) return [];
    const timeline = this.#open(first);
    if (timeline === undefined) return [];
    this.#serial = page.serial;
    this.#timeline = timeline;
    this.#sounded = false;
    const { config, sampleRate, channels } = timeline;
    return [
      { type: "header", config, sampleRate, channels, offset: page.offset },
      ...this.#frames(page, rest, timeline),
    ];
  }

  #frames(page: Page, packets: readonly Uint8Array[], timeline: Timeline): OggAudioEvent[] {
    const { offset } = page;
    const sound = this.#sounded
      ? packets
      : packets.filter((packet) => !timeline.isMetadata(packet));
    if (sound.length === 0) return [];
    this.#sounded = true;
    let gap = page.gap;
    return timeline.place(sound, page).map((place, index) => {
      if (place === undefined) {
        gap = true;
        return invalid("a packet that is no frame is dropped", "packet", offset);
      }
      const data = sound[index] as Uint8Array;
      const event: OggAudioEvent = { type: "frame", data, ...place, gap, offset };
      gap = false;
      return event;
    });
  }
}

function invalid(message: string, field: string, offset: number): OggAudioEvent {
  const issue = { code: "invalid", severity: "error", offset, field, message } as const;
  return { type: "issue", issue };
}

const OPUS_RATE = 48000;

/** `undefined` unless the packet is an OpusHead. */
function openOpus(packet: Uint8Array): Timeline | undefined {
  if (!beginsWith(packet, "OpusHead")) return undefined;
  const { channels, preSkip } = decodeOpusHead(packet);
  let next: number | undefined;
  return {
    config: packet.slice(),
    sampleRate: OPUS_RATE,
    channels,
    isMetadata: (bytes) => beginsWith(bytes, "OpusTags"),
    place(packets, { granulePosition, endOfStream, gap }) {
      const lengths = packets.map(opusSamples);
      const total = lengths.reduce<number>((sum, length) => sum + (length ?? 0), 0);
      const end = granulePosition < 0n ? undefined : Number(granulePosition);
      // The page's end is known; but at the end of the stream it tells what is cut off (RFC 7845 4.4), so that page
      // is counted from its begin. A stream may begin in the middle (4.3): its first page says where.
      const known = gap ? undefined : next;
      const counted = end === undefined ? (known ?? 0) : Math.max(0, end - total);
      const start = endOfStream ? (known ?? counted) : counted;
      let at = start;
      next = start + total;
      const last = endOfStream && end !== undefined ? end : next;
      return lengths.map((length) => {
        if (length === undefined) return undefined;
        const samples = Math.max(0, Math.min(length, last - at));
        at += length;
        return { position: at - length - preSkip, samples };
      });
    },
  };
}

/** Samples at 48 kHz of an Opus packet, `undefined` for one that is malformed. */
function opusSamples(packet: Uint8Array): number | undefined {
  try {
    return opusPacketDurationMs(packet) * (OPUS_RATE / 1000);
  } catch (error) {
    if (isFormatError(error)) return undefined;
    throw error;
  }
}

/** Bytes in front of `fLaC` in the first packet: 0x7F "FLAC", version, number of header packets. */
const FLAC_MAPPING_BYTES = 9;

/** `undefined` unless the packet is the first of a FLAC stream, RFC 9639 10.1. */
function openFlac(packet: Uint8Array): Timeline | undefined {
  if (packet[0] !== 0x7f || !beginsWith(packet.subarray(1), "FLAC")) return undefined;
  if (packet[5] !== 1) {
    throw formatError("unsupported", `${packet[5]}`, "mappingVersion", 5, "RFC 9639 10.1");
  }
  // The only block of this packet; whether others follow in further packets does not matter to a decoder.
  const config = packet.slice(FLAC_MAPPING_BYTES);
  if (config.length > 4) config[4] = (config[4] as number) | 0x80;
  const { streamInfo } = decodeFlacHeader(config);
  return {
    config,
    sampleRate: streamInfo.sampleRate,
    channels: streamInfo.channels,
    // A frame begins with 0xFF, which is no type of a metadata block.
    isMetadata: (bytes) => bytes[0] !== 0xff,
    place: (packets) =>
      packets.map((bytes) => {
        try {
          const header = decodeFlacFrameHeader(bytes);
          const position = flacFramePosition(header, streamInfo);
          return { position, samples: header.blockSize };
        } catch (error) {
          if (isFormatError(error)) return undefined;
          throw error;
        }
      }),
  };
}

function beginsWith(bytes: Uint8Array, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[i] !== text.charCodeAt(i)) return false;
  return true;
}
