import { type Cea608Caption, Cea608Scheduler, type Cea608TextRun, wordsToBytes } from "@x/cea608";
import type { Cue, CueRun } from "@x/cea708";
import { frameTime, mediaBuffer } from "../buffer.js";
import { caps, type Fraction, fractionOf } from "../caps.js";
import { cueOf } from "../cue-buffer.js";
import { always, type ElementFactory, elementFactory, forEachItem } from "../element.js";
import { RAW_608_CAPS, TEXT_CAPS, withFrameRate } from "./formats.js";

const DEFAULT_RATE: Fraction = { numerator: 30, denominator: 1 };
/** 0xrrggbb of the colours that line 21 has; the nearest is taken. */
const COLORS = {
  white: 0xffffff,
  green: 0x00ff00,
  blue: 0x0000ff,
  cyan: 0x00ffff,
  red: 0xff0000,
  yellow: 0xffff00,
  magenta: 0xff00ff,
} as const;

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
      const scheduler = new Cea608Scheduler({
        frameRate: rate,
        lookaheadFrames: Math.ceil(lookAheadMs / frameMs),
        ...modeOf(properties.mode),
      });
      let nextFrame = 0;
      const send = async (): Promise<void> => {
        const { frame, slots, reports } = scheduler.pull();
        nextFrame = frame + 1;
        for (const report of reports) {
          const text = {
            late: "a caption appears late: line 21 has no room",
            split: "a caption was split: it has more rows than are shown",
            unmappable: "a caption has characters that CEA-608 does not have",
          }[report.type];
          context.post({ type: "warning", text, details: { ...report } });
        }
        const words = slots.filter((slot) => slot.field === field).map(({ word }) => word);
        const pts = frameTime(frame, rate);
        const duration = frameTime(nextFrame, rate) - pts;
        // At 50 and 60 frames a second a field has its turn only in every second frame.
        if (words.length === 0) await src.push({ type: "gap", pts, duration });
        else await src.buffer(mediaBuffer(wordsToBytes(words), { pts, duration }));
      };
      // Text is read far ahead of its time: once the pipeline stops, what is not on its way yet is not sent.
      const { stopSignal } = context;
      const sendUntil = async (ms: number): Promise<void> => {
        while (!stopSignal.aborted && nextFrame * frameMs + lookAheadMs < ms) await send();
      };
      await src.caps(
        withFrameRate(caps("closedcaption/x-cea-608", { format: "raw", field: field - 1 }), rate),
      );
      await forEachItem(context.sink(), {
        async buffer(buffer) {
          const cue = cueOf(buffer, context.name);
          await sendUntil(cue.startMs);
          if (stopSignal.aborted) return;
          scheduler.push({ start: cue.startMs, end: cue.endMs, service, ...captionOf(cue) });
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

function modeOf(
  mode: string,
): { mode: "popOn" | "paintOn" } | { mode: "rollUp"; rollUpRows: 2 | 3 | 4 } {
  if (mode === "pop-on") return { mode: "popOn" };
  if (mode === "paint-on") return { mode: "paintOn" };
  return { mode: "rollUp", rollUpRows: Number(mode.slice(-1)) as 2 | 3 | 4 };
}

function captionOf(cue: Cue): Cea608Caption {
  return {
    lines: cue.lines.map((line) => line.map(runOf)),
    align: cue.placement.align,
    ...(cue.placement.vertical === "top" ? { row: 0 } : {}),
  };
}

function runOf({ text, italics, underline, color }: CueRun): Cea608TextRun {
  return { text, italics, underline, color: nearestColor(color) };
}

function nearestColor(color = COLORS.white as number): keyof typeof COLORS {
  const distance = (other: number): number =>
    [16, 8, 0].reduce(
      (sum, shift) => sum + (((color >> shift) & 255) - ((other >> shift) & 255)) ** 2,
      0,
    );
  const names = Object.keys(COLORS) as (keyof typeof COLORS)[];
  return names.reduce((best, name) =>
    distance(COLORS[name]) < distance(COLORS[best]) ? name : best,
  );
}
