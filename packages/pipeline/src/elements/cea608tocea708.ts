import { Cea608To708, isFormatError } from "@x/cea708";
import { mediaBuffer } from "../buffer.js";
import { fractionOf } from "../caps.js";
import { toCcData } from "../caption-formats.js";
import { always, type ElementFactory, elementFactory, withDiscont } from "../element.js";
import { PipelineError } from "../errors.js";
import { forEachCaption } from "./caption-input.js";
import {
  anyOf,
  CC_DATA_CAPS,
  CDP_CAPS,
  RAW_608_CAPS,
  S334_1A_CAPS,
  withFrameRate,
} from "./formats.js";

export const cea608tocea708: ElementFactory = elementFactory({
  name: "cea608tocea708",
  classification: "Converter",
  description: "Makes a CEA-708 service of each line-21 caption channel, beside the line-21 data.",
  properties: {},
  pads: [
    always("sink", anyOf(RAW_608_CAPS, S334_1A_CAPS, CC_DATA_CAPS, CDP_CAPS)),
    always("src", CC_DATA_CAPS),
  ],
  create: () => ({
    async run(context) {
      const src = context.src();
      let converter: Cea608To708 | undefined;
      await forEachCaption(context, {
        async caps(offered) {
          const frameRate = fractionOf(offered, "framerate");
          if (frameRate === undefined) {
            throw new PipelineError("stream", context.name, "no frame rate in the caps");
          }
          converter = new Cea608To708({ frameRate });
          await src.caps(withFrameRate(CC_DATA_CAPS, frameRate));
        },
        async buffer(buffer, format) {
          if (converter === undefined) return;
          const { pts, duration } = buffer;
          try {
            const ccData = converter.push(toCcData(buffer.data, format), Number(pts) / 1e6);
            await src.buffer(mediaBuffer(ccData, { pts, duration, flags: withDiscont(buffer) }));
          } catch (error) {
            if (!isFormatError(error)) throw error;
            context.post({ type: "warning", text: error.message });
          }
        },
        async otherwise(item) {
          // A frame in which line 21 had nothing to say still has its place in the 708 stream.
          if (item.type !== "gap" || converter === undefined) return src.push(item);
          const ccData = converter.push(new Uint8Array(0), Number(item.pts) / 1e6);
          const { pts, duration } = item;
          await src.buffer(mediaBuffer(ccData, { pts, duration }));
        },
      });
    },
  }),
});
