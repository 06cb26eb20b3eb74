import { Cea608Scheduler, GstTextTo608, wordsToBytes } from "@x/cea608";
import { frameTime, type MediaBuffer, mediaBuffer } from "../buffer.js";
import { caps, type Fraction, fractionOf } from "../caps.js";
import { cueOf } from "../cue-buffer.js";
import {
  always,
  type ElementContext,
  type ElementFactory,
  elementFactory,
  forEachItem,
} from "../element.js";
import { PipelineError } from "../errors.js";
import { line21Caption } from "../line21-cue.js";
import { RAW_608_CAPS, TEXT_CAPS, withFrameRate } from "./formats.js";
import {
  DEFAULT_RATE,
  gstOptions,
  line21Warning,
  rollUpTimeout,
  TEXT_TO_CAPTIONS_PROPERTIES,
  translateText,
} from "./text-to-captions.js";

export const tttocea608: ElementFactory = elementFactory({
  name: "tttocea608",
  classification: "Generic",
  description:
    "Converts timed text to CEA-608 captions that appear in the frame nearest to their time.",
  properties: {
    mode: {
      type: "enum",
      default: "pop-on",
      values: ["pop-on", "paint-on", "roll-up2", "roll-up3", "roll-up4"],
      description: "How captions come onto the screen",
    },
    service: {
      type: "enum",
      default: "CC1",
      values: ["CC1", "CC2", "CC3", "CC4"],
      description: "Caption channel; CC3 and CC4 are in field 2",
    },
    "look-ahead": {
      type: "nanoseconds",
      default: 15_000_000_000n,
      description: "How early the codes of a caption may be sent",
    },
    ...TEXT_TO_CAPTIONS_PROPERTIES,
  },
  pads: [always("sink", TEXT_CAPS), always("src", RAW_608_CAPS)],
  create: (properties) => ({
    async run(context) {
      const src = context.src();
      const rate = fractionOf(src.peerCaps(), "framerate") ?? DEFAULT_RATE;
      const { service } = properties;
      const field = service === "CC1" || service === "CC2" ? 1 : 2;
      const lookAheadMs = Number(properties["look-ahead"]) / 1e6;
      const frameMs = (1000 * rate.denominator) / rate.numerator;
      const sourceCaps = caps("closedcaption/x-cea-608", { format: "raw", field: field - 1 });
      await src.caps(withFrameRate(sourceCaps, rate));
      if (properties["gst-compat"]) {
        const { mode, rollUpRows: rows } = modeOf(properties.mode);
        if (service !== "CC1") {
          const message = `GStreamer's element has no ${service}: gst-compat is for CC1`;
          throw new PipelineError("stream", context.name, message);
        }
        await asGStreamer(context, rate, {
          ...gstOptions(properties),
          mode: GST_MODES[mode],
          rows,
        });
        return;
      }
      const { mode, rollUpRows } = modeOf(properties.mode);
      const scheduler = new Cea608Scheduler({
        frameRate: rate,
        lookaheadFrames: Math.ceil(lookAheadMs / frameMs),
        mode,
        rollUpRows,
        ...rollUpTimeout(properties),
      });
      let nextFrame = 0;
      const send = async (): Promise<void> => {
        const { frame, slots, reports } = scheduler.pull();
        nextFrame = frame + 1;
        for (const report of reports) {
          context.post({ type: "warning", text: line21Warning(report), details: { ...report } });
        }
        const words = slots.filter((slot) => slot.field === field).map(({ word }) => word);
        // At 50 and 60 frames a second a field has its turn only in every second frame.
        if (words.length > 0) await src.buffer(frameBuffer(words, frame, rate));
        else await src.push({ type: "gap", ...timesOf(frame, rate) });
      };
      // Text is read far ahead of its time: once the pipeline stops, what is not on its way yet is not sent.
      const { stopSignal } = context;
      const sendUntil = async (ms: number): Promise<void> => {
        while (!stopSignal.aborted && nextFrame * frameMs + lookAheadMs < ms) await send();
      };
      await forEachItem(context.sink(), {
        async buffer(buffer) {
          const cue = cueOf(buffer, context.name);
          await sendUntil(cue.startMs);
          if (stopSignal.aborted) return;
          scheduler.push({ start: cue.startMs, end: cue.endMs, service, ...line21Caption(cue) });
        },
        async otherwise(item) {
          if (item.type === "gap") {
            await sendUntil(Number(item.pts + (item.duration ?? 0n)) / 1e6);
          }
        },
      });
      while (!stopSignal.aborted && !scheduler.done) await send();
    },
  }),
});

/** GStreamer's words for the modes of a `Cea608Scheduler`. */
const GST_MODES = { popOn: "pop-on", paintOn: "paint-on", rollUp: "roll-up" } as const;

function modeOf(mode: string): {
  readonly mode: keyof typeof GST_MODES;
  readonly rollUpRows: 2 | 3 | 4;
} {
  if (mode === "pop-on") return { mode: "popOn", rollUpRows: 2 };
  if (mode === "paint-on") return { mode: "paintOn", rollUpRows: 2 };
  return { mode: "rollUp", rollUpRows: Number(mode.slice(-1)) as 2 | 3 | 4 };
}

function asGStreamer(
  context: ElementContext,
  rate: Fraction,
  options: Omit<ConstructorParameters<typeof GstTextTo608>[0], "frameRate">,
): Promise<void> {
  const translator = new GstTextTo608({ ...options, frameRate: rate });
  return translateText(
    context,
    {
      push: (start, end, text) => translator.push({ start, end, text }),
      gap: (start, end) => translator.gap(start, end),
      flush: () => translator.flush(),
    },
    ({ frame, word }) => frameBuffer([word], frame, rate),
  );
}

function frameBuffer(words: readonly number[], frame: number, rate: Fraction): MediaBuffer {
  return mediaBuffer(wordsToBytes(words), timesOf(frame, rate));
}

function timesOf(frame: number, rate: Fraction): { pts: bigint; duration: bigint } {
  const pts = frameTime(frame, rate);
  return { pts, duration: frameTime(frame + 1, rate) - pts };
}
