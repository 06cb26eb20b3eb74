import { AncDemuxer, encodeUnit, parseUnit } from "@x/st2038";
import { mediaBuffer } from "../buffer.js";
import { caps, fractionOf } from "../caps.js";
import {
  always,
  type ElementFactory,
  elementFactory,
  forEachItem,
  withDiscont,
} from "../element.js";
import type { PadTemplate, SrcPad } from "../pad.js";
import { ST2038_CAPS, withFrameRate } from "./formats.js";

const STREAM: PadTemplate = {
  name: "anc_%02x_%02x_at_%u_%u",
  direction: "src",
  presence: "sometimes",
  caps: caps("meta/x-st-2038", { alignment: "packet" }),
};

export const st2038ancdemux: ElementFactory = elementFactory({
  name: "st2038ancdemux",
  classification: "Demuxer",
  description: "Splits SMPTE ST 2038 by DID, SDID, line and offset; everything also leaves by src.",
  properties: {},
  pads: [
    always("sink", ST2038_CAPS),
    always("src", caps("meta/x-st-2038", { alignment: "packet" })),
    STREAM,
  ],
  create: () => ({
    async run(context) {
      const demuxer = new AncDemuxer();
      const pads = new Map<string, SrcPad>();
      const sink = context.sink();
      const src = context.src();
      await forEachItem(sink, {
        async caps(offered) {
          await src.caps(withFrameRate(STREAM.caps, fractionOf(offered, "framerate")));
        },
        async buffer(buffer) {
          const { packets, diagnostics } = parseUnit(buffer.data);
          for (const { severity, message } of diagnostics) {
            if (severity === "error") context.post({ type: "warning", text: message });
          }
          const { pts, duration } = buffer;
          for (const { stream, packets: own } of demuxer.push(packets, Number(pts ?? 0n))) {
            let pad = pads.get(stream.id);
            if (pad === undefined) {
              const format = withFrameRate(STREAM.caps, fractionOf(sink.caps, "framerate"));
              pad = context.addSrc(stream.id, STREAM, format);
              pads.set(stream.id, pad);
              await pad.caps(format);
            }
            for (const packet of own) {
              await pad.buffer(mediaBuffer(encodeUnit([packet]), { pts, duration }));
            }
          }
          for (const [index, packet] of packets.entries()) {
            const marker = buffer.flags.marker === true && index === packets.length - 1;
            const flags = withDiscont(buffer, { marker });
            await src.buffer(mediaBuffer(encodeUnit([packet]), { pts, duration, flags }));
          }
        },
        async otherwise(item) {
          await src.push(item);
          for (const pad of pads.values()) await pad.push(item);
        },
      });
    },
  }),
});
