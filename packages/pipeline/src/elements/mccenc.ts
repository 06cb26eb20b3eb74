import { type FrameRate, formatMcc, type MccLine, type MccRate } from "@x/cea708";
import { frameNumber, timeCodeAt } from "@x/st291";
import { did, parseUnit, payload } from "@x/st2038";
import { mediaBuffer } from "../buffer.js";
import { fractionOf, mediaTypeOf } from "../caps.js";
import { always, type ElementFactory, elementFactory, forEachItem } from "../element.js";
import { PipelineError } from "../errors.js";
import { captionsWithoutFormat } from "./caption-input.js";
import { anyOf, CDP_CAPS, MCC_CAPS, S334_1A_CAPS, ST2038_CAPS } from "./formats.js";

const NOMINAL_RATES: readonly string[] = ["24", "25", "30", "50", "60"];

export const mccenc: ElementFactory = elementFactory({
  name: "mccenc",
  classification: "Encoder/ClosedCaption",
  description:
    "Writes CDPs, line-21 packets or any ST 2038 as a MacCaption file, at the end of the stream.",
  properties: {
    version: {
      type: "enum",
      default: "1.0",
      values: ["1.0", "2.0"],
      description: "Of the file; with 60DF always 2.0, where that is new",
    },
    uuid: { type: "string", default: undefined, description: "UUID of the file; unset: random" },
    "creation-date": {
      type: "string",
      default: undefined,
      description: "As in `Thursday, June 04, 2026`; unset: left out",
    },
  },
  pads: [always("sink", anyOf(CDP_CAPS, S334_1A_CAPS, ST2038_CAPS)), always("src", MCC_CAPS)],
  create: (properties) => ({
    async run(context) {
      const lines: MccLine[] = [];
      let rate: FrameRate | undefined;
      let mediaType: string | undefined;
      await forEachItem(context.sink(), {
        caps(offered) {
          rate = fractionOf(offered, "framerate");
          mediaType = mediaTypeOf(offered);
        },
        buffer({ data, pts }) {
          if (mediaType === undefined) throw captionsWithoutFormat(context.name);
          if (pts === undefined) {
            context.post({ type: "warning", text: "captions without a time were dropped" });
            return;
          }
          if (rate === undefined) {
            throw new PipelineError("stream", context.name, "no frame rate in the caps");
          }
          const time = timeCodeAt(frameNearest(pts, rate), rate, isDropFrame(rate));
          // Above 30 Hz ST 12-2 counts pairs of frames, MCC each one.
          const timeCode = { ...time, frames: frameNumber(time, rate) };
          const warn = (text: string): void => context.post({ type: "warning", text });
          for (const packet of packetsOf(data, mediaType, warn)) {
            lines.push({ timeCode, field: undefined, packetNumber: undefined, ...packet });
          }
        },
      });
      const header: [string, string][] = [
        ["UUID", properties.uuid ?? crypto.randomUUID().toUpperCase()],
      ];
      header.push(["Creation Program", "@x/pipeline mccenc"]);
      if (properties["creation-date"] !== undefined) {
        header.push(["Creation Date", properties["creation-date"]]);
      }
      const timeCodeRate = rateName(rate ?? { numerator: 30, denominator: 1 }, context.name);
      const text = formatMcc({
        version: timeCodeRate === "60DF" ? "2.0" : properties.version,
        timeCodeRate,
        header,
        comments: [],
        lines,
      });
      await context.src().caps(MCC_CAPS);
      await context.src().buffer(mediaBuffer(new TextEncoder().encode(text)));
    },
  }),
});

function packetsOf(
  data: Uint8Array,
  mediaType: string,
  warn: (text: string) => void,
): readonly Pick<MccLine, "did" | "sdid" | "data" | "checksum">[] {
  switch (mediaType) {
    case "closedcaption/x-cea-708":
      return [{ did: 0x61, sdid: 0x01, data, checksum: undefined }];
    case "closedcaption/x-cea-608":
      return [{ did: 0x61, sdid: 0x02, data, checksum: undefined }];
    default: {
      const { packets, diagnostics } = parseUnit(data);
      for (const { severity, message } of diagnostics) if (severity === "error") warn(message);
      return packets.map((packet) => ({
        did: did(packet),
        sdid: (packet.words[1] as number) & 0xff,
        data: payload(packet),
        checksum: (packet.words.at(-1) as number) & 0xff,
      }));
    }
  }
}

function frameNearest(pts: bigint, { numerator, denominator }: FrameRate): number {
  const second = 1_000_000_000n * BigInt(denominator);
  return Number((pts * BigInt(numerator) * 2n + second) / (second * 2n));
}

/** Only 30 and 60 over 1.001 have labels that skip. */
function isDropFrame({ numerator, denominator }: FrameRate): boolean {
  return denominator === 1001 && numerator !== 24_000;
}

function rateName(rate: FrameRate, element: string): MccRate {
  const nominal = String(Math.round(rate.numerator / rate.denominator));
  if (!NOMINAL_RATES.includes(nominal)) {
    throw new PipelineError("stream", element, `MCC has no frame rate of ${nominal}`);
  }
  return `${nominal}${isDropFrame(rate) ? "DF" : ""}` as MccRate;
}
