import { CaptionDecoder, isFormatError, renderToHtml, renderToSvg } from "@x/cea708";
import { intersectCaps, mediaTypeOf } from "../caps.js";
import { toCcData } from "../caption-formats.js";
import { always, type ElementFactory, elementFactory } from "../element.js";
import { PICTURE_CAPS, PictureOutput, SIZE_PROPERTIES } from "../picture-output.js";
import { forEachCaption } from "./caption-input.js";
import { anyOf, CC_DATA_CAPS, CDP_CAPS } from "./formats.js";

export const cea708overlay: ElementFactory = elementFactory({
  name: "cea708overlay",
  classification: "Filter/Editor/Video",
  description: "Draws CEA-708 captions as SVG or HTML to lay over a picture, one for each change.",
  properties: {
    "service-number": {
      type: "integer",
      default: 1,
      min: 1,
      max: 63,
      description: "Caption service",
    },
    ...SIZE_PROPERTIES,
  },
  pads: [always("sink", anyOf(CC_DATA_CAPS, CDP_CAPS)), always("src", PICTURE_CAPS)],
  create: (properties) => ({
    async run(context) {
      const src = context.src();
      const { width, height } = properties;
      const service = properties["service-number"];
      const decoder = new CaptionDecoder({ services: [service] });
      const html = mediaTypeOf(intersectCaps(PICTURE_CAPS, src.peerCaps())) === "text/html";
      const output = new PictureOutput(src, html ? "text/html" : "image/svg+xml");
      await output.start();
      await forEachCaption(context, {
        async buffer({ data, pts, duration }, format) {
          try {
            decoder.push(toCcData(data, format), Number(pts) / 1e6);
          } catch (error) {
            if (!isFormatError(error)) throw error;
            context.post({ type: "warning", text: error.message });
            return;
          }
          const windows = decoder.service(service)?.windows ?? [];
          const options = { width, height };
          await output.show(
            html ? renderToHtml(windows) : renderToSvg(windows, options),
            pts,
            pts + (duration ?? 0n),
          );
        },
      });
      await output.finish();
    },
  }),
});
