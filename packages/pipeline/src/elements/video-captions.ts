// The four elements that read and write captions in SEI messages: two codecs, one job each.
import {
  CaptionReorderer,
  decodeSeiCaptions,
  encodeSeiCaptions,
  isFormatError,
  isSeiNalUnit,
} from "@x/cea708";
import { encodeAnnexB, splitAnnexB } from "@x/es";
import { mediaBuffer } from "../buffer.js";
import { type Caps, caps, fractionOf } from "../caps.js";
import { toCcData } from "../caption-formats.js";
import { always, type ElementFactory, elementFactory, forEachItem } from "../element.js";
import { PipelineError } from "../errors.js";
import { CC_DATA_CAPS, withFrameRate } from "./formats.js";

type Codec = "h264" | "h265";

const NAMES: Readonly<Record<Codec, string>> = { h264: "H.264", h265: "H.265" };

function videoCaps(codec: Codec): Caps {
  return caps(`video/x-${codec}`, { "stream-format": "byte-stream", alignment: "au" });
}

function extractor(codec: Codec): ElementFactory {
  return elementFactory({
    name: `${codec}ccextractor`,
    classification: "Filter/Video/ClosedCaption",
    description: `Takes captions out of the SEI messages of ${NAMES[codec]}, in the order of presentation.`,
    properties: {},
    pads: [always("sink", videoCaps(codec)), always("src", CC_DATA_CAPS)],
    create: () => ({
      async run(context) {
        const src = context.src();
        const sink = context.sink();
        const reorderer = new CaptionReorderer();
        const send = async (items: ReturnType<CaptionReorderer["flush"]>): Promise<void> => {
          for (const { pts, ccData } of items) {
            await src.buffer(mediaBuffer(ccData, { pts: BigInt(pts) }));
          }
        };
        await forEachItem(sink, {
          caps: (offered) =>
            src.caps(withFrameRate(CC_DATA_CAPS, fractionOf(offered, "framerate"))),
          async buffer({ data, pts, dts }) {
            if (sink.caps === "ANY") throw unitsWithoutFormat(context.name, codec);
            for (const nal of splitAnnexB(data)) {
              for (const { ccData, processCcDataFlag } of decodeSeiCaptions(nal, codec)) {
                if (!processCcDataFlag) continue;
                if (pts === undefined) {
                  // Without times there is no other order than that of decoding.
                  await src.buffer(mediaBuffer(ccData));
                  continue;
                }
                const due = dts === undefined ? undefined : Number(dts);
                await send(reorderer.push({ pts: Number(pts), ccData: ccData.slice() }, due));
              }
            }
          },
        });
        await send(reorderer.flush());
      },
    }),
  });
}

function inserter(codec: Codec): ElementFactory {
  return elementFactory({
    name: `${codec}ccinserter`,
    classification: "Filter/Video/ClosedCaption",
    description: `Writes the captions that cccombiner put onto pictures as SEI messages of ${NAMES[codec]}.`,
    properties: {
      "remove-existing": {
        type: "boolean",
        default: false,
        description: "Take out caption messages that are there already",
      },
    },
    pads: [always("sink", videoCaps(codec)), always("src", videoCaps(codec))],
    create: (properties) => ({
      acceptedCaps: ([src]) => src?.peerCaps() ?? "ANY",
      async run(context) {
        const src = context.src();
        const sink = context.sink();
        await forEachItem(sink, {
          async buffer(buffer) {
            if (sink.caps === "ANY") throw unitsWithoutFormat(context.name, codec);
            const messages: Uint8Array[] = [];
            for (const { format, data } of buffer.meta.captions ?? []) {
              try {
                messages.push(encodeSeiCaptions(toCcData(data, format), codec));
              } catch (error) {
                if (!isFormatError(error)) throw error;
                context.post({ type: "warning", text: error.message });
              }
            }
            const data = insert(buffer.data, messages, codec, properties["remove-existing"]);
            await src.buffer(mediaBuffer(data, buffer));
          },
          otherwise: (item) => src.push(item),
        });
      },
    }),
  });
}

/** Without caps a buffer may be anything, also a piece of an access unit. */
function unitsWithoutFormat(element: string, codec: Codec): PipelineError {
  const text = `${NAMES[codec]} comes without its format: put ${codec}parse in front`;
  return new PipelineError("stream", element, text);
}

/** An access unit with messages before its first slice. */
function insert(
  data: Uint8Array,
  messages: readonly Uint8Array[],
  codec: Codec,
  removeExisting: boolean,
): Uint8Array {
  const nals = splitAnnexB(data).filter(
    (nal) =>
      !(removeExisting && isSeiNalUnit(nal, codec) && decodeSeiCaptions(nal, codec).length > 0),
  );
  const first = nals.findIndex((nal) => isSlice(nal, codec));
  nals.splice(first < 0 ? nals.length : first, 0, ...messages);
  return encodeAnnexB(nals);
}

function isSlice(nal: Uint8Array, codec: Codec): boolean {
  const header = nal[0] as number;
  if (codec === "h264") return (header & 0x1f) >= 1 && (header & 0x1f) <= 5;
  return ((header >> 1) & 0x3f) < 32;
}

export const h264ccextractor: ElementFactory = extractor("h264");
export const h265ccextractor: ElementFactory = extractor("h265");
export const h264ccinserter: ElementFactory = inserter("h264");
export const h265ccinserter: ElementFactory = inserter("h265");
