import { concatBytes } from "@x/bits";
import { cueText, parseSubtitles } from "@x/cea708";
import { mediaBuffer } from "../buffer.js";
import { caps } from "../caps.js";
import { always, type ElementFactory, elementFactory, forEachItem } from "../element.js";
import { PipelineError } from "../errors.js";
import { TEXT_CAPS } from "./formats.js";

export const subparse: ElementFactory = elementFactory({
  name: "subparse",
  classification: "Codec/Parser/Subtitle",
  description: "Parses SubRip and WebVTT; each cue becomes a buffer of text with its times.",
  properties: {
    "max-size-bytes": {
      type: "integer",
      default: 67_108_864,
      min: 1,
      max: 0x7fffffff,
      description: "Refuse a file larger than this",
    },
  },
  pads: [always("sink", "ANY"), always("src", TEXT_CAPS)],
  create: (properties) => ({
    async run(context) {
      // The encoding and, in SubRip, the end of a cue show only in what follows: the file is read whole.
      const pieces: Uint8Array[] = [];
      let size = 0;
      await forEachItem(context.sink(), {
        buffer({ data }) {
          size += data.length;
          if (size > properties["max-size-bytes"]) {
            const message = `more than ${properties["max-size-bytes"]} bytes of subtitles`;
            throw new PipelineError("stream", context.name, message);
          }
          pieces.push(data);
        },
      });
      const { cues, issues } = parseSubtitles(concatBytes(...pieces));
      for (const issue of issues) {
        context.post({ type: "warning", text: issue.message, details: { ...issue } });
      }
      const src = context.src();
      await src.caps(caps("text/x-raw", { format: "utf8" }));
      const encoder = new TextEncoder();
      for (const cue of [...cues].sort((a, b) => a.startMs - b.startMs)) {
        await src.buffer(
          mediaBuffer(encoder.encode(cueText(cue)), {
            pts: nanoseconds(cue.startMs),
            duration: nanoseconds(cue.endMs - cue.startMs),
            meta: { cue },
          }),
        );
      }
    },
  }),
});

function nanoseconds(ms: number): bigint {
  return BigInt(Math.round(ms * 1e6));
}
