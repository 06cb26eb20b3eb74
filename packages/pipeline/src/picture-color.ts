import type { RawPlane, RawVideo } from "./raw-video.js";

/** Luma weights of red and blue: BT.601 for standard definition, BT.709 above. */
function weights({ height }: RawVideo): readonly [number, number] {
  return height <= 576 ? [0.299, 0.114] : [0.2126, 0.0722];
}

/** Write one RGB pixel (0 to 1 each) into planes of full or limited-range samples. Chroma is that of its first pixel. */
export function putPixel(
  planes: readonly RawPlane[],
  video: RawVideo,
  x: number,
  y: number,
  [red, green, blue]: readonly [number, number, number],
): void {
  const scale = 2 ** (video.format.bitDepth - 8);
  const put = (plane: RawPlane, px: number, py: number, value: number): void => {
    plane.data[py * plane.stride + px] = Math.round(value);
  };
  const [first, second, third] = planes as [RawPlane, RawPlane?, RawPlane?];
  if (video.format.rgb) {
    const peak = 2 ** video.format.bitDepth - 1;
    put(first, x, y, green * peak);
    if (second !== undefined) put(second, x, y, blue * peak);
    if (third !== undefined) put(third, x, y, red * peak);
    return;
  }
  const [kr, kb] = weights(video);
  const luma = kr * red + (1 - kr - kb) * green + kb * blue;
  put(first, x, y, (16 + 219 * luma) * scale);
  if (second === undefined || third === undefined) return;
  const sx = video.format.sampling === "4:4:4" ? 1 : 2;
  const sy = video.format.sampling === "4:2:0" ? 2 : 1;
  if (x % sx !== 0 || y % sy !== 0) return;
  put(second, x / sx, y / sy, (128 + (112 * (blue - luma)) / (1 - kb)) * scale);
  put(third, x / sx, y / sy, (128 + (112 * (red - luma)) / (1 - kr)) * scale);
}

/**
 * RGB samples, interleaved, of full range: 8 bits for 8-bit pictures, 16 for deeper ones; one channel for grey.
 */
export function toInterleaved(
  planes: readonly RawPlane[],
  video: RawVideo,
): Uint8Array | Uint16Array {
  const { width, height, format } = video;
  const grey = format.sampling === "4:0:0";
  const channels = grey ? 1 : 3;
  const deep = format.bitDepth > 8;
  const peak = deep ? 65_535 : 255;
  const output = deep
    ? new Uint16Array(width * height * channels)
    : new Uint8Array(width * height * channels);
  const scale = 2 ** (format.bitDepth - 8);
  const sx = format.sampling === "4:4:4" ? 1 : 2;
  const sy = format.sampling === "4:2:0" ? 2 : 1;
  const [kr, kb] = weights(video);
  const [first, second, third] = planes as [RawPlane, RawPlane, RawPlane];
  const clamp = (value: number): number => Math.min(peak, Math.max(0, Math.round(value * peak)));
  const sample = (plane: RawPlane, x: number, y: number): number =>
    plane.data[y * plane.stride + x] as number;
  let at = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (format.rgb) {
        const full = 2 ** format.bitDepth - 1;
        for (const plane of [third, first, second])
          output[at++] = clamp(sample(plane, x, y) / full);
        continue;
      }
      const luma = (sample(first, x, y) / scale - 16) / 219;
      if (grey) {
        output[at++] = clamp(luma);
        continue;
      }
      const cx = Math.floor(x / sx);
      const cy = Math.floor(y / sy);
      const blue = luma + ((sample(second, cx, cy) / scale - 128) / 112) * (1 - kb);
      const red = luma + ((sample(third, cx, cy) / scale - 128) / 112) * (1 - kr);
      output[at++] = clamp(red);
      output[at++] = clamp((luma - kr * red - kb * blue) / (1 - kr - kb));
      output[at++] = clamp(blue);
    }
  }
  return output;
}
