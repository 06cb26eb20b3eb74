import { connect, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import {
  type MuxedTag,
  RtmpClient,
  type RtmpClientEvent,
  type RtmpClientState,
  type RtmpIssue,
} from "@x/eflv/rtmp";
import { describeSystemError, StoppedError } from "../errors.js";
import { freshHandshake, placeOf, type RtmpSettings, readTlsFiles } from "./settings.js";
import { drained, endGently } from "./socket.js";

/** What happens on a connection, for its owner. */
export interface RtmpConnectionHandlers {
  /** What is played; its data are valid until the promise resolves, and nothing more is read before. */
  tags?(tags: readonly MuxedTag[], connection: RtmpConnection): Promise<void>;
  /** The server wants to be left for another. */
  reconnect(tcUrl: string | undefined, description: string): void;
  issue(issue: RtmpIssue): void;
  /** Once, after the start, unless it was closed from here: the server ended the stream, or with `error` it is lost. */
  ended(error: Error | undefined, connection: RtmpConnection): void;
}

export interface RtmpConnectionOptions {
  readonly settings: RtmpSettings;
  readonly role: "publish" | "play";
  /** Give up when a player gets nothing for this long. Default: never. */
  readonly idleMs?: number | undefined;
  /** Opening is given up when it is aborted. */
  readonly signal: AbortSignal;
}

/** A connection that was there, and is not any more. */
export class LostConnection extends Error {}

/** What went before when a server closes early. */
const UNFINISHED: Readonly<Record<RtmpClientState, string>> = {
  handshake: "during the handshake",
  connecting: "instead of an answer to connect",
  creating: "before there was a stream",
  starting: "before the stream began",
  started: "",
  ended: "",
};

/** The codes with which a player's stream is over in good order. */
const GOOD_ENDS: ReadonlySet<string> = new Set([
  "NetStream.Play.Stop",
  "NetStream.Play.UnpublishNotify",
]);

/** An `RtmpClient` with its socket: TCP, or TLS for `rtmps://`. */
export class RtmpConnection {
  readonly place: string;
  readonly #options: RtmpConnectionOptions;
  readonly #handlers: RtmpConnectionHandlers;
  readonly #client: RtmpClient;
  #socket: Socket | undefined;
  #failure: Error | undefined;
  /** The server's last refusal, in its words. */
  #refusal = "";
  #closing = false;
  #delivering = false;
  #start: { resolve(): void; reject(error: Error): void } | undefined;

  private constructor(options: RtmpConnectionOptions, handlers: RtmpConnectionHandlers) {
    const { url, chunkSize, flashVersion } = options.settings;
    this.place = placeOf(url);
    this.#options = options;
    this.#handlers = handlers;
    this.#client = new RtmpClient({
      ...{ url, chunkSize, flashVer: flashVersion, role: options.role },
      handshake: freshHandshake(),
    });
  }

  /**
   * Connect, and publish or play.
   * @throws {Error} with one sentence that says what the server did instead; {StoppedError} after `signal`
   */
  static async open(
    options: RtmpConnectionOptions,
    handlers: RtmpConnectionHandlers,
  ): Promise<RtmpConnection> {
    const connection = new RtmpConnection(options, handlers);
    await connection.#open();
    return connection;
  }

  /**
   * Send tags; waits while the server takes nothing.
   * @throws {Error} once the connection is lost
   */
  async write(tags: readonly MuxedTag[]): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    const socket = this.#socket as Socket;
    if (!socket.write(this.#client.write(tags))) await drained(socket);
    if (this.#failure !== undefined) throw this.#failure;
  }

  /**
   * End the stream in good order: what was written still arrives.
   * @returns how the connection was lost before that, if it was
   */
  async close(): Promise<Error | undefined> {
    if (this.#failure !== undefined || this.#closing) return this.#failure;
    this.#closing = true;
    const last = this.#client.end();
    const error = await endGently(this.#socket as Socket, last, this.#options.settings);
    if (error === undefined) return undefined;
    this.#lost(error);
    return this.#failure;
  }

  destroy(): void {
    this.#closing = true;
    this.#socket?.destroy();
  }

  async #open(): Promise<void> {
    const { settings, signal } = this.#options;
    if (signal.aborted) throw new StoppedError();
    const { url, timeoutMs } = settings;
    const { host, port } = url;
    const files = url.tls ? await readTlsFiles(settings.tlsFiles) : {};
    const socket = url.tls
      ? connectTls({ host, port, ...files, ...(isIP(host) === 0 && { servername: host }) })
      : connect({ host, port });
    this.#socket = socket;
    // Every error is followed by "close", and told to whoever reads.
    socket.on("error", () => {});
    const timer =
      timeoutMs !== undefined
        ? setTimeout(() => {
            socket.destroy(new Error(`${this.place} did not answer within ${timeoutMs / 1000} s`));
          }, timeoutMs)
        : undefined;
    const onAbort = (): void => void socket.destroy(new StoppedError());
    signal.addEventListener("abort", onAbort);
    try {
      await new Promise<void>((resolve, reject) => {
        this.#start = { resolve, reject };
        void this.#run(socket, url.tls);
      });
    } catch (error) {
      this.destroy();
      throw error;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    }
  }

  /** From the connect to the end; never rejects. */
  async #run(socket: Socket, tls: boolean): Promise<void> {
    let connected = false;
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once(tls ? "secureConnect" : "connect", resolve);
        socket.once("error", reject);
      });
      connected = true;
      this.#watch(socket);
      socket.write(this.#client.start());
      for await (const chunk of socket) {
        await this.#handle(this.#client.push(chunk as Uint8Array));
        if (this.#failure !== undefined) break;
        // Pings that nobody reads the answers of must not pile up.
        if (socket.writableNeedDrain) await drained(socket);
      }
      this.#lost(undefined);
    } catch (error) {
      const isSystems = (error as { code?: string }).code !== undefined;
      if (connected || !isSystems) this.#lost(error);
      else {
        const reason = describeSystemError(error);
        this.#fail(new Error(`cannot connect to ${this.place}: ${reason}`));
      }
    } finally {
      socket.destroy();
    }
  }

  /** Give up a server that takes nothing, or a stream in which nothing comes. */
  #watch(socket: Socket): void {
    const { role, settings, idleMs } = this.#options;
    socket.setNoDelay(true);
    socket.setTimeout((role === "publish" ? settings.timeoutMs : idleMs) ?? 0);
    socket.on("timeout", () => {
      const seconds = (socket.timeout ?? 0) / 1000;
      if (role === "publish") {
        if (socket.writableLength === 0) return;
        socket.destroy(new LostConnection(`${this.place} has taken nothing for ${seconds} s`));
      } else if (!this.#delivering) {
        socket.destroy(new LostConnection(`${this.place} has sent nothing for ${seconds} s`));
      }
    });
  }

  async #handle(events: readonly RtmpClientEvent[]): Promise<void> {
    let tags: MuxedTag[] = [];
    const deliver = async (): Promise<void> => {
      const ready = tags;
      tags = [];
      if (ready.length === 0 || this.#closing) return;
      this.#delivering = true;
      await this.#handlers.tags?.(ready, this);
      this.#delivering = false;
    };
    for (const event of events) {
      switch (event.type) {
        case "send":
          // A server may still ping while it is left.
          if (this.#socket?.writable === true) this.#socket.write(event.bytes);
          break;
        case "started":
          this.#start?.resolve();
          this.#start = undefined;
          break;
        case "tag":
          tags.push(event.tag);
          break;
        case "status":
          this.#refusal = event.level === "error" ? event.description : "";
          break;
        case "reconnect":
          this.#handlers.reconnect(event.tcUrl, event.description);
          break;
        case "issue":
          if (!event.issue.fatal) this.#handlers.issue(event.issue);
          else this.#fail(new Error(this.#fatal(event.issue)));
          break;
        case "ended":
          // Without a turn of the event loop in between, if possible: nobody may write to a client that has ended.
          if (tags.length > 0) await deliver();
          this.#ended(event.code);
          break;
      }
    }
    await deliver();
  }

  #fatal({ code, message }: RtmpIssue): string {
    if (code === "bad-handshake") return `${this.place} does not speak RTMP`;
    return `${this.place} sent what is no RTMP: ${message}`;
  }

  #ended(code: string): void {
    const { role } = this.#options;
    if (this.#start === undefined && role === "play" && GOOD_ENDS.has(code)) this.#fail(undefined);
    else this.#fail(new Error(this.#refused(code)));
  }

  #refused(code: string): string {
    const authentication = /authmod=(\w+)/.exec(this.#refusal)?.[1];
    if (authentication !== undefined) {
      return `${this.place} wants a user name and a password (authmod=${authentication})`;
    }
    const verb = this.#start === undefined ? "ended the stream" : "refused";
    return `${this.place} ${verb}: ${code}${this.#refusal === "" ? "" : ` (${this.#refusal})`}`;
  }

  /** The socket has closed, with the system's `error` or ours, or without. */
  #lost(error: unknown): void {
    const { message = "", code } = (error ?? {}) as { message?: string; code?: string };
    if (message !== "" && code === undefined) {
      this.#fail(error as Error);
      return;
    }
    const when = this.#closing ? "before it had everything" : UNFINISHED[this.#client.state];
    const how = code === undefined ? "" : `: ${describeSystemError(error)}`;
    const text = `${this.place} closed the connection${when === "" ? "" : ` ${when}`}${how}`;
    this.#fail(new LostConnection(text));
  }

  /** The end, told once; `undefined` is a good one. */
  #fail(error: Error | undefined): void {
    if (this.#failure !== undefined) return;
    this.#failure = error ?? new Error(`${this.place} has ended the stream`);
    if (this.#start !== undefined) this.#start.reject(this.#failure);
    else if (!this.#closing) this.#handlers.ended(error, this);
  }
}
