import { CueReader, isFormatError } from "@x/cea708";
import { intersectCaps, mediaTypeOf } from "../caps.js";
import { toCcData } from "../caption-formats.js";
import { CueOutput, TEXT_OUTPUT_CAPS } from "../cue-buffer.js";
import { always, type ElementFactory, elementFactory } from "../element.js";
import { forEachCaption } from "./caption-input.js";
import { anyOf, CC_DATA_CAPS, CDP_CAPS } from "./formats.js";

export const cea708tott: ElementFactory = elementFactory({
  name: "cea708tott",
  classification: "Generic",
  description: "Turns CEA-708 captions into timed text, SubRip or WebVTT, as the caps behind ask.",
  properties: {
    "service-number": {
      type: "integer",
      default: 1,
      min: 1,
      max: 63,
      description: "Caption service",
    },
  },
  pads: [always("sink", anyOf(CC_DATA_CAPS, CDP_CAPS)), always("src", TEXT_OUTPUT_CAPS)],
  create: (properties) => ({
    async run(context) {
      const src = context.src();
      const mediaType = mediaTypeOf(intersectCaps(TEXT_OUTPUT_CAPS, src.peerCaps()));
      const output = new CueOutput(src, mediaType ?? "text/x-raw");
      const reader = new CueReader({ serviceNumber: properties["service-number"] });
      let lastMs = 0;
      await output.start();
      await forEachCaption(context, {
        async buffer({ data, pts, duration }, format) {
          const ms = Number(pts) / 1e6;
          lastMs = ms + Number(duration ?? 0n) / 1e6;
          try {
            await output.send(reader.push(toCcData(data, format), ms));
          } catch (error) {
            if (!isFormatError(error)) throw error;
            context.post({ type: "warning", text: error.message });
          }
        },
      });
      await output.send(reader.flush(lastMs));
    },
  }),
});
