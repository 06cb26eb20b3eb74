import { type FrameRate, formatMcc, type MccLine, type MccRate } from "@x/cea708";
import { timeCodeAt } from "@x/st291";
import { mediaBuffer } from "../buffer.js";
import { fractionOf, mediaTypeOf } from "../caps.js";
import { always, type ElementFactory, elementFactory } from "../element.js";
import { PipelineError } from "../errors.js";
import { forEachCaption } from "./caption-input.js";
import { anyOf, CDP_CAPS, MCC_CAPS, S334_1A_CAPS } from "./formats.js";

const NOMINAL_RATES: readonly string[] = ["24", "25", "30", "50", "60"];

export const mccenc: ElementFactory = elementFactory({
  name: "mccenc",
  classification: "Encoder/ClosedCaption",
  description: "Writes CDPs or line-21 packets as a MacCaption file, at the end of the stream.",
  properties: {
    version: { type: "enum", default: "1.0", values: ["1.0", "2.0"], description: "Of the file" },
    uuid: { type: "string", default: undefined, description: "UUID of the file; unset: random" },
    "creation-date": {
      type: "string",
      default: undefined,
      description: "As in `Thursday, June 04, 2026`; unset: left out",
    },
  },
  pads: [always("sink", anyOf(CDP_CAPS, S334_1A_CAPS)), always("src", MCC_CAPS)],
  create: (properties) => ({
    async run(context) {
      const lines: MccLine[] = [];
      let rate: FrameRate | undefined;
      let sdid = 0x01;
      await forEachCaption(context, {
        caps(offered) {
          rate = fractionOf(offered, "framerate");
          sdid = mediaTypeOf(offered) === "closedcaption/x-cea-708" ? 0x01 : 0x02;
        },
        buffer({ data, pts }) {
          if (rate === undefined) {
            throw new PipelineError("stream", context.name, "no frame rate in the caps");
          }
          const timeCode = timeCodeAt(frameNearest(pts, rate), rate, isDropFrame(rate));
          lines.push({
            timeCode,
            field: undefined,
            packetNumber: undefined,
            did: 0x61,
            sdid,
            data,
            checksum: undefined,
          });
        },
      });
      const header: [string, string][] = [
        ["UUID", properties.uuid ?? crypto.randomUUID().toUpperCase()],
      ];
      header.push(["Creation Program", "@x/pipeline mccenc"]);
      if (properties["creation-date"] !== undefined) {
        header.push(["Creation Date", properties["creation-date"]]);
      }
      const text = formatMcc({
        version: properties.version,
        timeCodeRate: rateName(rate ?? { numerator: 30, denominator: 1 }, context.name),
        header,
        comments: [],
        lines,
      });
      await context.src().caps(MCC_CAPS);
      await context.src().buffer(mediaBuffer(new TextEncoder().encode(text)));
    },
  }),
});

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
