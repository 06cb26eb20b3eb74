import { type Core, KERNELS, type KernelFamily } from "./core.js";
import { Decoder, type DecoderOptions } from "./decoder.js";
import { Encoder } from "./encoder.js";
import type { EncoderOptions } from "./encoder-options.js";
import { configError } from "./errors.js";
import { type Addon, loadNative, nativeCore, nativeThreads } from "./native-core.js";
import { svtCore } from "./svt-core.js";
import { wasmCore, wasmThreadsCore } from "./wasm-core.js";
import { canShareMemory } from "./worker.js";

/** Where the WASM module can come from. */
export type WasmSource = WebAssembly.Module | BufferSource | URL | string | Response;

/** Which implementation runs. */
export type BackendName = "native" | "wasm" | "wasm-threads" | "svt";

export interface CodecOptions {
  /**
   * Insist on a backend. Default: the environment variable `X_JPEGXS_BACKEND`; else `"native"` where the addon is there and
   * no `wasm` is given; else `"wasm-threads"` where `threads` asks for several and memory can be shared; else `"wasm"`.
   * `"svt"`, the system's SVT-JPEG-XS, is never chosen unasked: the file that the environment variable
   * `X_SVT_JPEGXS_LIB` names, or `libSvtJpegxs.so.0`.
   */
  readonly backend?: BackendName;
  /** Insist on a family of inner loops. Default: the best of the machine. */
  readonly kernels?: KernelFamily;
  /**
   * Threads for `decodeAsync` and `encodeAsync`; `"auto"`: one fewer than the machine has, at most 8. Default 1: no
   * worker is ever started. The native backend uses those of Node's own pool: 4, or `UV_THREADPOOL_SIZE`; SVT-JPEG-XS
   * starts its own, and uses them in every call.
   */
  readonly threads?: number | "auto";
  /**
   * The WASM module, its bytes or its address. Default: `jpegxs.wasm`, or `jpegxs.mt.wasm` with threads, of this package.
   */
  readonly wasm?: WasmSource;
}

/** What runs, and why nothing else. */
export interface Backend {
  readonly name: BackendName;
  readonly kernels: KernelFamily;
  readonly threads: number;
  /** API of the system's library: `"0.9"` or `"0.10"`, with the backend `"svt"`. */
  readonly version?: string;
  /** One sentence for every backend that was passed over. */
  readonly reasons: readonly string[];
}

/** A loaded codec: makes decoders and encoders without waiting. */
export interface Codec {
  readonly backend: Backend;
  /** @throws {FormatError} `bad-config`. */
  createDecoder(options?: DecoderOptions): Decoder;
  /** @throws {FormatError} `bad-config`, `limit` or `budget` (a size that does not hold the headers). */
  createEncoder(options: EncoderOptions): Encoder;
  /** End the threads of decoders and encoders that are closed. */
  close(): void;
}

/**
 * Load the codec: once for a program, then make as many decoders and encoders as wanted.
 * @throws {FormatError} `bad-config` when the backend that was insisted on is not there.
 */
export async function loadCodec(options: CodecOptions = {}): Promise<Codec> {
  const chosen = choose(options);
  if (chosen.addon !== undefined) return nativeCodec(chosen.addon, chosen);
  return wasmCodec(await compile(options.wasm, chosen.threads > 1), chosen);
}

/**
 * The same without waiting: in Node, or anywhere with `wasm` as a compiled module or as bytes.
 * @throws {FormatError} `bad-config` as `loadCodec`, and where the module would have to be fetched.
 */
export function loadCodecSync(options: CodecOptions = {}): Codec {
  const chosen = choose(options);
  if (chosen.addon !== undefined) return nativeCodec(chosen.addon, chosen);
  return wasmCodec(compileSync(options.wasm, chosen.threads > 1), chosen);
}

/** `(await loadCodec(options)).createDecoder(options)` */
export async function createDecoder(options: CodecOptions & DecoderOptions = {}): Promise<Decoder> {
  return (await loadCodec(options)).createDecoder(options);
}

/** `loadCodecSync(options).createDecoder(options)` */
export function createDecoderSync(options: CodecOptions & DecoderOptions = {}): Decoder {
  return loadCodecSync(options).createDecoder(options);
}

/** `(await loadCodec(options)).createEncoder(options)` */
export async function createEncoder(options: CodecOptions & EncoderOptions): Promise<Encoder> {
  return (await loadCodec(options)).createEncoder(options);
}

/** `loadCodecSync(options).createEncoder(options)` */
export function createEncoderSync(options: CodecOptions & EncoderOptions): Encoder {
  return loadCodecSync(options).createEncoder(options);
}

/** What `choose` decided. */
interface Choice extends Backend {
  readonly addon?: Addon;
}

function wasmCodec(module: WebAssembly.Module, chosen: Choice): Codec {
  const { threads } = chosen;
  return codecOf(chosen, () => (threads > 1 ? wasmThreadsCore(module, threads) : wasmCore(module)));
}

function nativeCodec(addon: Addon, chosen: Choice): Codec {
  const { svt } = addon;
  if (chosen.name !== "svt" || svt === undefined) {
    return codecOf(chosen, () => nativeCore(addon, chosen.threads));
  }
  const codec = codecOf(chosen, () => svtCore(addon, svt, chosen.threads));
  return {
    ...codec,
    createEncoder(options) {
      if (options.compat === "svt") return codec.createEncoder(options);
      throw configError("compat", 'SVT-JPEG-XS writes what compat: "svt" describes, nothing else');
    },
  };
}

function codecOf({ addon, ...backend }: Choice, make: () => Core): Codec {
  // An instance reserves gigabytes of address space, so closed decoders and encoders hand theirs on.
  const idle: Core[] = [];
  const release = (core: Core): void => {
    if (idle.length < 4) idle.push(core);
    else core.close();
  };
  /** What `use` makes of a core, which goes back when that fails. */
  const withCore = <T>(use: (core: Core) => T): T => {
    const core = idle.pop() ?? make();
    try {
      return use(core);
    } catch (error) {
      release(core);
      throw error;
    }
  };
  const family = KERNELS.indexOf(backend.kernels);
  return {
    backend,
    createDecoder: (decoderOptions = {}) =>
      withCore((core) => new Decoder(core, release, family, decoderOptions)),
    createEncoder: (encoderOptions) =>
      withCore((core) => new Encoder(core, release, family, encoderOptions)),
    close() {
      for (const core of idle.splice(0)) core.close();
    },
  };
}

const BACKENDS: readonly string[] = ["native", "wasm", "wasm-threads", "svt"];

/** The first backend in this order that is there: native, WASM with threads, WASM. */
function choose(options: CodecOptions): Choice {
  const { kernels, threads = 1 } = options;
  const backend = options.backend ?? environmentBackend();
  if (backend !== undefined && !BACKENDS.includes(backend)) {
    throw configError("backend", `${backend} is not a backend`);
  }
  if (kernels !== undefined && !KERNELS.includes(kernels)) {
    throw configError("kernels", `${kernels} is not a family of kernels`);
  }
  if (threads !== "auto" && !(Number.isInteger(threads) && threads >= 1 && threads <= 64)) {
    throw configError("threads", `${threads} is not "auto" or an integer from 1 to 64`);
  }
  const wanted = threads === "auto" ? availableThreads() : threads;
  const reasons: string[] = [];
  if (backend === "svt") return chooseSvt(kernels, wanted);
  if (backend === "native" || (backend === undefined && options.wasm === undefined)) {
    const native = chooseNative(kernels, wanted);
    if (native.addon !== undefined) return native;
    if (backend === "native") throw configError("backend", native.reasons.join("; "));
    reasons.push(...native.reasons);
  }
  if (kernels === "avx2") {
    throw configError("kernels", ["avx2 is not to be had", ...reasons].join("; "));
  }
  const wasm = { kernels: kernels ?? "v128" } as const;
  if (backend === "wasm" || (backend === undefined && wanted === 1)) {
    return { ...wasm, name: "wasm", threads: 1, reasons };
  }
  if (canShareMemory()) {
    return { ...wasm, name: "wasm-threads", threads: Math.max(2, wanted), reasons };
  }
  const reason = "memory cannot be shared: the page is not cross-origin isolated";
  if (backend === "wasm-threads") throw configError("backend", reason);
  return { ...wasm, name: "wasm", threads: 1, reasons: [...reasons, `wasm-threads: ${reason}`] };
}

/** The native backend if it is there and the machine runs the kernels that were asked for. */
function chooseNative(kernels: KernelFamily | undefined, threads: number): Choice {
  const { addon, reasons } = loadNative();
  const none = { name: "native", kernels: "scalar", threads: 1 } as const;
  if (addon === undefined) return { ...none, reasons };
  const best = addon.jxs_best_kernels(new ArrayBuffer(8));
  const family = kernels ?? (KERNELS[best] as KernelFamily);
  if (KERNELS.indexOf(family) > best) {
    return { ...none, reasons: [`native: this machine does not run ${family}`] };
  }
  const pool = threads > 1 ? nativeThreads() : 1;
  return { ...none, kernels: family, threads: Math.min(threads, pool), reasons, addon };
}

/** SVT-JPEG-XS behind the addon. */
function chooseSvt(kernels: KernelFamily | undefined, threads: number): Choice {
  const native = chooseNative(kernels, 1);
  const svt = native.addon?.svt;
  if (svt === undefined) throw configError("backend", `svt: ${native.reasons.join("; ")}`);
  try {
    const minor = svt.open(process.env.X_SVT_JPEGXS_LIB);
    return { ...native, name: "svt", version: `0.${minor}`, threads };
  } catch (error) {
    throw configError("backend", `svt: ${(error as Error).message}`);
  }
}

function environmentBackend(): BackendName | undefined {
  const name = globalThis.process?.env?.X_JPEGXS_BACKEND;
  return name === undefined || name === "" ? undefined : (name as BackendName);
}

/** One processor is left to the caller's thread, which does nothing but wait in `decodeAsync`. */
function availableThreads(): number {
  return Math.max(1, Math.min((globalThis.navigator?.hardwareConcurrency ?? 2) - 1, 8));
}

// Works from src/ and from dist/ alike, and bundlers follow it.
const urlOf = {
  single: (): URL => new URL("../dist/jpegxs.wasm", import.meta.url),
  threaded: (): URL => new URL("../dist/jpegxs.mt.wasm", import.meta.url),
};

/** The modules that were compiled from their default addresses: one each for all codecs of a program. */
const compiled: { single?: WebAssembly.Module; threaded?: WebAssembly.Module } = {};

async function compile(
  source: WasmSource | undefined,
  threaded: boolean,
): Promise<WebAssembly.Module> {
  if (source === undefined) {
    const kind = threaded ? "threaded" : "single";
    compiled[kind] ??= await compileFrom(urlOf[kind]());
    return compiled[kind];
  }
  if (source instanceof WebAssembly.Module) return source;
  if (typeof source === "string") return compileFrom(new URL(source, import.meta.url));
  if (source instanceof URL) return compileFrom(source);
  if ("arrayBuffer" in source) return WebAssembly.compile(await source.arrayBuffer());
  return WebAssembly.compile(source);
}

async function compileFrom(url: URL): Promise<WebAssembly.Module> {
  const bytes = readFile(url);
  if (bytes !== undefined) return WebAssembly.compile(bytes);
  const response = await fetch(url);
  if (!response.ok) throw configError("wasm", `${url} answers ${response.status}`);
  // Streaming compilation wants the right MIME type, which many servers do not send.
  if (response.headers.get("content-type")?.startsWith("application/wasm")) {
    return WebAssembly.compileStreaming(response);
  }
  return WebAssembly.compile(await response.arrayBuffer());
}

function compileSync(source: WasmSource | undefined, threaded: boolean): WebAssembly.Module {
  if (source === undefined) {
    const kind = threaded ? "threaded" : "single";
    compiled[kind] ??= compileSync(urlOf[kind](), threaded);
    return compiled[kind];
  }
  if (source instanceof WebAssembly.Module) return source;
  if (typeof source === "string") return compileSync(new URL(source, import.meta.url), threaded);
  if (source instanceof URL) {
    const bytes = readFile(source);
    if (bytes === undefined) throw configError("wasm", `${source} can only be loaded with await`);
    return new WebAssembly.Module(bytes);
  }
  if ("arrayBuffer" in source) throw configError("wasm", "a response can only be awaited");
  return new WebAssembly.Module(source);
}

/** A file's bytes in Node, Deno and Bun; `undefined` elsewhere and for other addresses. */
function readFile(url: URL): Uint8Array<ArrayBuffer> | undefined {
  if (url.protocol !== "file:") return undefined;
  const builtin = globalThis.process?.getBuiltinModule;
  return builtin === undefined ? undefined : new Uint8Array(builtin("node:fs").readFileSync(url));
}
