import { PACKET_SIZE, TsFramer } from "@x/mpegts";
import { mediaBuffer } from "../buffer.js";
import { caps } from "../caps.js";
import { always, type ElementFactory, elementFactory, forEachItem } from "../element.js";
import { nanoseconds, TimedPackets } from "../timed-packets.js";
import { MPEGTS_CAPS } from "./formats.js";

export const tsparse: ElementFactory = elementFactory({
  name: "tsparse",
  classification: "Codec/Parser",
  description:
    "Finds the packets of a transport stream and sends whole ones of 188 bytes, in time.",
  properties: {
    alignment: {
      type: "integer",
      default: 7,
      min: 1,
      max: 1024,
      description: "Packets a buffer; 7 fit a UDP datagram",
    },
    "set-timestamps": {
      type: "boolean",
      default: false,
      description: "Give each buffer the time that the PCRs around it tell",
    },
    "smoothing-latency": {
      type: "integer",
      default: 0,
      min: 0,
      max: 0x7fffffff,
      description: "Microseconds added to these times: for live input more than from PCR to PCR",
    },
    "pcr-pid": {
      type: "integer",
      default: -1,
      min: -1,
      max: 8190,
      description: "PID whose PCRs count; -1: the first one that has them",
    },
  },
  pads: [always("sink", MPEGTS_CAPS), always("src", MPEGTS_CAPS)],
  create: (properties) => ({
    async run(context) {
      const src = context.src();
      const framer = new TsFramer();
      const packets = new TimedPackets(properties.alignment, properties["pcr-pid"]);
      const latency = BigInt(properties["smoothing-latency"]) * 1000n;
      let origin: bigint | undefined;
      let warned = false;

      const sendTimed = (final: boolean): Promise<void> =>
        packets.send(final, async (data, ticks) => {
          if (ticks === undefined && !warned) {
            warned = true;
            const text = "no PID has two PCRs within a second: sent without times";
            context.post({ type: "warning", text });
          }
          const pts =
            ticks === undefined ? undefined : (origin ?? 0n) + latency + nanoseconds(ticks);
          await src.buffer(mediaBuffer(data, { pts }));
        });
      const sendNow = (pts: bigint | undefined): Promise<void> =>
        packets.sendUntimed((data) => src.buffer(mediaBuffer(data, { pts })));

      await src.caps(caps("video/mpegts", { systemstream: true, packetsize: PACKET_SIZE }));
      await forEachItem(context.sink(), {
        async buffer({ data, pts }) {
          framer.push(data, packets.onPackets);
          if (!properties["set-timestamps"]) return sendNow(pts);
          origin ??= pts ?? 0n;
          packets.scan(data, pts === undefined ? 0 : Number(((pts - origin) * 27n) / 1000n));
          return sendTimed(false);
        },
      });
      framer.flush(packets.onPackets);
      packets.flush();
      if (properties["set-timestamps"]) await sendTimed(true);
      else await sendNow(undefined);
      if (framer.resyncs > 0) {
        context.post({ type: "warning", text: `framing was lost ${framer.resyncs} times` });
      }
    },
  }),
});
