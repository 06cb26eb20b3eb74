import { parseScc, sccPairs, wordsToBytes, zeroBase } from "@x/cea608";
import { frameTime, mediaBuffer } from "../buffer.js";
import { caps, type Fraction } from "../caps.js";
import { always, type ElementFactory, elementFactory } from "../element.js";
import { MAX_SIZE_PROPERTY, readWhole } from "../read-whole.js";
import { RAW_608_CAPS, SCC_CAPS, withFrameRate } from "./formats.js";

/** SCC counts frames of 525-line television. */
const RATE: Fraction = { numerator: 30_000, denominator: 1001 };

export const sccparse: ElementFactory = elementFactory({
  name: "sccparse",
  classification: "Parser/ClosedCaption",
  description: "Parses Scenarist closed captions; each pair of field 1 becomes a buffer.",
  properties: {
    "max-size-bytes": MAX_SIZE_PROPERTY,
    "zero-base": {
      type: "boolean",
      default: false,
      description: "Take off the whole hours of the first time code",
    },
  },
  pads: [always("sink", SCC_CAPS), always("src", RAW_608_CAPS)],
  create: (properties) => ({
    async run(context) {
      const bytes = await readWhole(context, properties["max-size-bytes"]);
      const file = parseScc(new TextDecoder().decode(bytes), { onBadLine: "skip" });
      if (file.lines.length === 0) throw new Error("no caption line of an SCC file was found");
      for (const { message } of file.issues) context.post({ type: "warning", text: message });
      const src = context.src();
      await src.caps(
        withFrameRate(caps("closedcaption/x-cea-608", { format: "raw", field: 0 }), RATE),
      );
      const lines = properties["zero-base"] ? zeroBase(file) : file.lines;
      for (const { frame, word } of sccPairs({ lines })) {
        if (context.stopSignal.aborted) return;
        const pts = frameTime(frame, RATE);
        const duration = frameTime(frame + 1, RATE) - pts;
        await src.buffer(mediaBuffer(wordsToBytes([word]), { pts, duration }));
      }
    },
  }),
});
