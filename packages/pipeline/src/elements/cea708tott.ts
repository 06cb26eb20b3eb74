import {
  type Cue,
  CueReader,
  cueText,
  decodeCdp,
  formatSrtCue,
  formatWebVttCue,
  isFormatError,
} from "@x/cea708";
import { mediaBuffer } from "../buffer.js";
import { type Caps, caps, intersectCaps, mediaTypeOf, stringOf } from "../caps.js";
import { always, type ElementFactory, elementFactory, forEachItem } from "../element.js";
import { anyOf, CC_DATA_CAPS, CDP_CAPS } from "./formats.js";

const PLAIN: Caps = caps("text/x-raw", { format: "utf8" });
const SRT: Caps = caps("application/x-subtitle");
const WEBVTT: Caps = caps("application/x-subtitle-vtt");
const OUTPUT: Caps = anyOf(PLAIN, SRT, WEBVTT);

export const cea708tott: ElementFactory = elementFactory({
  name: "cea708tott",
  classification: "Generic",
  description: "Turns CEA-708 captions into timed text, SubRip or WebVTT, as the caps behind ask.",
  properties: {
    "service-number": {
      type: "integer",
      default: 1,
      min: 1,
      max: 63,
      description: "Caption service",
    },
  },
  pads: [always("sink", anyOf(CC_DATA_CAPS, CDP_CAPS)), always("src", OUTPUT)],
  create: (properties) => ({
    async run(context) {
      const src = context.src();
      const format = mediaTypeOf(intersectCaps(OUTPUT, src.peerCaps())) ?? "text/x-raw";
      const reader = new CueReader({ serviceNumber: properties["service-number"] });
      const encoder = new TextEncoder();
      let counter = 0;
      let isCdp = false;
      let lastMs = 0;
      const send = async (cues: readonly Cue[]): Promise<void> => {
        for (const cue of cues) {
          counter++;
          await src.buffer(
            mediaBuffer(encoder.encode(textOf(cue, format, counter)), {
              pts: BigInt(Math.round(cue.startMs * 1e6)),
              duration: BigInt(Math.round((cue.endMs - cue.startMs) * 1e6)),
              meta: { cue },
            }),
          );
        }
      };
      await src.caps(format === "text/x-raw" ? PLAIN : caps(format));
      if (format === "application/x-subtitle-vtt") {
        await src.buffer(mediaBuffer(encoder.encode("WEBVTT\n\n")));
      }
      await forEachItem(context.sink(), {
        caps(offered) {
          isCdp = stringOf(offered, "format") === "cdp";
        },
        async buffer({ data, pts, duration }) {
          if (pts === undefined) {
            context.post({ type: "warning", text: "captions without a time were dropped" });
            return;
          }
          const ms = Number(pts) / 1e6;
          lastMs = ms + Number(duration ?? 0n) / 1e6;
          let ccData: Uint8Array | undefined = data;
          if (isCdp) {
            try {
              ccData = decodeCdp(data).cdp.ccData;
            } catch (error) {
              if (!isFormatError(error)) throw error;
              context.post({ type: "warning", text: error.message });
              return;
            }
          }
          if (ccData !== undefined) await send(reader.push(ccData, ms));
        },
      });
      await send(reader.flush(lastMs));
    },
  }),
});

function textOf(cue: Cue, format: string, counter: number): string {
  if (format === "application/x-subtitle") return formatSrtCue(cue, counter);
  if (format === "application/x-subtitle-vtt") return formatWebVttCue(cue);
  return cueText(cue);
}
