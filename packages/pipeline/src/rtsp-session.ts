import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { connect, isIPv6, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { type RtspClient, RtspClientError, type RtspEvent } from "@x/rtsp";
import { describeSystemError } from "./errors.js";

/** What happens in an RTSP session, for its owner. */
export interface RtspSessionHandlers {
  /** Everything that the client says, sockets apart. */
  onEvent(event: RtspEvent): void;
  /** An RTP packet of a medium: own memory, or a view that is not written again. */
  onRtp(media: number, packet: Uint8Array): void;
}

/** Pairs of UDP ports that are tried before the next transport is. */
const PORT_ATTEMPTS = 20;

/** Gives an `RtspClient` its sockets and its time. */
export class RtspSession {
  readonly #client: RtspClient;
  readonly #handlers: RtspSessionHandlers;
  readonly #udp = new Map<number, readonly UdpSocket[]>();
  #socket: Socket | undefined;
  #connectTimer: NodeJS.Timeout | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #host = "";
  /** Where the last connection was to go, and what the system said when it did not. */
  #failure: { readonly place: string; readonly reason: unknown } | undefined;
  readonly #ended: Promise<void>;
  #end: (error: unknown) => void = () => {};

  constructor(client: RtspClient, handlers: RtspSessionHandlers) {
    this.#client = client;
    this.#handlers = handlers;
    this.#ended = new Promise((resolve, reject) => {
      this.#end = (error) => (error === undefined ? resolve() : reject(error));
    });
  }

  /**
   * Run until the session has ended; `stop` when aborted sends TEARDOWN.
   * @throws {RtspClientError} when it ended otherwise.
   */
  async run(stop: AbortSignal): Promise<void> {
    const tearDown = (): void => this.#handle(this.#client.teardown(now()));
    stop.addEventListener("abort", tearDown);
    try {
      this.#handle(this.#client.start(now()));
      if (stop.aborted) tearDown();
      await this.#ended;
    } finally {
      stop.removeEventListener("abort", tearDown);
      clearTimeout(this.#connectTimer);
      clearTimeout(this.#deadline);
      for (const media of [...this.#udp.keys()]) this.#release(media);
      this.#socket?.destroySoon();
    }
  }

  #handle(events: readonly RtspEvent[]): void {
    for (const event of events) {
      switch (event.type) {
        case "connect":
          this.#host = event.address;
          this.#connectTimer = setTimeout(() => this.#connect(event), event.delayMs);
          break;
        case "disconnect":
          clearTimeout(this.#connectTimer);
          this.#socket?.removeAllListeners();
          this.#socket?.on("error", () => {});
          this.#socket?.destroySoon();
          this.#socket = undefined;
          break;
        case "send":
          this.#socket?.write(event.data);
          break;
        case "allocate":
          void this.#allocate(event.media);
          break;
        case "release":
          this.#release(event.media);
          break;
        case "frame":
          if (event.kind === "rtp" && event.media !== undefined) {
            this.#handlers.onRtp(event.media, event.data);
          }
          break;
        case "closed":
          this.#handlers.onEvent(event);
          this.#end(this.#explained(event.error));
          break;
        default:
          this.#handlers.onEvent(event);
      }
    }
    this.#schedule();
  }

  #schedule(): void {
    clearTimeout(this.#deadline);
    const { deadline } = this.#client;
    if (deadline === undefined) return;
    const wait = Math.min(Math.max(0, deadline - now()), 2 ** 31 - 1);
    this.#deadline = setTimeout(() => this.#handle(this.#client.tick(now())), wait);
  }

  #connect({ address, port, tls }: Extract<RtspEvent, { type: "connect" }>): void {
    const socket = tls
      ? connectTls({ host: address, port, servername: address })
      : connect({ host: address, port });
    this.#socket = socket;
    socket.setNoDelay(true);
    const current = (): boolean => this.#socket === socket;
    socket.once(tls ? "secureConnect" : "connect", () => {
      if (current()) this.#handle(this.#client.connected(now()));
    });
    socket.on("data", (data: Uint8Array) => {
      if (current()) this.#handle(this.#client.receive(data, now()));
    });
    const place = `${isIPv6(address) ? `[${address}]` : address}:${port}`;
    this.#failure = { place, reason: undefined };
    // "close" follows every "error".
    socket.on("error", (reason) => {
      if (current()) this.#failure = { place, reason };
    });
    socket.once("close", () => {
      if (!current()) return;
      this.#socket = undefined;
      this.#handle(this.#client.closed(now()));
    });
  }

  /** The client knows neither sockets nor what the system says about them. */
  #explained(error: RtspClientError | undefined): RtspClientError | undefined {
    if (error?.code !== "connect" || this.#failure === undefined) return error;
    const { place, reason } = this.#failure;
    const why = reason === undefined ? "nobody answers there" : describeSystemError(reason);
    return new RtspClientError("connect", `cannot connect to ${place}: ${why}`, { cause: reason });
  }

  async #allocate(media: number): Promise<void> {
    this.#release(media);
    let pair: readonly UdpSocket[] | undefined;
    for (let attempt = 0; attempt < PORT_ATTEMPTS && pair === undefined; attempt++) {
      pair = await this.#bindPair();
    }
    if (pair === undefined) {
      this.#handle(this.#client.allocated(media, undefined, now()));
      return;
    }
    this.#udp.set(media, pair);
    const [rtp, rtcp] = pair as [UdpSocket, UdpSocket];
    rtp.on("message", (data: Uint8Array) => this.#handlers.onRtp(media, data));
    const ports = { rtpPort: rtp.address().port, rtcpPort: rtcp.address().port };
    this.#handle(this.#client.allocated(media, ports, now()));
  }

  /** An even port for RTP and the next for RTCP (RFC 3550 11). */
  async #bindPair(): Promise<readonly UdpSocket[] | undefined> {
    const rtp = await this.#bind(0);
    const port = rtp?.address().port ?? 1;
    const rtcp = port % 2 === 0 ? await this.#bind(port + 1) : undefined;
    if (rtp !== undefined && rtcp !== undefined) return [rtp, rtcp];
    rtp?.close();
    return undefined;
  }

  #bind(port: number): Promise<UdpSocket | undefined> {
    return new Promise((resolve) => {
      const socket = createSocket(isIPv6(this.#host) ? "udp6" : "udp4");
      socket.once("error", () => {
        socket.close();
        resolve(undefined);
      });
      socket.bind(port, () => {
        socket.removeAllListeners("error");
        socket.on("error", () => {});
        resolve(socket);
      });
    });
  }

  #release(media: number): void {
    for (const socket of this.#udp.get(media) ?? []) socket.close();
    this.#udp.delete(media);
  }
}

/** Milliseconds of a clock that only goes forward. */
function now(): number {
  return performance.now();
}
