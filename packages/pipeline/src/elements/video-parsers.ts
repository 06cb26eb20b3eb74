// Parsers of elementary video streams: two codecs, one job.
import { type AccessUnitEvent, AccessUnitParser, encodeAnnexB } from "@x/es";
import { mediaBuffer } from "../buffer.js";
import { caps, fractionOf } from "../caps.js";
import { always, type ElementFactory, elementFactory, forEachItem } from "../element.js";
import { withFrameRate } from "./formats.js";

function parser(name: string, codec: "avc" | "hevc", mediaType: string): ElementFactory {
  const output = caps(mediaType, { "stream-format": "byte-stream", alignment: "au" });
  return elementFactory({
    name,
    classification: "Codec/Parser/Converter/Video",
    description: `Cuts a byte stream of ${codec === "avc" ? "H.264" : "H.265"} into access units.`,
    properties: {},
    pads: [always("sink", "ANY"), always("src", output)],
    create: () => ({
      async run(context) {
        const src = context.src();
        const units = new AccessUnitParser({ codec });
        let announced = false;
        let found = false;
        let times: { pts: bigint | undefined; dts: bigint | undefined } | undefined;
        const send = async (events: readonly AccessUnitEvent[]): Promise<void> => {
          for (const event of events) {
            if (event.type === "issue") {
              context.post({ type: "warning", text: event.issue.message });
              continue;
            }
            if (!announced) await src.caps(output);
            announced = true;
            found = true;
            const flags = { deltaUnit: !event.isKey };
            await src.buffer(mediaBuffer(encodeAnnexB(event.nals), { ...times, flags }));
            times = undefined;
          }
        };
        await forEachItem(context.sink(), {
          async caps(offered) {
            await src.caps(withFrameRate(output, fractionOf(offered, "framerate")));
            announced = true;
          },
          async buffer({ data, pts, dts }) {
            // An access unit is complete when the next one begins, with the times of the data that it began in.
            await send(units.push(data));
            times ??= pts === undefined && dts === undefined ? undefined : { pts, dts };
          },
        });
        await send(units.flush());
        if (!found) context.post({ type: "error", text: "no access unit was found" });
      },
    }),
  });
}

export const h264parse: ElementFactory = parser("h264parse", "avc", "video/x-h264");
export const h265parse: ElementFactory = parser("h265parse", "hevc", "video/x-h265");
