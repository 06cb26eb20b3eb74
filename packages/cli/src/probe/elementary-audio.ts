import {
  type Ac3Header,
  FlacParser,
  type FlacStreamInfo,
  type FrameHeaders,
  FrameParser,
  isMpegAudioInfoFrame,
  OggAudioParser,
} from "@x/es";
import type { StreamKind } from "@x/mpegts";
import { type ElementaryFormat, reader } from "./elementary-probe.js";
import { readStreamFormat, type StreamFormat } from "./stream-format.js";

interface FrameFacts<Header> {
  readonly codec: string;
  readonly framing: string;
  readonly kind: StreamKind;
  readonly rate: (header: Header) => number;
  /** True for a frame that holds no sound. */
  readonly isSilent?: (frame: Uint8Array, header: Header) => boolean;
  /** True for a frame that belongs to the one before it. */
  readonly continues?: (header: Header) => boolean;
  readonly name?: (header: Header) => string;
}

const FACTS: { readonly [F in keyof FrameHeaders]: FrameFacts<FrameHeaders[F]> } = {
  adts: {
    codec: "AAC",
    framing: "ADTS",
    kind: "aac-adts",
    rate: ({ samplingFrequency }) => samplingFrequency,
  },
  "mpeg-audio": {
    codec: "MPEG audio",
    framing: "frames",
    kind: "mpeg1-audio",
    rate: ({ sampleRate }) => sampleRate,
    isSilent: isMpegAudioInfoFrame,
    name: ({ layer }) => (layer === 3 ? "MP3" : "MPEG audio"),
  },
  ac3: {
    codec: "AC-3",
    framing: "frames",
    kind: "ac3",
    rate: ({ sampleRate }) => sampleRate,
    // Dependent substreams, and further programmes, belong to the independent substream 0 in front (E.2.3.1).
    continues: ({ streamType, substreamId }: Ac3Header) => streamType === 1 || substreamId > 0,
    name: ({ codec }) => (codec === "ac-3" ? "AC-3" : "E-AC-3"),
  },
};

/** ADTS, MPEG audio, AC-3 and E-AC-3: frames that say how long they are. */
export function framedAudio<F extends keyof FrameHeaders>(format: F): ElementaryFormat {
  const facts = FACTS[format];
  const { codec, framing, kind, rate, isSilent, continues, name } = facts;
  return {
    codec,
    framing,
    open(probe) {
      const parser = new FrameParser({ format });
      return reader(parser, (event) => {
        if (event.type === "issue") return probe.issue(event.issue);
        const { header, data } = event;
        if (continues?.(header) === true) return probe.more(data.length);
        if (isSilent?.(data, header) === true && probe.format === undefined) return;
        if (probe.format === undefined) probe.codec = name?.(header) ?? codec;
        probe.format ??= readStreamFormat(kind, data);
        probe.frame({ bytes: data.length });
        probe.lasts(header.samples / rate(header));
      });
    },
  };
}

export const FLAC: ElementaryFormat = {
  codec: "FLAC",
  framing: "frames",
  open(probe) {
    let rate: number | undefined;
    return reader(new FlacParser(), (event) => {
      if (event.type === "issue") return probe.issue(event.issue);
      if (event.type === "header") {
        probe.format = flacFormat(event.header.streamInfo);
        rate = event.header.streamInfo.sampleRate;
        return;
      }
      const { header, data } = event;
      rate = header.sampleRate ?? rate;
      probe.frame({ bytes: data.length });
      if (rate !== undefined) probe.lasts(header.blockSize / rate);
    });
  },
};

/** Opus or FLAC in Ogg. */
export function oggAudio(codec: "opus" | "flac"): ElementaryFormat {
  return {
    codec: codec === "opus" ? "Opus" : "FLAC",
    framing: "Ogg",
    open(probe) {
      let rate = 48_000;
      return reader(new OggAudioParser({ codec }), (event) => {
        if (event.type === "issue") return probe.issue(event.issue);
        if (event.type === "header") {
          const { sampleRate, channels } = event;
          rate = sampleRate;
          probe.format ??= { sampleRate, channels };
          return;
        }
        probe.frame({ bytes: event.data.length });
        probe.lasts(event.samples / rate);
      });
    },
  };
}

function flacFormat({ sampleRate, channels, bitsPerSample }: FlacStreamInfo): StreamFormat {
  return { bitDepth: bitsPerSample, sampleRate, channels };
}
