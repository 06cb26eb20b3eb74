import { type PacketHandler, TsFramer } from "@x/mpegts";
import { mediaBuffer } from "../buffer.js";
import { caps } from "../caps.js";
import { always, type ElementFactory, elementFactory, forEachItem } from "../element.js";
import { MPEGTS_CAPS } from "./formats.js";

const PACKET_SIZE = 188;

export const tsparse: ElementFactory = elementFactory({
  name: "tsparse",
  classification: "Codec/Parser",
  description: "Finds the packets of a transport stream and sends whole ones of 188 bytes.",
  properties: {
    alignment: {
      type: "integer",
      default: 7,
      min: 1,
      max: 1024,
      description: "Packets a buffer; 7 fit a UDP datagram",
    },
  },
  pads: [always("sink", MPEGTS_CAPS), always("src", MPEGTS_CAPS)],
  create: ({ alignment }) => ({
    async run(context) {
      const src = context.src();
      const framer = new TsFramer();
      const size = alignment * PACKET_SIZE;
      let held = new Uint8Array(size);
      let filled = 0;
      let whole: Uint8Array[] = [];
      const onPackets: PacketHandler = (bytes, start, count, stride) => {
        for (let at = start; at < start + count * stride; at += stride) {
          held.set(bytes.subarray(at, at + PACKET_SIZE), filled);
          filled += PACKET_SIZE;
          if (filled < size) continue;
          whole.push(held);
          held = new Uint8Array(size);
          filled = 0;
        }
      };
      const send = async (pts: bigint | undefined): Promise<void> => {
        const ready = whole;
        whole = [];
        for (const data of ready) await src.buffer(mediaBuffer(data, { pts }));
      };
      await src.caps(caps("video/mpegts", { systemstream: true, packetsize: PACKET_SIZE }));
      await forEachItem(context.sink(), {
        async buffer({ data, pts }) {
          framer.push(data, onPackets);
          await send(pts);
        },
      });
      framer.flush(onPackets);
      await send(undefined);
      if (filled > 0) await src.buffer(mediaBuffer(held.subarray(0, filled)));
      if (framer.resyncs > 0) {
        context.post({ type: "warning", text: `framing was lost ${framer.resyncs} times` });
      }
    },
  }),
});
