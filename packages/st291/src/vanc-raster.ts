import { fits } from "./fits.js";

/** How a line lies in memory. */
export interface VancFormat {
  /** Active pixels. 1280 and more are HD: luma and colour-difference words are separate streams. */
  readonly width: number;
  /** `v210`: ten bits; `uyvy` (also called 2vuy): eight bits, which loses b9 and b8 of each word. */
  readonly pixelFormat: "v210" | "uyvy";
}

/** The words of a line that one packet is in: HD has luma and colour difference, SD has one multiplex of both. */
export type VancStream = "y" | "c" | "mux";

const HD_WIDTH = 1280;
const BLANK_Y = 0x040;
const BLANK_C = 0x200;

/** The streams of a line, in the order in which packets are reported. */
export function streamsOf(format: VancFormat): readonly VancStream[] {
  return format.width >= HD_WIDTH ? ["y", "c"] : ["mux"];
}

/** The stream that a packet goes to. SD has only one. */
export function streamFor(format: VancFormat, cNotYChannelFlag: boolean): VancStream {
  if (format.width < HD_WIDTH) return "mux";
  return cNotYChannelFlag ? "c" : "y";
}

/**
 * Bytes of a line: for v210, 128 for each started 48 pixels.
 * @throws {RangeError} when the width is not a whole, even number of pixels up to 65536.
 * @throws {TypeError} when the pixel format is another one.
 */
export function sizeOfVancLine(format: VancFormat): number {
  const { width, pixelFormat } = format;
  if (pixelFormat !== "v210" && pixelFormat !== "uyvy") {
    throw new TypeError(`pixelFormat: ${pixelFormat} is neither v210 nor uyvy`);
  }
  fits("width", width, 65536, 2);
  if (width % 2 !== 0) throw new RangeError(`width: ${width} is odd, 4:2:2 has pixels in pairs`);
  return pixelFormat === "v210" ? Math.ceil(width / 48) * 128 : width * 2;
}

/**
 * A line in which every component is blank: luma 040, colour difference 200 (10 and 80 in eight bits).
 * @throws {RangeError} for a bad width.
 */
export function blankVancLine(format: VancFormat): Uint8Array<ArrayBuffer> {
  const line = new Uint8Array(sizeOfVancLine(format));
  const components = new Uint16Array(format.width * 2);
  for (let i = 0; i < components.length; i += 2) {
    components[i] = BLANK_C;
    components[i + 1] = BLANK_Y;
  }
  if (format.pixelFormat === "v210") packV210(components, line, 0, 1);
  else for (let i = 0; i < line.length; i++) line[i] = (components[i] as number) >> 2;
  return line;
}

/** The words of one stream: a copy. In eight bits, each byte is a word. The line's size has been checked. */
export function readStream(
  line: Uint8Array,
  format: VancFormat,
  stream: VancStream,
): Uint16Array<ArrayBuffer> {
  const { first, step } = layout(stream);
  const words = new Uint16Array((format.width * 2) / step);
  if (format.pixelFormat === "uyvy") {
    for (let i = 0, at = first; i < words.length; i++, at += step) words[i] = line[at] as number;
    return words;
  }
  unpackV210(line, words, first, step);
  return words;
}

/** Put words into a stream from word `at` on. The line's size and the room have been checked. */
export function writeStream(
  line: Uint8Array,
  format: VancFormat,
  stream: VancStream,
  words: ArrayLike<number>,
  at: number,
): void {
  const { first, step } = layout(stream);
  const start = first + at * step;
  if (format.pixelFormat === "v210") {
    packV210(words, line, start, step);
    return;
  }
  for (let i = 0; i < words.length; i++) line[start + i * step] = words[i] as number;
}

/** Byte in the line of a stream's word `at`; for v210, of the 32 bits that hold it. */
export function byteOffsetOf(format: VancFormat, stream: VancStream, at: number): number {
  const { first, step } = layout(stream);
  const component = first + at * step;
  return format.pixelFormat === "v210" ? Math.floor(component / 3) * 4 : component;
}

/**
 * Unpack a line of v210 into its components, Cb Y Cr Y and so on, two for each pixel: a copy.
 * @throws {RangeError} when the line has not the size that `width` wants.
 */
export function decodeV210Line(line: Uint8Array, width: number): Uint16Array<ArrayBuffer> {
  const format: VancFormat = { width, pixelFormat: "v210" };
  checkLine(line, format);
  return readStream(line, format, "mux");
}

/**
 * Pack components, Cb Y Cr Y and so on, into a line of v210; the rest of the line is zero.
 * @throws {RangeError} when there are not four for each two pixels, or one has more than ten bits.
 */
export function encodeV210Line(components: ArrayLike<number>): Uint8Array<ArrayBuffer> {
  const format: VancFormat = { width: components.length / 2, pixelFormat: "v210" };
  const line = new Uint8Array(sizeOfVancLine(format));
  for (let i = 0; i < components.length; i++) fits("component", components[i] as number, 0x3ff);
  packV210(components, line, 0, 1);
  return line;
}

/**
 * Bytes of a line of v210.
 * @throws {RangeError} for a bad width.
 */
export function sizeOfV210Line(width: number): number {
  return sizeOfVancLine({ width, pixelFormat: "v210" });
}

/** @throws {RangeError} when the line has not the size that its format wants. */
export function checkLine(line: Uint8Array, format: VancFormat): void {
  const size = sizeOfVancLine(format);
  if (line.length !== size) {
    throw new RangeError(
      `line: ${line.length} bytes instead of ${size} for ${format.width} pixels`,
    );
  }
}

/** Components are in the order Cb Y Cr Y. */
function layout(stream: VancStream): { readonly first: number; readonly step: number } {
  switch (stream) {
    case "y":
      return { first: 1, step: 2 };
    case "c":
      return { first: 0, step: 2 };
    case "mux":
      return { first: 0, step: 1 };
  }
}

/** Three components in each little-endian 32 bits, the first in the lowest ten. */
function unpackV210(line: Uint8Array, words: Uint16Array, first: number, step: number): void {
  let i = step === 2 ? unpackSixes(line, words, first) : 0;
  let at = Math.floor((first + i * step) / 3) * 4;
  let third = (first + i * step) % 3;
  for (; i < words.length; i++) {
    const b1 = line[at + 1] as number;
    const b2 = line[at + 2] as number;
    if (third === 0) words[i] = (line[at] as number) | ((b1 & 0x03) << 8);
    else if (third === 1) words[i] = (b1 >> 2) | ((b2 & 0x0f) << 6);
    else words[i] = (b2 >> 4) | (((line[at + 3] as number) & 0x3f) << 4);
    third += step;
    if (third >= 3) {
      third -= 3;
      at += 4;
    }
  }
}

/** Every other component, six in each sixteen bytes. Returns how many words were unpacked. */
function unpackSixes(line: Uint8Array, words: Uint16Array, first: number): number {
  const view = new DataView(line.buffer, line.byteOffset, line.byteLength);
  let i = 0;
  for (let at = 0; i + 6 <= words.length; i += 6, at += 16) {
    const a = view.getUint32(at, true);
    const b = view.getUint32(at + 4, true);
    const c = view.getUint32(at + 8, true);
    const d = view.getUint32(at + 12, true);
    if (first === 0) {
      words[i] = a & 0x3ff;
      words[i + 1] = (a >>> 20) & 0x3ff;
      words[i + 2] = (b >>> 10) & 0x3ff;
      words[i + 3] = c & 0x3ff;
      words[i + 4] = (c >>> 20) & 0x3ff;
      words[i + 5] = (d >>> 10) & 0x3ff;
    } else {
      words[i] = (a >>> 10) & 0x3ff;
      words[i + 1] = b & 0x3ff;
      words[i + 2] = (b >>> 20) & 0x3ff;
      words[i + 3] = (c >>> 10) & 0x3ff;
      words[i + 4] = d & 0x3ff;
      words[i + 5] = (d >>> 20) & 0x3ff;
    }
  }
  return i;
}

/** The components between those written are kept. */
function packV210(words: ArrayLike<number>, line: Uint8Array, first: number, step: number): void {
  let at = Math.floor(first / 3) * 4;
  let third = first % 3;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as number;
    if (third === 0) {
      line[at] = word;
      line[at + 1] = ((line[at + 1] as number) & 0xfc) | (word >> 8);
    } else if (third === 1) {
      line[at + 1] = ((line[at + 1] as number) & 0x03) | (word << 2);
      line[at + 2] = ((line[at + 2] as number) & 0xf0) | (word >> 6);
    } else {
      line[at + 2] = ((line[at + 2] as number) & 0x0f) | (word << 4);
      line[at + 3] = ((line[at + 3] as number) & 0xc0) | (word >> 4);
    }
    third += step;
    if (third >= 3) {
      third -= 3;
      at += 4;
    }
  }
}
