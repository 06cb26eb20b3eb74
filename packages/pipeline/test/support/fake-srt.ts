import {
  type SrtAddress,
  type SrtBinding,
  SrtError,
  type SrtEvent,
  type SrtMessage,
  type SrtState,
  type SrtStatistics,
} from "../../src/srt/srt-binding.js";

interface FakeSocket {
  state: SrtState;
  /** Where a listener listens. */
  port: number;
  /** Of a listener: callers that wait. */
  callers: { socket: number; peer: string; streamId: string }[];
  peer: number | undefined;
  inbox: Uint8Array[];
  room: number;
  reason: string;
  readonly options: Map<number, unknown>;
}

/** A network of SRT sockets in memory, with everything that can go wrong at hand. */
export class FakeSrt implements SrtBinding {
  readonly description = "fake";
  /** Set to make every call fail with it. */
  refuse: string | undefined;
  /** Messages that a new connection takes before `send` says that the buffer is full. */
  room: number = Number.POSITIVE_INFINITY;
  startUps = 0;
  cleanUps = 0;
  polling = 0;
  maxPolling = 0;
  readonly sent: Uint8Array[] = [];
  readonly #sockets = new Map<number, FakeSocket>();
  readonly #watched = new Map<number, SrtEvent>();
  #next = 1;
  #changed: () => void = () => {};

  get open(): number {
    return this.#sockets.size;
  }

  /** Value that an option of some socket was given. */
  optionOf(option: number): unknown {
    for (const { options } of this.#sockets.values()) {
      if (options.has(option)) return options.get(option);
    }
    return undefined;
  }

  /** Break all connections, as when the network or the peer has gone. */
  breakAll(): void {
    for (const socket of this.#sockets.values()) if (socket.port < 0) socket.state = "gone";
    this.#changed();
  }

  /** Make room for `messages` more in every send buffer. */
  makeRoom(messages: number): void {
    for (const socket of this.#sockets.values()) socket.room += messages;
    this.#changed();
  }

  startUp(): void {
    this.startUps++;
  }

  async cleanUp(): Promise<void> {
    if (this.polling > 0) throw new Error("somebody still polls");
    if (this.open > 0) throw new Error(`${this.open} sockets were left open`);
    this.cleanUps++;
  }

  createSocket(): number {
    if (this.startUps <= this.cleanUps) throw new Error("libsrt was not started");
    const socket = this.#next++;
    this.#sockets.set(socket, {
      state: "connecting",
      port: -1,
      callers: [],
      peer: undefined,
      inbox: [],
      room: this.room,
      reason: "Connection timeout",
      options: new Map(),
    });
    return socket;
  }

  setOption(socket: number, option: number, value: unknown): void {
    this.#get(socket).options.set(option, value);
  }

  bind(socket: number, { port }: SrtAddress): void {
    const taken = [...this.#sockets.values()].some((other) => other.port === port);
    if (taken) throw new SrtError("port in use");
    this.#get(socket).port = port;
  }

  listen(): void {}

  accept(listener: number): FakeSocket["callers"][number] | undefined {
    return this.#get(listener).callers.shift();
  }

  connect(socket: number, remote: SrtAddress): void {
    const mine = this.#get(socket);
    const listener = [...this.#sockets.values()].find(({ port }) => port === remote.port);
    if (this.refuse !== undefined || listener === undefined) {
      mine.state = "gone";
      mine.reason = this.refuse ?? mine.reason;
    } else {
      const accepted = this.createSocket();
      const theirs = this.#get(accepted);
      mine.state = theirs.state = "connected";
      mine.peer = accepted;
      theirs.peer = socket;
      const streamId = String(mine.options.get(46) ?? "");
      listener.callers.push({ socket: accepted, peer: `127.0.0.1:${socket}`, streamId });
    }
    this.#changed();
  }

  state(socket: number): SrtState {
    return this.#sockets.get(socket)?.state ?? "gone";
  }

  rejectReason(socket: number): string {
    return this.#get(socket).reason;
  }

  receive(socket: number): SrtMessage | undefined {
    const mine = this.#get(socket);
    const data = mine.inbox.shift();
    if (data !== undefined) return { data, age: 1_000_000n };
    if (mine.state === "gone") throw new SrtError("connection was lost");
    return undefined;
  }

  send(socket: number, data: Uint8Array): boolean {
    const mine = this.#get(socket);
    if (mine.state === "gone") throw new SrtError("connection was lost");
    if (mine.room === 0) return false;
    mine.room--;
    this.sent.push(data.slice());
    this.#sockets.get(mine.peer ?? -1)?.inbox.push(data.slice());
    this.#changed();
    return true;
  }

  unacknowledged(): number {
    return 0;
  }

  statistics(socket: number): SrtStatistics {
    if (this.#get(socket).state === "gone") throw new SrtError("connection was lost");
    return {
      packetsSent: 0,
      packetsSentLost: 0,
      packetsSentDropped: 0,
      packetsRetransmitted: 0,
      packetsReceived: 0,
      packetsReceivedLost: 3,
      packetsReceivedDropped: 2,
      packetsReceivedUndecrypted: 0,
      bytesSent: 0,
      bytesReceived: 0,
      rttMs: 1,
      bandwidthMbps: 1,
      negotiatedLatencyMs: 0,
    };
  }

  async close(socket: number): Promise<void> {
    const peer = this.#sockets.get(this.#get(socket).peer ?? -1);
    if (peer !== undefined) peer.state = "gone";
    this.#sockets.delete(socket);
    this.#changed();
  }

  watch(socket: number, event: SrtEvent): void {
    this.#get(socket);
    this.#watched.set(socket, event);
    this.#changed();
  }

  unwatch(socket: number): void {
    this.#watched.delete(socket);
  }

  async poll(timeoutMs: number): Promise<readonly number[]> {
    this.maxPolling = Math.max(this.maxPolling, ++this.polling);
    const until = performance.now() + timeoutMs;
    try {
      for (;;) {
        const ready = [...this.#watched].filter(([socket, event]) => this.#isReady(socket, event));
        const left = until - performance.now();
        if (ready.length > 0 || left <= 0) return ready.map(([socket]) => socket);
        let timer: NodeJS.Timeout | undefined;
        await new Promise<void>((resolve) => {
          this.#changed = resolve;
          timer = setTimeout(resolve, left);
        });
        clearTimeout(timer);
      }
    } finally {
      this.polling--;
    }
  }

  #isReady(socket: number, event: SrtEvent): boolean {
    const found = this.#sockets.get(socket);
    if (found === undefined || found.state === "gone") return true;
    if (event === "writable") return found.state === "connected" && found.room > 0;
    return found.inbox.length > 0 || found.callers.length > 0;
  }

  #get(socket: number): FakeSocket {
    const found = this.#sockets.get(socket);
    if (found === undefined) throw new Error(`socket ${socket} is not open`);
    return found;
  }
}
