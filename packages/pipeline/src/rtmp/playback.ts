import { LateJoinHeaders, type MuxedTag } from "@x/eflv/rtmp";
import type { ElementContext } from "../element.js";
import { RtmpConnection, type RtmpConnectionHandlers } from "./connection.js";
import type { FlvOutput } from "./flv-output.js";
import { followReconnect, type RtmpSettings } from "./settings.js";

/** A stream that is played from a server, and from the next one when that server asks for it. */
export class RtmpPlayback {
  readonly #options: { readonly idleMs: number | undefined };
  readonly #context: ElementContext;
  readonly #output: FlvOutput;
  readonly #over: Promise<Error | undefined>;
  #end: (loss: Error | undefined) => void = () => {};
  #settings: RtmpSettings;
  /** Whose tags are handed on. */
  #current: RtmpConnection | undefined;
  /** Whose tags are not yet: it has to come to a boundary first. */
  #next: RtmpConnection | undefined;
  #opening = false;
  #destroyed = false;
  /** The present server has gone while the next one is not there yet. */
  #waiting = false;
  /** One batch of tags after the other, whoever sends them. */
  #turn: Promise<void> = Promise.resolve();

  constructor(
    options: { readonly settings: RtmpSettings; readonly idleMs: number | undefined },
    context: ElementContext,
    output: FlvOutput,
  ) {
    this.#options = options;
    this.#settings = options.settings;
    this.#context = context;
    this.#output = output;
    this.#over = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /**
   * Until the server has ended the stream, or {@link stop}.
   * @returns what was lost when the server went without a word
   * @throws {Error} with one sentence when it does not play at all
   */
  async run(): Promise<Error | undefined> {
    this.#current = await this.#connect(this.#settings, undefined);
    this.#context.post({ type: "info", text: `playing from ${this.#current.place}` });
    const loss = await this.#over;
    await this.#current.close();
    return loss;
  }

  stop(): void {
    this.#end(undefined);
  }

  destroy(): void {
    this.#destroyed = true;
    this.#end(undefined);
    this.#current?.destroy();
    this.#next?.destroy();
  }

  /** @param first of a server that takes over: what comes before its first boundary is remembered there */
  #connect(settings: RtmpSettings, first: LateJoinHeaders | undefined): Promise<RtmpConnection> {
    let headers = first;
    const handlers: RtmpConnectionHandlers = {
      tags: async (tags, connection) => {
        if (headers === undefined) {
          this.#current ??= connection;
          await this.#write(tags, connection);
          return;
        }
        const seen = headers;
        const at = tags.findIndex((tag) => seen.push(tag) === "boundary");
        if (at < 0) return;
        headers = undefined;
        this.#change(connection);
        const { timestamp } = tags[at] as MuxedTag;
        await this.#write([...seen.tags(timestamp), ...tags.slice(at)], connection);
      },
      reconnect: (tcUrl, description) => this.#reconnect(tcUrl, description),
      issue: ({ message }) => this.#context.post({ type: "warning", text: message }),
      ended: (error, connection) => {
        if (first === undefined) this.#current ??= connection;
        this.#ended(error, connection);
      },
    };
    const { idleMs } = this.#options;
    const signal = this.#context.stopSignal;
    return RtmpConnection.open({ settings, role: "play", idleMs, signal }, handlers);
  }

  #write(tags: readonly MuxedTag[], connection: RtmpConnection): Promise<void> {
    const turn = this.#turn.then(() => {
      return connection === this.#current ? this.#output.write(tags) : undefined;
    });
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /** The next server has come to where the stream can begin. */
  #change(connection: RtmpConnection): void {
    const old = this.#current;
    this.#current = connection;
    this.#next = undefined;
    this.#waiting = false;
    this.#output.breaks();
    this.#context.post({ type: "info", text: `playing from ${connection.place}` });
    void old?.close();
  }

  #reconnect(tcUrl: string | undefined, description: string): void {
    if (this.#opening || this.#next !== undefined) return;
    const settings = followReconnect(this.#settings, tcUrl, description, this.#context);
    if (settings === undefined) return;
    this.#opening = true;
    this.#connect(settings, new LateJoinHeaders())
      .then((connection) => {
        this.#settings = settings;
        if (this.#destroyed) connection.destroy();
        else if (connection !== this.#current) this.#next = connection;
      })
      .catch((error: unknown) => this.#noNext(error as Error))
      .finally(() => {
        this.#opening = false;
      });
  }

  #ended(error: Error | undefined, connection: RtmpConnection): void {
    if (connection !== this.#current) {
      this.#next = undefined;
      this.#noNext(error ?? new Error(`${connection.place} has ended the stream`));
    } else if (this.#opening || this.#next !== undefined) this.#waiting = true;
    else this.#end(error);
  }

  #noNext(error: Error): void {
    const text = `the reconnect request failed: ${error.message}`;
    this.#context.post({ type: "warning", text });
    if (this.#waiting) this.#end(error);
  }
}
