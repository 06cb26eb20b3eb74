import { constants, createReadStream, open as openDescriptor } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { Socket } from "node:net";
import type { Readable } from "node:stream";
import { promisify } from "node:util";
import { plain } from "@x/bits";
import { describeSystemError } from "@x/pipeline";
import { InputError } from "../errors.js";

/** Bytes to look through, from the first to the last. */
export interface ProbeInput {
  readonly name: string;
  /** In bytes; `undefined` when the end is not known before it comes. */
  readonly size: number | undefined;
  /** Where the next `read` begins. */
  readonly position: number;
  /**
   * The next bytes, an array of its own; `undefined` at the end, or when the signal was given.
   * @throws {InputError} when the system refuses
   */
  read(): Promise<Uint8Array | undefined>;
  /** Pass over everything up to `offset`, or up to the end. */
  skipTo(offset: number): Promise<void>;
  /** The bytes of a part, fewer at the end; only what has a size can be read so. */
  readAt?(offset: number, size: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

const CHUNK = 1 << 20;

/** True for the names of standard input. */
export function isStandardInput(path: string): boolean {
  return path === "-" || path === "/dev/stdin";
}

/**
 * Open a file, a pipe or, as `-`, standard input.
 * @returns `undefined` when the signal came while a pipe waited for somebody to write to it
 * @throws {InputError} when it cannot be read
 */
export async function openInput(
  path: string,
  signal: AbortSignal,
): Promise<ProbeInput | undefined> {
  if (isStandardInput(path)) return new StreamInput("standard input", process.stdin, signal);
  try {
    const status = await stat(path);
    if (status.isDirectory()) throw new InputError(`"${path}" is a folder: name the files in it`);
    if (status.isFile()) return new FileInput(path, await open(path, "r"), status.size, signal);
    if (!status.isFIFO()) return new StreamInput(path, createReadStream(path), signal);
    const fd = await Promise.race([promisify(openDescriptor)(path, PIPE_MODE), aborted(signal)]);
    if (fd === undefined) return undefined;
    const socket = new Socket({ fd, readable: true, writable: false });
    return new StreamInput(path, socket, signal);
  } catch (error) {
    throw error instanceof InputError ? error : unreadable(path, error);
  }
}

/** Elsewhere a pipe that is not waited for would seem to be at its end. */
const PIPE_MODE =
  process.platform === "linux" ? constants.O_RDONLY | constants.O_NONBLOCK : constants.O_RDONLY;

class FileInput implements ProbeInput {
  readonly name: string;
  readonly size: number;
  readonly #file: FileHandle;
  readonly #signal: AbortSignal;
  #position = 0;

  constructor(name: string, file: FileHandle, size: number, signal: AbortSignal) {
    this.name = name;
    this.size = size;
    this.#file = file;
    this.#signal = signal;
  }

  get position(): number {
    return this.#position;
  }

  async read(): Promise<Uint8Array | undefined> {
    if (this.#signal.aborted) return undefined;
    const chunk = await this.readAt(this.#position, CHUNK);
    if (chunk.length === 0) return undefined;
    this.#position += chunk.length;
    return chunk;
  }

  async readAt(offset: number, size: number): Promise<Uint8Array> {
    // Of a larger number Node reads where it read last.
    if (!Number.isSafeInteger(offset)) return new Uint8Array(0);
    const bytes = new Uint8Array(size);
    const { bytesRead } = await this.#file.read(bytes, 0, size, offset).catch((error: unknown) => {
      throw unreadable(this.name, error);
    });
    return bytes.subarray(0, bytesRead);
  }

  async skipTo(offset: number): Promise<void> {
    this.#position = Math.min(offset, Math.max(this.size, this.#position));
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

/** A pipe. Unlike that of a file, a read that waits can be ended: the stream is destroyed. */
class StreamInput implements ProbeInput {
  readonly name: string;
  readonly size = undefined;
  readonly #stream: Readable;
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #signal: AbortSignal;
  readonly #stop = (): void => void this.#stream.destroy();
  #position = 0;
  /** What `skipTo` read too much. */
  #left: Uint8Array | undefined;

  constructor(name: string, stream: Readable, signal: AbortSignal) {
    this.name = name;
    this.#stream = stream;
    this.#chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
    this.#signal = signal;
    signal.addEventListener("abort", this.#stop);
  }

  get position(): number {
    return this.#position;
  }

  async read(): Promise<Uint8Array | undefined> {
    const chunk = this.#left ?? (await this.#next());
    this.#left = undefined;
    this.#position += chunk?.length ?? 0;
    return chunk;
  }

  async skipTo(offset: number): Promise<void> {
    while (this.#position < offset) {
      const chunk = await this.read();
      if (chunk === undefined) return;
      if (this.#position <= offset) continue;
      this.#left = chunk.subarray(chunk.length - (this.#position - offset));
      this.#position = offset;
    }
  }

  async close(): Promise<void> {
    this.#signal.removeEventListener("abort", this.#stop);
    this.#stream.destroy();
  }

  async #next(): Promise<Uint8Array | undefined> {
    if (this.#signal.aborted) return undefined;
    try {
      const { value, done } = await this.#chunks.next();
      return done === true ? undefined : plain(value);
    } catch (error) {
      if (this.#signal.aborted) return undefined;
      throw unreadable(this.name, error);
    }
  }
}

function unreadable(path: string, error: unknown): InputError {
  return new InputError(`cannot read "${path}": ${describeSystemError(error)}`);
}

/** Resolves when the signal is given. */
function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
}
