import { cueText, parseSubtitles } from "@x/cea708";
import { mediaBuffer } from "../buffer.js";
import { caps } from "../caps.js";
import { nanoseconds } from "../cue-buffer.js";
import { always, type ElementFactory, elementFactory } from "../element.js";
import { MAX_SIZE_PROPERTY, readWhole } from "../read-whole.js";
import { SUBTITLE_FILE_CAPS, TEXT_CAPS } from "./formats.js";

export const subparse: ElementFactory = elementFactory({
  name: "subparse",
  classification: "Codec/Parser/Subtitle",
  description: "Parses SubRip and WebVTT; each cue becomes a buffer of text with its times.",
  properties: { "max-size-bytes": MAX_SIZE_PROPERTY },
  pads: [always("sink", SUBTITLE_FILE_CAPS), always("src", TEXT_CAPS)],
  create: (properties) => ({
    async run(context) {
      // The encoding and, in SubRip, the end of a cue show only in what follows: the file is read whole.
      const bytes = await readWhole(context, properties["max-size-bytes"]);
      const { cues, issues } = parseSubtitles(bytes);
      for (const issue of issues) {
        context.post({ type: "warning", text: issue.message, details: { ...issue } });
      }
      const src = context.src();
      await src.caps(caps("text/x-raw", { format: "utf8" }));
      const encoder = new TextEncoder();
      for (const cue of [...cues].sort((a, b) => a.startMs - b.startMs)) {
        if (context.stopSignal.aborted) return;
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
