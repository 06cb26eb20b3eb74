import { type Cea608Cue, Cea608CueExporter, type Cea608Run } from "@x/cea608";
import { type Cue, type CueRun, createCue, isFormatError } from "@x/cea708";
import { intersectCaps, mediaTypeOf } from "../caps.js";
import { type CaptionFormat, captionFormatOf, line21Pairs } from "../caption-formats.js";
import { CueOutput, TEXT_OUTPUT_CAPS } from "../cue-buffer.js";
import { always, type ElementFactory, elementFactory, forEachItem } from "../element.js";
import { anyOf, CC_DATA_CAPS, CDP_CAPS, RAW_608_CAPS, S334_1A_CAPS } from "./formats.js";

const COLORS: Readonly<Record<string, number>> = {
  green: 0x00ff00,
  blue: 0x0000ff,
  cyan: 0x00ffff,
  red: 0xff0000,
  yellow: 0xffff00,
  magenta: 0xff00ff,
  black: 0x000000,
};

export const cea608tott: ElementFactory = elementFactory({
  name: "cea608tott",
  classification: "Generic",
  description: "Turns CEA-608 captions into timed text, SubRip or WebVTT, as the caps behind ask.",
  properties: {
    service: {
      type: "enum",
      default: "CC1",
      values: ["CC1", "CC2", "CC3", "CC4"],
      description: "Caption channel; CC3 and CC4 are in field 2",
    },
  },
  pads: [
    always("sink", anyOf(RAW_608_CAPS, S334_1A_CAPS, CC_DATA_CAPS, CDP_CAPS)),
    always("src", TEXT_OUTPUT_CAPS),
  ],
  create: ({ service }) => ({
    async run(context) {
      const src = context.src();
      const mediaType = mediaTypeOf(intersectCaps(TEXT_OUTPUT_CAPS, src.peerCaps()));
      const output = new CueOutput(src, mediaType ?? "text/x-raw");
      const exporter = new Cea608CueExporter({ services: [service] });
      let format: CaptionFormat = "raw0";
      let lastMs = 0;
      await output.start();
      await forEachItem(context.sink(), {
        caps(offered) {
          format = captionFormatOf(offered);
        },
        async buffer({ data, pts, duration }) {
          if (pts === undefined) {
            context.post({ type: "warning", text: "captions without a time were dropped" });
            return;
          }
          const ms = Number(pts) / 1e6;
          lastMs = ms + Number(duration ?? 0n) / 1e6;
          try {
            for (const { field, word } of line21Pairs(data, format)) {
              await output.send(exporter.push(field, word, ms).map(toCue));
            }
          } catch (error) {
            if (!isFormatError(error)) throw error;
            context.post({ type: "warning", text: error.message });
          }
        },
      });
      await output.send(exporter.flush(lastMs).map(toCue));
    },
  }),
});

function toCue({ start, end, rows }: Cea608Cue): Cue {
  const text = rows.map((row) => row.text.trim()).join("\n");
  const top = (rows[0]?.row ?? 14) < 7;
  const cue = createCue({ startMs: start, endMs: end, text });
  return {
    ...cue,
    lines: rows.map(({ runs }) => trimmed(runs.map(toRun))),
    placement: { ...cue.placement, vertical: top ? "top" : "bottom" },
  };
}

/** A mid-row code takes a cell of the row: before the first letter and behind the last it is no part of the text. */
function trimmed(runs: readonly CueRun[]): CueRun[] {
  return runs
    .map((run, index) => {
      const text = index === 0 ? run.text.trimStart() : run.text;
      return { ...run, text: index === runs.length - 1 ? text.trimEnd() : text };
    })
    .filter(({ text }) => text !== "");
}

function toRun({ text, style }: Cea608Run): CueRun {
  const { italics, underline, color } = style;
  return { text, bold: false, italics, underline, color: COLORS[color] };
}
