import { putPixel, toInterleaved } from "./picture-color.js";
import {
  pictureOf,
  planarVideo,
  planesOf,
  type RawFormat,
  type RawPlane,
  type RawVideo,
  rawFormatOf,
  sizeOfRawVideo,
} from "./raw-video.js";

/**
 * A picture in another format. What the format can hold is kept to the bit: other orders of samples, more bits, and fewer
 * chroma samples where more of them came from those; else samples are averaged and rounded.
 */
export function convertPicture(data: Uint8Array, from: RawVideo, format: RawFormat): Uint8Array {
  const target = { ...from, format };
  const planar = planarVideo(target);
  let planes: readonly RawPlane[] = planesOf(data, from);
  let now = planarVideo(from);
  if (now.format.rgb !== format.rgb) {
    const full = { ...now, format: formatOf("4:4:4", now.format.bitDepth, now.format.rgb) };
    planes = resampled(planes, now, full);
    now = { ...now, format: formatOf("4:4:4", format.bitDepth, format.rgb) };
    planes = recoloured(planes, full, now);
  }
  planes = resampled(planes, now, planar);
  if (now.format.bitDepth !== format.bitDepth) planes = scaled(planes, now, planar);
  return pictureOf(planes, target);
}

/** The format that keeps most of `from`; of equal ones the first. */
export function nearestFormat(
  from: RawFormat,
  formats: readonly RawFormat[],
): RawFormat | undefined {
  const detail = ["4:0:0", "4:2:0", "4:2:2", "4:4:4"];
  const loss = (to: RawFormat): number => {
    const chroma = detail.indexOf(to.sampling) - detail.indexOf(from.sampling);
    const depth = to.bitDepth - from.bitDepth;
    const step = (change: number): number => (change < 0 ? -100 * change : change);
    return (to.rgb === from.rgb ? 0 : 1000) + step(chroma) * 10 + step(depth);
  };
  let best: RawFormat | undefined;
  for (const format of formats) {
    if (format.name === from.name) return format;
    if (best === undefined || loss(format) < loss(best)) best = format;
  }
  return best;
}

function formatOf(sampling: RawFormat["sampling"], bitDepth: number, rgb: boolean): RawFormat {
  // Every depth has 4:4:4, planar.
  return rawFormatOf(sampling, bitDepth, rgb) as RawFormat;
}

/** Planes with the depth of `to`. */
function scaled(planes: readonly RawPlane[], from: RawVideo, to: RawVideo): RawPlane[] {
  const scale = depthScale(from.format.bitDepth, to.format.bitDepth, to.format.rgb);
  const output = planesOf(new Uint8Array(sizeOfRawVideo(to)), to);
  for (const [index, { data }] of planes.entries()) {
    const target = (output[index] as RawPlane).data;
    for (let i = 0; i < data.length; i++) target[i] = scale(data[i] as number);
  }
  return output;
}

/** Samples of `from` bits with `to` bits: limited range is shifted, full range stretched. */
function depthScale(from: number, to: number, full: boolean): (sample: number) => number {
  const peak = 2 ** to - 1;
  if (full) {
    const factor = peak / (2 ** from - 1);
    return (sample) => Math.round(sample * factor);
  }
  if (to > from) return (sample) => sample << (to - from);
  const shift = from - to;
  return (sample) => Math.min(peak, (sample + (1 << (shift - 1))) >> shift);
}

/** RGB out of Y, Cb and Cr or the other way, in 4:4:4. */
function recoloured(planes: readonly RawPlane[], from: RawVideo, to: RawVideo): RawPlane[] {
  const interleaved = toInterleaved(planes, from);
  const peak = interleaved instanceof Uint16Array ? 65_535 : 255;
  const output = planesOf(new Uint8Array(sizeOfRawVideo(to)), to);
  for (let y = 0, at = 0; y < to.height; y++) {
    for (let x = 0; x < to.width; x++, at += 3) {
      putPixel(output, to, x, y, [
        (interleaved[at] as number) / peak,
        (interleaved[at + 1] as number) / peak,
        (interleaved[at + 2] as number) / peak,
      ]);
    }
  }
  return output;
}

/** Planes with the sampling of `to`, at the depth that they have. */
function resampled(planes: readonly RawPlane[], from: RawVideo, to: RawVideo): RawPlane[] {
  const [luma, ...chroma] = planes as [RawPlane, ...RawPlane[]];
  if (to.format.sampling === "4:0:0") return [luma];
  const [wide, high] = subsampling(from);
  const [thin, low] = subsampling(to);
  if (chroma.length === 0) return [luma, neutral(to), neutral(to)];
  return [
    luma,
    ...chroma.map((plane) => {
      let result = plane;
      if (thin < wide) result = wider(result, to.width);
      if (low < high) result = higher(result, to.height, to.interlaced);
      if (thin > wide) result = thinner(result);
      if (low > high) result = lower(result, to.interlaced);
      return result;
    }),
  ];

  function neutral(video: RawVideo): RawPlane {
    const plane = emptyPlane(luma, Math.ceil(video.width / thin), Math.ceil(video.height / low));
    plane.data.fill(2 ** (from.format.bitDepth - 1));
    return plane;
  }
}

/** Pixels that a chroma sample stands for, across and down. */
function subsampling({ format }: RawVideo): readonly [number, number] {
  return [format.sampling === "4:4:4" ? 1 : 2, format.sampling === "4:2:0" ? 2 : 1];
}

function emptyPlane({ data }: RawPlane, width: number, height: number): RawPlane {
  const samples =
    data instanceof Uint16Array ? new Uint16Array(width * height) : new Uint8Array(width * height);
  return { data: samples, width, height, stride: width };
}

/** A plane whose samples `take` makes of those of `from`. */
function remade(
  from: RawPlane,
  width: number,
  height: number,
  take: (x: number, y: number) => number,
): RawPlane {
  const plane = emptyPlane(from, width, height);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) plane.data[at++] = take(x, y);
  }
  return plane;
}

function wider(plane: RawPlane, width: number): RawPlane {
  const { data, stride, height } = plane;
  return remade(plane, width, height, (x, y) => data[y * stride + (x >> 1)] as number);
}

function thinner(plane: RawPlane): RawPlane {
  const { data, stride, width, height } = plane;
  return remade(plane, Math.ceil(width / 2), height, (x, y) => {
    const at = y * stride + 2 * x;
    const second = 2 * x + 1 < width ? at + 1 : at;
    return ((data[at] as number) + (data[second] as number) + 1) >> 1;
  });
}

/** Interlaced, the rows of a field are every second one. */
function higher(plane: RawPlane, height: number, interlaced: boolean): RawPlane {
  const { data, stride, width } = plane;
  return remade(plane, width, height, (x, y) => {
    const row = interlaced ? 2 * (y >> 2) + (y & 1) : y >> 1;
    // The last rows of a height that fields do not divide evenly.
    return data[(row < plane.height ? row : Math.max(0, row - 2)) * stride + x] as number;
  });
}

function lower(plane: RawPlane, interlaced: boolean): RawPlane {
  const { data, stride, width, height } = plane;
  return remade(plane, width, Math.ceil(height / 2), (x, y) => {
    const first = interlaced ? 4 * (y >> 1) + (y & 1) : 2 * y;
    const second = first + (interlaced ? 2 : 1);
    const at = first * stride + x;
    const below = second < height ? second * stride + x : at;
    return ((data[at] as number) + (data[below] as number) + 1) >> 1;
  });
}
