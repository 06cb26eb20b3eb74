// An RTSP server with exactly one mind: it accepts the URIs that a test wants, and misbehaves otherwise.
// It parses requests on its own, not with the code under test.
import { createSocket } from "node:dgram";
import { createServer, type Server, type Socket } from "node:net";

export interface FakeRequest {
  readonly method: string;
  readonly uri: string;
  readonly version: string;
  readonly headers: ReadonlyMap<string, string>;
}

/** What to do with a request: a response, or worse. */
export type Answer =
  | { readonly status: number; readonly headers?: readonly string[]; readonly body?: string }
  | "close"
  | "silence"
  | { readonly raw: string };

export interface FakeServerOptions {
  /** Content-Base and the like; `{base}` becomes `rtsp://127.0.0.1:port`. */
  readonly describeHeaders?: readonly string[];
  /** `{base}` becomes `rtsp://127.0.0.1:port`. */
  readonly sdp: readonly string[];
  /** URIs of SETUP that are good, without `rtsp://127.0.0.1:port`. */
  readonly setup: readonly string[];
  /** What the others get. Default 404. */
  readonly otherwise?: Answer;
  /** URIs of PLAY, PAUSE and TEARDOWN that are good, likewise; the others get 454. Default: any. */
  readonly play?: readonly string[];
  /** Looked at first: `undefined` goes on. */
  readonly before?: (request: FakeRequest, count: number) => Answer | undefined;
  readonly public?: string;
  readonly sessionTimeout?: number;
  /** Frames sent on each interleaved channel after PLAY. Default 3. */
  readonly frames?: number;
}

const REASONS: Readonly<Record<number, string>> = {
  200: "OK",
  401: "Unauthorized",
  404: "Not Found",
};

export class FakeServer {
  readonly requests: FakeRequest[] = [];
  connections = 0;
  /** Sessions that were begun and that no TEARDOWN ended. */
  readonly sessions: Set<string> = new Set();
  readonly #options: FakeServerOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(options: FakeServerOptions) {
    this.#options = options;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  static async listen(options: FakeServerOptions): Promise<FakeServer> {
    const server = new FakeServer(options);
    await new Promise<void>((done) => server.#server.listen(0, "127.0.0.1", done));
    return server;
  }

  get base(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("not listening");
    return `rtsp://127.0.0.1:${address.port}`;
  }

  /** URIs of the requests with this method, without `rtsp://127.0.0.1:port`. */
  uris(method: string): string[] {
    return this.requests.filter((r) => r.method === method).map((r) => this.#path(r.uri));
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((done) => this.#server.close(done));
  }

  #path(uri: string): string {
    return uri.startsWith(this.base) ? uri.slice(this.base.length) : uri;
  }

  #accept(socket: Socket): void {
    this.connections++;
    this.#sockets.add(socket);
    const state = { buffer: "", session: "", channels: [] as number[], ports: [] as number[] };
    socket.on("data", (data) => {
      state.buffer += data.toString("latin1");
      for (;;) {
        const end = state.buffer.indexOf("\r\n\r\n");
        if (end === -1) return;
        const request = parse(state.buffer.slice(0, end));
        state.buffer = state.buffer.slice(end + 4);
        this.requests.push(request);
        this.#answer(socket, request, state);
      }
    });
    socket.on("error", () => {});
    socket.on("close", () => this.#sockets.delete(socket));
  }

  #answer(
    socket: Socket,
    request: FakeRequest,
    state: { session: string; channels: number[]; ports: number[] },
  ): void {
    const count = this.requests.filter((r) => r.method === request.method).length;
    const answer = this.#options.before?.(request, count) ?? this.#regular(request, state);
    if (answer === "silence") return;
    if (answer === "close") {
      // Nobody can end a session over a connection that is gone.
      this.sessions.delete(state.session);
      socket.destroy();
      return;
    }
    if ("raw" in answer) {
      socket.write(answer.raw, "latin1");
      return;
    }
    const { status, headers = [], body = "" } = answer;
    const lines = [
      `RTSP/${request.version} ${status} ${REASONS[status] ?? "Whatever"}`,
      `CSeq: ${request.headers.get("cseq")}`,
      ...headers,
      ...(body === "" ? [] : [`Content-Length: ${body.length}`]),
    ];
    socket.write(`${lines.join("\r\n")}\r\n\r\n${body}`, "latin1");
    if (request.method === "PLAY" && status === 200) this.#stream(socket, state);
  }

  #regular(
    request: FakeRequest,
    state: { session: string; channels: number[]; ports: number[] },
  ): Answer {
    const { describeHeaders = [], sdp, setup, otherwise = { status: 404 }, play } = this.#options;
    const fill = (text: string): string => text.replaceAll("{base}", this.base);
    const path = this.#path(request.uri);
    switch (request.method) {
      case "OPTIONS":
        return {
          status: 200,
          headers: [`Public: ${this.#options.public ?? "DESCRIBE, SETUP, PLAY"}`],
        };
      case "DESCRIBE":
        return {
          status: 200,
          headers: ["Content-Type: application/sdp", ...describeHeaders.map(fill)],
          body: sdp.map((line) => `${fill(line)}\r\n`).join(""),
        };
      case "SETUP": {
        if (!setup.includes(path)) return otherwise;
        const transport = request.headers.get("transport") ?? "";
        const [, channel] = /interleaved=(\d+)/.exec(transport) ?? [];
        const [, port] = /client_port=(\d+)/.exec(transport) ?? [];
        if (channel !== undefined) state.channels.push(Number(channel));
        if (port !== undefined) state.ports.push(Number(port));
        state.session ||= `s${this.connections}${Math.floor(Math.random() * 1e9)}`;
        this.sessions.add(state.session);
        const { sessionTimeout = 60 } = this.#options;
        const session = `Session: ${state.session};timeout=${sessionTimeout}`;
        // Content-Base of other responses means nothing, but servers send it.
        return {
          status: 200,
          headers: [session, `Transport: ${transport}`, `Content-Base: ${request.uri}`],
        };
      }
      default: {
        if (request.headers.get("session") !== state.session) return { status: 454 };
        if (play !== undefined && !play.includes(path)) return { status: 454 };
        if (request.method === "TEARDOWN") this.sessions.delete(state.session);
        return { status: 200, headers: [`Session: ${state.session}`] };
      }
    }
  }

  #stream(socket: Socket, state: { channels: number[]; ports: number[] }): void {
    const { frames = 3 } = this.#options;
    for (let i = 0; i < frames; i++) {
      for (const channel of state.channels) {
        const frame = Buffer.from([0x24, channel, 0, 4, 0x80, 96, 0, i]);
        // In two writes, because nobody promised frames whole.
        socket.write(frame.subarray(0, 3));
        socket.write(frame.subarray(3));
      }
    }
    for (const port of state.ports) {
      const udp = createSocket("udp4");
      udp.send(Buffer.from([0x80, 96, 0, 0]), port, "127.0.0.1", () => udp.close());
    }
  }
}

function parse(head: string): FakeRequest {
  // Interleaved frames of the client are not looked at.
  const [line = "", ...lines] = head.split("\r\n");
  const [method = "", uri = "", version = ""] = line.split(" ");
  const headers = lines.map((text): [string, string] => {
    const colon = text.indexOf(":");
    return [text.slice(0, colon).toLowerCase(), text.slice(colon + 1).trim()];
  });
  return { method, uri, version: version.slice(5), headers: new Map(headers) };
}
