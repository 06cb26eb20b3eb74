import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import {
  type MuxedTag,
  type RtmpIssue,
  type RtmpServerEvent,
  RtmpServerSession,
} from "@x/eflv/rtmp";
import { describeSystemError } from "../errors.js";
import { freshHandshake, placeOf, type RtmpSettings, readTlsFiles } from "./settings.js";
import { drained, endGently } from "./socket.js";

/** Connections at once; more are closed without a word. */
const MAX_CONNECTIONS = 64;
/** How long a client may take to close when all is said. */
const GRACE_MS = 1000;
const NOTHING = new Uint8Array(0);

/** What a client wants: the stream's name behind its application's, as in the URL. */
export interface RtmpRequest {
  readonly role: "publish" | "play";
  readonly path: string;
}

/** Decisions and news of all clients. */
export interface RtmpListenerHandlers {
  /** Undefined lets the client in, a sentence refuses it. */
  decide(request: RtmpRequest, client: RtmpServedClient): string | undefined;
  /** A client that was let in can be written to, or will send. */
  admitted(request: RtmpRequest, client: RtmpServedClient): void;
  /** What is published; data are valid until the promise resolves, and nothing more is read before. */
  tags(tags: readonly MuxedTag[], client: RtmpServedClient): Promise<void>;
  issue(issue: RtmpIssue, client: RtmpServedClient): void;
  /** A client that was let in is gone; `orderly`: it said so. */
  gone(client: RtmpServedClient, orderly: boolean): void;
  /** A handler failed. */
  failed(error: unknown): void;
}

export interface RtmpListenerOptions {
  readonly settings: RtmpSettings;
  /** Give up a publisher that sends nothing for this long. Default: never. */
  readonly idleMs?: number | undefined;
}

/** Where RTMP clients come to: TCP, or TLS for `rtmps://`. */
export class RtmpListener {
  readonly port: number;
  readonly #server: Server;
  readonly #clients: Set<RtmpServedClient>;

  private constructor(server: Server, clients: Set<RtmpServedClient>) {
    const address = server.address();
    this.port = typeof address === "object" ? (address?.port ?? 0) : 0;
    this.#server = server;
    this.#clients = clients;
  }

  /** @throws {Error} with one sentence when the place is not to be had, or a PEM file cannot be read */
  static async listen(
    options: RtmpListenerOptions,
    handlers: RtmpListenerHandlers,
  ): Promise<RtmpListener> {
    const { url, tlsFiles, timeoutMs } = options.settings;
    const clients = new Set<RtmpServedClient>();
    const serve = (socket: Socket): void => {
      const client = new RtmpServedClient(socket, options, handlers);
      clients.add(client);
      void client.run().finally(() => clients.delete(client));
    };
    if (url.tls && (tlsFiles.cert === undefined || tlsFiles.key === undefined)) {
      throw new Error("rtmps:// needs tls-certificate-file and tls-key-file to listen");
    }
    try {
      const server = url.tls
        ? createTlsServer(
            {
              ...(await readTlsFiles(tlsFiles)),
              ...(timeoutMs && { handshakeTimeout: timeoutMs }),
            },
            serve,
          )
        : createServer(serve);
      server.maxConnections = MAX_CONNECTIONS;
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen(url.port, url.host, resolve);
      });
      // Later ones concern connections that could not be taken.
      server.on("error", () => {});
      return new RtmpListener(server, clients);
    } catch (error) {
      const reason = describeSystemError(error);
      throw new Error(`cannot listen on ${placeOf(url)}: ${reason}`, { cause: error });
    }
  }

  /** Take nobody any more, and let everybody go in good order. */
  async close(): Promise<void> {
    this.#server.close();
    await Promise.all([...this.#clients].map((client) => client.close()));
  }

  destroy(): void {
    this.#server.close();
    for (const client of this.#clients) client.destroy();
  }
}

/** An `RtmpServerSession` with its socket. One stream a connection, as every client has. */
export class RtmpServedClient {
  readonly #socket: Socket;
  readonly #options: RtmpListenerOptions;
  readonly #handlers: RtmpListenerHandlers;
  readonly #session: RtmpServerSession;
  #app = "";
  #admitted: (RtmpRequest & { readonly streamId: number }) | undefined;
  #orderly = false;
  /** There is nothing more to be said, or to be heard. */
  #isDone = false;
  #parting: Promise<unknown> | undefined;
  #broken = false;
  #delivering = false;

  constructor(socket: Socket, options: RtmpListenerOptions, handlers: RtmpListenerHandlers) {
    const { chunkSize } = options.settings;
    this.#socket = socket;
    this.#options = options;
    this.#handlers = handlers;
    this.#session = new RtmpServerSession({ chunkSize, handshake: freshHandshake() });
  }

  /** Bytes that wait for the client. */
  get backlog(): number {
    return this.#socket.writableLength;
  }

  /** Until the client has gone; never rejects. */
  async run(): Promise<void> {
    const socket = this.#socket;
    const { timeoutMs } = this.#options.settings;
    // Whoever wants nothing within the timeout is no client.
    const timer =
      timeoutMs !== undefined
        ? setTimeout(() => this.#admitted === undefined && socket.destroy(), timeoutMs)
        : undefined;
    this.#watch();
    try {
      for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
        await this.#handle(this.#session.push(chunk as Uint8Array));
        if (this.#broken || this.#isDone) break;
        if (socket.writableNeedDrain) await drained(socket);
      }
    } catch (error) {
      // Reset, timed out, or stopped from here: it is gone. What has no code is no word of a socket.
      if ((error as { code?: string }).code === undefined) this.#handlers.failed(error);
    }
    clearTimeout(timer);
    if (this.#admitted !== undefined) this.#handlers.gone(this, this.#orderly);
    if (this.#isDone) {
      socket.resume();
      await this.#part(NOTHING, GRACE_MS);
    } else socket.destroy();
  }

  /** Send tags to a player; they wait in the socket, see {@link backlog}. */
  write(tags: readonly MuxedTag[]): void {
    const { streamId } = this.#admitted as { streamId: number };
    if (!this.#socket.writable || this.#isDone || this.#parting !== undefined) return;
    this.#socket.write(this.#session.write(streamId, tags));
  }

  /** Resolves when the client has taken what was written, or has gone. */
  drained(): Promise<void> {
    return drained(this.#socket);
  }

  /** End what it plays, if it does, and part. */
  async close(): Promise<void> {
    const { role, streamId } = this.#admitted ?? {};
    const plays = role === "play" && streamId !== undefined && !this.#isDone;
    // A publisher cannot be told anything.
    const graceMs = plays || this.#isDone ? GRACE_MS : 0;
    await this.#part(plays ? this.#session.endPlay(streamId) : NOTHING, graceMs);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Some clients take it for an error when the server closes first. */
  #part(last: Uint8Array, graceMs: number): Promise<unknown> {
    this.#parting ??= endGently(this.#socket, last, this.#options.settings, graceMs);
    return this.#parting;
  }

  #watch(): void {
    const socket = this.#socket;
    socket.setNoDelay(true);
    socket.on("error", () => {});
    socket.on("timeout", () => {
      const stuck = socket.writableLength > 0;
      const silent = this.#admitted?.role === "publish" && !this.#delivering;
      if (stuck || silent) socket.destroy();
    });
    socket.setTimeout(this.#options.settings.timeoutMs ?? 0);
  }

  async #handle(events: readonly RtmpServerEvent[]): Promise<void> {
    let tags: MuxedTag[] = [];
    const deliver = async (): Promise<void> => {
      const ready = tags;
      tags = [];
      if (ready.length === 0) return;
      this.#delivering = true;
      await this.#handlers.tags(ready, this);
      this.#delivering = false;
    };
    for (const event of events) {
      switch (event.type) {
        case "send":
          if (this.#socket.writable) this.#socket.write(event.bytes);
          break;
        case "connect":
          this.#app = event.app;
          break;
        case "publish":
        case "play":
          this.#decide(event.type, event.streamName, event.streamId);
          break;
        case "tag":
          if (event.streamId === this.#admitted?.streamId) tags.push(event.tag);
          break;
        case "end":
          if (event.streamId !== this.#admitted?.streamId) break;
          this.#orderly = true;
          this.#isDone = true;
          break;
        case "issue":
          this.#handlers.issue(event.issue, this);
          if (event.issue.fatal) this.#broken = true;
          break;
      }
    }
    await deliver();
  }

  #decide(role: "publish" | "play", streamName: string, streamId: number): void {
    const path = `${this.#app.replace(/\/+$/, "")}/${streamName}`;
    const request = { role, path, streamId };
    const refusal =
      this.#admitted === undefined
        ? this.#handlers.decide(request, this)
        : "one stream a connection";
    if (refusal !== undefined) {
      this.#socket.write(this.#session.reject(streamId, refusal));
      this.#isDone = this.#admitted === undefined;
      return;
    }
    this.#socket.write(this.#session.accept(streamId));
    this.#admitted = request;
    if (role === "publish") this.#socket.setTimeout(this.#options.idleMs ?? 0);
    this.#handlers.admitted(request, this);
  }
}
