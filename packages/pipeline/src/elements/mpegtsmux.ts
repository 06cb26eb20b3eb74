import { type StreamKind, TsMuxer } from "@x/mpegts";
import { type Item, mediaBuffer, SECOND } from "../buffer.js";
import { type Caps, caps, formatCaps, mediaTypeOf, numberOf } from "../caps.js";
import { always, type ElementContext, type ElementFactory, elementFactory } from "../element.js";
import { PipelineError } from "../errors.js";
import { earliestFirst } from "../merge.js";
import { anyOf, MPEGTS_CAPS, withoutFormat } from "./formats.js";

const FIRST_PID = 0x41;
const PACKET_SIZE = 188;

const INPUT: Caps = anyOf(
  caps("meta/x-st-2038", { alignment: "line" }),
  caps("video/x-h264", { "stream-format": "byte-stream" }),
  caps("video/x-h265", { "stream-format": "byte-stream" }),
  caps("audio/mpeg", { mpegversion: 4, "stream-format": "adts" }),
  caps("audio/mpeg", { mpegversion: 1 }),
  caps("audio/x-ac3"),
  caps("audio/x-eac3"),
);

export const mpegtsmux: ElementFactory = elementFactory({
  name: "mpegtsmux",
  classification: "Codec/Muxer",
  description: "Multiplexes streams into an MPEG transport stream of one programme.",
  properties: {
    alignment: {
      type: "integer",
      default: -1,
      min: -1,
      max: 255,
      description: "Transport packets a buffer; -1: as they come, 7 fits a UDP datagram",
    },
    bitrate: {
      type: "integer",
      default: 0,
      min: 0,
      max: Number.MAX_SAFE_INTEGER,
      description: "Bits a second of a constant rate with null packets; 0: variable",
    },
    "start-time": {
      type: "nanoseconds",
      default: 3_600_000_000_000n,
      description: "Added to every time: GStreamer's hour, so that no PCR lies before 0",
    },
    "prog-num": {
      type: "integer",
      default: 1,
      min: 1,
      max: 65_535,
      description: "Programme number",
    },
  },
  pads: [
    { name: "sink_%d", direction: "sink", presence: "request", caps: INPUT },
    always("src", MPEGTS_CAPS),
  ],
  create: (properties) => ({
    async run(context) {
      const src = context.src();
      const output = new AlignedOutput(properties.alignment);
      let muxer: TsMuxer | undefined;
      // At a constant rate a packet's place is its time: a sink that waits sends them evenly, not a frame at once.
      let origin: bigint | undefined;
      let sent = 0n;
      const send = async (data: Uint8Array, time: bigint | undefined): Promise<void> => {
        origin ??= time;
        const { bitrate } = properties;
        const even =
          bitrate > 0 && origin !== undefined
            ? origin + (sent * 8n * SECOND) / BigInt(bitrate)
            : time;
        sent += BigInt(data.length);
        await src.buffer(mediaBuffer(data, { pts: even }));
      };
      const start = (): TsMuxer =>
        new TsMuxer({
          programs: [
            {
              programNumber: properties["prog-num"],
              streams: context.sinks.map((sink, index) => ({
                pid: FIRST_PID + index,
                kind: kindOf(sink.caps, context),
              })),
            },
          ],
          ...(properties.bitrate > 0 ? { bitrate: properties.bitrate } : {}),
        });
      await src.caps(caps("video/mpegts", { systemstream: true, packetsize: PACKET_SIZE }));
      for await (const [index, item] of earliestFirst(context.sinks)) {
        // Caps come first on every pad, and before a time is compared all pads have been looked at.
        if (item.type === "caps" || item.type === "tags") continue;
        muxer ??= start();
        const bytes = feed(muxer, FIRST_PID + index, item, properties["start-time"], context);
        for (const data of output.push(bytes)) await send(data, timeOf(item));
      }
      if (muxer === undefined) return;
      for (const data of [...output.push(muxer.flush()), ...output.flush()]) {
        await send(data, undefined);
      }
    },
  }),
});

const NOTHING = new Uint8Array(0);

function feed(
  muxer: TsMuxer,
  pid: number,
  item: Item,
  startTime: bigint,
  context: ElementContext,
): Uint8Array {
  if (item.type === "gap") return muxer.advance(ticks(item.pts + startTime));
  if (item.type !== "buffer") return NOTHING;
  const { data, pts, dts, flags } = item.buffer;
  if (pts === undefined) {
    context.post({ type: "warning", text: "a buffer without a time was dropped" });
    return NOTHING;
  }
  return muxer.push({
    pid,
    data,
    pts: ticks(pts + startTime),
    ...(dts === undefined ? {} : { dts: ticks(dts + startTime) }),
    randomAccess: flags.deltaUnit !== true,
    discontinuity: flags.discont === true,
  });
}

function kindOf(of: Caps, context: ElementContext): StreamKind {
  switch (mediaTypeOf(of)) {
    case "meta/x-st-2038":
      return "smpte-2038";
    case "video/x-h264":
      return "h264";
    case "video/x-h265":
      return "hevc";
    case "audio/mpeg":
      if (numberOf(of, "mpegversion") === 4) return "aac-adts";
      // Sampling frequencies below 32 kHz came with MPEG-2.
      return (numberOf(of, "rate") ?? 48_000) < 32_000 ? "mpeg2-audio" : "mpeg1-audio";
    case "audio/x-ac3":
      return "ac3";
    case "audio/x-eac3":
      return "eac3";
  }
  if (of === "ANY") throw withoutFormat(context.name);
  throw new PipelineError("stream", context.name, `cannot carry ${formatCaps(of)}`);
}

function timeOf(item: Item): bigint | undefined {
  return item.type === "buffer" ? item.buffer.pts : undefined;
}

/** 90 kHz from nanoseconds, to the nearest tick: frame times are rounded down to nanoseconds. */
function ticks(ns: bigint): number {
  return Number((ns * 9n + 50_000n) / 100_000n);
}

/** Cuts transport packets into buffers of a fixed number of them. */
class AlignedOutput {
  readonly #size: number;
  #held: Uint8Array = NOTHING;

  constructor(alignment: number) {
    this.#size = alignment * PACKET_SIZE;
  }

  push(bytes: Uint8Array): Uint8Array[] {
    if (this.#size <= 0) return bytes.length === 0 ? [] : [bytes];
    const all = new Uint8Array(this.#held.length + bytes.length);
    all.set(this.#held);
    all.set(bytes, this.#held.length);
    const whole: Uint8Array[] = [];
    let at = 0;
    for (; all.length - at >= this.#size; at += this.#size) {
      whole.push(all.subarray(at, at + this.#size));
    }
    this.#held = all.subarray(at);
    return whole;
  }

  flush(): Uint8Array[] {
    const last = this.#held;
    this.#held = NOTHING;
    return last.length === 0 ? [] : [last];
  }
}
