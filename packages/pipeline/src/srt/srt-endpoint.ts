import { lookup } from "node:dns/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { ElementContext } from "../element.js";
import { describeSystemError, PipelineError } from "../errors.js";
import { SRT_OPTION, type SrtAddress, SrtError } from "./srt-binding.js";
import { SrtConnection } from "./srt-connection.js";
import type { SrtRuntime } from "./srt-runtime.js";
import type { SrtSettings } from "./srt-settings.js";

/** Whether the element sends or receives. */
export type SrtDirection = "send" | "receive";

/** One end of SRT connections: calls, and calls again, or listens. */
export class SrtEndpoint {
  readonly #runtime: SrtRuntime;
  readonly #settings: SrtSettings;
  readonly #direction: SrtDirection;
  readonly #context: ElementContext;

  constructor(
    runtime: SrtRuntime,
    settings: SrtSettings,
    direction: SrtDirection,
    context: ElementContext,
  ) {
    this.#runtime = runtime;
    this.#settings = settings;
    this.#direction = direction;
    this.#context = context;
  }

  /**
   * Connections, until `signal`. A caller calls again once its connection was closed; a listener accepts all the time.
   * @throws {PipelineError} `resource`: cannot listen, or cannot connect and may not try again
   */
  async *connections(signal: AbortSignal): AsyncGenerator<SrtConnection, void> {
    const { mode, unknown } = this.#settings;
    if (unknown.length > 0) {
      const text = `the URI's ${unknown.join(", ")} means nothing here`;
      this.#context.post({ type: "warning", text });
    }
    if (mode === "listener") yield* this.#accepted(signal);
    else yield* this.#called(signal);
  }

  async *#called(signal: AbortSignal): AsyncGenerator<SrtConnection, void> {
    const { mode, remote, autoReconnect } = this.#settings;
    const where = `${remote?.host}:${remote?.port}`;
    while (!signal.aborted) {
      try {
        const connection = await this.#call(where, signal);
        if (connection === undefined) return;
        yield connection;
        await connection.closed;
        if (!autoReconnect) return;
      } catch (error) {
        if (error instanceof PipelineError) throw error;
        const what = mode === "caller" ? `connect to ${where}` : `meet ${where}`;
        const text = `cannot ${what}: ${describeSystemError(error)}`;
        if (!autoReconnect) throw new PipelineError("resource", this.#context.name, text, error);
        this.#context.post({ type: "warning", text: `${text}; trying again` });
        await sleep(this.#runtime.retryMs, undefined, { signal }).catch(() => {});
      }
    }
  }

  /** `undefined` when `signal` came first. */
  async #call(where: string, signal: AbortSignal): Promise<SrtConnection | undefined> {
    const { binding, poller } = this.#runtime;
    const { mode, remote, local } = this.#settings;
    const to = await resolve(remote?.host ?? "", remote?.port ?? 0);
    const from = await resolve(
      local?.host ?? (to.family === 6 ? "::" : "0.0.0.0"),
      local?.port ?? 0,
    );
    const socket = this.#createSocket();
    let connected = false;
    try {
      if (mode === "caller" && local !== undefined) binding.bind(socket, from);
      binding.connect(socket, to, mode === "rendezvous" ? from : undefined);
      await poller.wait(socket, "writable", signal);
      if (signal.aborted) return undefined;
      connected = binding.state(socket) === "connected";
      if (!connected) throw new SrtError(binding.rejectReason(socket));
    } finally {
      if (!connected) await binding.close(socket);
    }
    return this.#opened(socket, where, "connected to");
  }

  async *#accepted(signal: AbortSignal): AsyncGenerator<SrtConnection, void> {
    const { binding, poller } = this.#runtime;
    const { local } = this.#settings;
    const where = `${local?.host ?? "0.0.0.0"}:${local?.port}`;
    const listener = this.#createSocket();
    try {
      try {
        binding.bind(listener, await resolve(local?.host ?? "0.0.0.0", local?.port ?? 0));
        binding.listen(listener);
      } catch (error) {
        const text = `cannot listen on ${where}: ${describeSystemError(error)}`;
        throw new PipelineError("resource", this.#context.name, text, error);
      }
      this.#context.post({ type: "info", text: `listening on ${where}` });
      while (!signal.aborted) {
        const found = binding.accept(listener);
        if (found === undefined) await poller.wait(listener, "readable", signal);
        else yield this.#opened(found.socket, found.peer, "connection from", found.streamId);
      }
    } finally {
      await binding.close(listener);
    }
  }

  #createSocket(): number {
    const { binding } = this.#runtime;
    const socket = binding.createSocket();
    try {
      // For peers older than 1.3, where this chooses the direction of the handshake.
      if (this.#direction === "send") binding.setOption(socket, SRT_OPTION.sender, 1);
      for (const [name, value] of this.#settings.options) {
        try {
          binding.setOption(socket, SRT_OPTION[name], value);
        } catch (error) {
          const text = `cannot set ${name}: ${(error as Error).message}`;
          throw new PipelineError("resource", this.#context.name, text, error);
        }
      }
      return socket;
    } catch (error) {
      void binding.close(socket);
      throw error;
    }
  }

  #opened(socket: number, peer: string, how: string, streamId = ""): SrtConnection {
    const id = streamId === "" ? "" : `, stream id "${streamId}"`;
    this.#context.post({ type: "info", text: `${how} ${peer}${id}`, details: { peer, streamId } });
    return new SrtConnection(this.#runtime, socket, peer, this.#context);
  }
}

/** IPv4 first, as localhost is expected to be. */
async function resolve(host: string, port: number): Promise<SrtAddress> {
  const { address, family } = await lookup(host, { verbatim: false });
  return { host: address, family: family === 6 ? 6 : 4, port };
}
