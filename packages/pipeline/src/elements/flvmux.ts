// Muxers of FLV: GStreamer's two names for it, one job.
import { type FlvFrame, FlvMuxer, type FlvTrack } from "@x/eflv";
import { type MediaBuffer, mediaBuffer } from "../buffer.js";
import { type Caps, caps, formatCaps, fractionOf, mediaTypeOf, numberOf } from "../caps.js";
import { always, type ElementFactory, elementFactory } from "../element.js";
import { PipelineError } from "../errors.js";
import { earliestFirst } from "../merge.js";
import type { PadTemplate, SinkPad } from "../pad.js";
import { anyOf } from "./formats.js";

const FLV_CAPS = caps("video/x-flv");
const AUDIO_CAPS = anyOf(
  caps("audio/mpeg", { mpegversion: 4, "stream-format": "adts" }),
  caps("audio/mpeg", { mpegversion: 1, layer: 3 }),
);
const VIDEO_CAPS = anyOf(
  caps("video/x-h264", { "stream-format": "byte-stream" }),
  caps("video/x-h265", { "stream-format": "byte-stream" }),
);

function request(name: string, padCaps: Caps): PadTemplate {
  return { name, direction: "sink", presence: "request", caps: padCaps };
}

function muxer(name: string, profile: "compatible" | "enhanced"): ElementFactory {
  return elementFactory({
    name,
    classification: "Codec/Muxer",
    description: "Writes FLV with Enhanced RTMP v2: several audio and video tracks, HEVC.",
    properties: {
      profile: {
        type: "enum",
        default: profile,
        values: ["compatible", "enhanced", "multitrack-all", "batched", "twitch"],
        description: "How tracks are put on the wire",
      },
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
        const sinks = context.sinks;
        let muxing: FlvMuxer | undefined;
        const start = (): FlvMuxer => {
          const tracks = sinks.map((pad) => trackOf(pad, context.name));
          return new FlvMuxer({ tracks, profile: properties.profile });
        };
        await src.caps(FLV_CAPS);
        for await (const [index, item] of earliestFirst(sinks)) {
          if (item.type !== "buffer") continue;
          muxing ??= start();
          const frame = frameOf(sinks[index] as SinkPad, item.buffer, context.name);
          if (frame === undefined) {
            context.post({ type: "warning", text: "a buffer without a time was dropped" });
            continue;
          }
          for (const data of muxing.write(frame)) {
            const { pts, dts } = item.buffer;
            await src.buffer(mediaBuffer(data, { pts, dts }));
          }
        }
        for (const data of muxing?.end().bytes ?? []) await src.buffer(mediaBuffer(data));
      },
    }),
  });
}

/** `audio` and `video` are the default tracks, 0; `audio_3` is track 3. */
function trackOf(pad: SinkPad, element: string): FlvTrack {
  const id = Number(/_(\d+)$/.exec(pad.name)?.[1] ?? 0);
  const frameRate = fractionOf(pad.caps, "framerate");
  switch (mediaTypeOf(pad.caps)) {
    case "video/x-h264":
      return {
        kind: "video",
        id,
        codec: "avc1",
        ...(frameRate === undefined ? {} : { frameRate }),
      };
    case "video/x-h265":
      return {
        kind: "video",
        id,
        codec: "hvc1",
        ...(frameRate === undefined ? {} : { frameRate }),
      };
    case "audio/mpeg":
      return {
        kind: "audio",
        id,
        codec: numberOf(pad.caps, "mpegversion") === 4 ? "mp4a" : ".mp3",
      };
    default:
      throw new PipelineError("stream", element, `FLV cannot carry ${formatCaps(pad.caps)}`);
  }
}

function frameOf(pad: SinkPad, buffer: MediaBuffer, element: string): FlvFrame | undefined {
  const { data, pts, dts, duration, flags } = buffer;
  if (pts === undefined) return undefined;
  const { kind, id } = trackOf(pad, element);
  return {
    kind,
    trackId: id,
    data,
    ptsNs: pts,
    ...(dts === undefined ? {} : { dtsNs: dts }),
    ...(duration === undefined ? {} : { durationNs: duration }),
    isKey: flags.deltaUnit !== true,
  };
}

export const flvmux: ElementFactory = muxer("flvmux", "compatible");
export const eflvmux: ElementFactory = muxer("eflvmux", "compatible");
