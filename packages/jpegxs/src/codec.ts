import { type Core, KERNELS, type KernelFamily } from "./core.js";
import { Decoder, type DecoderOptions } from "./decoder.js";
import { Encoder } from "./encoder.js";
import type { EncoderOptions } from "./encoder-config.js";
import { configError } from "./errors.js";
import { wasmCore, wasmThreadsCore } from "./wasm-core.js";
import { canShareMemory } from "./worker.js";

/** Where the WASM module can come from. */
export type WasmSource = WebAssembly.Module | BufferSource | URL | string | Response;

/** Which implementation runs. */
export type BackendName = "wasm" | "wasm-threads";

export interface CodecOptions {
  /** Insist on a backend. Default: `"wasm-threads"` where `threads` asks for several and memory can be shared. */
  readonly backend?: BackendName;
  /** Insist on a family of inner loops. Default: the best of the machine. */
  readonly kernels?: KernelFamily;
  /**
   * Threads for `decodeAsync` and `encodeAsync`; `"auto"`: one fewer than the machine has, at most 8. Default 1: no
   * worker is ever started.
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
  return codecOf(await compile(options.wasm, chosen.threads > 1), options, chosen);
}

/**
 * The same without waiting: in Node, or anywhere with `wasm` as a compiled module or as bytes.
 * @throws {FormatError} `bad-config` as `loadCodec`, and where the module would have to be fetched.
 */
export function loadCodecSync(options: CodecOptions = {}): Codec {
  const chosen = choose(options);
  return codecOf(compileSync(options.wasm, chosen.threads > 1), options, chosen);
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

function codecOf(module: WebAssembly.Module, options: CodecOptions, chosen: Choice): Codec {
  const kernels = options.kernels ?? "v128";
  const { threads, reasons } = chosen;
  const make = (): Core => (threads > 1 ? wasmThreadsCore(module, threads) : wasmCore(module));
  // An instance reserves gigabytes of address space, so closed decoders and encoders hand theirs on.
  const idle: Core[] = [];
  const release = (core: Core): void => {
    if (idle.length < 4) idle.push(core);
    else core.close();
  };
  const take = (): Core => idle.pop() ?? make();
  const family = KERNELS.indexOf(kernels);
  return {
    backend: { name: threads > 1 ? "wasm-threads" : "wasm", kernels, threads, reasons },
    createDecoder: (decoderOptions = {}) => new Decoder(take(), release, family, decoderOptions),
    createEncoder: (encoderOptions) => new Encoder(take(), release, family, encoderOptions),
    close() {
      for (const core of idle.splice(0)) core.close();
    },
  };
}

/** How many threads, and what spoke against more. */
interface Choice {
  readonly threads: number;
  readonly reasons: readonly string[];
}

function choose({ backend, kernels, threads = 1 }: CodecOptions): Choice {
  if (backend !== undefined && !BACKENDS.includes(backend)) {
    throw configError("backend", `${backend} is not a backend`);
  }
  if (kernels !== undefined && !KERNELS.includes(kernels)) {
    throw configError("kernels", `${kernels} is not a family of kernels`);
  }
  if (kernels === "avx2") throw configError("kernels", "WASM has no AVX2");
  if (threads !== "auto" && !(Number.isInteger(threads) && threads >= 1 && threads <= 64)) {
    throw configError("threads", `${threads} is not "auto" or an integer from 1 to 64`);
  }
  const wanted = threads === "auto" ? availableThreads() : threads;
  if (backend === "wasm" || (wanted === 1 && backend === undefined)) {
    return { threads: 1, reasons: ["wasm-threads: one thread was asked for"] };
  }
  if (canShareMemory()) return { threads: Math.max(2, wanted), reasons: [] };
  const reason = "memory cannot be shared: the page is not cross-origin isolated";
  if (backend === "wasm-threads") throw configError("backend", reason);
  return { threads: 1, reasons: [`wasm-threads: ${reason}`] };
}

const BACKENDS: readonly string[] = ["wasm", "wasm-threads"];

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
