import { CaptionScheduler } from "@x/cea708";
import { frameTime, mediaBuffer } from "../buffer.js";
import { type Fraction, fractionOf } from "../caps.js";
import { cueOf } from "../cue-buffer.js";
import { always, type ElementFactory, elementFactory, forEachItem } from "../element.js";
import { CC_DATA_CAPS, TEXT_CAPS, withFrameRate } from "./formats.js";

const DEFAULT_RATE: Fraction = { numerator: 30, denominator: 1 };

export const tttocea708: ElementFactory = elementFactory({
  name: "tttocea708",
  classification: "Generic",
  description:
    "Converts timed text to CEA-708 captions that appear in the frame nearest to their time.",
  properties: {
    mode: {
      type: "enum",
      default: "pop-on",
      values: ["pop-on", "paint-on", "roll-up"],
      description: "How captions come onto the screen",
    },
    "service-number": {
      type: "integer",
      default: 1,
      min: 1,
      max: 63,
      description: "Caption service",
    },
    "roll-up-rows": {
      type: "integer",
      default: 2,
      min: 1,
      max: 15,
      description: "Rows of roll-up",
    },
    "look-ahead": {
      type: "nanoseconds",
      default: 15_000_000_000n,
      description: "How early the codes of a caption may be sent",
    },
  },
  pads: [always("sink", TEXT_CAPS), always("src", CC_DATA_CAPS)],
  create: (properties) => ({
    async run(context) {
      const src = context.src();
      const rate = fractionOf(src.peerCaps(), "framerate") ?? DEFAULT_RATE;
      const serviceNumber = properties["service-number"];
      const scheduler = new CaptionScheduler({
        frameRate: rate,
        services: [
          {
            serviceNumber,
            mode: properties.mode,
            rollUpRows: properties["roll-up-rows"],
          },
        ],
        lookaheadMs: Number(properties["look-ahead"]) / 1e6,
      });
      const send = async (): Promise<void> => {
        const { frame, ccData, events } = scheduler.pull();
        for (const event of events) {
          if (event.kind === "shown" && event.lateFrames > 0) {
            const text = `a caption appears ${event.lateFrames} frames late: the frames have no room`;
            context.post({ type: "warning", text, details: { ...event } });
          } else if (event.kind === "unmappable" || event.kind === "split") {
            const text =
              event.kind === "split"
                ? "a caption was split: it has more rows than fit"
                : "a caption has characters that CEA-708 does not have";
            context.post({ type: "warning", text, details: { ...event } });
          }
        }
        const pts = frameTime(frame, rate);
        const duration = frameTime(frame + 1, rate) - pts;
        await src.buffer(mediaBuffer(ccData, { pts, duration }));
      };
      // Text is read far ahead of its time: once the pipeline stops, what is not on its way yet is not sent.
      const { stopSignal } = context;
      const sendUntil = async (ms: number): Promise<void> => {
        while (!stopSignal.aborted && scheduler.inputHorizonMs < ms) await send();
      };
      await src.caps(withFrameRate(CC_DATA_CAPS, rate));
      await forEachItem(context.sink(), {
        async buffer(buffer) {
          const cue = cueOf(buffer, context.name);
          await sendUntil(cue.startMs);
          if (!stopSignal.aborted) scheduler.push(cue, serviceNumber);
        },
        async otherwise(item) {
          if (item.type === "gap") {
            await sendUntil(Number(item.pts + (item.duration ?? 0n)) / 1e6);
          }
        },
      });
      while (!stopSignal.aborted && scheduler.pending > 0) await send();
    },
  }),
});
