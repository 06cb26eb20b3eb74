// YUV4MPEG2 both ways.
import { concatBytes } from "@x/bits";
import { frameTime, mediaBuffer } from "../buffer.js";
import { caps } from "../caps.js";
import { always, type ElementFactory, elementFactory, forEachItem } from "../element.js";
import { PipelineError } from "../errors.js";
import {
  picturesWithoutFormat,
  planarPicture,
  RAW_VIDEO_CAPS,
  type RawVideo,
  rawFormatOf,
  rawVideoCaps,
  rawVideoOf,
  sizeOfRawVideo,
} from "../raw-video.js";

const MAGIC = "YUV4MPEG2";
const Y4M_CAPS = caps("application/x-yuv4mpeg", { y4mversion: 2 });
const NEWLINE = 0x0a;
/** A header line is short; what is longer is no Y4M. */
const MAX_LINE = 1024;

export const y4menc: ElementFactory = elementFactory({
  name: "y4menc",
  classification: "Codec/Encoder/Video",
  description: "Writes raw pictures as YUV4MPEG2.",
  properties: {},
  pads: [always("sink", RAW_VIDEO_CAPS), always("src", Y4M_CAPS)],
  create: () => ({
    async run(context) {
      const src = context.src();
      const encoder = new TextEncoder();
      let video: RawVideo | undefined;
      await forEachItem(context.sink(), {
        async caps(offered) {
          video = rawVideoOf(offered);
          if (video === undefined) throw picturesWithoutFormat(context.name);
          if (video.format.rgb) {
            throw new PipelineError("stream", context.name, "Y4M has no RGB pictures");
          }
          await src.caps(Y4M_CAPS);
          await src.buffer(mediaBuffer(encoder.encode(headerOf(video))));
        },
        async buffer({ data, pts, duration }) {
          if (video === undefined) throw picturesWithoutFormat(context.name);
          const frame = concatBytes(encoder.encode("FRAME\n"), planarPicture(data, video));
          await src.buffer(mediaBuffer(frame, { pts, duration }));
        },
      });
    },
  }),
});

export const y4mdec: ElementFactory = elementFactory({
  name: "y4mdec",
  classification: "Codec/Decoder/Video",
  description: "Reads YUV4MPEG2.",
  properties: {},
  pads: [always("sink", Y4M_CAPS), always("src", RAW_VIDEO_CAPS)],
  create: () => ({
    async run(context) {
      const src = context.src();
      const reader = new Y4mReader();
      let announced = false;
      let frame = 0;
      await forEachItem(context.sink(), {
        async buffer({ data }) {
          const pictures = reader.push(data);
          const { video } = reader;
          if (video === undefined) return;
          if (!announced) await src.caps(rawVideoCaps(video));
          announced = true;
          for (const picture of pictures) {
            const pts = frameTime(frame, video.frameRate);
            const duration = frameTime(++frame, video.frameRate) - pts;
            await src.buffer(mediaBuffer(picture, { pts, duration }));
          }
        },
      });
      if (reader.video === undefined) throw new Error("this is no YUV4MPEG2 file");
      if (reader.pending > 0) {
        const text = `${reader.pending} bytes at the end are no whole picture`;
        context.post({ type: "error", text });
      }
    },
  }),
});

function headerOf({ format, width, height, frameRate, interlaced }: RawVideo): string {
  const depth = format.bitDepth === 8 ? "" : `p${format.bitDepth}`;
  const digits = format.sampling.replaceAll(":", "");
  const space =
    format.sampling === "4:0:0"
      ? `mono${format.bitDepth === 8 ? "" : format.bitDepth}`
      : digits === "420" && depth === ""
        ? "420mpeg2"
        : `${digits}${depth}`;
  const { numerator, denominator } = frameRate;
  return `${MAGIC} W${width} H${height} F${numerator}:${denominator} I${interlaced ? "t" : "p"} A0:0 C${space}\n`;
}

/** A push parser: the header line, then frames, each behind a line of its own. */
class Y4mReader {
  video: RawVideo | undefined;
  #line: number[] = [];
  #picture: Uint8Array | undefined;
  #filled = 0;

  get pending(): number {
    return this.#picture === undefined ? this.#line.length : this.#filled;
  }

  push(data: Uint8Array): Uint8Array[] {
    const pictures: Uint8Array[] = [];
    for (let at = 0; at < data.length; ) {
      if (this.#picture !== undefined) {
        const part = data.subarray(at, at + this.#picture.length - this.#filled);
        this.#picture.set(part, this.#filled);
        this.#filled += part.length;
        at += part.length;
        if (this.#filled < this.#picture.length) break;
        pictures.push(this.#picture);
        this.#picture = undefined;
        continue;
      }
      const byte = data[at++] as number;
      if (byte !== NEWLINE) {
        this.#line.push(byte);
        if (this.#line.length > MAX_LINE) throw new Error("this is no YUV4MPEG2 file");
        continue;
      }
      const line = String.fromCharCode(...this.#line);
      this.#line = [];
      if (this.video === undefined) {
        this.video = parseHeader(line);
      } else {
        if (!/^FRAME( |$)/.test(line))
          throw new Error(`"FRAME" expected, not "${line.slice(0, 40)}"`);
        this.#picture = new Uint8Array(sizeOfRawVideo(this.video));
        this.#filled = 0;
      }
    }
    return pictures;
  }
}

function parseHeader(line: string): RawVideo {
  const [magic, ...parameters] = line.split(" ");
  if (magic !== MAGIC) throw new Error("this is no YUV4MPEG2 file");
  const of = new Map(parameters.map((text) => [text[0], text.slice(1)]));
  const width = Number(of.get("W"));
  const height = Number(of.get("H"));
  const [numerator = 25, denominator = 1] = (of.get("F") ?? "25:1").split(":").map(Number);
  const space = of.get("C") ?? "420";
  const [, digits = "", depth = "8"] = /^(420|422|444|mono)(?:p?(\d+))?/.exec(
    space.replace(/^420(jpeg|mpeg2|paldv)$/, "420"),
  ) ?? ["", "", ""];
  const sampling = digits === "mono" ? "4:0:0" : digits.split("").join(":");
  const format = rawFormatOf(sampling, Number(depth), false);
  if (format === undefined) throw new Error(`the colour space "${space}" is not supported`);
  if (!(width > 0 && height > 0 && width * height <= 2 ** 28 && numerator > 0 && denominator > 0)) {
    throw new Error(`the header "${line.slice(0, 80)}" makes no sense`);
  }
  const interlaced = /^[tbm]/.test(of.get("I") ?? "p");
  return { format, width, height, frameRate: { numerator, denominator }, interlaced };
}
