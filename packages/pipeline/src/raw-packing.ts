// Raw formats whose samples do not lie plane by plane: to planes and back.
import type { RawPlane } from "./raw-video.js";

/** How the samples of three planes lie in one picture. */
export interface Packing {
  /** Bytes of a picture. */
  size(width: number, height: number): number;
  /** `planes` are full, without padding. */
  unpack(data: Uint8Array, planes: Planes): void;
  /** `data` is zeros. */
  pack(planes: Planes, data: Uint8Array): void;
}

type Planes = readonly [RawPlane, RawPlane, RawPlane];

/** The same bytes where a view of samples of `size` bytes can begin: a copy if need be (that of a Buffer's `slice` is none). */
export function alignedTo(size: number, data: Uint8Array): Uint8Array {
  return data.byteOffset % size === 0 ? data : new Uint8Array(data);
}

/** A plane of luma, then one of Cb and Cr in turn. */
function semiPlanar(bytes: 1 | 2, shift: number): Packing {
  const samplesOf = (data: Uint8Array): Uint8Array | Uint16Array =>
    bytes === 1 ? data : new Uint16Array(data.buffer, data.byteOffset, data.length >> 1);
  return {
    size: (width, height) =>
      bytes * (width * height + 2 * Math.ceil(width / 2) * Math.ceil(height / 2)),
    unpack(data, [luma, cb, cr]) {
      const samples = samplesOf(alignedTo(bytes, data));
      const count = luma.data.length;
      if (shift === 0) luma.data.set(samples.subarray(0, count));
      else for (let i = 0; i < count; i++) luma.data[i] = (samples[i] as number) >> shift;
      for (let i = 0, at = count; i < cb.data.length; i++) {
        cb.data[i] = (samples[at++] as number) >> shift;
        cr.data[i] = (samples[at++] as number) >> shift;
      }
    },
    pack([luma, cb, cr], data) {
      const samples = samplesOf(data);
      const count = luma.data.length;
      if (shift === 0) samples.set(luma.data);
      else for (let i = 0; i < count; i++) samples[i] = (luma.data[i] as number) << shift;
      for (let i = 0, at = count; i < cb.data.length; i++) {
        samples[at++] = (cb.data[i] as number) << shift;
        samples[at++] = (cr.data[i] as number) << shift;
      }
    },
  };
}

/** Two pixels in four bytes; the arguments say which byte is whose. The last pixel of an odd row stands there twice. */
function pairs(y0: number, cb: number, y1: number, cr: number): Packing {
  return {
    size: (width, height) => 4 * Math.ceil(width / 2) * height,
    unpack(data, [luma, blue, red]) {
      let at = 0;
      let chroma = 0;
      for (let row = 0; row < luma.height; row++) {
        const start = row * luma.width;
        for (let x = 0; x < luma.width; x += 2, at += 4) {
          luma.data[start + x] = data[at + y0] as number;
          if (x + 1 < luma.width) luma.data[start + x + 1] = data[at + y1] as number;
          blue.data[chroma] = data[at + cb] as number;
          red.data[chroma++] = data[at + cr] as number;
        }
      }
    },
    pack([luma, blue, red], data) {
      let at = 0;
      let chroma = 0;
      for (let row = 0; row < luma.height; row++) {
        const start = row * luma.width;
        for (let x = 0; x < luma.width; x += 2, at += 4) {
          data[at + y0] = luma.data[start + x] as number;
          data[at + y1] = luma.data[start + Math.min(x + 1, luma.width - 1)] as number;
          data[at + cb] = blue.data[chroma] as number;
          data[at + cr] = red.data[chroma++] as number;
        }
      }
    },
  };
}

/** Words of 32 bits, little-endian, of three samples in the order Cb Y Cr Y; a row is a multiple of 48 pixels. */
const V210: Packing = {
  size: (width, height) => v210Row(width) * height,
  unpack(data, planes) {
    const [{ data: luma, width, height }, { data: cb }, { data: cr, width: chromaWidth }] = planes;
    const aligned = alignedTo(4, data);
    const words = new Uint32Array(aligned.buffer, aligned.byteOffset, data.length >> 2);
    for (let row = 0; row < height; row++) {
      let at = (row * v210Row(width)) >> 2;
      let y = row * width;
      let c = row * chromaWidth;
      // What goes beyond the end of a row is written over by the next one.
      for (const end = y + width; y < end; y += 6, c += 3) {
        const first = words[at++] as number;
        cb[c] = first & 0x3ff;
        luma[y] = (first >>> 10) & 0x3ff;
        cr[c] = (first >>> 20) & 0x3ff;
        const second = words[at++] as number;
        luma[y + 1] = second & 0x3ff;
        cb[c + 1] = (second >>> 10) & 0x3ff;
        luma[y + 2] = (second >>> 20) & 0x3ff;
        const third = words[at++] as number;
        cr[c + 1] = third & 0x3ff;
        luma[y + 3] = (third >>> 10) & 0x3ff;
        cb[c + 2] = (third >>> 20) & 0x3ff;
        const fourth = words[at++] as number;
        luma[y + 4] = fourth & 0x3ff;
        cr[c + 2] = (fourth >>> 10) & 0x3ff;
        luma[y + 5] = (fourth >>> 20) & 0x3ff;
      }
    }
  },
  pack(planes, data) {
    const [{ data: luma, width, height }, { data: cb }, { data: cr, width: chromaWidth }] = planes;
    const words = new Uint32Array(data.buffer, data.byteOffset, data.length >> 2);
    const take = (samples: RawPlane["data"], at: number): number => samples[at] as number;
    for (let row = 0; row < height; row++) {
      let at = (row * v210Row(width)) >> 2;
      let y = row * width;
      let c = row * chromaWidth;
      const end = y + width;
      for (; y + 6 <= end; y += 6, c += 3) {
        words[at++] = take(cb, c) | (take(luma, y) << 10) | (take(cr, c) << 20);
        words[at++] = take(luma, y + 1) | (take(cb, c + 1) << 10) | (take(luma, y + 2) << 20);
        words[at++] = take(cr, c + 1) | (take(luma, y + 3) << 10) | (take(cb, c + 2) << 20);
        words[at++] = take(luma, y + 4) | (take(cr, c + 2) << 10) | (take(luma, y + 5) << 20);
      }
      // Up to five pixels are left.
      const rest: number[] = [];
      for (; y < end; y += 2, c++) {
        const second = Math.min(y + 1, end - 1);
        rest.push(take(cb, c), take(luma, y), take(cr, c), take(luma, second));
      }
      for (let n = 0; n < rest.length; n += 3) {
        const [a = 0, b = 0, d = 0] = rest.slice(n, n + 3);
        words[at++] = a | (b << 10) | (d << 20);
      }
    }
  },
};

function v210Row(width: number): number {
  return Math.ceil(width / 48) * 128;
}

/** Packed formats by GStreamer's name, with the sampling and depth of their planes. */
export const PACKED_FORMATS: readonly {
  readonly name: string;
  readonly sampling: "4:2:0" | "4:2:2";
  readonly bitDepth: 8 | 10;
  readonly packing: Packing;
}[] = [
  { name: "NV12", sampling: "4:2:0", bitDepth: 8, packing: semiPlanar(1, 0) },
  { name: "P010_10LE", sampling: "4:2:0", bitDepth: 10, packing: semiPlanar(2, 6) },
  { name: "UYVY", sampling: "4:2:2", bitDepth: 8, packing: pairs(1, 0, 3, 2) },
  { name: "YUY2", sampling: "4:2:2", bitDepth: 8, packing: pairs(0, 1, 2, 3) },
  { name: "v210", sampling: "4:2:2", bitDepth: 10, packing: V210 },
];
