// Parsers of Opus and FLAC: bare, or in Ogg.
import {
  decodeFlacFrameHeader,
  encodeFlacHeader,
  FlacParser,
  type FlacStreamInfo,
  flacFramePosition,
  isFormatError,
  OggAudioParser,
  opusPacketDurationMs,
} from "@x/es";
import { type Caps, caps, mediaTypeOf, numberOf } from "../caps.js";
import type { ElementFactory } from "../element.js";
import { audioParser, type FrameItem, type FrameSource } from "../frame-stream.js";
import { anyOf, bytesField } from "./formats.js";

const OPUS_RATE = 48_000;
const OGG: Caps = anyOf(caps("application/ogg"), caps("audio/ogg"));

function opusCaps(config: Uint8Array, channels: number): Caps {
  return caps("audio/x-opus", { rate: OPUS_RATE, channels, codec_data: bytesField(config) });
}

function flacCaps(config: Uint8Array | undefined, channels: number, rate: number): Caps {
  const codecData = config === undefined ? {} : { codec_data: bytesField(config) };
  return caps("audio/x-flac", { framed: true, rate, channels, ...codecData });
}

export const opusparse: ElementFactory = audioParser({
  name: "opusparse",
  description: "Takes Opus packets out of Ogg, with their times.",
  input: anyOf(OGG, caps("audio/x-opus")),
  output: caps("audio/x-opus"),
  open: (offered) =>
    new OggOr("opus", opusCaps, () =>
      mediaTypeOf(offered) === "audio/x-opus"
        ? new PacketSource(
            offered,
            OPUS_RATE,
            (packet) => opusPacketDurationMs(packet) * (OPUS_RATE / 1000),
          )
        : new OggSource("opus", opusCaps),
    ),
});

export const flacparse: ElementFactory = audioParser({
  name: "flacparse",
  description: "Cuts FLAC, bare or in Ogg, into frames with their times.",
  input: anyOf(OGG, caps("audio/x-flac")),
  output: caps("audio/x-flac"),
  open: (offered) =>
    new OggOr("flac", flacCaps, () => {
      const rate = numberOf(offered, "rate");
      const framed = offered !== "ANY" && offered[0]?.fields.framed === true;
      return framed && rate !== undefined
        ? new PacketSource(offered, rate, (frame) => decodeFlacFrameHeader(frame).blockSize)
        : new FlacSource();
    }),
});

type CapsOf = (config: Uint8Array, channels: number, rate: number) => Caps;

/** Looks at the first four bytes: Ogg, or what `other` opens. */
class OggOr implements FrameSource {
  readonly #ogg: () => FrameSource;
  readonly #other: () => FrameSource;
  #head: readonly number[] = [];
  #source: FrameSource | undefined;

  constructor(codec: "opus" | "flac", capsOf: CapsOf, other: () => FrameSource) {
    this.#ogg = () => new OggSource(codec, capsOf);
    this.#other = other;
  }

  push(data: Uint8Array, timed: boolean): readonly FrameItem[] {
    if (this.#source !== undefined) return this.#source.push(data, timed);
    const all = Uint8Array.from([...this.#head, ...data.subarray(0, 4)]);
    // What has a time is a packet, however short: held back, it would get the time of the next one.
    if (all.length < 4 && !timed) {
      this.#head = [...all];
      return [];
    }
    const held = Uint8Array.from(this.#head);
    // No Opus packet and no FLAC stream begins so.
    const isOgg = String.fromCharCode(...all.subarray(0, 4)) === "OggS";
    const source = isOgg ? this.#ogg() : this.#other();
    this.#source = source;
    const before = held.length === 0 ? [] : source.push(held, false);
    return [...before, ...source.push(data, timed)];
  }

  flush(): readonly FrameItem[] {
    if (this.#source !== undefined) return this.#source.flush();
    // Less than four bytes can be one packet, but no Ogg.
    const source = this.#other();
    return [...source.push(Uint8Array.from(this.#head), false), ...source.flush()];
  }
}

class OggSource implements FrameSource {
  readonly #parser: OggAudioParser;
  readonly #caps: CapsOf;

  constructor(codec: "opus" | "flac", capsOf: CapsOf) {
    this.#parser = new OggAudioParser({ codec });
    this.#caps = capsOf;
  }

  push(data: Uint8Array): FrameItem[] {
    return this.#parser.push(data).map((event) => this.#item(event));
  }

  flush(): FrameItem[] {
    return this.#parser.flush().map((event) => this.#item(event));
  }

  #item(event: ReturnType<OggAudioParser["push"]>[number]): FrameItem {
    if (event.type === "issue") return { type: "warning", text: event.issue.message };
    if (event.type === "frame") return event;
    const { config, channels, sampleRate } = event;
    return { type: "format", caps: this.#caps(config, channels, sampleRate), rate: sampleRate };
  }
}

/** A bare FLAC stream. */
class FlacSource implements FrameSource {
  readonly #parser = new FlacParser();
  #info: FlacStreamInfo | undefined;
  #announced = false;

  push(data: Uint8Array): FrameItem[] {
    return this.#parser.push(data).flatMap((event) => this.#items(event));
  }

  flush(): FrameItem[] {
    return this.#parser.flush().flatMap((event) => this.#items(event));
  }

  #items(event: ReturnType<FlacParser["push"]>[number]): FrameItem[] {
    if (event.type === "issue") return [{ type: "warning", text: event.issue.message }];
    if (event.type === "header") {
      const { streamInfo, streamInfoBytes } = event.header;
      this.#info = { ...streamInfo, md5: streamInfo.md5.slice() };
      return this.#format(streamInfo, encodeFlacHeader(streamInfoBytes));
    }
    const { header, data } = event;
    const info = this.#info;
    const format = this.#announced ? [] : this.#format(header, undefined);
    // A stream that was joined late has no STREAMINFO, so its frame numbers say nothing about time.
    const place = info === undefined ? {} : { position: flacFramePosition(header, info) };
    return [...format, { type: "frame", data, samples: header.blockSize, ...place }];
  }

  #format(
    {
      sampleRate,
      channels,
    }: { readonly sampleRate: number | undefined; readonly channels: number },
    config: Uint8Array | undefined,
  ): FrameItem[] {
    this.#announced = true;
    const rate = sampleRate ?? 0;
    if (rate > 0) return [{ type: "format", caps: flacCaps(config, channels, rate), rate }];
    const fallback = 44_100;
    return [
      { type: "warning", text: `the stream tells no sample rate: ${fallback} Hz is assumed` },
      { type: "format", caps: flacCaps(config, channels, fallback), rate: fallback },
    ];
  }
}

/** One packet or frame a buffer. */
class PacketSource implements FrameSource {
  readonly #offered: Caps;
  readonly #rate: number;
  readonly #samplesOf: (packet: Uint8Array) => number;
  #announced = false;

  constructor(offered: Caps, rate: number, samplesOf: (packet: Uint8Array) => number) {
    this.#offered = offered;
    this.#rate = rate;
    this.#samplesOf = samplesOf;
  }

  push(data: Uint8Array): FrameItem[] {
    const items: FrameItem[] = [];
    if (!this.#announced) items.push({ type: "format", caps: this.#offered, rate: this.#rate });
    this.#announced = true;
    try {
      items.push({ type: "frame", data, samples: this.#samplesOf(data) });
    } catch (error) {
      if (!isFormatError(error)) throw error;
      items.push({ type: "warning", text: `a packet is dropped: ${error.message}` });
    }
    return items;
  }

  flush(): FrameItem[] {
    return [];
  }
}
