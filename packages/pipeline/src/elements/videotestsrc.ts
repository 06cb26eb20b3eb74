import { frameTime, mediaBuffer } from "../buffer.js";
import { caps, intersectCaps, numberOf, stringOf } from "../caps.js";
import { always, type ElementFactory, elementFactory } from "../element.js";
import { putPixel } from "../picture-color.js";
import {
  pictureOf,
  planarVideo,
  planesOf,
  RAW_FORMATS,
  RAW_VIDEO_CAPS,
  type RawVideo,
  rawVideoCaps,
  rawVideoOf,
  sizeOfRawVideo,
} from "../raw-video.js";
import { waitForPts } from "../sync.js";

type Rgb = readonly [number, number, number];

const COLORS: Readonly<Record<string, Rgb>> = {
  black: [0, 0, 0],
  white: [1, 1, 1],
  red: [1, 0, 0],
  green: [0, 1, 0],
  blue: [0, 0, 1],
};

/** The upper two thirds of the SMPTE bars at 75 %, from the left. */
const BARS: readonly Rgb[] = [
  [0.75, 0.75, 0.75],
  [0.75, 0.75, 0],
  [0, 0.75, 0.75],
  [0, 0.75, 0],
  [0.75, 0, 0.75],
  [0.75, 0, 0],
  [0, 0, 0.75],
];

export const videotestsrc: ElementFactory = elementFactory({
  name: "videotestsrc",
  classification: "Source/Video",
  description: "Makes test pictures.",
  properties: {
    pattern: {
      type: "enum",
      default: "smpte",
      values: ["smpte", "snow", "black", "white", "red", "green", "blue"],
      description: "What is on the picture",
    },
    "num-buffers": {
      type: "integer",
      default: -1,
      min: -1,
      max: 0x7fffffff,
      description: "Pictures until the end of the stream; -1: no end",
    },
    "is-live": { type: "boolean", default: false, description: "Send each picture at its time" },
  },
  pads: [always("src", RAW_VIDEO_CAPS)],
  create: (properties) => ({
    async run(context) {
      const src = context.src();
      const video = fixed(intersectCaps(RAW_VIDEO_CAPS, src.peerCaps()));
      const count = properties["num-buffers"];
      await src.caps(rawVideoCaps(video));
      let picture: Uint8Array | undefined;
      for (let frame = 0; frame !== count && !context.stopSignal.aborted; frame++) {
        if (picture === undefined || properties.pattern === "snow") {
          picture = paint(video, properties.pattern, frame);
        }
        const pts = frameTime(frame, video.frameRate);
        if (properties["is-live"]) await waitForPts(context, pts);
        const duration = frameTime(frame + 1, video.frameRate) - pts;
        await src.buffer(mediaBuffer(picture, { pts, duration }));
      }
    },
  }),
});

/** What the caps behind leave open is GStreamer's default: 320 by 240 of I420. */
function fixed(of: ReturnType<typeof intersectCaps>): RawVideo {
  const format = stringOf(of, "format");
  const base = caps("video/x-raw", {
    format: format !== undefined && RAW_FORMATS.has(format) ? format : "I420",
    width: numberOf(of, "width") ?? 320,
    height: numberOf(of, "height") ?? 240,
  });
  const wanted = rawVideoOf(intersectCaps(base, of));
  return { ...(rawVideoOf(base) as RawVideo), ...wanted };
}

function paint(wanted: RawVideo, pattern: string, frame: number): Uint8Array {
  const video = planarVideo(wanted);
  const picture = new Uint8Array(sizeOfRawVideo(video));
  const planes = planesOf(picture, video);
  // Numerical Recipes' generator: snow is the same in every run.
  let random = (frame + 1) * 2_654_435_761;
  for (let y = 0; y < video.height; y++) {
    for (let x = 0; x < video.width; x++) {
      let rgb: Rgb;
      if (pattern === "snow") {
        random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
        const level = (random >>> 24) / 255;
        rgb = [level, level, level];
      } else {
        rgb = COLORS[pattern] ?? bar(x / video.width, y / video.height);
      }
      putPixel(planes, video, x, y, rgb);
    }
  }
  return wanted === video ? picture : pictureOf(planes, wanted);
}

function bar(x: number, y: number): Rgb {
  const column = Math.min(6, Math.floor(x * 7));
  if (y < 2 / 3) return BARS[column] as Rgb;
  // Reversed blue bars, then a ramp.
  if (y < 3 / 4) return column % 2 === 0 ? (BARS[6 - column] as Rgb) : [0, 0, 0];
  return [x, x, x];
}
