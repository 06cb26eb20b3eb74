// Parsers of audio whose frames say their own length: three formats, one job.
import { concatBytes } from "@x/bits";
import {
  type Ac3Header,
  aacChannels,
  audioSpecificConfigFromAdts,
  type FrameHeaders,
  FrameParser,
  isMpegAudioInfoFrame,
  type MpegAudioHeader,
} from "@x/es";
import { type Caps, caps } from "../caps.js";
import type { ElementFactory } from "../element.js";
import { audioParser, type FrameItem, type FrameSource } from "../frame-stream.js";
import { anyOf } from "./formats.js";

interface HeaderFacts<Header> {
  readonly rate: (header: Header) => number;
  readonly caps: (header: Header) => Caps;
  /** True for a frame that holds no sound. */
  readonly isSilent?: (frame: Uint8Array, header: Header) => boolean;
  /** True for a frame that belongs to the one before it. */
  readonly continues?: (header: Header) => boolean;
}

/** Frames of one of the formats of `FrameParser`. */
class FramedSource<F extends keyof FrameHeaders> implements FrameSource {
  readonly #parser: FrameParser<F>;
  readonly #facts: HeaderFacts<FrameHeaders[F]>;
  #last = "";
  /** The access unit that the next frame may belong to. */
  #unit: { readonly pieces: Uint8Array[]; readonly samples: number } | undefined;

  constructor(format: F, facts: HeaderFacts<FrameHeaders[F]>) {
    this.#parser = new FrameParser({ format });
    this.#facts = facts;
  }

  push(data: Uint8Array): FrameItem[] {
    return this.#items(this.#parser.push(data));
  }

  flush(): FrameItem[] {
    return [...this.#items(this.#parser.flush()), ...this.#finish()];
  }

  #items(events: ReturnType<FrameParser<F>["push"]>): FrameItem[] {
    const { rate, caps: capsOf, isSilent, continues } = this.#facts;
    return events.flatMap((event): FrameItem[] => {
      if (event.type === "issue") return [{ type: "warning", text: event.issue.message }];
      const { header, data } = event;
      if (continues?.(header) === true) {
        this.#unit?.pieces.push(data.slice());
        return [];
      }
      if (isSilent?.(data, header) === true && this.#last === "") return [];
      const items = this.#finish();
      const format = capsOf(header);
      const key = JSON.stringify(format);
      if (key !== this.#last) items.push({ type: "format", caps: format, rate: rate(header) });
      this.#last = key;
      // Where nothing can follow, nothing has to be waited for.
      if (continues === undefined) items.push({ type: "frame", data, samples: header.samples });
      else this.#unit = { pieces: [data.slice()], samples: header.samples };
      return items;
    });
  }

  #finish(): FrameItem[] {
    if (this.#unit === undefined) return [];
    const { pieces, samples } = this.#unit;
    this.#unit = undefined;
    return [{ type: "frame", data: concatBytes(...pieces), samples }];
  }
}

const AAC: Caps = caps("audio/mpeg", { mpegversion: 4, "stream-format": "adts", framed: true });

export const aacparse: ElementFactory = audioParser({
  name: "aacparse",
  description: "Cuts AAC in ADTS into frames with their times.",
  input: caps("audio/mpeg", { mpegversion: { oneOf: [2, 4] } }),
  output: AAC,
  open: () =>
    new FramedSource("adts", {
      rate: ({ samplingFrequency }) => samplingFrequency,
      caps: (header) =>
        caps("audio/mpeg", {
          mpegversion: 4,
          "stream-format": "adts",
          framed: true,
          rate: header.samplingFrequency,
          channels: aacChannels(audioSpecificConfigFromAdts(header)) ?? 0,
        }),
    }),
});

export const mp3parse: ElementFactory = audioParser({
  name: "mp3parse",
  description: "Cuts MPEG audio into frames with their times.",
  input: caps("audio/mpeg", { mpegversion: 1 }),
  output: caps("audio/mpeg", { mpegversion: 1, parsed: true }),
  open: () =>
    new FramedSource("mpeg-audio", {
      rate: ({ sampleRate }) => sampleRate,
      caps: ({ layer, sampleRate, channels }: MpegAudioHeader) =>
        caps("audio/mpeg", { mpegversion: 1, layer, parsed: true, rate: sampleRate, channels }),
      isSilent: isMpegAudioInfoFrame,
    }),
});

export const ac3parse: ElementFactory = audioParser({
  name: "ac3parse",
  description: "Cuts AC-3 and E-AC-3 into frames with their times, dependent substreams included.",
  input: anyOf(caps("audio/x-ac3"), caps("audio/x-eac3")),
  output: anyOf(caps("audio/x-ac3", { framed: true }), caps("audio/x-eac3", { framed: true })),
  open: () =>
    new FramedSource("ac3", {
      rate: ({ sampleRate }) => sampleRate,
      caps: ({ codec, sampleRate, channels }: Ac3Header) =>
        caps(codec === "ac-3" ? "audio/x-ac3" : "audio/x-eac3", {
          framed: true,
          alignment: "frame",
          rate: sampleRate,
          channels,
        }),
      // Dependent substreams, and further programmes, belong to the independent substream 0 in front (E.2.3.1).
      continues: ({ streamType, substreamId }) => streamType === 1 || substreamId > 0,
    }),
});
