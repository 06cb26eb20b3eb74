import { CdpWriter, decodeCdp, type FrameRate, isFormatError } from "@x/cea708";
import { mediaBuffer } from "../buffer.js";
import {
  type Caps,
  type CapsStructure,
  capsAreEmpty,
  formatCaps,
  fractionOf,
  intersectCaps,
  mediaTypeOf,
  stringOf,
} from "../caps.js";
import {
  always,
  type ElementFactory,
  elementFactory,
  forEachItem,
  withDiscont,
} from "../element.js";
import { PipelineError } from "../errors.js";
import { anyOf, CC_DATA_CAPS, CDP_CAPS, S334_1A_CAPS, withFrameRate } from "./formats.js";

const FORMATS: Caps = anyOf(CDP_CAPS, CC_DATA_CAPS, S334_1A_CAPS);

type CaptionFormat = "cdp" | "cc_data" | "s334-1a";

export const ccconverter: ElementFactory = elementFactory({
  name: "ccconverter",
  classification: "Filter/ClosedCaption",
  description: "Converts captions between cc_data, CDP and line 21 of ST 334-1.",
  properties: {},
  pads: [always("sink", FORMATS), always("src", FORMATS)],
  create: () => ({
    async run(context) {
      const src = context.src();
      let from: CaptionFormat = "cc_data";
      let to: CaptionFormat = "cc_data";
      let writer: CdpWriter | undefined;
      await forEachItem(context.sink(), {
        async caps(offered) {
          const output = chooseOutput(offered, src.peerCaps());
          if (output === undefined) {
            const message = `cannot make ${formatCaps(src.peerCaps())} of ${formatCaps(offered)}`;
            throw new PipelineError("stream", context.name, message);
          }
          from = formatOf(offered);
          to = formatOf([output]);
          const rate = fractionOf([output], "framerate");
          if (to === "cdp" && from !== "cdp") writer = new CdpWriter({ frameRate: known(rate) });
          await src.caps([output]);
        },
        async buffer(buffer) {
          const { pts, duration } = buffer;
          const send = (data: Uint8Array): Promise<void> =>
            src.buffer(mediaBuffer(data, { pts, duration, flags: withDiscont(buffer) }));
          if (from === to) return send(buffer.data);
          try {
            const triplets = toTriplets(buffer.data, from);
            if (to === "cdp" && writer !== undefined) return send(writer.write(triplets));
            return send(to === "s334-1a" ? toLine21(triplets) : triplets);
          } catch (error) {
            if (!isFormatError(error)) throw error;
            context.post({ type: "warning", text: error.message });
          }
        },
        otherwise: (item) => src.push(item),
      });
    },
  }),
});

/** The input's format when it is accepted, else the first that is. The frame rate never changes silently. */
function chooseOutput(offered: Caps, wanted: Caps): CapsStructure | undefined {
  const rate = fractionOf(offered, "framerate");
  const candidates = anyOf(offered, withFrameRate(FORMATS, rate));
  const possible = intersectCaps(candidates, wanted);
  return capsAreEmpty(possible) || possible === "ANY" ? undefined : possible[0];
}

function formatOf(of: Caps): CaptionFormat {
  if (mediaTypeOf(of) === "closedcaption/x-cea-608") return "s334-1a";
  return stringOf(of, "format") === "cdp" ? "cdp" : "cc_data";
}

function known(rate: FrameRate | undefined): FrameRate {
  if (rate === undefined) throw new Error("a CDP needs a frame rate: none is in the caps");
  return rate;
}

function toTriplets(data: Uint8Array, format: CaptionFormat): Uint8Array {
  if (format === "cc_data") return data;
  if (format === "cdp") return decodeCdp(data).cdp.ccData ?? new Uint8Array(0);
  // ST 334-1: b7 of the first byte is the field; cc_data: cc_valid with type 0 or 1.
  const triplets = data.slice();
  for (let at = 0; at + 3 <= triplets.length; at += 3) {
    triplets[at] = ((triplets[at] as number) & 0x80) !== 0 ? 0xfc : 0xfd;
  }
  return triplets;
}

function toLine21(triplets: Uint8Array): Uint8Array {
  const pairs: number[] = [];
  for (let at = 0; at + 3 <= triplets.length; at += 3) {
    const first = triplets[at];
    if (first !== 0xfc && first !== 0xfd) continue;
    const field = first === 0xfc ? 0x80 : 0x00;
    pairs.push(field, triplets[at + 1] as number, triplets[at + 2] as number);
  }
  return Uint8Array.from(pairs);
}
