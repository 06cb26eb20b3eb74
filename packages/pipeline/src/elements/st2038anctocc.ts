import { ancToCaptions, parseUnit } from "@x/st2038";
import { mediaBuffer } from "../buffer.js";
import { fractionOf } from "../caps.js";
import {
  always,
  type ElementFactory,
  elementFactory,
  forEachItem,
  withDiscont,
} from "../element.js";
import type { PadTemplate, SrcPad } from "../pad.js";
import { CDP_CAPS, S334_1A_CAPS, ST2038_CAPS, withFrameRate } from "./formats.js";

const CEA608: PadTemplate = {
  name: "src_cea608",
  direction: "src",
  presence: "sometimes",
  caps: S334_1A_CAPS,
};
const CEA708: PadTemplate = {
  name: "src_cea708",
  direction: "src",
  presence: "sometimes",
  caps: CDP_CAPS,
};

export const st2038anctocc: ElementFactory = elementFactory({
  name: "st2038anctocc",
  classification: "Generic",
  description: "Takes closed captions out of SMPTE ST 2038 ancillary packets.",
  properties: {},
  pads: [always("sink", ST2038_CAPS), CEA608, CEA708],
  create: () => ({
    async run(context) {
      const pads = new Map<string, SrcPad>();
      const sink = context.sink();
      const padFor = async (format: "cdp" | "s334-1a"): Promise<SrcPad> => {
        const existing = pads.get(format);
        if (existing !== undefined) return existing;
        const template = format === "cdp" ? CEA708 : CEA608;
        const caps = withFrameRate(template.caps, fractionOf(sink.caps, "framerate"));
        const pad = context.addSrc(template.name, template, caps);
        pads.set(format, pad);
        await pad.caps(caps);
        return pad;
      };
      await forEachItem(sink, {
        async buffer(buffer) {
          const { packets, diagnostics } = parseUnit(buffer.data);
          for (const { severity, message } of diagnostics) {
            if (severity === "error") context.post({ type: "warning", text: message });
          }
          for (const { format, data } of ancToCaptions(packets).captions) {
            const pad = await padFor(format);
            const { pts, duration } = buffer;
            await pad.buffer(mediaBuffer(data, { pts, duration, flags: withDiscont(buffer) }));
          }
        },
        async otherwise(item) {
          for (const pad of pads.values()) await pad.push(item);
        },
      });
    },
  }),
});
