// Writers of subtitle files: two formats, one job.
import { caps } from "../caps.js";
import { CueOutput, cueOf } from "../cue-buffer.js";
import { always, type ElementFactory, elementFactory, forEachItem } from "../element.js";
import { TEXT_CAPS } from "./formats.js";

function encoder(name: string, format: string, mediaType: string): ElementFactory {
  return elementFactory({
    name,
    classification: "Codec/Encoder/Subtitle",
    description: `Writes timed text as ${format}.`,
    properties: {},
    pads: [always("sink", TEXT_CAPS), always("src", caps(mediaType))],
    create: () => ({
      async run(context) {
        const output = new CueOutput(context.src(), mediaType);
        await output.start();
        await forEachItem(context.sink(), {
          buffer: (buffer) => output.send([cueOf(buffer, context.name)]),
        });
      },
    }),
  });
}

export const srtenc: ElementFactory = encoder("srtenc", "SubRip", "application/x-subtitle");
export const webvttenc: ElementFactory = encoder(
  "webvttenc",
  "WebVTT",
  "application/x-subtitle-vtt",
);
