import { Cea608CueExporter } from "@x/cea608";
import { isFormatError } from "@x/cea708";
import { intersectCaps, mediaTypeOf } from "../caps.js";
import { line21Pairs } from "../caption-formats.js";
import { CueOutput, TEXT_OUTPUT_CAPS } from "../cue-buffer.js";
import { always, type ElementFactory, elementFactory } from "../element.js";
import { cueOfLine21 } from "../line21-cue.js";
import { forEachCaption } from "./caption-input.js";
import { anyOf, CC_DATA_CAPS, CDP_CAPS, RAW_608_CAPS, S334_1A_CAPS } from "./formats.js";

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
      let lastMs = 0;
      await output.start();
      await forEachCaption(context, {
        async buffer({ data, pts, duration }, format) {
          const ms = Number(pts) / 1e6;
          lastMs = ms + Number(duration ?? 0n) / 1e6;
          try {
            for (const { field, word } of line21Pairs(data, format)) {
              await output.send(exporter.push(field, word, ms).map(cueOfLine21));
            }
          } catch (error) {
            if (!isFormatError(error)) throw error;
            context.post({ type: "warning", text: error.message });
          }
        },
      });
      await output.send(exporter.flush(lastMs).map(cueOfLine21));
    },
  }),
});
