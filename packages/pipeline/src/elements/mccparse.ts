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
import { createAncPacket, encodeUnit } from "@x/st2038";
import { frameTime, mediaBuffer } from "../buffer.js";
import { type Caps, caps, capsAreEmpty, intersectCaps } from "../caps.js";
import { always, type ElementFactory, elementFactory } from "../element.js";
import { MAX_SIZE_PROPERTY, readWhole } from "../read-whole.js";
import { anyOf, CDP_CAPS, MCC_CAPS, S334_1A_CAPS, withFrameRate } from "./formats.js";

const ANC_CAPS = caps("meta/x-st-2038", { alignment: "packet" });

export const mccparse: ElementFactory = elementFactory({
  name: "mccparse",
  classification: "Parser/ClosedCaption",
  description:
    "Parses MacCaption files, versions 1 and 2; each CDP or line-21 packet becomes a buffer, or every packet as ST 2038.",
  properties: { "max-size-bytes": MAX_SIZE_PROPERTY },
  pads: [always("sink", MCC_CAPS), always("src", anyOf(CDP_CAPS, S334_1A_CAPS, ANC_CAPS))],
  create: (properties) => ({
    async run(context) {
      const bytes = await readWhole(context, properties["max-size-bytes"]);
      const file = parseMcc(new TextDecoder().decode(bytes));
      for (const { message } of file.issues) context.post({ type: "warning", text: message });
      const src = context.src();
      const rate = mccFrameRate(file.timeCodeRate, firstCdpRate(file));
      const { format, lines, toBytes } = outputOf(file, src.peerCaps());
      await src.caps(withFrameRate(format, rate));
      for (const [index, line] of lines.entries()) {
        if (context.stopSignal.aborted) return;
        const frame = mccFrameOf(line.timeCode, file.timeCodeRate);
        const next = lines[index + 1];
        const marker = next === undefined || mccFrameOf(next.timeCode, file.timeCodeRate) !== frame;
        const pts = frameTime(frame, rate);
        const duration = frameTime(frame + 1, rate) - pts;
        await src.buffer(mediaBuffer(toBytes(line), { pts, duration, flags: { marker } }));
      }
    },
  }),
});

/** Ancillary packets when they are asked for by name; captions of one kind otherwise. */
function outputOf(
  { lines }: ParsedMcc,
  wanted: Caps,
): {
  readonly format: Caps;
  readonly lines: readonly MccLine[];
  readonly toBytes: (line: MccLine) => Uint8Array;
} {
  if (wanted !== "ANY" && !capsAreEmpty(intersectCaps(ANC_CAPS, wanted))) {
    return { format: ANC_CAPS, lines, toBytes: toRecord };
  }
  const toBytes = ({ data }: MccLine): Uint8Array => data;
  return lines.some(hasCdp)
    ? { format: CDP_CAPS, lines: lines.filter(hasCdp), toBytes }
    : { format: S334_1A_CAPS, lines: lines.filter(hasLine21), toBytes };
}

/** The file says nothing of the packet's place. */
function toRecord({ did, sdid, data }: MccLine): Uint8Array {
  return encodeUnit([createAncPacket({ did, sdid, payload: data })]);
}

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
