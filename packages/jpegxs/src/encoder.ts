import { type Core, coreError, type MemoryUse, rangesOf } from "./core.js";
import type { Plane } from "./decoder.js";
import { planEncoder } from "./encoder-config.js";
import type { EncoderOptions } from "./encoder-options.js";
import { codestreamError, configError } from "./errors.js";
import { type CodestreamHeader, type DecodedHeader, decodeHeader, encodeHeader } from "./header.js";
import { Marker } from "./marker.js";

/** Samples to encode: any strides, and more rows than needed do not matter. */
export interface SourcePlane {
  /** Bytes for depths up to 8, else 16-bit words. Bits above the depth are ignored. */
  readonly data: Uint8Array | Uint16Array;
  /** Samples from one row to the next. Twice a row takes one field of an interlaced frame. */
  readonly stride: number;
}

/** Offsets in the control block at the start of the heap. */
const ERROR = 0;
const WRITTEN = 16;
const OPTIONS = 32;
const PLANES = 80;
const HEADER = 128;
const CONTROL_SIZE = 1024;
const RESULT_SIZE = 32;

/** Where a slice goes in the codestream, and the bytes that it may take there. */
interface Room {
  readonly at: number;
  readonly capacity: number;
}

/**
 * Encodes pictures of one size and format. Made by `createEncoder`. All memory is taken then; a picture allocates
 * nothing but what its caller asks for.
 */
export class Encoder {
  /** What the codestreams' headers say. A lossless codestream gets its Lcod when it is complete. */
  readonly header: DecodedHeader;
  /**
   * The encoder's own planes: write the picture here and call `encode()` without argument, and it is not copied.
   * Rows have `stride` samples; valid as long as the encoder.
   */
  readonly planes: readonly Plane[];
  readonly #core: Core;
  readonly #release: (core: Core) => void;
  #closed = false;
  /** True while threads work on a picture. */
  #busy = false;
  #copiedPlanes = 0;
  readonly #encoder: number;
  readonly #output: number;
  readonly #capacity: number;
  readonly #headerBytes: Uint8Array<ArrayBuffer>;
  /** For each thread: a JxsError, and behind it the bytes that were written. */
  readonly #results: number;
  /** Where each slice goes, for the threads. */
  readonly #slices: readonly Room[];
  readonly #control: Int32Array;
  readonly #bytes: Uint8Array;

  /** For `createEncoder`; `kernels` is the C interface's number. */
  constructor(core: Core, release: (core: Core) => void, kernels: number, options: EncoderOptions) {
    const plan = planEncoder(options);
    this.#core = core;
    this.#release = release;
    this.#headerBytes = encodeHeader(plan.header);
    this.header = decodeHeader(withSlice(this.#headerBytes));
    const { base, functions } = core;
    core.reserve(base + CONTROL_SIZE + this.#headerBytes.length + 2);
    let control = new Int32Array(core.heap(), base, CONTROL_SIZE / 4);
    const input = base + CONTROL_SIZE;
    const check = (status: number): void => {
      if (status !== 0) throw coreError(status, control[1] as number, control[2] as number);
    };
    new Uint8Array(core.heap()).set(withSlice(this.#headerBytes), input);
    const length = this.#headerBytes.length + 2;
    check(functions.jxs_read_header(input, length, base + HEADER, base + ERROR));
    const { size, rate, reservoir } = plan;
    const { jobs } = core;
    const tools = [plan.vertical, plan.significance, plan.fastSigns, plan.trim].map(Number);
    control.set([size, rate, reservoir, kernels, ...tools, jobs], OPTIONS / 4);
    const needed = functions.jxs_encoder_size(base + HEADER, base + OPTIONS, base + ERROR) >>> 0;
    if (needed === 0) check(control[0] as number);

    this.#encoder = base + CONTROL_SIZE;
    let end = align(this.#encoder + needed);
    const layouts = this.header.cdt.map(({ b }, i) => {
      const { width, height } = this.header.geometry.components[i] as Plane;
      const offset = end;
      const bytes = b > 8 ? 2 : 1;
      end = align(end + width * height * bytes);
      return { offset, width, height, bytes, bitDepth: b };
    });
    const { slices } = this.header.geometry;
    this.#results = end;
    end = align(end + RESULT_SIZE * jobs);
    this.#output = end;
    // The encoder's memory must be there before it says how much a slice without budget can take.
    reserve(core, end);
    functions.jxs_encoder_init(this.#encoder, base + HEADER, base + OPTIONS);
    const limit = functions.jxs_encoded_slice_limit(this.#encoder) >>> 0;
    let at = this.#headerBytes.length;
    this.#slices = Array.from({ length: slices }, (_, i) => {
      const capacity = size > 0 ? functions.jxs_encoded_slice_size(this.#encoder, i) >>> 0 : limit;
      at += capacity;
      return { at: at - capacity, capacity };
    });
    this.#capacity = at + 2;
    reserve(core, end + this.#capacity);
    const heap = core.heap();
    control = new Int32Array(heap, base);
    this.#control = control;
    this.#bytes = new Uint8Array(heap);
    control.set(
      layouts.flatMap((p) => [p.offset, p.width * p.bytes]),
      PLANES / 4,
    );
    this.planes = layouts.map(({ offset, width, height, bytes, bitDepth }) => ({
      data:
        bytes === 1
          ? new Uint8Array(heap, offset, width * height)
          : new Uint16Array(heap, offset, width * height),
      width,
      height,
      stride: width,
      bitDepth,
    }));
  }

  /** Counters for tests and for the curious. */
  get memory(): MemoryUse {
    return {
      bytes: this.#core.heap().byteLength,
      growths: this.#core.growths(),
      layouts: 1,
      copiedPlanes: this.#copiedPlanes,
    };
  }

  /**
   * Encode a picture: `source`, one plane for each component, or what is in the encoder's own `planes`.
   *
   * @returns the codestream, a view that is valid until the next call; with `into`, a view of that.
   * @throws {FormatError} `budget` when the bytes do not even hold the headers or lossless coding is impossible,
   * `bad-config` for planes that do not fit.
   */
  encode(source?: readonly SourcePlane[], into?: Uint8Array): Uint8Array {
    this.#load(source);
    this.#bytes.set(this.#headerBytes, this.#output);
    const start = this.#output + this.#headerBytes.length;
    const { base, functions } = this.#core;
    const status = functions.jxs_encode_picture(
      this.#encoder,
      base + PLANES,
      start,
      this.#capacity - this.#headerBytes.length,
      base + WRITTEN,
      base + ERROR,
    );
    this.#check(status);
    return this.#finish(this.#headerBytes.length + (this.#control[WRITTEN / 4] as number), into);
  }

  /**
   * The same on the codec's threads (`threads` of `loadCodec`); without threads, the same as `encode`. One picture at a
   * time: wait for it before the next call of any kind.
   * @throws {FormatError} as `encode`.
   */
  async encodeAsync(source?: readonly SourcePlane[], into?: Uint8Array): Promise<Uint8Array> {
    const { jobs, base } = this.#core;
    if (jobs === 1) return this.encode(source, into);
    this.#load(source);
    this.#bytes.set(this.#headerBytes, this.#output);
    const ranges = rangesOf(this.#slices.length, jobs);
    this.#busy = true;
    const statuses = await this.#core
      .run(
        ranges.map(([first, end], job) => {
          const { at } = this.#slices[first] as Room;
          const last = this.#slices[end - 1] as Room;
          const result = this.#results + RESULT_SIZE * job;
          const room = last.at + last.capacity - at;
          const place = [this.#output + at, room, result + WRITTEN, result + ERROR];
          return {
            name: "jxs_encode_slices",
            args: [this.#encoder, job, first, end, base + PLANES, ...place],
          };
        }),
      )
      .finally(() => {
        this.#busy = false;
      });
    let size = this.#headerBytes.length;
    for (const [job, [first]] of ranges.entries()) {
      const words = (this.#results + RESULT_SIZE * job - base) / 4;
      const status = statuses[job] as number;
      if (status !== 0) throw coreError(status, this.#control[words + 1] as number, 0);
      const written = this.#control[words + WRITTEN / 4] as number;
      const { at } = this.#slices[first] as Room;
      // Slices without budget were given more room than they took.
      if (at !== size) {
        this.#bytes.copyWithin(this.#output + size, this.#output + at, this.#output + at + written);
      }
      size += written;
    }
    this.#bytes.set([Marker.eoc >> 8, Marker.eoc & 0xff], this.#output + size);
    return this.#finish(size + 2, into);
  }

  #finish(size: number, into: Uint8Array | undefined): Uint8Array {
    this.#setLcod(size);
    const codestream = this.#bytes.subarray(this.#output, this.#output + size);
    if (into === undefined) return codestream;
    if (into.length < size) throw configError("into", `${into.length} bytes, ${size} are needed`);
    into.set(codestream);
    return into.subarray(0, size);
  }

  /**
   * Encode a picture and hand each piece on as it is finished: the header, every slice, EOC. Together they are the
   * codestream, except that the Lcod of a lossless one is 0 (unknown). The pieces are views, valid during the call.
   * @throws {FormatError} as `encode`.
   */
  encodeSlices(
    source: readonly SourcePlane[] | undefined,
    onPiece: (piece: Uint8Array) => void,
  ): void {
    this.#load(source);
    onPiece(this.#headerBytes);
    const { base, functions } = this.#core;
    for (let slice = 0; slice < this.header.geometry.slices; slice++) {
      const job = 0;
      const status = functions.jxs_encode_slices(
        this.#encoder,
        job,
        slice,
        slice + 1,
        base + PLANES,
        this.#output,
        this.#capacity,
        base + WRITTEN,
        base + ERROR,
      );
      this.#check(status);
      const size = this.#control[WRITTEN / 4] as number;
      onPiece(this.#bytes.subarray(this.#output, this.#output + size));
    }
    onPiece(new Uint8Array([Marker.eoc >> 8, Marker.eoc & 0xff]));
  }

  /** Give the memory back for the codec's next decoder or encoder. Its planes and views are no longer valid. */
  close(): void {
    if (this.#closed) return;
    this.#checkState();
    this.#release(this.#core);
    this.#closed = true;
  }

  #checkState(): void {
    if (this.#closed) throw new Error("the encoder is closed");
    if (this.#busy) throw new Error("the encoder is still at work: wait for encodeAsync");
  }

  #load(source: readonly SourcePlane[] | undefined): void {
    this.#checkState();
    if (source === undefined) return;
    this.#copiedPlanes += source.length;
    if (source.length !== this.planes.length) {
      throw configError("source", `${source.length} planes for ${this.planes.length} components`);
    }
    for (const [i, { data: to, width, height }] of this.planes.entries()) {
      const { data, stride } = source[i] as SourcePlane;
      if (data.BYTES_PER_ELEMENT !== to.BYTES_PER_ELEMENT) {
        throw configError(`source[${i}]`, `samples of ${to.BYTES_PER_ELEMENT} bytes are needed`);
      }
      if (stride < width || data.length < stride * (height - 1) + width) {
        throw configError(`source[${i}]`, `too small for ${width} x ${height} samples`);
      }
      if (stride === width) {
        to.set(data.subarray(0, width * height));
        continue;
      }
      for (let y = 0; y < height; y++) {
        to.set(data.subarray(y * stride, y * stride + width), y * width);
      }
    }
  }

  /** Lcod stands behind SOC, CAP and the length of PIH. */
  #setLcod(size: number): void {
    const at = this.#output + 2 + 4 + this.header.cap.length + 4;
    for (let i = 0; i < 4; i++) this.#bytes[at + i] = (size >>> (24 - 8 * i)) & 0xff;
  }

  #check(status: number): void {
    if (status === 0) return;
    throw coreError(status, this.#control[1] as number, (this.#control[2] as number) >>> 0);
  }
}

/** `options` made into the header that an encoder would write; nothing is allocated. */
export function encoderHeader(options: EncoderOptions): CodestreamHeader {
  return planEncoder(options).header;
}

function withSlice(header: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(header.length + 2);
  out.set(header);
  out.set([Marker.slh >> 8, Marker.slh & 0xff], header.length);
  return out;
}

function reserve(core: Core, size: number): void {
  try {
    core.reserve(size);
  } catch {
    throw codestreamError("limit", `${size} bytes of memory are not to be had`, "memory", 0);
  }
}

function align(offset: number): number {
  return Math.ceil(offset / 64) * 64;
}
