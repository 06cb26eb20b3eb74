import { Cea608Scheduler } from "@x/cea608";
import { CaptionScheduler, type Line21Source } from "@x/cea708";
import { GstTextTo708 } from "@x/cea708/gst";
import { frameTime, type MediaBuffer, mediaBuffer } from "../buffer.js";
import { type Fraction, fractionOf } from "../caps.js";
import { cueOf } from "../cue-buffer.js";
import { always, type ElementFactory, elementFactory, forEachItem } from "../element.js";
import { line21Caption } from "../line21-cue.js";
import { CC_DATA_CAPS, TEXT_CAPS, withFrameRate } from "./formats.js";
import {
  DEFAULT_RATE,
  dtvccWarning,
  gstOptions,
  line21Warning,
  rollUpTimeout,
  TEXT_TO_CAPTIONS_PROPERTIES,
  translateText,
} from "./text-to-captions.js";

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
    "cea608-channel": {
      type: "integer",
      default: 0,
      min: 0,
      max: 4,
      description: "Line-21 caption channel to write besides; 0: none",
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
    ...TEXT_TO_CAPTIONS_PROPERTIES,
  },
  pads: [always("sink", TEXT_CAPS), always("src", CC_DATA_CAPS)],
  create: (properties) => ({
    async run(context) {
      const src = context.src();
      const rate = fractionOf(src.peerCaps(), "framerate") ?? DEFAULT_RATE;
      const serviceNumber = properties["service-number"];
      const { mode } = properties;
      const rollUpRows = properties["roll-up-rows"];
      const channel = properties["cea608-channel"];
      await src.caps(withFrameRate(CC_DATA_CAPS, rate));
      if (properties["gst-compat"]) {
        const translator = new GstTextTo708({
          ...gstOptions(properties),
          frameRate: rate,
          mode,
          serviceNumber,
          cea608Channel: channel as 0 | 1 | 2 | 3 | 4,
          rollUpRows,
        });
        await translateText(
          context,
          {
            push: (startMs, endMs, text) => translator.push({ startMs, endMs, text }),
            gap: (startMs, endMs) => translator.gap(startMs, endMs),
            flush: () => translator.flush(),
          },
          ({ frame, ccData }) => frameBuffer(ccData, frame, rate),
        );
        return;
      }
      const lookaheadMs = Number(properties["look-ahead"]) / 1e6;
      const timeout = rollUpTimeout(properties);
      const line21 =
        channel === 0
          ? undefined
          : new Cea608Scheduler({
              frameRate: rate,
              lookaheadFrames: Math.ceil(
                (lookaheadMs * rate.numerator) / (1000 * rate.denominator),
              ),
              mode: LINE21_MODES[mode],
              rollUpRows: Math.min(4, Math.max(2, rollUpRows)) as 2 | 3 | 4,
              ...timeout,
            });
      const line21Source: Line21Source = {
        pull() {
          const made = line21?.pull() ?? { slots: [], reports: [] };
          for (const report of made.reports) {
            context.post({ type: "warning", text: line21Warning(report), details: { ...report } });
          }
          return made;
        },
      };
      const scheduler = new CaptionScheduler({
        frameRate: rate,
        services: [{ serviceNumber, mode, rollUpRows, ...timeout }],
        lookaheadMs,
        ...(line21 === undefined ? {} : { line21: line21Source }),
      });
      const send = async (): Promise<void> => {
        const { frame, ccData, events } = scheduler.pull();
        for (const event of events) {
          const text = dtvccWarning(event);
          if (text !== undefined) context.post({ type: "warning", text, details: { ...event } });
        }
        await src.buffer(frameBuffer(ccData, frame, rate));
      };
      // Text is read far ahead of its time: once the pipeline stops, what is not on its way yet is not sent.
      const { stopSignal } = context;
      const sendUntil = async (ms: number): Promise<void> => {
        while (!stopSignal.aborted && scheduler.inputHorizonMs < ms) await send();
      };
      await forEachItem(context.sink(), {
        async buffer(buffer) {
          const cue = cueOf(buffer, context.name);
          await sendUntil(cue.startMs);
          if (stopSignal.aborted) return;
          scheduler.push(cue, serviceNumber);
          line21?.push({
            start: cue.startMs,
            end: cue.endMs,
            service: LINE21_SERVICES[channel - 1] ?? "CC1",
            ...line21Caption(cue),
          });
        },
        async otherwise(item) {
          if (item.type === "gap") {
            await sendUntil(Number(item.pts + (item.duration ?? 0n)) / 1e6);
          }
        },
      });
      const busy = (): boolean => scheduler.pending > 0 || line21?.done === false;
      while (!stopSignal.aborted && busy()) await send();
    },
  }),
});

const LINE21_SERVICES = ["CC1", "CC2", "CC3", "CC4"] as const;
/** The modes as a `Cea608Scheduler` calls them. */
const LINE21_MODES = { "pop-on": "popOn", "paint-on": "paintOn", "roll-up": "rollUp" } as const;

function frameBuffer(ccData: Uint8Array, frame: number, rate: Fraction): MediaBuffer {
  const pts = frameTime(frame, rate);
  return mediaBuffer(ccData, { pts, duration: frameTime(frame + 1, rate) - pts });
}
