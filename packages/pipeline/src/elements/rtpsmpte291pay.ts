import {
  type AncPacket,
  AncPacketizer,
  F_PROGRESSIVE,
  MAX_RTP_LIMIT,
  MIN_RTP_LIMIT,
  rtpTimestamp,
  rtpTimestampOfNs,
} from "@x/rfc8331";
import { parseUnit } from "@x/st2038";
import { type MediaBuffer, mediaBuffer } from "../buffer.js";
import { caps, type Fraction, fractionOf } from "../caps.js";
import {
  always,
  type ElementFactory,
  elementFactory,
  forEachItem,
  withDiscont,
} from "../element.js";
import { PipelineError } from "../errors.js";
import { RTP_ANC_CAPS } from "./formats.js";

export const rtpsmpte291pay: ElementFactory = elementFactory({
  name: "rtpsmpte291pay",
  classification: "Codec/Payloader/Network/RTP",
  description: "Puts the ancillary packets of each frame into RTP (RFC 8331).",
  properties: {
    mtu: {
      type: "integer",
      default: 1400,
      min: MIN_RTP_LIMIT,
      max: MAX_RTP_LIMIT,
      description: "Octets of an RTP packet at most, its header included, those of UDP and IP not",
    },
    pt: { type: "integer", default: 96, min: 0, max: 127, description: "RTP payload type" },
    ssrc: {
      type: "integer",
      default: undefined,
      min: 0,
      max: 0xffffffff,
      description: "Synchronisation source; unset: random",
    },
    "timestamp-offset": {
      type: "integer",
      default: undefined,
      min: 0,
      max: 0xffffffff,
      description: "Added to every RTP timestamp; unset: random; 0: ST 2110's mediaclk:direct=0",
    },
    "seqnum-offset": {
      type: "integer",
      default: undefined,
      min: 0,
      max: 0xffff,
      description: "First sequence number; unset: random",
    },
    "keep-alive": {
      type: "boolean",
      default: true,
      description: "Send an empty packet for a frame without ancillary data",
    },
  },
  pads: [
    always("sink", caps("meta/x-st-2038", { alignment: "frame" })),
    always("src", RTP_ANC_CAPS),
  ],
  create: (properties) => ({
    async run(context) {
      const src = context.src();
      const offset = properties["timestamp-offset"] ?? random32();
      const packetizer = new AncPacketizer({
        payloadType: properties.pt,
        rtpLimit: properties.mtu,
        ssrc: properties.ssrc ?? random32(),
        extendedSequenceNumber: properties["seqnum-offset"] ?? random32() % 0x1_0000,
        keepAlive: properties["keep-alive"],
      });
      let rate: Fraction | undefined;
      const timeOf = (buffer: Pick<MediaBuffer, "pts">): number => {
        if (buffer.pts === undefined) {
          throw new PipelineError("stream", context.name, "a frame has no time");
        }
        return (rtpTime(buffer.pts, rate) + offset) % 2 ** 32;
      };
      const send = async (packets: readonly AncPacket[], buffer: MediaBuffer): Promise<void> => {
        const timestamp = timeOf(buffer);
        const { pts, duration } = buffer;
        const meta = { rtpTime: timestamp };
        for (const data of packetizer.packetize({ timestamp, f: F_PROGRESSIVE, packets })) {
          const flags = withDiscont(buffer, { marker: ((data[1] as number) & 0x80) !== 0 });
          await src.buffer(mediaBuffer(data, { pts, duration, flags, meta }));
        }
      };
      await forEachItem(context.sink(), {
        async caps(offered) {
          rate = fractionOf(offered, "framerate");
          await src.caps(
            caps("application/x-rtp", {
              media: "video",
              "clock-rate": 90_000,
              "encoding-name": "SMPTE291",
              payload: properties.pt,
              ...(rate === undefined
                ? {}
                : { "a-exactframerate": `${rate.numerator}/${rate.denominator}` }),
            }),
          );
        },
        async buffer(buffer) {
          const { packets, diagnostics } = parseUnit(buffer.data);
          for (const { severity, message } of diagnostics) {
            if (severity === "error") context.post({ type: "warning", text: message });
          }
          await send(packets, buffer);
        },
        async otherwise(item) {
          if (item.type === "gap" && properties["keep-alive"]) {
            const { pts, duration } = item;
            await send([], mediaBuffer(new Uint8Array(0), { pts, duration }));
          }
        },
      });
    },
  }),
});

/** From the frame's number, which is exact, when the time is that of a frame; else from the nanoseconds. */
function rtpTime(pts: bigint, rate: Fraction | undefined): number {
  if (rate === undefined || rate.numerator <= 0) return rtpTimestampOfNs(pts);
  const second = 1_000_000_000n * BigInt(rate.denominator);
  const frame = (pts * BigInt(rate.numerator) * 2n + second) / (second * 2n);
  const off = pts - (frame * second) / BigInt(rate.numerator);
  const near = off < 1_000n && off > -1_000n;
  return near ? rtpTimestamp(frame, rate) : rtpTimestampOfNs(pts);
}

function random32(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] as number;
}
