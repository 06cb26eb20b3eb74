import {
  decodeLanguageDescriptor,
  findDescriptor,
  isFormatError,
  type Pmt,
  type PmtStream,
  TsDemuxer,
  type TsEvent,
  type TsPesEvent,
} from "@x/mpegts";
import { mediaBuffer, SECOND } from "../buffer.js";
import { capsAreEmpty, formatCaps, intersectCaps } from "../caps.js";
import {
  always,
  type ElementContext,
  type ElementFactory,
  elementFactory,
  forEachItem,
} from "../element.js";
import type { PadTemplate, SrcPad } from "../pad.js";
import { SharedAxis } from "../shared-axis.js";
import { MPEGTS_CAPS } from "./formats.js";
import { AUDIO_TYPE_TAG, LANGUAGE_TAG, type StreamFormat, ticks } from "./ts-stream.js";
import { streamFormat } from "./ts-stream-formats.js";

/** A stream without data for this long gets gap events, so that a muxer behind does not wait for it. */
const GAP_AFTER = SECOND / 2n;

const TEMPLATES: Readonly<Record<StreamFormat["pads"], PadTemplate>> = {
  video: sometimes("video"),
  audio: sometimes("audio"),
  private: sometimes("private"),
};

/** A greater step of the DTS is a jump; programmes whose times are nearer have one clock. */
const MAX_GAP = 10n * SECOND;

interface Stream {
  readonly pad: SrcPad;
  readonly programNumber: number;
  format: StreamFormat;
  tags: Readonly<Record<string, string>>;
  /** Where its last packet lay on the axis of all programmes. */
  position: bigint | undefined;
}

export const tsdemux: ElementFactory = elementFactory({
  name: "tsdemux",
  classification: "Codec/Demuxer",
  description: "Splits an MPEG transport stream into its elementary streams.",
  properties: {
    "program-number": {
      type: "integer",
      default: -1,
      min: -1,
      max: 65_535,
      description: "Programme to take; -1: all",
    },
    "skew-corrections": {
      type: "boolean",
      default: false,
      description:
        "Bend times towards the local clock; there is none: mpegtslivesrc has the sender's",
    },
    "time-base": {
      type: "enum",
      default: "first",
      values: ["first", "stream"],
      description: "Stream time 0: the first time stamp that was seen, or the stream's own zero",
    },
  },
  pads: [always("sink", MPEGTS_CAPS), ...Object.values(TEMPLATES)],
  create: (properties) => ({
    async run(context) {
      if (properties["skew-corrections"]) {
        const text = "skew corrections do not exist here: use mpegtslivesrc";
        context.post({ type: "warning", text });
      }
      const demuxer = new TsDemuxer();
      const streams = new Streams(context, properties);
      const handle = async (events: readonly TsEvent[]): Promise<void> => {
        for (const event of events) {
          if (event.type === "issue") {
            const { message, code } = event.issue;
            const type = code === "truncated" ? "error" : "warning";
            context.post({ type, text: message, details: { ...event.issue } });
          } else if (event.type === "pmt") await streams.announce(event.pmt);
          else if (event.type === "pes") await streams.deliver(event);
        }
      };
      await forEachItem(context.sink(), {
        buffer: async ({ data }) => handle(demuxer.push(data)),
      });
      await handle(demuxer.flush());
      if (streams.count === 0) {
        context.post({ type: "error", text: "no programme was found in the stream" });
      }
    },
  }),
});

/** The streams that were found, and where the times of their programmes lie. */
class Streams {
  readonly #context: ElementContext;
  readonly #program: number;
  readonly #fromFirst: boolean;
  readonly #streams = new Map<number, Stream>();
  readonly #axis = new SharedAxis<number>();
  /** By programme: 90 kHz at stream time 0. */
  readonly #origins = new Map<number, number>();

  constructor(
    context: ElementContext,
    properties: { readonly "program-number": number; readonly "time-base": "first" | "stream" },
  ) {
    this.#context = context;
    this.#program = properties["program-number"];
    this.#fromFirst = properties["time-base"] === "first";
  }

  get count(): number {
    return this.#streams.size;
  }

  /** A programme map is new, or has changed. */
  async announce({ programNumber, streams }: Pmt): Promise<void> {
    if (this.#program >= 0 && programNumber !== this.#program) return;
    for (const described of streams) {
      const pid = described.elementaryPid;
      const format = streamFormat(described);
      const tags = tagsOf(described);
      let known = this.#streams.get(pid);
      if (known !== undefined && !goesOn(known, format)) {
        // Something else than what is linked here: that ends, and another pad begins.
        await known.pad.eos();
        known = undefined;
      }
      const pad = known?.pad ?? addPad(this.#context, programNumber, pid, format);
      if (known === undefined || formatCaps(known.format.caps) !== formatCaps(format.caps)) {
        await pad.caps(format.caps);
      }
      if (JSON.stringify(known?.tags ?? {}) !== JSON.stringify(tags)) {
        await pad.push({ type: "tags", tags });
      }
      const position = known?.position;
      this.#streams.set(pid, { pad, programNumber, format, tags, position });
    }
  }

  async deliver(event: TsPesEvent): Promise<void> {
    const stream = this.#streams.get(event.pid);
    if (stream === undefined) return;
    const position = this.#locate(stream, event.dtsUnwrapped);
    const pts = this.#streamTime(stream, event.ptsUnwrapped);
    const dts = this.#streamTime(stream, event.dtsUnwrapped);
    const { data } = event;
    const warn = (text: string): void => this.#context.post({ type: "warning", text });
    const packets = stream.format.unwrap?.(data, warn) ?? [{ data, after: 0n }];
    let discont = event.discontinuity;
    for (const packet of packets) {
      await stream.pad.buffer(
        mediaBuffer(packet.data, {
          pts: pts === undefined ? undefined : pts + packet.after,
          dts: dts === pts ? undefined : dts,
          flags: { discont, deltaUnit: !event.randomAccess },
        }),
      );
      discont = false;
    }
    const now = dts ?? pts;
    if (now === undefined || position === undefined) return;
    for (const other of this.#streams.values()) {
      if (other === stream || position - (other.position ?? position - GAP_AFTER) < GAP_AFTER) {
        continue;
      }
      other.position = position;
      const time = this.#axis.timeAt(other.programNumber, position);
      const there = time === undefined ? undefined : this.#streamTime(other, ticks(time));
      await other.pad.push({ type: "gap", pts: there ?? now, duration: undefined });
    }
  }

  /** Where a DTS lies on the axis of all programmes; a programme's first one also says where its stream time begins. */
  #locate(stream: Stream, dts: number | undefined): bigint | undefined {
    if (dts === undefined) return undefined;
    const { programNumber } = stream;
    const time = nanoseconds(dts);
    const position = this.#axis.position(programNumber, time, MAX_GAP);
    if (!this.#origins.has(programNumber)) {
      this.#origins.set(programNumber, this.#fromFirst ? ticks(time - position) : 0);
    }
    this.#axis.advance(programNumber, time, position);
    stream.position = position;
    return position;
  }

  #streamTime({ programNumber }: Stream, time: number | undefined): bigint | undefined {
    return time === undefined
      ? undefined
      : nanoseconds(time - (this.#origins.get(programNumber) ?? 0));
  }
}

/** A stream's new format may go where the old one went. */
function goesOn({ pad, format: before }: Stream, { pads, caps }: StreamFormat): boolean {
  return pads === before.pads && !capsAreEmpty(intersectCaps(caps, pad.peerCaps()));
}

/** What the descriptors say for people, under GStreamer's names; the language is the code as it stands there. */
function tagsOf({ descriptors }: PmtStream): Record<string, string> {
  const descriptor = findDescriptor(descriptors, LANGUAGE_TAG);
  try {
    const [entry] = descriptor === undefined ? [] : decodeLanguageDescriptor(descriptor);
    if (entry === undefined) return {};
    const { iso639LanguageCode, audioType } = entry;
    return {
      "language-code": iso639LanguageCode,
      ...(audioType === 0 ? {} : { [AUDIO_TYPE_TAG]: String(audioType) }),
    };
  } catch (error) {
    if (!isFormatError(error)) throw error;
    return {};
  }
}

function sometimes(pads: string): PadTemplate {
  return { name: `${pads}_%01x_%05x`, direction: "src", presence: "sometimes", caps: "ANY" };
}

function addPad(
  context: ElementContext,
  programNumber: number,
  pid: number,
  { pads, caps }: StreamFormat,
): SrcPad {
  const name = `${pads}_${programNumber.toString(16)}_${pid.toString(16).padStart(5, "0")}`;
  return context.addSrc(name, TEMPLATES[pads], caps);
}

function nanoseconds(time: number): bigint {
  return (BigInt(time) * 100_000n) / 9n;
}
