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

/** A plane of luma, then one of Cb and Cr in turn. */
function semiPlanar(bytes: 1 | 2, shift: number): Packing {
  const samplesOf = (data: Uint8Array): Uint8Array | Uint16Array =>
    bytes === 1 ? data : new Uint16Array(data.buffer, data.byteOffset, data.length >> 1);
  return {
    size: (width, height) =>
      bytes * (width * height + 2 * Math.ceil(width / 2) * Math.ceil(height / 2)),
    unpack(data, [luma, cb, cr]) {
      const samples = samplesOf(data.byteOffset % bytes === 0 ? data : data.slice());
      const count = luma.data.length;
      for (let i = 0; i < count; i++) luma.data[i] = (samples[i] as number) >> shift;
      for (let i = 0, at = count; i < cb.data.length; i++) {
        cb.data[i] = (samples[at++] as number) >> shift;
        cr.data[i] = (samples[at++] as number) >> shift;
      }
    },
    pack([luma, cb, cr], data) {
      const samples = samplesOf(data);
      const count = luma.data.length;
      for (let i = 0; i < count; i++) samples[i] = (luma.data[i] as number) << shift;
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
  unpack(data, [luma, cb, cr]) {
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    const row = v210Row(luma.width);
    let chroma = 0;
    for (let y = 0; y < luma.height; y++) {
      let at = y * row;
      let word = 0;
      let left = 0;
      const next = (): number => {
        if (left === 0) {
          word = view.getUint32(at, true);
          at += 4;
          left = 3;
        }
        const sample = word & 0x3ff;
        word >>>= 10;
        left--;
        return sample;
      };
      const start = y * luma.width;
      for (let x = 0; x < luma.width; x += 2) {
        cb.data[chroma] = next();
        luma.data[start + x] = next();
        cr.data[chroma++] = next();
        const second = next();
        if (x + 1 < luma.width) luma.data[start + x + 1] = second;
      }
    }
  },
  pack([luma, cb, cr], data) {
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    const row = v210Row(luma.width);
    let chroma = 0;
    for (let y = 0; y < luma.height; y++) {
      let at = y * row;
      let word = 0;
      let shift = 0;
      const put = (sample: number): void => {
        word |= sample << shift;
        shift += 10;
        if (shift < 30) return;
        view.setUint32(at, word >>> 0, true);
        at += 4;
        word = 0;
        shift = 0;
      };
      const start = y * luma.width;
      for (let x = 0; x < luma.width; x += 2) {
        put(cb.data[chroma] as number);
        put(luma.data[start + x] as number);
        put(cr.data[chroma++] as number);
        put(luma.data[start + Math.min(x + 1, luma.width - 1)] as number);
      }
      if (shift > 0) view.setUint32(at, word >>> 0, true);
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
