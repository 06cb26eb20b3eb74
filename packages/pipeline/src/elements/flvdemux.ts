import {
  amfToPlain,
  FlvDemuxer,
  type FlvEvent,
  fourCcOfLegacy,
  type MediaMessage,
  presentationTimeNs,
  type ScriptData,
} from "@x/eflv";
import { isFormatError } from "@x/es";
import { mediaBuffer } from "../buffer.js";
import { type Caps, caps, type Fraction, formatCaps } from "../caps.js";
import {
  always,
  type ElementContext,
  type ElementFactory,
  elementFactory,
  forEachItem,
} from "../element.js";
import type { PadTemplate, SrcPad } from "../pad.js";
import { type TrackFormat, trackFormat } from "./flv-formats.js";

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

/** Frame types of frames at which decoding can begin: key, and generated key. */
const KEY_FRAMES: readonly number[] = [1, 4];

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
      tracks.finish();
    },
  }),
});

type Kind = "audio" | "video";

/** What is known of a track. */
interface Track {
  pad: SrcPad | undefined;
  codec: string;
  /** Body of the last SequenceStart that was not empty. */
  config: Uint8Array | undefined;
  /** `undefined`: the next frame tells. */
  format: TrackFormat | undefined;
  announced: string;
  /** Frames that nobody could use without a configuration. */
  dropped: number;
}

/** A message with what its tag says about it. */
interface Timed {
  readonly message: MediaMessage;
  readonly codec: string;
  /** Milliseconds. */
  readonly dts: number;
  /** Nanoseconds to be added to the presentation time. */
  readonly nano: number;
  readonly isKey: boolean;
}

class Tracks {
  readonly #context: ElementContext;
  readonly #tracks = new Map<string, Track>();
  #metadata: Readonly<Record<string, unknown>> = {};
  #filtered = 0;

  constructor(context: ElementContext) {
    this.#context = context;
  }

  finish(): void {
    if (this.#filtered > 0) {
      const text = `${this.#filtered} tags behind a filter, encrypted as a rule, were left out`;
      this.#context.post({ type: "warning", text });
    }
    for (const [name, { dropped, codec }] of this.#tracks) {
      if (dropped === 0) continue;
      const text = `${dropped} frames of ${name} were dropped: ${codec} came without a configuration`;
      this.#context.post({ type: "warning", text });
    }
    if ([...this.#tracks.values()].some(({ pad }) => pad !== undefined)) return;
    this.#context.post({ type: "error", text: "no audio or video was found in the stream" });
  }

  async handle(events: readonly FlvEvent[]): Promise<void> {
    for (const event of events) {
      switch (event.type) {
        case "issue":
        case "invalid":
          this.#context.post({ type: "warning", text: event.issue.message });
          break;
        case "filtered":
          this.#filtered++;
          break;
        case "script":
          this.#script(event.script);
          break;
        case "audio": {
          const { soundFormat, messages, timestampOffsetNano: nano } = event.audio;
          const legacy = fourCcOfLegacy("audio", soundFormat) ?? `sound-format-${soundFormat}`;
          for (const message of messages) {
            const codec = message.fourCc ?? legacy;
            await this.#message("audio", { message, codec, dts: event.dts, nano, isKey: true });
          }
          break;
        }
        case "video": {
          const { codecId = -1, frameType, messages, timestampOffsetNano: nano } = event.video;
          const legacy = fourCcOfLegacy("video", codecId) ?? `codec-id-${codecId}`;
          const isKey = KEY_FRAMES.includes(frameType);
          for (const message of messages) {
            const codec = message.fourCc ?? legacy;
            await this.#message("video", { message, codec, dts: event.dts, nano, isKey });
          }
        }
      }
    }
  }

  #script({ values }: ScriptData): void {
    const at = values.indexOf("onMetaData");
    const metadata = at < 0 ? undefined : amfToPlain(values[at + 1]);
    if (isRecord(metadata)) this.#metadata = metadata;
  }

  async #message(kind: Kind, timed: Timed): Promise<void> {
    const { packetType, body, trackId } = timed.message;
    const isFrame = packetType === "CodedFrames" || packetType === "CodedFramesX";
    // An empty SequenceStart, or frame, is FFmpeg's for what it does not know yet, or any more.
    if ((packetType !== "SequenceStart" && !isFrame) || body.length === 0) return;
    const name = trackId === 0 ? kind : `${kind}_${trackId}`;
    const track = this.#track(name, timed.codec);
    if (!isFrame) {
      track.config = body.slice();
      track.format = undefined;
      return;
    }
    try {
      track.format ??= trackFormat(
        timed.codec,
        track.config,
        body,
        kind === "video" ? this.#frameRate(trackId) : undefined,
      );
      if (track.format === undefined) track.dropped++;
      else await this.#frame(kind, name, track, track.format, timed);
    } catch (error) {
      if (!isFormatError(error)) throw error;
      this.#context.post({ type: "warning", text: `a frame of ${name}: ${error.message}` });
    }
  }

  #track(name: string, codec: string): Track {
    const known = this.#tracks.get(name);
    if (known?.codec === codec) return known;
    const track: Track = {
      pad: known?.pad,
      codec,
      config: undefined,
      format: undefined,
      announced: "",
      dropped: 0,
    };
    this.#tracks.set(name, track);
    return track;
  }

  async #frame(
    kind: Kind,
    name: string,
    track: Track,
    format: TrackFormat,
    { message, dts, nano, isKey }: Timed,
  ): Promise<void> {
    const data = format.convert(message.body, isKey);
    track.pad ??= this.#addPad(kind, name, format.caps);
    const text = formatCaps(format.caps);
    if (text !== track.announced) await track.pad.caps(format.caps);
    track.announced = text;
    const decoded = presentationTimeNs(dts);
    const pts = presentationTimeNs(dts, message.compositionTime, nano);
    await track.pad.buffer(
      mediaBuffer(data === message.body ? data.slice() : data, {
        pts,
        dts: message.compositionTime === undefined || pts === decoded ? undefined : decoded,
        flags: { deltaUnit: !isKey },
      }),
    );
  }

  #addPad(kind: Kind, name: string, format: Caps): SrcPad {
    const more = kind === "audio" ? PADS.moreAudio : PADS.moreVideo;
    return this.#context.addSrc(name, name === kind ? PADS[kind] : more, format);
  }

  /** Of onMetaData; what a track's own entry does not say, the top level does. */
  #frameRate(trackId: number): Fraction | undefined {
    const map = this.#metadata.videoTrackIdInfoMap;
    const own = isRecord(map) ? map[String(trackId)] : undefined;
    const rate = (isRecord(own) ? own.framerate : undefined) ?? this.#metadata.framerate;
    return typeof rate === "number" ? fractionNear(rate) : undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** A frame rate written as a decimal number: 29.97 is 30000/1001. */
function fractionNear(rate: number): Fraction | undefined {
  if (!(rate > 0 && rate <= 1000)) return undefined;
  const whole = Math.round(rate);
  if (Math.abs(rate - whole) < 1e-4) return { numerator: whole, denominator: 1 };
  const film = Math.round(rate * 1.001);
  if (Math.abs(rate - film / 1.001) < 5e-3) return { numerator: film * 1000, denominator: 1001 };
  return { numerator: Math.round(rate * 1000), denominator: 1000 };
}
