import { AncDepacketizer, type AncFrame } from "@x/rfc8331";
import { encodeUnit } from "@x/st2038";
import { mediaBuffer, SECOND } from "../buffer.js";
import { type Caps, type CapsValue, caps, stringOf } from "../caps.js";
import { always, type ElementFactory, elementFactory, forEachItem } from "../element.js";
import { parseProperty } from "../properties.js";
import { RTP_ANC_CAPS } from "./formats.js";

const CLOCK_RATE = 90_000;

export const rtpsmpte291depay: ElementFactory = elementFactory({
  name: "rtpsmpte291depay",
  classification: "Codec/Depayloader/Network/RTP",
  description: "Takes ancillary packets out of RTP (RFC 8331), in order, duplicates removed.",
  properties: {
    "max-reorder": {
      type: "integer",
      default: 32,
      min: 0,
      max: 4096,
      description: "Packets that wait behind a missing one before it is given up",
    },
    legs: {
      type: "integer",
      default: 1,
      min: 1,
      max: 2,
      description: "2: both legs of ST 2022-7 arrive here, duplicates are normal",
    },
    "use-rtp-time": {
      type: "boolean",
      default: false,
      description: "Stream time is the RTP timestamp itself, not the first packet's arrival",
    },
  },
  pads: [
    always("sink", RTP_ANC_CAPS),
    always("src", caps("meta/x-st-2038", { alignment: "packet" })),
  ],
  create: (properties) => ({
    async run(context) {
      const src = context.src();
      let frameStart: bigint | undefined;
      let start: { readonly ticks: number; readonly pts: bigint } | undefined;
      let lastTicks = 0;
      let capsSent = false;
      const depacketizer = new AncDepacketizer({
        window: properties["max-reorder"],
        legs: properties.legs === 2 ? 2 : 1,
        onIssue: (issue) => {
          if (issue.code === "duplicate" && properties.legs === 2) return;
          context.post({ type: "warning", text: issue.message, details: { ...issue } });
        },
      });
      const announce = async (offered: Caps): Promise<void> => {
        capsSent = true;
        await src.caps(caps("meta/x-st-2038", { alignment: "packet", ...frameRateField(offered) }));
      };
      const send = async (frames: readonly AncFrame[]): Promise<void> => {
        for (const { timestamp, packets } of frames) {
          if (start === undefined) {
            start = {
              ticks: timestamp,
              pts: properties["use-rtp-time"] ? ticksToNs(timestamp) : (frameStart ?? 0n),
            };
            lastTicks = timestamp;
          }
          // Signed shortest way from the last timestamp: 32 bits wrap after 13 hours.
          lastTicks += (timestamp - lastTicks) | 0;
          const pts = start.pts + ticksToNs(lastTicks - start.ticks);
          const meta = { rtpTime: timestamp };
          if (packets.length === 0) await src.push({ type: "gap", pts, duration: undefined });
          for (const [index, packet] of packets.entries()) {
            const flags = { marker: index === packets.length - 1 };
            await src.buffer(mediaBuffer(encodeUnit([packet]), { pts, flags, meta }));
          }
        }
      };
      await forEachItem(context.sink(), {
        caps: announce,
        async buffer({ data, pts, meta }) {
          if (!capsSent) await announce("ANY");
          frameStart ??= pts;
          await send(depacketizer.push(data, meta.arrival));
        },
      });
      await send(depacketizer.flush());
    },
  }),
});

function ticksToNs(ticks: number): bigint {
  return (BigInt(ticks) * SECOND) / BigInt(CLOCK_RATE);
}

function frameRateField(offered: Caps): Record<string, CapsValue> {
  const text = stringOf(offered, "a-exactframerate");
  if (text === undefined) return {};
  const framerate = parseProperty(
    { type: "fraction", default: undefined, description: "" },
    text,
  ) as CapsValue;
  return { framerate };
}
