import { frameTime, mediaBuffer } from "../buffer.js";
import { caps } from "../caps.js";
import { always, type ElementFactory, elementFactory, forEachItem } from "../element.js";
import { FixedSizeCutter } from "../fixed-size-cutter.js";
import {
  RAW_FORMATS,
  RAW_VIDEO_CAPS,
  type RawFormat,
  rawVideoCaps,
  sizeOfRawVideo,
} from "../raw-video.js";
import { anyOf } from "./formats.js";

export const rawvideoparse: ElementFactory = elementFactory({
  name: "rawvideoparse",
  classification: "Codec/Parser/Video",
  description: "Cuts bytes into pictures of a size and format that are known beforehand.",
  properties: {
    format: {
      type: "enum",
      default: "I420",
      values: [...RAW_FORMATS.keys()],
      description: "Rows and planes follow each other without padding, but for the rows of v210",
    },
    width: { type: "integer", default: 320, min: 1, max: 65_535, description: "In pixels" },
    height: { type: "integer", default: 240, min: 1, max: 65_535, description: "In pixels" },
    framerate: {
      type: "fraction",
      default: { numerator: 25, denominator: 1 },
      description: "Pictures a second",
    },
    interlaced: { type: "boolean", default: false, description: "The pictures are two fields" },
  },
  pads: [
    always("sink", anyOf(caps("video/x-raw"), caps("video/x-unaligned-raw"))),
    always("src", RAW_VIDEO_CAPS),
  ],
  create: ({ format, width, height, framerate, interlaced }) => ({
    async run(context) {
      const src = context.src();
      const video = {
        format: RAW_FORMATS.get(format) as RawFormat,
        width,
        height,
        frameRate: framerate,
        interlaced,
      };
      const cutter = new FixedSizeCutter(sizeOfRawVideo(video));
      let frame = 0;
      await src.caps(rawVideoCaps(video));
      await forEachItem(context.sink(), {
        async buffer({ data }) {
          for (const picture of cutter.push(data)) {
            const pts = frameTime(frame, framerate);
            const duration = frameTime(++frame, framerate) - pts;
            await src.buffer(mediaBuffer(picture, { pts, duration }));
          }
        },
      });
      if (cutter.length > 0) {
        const text = `${cutter.length} bytes at the end are no whole picture`;
        context.post({ type: "error", text });
      }
    },
  }),
});
