// PNG both ways, for looking at pictures.
import { decode, encode } from "fast-png";
import { mediaBuffer } from "../buffer.js";
import { caps } from "../caps.js";
import { always, type ElementFactory, elementFactory, forEachItem } from "../element.js";
import { putPixel, toInterleaved } from "../picture-color.js";
import {
  picturesWithoutFormat,
  planesOf,
  RAW_FORMATS,
  RAW_VIDEO_CAPS,
  type RawFormat,
  type RawVideo,
  rawVideoCaps,
  rawVideoOf,
  sizeOfRawVideo,
} from "../raw-video.js";
import { MAX_SIZE_PROPERTY, readWhole } from "../read-whole.js";

const PNG_CAPS = caps("image/png");

export const pngenc: ElementFactory = elementFactory({
  name: "pngenc",
  classification: "Codec/Encoder/Image",
  description: "Writes each raw picture as a PNG: 8 bits a sample, 16 for deeper pictures.",
  properties: {
    snapshot: { type: "boolean", default: false, description: "Only the first picture" },
  },
  pads: [always("sink", RAW_VIDEO_CAPS), always("src", PNG_CAPS)],
  create: ({ snapshot }) => ({
    async run(context) {
      const src = context.src();
      let video: RawVideo | undefined;
      let pictures = 0;
      await src.caps(PNG_CAPS);
      await forEachItem(context.sink(), {
        caps(offered) {
          video = rawVideoOf(offered);
        },
        async buffer({ data, pts, duration }) {
          if (video === undefined) throw picturesWithoutFormat(context.name);
          if (snapshot && pictures > 0) return;
          pictures++;
          const { width, height, format } = video;
          const depth = format.bitDepth > 8 ? 16 : 8;
          const channels = format.sampling === "4:0:0" ? 1 : 3;
          const samples = toInterleaved(planesOf(data, video), video);
          const png = encode({ width, height, data: samples, depth, channels });
          await src.buffer(mediaBuffer(png, { pts, duration }));
        },
      });
    },
  }),
});

export const pngdec: ElementFactory = elementFactory({
  name: "pngdec",
  classification: "Codec/Decoder/Image",
  description: "Reads one PNG as an RGB picture of 8 bits.",
  properties: { "max-size-bytes": MAX_SIZE_PROPERTY },
  pads: [always("sink", PNG_CAPS), always("src", RAW_VIDEO_CAPS)],
  create: (properties) => ({
    async run(context) {
      const bytes = await readWhole(context, properties["max-size-bytes"]);
      let image: ReturnType<typeof decode>;
      try {
        image = decode(bytes);
      } catch (error) {
        throw new Error(`this is no PNG: ${(error as Error).message}`);
      }
      const { width, height, channels, depth, data, palette } = image;
      const video: RawVideo = {
        format: RAW_FORMATS.get("GBR") as RawFormat,
        width,
        height,
        frameRate: { numerator: 25, denominator: 1 },
        interlaced: false,
      };
      const picture = new Uint8Array(sizeOfRawVideo(video));
      const planes = planesOf(picture, video);
      const peak = 2 ** depth - 1;
      for (let pixel = 0; pixel < width * height; pixel++) {
        const sample = (channel: number): number =>
          (data[pixel * channels + channel] as number) / peak;
        const entry = palette?.[data[pixel] as number];
        const rgb: readonly [number, number, number] =
          entry !== undefined
            ? [(entry[0] ?? 0) / 255, (entry[1] ?? 0) / 255, (entry[2] ?? 0) / 255]
            : channels < 3
              ? [sample(0), sample(0), sample(0)]
              : [sample(0), sample(1), sample(2)];
        putPixel(planes, video, pixel % width, Math.floor(pixel / width), rgb);
      }
      await context.src().caps(rawVideoCaps(video));
      await context.src().buffer(mediaBuffer(picture, { pts: 0n }));
    },
  }),
});
