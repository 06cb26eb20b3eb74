import { setTimeout as sleep } from "node:timers/promises";
import type { ElementContext } from "../element.js";
import { SrtError, type SrtMessage, type SrtStatistics } from "./srt-binding.js";
import type { SrtRuntime } from "./srt-runtime.js";

const DRAIN_LIMIT_MS = 5_000;
const DRAIN_STEP_MS = 10;
/** For what the negotiated latency does not cover: the way of the last packet and of its acknowledgement. */
const DRAIN_MARGIN_MS = 100;
/** A connection that has ended has no counters any more, so they are looked at while it lives. */
const SAMPLE_MS = 500;

/** A connection that was made. */
export class SrtConnection {
  readonly peer: string;
  /** Resolved by {@link close}. */
  readonly closed: Promise<void>;
  readonly #runtime: SrtRuntime;
  readonly #socket: number;
  readonly #context: ElementContext;
  #resolveClosed: () => void = () => {};
  #isOpen = true;
  #lost = false;
  #messages = 0;
  #bytes = 0;
  #sampledMs = Number.NEGATIVE_INFINITY;
  #statistics: SrtStatistics | undefined;

  constructor(runtime: SrtRuntime, socket: number, peer: string, context: ElementContext) {
    this.#runtime = runtime;
    this.#socket = socket;
    this.#context = context;
    this.peer = peer;
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  /**
   * The next message; waits for it.
   * @param onTimeout called after each `timeoutMs` without one
   * @returns `undefined` at the end of the connection, and when `signal` comes first
   */
  async receive(
    signal: AbortSignal,
    timeoutMs: number,
    onTimeout: () => void,
  ): Promise<SrtMessage | undefined> {
    const { binding, poller } = this.#runtime;
    try {
      while (!signal.aborted) {
        const message = binding.receive(this.#socket);
        this.#sample(SAMPLE_MS);
        if (message !== undefined) {
          this.#messages++;
          this.#bytes += message.data.length;
          return message;
        }
        if (!(await poller.wait(this.#socket, "readable", signal, timeoutMs))) onTimeout();
      }
    } catch (error) {
      if (!(error instanceof SrtError)) throw error;
      this.#lost = true;
    }
    return undefined;
  }

  /** Hand over one message. False: the send buffer is full. Throws {@link SrtError} when the connection is gone. */
  trySend(data: Uint8Array): boolean {
    try {
      const sent = this.#runtime.binding.send(this.#socket, data);
      this.#sample(SAMPLE_MS);
      if (sent) {
        this.#messages++;
        this.#bytes += data.length;
      }
      return sent;
    } catch (error) {
      this.#lost = true;
      throw error;
    }
  }

  /** Wait for room in the send buffer. */
  async writable(signal: AbortSignal): Promise<void> {
    await this.#runtime.poller.wait(this.#socket, "writable", signal);
  }

  /**
   * Wait until the peer has everything, and has played it: a receiver drops what is not due yet when the connection
   * ends.
   */
  async drain(signal: AbortSignal): Promise<void> {
    const { binding } = this.#runtime;
    try {
      const until = performance.now() + DRAIN_LIMIT_MS;
      while (binding.unacknowledged(this.#socket) > 0 && performance.now() < until) {
        await sleep(DRAIN_STEP_MS, undefined, { signal });
      }
      const { negotiatedLatencyMs } = binding.statistics(this.#socket);
      await sleep(negotiatedLatencyMs + DRAIN_MARGIN_MS, undefined, { signal });
    } catch {
      // The peer has gone, or nobody wants to wait any more.
    }
  }

  /** Post the counters and close. Once. */
  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#sample(0);
    const statistics = this.#statistics;
    const lost = (statistics?.packetsReceivedLost ?? 0) + (statistics?.packetsSentLost ?? 0);
    const dropped =
      (statistics?.packetsReceivedDropped ?? 0) + (statistics?.packetsSentDropped ?? 0);
    this.#context.post({
      type: "statistics",
      text: `${this.#messages} messages, ${this.#bytes} bytes, ${this.peer}: ${lost} packets were lost, ${dropped} for good`,
      details: { messages: this.#messages, bytes: this.#bytes, ...statistics },
    });
    if (this.#lost) {
      this.#context.post({ type: "info", text: `the connection with ${this.peer} has ended` });
    }
    await this.#runtime.binding.close(this.#socket);
    this.#resolveClosed();
  }

  /** Look at libsrt's counters when the last look is older than `ageMs`. */
  #sample(ageMs: number): void {
    const now = performance.now();
    if (now - this.#sampledMs < ageMs) return;
    this.#sampledMs = now;
    try {
      this.#statistics = this.#runtime.binding.statistics(this.#socket);
    } catch (error) {
      // The connection has ended: the last look counts.
      if (!(error instanceof SrtError)) throw error;
    }
  }
}
