import { AncMuxer, type AncUnit, encodeUnit, parseUnit } from "@x/st2038";
import { type Item, mediaBuffer, SECOND } from "../buffer.js";
import { type Caps, caps, fractionOf, stringOf } from "../caps.js";
import { always, type ElementContext, type ElementFactory, elementFactory } from "../element.js";
import { PipelineError } from "../errors.js";
import { earliestFirst } from "../merge.js";
import { ST2038_CAPS, withFrameRate } from "./formats.js";

export const st2038ancmux: ElementFactory = elementFactory({
  name: "st2038ancmux",
  classification: "Muxer",
  description: "Merges SMPTE ST 2038 streams, by frames when the frame rate is known.",
  properties: {
    collision: {
      type: "enum",
      default: "position",
      values: ["position", "newer-source", "keep"],
      description: "Which of two packets in one place survives",
    },
  },
  pads: [
    { name: "sink_%u", direction: "sink", presence: "request", caps: ST2038_CAPS },
    always("src", ST2038_CAPS),
  ],
  create: ({ collision }) => ({
    async run(context) {
      const src = context.src();
      const wanted = src.peerCaps();
      const alignment = alignmentOf(wanted);
      let muxer: AncMuxer | undefined;
      const send = async (units: readonly AncUnit[]): Promise<void> => {
        for (const { time, duration, packets, lastOfFrame } of units) {
          await src.buffer(
            mediaBuffer(encodeUnit(packets), {
              pts: BigInt(time),
              duration: duration === undefined ? undefined : BigInt(duration),
              flags: { marker: lastOfFrame },
            }),
          );
        }
      };
      const start = async (): Promise<AncMuxer> => {
        const frameRate =
          fractionOf(wanted, "framerate") ??
          context.sinks.map((pad) => fractionOf(pad.caps, "framerate")).find((rate) => rate);
        if (frameRate === undefined && alignment === "frame") {
          const message = "frame alignment needs a frame rate in the caps";
          throw new PipelineError("stream", context.name, message);
        }
        const started = new AncMuxer({
          alignment,
          collision,
          clockRate: Number(SECOND),
          ...(frameRate === undefined ? {} : { frameRate }),
        });
        for (const _ of context.sinks) started.addSource();
        await src.caps(withFrameRate(caps("meta/x-st-2038", { alignment }), frameRate));
        return started;
      };
      for await (const [source, item] of earliestFirst(context.sinks)) {
        if (item.type === "caps") continue;
        muxer ??= await start();
        await send(advance(context, muxer, source, item));
      }
      muxer ??= await start();
      await send(muxer.flush());
    },
  }),
});

function advance(
  context: ElementContext,
  muxer: AncMuxer,
  source: number,
  item: Item,
): readonly AncUnit[] {
  if (item.type === "eos") return muxer.end(source);
  if (item.type !== "buffer") return [];
  const { data, pts } = item.buffer;
  if (pts === undefined) {
    context.post({ type: "warning", text: "a buffer without a time was dropped" });
    return [];
  }
  const { packets, diagnostics } = parseUnit(data);
  for (const { severity, message } of diagnostics) {
    if (severity === "error") context.post({ type: "warning", text: message });
  }
  return muxer.push(source, packets, Number(pts));
}

function alignmentOf(wanted: Caps): "packet" | "line" | "frame" {
  const asked = stringOf(wanted, "alignment");
  return asked === "packet" || asked === "frame" ? asked : "line";
}
