import { type PmtStream, TsDemuxer, type TsEvent, type TsPesEvent } from "@x/mpegts";
import { mediaBuffer, SECOND } from "../buffer.js";
import {
  always,
  type ElementContext,
  type ElementFactory,
  elementFactory,
  forEachItem,
} from "../element.js";
import type { PadTemplate, SrcPad } from "../pad.js";
import { MPEGTS_CAPS } from "./formats.js";
import { type StreamFormat, streamFormat } from "./ts-stream-formats.js";

/** A stream without data for this long gets gap events, so that a muxer behind does not wait for it. */
const GAP_AFTER = SECOND / 2n;

const TEMPLATES: Readonly<Record<StreamFormat["pads"], PadTemplate>> = {
  video: sometimes("video"),
  audio: sometimes("audio"),
  private: sometimes("private"),
};

interface Stream {
  readonly pad: SrcPad;
  readonly format: StreamFormat;
  lastTime: bigint | undefined;
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
      const streams = new Map<number, Stream>();
      const program = properties["program-number"];
      let origin: number | undefined;
      const handle = async (events: readonly TsEvent[]): Promise<void> => {
        for (const event of events) {
          if (event.type === "issue") {
            const { message, code } = event.issue;
            const type = code === "truncated" ? "error" : "warning";
            context.post({ type, text: message, details: { ...event.issue } });
          } else if (event.type === "pmt") {
            const { programNumber } = event.pmt;
            if (program >= 0 && programNumber !== program) continue;
            for (const stream of event.pmt.streams) {
              const { elementaryPid: pid } = stream;
              if (streams.has(pid)) continue;
              const format = streamFormat(stream);
              const pad = addPad(context, programNumber, stream, format);
              streams.set(pid, { pad, format, lastTime: undefined });
              await pad.caps(format.caps);
            }
          } else if (event.type === "pes") {
            if (properties["time-base"] === "first") origin ??= event.dtsUnwrapped;
            await deliver(context, streams, event, origin);
          }
        }
      };
      await forEachItem(context.sink(), {
        buffer: async ({ data }) => handle(demuxer.push(data)),
      });
      await handle(demuxer.flush());
      if (streams.size === 0) {
        context.post({ type: "error", text: "no programme was found in the stream" });
      }
    },
  }),
});

async function deliver(
  context: ElementContext,
  streams: ReadonlyMap<number, Stream>,
  event: TsPesEvent,
  origin = 0,
): Promise<void> {
  const stream = streams.get(event.pid);
  if (stream === undefined) return;
  const pts = nanoseconds(event.ptsUnwrapped, origin);
  const dts = nanoseconds(event.dtsUnwrapped, origin);
  if (pts !== undefined) stream.lastTime = pts;
  const { data } = event;
  const warn = (text: string): void => context.post({ type: "warning", text });
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
  if (now === undefined) return;
  for (const other of streams.values()) {
    if (other === stream || now - (other.lastTime ?? now - GAP_AFTER) < GAP_AFTER) continue;
    other.lastTime = now;
    await other.pad.push({ type: "gap", pts: now, duration: undefined });
  }
}

function sometimes(pads: string): PadTemplate {
  return { name: `${pads}_%01x_%05x`, direction: "src", presence: "sometimes", caps: "ANY" };
}

function addPad(
  context: ElementContext,
  programNumber: number,
  { elementaryPid }: PmtStream,
  format: StreamFormat,
): SrcPad {
  const pid = elementaryPid.toString(16).padStart(5, "0");
  const name = `${format.pads}_${programNumber.toString(16)}_${pid}`;
  return context.addSrc(name, TEMPLATES[format.pads], format.caps);
}

function nanoseconds(ticks: number | undefined, origin: number): bigint | undefined {
  return ticks === undefined ? undefined : (BigInt(ticks - origin) * 100_000n) / 9n;
}
