import {
  decodeCdp,
  type FrameRate,
  frameRateOfCdp,
  isFormatError,
  type MccLine,
  mccFrameOf,
  mccFrameRate,
  type ParsedMcc,
  parseMcc,
} from "@x/cea708";
import { frameTime, mediaBuffer } from "../buffer.js";
import { always, type ElementFactory, elementFactory } from "../element.js";
import { MAX_SIZE_PROPERTY, readWhole } from "../read-whole.js";
import { anyOf, CDP_CAPS, MCC_CAPS, S334_1A_CAPS, withFrameRate } from "./formats.js";

export const mccparse: ElementFactory = elementFactory({
  name: "mccparse",
  classification: "Parser/ClosedCaption",
  description:
    "Parses MacCaption files, versions 1 and 2; each CDP or line-21 packet becomes a buffer.",
  properties: { "max-size-bytes": MAX_SIZE_PROPERTY },
  pads: [always("sink", MCC_CAPS), always("src", anyOf(CDP_CAPS, S334_1A_CAPS))],
  create: (properties) => ({
    async run(context) {
      const bytes = await readWhole(context, properties["max-size-bytes"]);
      const file = parseMcc(new TextDecoder().decode(bytes));
      for (const { message } of file.issues) context.post({ type: "warning", text: message });
      const isCdp = file.lines.some(hasCdp);
      const lines = file.lines.filter((line) => (isCdp ? hasCdp(line) : hasLine21(line)));
      const rate = mccFrameRate(file.timeCodeRate, firstCdpRate(file));
      const src = context.src();
      await src.caps(withFrameRate(isCdp ? CDP_CAPS : S334_1A_CAPS, rate));
      for (const { timeCode, data } of lines) {
        if (context.stopSignal.aborted) return;
        const frame = mccFrameOf(timeCode, file.timeCodeRate);
        const pts = frameTime(frame, rate);
        await src.buffer(mediaBuffer(data, { pts, duration: frameTime(frame + 1, rate) - pts }));
      }
    },
  }),
});

function hasCdp({ did, sdid }: MccLine): boolean {
  return did === 0x61 && sdid === 0x01;
}

function hasLine21({ did, sdid }: MccLine): boolean {
  return did === 0x61 && sdid === 0x02;
}

/** `30` in a file may mean 30000/1001: the CDPs say which. */
function firstCdpRate(file: ParsedMcc): FrameRate | undefined {
  for (const line of file.lines.filter(hasCdp)) {
    try {
      return frameRateOfCdp(decodeCdp(line.data).cdp.cdpFrameRate);
    } catch (error) {
      if (!isFormatError(error)) throw error;
    }
  }
  return undefined;
}
