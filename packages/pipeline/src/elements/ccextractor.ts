import { type BufferMeta, mediaBuffer } from "../buffer.js";
import { type Caps, caps, fractionOf } from "../caps.js";
import type { CaptionFormat } from "../caption-formats.js";
import { always, type ElementFactory, elementFactory, forEachItem } from "../element.js";
import type { PadTemplate, SrcPad } from "../pad.js";
import {
  anyOf,
  CC_DATA_CAPS,
  CDP_CAPS,
  RAW_608_CAPS,
  S334_1A_CAPS,
  withFrameRate,
} from "./formats.js";

const CAPTION: PadTemplate = {
  name: "caption",
  direction: "src",
  presence: "sometimes",
  caps: anyOf(CC_DATA_CAPS, CDP_CAPS, S334_1A_CAPS, RAW_608_CAPS),
};

const FORMAT_CAPS: Readonly<Record<CaptionFormat, Caps>> = {
  cc_data: CC_DATA_CAPS,
  cdp: CDP_CAPS,
  "s334-1a": S334_1A_CAPS,
  raw0: caps("closedcaption/x-cea-608", { format: "raw", field: 0 }),
  raw1: caps("closedcaption/x-cea-608", { format: "raw", field: 1 }),
};

export const ccextractor: ElementFactory = elementFactory({
  name: "ccextractor",
  classification: "Filter",
  description: "Takes captions off the pictures that carry them; the pictures pass.",
  properties: {
    "remove-caption-meta": {
      type: "boolean",
      default: false,
      description: "Let the pictures pass without their captions",
    },
  },
  pads: [always("sink", "ANY"), always("src", "ANY"), CAPTION],
  create: (properties) => ({
    async run(context) {
      const sink = context.sink();
      const src = context.src();
      let pad: SrcPad | undefined;
      let announced: CaptionFormat | undefined;
      await forEachItem(sink, {
        caps: (offered) => src.caps(offered),
        async buffer(buffer) {
          const { pts, duration, meta } = buffer;
          for (const { format, data } of meta.captions ?? []) {
            if (announced !== format) {
              const of = withFrameRate(FORMAT_CAPS[format], fractionOf(sink.caps, "framerate"));
              pad ??= context.addSrc(CAPTION.name, CAPTION, of);
              await pad.caps(of);
              announced = format;
            }
            await pad?.buffer(mediaBuffer(data, { pts, duration }));
          }
          const { captions: _, ...others }: BufferMeta = meta;
          const kept = properties["remove-caption-meta"] ? others : meta;
          await src.buffer(mediaBuffer(buffer.data, { ...buffer, meta: kept }));
        },
        otherwise: (item) => src.push(item),
      });
    },
  }),
});
