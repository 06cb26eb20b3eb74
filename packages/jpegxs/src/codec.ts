import { type Core, KERNELS, type KernelFamily } from "./core.js";
import { Decoder, type DecoderOptions } from "./decoder.js";
import { Encoder } from "./encoder.js";
import type { EncoderOptions } from "./encoder-config.js";
import { configError } from "./errors.js";
import { wasmCore } from "./wasm-core.js";

/** Where the WASM module can come from. */
export type WasmSource = WebAssembly.Module | BufferSource | URL | string | Response;

/** Which implementation runs. */
export type BackendName = "wasm";

export interface CodecOptions {
  /** Insist on a backend. Default: the environment variable `X_JPEGXS_BACKEND`, else the best one that is there. */
  readonly backend?: BackendName;
  /** Insist on a family of inner loops. Default: the best of the machine. */
  readonly kernels?: KernelFamily;
  /** The WASM module, its bytes or its address. Default: `jpegxs.wasm` beside this script. */
  readonly wasm?: WasmSource;
}

/** What runs, and why nothing else. */
export interface Backend {
  readonly name: BackendName;
  readonly kernels: KernelFamily;
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
}

/**
 * Load the codec: once for a program, then make as many decoders and encoders as wanted.
 * @throws {FormatError} `bad-config` when the backend that was insisted on is not there.
 */
export async function loadCodec(options: CodecOptions = {}): Promise<Codec> {
  checkOptions(options);
  return codecOf(await compile(options.wasm), options);
}

/**
 * The same without waiting: in Node, or anywhere with `wasm` as a compiled module or as bytes.
 * @throws {FormatError} `bad-config` as `loadCodec`, and where the module would have to be fetched.
 */
export function loadCodecSync(options: CodecOptions = {}): Codec {
  checkOptions(options);
  return codecOf(compileSync(options.wasm), options);
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

function codecOf(module: WebAssembly.Module, options: CodecOptions): Codec {
  const kernels = options.kernels ?? "v128";
  // An instance reserves gigabytes of address space, so closed decoders and encoders hand theirs on.
  const idle: Core[] = [];
  const take = (): Core => idle.pop() ?? wasmCore(module);
  const release = (core: Core): void => {
    if (idle.length < 4) idle.push(core);
  };
  return {
    backend: { name: "wasm", kernels, reasons: [] },
    createDecoder: (decoderOptions = {}) =>
      new Decoder(take(), release, KERNELS.indexOf(kernels), decoderOptions),
    createEncoder: (encoderOptions) =>
      new Encoder(take(), release, KERNELS.indexOf(kernels), encoderOptions),
  };
}

function checkOptions({ backend, kernels }: CodecOptions): void {
  if (backend !== undefined && backend !== "wasm") {
    throw configError("backend", `${backend} is not a backend`);
  }
  if (kernels !== undefined && !KERNELS.includes(kernels)) {
    throw configError("kernels", `${kernels} is not a family of kernels`);
  }
  if (kernels === "avx2") throw configError("kernels", "WASM has no AVX2");
}

// Works from src/ and from dist/ alike, and bundlers follow it.
const wasmUrl = (): URL => new URL("../dist/jpegxs.wasm", import.meta.url);

/** The module that was compiled from the default address: one for all codecs of a program. */
const compiled: { module?: WebAssembly.Module } = {};

async function compile(source: WasmSource | undefined): Promise<WebAssembly.Module> {
  if (source === undefined) {
    compiled.module ??= await compileFrom(wasmUrl());
    return compiled.module;
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

function compileSync(source: WasmSource | undefined): WebAssembly.Module {
  if (source === undefined) {
    compiled.module ??= compileSync(wasmUrl());
    return compiled.module;
  }
  if (source instanceof WebAssembly.Module) return source;
  if (typeof source === "string") return compileSync(new URL(source, import.meta.url));
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
