import { type Caps, caps, type Fraction, fractionOf, numberOf, stringOf } from "./caps.js";
import { PipelineError } from "./errors.js";
import { alignedTo, PACKED_FORMATS, type Packing } from "./raw-packing.js";

/** How the samples of a raw picture lie, under GStreamer's name of the format. */
export interface RawFormat {
  readonly name: string;
  readonly sampling: "4:0:0" | "4:2:0" | "4:2:2" | "4:4:4";
  /** 8, 10 or 12; above 8 a sample is two bytes, little-endian. */
  readonly bitDepth: number;
  /** Planes are G, B, R instead of Y, Cb, Cr. */
  readonly rgb: boolean;
  /** Where the samples lie when it is not plane by plane. */
  readonly packing?: Packing;
}

/** A raw picture's size and format. Rows follow each other without padding, planes too; v210 has its own. */
export interface RawVideo {
  readonly format: RawFormat;
  readonly width: number;
  readonly height: number;
  readonly frameRate: Fraction;
  readonly interlaced: boolean;
}

/** One plane as samples: a view of the picture's bytes. */
export interface RawPlane {
  readonly data: Uint8Array | Uint16Array;
  readonly width: number;
  readonly height: number;
  /** Samples from one row to the next. */
  readonly stride: number;
}

/** Names by bit depth: 4:2:0, 4:2:2, 4:4:4, RGB. */
const NAMES: Readonly<Record<number, readonly [string, string, string, string]>> = {
  8: ["I420", "Y42B", "Y444", "GBR"],
  10: ["I420_10LE", "I422_10LE", "Y444_10LE", "GBR_10LE"],
  12: ["I420_12LE", "I422_12LE", "Y444_12LE", "GBR_12LE"],
};

/** The formats that elements for raw video understand, by name. */
export const RAW_FORMATS: ReadonlyMap<string, RawFormat> = /* @__PURE__ */ makeFormats();

/** Caps of raw video in any of {@link RAW_FORMATS}. */
export const RAW_VIDEO_CAPS: Caps = caps("video/x-raw", {
  format: { oneOf: [...RAW_FORMATS.keys()] },
});

/** The picture that caps describe; `undefined` while size or format are open. */
export function rawVideoOf(of: Caps): RawVideo | undefined {
  const format = RAW_FORMATS.get(stringOf(of, "format") ?? "");
  const width = numberOf(of, "width");
  const height = numberOf(of, "height");
  if (format === undefined || width === undefined || height === undefined) return undefined;
  return {
    format,
    width,
    height,
    frameRate: fractionOf(of, "framerate") ?? { numerator: 25, denominator: 1 },
    interlaced: stringOf(of, "interlace-mode") === "interleaved",
  };
}

/** What an encoder says of pictures whose caps are missing or tell too little. */
export function picturesWithoutFormat(encoder: string): PipelineError {
  const text =
    "pictures come without format, width and height: put a decoder, rawvideoparse or caps in front";
  return new PipelineError("stream", encoder, text);
}

/** Fixed caps of a picture. */
export function rawVideoCaps(video: RawVideo): Caps {
  return caps("video/x-raw", {
    format: video.format.name,
    width: video.width,
    height: video.height,
    framerate: { ...video.frameRate },
    "interlace-mode": video.interlaced ? "interleaved" : "progressive",
  });
}

/** Bytes of a picture. */
export function sizeOfRawVideo(video: RawVideo): number {
  const { packing } = video.format;
  if (packing !== undefined) return packing.size(video.width, video.height);
  const samples = planeSizes(video).reduce((sum, [width, height]) => sum + width * height, 0);
  return samples * bytesPerSample(video.format);
}

/** The same samples plane by plane: of a packed format the planar one. */
export function planarVideo(video: RawVideo): RawVideo {
  const { sampling, bitDepth, rgb, packing } = video.format;
  if (packing === undefined) return video;
  return { ...video, format: rawFormatOf(sampling, bitDepth, rgb) as RawFormat };
}

/** A picture plane by plane: itself, or of a packed format a copy. */
export function planarPicture(data: Uint8Array, video: RawVideo): Uint8Array {
  const { packing } = video.format;
  if (packing === undefined) return data;
  const size = packing.size(video.width, video.height);
  if (data.length < size) throw new Error(`a picture has ${data.length} of ${size} bytes`);
  const planar = planarVideo(video);
  const picture = new Uint8Array(sizeOfRawVideo(planar));
  packing.unpack(data, planesOf(picture, planar) as [RawPlane, RawPlane, RawPlane]);
  return picture;
}

/** A picture out of full planes of its sampling and depth. */
export function pictureOf(planes: readonly RawPlane[], video: RawVideo): Uint8Array {
  const { packing } = video.format;
  const picture = new Uint8Array(sizeOfRawVideo(video));
  if (packing !== undefined) {
    packing.pack(planes as [RawPlane, RawPlane, RawPlane], picture);
    return picture;
  }
  planesOf(picture, video).forEach(({ data }, index) => {
    data.set((planes[index] as RawPlane).data);
  });
  return picture;
}

/**
 * The planes of the picture that begins at the first byte of `data`: views, unless the format is a packed one or 16-bit
 * samples are not aligned.
 */
export function planesOf(data: Uint8Array, video: RawVideo): RawPlane[] {
  if (video.format.packing !== undefined) {
    return planesOf(planarPicture(data, video), planarVideo(video));
  }
  const size = bytesPerSample(video.format);
  // A Uint16Array must begin at an even byte of its memory.
  const bytes = alignedTo(size, data);
  let at = bytes.byteOffset;
  return planeSizes(video).map(([width, height]) => {
    const samples = width * height;
    const plane =
      size === 1
        ? new Uint8Array(bytes.buffer, at, samples)
        : new Uint16Array(bytes.buffer, at, samples);
    at += samples * size;
    return { data: plane, width, height, stride: width };
  });
}

/** Planar format of a sampling and depth; `undefined` when GStreamer has none. */
export function rawFormatOf(
  sampling: string,
  bitDepth: number,
  rgb: boolean,
): RawFormat | undefined {
  for (const format of RAW_FORMATS.values()) {
    if (format.packing !== undefined) continue;
    if (format.sampling === sampling && format.bitDepth === bitDepth && format.rgb === rgb) {
      return format;
    }
  }
  return undefined;
}

function planeSizes({ format, width, height }: RawVideo): (readonly [number, number])[] {
  const luma = [width, height] as const;
  switch (format.sampling) {
    case "4:0:0":
      return [luma];
    case "4:4:4":
      return [luma, luma, luma];
    case "4:2:2":
      return [luma, [Math.ceil(width / 2), height], [Math.ceil(width / 2), height]];
    case "4:2:0": {
      const chroma = [Math.ceil(width / 2), Math.ceil(height / 2)] as const;
      return [luma, chroma, chroma];
    }
    default:
      return format.sampling satisfies never;
  }
}

function bytesPerSample({ bitDepth }: RawFormat): 1 | 2 {
  return bitDepth > 8 ? 2 : 1;
}

function makeFormats(): ReadonlyMap<string, RawFormat> {
  const formats = new Map<string, RawFormat>();
  const add = (
    name: string,
    sampling: RawFormat["sampling"],
    bitDepth: number,
    rgb: boolean,
  ): void => {
    formats.set(name, { name, sampling, bitDepth, rgb });
  };
  for (const [depth, [yuv420, yuv422, yuv444, gbr]] of Object.entries(NAMES)) {
    const bitDepth = Number(depth);
    add(yuv420, "4:2:0", bitDepth, false);
    add(yuv422, "4:2:2", bitDepth, false);
    add(yuv444, "4:4:4", bitDepth, false);
    add(gbr, "4:4:4", bitDepth, true);
  }
  add("GRAY8", "4:0:0", 8, false);
  add("GRAY10_LE16", "4:0:0", 10, false);
  for (const packed of PACKED_FORMATS) formats.set(packed.name, { ...packed, rgb: false });
  return formats;
}
