// Muxers of FLV: GStreamer's two names for it, one job.

import {
  type AmfValue,
  type AudioCodec,
  type FlvFrame,
  FlvMuxer,
  type FlvTrack,
  type VideoCodec,
} from "@x/eflv";
import { decodeAdtsHeader, isFormatError } from "@x/es";
import { type MediaBuffer, mediaBuffer, SECOND } from "../buffer.js";
import {
  type Caps,
  caps,
  formatCaps,
  fractionOf,
  mediaTypeOf,
  numberOf,
  stringOf,
} from "../caps.js";
import { always, type ElementContext, type ElementFactory, elementFactory } from "../element.js";
import { PipelineError } from "../errors.js";
import { earliestFirst } from "../merge.js";
import type { PadTemplate, SinkPad } from "../pad.js";
import { anyOf, codecDataOf, withoutFormat } from "./formats.js";

const FLV_CAPS = caps("video/x-flv");
const AUDIO_CAPS = anyOf(
  caps("audio/mpeg", { mpegversion: 4, "stream-format": { oneOf: ["adts", "raw"] } }),
  caps("audio/mpeg", { mpegversion: 1, layer: 3 }),
  caps("audio/x-opus"),
  caps("audio/x-flac"),
  caps("audio/x-ac3"),
  caps("audio/x-eac3"),
);
const VIDEO_CAPS = anyOf(
  caps("video/x-h264", { "stream-format": "byte-stream" }),
  caps("video/x-h265", { "stream-format": "byte-stream" }),
  caps("video/x-av1", { "stream-format": "obu-stream" }),
  caps("video/x-vp9"),
);

function request(name: string, padCaps: Caps): PadTemplate {
  return { name, direction: "sink", presence: "request", caps: padCaps, firstNumber: 1 };
}

function muxer(name: string): ElementFactory {
  return elementFactory({
    name,
    classification: "Codec/Muxer",
    description: "Writes FLV with Enhanced RTMP v2: several audio and video tracks of many codecs.",
    properties: {
      profile: {
        type: "enum",
        default: "compatible",
        values: ["compatible", "enhanced", "multitrack-all", "batched", "twitch"],
        description: "How tracks are put on the wire",
      },
      streamable: {
        type: "boolean",
        default: false,
        description: "Write no duration and size; so it is without a filesink right behind as well",
      },
      "index-entries": {
        type: "integer",
        default: 0,
        min: 0,
        max: 65_535,
        description: "Key frames for which a file keeps room in an index",
      },
      "nano-offsets": {
        type: "boolean",
        default: false,
        description:
          "Write what is below a millisecond of enhanced tags as well; few readers take it",
      },
      metadatacreator: {
        type: "string",
        default: undefined,
        description: "The metadatacreator of onMetaData",
      },
      encoder: { type: "string", default: undefined, description: "The encoder of onMetaData" },
    },
    pads: [
      request("audio", AUDIO_CAPS),
      request("video", VIDEO_CAPS),
      request("audio_%u", AUDIO_CAPS),
      request("video_%u", VIDEO_CAPS),
      always("src", FLV_CAPS),
    ],
    create: (properties) => ({
      async run(context) {
        const src = context.src();
        const { metadatacreator, encoder } = properties;
        const metadata: Record<string, AmfValue> = {};
        if (metadatacreator !== undefined) metadata.metadatacreator = metadatacreator;
        if (encoder !== undefined) metadata.encoder = encoder;
        const isFile = !properties.streamable && src.peerSeekable;
        let tracks: readonly (TrackInput | undefined)[] = [];
        let muxing: FlvMuxer | undefined;
        await src.caps(FLV_CAPS);
        for await (const [index, item] of earliestFirst(context.sinks)) {
          if (item.type === "caps" && muxing !== undefined) tracks[index]?.reformat(muxing);
          if (item.type !== "buffer") continue;
          if (muxing === undefined) {
            // Caps come first on every pad, and before a time is compared all pads have been looked at.
            if (context.sinks[index]?.caps === "ANY") throw withoutFormat(context.name);
            tracks = context.sinks.map((pad) => TrackInput.of(pad, context));
            muxing = new FlvMuxer({
              tracks: tracks.flatMap((one) => (one === undefined ? [] : [one.track])),
              profile: properties.profile,
              metadata,
              nanoOffsets: properties["nano-offsets"],
              ...(isFile && { seekable: { keyframes: properties["index-entries"] } }),
            });
          }
          const track = tracks[index];
          if (track === undefined) throw withoutFormat(context.name);
          for (const data of track.write(item.buffer, muxing)) {
            const { pts, dts } = item.buffer;
            await src.buffer(mediaBuffer(data, { pts, dts }));
          }
        }
        for (const input of tracks) input?.finish();
        const { bytes, patches } = muxing?.end() ?? { bytes: [], patches: [] };
        for (const data of bytes) await src.buffer(mediaBuffer(data));
        for (const { offset, bytes: data } of patches) {
          await src.push({ type: "patch", offset, data });
        }
      },
    }),
  });
}

const AUDIO_CODECS: Readonly<Record<string, AudioCodec>> = {
  "audio/x-opus": "Opus",
  "audio/x-flac": "fLaC",
  "audio/x-ac3": "ac-3",
  "audio/x-eac3": "ec-3",
};

const VIDEO_CODECS: Readonly<Record<string, VideoCodec>> = {
  "video/x-h264": "avc1",
  "video/x-h265": "hvc1",
  "video/x-av1": "av01",
  "video/x-vp9": "vp09",
};

/** One sink pad: what it carries, and its frames on the way into the muxer. */
class TrackInput {
  readonly track: FlvTrack;
  readonly #pad: SinkPad;
  readonly #context: ElementContext;
  /** Video begins with a key frame. */
  #waitsForKey: boolean;
  #dropped = 0;

  private constructor(track: FlvTrack, pad: SinkPad, context: ElementContext) {
    this.track = track;
    this.#pad = pad;
    this.#context = context;
    this.#waitsForKey = track.kind === "video";
  }

  /** `undefined`: nothing ever came. */
  static of(pad: SinkPad, context: ElementContext): TrackInput | undefined {
    if (pad.caps === "ANY") {
      context.post({ type: "warning", text: `nothing came on pad "${pad.name}"` });
      return undefined;
    }
    return new TrackInput(trackOf(pad, context.name), pad, context);
  }

  /** The pad has new caps. */
  reformat(muxing: FlvMuxer): void {
    const { kind, id, codec } = this.track;
    const { codec: next, config } = trackOf(this.#pad, this.#context.name);
    if (next !== codec) {
      const text = `${this.#pad.name} turned from ${codec} into ${next}: a track has one codec`;
      throw new PipelineError("stream", this.#context.name, text);
    }
    if (config !== undefined) muxing.setConfig(kind, id, config);
  }

  write(buffer: MediaBuffer, muxing: FlvMuxer): Uint8Array[] {
    if (buffer.pts === undefined) return this.#drop("a buffer without a time was dropped");
    const isKey = buffer.flags.deltaUnit !== true;
    if (this.#waitsForKey && !isKey) {
      this.#dropped++;
      return [];
    }
    try {
      const written = this.#frames(buffer, buffer.pts).flatMap((frame) => muxing.write(frame));
      this.finish();
      this.#waitsForKey = false;
      return written;
    } catch (error) {
      if (!isFormatError(error) && !(error instanceof RangeError)) throw error;
      return this.#drop(`a frame of ${this.#pad.name} was dropped: ${(error as Error).message}`);
    }
  }

  /** Say what was left out until now. */
  finish(): void {
    if (this.#dropped === 0) return;
    const text = `${this.#dropped} pictures of ${this.#pad.name} in front of its first key frame were dropped`;
    this.#context.post({ type: "warning", text });
    this.#dropped = 0;
  }

  #drop(text: string): Uint8Array[] {
    this.#context.post({ type: "warning", text });
    return [];
  }

  /** One frame or, of ADTS that no parser has cut, several. */
  #frames(buffer: MediaBuffer, pts: bigint): FlvFrame[] {
    const { data, dts, duration, flags } = buffer;
    const { kind, id: trackId, codec } = this.track;
    const whole: FlvFrame = {
      kind,
      trackId,
      data,
      ptsNs: pts,
      ...(dts === undefined ? {} : { dtsNs: dts }),
      ...(duration === undefined ? {} : { durationNs: duration }),
      isKey: flags.deltaUnit !== true,
    };
    if (codec !== "mp4a" || stringOf(this.#pad.caps, "stream-format") !== "adts") return [whole];
    const frames: FlvFrame[] = [];
    for (let at = 0, samples = 0; at < data.length; ) {
      const header = decodeAdtsHeader(data, at);
      const end = at + header.frameBytes;
      const ptsNs = pts + (BigInt(samples) * SECOND) / BigInt(header.samplingFrequency);
      frames.push({ ...whole, data: data.subarray(at, end), ptsNs });
      samples += header.samples;
      at = end;
    }
    return frames;
  }
}

/** `audio` and `video` are the default tracks, 0; `audio_3` is track 3. */
function trackOf(pad: SinkPad, element: string): FlvTrack {
  const id = Number(/_(\d+)$/.exec(pad.name)?.[1] ?? 0);
  const mediaType = mediaTypeOf(pad.caps) ?? "";
  const config = codecDataOf(pad.caps);
  const video = VIDEO_CODECS[mediaType];
  if (video !== undefined) {
    return {
      kind: "video",
      id,
      codec: video,
      ...definedOf({
        config,
        width: numberOf(pad.caps, "width"),
        height: numberOf(pad.caps, "height"),
        frameRate: fractionOf(pad.caps, "framerate"),
      }),
    };
  }
  const codec = AUDIO_CODECS[mediaType] ?? mpegCodecOf(pad.caps);
  if (codec === undefined) {
    throw new PipelineError("stream", element, `FLV cannot carry ${formatCaps(pad.caps)}`);
  }
  if (config === undefined && codec === "fLaC") {
    const text = `${pad.name}: FLAC without codec_data; flacparse in front gives it`;
    throw new PipelineError("stream", element, text);
  }
  return {
    kind: "audio",
    id,
    codec,
    ...definedOf({
      config,
      sampleRate: numberOf(pad.caps, "rate"),
      channels: numberOf(pad.caps, "channels"),
    }),
  };
}

function mpegCodecOf(of: Caps): AudioCodec | undefined {
  if (mediaTypeOf(of) !== "audio/mpeg") return undefined;
  if (numberOf(of, "mpegversion") === 4) return "mp4a";
  return (numberOf(of, "layer") ?? 3) === 3 ? ".mp3" : undefined;
}

/** The members that have a value. */
function definedOf<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(members).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

export const flvmux: ElementFactory = muxer("flvmux");
export const eflvmux: ElementFactory = muxer("eflvmux");
