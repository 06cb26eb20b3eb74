import { plain } from "@x/bits";
import { type Call, type Core, coreError, type MemoryUse, rangesOf } from "./core.js";
import { codestreamError, configError } from "./errors.js";
import { type DecodedHeader, decodeHeader } from "./header.js";
import { type SamplingFormat, samplingFormat } from "./sampling.js";
import { walkCodestream } from "./walk.js";

/** One component of a picture. */
export interface Plane {
  /** Samples in rows of `stride`: bytes for depths up to 8, else 16-bit words in the machine's order. */
  readonly data: Uint8Array | Uint16Array;
  readonly width: number;
  readonly height: number;
  /** Samples from one row to the next. */
  readonly stride: number;
  readonly bitDepth: number;
}

/** A decoded picture. */
export interface Picture {
  /** Of the first component as decoded. */
  readonly width: number;
  readonly height: number;
  /** `undefined` for a component table that is none of the usual. */
  readonly format: SamplingFormat | undefined;
  /** In codestream order. Bayer pictures: R, G, G, B at the size of super-pixels. */
  readonly planes: readonly Plane[];
  readonly header: DecodedHeader;
}

export interface DecoderOptions {
  /** Decode at full, half or quarter size, which is faster in the same measure. Default `"full"`. */
  readonly scale?: "full" | "half" | "quarter";
  /** A damaged slice ends the picture with an error, or becomes grey. Default `"throw"`. */
  readonly onDamage?: "throw" | "conceal";
  /** Largest number of grid points, checked before memory is taken. Default 2^26, level 8k-3. */
  readonly maxPixels?: number;
}

export interface DecodeOptions {
  /** Copy the picture into these planes, which have the caller's strides, instead of returning views. */
  readonly into?: readonly { readonly data: Uint8Array | Uint16Array; readonly stride: number }[];
}

/** Lines of a picture that are final. */
export interface Lines {
  /** First line and line after the last, of component 0. Subsampled components have as many fewer. */
  readonly first: number;
  readonly end: number;
  readonly picture: Picture;
}

const SCALES = ["full", "half", "quarter"] as const;

/** Offsets in the control block at the start of the heap. */
const ERROR = 0;
const DAMAGED = 16;
const LINES = 20;
const OPTIONS = 32;
const PLANES = 64;
const HEADER = 128;
const CONTROL_SIZE = 1024;
/** Bytes of a JxsError and of a JxsSpan. */
const ERROR_SIZE = 12;
const SPAN_SIZE = 8;

interface Layout {
  readonly decoder: number;
  /** One JxsError and one JxsSpan for each slice. */
  readonly errors: number;
  readonly spans: number;
  readonly input: number;
  readonly inputSize: number;
  readonly picture: Picture;
  readonly heap: ArrayBufferLike;
}

/**
 * Decodes codestreams one after the other. Made by `createDecoder`. Memory is taken when the first picture, or a larger
 * one, arrives; after that a picture allocates nothing.
 */
export class Decoder {
  readonly #core: Core;
  readonly #release: (core: Core) => void;
  #closed = false;
  /** True while threads work on a picture. */
  #busy = false;
  readonly #kernels: number;
  readonly #reduce: number;
  readonly #conceal: boolean;
  readonly #maxPixels: number;
  #headerBytes: Uint8Array = new Uint8Array(0);
  #layout: Layout | undefined;
  #bytes: Uint8Array = new Uint8Array(0);
  #control: Int32Array = new Int32Array(0);
  #damagedSlices = 0;
  #layouts = 0;
  #copiedPlanes = 0;
  /** Slices that a picture in pieces still wants; 0 outside. */
  #slicesLeft = 0;
  #line = 0;

  /** For `createDecoder`; `kernels` is the C interface's number. */
  constructor(core: Core, release: (core: Core) => void, kernels: number, options: DecoderOptions) {
    const { scale = "full", onDamage = "throw", maxPixels = 2 ** 26 } = options;
    if (!SCALES.includes(scale)) throw configError("scale", `${scale} is not a scale`);
    if (onDamage !== "throw" && onDamage !== "conceal") throw configError("onDamage", onDamage);
    if (!(maxPixels > 0)) throw configError("maxPixels", `${maxPixels} is no number of pixels`);
    this.#core = core;
    this.#release = release;
    this.#kernels = kernels;
    this.#reduce = SCALES.indexOf(scale);
    this.#conceal = onDamage === "conceal";
    this.#maxPixels = maxPixels;
  }

  /** Slices of the last picture that were damaged and became grey; always 0 unless `onDamage` is `"conceal"`. */
  get damagedSlices(): number {
    return this.#damagedSlices;
  }

  /** Counters for tests and for the curious. */
  get memory(): MemoryUse {
    return {
      bytes: this.#core.heap().byteLength,
      growths: this.#core.growths(),
      layouts: this.#layouts,
      copiedPlanes: this.#copiedPlanes,
    };
  }

  /**
   * Decode the codestream at the start of `bytes`.
   *
   * The picture and its planes are the decoder's own: valid until it decodes the next one, unless `into` was given.
   * @throws {FormatError} `malformed`, `unsupported`, `truncated`, `limit` (above `maxPixels`) or `bad-config` (no such
   * scale of this picture, planes in `into` that are too small).
   */
  decode(bytes: Uint8Array, options: DecodeOptions = {}): Picture {
    const layout = this.#prepare(bytes, bytes.length);
    this.#slicesLeft = 0;
    this.#heap().set(bytes, layout.input);
    const { base, functions } = this.#core;
    const status = functions.jxs_decode_picture(
      layout.decoder,
      base + HEADER,
      layout.input,
      bytes.length,
      base + PLANES,
      base + DAMAGED,
      base + ERROR,
    );
    this.#check(status);
    this.#damagedSlices = this.#word(DAMAGED);
    return this.#finish(layout.picture, options);
  }

  /**
   * The same on the codec's threads (`threads` of `loadCodec`); without threads, the same as `decode`. One picture at a
   * time: wait for it before the next call of any kind.
   * @throws {FormatError} as `decode`.
   */
  async decodeAsync(bytes: Uint8Array, options: DecodeOptions = {}): Promise<Picture> {
    const { jobs, base, functions } = this.#core;
    if (jobs === 1) return this.decode(bytes, options);
    const layout = this.#prepare(bytes, bytes.length);
    const { decoder, errors, spans, input } = layout;
    this.#heap().set(bytes, input);
    // Where the chain of precincts is broken there are no slices to share out.
    if (functions.jxs_find_slices(decoder, base + HEADER, input, bytes.length, spans) === 0) {
      return this.decode(bytes, options);
    }
    this.#slicesLeft = 0;
    functions.jxs_decode_begin(decoder, base + HEADER, base + PLANES);
    const { slices } = layout.picture.header.geometry;
    await this.#run(
      rangesOf(slices, jobs).map(([first, end], job) => ({
        name: "jxs_decode_slices",
        args: [decoder, job, first, end, input, spans, errors],
      })),
    );
    this.#damagedSlices = 0;
    for (let slice = 0; slice < slices; slice++) {
      const error = errors + ERROR_SIZE * slice - base;
      const status = this.#word(error);
      if (status === 0) continue;
      this.#damagedSlices++;
      if (this.#conceal) continue;
      const start = this.#word(spans + SPAN_SIZE * slice - base);
      throw coreError(status, this.#word(error + 4), start + (this.#word(error + 8) >>> 0));
    }
    functions.jxs_decode_finish(decoder);
    return this.#finish(layout.picture, options);
  }

  /**
   * Begin a picture that arrives slice by slice: `bytes` hold its header and the two bytes behind, more does not matter.
   * @returns the picture that `push` fills.
   */
  begin(bytes: Uint8Array): Picture {
    this.#slicesLeft = 0;
    // Slices may differ in size: twice the mean, and room for small pictures.
    const { pih, geometry } = this.#prepare(bytes, 0).picture.header;
    const layout = this.#roomFor(Math.ceil((2 * pih.lcod) / geometry.slices) + 65536);
    const { base, functions } = this.#core;
    functions.jxs_decode_begin(layout.decoder, base + HEADER, base + PLANES);
    this.#slicesLeft = layout.picture.header.geometry.slices;
    this.#damagedSlices = 0;
    this.#line = 0;
    return layout.picture;
  }

  /**
   * Decode the next slice: from its SLH to the byte before the next SLH or EOC.
   * @returns the lines that became final, a few fewer than the slice has, and the rest with the last slice.
   * @throws {FormatError} as `decode`, with offsets from the slice's start. Its lines are grey then, and the next slice
   * can be pushed; with `onDamage: "conceal"` it only counts as damaged.
   */
  push(slice: Uint8Array): Lines {
    this.#checkState();
    if (this.#slicesLeft === 0) throw new Error("push: no picture has begun, or it is complete");
    const layout = this.#roomFor(slice.length);
    this.#heap().set(slice, layout.input);
    const { base, functions } = this.#core;
    const status = functions.jxs_decode_slice(
      layout.decoder,
      layout.input,
      slice.length,
      base + LINES,
      base + ERROR,
    );
    this.#slicesLeft--;
    const first = this.#line;
    this.#line = this.#word(LINES);
    if (status !== 0) this.#damagedSlices++;
    if (!this.#conceal) this.#check(status);
    return { first, end: this.#line, picture: layout.picture };
  }

  /**
   * Decode a whole codestream and report lines as they become final.
   * @throws {FormatError} as `decode`.
   */
  decodeSlices(bytes: Uint8Array, onLines: (lines: Lines) => void): Picture {
    const walk = walkCodestream(bytes);
    const picture = this.begin(bytes);
    for (const { offset, length } of walk.slices) {
      onLines(this.push(bytes.subarray(offset, offset + length)));
    }
    return picture;
  }

  #finish(picture: Picture, { into }: DecodeOptions): Picture {
    if (into === undefined) return picture;
    this.#copiedPlanes += into.length;
    return copyInto(picture, into);
  }

  async #run(calls: readonly Call[]): Promise<number[]> {
    this.#busy = true;
    try {
      return await this.#core.run(calls);
    } finally {
      this.#busy = false;
    }
  }

  #checkState(): void {
    if (this.#closed) throw new Error("the decoder is closed");
    if (this.#busy) throw new Error("the decoder is still at work: wait for decodeAsync");
  }

  /** Give the memory back for the codec's next decoder or encoder. Its pictures are no longer valid. */
  close(): void {
    if (this.#closed) return;
    this.#checkState();
    this.#release(this.#core);
    this.#closed = true;
  }

  /** Read the header and have memory for such a picture and `size` bytes of input. */
  #prepare(bytes: Uint8Array, size: number): Layout {
    this.#checkState();
    const layout = this.#layout;
    if (layout !== undefined && startsWith(bytes, this.#headerBytes)) return this.#roomFor(size);

    const header = decodeHeader(bytes);
    const { wf, hf } = header.pih;
    if (wf * hf > this.#maxPixels) {
      const message = `${wf} x ${hf} is more than ${this.#maxPixels} grid points`;
      throw codestreamError("limit", message, "pih.wf", 0);
    }
    // The marker behind the header decides whether it is complete.
    const headerBytes = plain(bytes).slice(0, header.size + 2);
    this.#layout = undefined;
    this.#readHeader(headerBytes);
    this.#layout = this.#place(header, size);
    this.#headerBytes = headerBytes;
    return this.#layout;
  }

  #readHeader(bytes: Uint8Array): void {
    const { base, functions } = this.#core;
    const input = base + CONTROL_SIZE;
    this.#core.reserve(input + bytes.length);
    this.#heap().set(bytes, input);
    const error = base + ERROR;
    this.#check(functions.jxs_read_header(input, bytes.length, base + HEADER, error));
  }

  /** Lay out decoder, planes and input in the heap, and initialise the decoder. */
  #place(header: DecodedHeader, size: number): Layout {
    const { base, functions } = this.#core;
    this.#layouts++;
    this.#heap();
    const { jobs } = this.#core;
    this.#control.set([this.#reduce, this.#kernels, Number(this.#conceal), jobs], OPTIONS / 4);
    const error = base + ERROR;
    const needed = functions.jxs_decoder_size(base + HEADER, base + OPTIONS, error) >>> 0;
    if (needed === 0) this.#check(this.#word(ERROR));

    const decoder = base + CONTROL_SIZE;
    let end = align(decoder + needed);
    const planes = header.cdt.map(({ b }, i) => {
      const full = header.geometry.components[i] as { width: number; height: number };
      const width = Math.ceil(full.width / 2 ** this.#reduce);
      const height = Math.ceil(full.height / 2 ** this.#reduce);
      const offset = end;
      const bytes = b > 8 ? 2 : 1;
      end = align(end + width * height * bytes);
      return { offset, width, height, bytes, bitDepth: b };
    });
    const { slices } = header.geometry;
    const errors = end;
    const spans = align(errors + ERROR_SIZE * slices);
    end = align(spans + SPAN_SIZE * slices);
    const inputSize = Math.max(size, header.pih.lcod <= size * 2 ? header.pih.lcod : 0);
    this.#reserve(end + inputSize);

    const heap = this.#core.heap();
    this.#heap();
    this.#control.set(
      planes.flatMap((p) => [p.offset, p.width * p.bytes]),
      PLANES / 4,
    );
    functions.jxs_decoder_init(decoder, base + HEADER, base + OPTIONS);
    const picture: Picture = {
      width: planes[0]?.width ?? 0,
      height: planes[0]?.height ?? 0,
      format: samplingFormat(header.cdt),
      planes: planes.map(({ offset, width, height, bytes, bitDepth }) => ({
        data: samples(bytes, heap, offset, width * height),
        width,
        height,
        stride: width,
        bitDepth,
      })),
      header,
    };
    return { decoder, errors, spans, input: end, inputSize, picture, heap };
  }

  /** The layout with room for `size` bytes of input: a new one only when the heap has to grow. */
  #roomFor(size: number): Layout {
    const layout = this.#layout as Layout;
    if (size <= layout.inputSize && layout.heap === this.#core.heap()) return layout;
    if (this.#slicesLeft > 0) {
      // The decoder's state must survive: only the views are made again.
      this.#reserve(layout.input + size);
      this.#layout = { ...layout, inputSize: size, ...viewsOf(layout, this.#core.heap()) };
      return this.#layout;
    }
    this.#layout = this.#place(layout.picture.header, size);
    return this.#layout;
  }

  #reserve(size: number): void {
    try {
      this.#core.reserve(size);
    } catch {
      throw codestreamError("limit", `${size} bytes of memory are not to be had`, "memory", 0);
    }
  }

  /** The heap as bytes; the views are made again only after it has grown. */
  #heap(): Uint8Array {
    const heap = this.#core.heap();
    if (this.#bytes.buffer !== heap) {
      this.#bytes = new Uint8Array(heap);
      this.#control = new Int32Array(heap, this.#core.base);
    }
    return this.#bytes;
  }

  /** A word from an offset on in the control block, or behind it. */
  #word(offset: number): number {
    this.#heap();
    return this.#control[offset / 4] as number;
  }

  #check(status: number): void {
    if (status === 0) return;
    throw coreError(status, this.#word(ERROR + 4), this.#word(ERROR + 8) >>> 0);
  }
}

function viewsOf(
  { picture }: Layout,
  heap: ArrayBufferLike,
): { readonly picture: Picture; readonly heap: ArrayBufferLike } {
  const planes = picture.planes.map((plane) => {
    const { byteOffset, BYTES_PER_ELEMENT } = plane.data;
    const data = samples(BYTES_PER_ELEMENT, heap, byteOffset, plane.width * plane.height);
    return { ...plane, data };
  });
  return { picture: { ...picture, planes }, heap };
}

function samples(
  bytes: number,
  heap: ArrayBufferLike,
  offset: number,
  count: number,
): Uint8Array | Uint16Array {
  return bytes === 1 ? new Uint8Array(heap, offset, count) : new Uint16Array(heap, offset, count);
}

function copyInto(picture: Picture, into: NonNullable<DecodeOptions["into"]>): Picture {
  if (into.length !== picture.planes.length) {
    throw configError("into", `${into.length} planes for ${picture.planes.length} components`);
  }
  const planes = picture.planes.map((from, i) => {
    const { data, stride } = into[i] as (typeof into)[number];
    const { width, height } = from;
    if (data.BYTES_PER_ELEMENT !== from.data.BYTES_PER_ELEMENT) {
      throw configError(`into[${i}]`, `wants ${from.data.constructor.name}`);
    }
    if (stride < width || data.length < stride * (height - 1) + width) {
      throw configError(`into[${i}]`, `too small for ${width} x ${height} samples`);
    }
    for (let y = 0; y < height; y++) {
      data.set(from.data.subarray(y * width, (y + 1) * width), y * stride);
    }
    return { ...from, data, stride };
  });
  return { ...picture, planes };
}

function startsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  if (start.length === 0 || bytes.length < start.length) return false;
  for (let i = 0; i < start.length; i++) if (bytes[i] !== start[i]) return false;
  return true;
}

function align(offset: number): number {
  return Math.ceil(offset / 64) * 64;
}
