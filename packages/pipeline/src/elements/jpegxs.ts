// JPEG XS both ways, under our names and those of GStreamer's SVT elements.

import { concatBytes, type FormatError, isFormatError } from "@x/bits";
import {
  CodestreamSplitter,
  createDecoder,
  createEncoder,
  type Decoder,
  type Encoder,
  type Picture,
} from "@x/jpegxs";
import { frameTime, mediaBuffer } from "../buffer.js";
import { type Caps, caps, fractionOf, stringOf } from "../caps.js";
import { always, type ElementFactory, elementFactory, forEachItem } from "../element.js";
import { PipelineError } from "../errors.js";
import {
  picturesWithoutFormat,
  planesOf,
  RAW_VIDEO_CAPS,
  type RawPlane,
  type RawVideo,
  rawFormatOf,
  rawVideoCaps,
  rawVideoOf,
  sizeOfRawVideo,
} from "../raw-video.js";

const JXS_CAPS: Caps = caps("image/x-jxsc", { alignment: "frame", codestream: "jpeg-xs" });

export const jpegxsenc: ElementFactory = encoderFactory("jpegxsenc");
export const svtjpegxsenc: ElementFactory = encoderFactory("svtjpegxsenc");
export const jpegxsdec: ElementFactory = decoderFactory("jpegxsdec");
export const svtjpegxsdec: ElementFactory = decoderFactory("svtjpegxsdec");

function encoderFactory(name: string): ElementFactory {
  return elementFactory({
    name,
    classification: "Codec/Encoder/Video",
    description: "Encodes JPEG XS; interlaced pictures as two fields.",
    properties: {
      "bits-per-pixel": {
        type: "fraction",
        default: { numerator: 3, denominator: 1 },
        description: "Size of a codestream, by the pixels of the picture",
      },
      lossless: { type: "boolean", default: false, description: "Code without loss instead" },
    },
    pads: [always("sink", RAW_VIDEO_CAPS), always("src", JXS_CAPS)],
    create: (properties) => ({
      async run(context) {
        const src = context.src();
        let video: RawVideo | undefined;
        let encoder: Encoder | undefined;
        await forEachItem(context.sink(), {
          async caps(offered) {
            video = rawVideoOf(offered);
            if (video === undefined) throw picturesWithoutFormat(context.name);
            const bitsPerPixel =
              properties["bits-per-pixel"].numerator / properties["bits-per-pixel"].denominator;
            const fields = video.interlaced ? 2 : 1;
            encoder = await createEncoder({
              width: video.width,
              height: video.height / fields,
              format: video.format.sampling,
              bitDepth: video.format.bitDepth,
              rgb: video.format.rgb,
              frameRate: {
                numerator: video.frameRate.numerator * fields,
                denominator: video.frameRate.denominator,
              },
              ...(properties.lossless ? { lossless: true } : { bitsPerPixel }),
            }).catch((error: unknown) => {
              if (!isFormatError(error) || video === undefined) throw error;
              const text = refusal(error, video, bitsPerPixel);
              throw new PipelineError("stream", context.name, text, error);
            });
            await src.caps(
              caps("image/x-jxsc", {
                alignment: "frame",
                codestream: "jpeg-xs",
                width: video.width,
                height: video.height,
                framerate: { ...video.frameRate },
                sampling: `${video.format.rgb ? "RGB" : "YCbCr"}-${video.format.sampling}`,
                depth: video.format.bitDepth,
                "interlace-mode": video.interlaced ? "fields" : "progressive",
                ...(properties.lossless
                  ? {}
                  : { "codestream-length": fields * encoder.header.pih.lcod }),
              }),
            );
          },
          async buffer({ data, pts, duration }) {
            if (encoder === undefined || video === undefined) {
              throw picturesWithoutFormat(context.name);
            }
            const planes = planesOf(data, video);
            const output = video.interlaced
              ? concatBytes(
                  ...[0, 1].map((n) => (encoder as Encoder).encode(field(planes, n)).slice()),
                )
              : encoder.encode(planes).slice();
            await src.buffer(mediaBuffer(output, { pts, duration }));
          },
        });
      },
    }),
  });
}

/** Why pictures cannot be encoded, in the words of who made them. */
function refusal(error: FormatError, video: RawVideo, bitsPerPixel: number): string {
  const { format, width, height, interlaced } = video;
  const pictures = `${interlaced ? "interlaced pictures" : "pictures"} of ${width} x ${height}`;
  const rows = interlaced && format.sampling === "4:2:0" ? 4 : 2;
  if (error.field === "size") {
    const bytes = Math.floor((bitsPerPixel * width * height) / (interlaced ? 16 : 8));
    const much = bytes < 2 ** 31 ? "little" : "much";
    return `bits-per-pixel=${bitsPerPixel} is too ${much}: a codestream of ${pictures} would have ${bytes} bytes`;
  }
  if (error.field === "width" && width % 2 !== 0) {
    return `cannot encode ${pictures} in ${format.sampling}: the width must be even`;
  }
  if (error.field === "height" && height % rows !== 0) {
    const multiple = rows === 2 ? "even" : "a multiple of 4";
    return `cannot encode ${pictures} in ${format.sampling}: the height must be ${multiple}`;
  }
  if (error.field === "nlx") return `cannot encode ${pictures}: they are too small`;
  return `cannot encode ${pictures}: ${error.message}`;
}

/** Every second row, from row `n` on: the same memory with twice the stride. */
function field(
  planes: readonly RawPlane[],
  n: number,
): { data: RawPlane["data"]; stride: number }[] {
  return planes.map(({ data, stride }) => ({
    data: data.subarray(n * stride),
    stride: 2 * stride,
  }));
}

function decoderFactory(name: string): ElementFactory {
  return elementFactory({
    name,
    classification: "Codec/Decoder/Video",
    description: "Decodes JPEG XS, from frames or from a byte stream of codestreams.",
    properties: {
      scale: {
        type: "enum",
        default: "full",
        values: ["full", "half", "quarter"],
        description: "Size of the pictures; the smaller ones are much faster",
      },
    },
    pads: [always("sink", caps("image/x-jxsc")), always("src", RAW_VIDEO_CAPS)],
    create: (properties) => ({
      async run(context) {
        const src = context.src();
        const decoder: Decoder = await createDecoder({ scale: properties.scale });
        const splitter = new CodestreamSplitter({
          onIssue: ({ message }) => context.post({ type: "warning", text: message }),
        });
        let input: Caps = "ANY";
        let announced = "";
        let frame = 0;
        let damaged = false;
        let fields: Uint8Array[] = [];
        const show = async (codestream: Uint8Array, pts: bigint | undefined): Promise<void> => {
          const interlaced = stringOf(input, "interlace-mode") === "fields";
          if (interlaced) {
            fields.push(codestream);
            if (fields.length < 2) return;
          }
          const parts = interlaced ? fields : [codestream];
          // Fields follow in time; the upper one goes into the first row.
          if (stringOf(input, "field-order") === "bottom-field-first") parts.reverse();
          fields = [];
          let picture: { readonly video: RawVideo; readonly data: Uint8Array };
          try {
            picture = assemble(
              parts.map((part) => () => decoder.decode(part)),
              input,
            );
          } catch (error) {
            if ((error as Error).name !== "FormatError") throw error;
            context.post({ type: "error", text: (error as Error).message });
            damaged = true;
            return;
          }
          const { video, data } = picture;
          const format = JSON.stringify(video);
          if (format !== announced) await src.caps(rawVideoCaps(video));
          announced = format;
          const start = pts ?? frameTime(frame, video.frameRate);
          const duration =
            frameTime(frame + 1, video.frameRate) - frameTime(frame, video.frameRate);
          frame++;
          await src.buffer(mediaBuffer(data, { pts: start, duration }));
        };
        await forEachItem(context.sink(), {
          caps(offered) {
            input = offered;
          },
          async buffer({ data, pts }) {
            for (const codestream of splitter.push(data)) await show(codestream.data, pts);
          },
        });
        for (const codestream of splitter.flush()) await show(codestream.data, undefined);
        if (frame === 0 && !damaged) throw new Error("no JPEG XS codestream was found");
      },
    }),
  });
}

/** One picture out of a codestream, or out of two fields. */
function assemble(
  decodes: readonly (() => Picture)[],
  input: Caps,
): { readonly video: RawVideo; readonly data: Uint8Array } {
  let video: RawVideo | undefined;
  let data = new Uint8Array(0);
  for (const [n, decode] of decodes.entries()) {
    const picture = decode();
    if (video === undefined) {
      const bitDepth = picture.planes[0]?.bitDepth ?? 8;
      // Without caps the colour transform tells: it is for RGB.
      const rgb = stringOf(input, "sampling")?.startsWith("RGB") ?? picture.header.pih.cpih === 1;
      const format = rawFormatOf(picture.format ?? "", bitDepth, rgb);
      if (format === undefined) {
        throw new Error(`no raw format for ${picture.format} of ${bitDepth} bits`);
      }
      video = {
        format,
        width: picture.width,
        height: picture.height * decodes.length,
        frameRate: fractionOf(input, "framerate") ?? { numerator: 25, denominator: 1 },
        interlaced: decodes.length === 2,
      };
      data = new Uint8Array(sizeOfRawVideo(video));
    }
    const target = planesOf(data, video);
    picture.planes.forEach((plane, index) => {
      const to = target[index] as RawPlane;
      for (let row = 0; row < plane.height; row++) {
        const line = plane.data.subarray(row * plane.stride, row * plane.stride + plane.width);
        to.data.set(line, (row * decodes.length + n) * to.stride);
      }
    });
  }
  return { video: video as RawVideo, data };
}
