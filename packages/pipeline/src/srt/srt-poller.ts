import type { SrtBinding, SrtEvent } from "./srt-binding.js";

/** Milliseconds after which a poll comes back although nothing happened: a process that ends waits that long. */
const POLL_MS = 50;

interface Waiter {
  wake(): void;
  reject(error: unknown): void;
}

/**
 * Waits for all SRT sockets of a process in one thread, however many elements there are: Node has few of them, and files
 * need them too.
 */
export class SrtPoller {
  readonly #binding: SrtBinding;
  readonly #waiting = new Map<number, Waiter>();
  #polling: Promise<void> | undefined;

  constructor(binding: SrtBinding) {
    this.#binding = binding;
  }

  /**
   * Wait for `event`, for the end of the connection, or for `signal`. One waiter a socket.
   * @param timeoutMs -1: no limit
   * @returns false when the time is over
   */
  async wait(
    socket: number,
    event: SrtEvent,
    signal: AbortSignal,
    timeoutMs = -1,
  ): Promise<boolean> {
    if (signal.aborted) return true;
    let timer: NodeJS.Timeout | undefined;
    let onAbort: (() => void) | undefined;
    this.#binding.watch(socket, event);
    try {
      return await new Promise<boolean>((resolve, reject) => {
        onAbort = () => resolve(true);
        signal.addEventListener("abort", onAbort);
        if (timeoutMs >= 0) timer = setTimeout(() => resolve(false), timeoutMs);
        this.#waiting.set(socket, { wake: () => resolve(true), reject });
        this.#polling ??= this.#poll();
      });
    } finally {
      clearTimeout(timer);
      if (onAbort !== undefined) signal.removeEventListener("abort", onAbort);
      this.#waiting.delete(socket);
      this.#binding.unwatch(socket);
    }
  }

  /** Wait until nothing goes on in the other thread; call it when nobody waits any more. */
  async idle(): Promise<void> {
    await this.#polling;
  }

  async #poll(): Promise<void> {
    try {
      while (this.#waiting.size > 0) {
        for (const socket of await this.#binding.poll(POLL_MS)) {
          this.#waiting.get(socket)?.wake();
        }
        // Whoever was woken stops waiting in a microtask.
        await new Promise((resolve) => setImmediate(resolve));
      }
    } catch (error) {
      for (const { reject } of this.#waiting.values()) reject(error);
    } finally {
      this.#polling = undefined;
    }
  }
}
