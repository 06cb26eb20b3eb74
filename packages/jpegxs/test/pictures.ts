// Pictures for tests and benchmarks: noise with the spectrum of natural ones, and random samples.
import type { SamplingFormat, SourcePlane } from "../src/index.js";
import { SAMPLING } from "../src/sampling.js";

/** A small generator of numbers in [0, 1), the same on every machine. */
export function random(seed: number): () => number {
  let state = (seed * 2654435761 + 1) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Planes filled by `sample(x, y, plane)`, a number from 0 to 1. */
export function picture(
  format: SamplingFormat,
  width: number,
  height: number,
  bitDepth: number,
  sample: (x: number, y: number, plane: number) => number,
): SourcePlane[] {
  const max = 2 ** bitDepth - 1;
  return SAMPLING[format].map(([sx, sy], p) => {
    const w = Math.floor(width / sx);
    const h = Math.floor(height / sy);
    const data = bitDepth > 8 ? new Uint16Array(w * h) : new Uint8Array(w * h);
    for (let y = 0; y < h; y++) {
      for (let x = 0; x < w; x++) {
        data[y * w + x] = Math.max(0, Math.min(max, Math.round(sample(x * sx, y * sy, p) * max)));
      }
    }
    return { data, stride: w };
  });
}

/** Value noise of many octaves: its spectrum falls like that of a photograph. `alike` mixes one plane into the others. */
export function naturalPicture(
  format: SamplingFormat,
  width: number,
  height: number,
  bitDepth: number,
  seed: number,
  alike = 0,
): SourcePlane[] {
  const fields = [0, 1, 2, 3].map((i) => valueNoise(width, height, seed * 4 + i));
  const base = fields[0] as Float32Array;
  return picture(format, width, height, bitDepth, (x, y, p) => {
    const own = (fields[p] as Float32Array)[y * width + x] as number;
    return 0.5 + 0.3 * (alike * (base[y * width + x] as number) + (1 - alike) * own);
  });
}

function valueNoise(width: number, height: number, seed: number): Float32Array {
  const out = new Float32Array(width * height);
  const next = random(seed);
  for (let cell = 256, amplitude = 1; cell >= 1; cell /= 2, amplitude *= 0.8) {
    const columns = Math.ceil(width / cell) + 2;
    const rows = Math.ceil(height / cell) + 2;
    const grid = Float32Array.from({ length: columns * rows }, () => next() - 0.5);
    for (let y = 0; y < height; y++) {
      const row = Math.floor(y / cell);
      const fy = y / cell - row;
      for (let x = 0; x < width; x++) {
        const column = Math.floor(x / cell);
        const fx = x / cell - column;
        const at = row * columns + column;
        const top = mix(grid[at] as number, grid[at + 1] as number, fx);
        const bottom = mix(grid[at + columns] as number, grid[at + columns + 1] as number, fx);
        out[y * width + x] = (out[y * width + x] as number) + amplitude * mix(top, bottom, fy);
      }
    }
  }
  return out;
}

function mix(a: number, b: number, t: number): number {
  return a + (b - a) * t;
}

/** 10·log10((2^B−1)²·N / Σ(a−b)²) of one plane. */
export function planePsnr(a: ArrayLike<number>, b: ArrayLike<number>, bitDepth: number): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += ((a[i] as number) - (b[i] as number)) ** 2;
  return 10 * Math.log10(((2 ** bitDepth - 1) ** 2 * a.length) / sum);
}
