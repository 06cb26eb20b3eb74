import type { LateJoinHeaders, MuxedTag, TagRole } from "@x/eflv/rtmp";
import type { ElementContext } from "../element.js";
import { RtmpConnection, type RtmpConnectionHandlers } from "./connection.js";
import { followReconnect, type RtmpSettings } from "./settings.js";

/** A stream that is published to a server, and to the next one when that server asks for it. */
export class RtmpPublication {
  readonly #context: ElementContext;
  readonly #headers: LateJoinHeaders;
  readonly #failed: (error: unknown) => void;
  #settings: RtmpSettings;
  /** `undefined` between a server that is gone and the next. */
  #current: RtmpConnection | undefined;
  #next: RtmpConnection | undefined;
  #opening: Promise<void> | undefined;
  #destroyed = false;

  /** @param failed told when there is nobody left to publish to */
  constructor(
    settings: RtmpSettings,
    context: ElementContext,
    headers: LateJoinHeaders,
    failed: (error: unknown) => void,
  ) {
    this.#settings = settings;
    this.#context = context;
    this.#headers = headers;
    this.#failed = failed;
  }

  /** @throws {Error} with one sentence */
  async open(): Promise<void> {
    this.#current = await this.#connect(this.#settings);
  }

  async send(tag: MuxedTag, role: TagRole): Promise<void> {
    if (this.#current === undefined) await this.#opening;
    if (role === "boundary") await this.#change(tag.timestamp);
    const connection = this.#current;
    try {
      await connection?.write([tag]);
    } catch (error) {
      // Gone while the next one is being opened: the stream goes on there.
      if (this.#current === connection) throw error;
    }
  }

  /** @throws {Error} when the server did not get everything */
  async close(): Promise<void> {
    const loss = await this.#current?.close();
    if (loss !== undefined) throw loss;
  }

  destroy(): void {
    this.#destroyed = true;
    this.#current?.destroy();
    this.#next?.destroy();
  }

  /** The stream can go on at the next server from here. */
  async #change(timestamp: number): Promise<void> {
    const next = this.#next;
    if (next === undefined) return;
    try {
      await next.write(this.#headers.tags(timestamp));
    } catch {
      // Lost already, which has been told.
      return;
    }
    const old = this.#current;
    this.#current = next;
    this.#next = undefined;
    void old?.close();
    this.#context.post({ type: "info", text: `publishing to ${next.place}` });
  }

  #connect(settings: RtmpSettings): Promise<RtmpConnection> {
    const handlers: RtmpConnectionHandlers = {
      reconnect: (tcUrl, description) => this.#reconnect(tcUrl, description),
      issue: ({ message }) => this.#context.post({ type: "warning", text: message }),
      ended: (error, connection) => this.#ended(error, connection),
    };
    const { signal } = this.#context;
    return RtmpConnection.open({ settings, role: "publish", signal }, handlers);
  }

  #reconnect(tcUrl: string | undefined, description: string): void {
    if (this.#opening !== undefined || this.#next !== undefined) return;
    const settings = followReconnect(this.#settings, tcUrl, description, this.#context);
    if (settings === undefined) return;
    this.#opening = this.#connect(settings)
      .then((connection) => {
        if (this.#destroyed) connection.destroy();
        this.#settings = settings;
        this.#next = connection;
      })
      .catch((error: unknown) => this.#noNext(error as Error))
      .finally(() => {
        this.#opening = undefined;
      });
  }

  #ended(error: Error | undefined, connection: RtmpConnection): void {
    const loss = error ?? new Error(`${connection.place} has ended the stream`);
    if (connection === this.#next) {
      this.#next = undefined;
      this.#noNext(loss);
    } else if (this.#opening !== undefined || this.#next !== undefined) this.#current = undefined;
    else this.#failed(loss);
  }

  #noNext(error: Error): void {
    const text = `the reconnect request failed: ${error.message}`;
    this.#context.post({ type: "warning", text });
    if (this.#current === undefined) this.#failed(error);
  }
}
