import { concatBytes } from "@x/bits";
import { FlvDemuxer, type FlvEvent, type MediaMessage } from "@x/eflv";
import {
  AVC_NAL,
  avcNalType,
  decodeAudioSpecificConfig,
  decodeAvcConfiguration,
  decodeHevcConfiguration,
  encodeAdtsHeader,
  encodeAnnexB,
  HEVC_NAL,
  hevcNalType,
  isFormatError,
  type NalLengthSize,
  splitLengthPrefixed,
} from "@x/es";
import { type MediaBuffer, mediaBuffer } from "../buffer.js";
import { type Caps, caps } from "../caps.js";
import {
  always,
  type ElementContext,
  type ElementFactory,
  elementFactory,
  forEachItem,
} from "../element.js";
import type { PadTemplate, SrcPad } from "../pad.js";

const FLV_CAPS = caps("video/x-flv");

function sometimes(name: string): PadTemplate {
  return { name, direction: "src", presence: "sometimes", caps: "ANY" };
}

const PADS = {
  audio: sometimes("audio"),
  video: sometimes("video"),
  moreAudio: sometimes("audio_%u"),
  moreVideo: sometimes("video_%u"),
};

/** Legacy codec numbers as FourCCs (FLV 10.1 E.4.2.1, E.4.3.1). */
const SOUND_FORMATS: Readonly<Record<number, string>> = { 2: ".mp3", 10: "mp4a", 14: ".mp3" };
const CODEC_IDS: Readonly<Record<number, string>> = { 7: "avc1", 12: "hvc1" };

export const flvdemux: ElementFactory = elementFactory({
  name: "flvdemux",
  classification: "Codec/Demuxer",
  description:
    "Splits FLV, enhanced or not, into its tracks; H.264 and H.265 as byte streams, AAC as ADTS.",
  properties: {},
  pads: [always("sink", FLV_CAPS), ...Object.values(PADS)],
  create: () => ({
    async run(context) {
      const demuxer = new FlvDemuxer();
      const tracks = new Tracks(context);
      await forEachItem(context.sink(), {
        buffer: async ({ data }) => tracks.handle(demuxer.push(data)),
      });
      await tracks.handle(demuxer.flush());
      if (!tracks.any)
        context.post({ type: "error", text: "no audio or video was found in the stream" });
    },
  }),
});

/** What is known of a track. */
interface Track {
  readonly pad: SrcPad;
  /** Turns a payload into what follows on the pad; set by the configuration. */
  convert: (body: Uint8Array, isKey: boolean) => Uint8Array;
}

class Tracks {
  readonly #context: ElementContext;
  readonly #tracks = new Map<string, Track>();

  constructor(context: ElementContext) {
    this.#context = context;
  }

  get any(): boolean {
    return this.#tracks.size > 0;
  }

  async handle(events: readonly FlvEvent[]): Promise<void> {
    for (const event of events) {
      if (event.type === "issue" || event.type === "invalid") {
        this.#context.post({ type: "warning", text: event.issue.message });
      } else if (event.type === "audio") {
        const { soundFormat } = event.audio;
        const legacy = SOUND_FORMATS[soundFormat] ?? `sound-format-${soundFormat}`;
        for (const message of event.audio.messages) {
          await this.#message("audio", message, message.fourCc ?? legacy, event.dts, true);
        }
      } else if (event.type === "video") {
        const { codecId = -1 } = event.video;
        const legacy = CODEC_IDS[codecId] ?? `codec-id-${codecId}`;
        for (const message of event.video.messages) {
          const isKey = event.video.frameType === 1;
          await this.#message("video", message, message.fourCc ?? legacy, event.dts, isKey);
        }
      }
    }
  }

  async #message(
    kind: "audio" | "video",
    message: MediaMessage,
    codec: string,
    dtsMs: number,
    isKey: boolean,
  ): Promise<void> {
    const { packetType, body, trackId, compositionTime } = message;
    const isFrame = packetType === "CodedFrames" || packetType === "CodedFramesX";
    if (packetType !== "SequenceStart" && !isFrame) return;
    const key = `${kind}/${trackId}`;
    try {
      let track = this.#tracks.get(key);
      if (track === undefined) {
        const format = formatOf(codec);
        const pad = this.#addPad(kind, trackId, format);
        track = { pad, convert: (bytes) => bytes };
        this.#tracks.set(key, track);
        await pad.caps(format);
      }
      if (packetType === "SequenceStart") {
        track.convert = converterOf(codec, body.slice()) ?? track.convert;
        return;
      }
      const dts = milliseconds(dtsMs);
      const pts = milliseconds(dtsMs + (compositionTime ?? 0));
      const buffer: MediaBuffer = mediaBuffer(track.convert(body, isKey).slice(), {
        pts,
        dts: pts === dts ? undefined : dts,
        flags: { deltaUnit: !isKey },
      });
      await track.pad.buffer(buffer);
    } catch (error) {
      if (!isFormatError(error)) throw error;
      this.#context.post({ type: "warning", text: error.message });
    }
  }

  #addPad(kind: "audio" | "video", trackId: number, format: Caps): SrcPad {
    if (trackId === 0) return this.#context.addSrc(kind, PADS[kind], format);
    const template = kind === "audio" ? PADS.moreAudio : PADS.moreVideo;
    return this.#context.addSrc(`${kind}_${trackId}`, template, format);
  }
}

function formatOf(codec: string): Caps {
  switch (codec) {
    case "avc1":
      return caps("video/x-h264", { "stream-format": "byte-stream", alignment: "au" });
    case "hvc1":
      return caps("video/x-h265", { "stream-format": "byte-stream", alignment: "au" });
    case "mp4a":
      return caps("audio/mpeg", { mpegversion: 4, "stream-format": "adts" });
    case ".mp3":
      return caps("audio/mpeg", { mpegversion: 1, layer: 3 });
    default:
      return caps("application/octet-stream", { codec });
  }
}

/** Parameter sets go before every key frame, an ADTS header before every frame. */
function converterOf(codec: string, config: Uint8Array): Track["convert"] | undefined {
  if (codec === "avc1") {
    const { nalLengthSize, sps, pps } = decodeAvcConfiguration(config);
    return byteStream(nalLengthSize, [...sps, ...pps], (nal) => avcNalType(nal) === AVC_NAL.sps);
  }
  if (codec === "hvc1") {
    const { nalLengthSize, arrays } = decodeHevcConfiguration(config);
    const sets = arrays.flatMap(({ nalUnits }) => nalUnits);
    return byteStream(nalLengthSize, sets, (nal) => hevcNalType(nal) === HEVC_NAL.sps);
  }
  if (codec === "mp4a") {
    const { audioObjectType, samplingFrequency, channelConfiguration } =
      decodeAudioSpecificConfig(config);
    const header = { audioObjectType, samplingFrequency, channelConfiguration };
    return (body) => concatBytes(encodeAdtsHeader(header, body.length), body);
  }
  return undefined;
}

function byteStream(
  lengthSize: NalLengthSize,
  parameterSets: readonly Uint8Array[],
  isSps: (nal: Uint8Array) => boolean,
): Track["convert"] {
  return (body, isKey) => {
    const nals = splitLengthPrefixed(body, lengthSize);
    const complete = !isKey || nals.some(isSps);
    return encodeAnnexB(complete ? nals : [...parameterSets, ...nals]);
  };
}

function milliseconds(ms: number): bigint {
  return BigInt(Math.round(ms)) * 1_000_000n;
}
