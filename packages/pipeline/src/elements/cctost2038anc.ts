import { cdpToAnc, cea608ToAnc, encodeUnit } from "@x/st2038";
import { mediaBuffer } from "../buffer.js";
import { caps, fractionOf, mediaTypeOf, stringOf } from "../caps.js";
import {
  always,
  type ElementFactory,
  elementFactory,
  forEachItem,
  withDiscont,
} from "../element.js";
import { PipelineError } from "../errors.js";
import { captionsWithoutFormat } from "./caption-input.js";
import { anyOf, CDP_CAPS, S334_1A_CAPS, ST2038_CAPS, withFrameRate } from "./formats.js";

export const cctost2038anc: ElementFactory = elementFactory({
  name: "cctost2038anc",
  classification: "Generic",
  description: "Puts closed captions into SMPTE ST 2038 ancillary packets.",
  properties: {
    "c-not-y-channel": {
      type: "boolean",
      default: false,
      description: "Colour-difference channel instead of luma",
    },
    "line-number": { type: "integer", default: 9, min: 0, max: 2047, description: "Raster line" },
    "horizontal-offset": {
      type: "integer",
      default: 0,
      min: 0,
      max: 4095,
      description: "Place in the line, from SAV",
    },
  },
  pads: [always("sink", anyOf(CDP_CAPS, S334_1A_CAPS)), always("src", ST2038_CAPS)],
  create: (properties) => ({
    async run(context) {
      const src = context.src();
      const alignment = stringOf(src.peerCaps(), "alignment") ?? "frame";
      const position = {
        cNotYChannelFlag: properties["c-not-y-channel"],
        lineNumber: properties["line-number"],
        horizontalOffset: properties["horizontal-offset"],
      };
      let isCdp: boolean | undefined;
      await forEachItem(context.sink(), {
        async caps(offered) {
          isCdp = mediaTypeOf(offered) === "closedcaption/x-cea-708";
          const rate = fractionOf(offered, "framerate");
          await src.caps(withFrameRate(caps("meta/x-st-2038", { alignment }), rate));
        },
        async buffer(buffer) {
          if (isCdp === undefined) throw captionsWithoutFormat(context.name);
          const { data, pts, duration } = buffer;
          if (data.length > 255) {
            const message = `${data.length} bytes do not fit an ancillary packet of 255`;
            throw new PipelineError("stream", context.name, message);
          }
          const packets = isCdp ? [cdpToAnc(data, position)] : cea608ToAnc(data, position);
          const units = alignment === "packet" ? packets.map((one) => [one]) : [packets];
          for (const [index, unit] of units.entries()) {
            const flags = withDiscont(buffer, { marker: index === units.length - 1 });
            await src.buffer(mediaBuffer(encodeUnit(unit), { pts, duration, flags }));
          }
        },
        otherwise: (item) => src.push(item),
      });
    },
  }),
});
