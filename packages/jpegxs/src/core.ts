import type { FormatError } from "@x/bits";
import { codestreamError, type JpegXsErrorCode } from "./errors.js";

/**
 * The C interface of native/jpegxs/codec.h over one heap. Pointers are byte offsets into the heap, structures lie in it
 * as C lays them out for 32-bit pointers.
 */
export interface CoreFunctions {
  jxs_header_size(): number;
  jxs_best_kernels(): number;
  jxs_read_header(bytes: number, length: number, header: number, error: number): number;
  jxs_decoder_size(header: number, options: number, error: number): number;
  jxs_decoder_init(memory: number, header: number, options: number): number;
  jxs_decode_picture(
    decoder: number,
    header: number,
    bytes: number,
    length: number,
    planes: number,
    damaged: number,
    error: number,
  ): number;
  jxs_decode_begin(decoder: number, header: number, planes: number): void;
  jxs_decode_slice(
    decoder: number,
    bytes: number,
    length: number,
    lines: number,
    error: number,
  ): number;
  jxs_find_slices(
    decoder: number,
    header: number,
    bytes: number,
    length: number,
    slices: number,
  ): number;
  jxs_decode_slices(
    decoder: number,
    job: number,
    first: number,
    end: number,
    bytes: number,
    slices: number,
    errors: number,
  ): void;
  jxs_decode_finish(decoder: number): void;
  jxs_encoded_slice_size(encoder: number, slice: number): number;
  jxs_encoder_size(header: number, options: number, error: number): number;
  jxs_encoder_init(memory: number, header: number, options: number): number;
  jxs_encoded_slice_limit(encoder: number): number;
  jxs_encode_slices(
    encoder: number,
    job: number,
    first: number,
    end: number,
    planes: number,
    out: number,
    capacity: number,
    written: number,
    error: number,
  ): number;
  jxs_encode_picture(
    encoder: number,
    planes: number,
    out: number,
    capacity: number,
    written: number,
    error: number,
  ): number;
}

/** One instance of the core with memory of its own: belongs to one decoder or encoder. */
export interface Core {
  readonly functions: CoreFunctions;
  /** First offset that callers may use. */
  readonly base: number;
  /** The heap; another object after `reserve` made it grow. */
  heap(): ArrayBufferLike;
  /** How often it has grown. */
  growths(): number;
  /** Threads that `run` uses. */
  readonly jobs: number;
  /** Run at most `jobs` calls, each on a thread of its own. Without threads they run one after the other. */
  run(calls: readonly Call[]): Promise<number[]>;
  /** End the threads. */
  close(): void;
  /** Make the heap at least `size` bytes. What lies below `base` + control block survives, the rest need not. */
  reserve(size: number): void;
}

/** What a decoder or an encoder does with memory. After the first picture of a kind nothing of it changes. */
export interface MemoryUse {
  /** Bytes of the heap that holds everything, and how often it has grown; closed objects hand theirs on. */
  readonly bytes: number;
  readonly growths: number;
  /** How often a decoder or encoder was laid out in it. */
  readonly layouts: number;
  /** Planes copied for `into` and for pictures that are not in the encoder's own planes. */
  readonly copiedPlanes: number;
}

/** A function of the C interface with its arguments. */
export interface Call {
  readonly name: keyof CoreFunctions;
  readonly args: readonly number[];
}

/** Which kernels run: the order is the C interface's. */
export const KERNELS = ["scalar", "v128", "avx2"] as const;

/** One family of inner loops; all give the same pictures. */
export type KernelFamily = (typeof KERNELS)[number];

/** `count` things in at most `parts` ranges of nearly one size, from first to before end. */
export function rangesOf(count: number, parts: number): (readonly [number, number])[] {
  const ranges = Math.min(parts, count);
  const start = (i: number): number => Math.floor((count * i) / ranges);
  return Array.from({ length: ranges }, (_, i) => [start(i), start(i + 1)]);
}

const STATUS: readonly JpegXsErrorCode[] = [
  "malformed",
  "malformed",
  "unsupported",
  "truncated",
  "limit",
  "bad-config",
  "budget",
];

/** Field, sentence and clause for every JXS_AT_… of codec.h, in its order. */
const PLACES: readonly (readonly [string, string, string?])[] = [
  ["codestream", "cannot be read"],
  ["soc", "no SOC marker", "A.4.2"],
  ["cap", "capabilities that are not there or not implemented", "A.4.3"],
  ["pih", "a picture header that is damaged or not implemented", "A.4.4"],
  ["cdt", "a component table that is missing or wrong", "A.4.5"],
  ["wgt", "a weights table that is missing or wrong", "A.4.6"],
  ["nlt", "a wrong non-linearity", "A.4.7"],
  ["cwd", "a wrong number of suppressed components", "A.4.10"],
  ["cts", "a wrong colour transform specification", "A.4.8"],
  ["crg", "a wrong component registration", "A.4.9"],
  ["com", "a wrong extension marker", "A.4.11"],
  ["marker", "an unknown, repeated or misplaced marker", "A.4.1"],
  ["marker", "temporal coding (TDC)"],
  ["pih.wf", "a size that has empty bands, too narrow columns or odd subsampled components", "B.1"],
  ["slh", "no slice header where one has to be, or a wrong one", "A.4.12"],
  ["eoc", "no EOC after the last slice", "A.4.13"],
  ["precinct", "a precinct header that is wrong or cut off", "C.2"],
  ["precinct.d", "vertical prediction in the first precinct of a slice", "C.2"],
  ["packet", "a packet that is longer than its precinct or shorter than its data", "C.3"],
  ["packet.lcnt", "bit-plane counts out of range or longer than their sub-packet", "C.5.3"],
  ["packet.lsgn", "more signs than the sub-packet holds", "C.5.5"],
  ["memory", "not enough memory"],
  ["planes", "a plane that is too small"],
  ["scale", "this picture has no such smaller size"],
  ["budget", "the picture does not fit its bytes"],
  ["lossless", "the picture cannot be coded without loss"],
];

/** The error that the fields of a JxsError describe. */
export function coreError(
  status: number,
  at: number,
  offset: number,
): FormatError<JpegXsErrorCode> {
  const [field, message, clause] = PLACES[at] ?? (PLACES[0] as (typeof PLACES)[number]);
  return codestreamError(STATUS[status] ?? "malformed", message, field, offset, clause);
}
