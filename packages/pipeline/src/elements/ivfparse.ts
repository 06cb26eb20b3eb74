import {
  decodeVp9KeyFrame,
  type IvfHeader,
  IvfParser,
  isAv1KeyFrame,
  isFormatError,
  splitObus,
} from "@x/es";
import { mediaBuffer } from "../buffer.js";
import { type Caps, caps } from "../caps.js";
import { always, type ElementFactory, elementFactory, forEachItem } from "../element.js";
import { anyOf } from "./formats.js";
import { pictureTime } from "./picture-times.js";

const FORMATS: Readonly<
  Record<string, { readonly mediaType: string; isKey(frame: Uint8Array): boolean }>
> = {
  VP80: { mediaType: "video/x-vp8", isKey: (frame) => ((frame[0] ?? 1) & 1) === 0 },
  VP90: { mediaType: "video/x-vp9", isKey: (frame) => decodeVp9KeyFrame(frame) !== undefined },
  AV01: { mediaType: "video/x-av1", isKey: (frame) => isAv1KeyFrame(splitObus(frame)) },
};

export const ivfparse: ElementFactory = elementFactory({
  name: "ivfparse",
  classification: "Codec/Demuxer",
  description: "Takes VP9, AV1 or VP8 out of an IVF file, with the times of its frames.",
  properties: {},
  pads: [
    always("sink", caps("video/x-ivf")),
    always("src", anyOf(...Object.values(FORMATS).map(({ mediaType }) => caps(mediaType)))),
  ],
  create: () => ({
    async run(context) {
      const src = context.src();
      const parser = new IvfParser();
      let header: IvfHeader | undefined;
      const take = async (events: ReturnType<IvfParser["push"]>): Promise<void> => {
        for (const event of events) {
          if (event.type === "issue") {
            context.post({ type: "warning", text: event.issue.message });
          } else if (event.type === "header") {
            header = event.header;
            await src.caps(capsOf(header));
          } else if (header !== undefined) {
            const { numerator, denominator } = header.timebase;
            const ticks = { numerator: denominator, denominator: numerator };
            const pts = pictureTime(event.timestamp, 1, ticks);
            const flags = { deltaUnit: !isKey(header.fourCc, event.data) };
            await src.buffer(mediaBuffer(event.data.slice(), { pts, flags }));
          }
        }
      };
      await forEachItem(context.sink(), { buffer: async ({ data }) => take(parser.push(data)) });
      await take(parser.flush());
      if (header === undefined) context.post({ type: "error", text: "this is no IVF file" });
    },
  }),
});

function capsOf({ fourCc, width, height }: IvfHeader): Caps {
  const mediaType = FORMATS[fourCc]?.mediaType;
  return mediaType === undefined
    ? caps("application/octet-stream", { codec: fourCc })
    : caps(mediaType, { width, height });
}

/** A frame that cannot be read is none. */
function isKey(fourCc: string, frame: Uint8Array): boolean {
  try {
    return FORMATS[fourCc]?.isKey(frame) ?? false;
  } catch (error) {
    if (isFormatError(error)) return false;
    throw error;
  }
}
