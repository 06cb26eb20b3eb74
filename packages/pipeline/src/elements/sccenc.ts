import { formatScc, sccLines, type TimedPair } from "@x/cea608";
import { mediaBuffer } from "../buffer.js";
import { line21Pairs } from "../caption-formats.js";
import { always, type ElementFactory, elementFactory } from "../element.js";
import { forEachCaption } from "./caption-input.js";
import { anyOf, RAW_608_CAPS, S334_1A_CAPS, SCC_CAPS } from "./formats.js";

export const sccenc: ElementFactory = elementFactory({
  name: "sccenc",
  classification: "Encoder/ClosedCaption",
  description:
    "Writes line-21 pairs of field 1 as Scenarist closed captions, at the end of the stream.",
  properties: {
    "drop-frame": { type: "boolean", default: false, description: "Drop-frame time codes" },
  },
  pads: [always("sink", anyOf(RAW_608_CAPS, S334_1A_CAPS)), always("src", SCC_CAPS)],
  create: (properties) => ({
    async run(context) {
      const pairs: TimedPair[] = [];
      await forEachCaption(context, {
        buffer({ data, pts }, format) {
          // The frame of 30000/1001 that the time is nearest to.
          let frame = Number((pts * 30_000n + 500_500_000_000n) / 1_001_000_000_000n);
          for (const { field, word } of line21Pairs(data, format)) {
            if (field === 1) pairs.push({ frame: frame++, word });
          }
        },
      });
      const text = formatScc({ lines: sccLines(pairs, properties["drop-frame"]) });
      await context.src().caps(SCC_CAPS);
      await context.src().buffer(mediaBuffer(new TextEncoder().encode(text)));
    },
  }),
});
