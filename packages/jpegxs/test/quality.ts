// Quality at equal bytes: our default against the compatibility mode, whose bytes are SVT-JPEG-XS's.
import type { Codec, EncoderOptions, SamplingFormat, SourcePlane } from "../src/index.js";
import { codecVectors, sourcePlanes } from "./codec-vectors.js";
import { naturalPicture } from "./pictures.js";

/** A picture to encode. */
export interface Subject {
  readonly name: string;
  readonly options: Pick<EncoderOptions, "width" | "height" | "format" | "bitDepth" | "rgb">;
  readonly source: readonly SourcePlane[];
}

/** PSNR in dB. */
export interface Quality {
  /** Of the first plane: luma, or red. */
  readonly first: number;
  /** Of the squared error of all samples of all planes together. */
  readonly all: number;
}

/** Generated pictures with the spectrum of natural ones; the channels of RGB ones are alike. */
export function generated(format: SamplingFormat, rgb = false): Subject[] {
  return [3, 9].map((seed) => ({
    name: `${rgb ? "RGB" : format} generated ${seed}`,
    options: { width: 640, height: 360, format, bitDepth: 10, rgb },
    source: naturalPicture(format, 640, 360, 10, seed, rgb ? 0.95 : 0),
  }));
}

/** The 4:2:2 pictures of a kind among the vectors that a codestream of 2 bits a grid point can hold. */
export function fixtures(kind: string): Subject[] {
  const found = new Map<string, Subject>();
  for (const stream of codecVectors().streams) {
    const { source, header, lossless } = stream;
    if (source?.kind !== kind || source.format !== "yuv422" || lossless === undefined) continue;
    const [width, height] = [Number(header.Wf), Number(header.Hf)];
    if (found.has(source.file) || width * height < 4096) continue;
    const bitDepth = header.comps[0]?.B as number;
    const options = { width, height, format: "4:2:2", bitDepth } as const;
    found.set(source.file, { name: source.file, options, source: sourcePlanes(stream) });
  }
  return [...found.values()];
}

/** Encodes in `bitsPerPixel` and measures what the decoder gives. */
export function quality(
  codec: Codec,
  { options, source }: Subject,
  bitsPerPixel: number,
  mode: Partial<EncoderOptions> = {},
): Quality {
  const encoder = codec.createEncoder({ ...options, bitsPerPixel, ...mode });
  const { planes } = codec.createDecoder().decode(encoder.encode(source));
  encoder.close();
  const errors = planes.map(({ data }, i) => squaredError(data, source[i]?.data ?? []));
  const samples = planes.map(({ data }) => data.length);
  const peak = (2 ** options.bitDepth - 1) ** 2;
  const psnr = (error: number, n: number): number => 10 * Math.log10((peak * n) / error);
  const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
  return {
    first: psnr(errors[0] as number, samples[0] as number),
    all: psnr(sum(errors), sum(samples)),
  };
}

function squaredError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += ((a[i] as number) - (b[i] as number)) ** 2;
  return sum;
}

/** What our default gains on the compatibility mode. */
export function gain(codec: Codec, subject: Subject, bitsPerPixel: number): Quality {
  const before = quality(codec, subject, bitsPerPixel, { compat: "svt" });
  const after = quality(codec, subject, bitsPerPixel);
  return { first: after.first - before.first, all: after.all - before.all };
}

/** The mean of each. */
export function mean(qualities: readonly Quality[]): Quality {
  const of = (value: (q: Quality) => number): number =>
    qualities.reduce((sum, q) => sum + value(q), 0) / qualities.length;
  return { first: of((q) => q.first), all: of((q) => q.all) };
}
