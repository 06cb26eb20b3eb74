import {
  Cea608Decoder,
  type Cea608Service,
  createScreen,
  renderToHtml,
  renderToSvg,
} from "@x/cea608";
import { isFormatError } from "@x/cea708";
import { intersectCaps, mediaTypeOf } from "../caps.js";
import { line21Pairs } from "../caption-formats.js";
import { always, type ElementFactory, elementFactory } from "../element.js";
import { PICTURE_CAPS, PictureOutput, SIZE_PROPERTIES } from "../picture-output.js";
import { forEachCaption } from "./caption-input.js";
import { anyOf, CC_DATA_CAPS, CDP_CAPS, RAW_608_CAPS, S334_1A_CAPS } from "./formats.js";

export const cea608overlay: ElementFactory = elementFactory({
  name: "cea608overlay",
  classification: "Filter/Editor/Video",
  description: "Draws CEA-608 captions as SVG or HTML to lay over a picture, one for each change.",
  properties: {
    service: {
      type: "enum",
      default: "CC1",
      values: ["CC1", "CC2", "CC3", "CC4", "T1", "T2", "T3", "T4"],
      description: "Caption or text channel",
    },
    ...SIZE_PROPERTIES,
  },
  pads: [
    always("sink", anyOf(RAW_608_CAPS, S334_1A_CAPS, CC_DATA_CAPS, CDP_CAPS)),
    always("src", PICTURE_CAPS),
  ],
  create: (properties) => ({
    async run(context) {
      const src = context.src();
      const { width, height } = properties;
      const service: Cea608Service = properties.service;
      const decoder = new Cea608Decoder();
      const html = mediaTypeOf(intersectCaps(PICTURE_CAPS, src.peerCaps())) === "text/html";
      const output = new PictureOutput(src, html ? "text/html" : "image/svg+xml");
      let picture = html
        ? renderToHtml(createScreen())
        : renderToSvg(createScreen(), { width, height });
      await output.start();
      await forEachCaption(context, {
        async buffer({ data, pts, duration }, format) {
          let changed = false;
          try {
            for (const { field, word } of line21Pairs(data, format)) {
              for (const event of decoder.push(field, word, Number(pts) / 1e6)) {
                changed ||= event.type === "display" && event.service === service;
              }
            }
          } catch (error) {
            if (!isFormatError(error)) throw error;
            context.post({ type: "warning", text: error.message });
          }
          if (changed) {
            const screen = decoder.screen(service);
            picture = html ? renderToHtml(screen) : renderToSvg(screen, { width, height });
          }
          await output.show(picture, pts, pts + (duration ?? 0n));
        },
      });
      await output.finish();
    },
  }),
});
