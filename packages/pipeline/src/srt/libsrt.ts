import { promisify } from "node:util";
import { encodeSocketAddress, formatSocketAddress, MAX_SOCKET_ADDRESS } from "./socket-address.js";
import {
  SRT_OPTION,
  type SrtAddress,
  type SrtBinding,
  SrtError,
  type SrtEvent,
  type SrtMessage,
  type SrtState,
  type SrtStatistics,
} from "./srt-binding.js";

const NAMES: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: [
    "libsrt.1.5.dylib",
    "libsrt.dylib",
    "/opt/homebrew/lib/libsrt.dylib",
    "/usr/local/lib/libsrt.dylib",
  ],
  win32: ["srt.dll", "libsrt.dll"],
};
const UNIX_NAMES = [
  "libsrt.so.1.5",
  "libsrt-gnutls.so.1.5",
  "libsrt-openssl.so.1.5",
  "libsrt.so.1.4",
  "libsrt-gnutls.so.1.4",
  "libsrt-openssl.so.1.4",
  "libsrt.so",
];

const OLDEST = 0x010400;
const LOG_CRITICAL = 2;
const BACKLOG = 16;
const INVALID = -1;
/** SRT_ERRNO: nothing to read, no room to write, nobody waits to be accepted. */
const ASYNC_SEND = 6001;
const ASYNC_RECEIVE = 6002;
/** SRT_SOCKSTATUS. */
const CONNECTED = 5;
/** SRT_EPOLL_OPT. */
const EPOLL: Readonly<Record<SrtEvent, number>> = { readable: 0x1 | 0x8, writable: 0x4 | 0x8 };
const EPOLL_ENABLE_EMPTY = 1;
const MAX_EVENTS = 64;
const MAX_MESSAGE = 65_536;
const MESSAGE_CONTROL_SIZE = 48;
/** Place of srctime in SRT_MSGCTRL: microseconds on libsrt's clock. */
const SOURCE_TIME = 16;
/** Larger than CBytePerfMon of any version. */
const STATISTICS_SIZE = 1024;
const STREAM_ID_SIZE = 513;

type NativeFunction = ((...args: unknown[]) => number) & {
  readonly async: (...args: unknown[]) => void;
};

/**
 * Find libsrt: `X_LIBSRT`, else the system's by its usual names.
 * @throws {SrtError} one sentence that says what was looked for
 */
export async function openLibsrt(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<SrtBinding> {
  const koffi = await import("koffi").then(
    (module) => module.default,
    (error: unknown) => {
      throw new SrtError("SRT needs the package koffi beside @x/pipeline: npm install koffi", {
        cause: error,
      });
    },
  );
  const named = environment.X_LIBSRT;
  const names = named ? [named] : (NAMES[process.platform] ?? UNIX_NAMES);
  for (const name of names) {
    let library: ReturnType<typeof koffi.load>;
    try {
      library = koffi.load(name);
    } catch {
      continue;
    }
    return new Libsrt((declaration) => library.func(declaration) as NativeFunction, name);
  }
  throw new SrtError(
    named
      ? `libsrt was not found: X_LIBSRT names "${named}", which cannot be opened`
      : `libsrt 1.5 was not found: looked for ${names.join(", ")}; X_LIBSRT can name the file`,
  );
}

/** libsrt's C functions, called directly; none of them waits but those that are called in another thread. */
class Libsrt implements SrtBinding {
  readonly description: string;
  readonly #native: ReturnType<typeof declare>;
  #epoll = INVALID;
  readonly #pollInThread: (...args: unknown[]) => Promise<number>;
  readonly #closeInThread: (...args: unknown[]) => Promise<number>;
  readonly #cleanUpInThread: (...args: unknown[]) => Promise<number>;
  readonly #events = new Int32Array(2 * MAX_EVENTS);
  readonly #message = new Uint8Array(MAX_MESSAGE);
  readonly #control = new DataView(new ArrayBuffer(MESSAGE_CONTROL_SIZE));

  constructor(func: (declaration: string) => NativeFunction, name: string) {
    const native = declare(func);
    this.#native = native;
    const version = native.getVersion();
    const text = `${version >> 16}.${(version >> 8) & 0xff}.${version & 0xff}`;
    if (version < OLDEST) throw new SrtError(`${name} is libsrt ${text}, too old: 1.4 is needed`);
    this.description = `libsrt ${text} (${name})`;
    this.#pollInThread = promisify(native.epollWait.async);
    this.#closeInThread = promisify(native.close.async);
    this.#cleanUpInThread = promisify(native.cleanUp.async);
  }

  startUp(): void {
    const native = this.#native;
    this.#check(native.startUp());
    native.setLogLevel(LOG_CRITICAL);
    this.#epoll = this.#check(native.epollCreate());
    native.epollSet(this.#epoll, EPOLL_ENABLE_EMPTY);
    process.on("exit", this.#onExit);
  }

  async cleanUp(): Promise<void> {
    process.off("exit", this.#onExit);
    await this.#cleanUpInThread();
  }

  /** libsrt's threads crash when the process ends under them. */
  readonly #onExit = (): void => {
    this.#native.cleanUp();
  };

  createSocket(): number {
    const socket = this.#check(this.#native.createSocket());
    this.setOption(socket, SRT_OPTION.sndsyn, false);
    this.setOption(socket, SRT_OPTION.rcvsyn, false);
    return socket;
  }

  setOption(socket: number, option: number, value: number | bigint | boolean | string): void {
    const bytes = optionBytes(value);
    this.#check(this.#native.setOption(socket, option, bytes, bytes.length));
  }

  bind(socket: number, address: SrtAddress): void {
    const bytes = encodeSocketAddress(address);
    // libsrt wants this said for an address that could mean both.
    if (address.host === "::") this.setOption(socket, SRT_OPTION.ipv6only, 0);
    this.#check(this.#native.bind(socket, bytes, bytes.length));
  }

  listen(socket: number): void {
    this.#check(this.#native.listen(socket, BACKLOG));
  }

  accept(
    listener: number,
  ): { readonly socket: number; readonly peer: string; readonly streamId: string } | undefined {
    const address = new Uint8Array(MAX_SOCKET_ADDRESS);
    const length = Int32Array.of(address.length);
    const socket = this.#native.accept(listener, address, length);
    if (socket === INVALID) {
      if (this.#native.lastError(null) === ASYNC_RECEIVE) return undefined;
      throw this.#error();
    }
    return { socket, peer: formatSocketAddress(address), streamId: this.#streamId(socket) };
  }

  connect(socket: number, remote: SrtAddress, local?: SrtAddress): void {
    const to = encodeSocketAddress(remote);
    if (local === undefined) {
      this.#check(this.#native.connect(socket, to, to.length));
      return;
    }
    const from = encodeSocketAddress(local);
    this.#check(this.#native.rendezvous(socket, from, from.length, to, to.length));
  }

  state(socket: number): SrtState {
    const state = this.#native.socketState(socket);
    return state < CONNECTED ? "connecting" : state === CONNECTED ? "connected" : "gone";
  }

  rejectReason(socket: number): string {
    const reason = this.#native.rejectReason(socket);
    return this.#native.rejectReasonText(reason) as unknown as string;
  }

  receive(socket: number): SrtMessage | undefined {
    const size = this.#native.receive(socket, this.#message, MAX_MESSAGE, this.#control);
    if (size <= 0) {
      if (size < 0 && this.#native.lastError(null) === ASYNC_RECEIVE) return undefined;
      throw this.#error();
    }
    const sourceTime = this.#control.getBigInt64(SOURCE_TIME, true);
    const age = sourceTime === 0n ? 0n : BigInt(this.#native.now()) - sourceTime;
    return { data: this.#message.slice(0, size), age: age > 0n ? age * 1000n : 0n };
  }

  send(socket: number, data: Uint8Array): boolean {
    if (this.#native.send(socket, data, data.length, null) === data.length) return true;
    if (this.#native.lastError(null) === ASYNC_SEND) return false;
    throw this.#error();
  }

  unacknowledged(socket: number): number {
    const counts = new BigUint64Array(2);
    const [blocks, bytes] = [counts.subarray(0, 1), counts.subarray(1)];
    this.#check(this.#native.sendBuffer(socket, blocks, bytes));
    return Number(blocks[0]);
  }

  statistics(socket: number): SrtStatistics {
    const view = new DataView(new ArrayBuffer(STATISTICS_SIZE));
    this.#check(this.#native.statistics(socket, view, 0));
    const int = (at: number): number => view.getInt32(at, true);
    const long = (at: number): number => Number(view.getBigInt64(at, true));
    // Offsets of CBytePerfMon, to which fields are only appended.
    return {
      packetsSent: long(8),
      packetsSentLost: int(24),
      packetsSentDropped: int(64),
      packetsRetransmitted: int(32),
      packetsReceived: long(16),
      packetsReceivedLost: int(28),
      packetsReceivedDropped: int(68),
      packetsReceivedUndecrypted: int(72),
      bytesSent: long(80),
      bytesReceived: long(88),
      rttMs: view.getFloat64(328, true),
      bandwidthMbps: view.getFloat64(336, true),
      negotiatedLatencyMs: Math.max(
        this.#option(socket, SRT_OPTION.rcvlatency),
        this.#option(socket, SRT_OPTION.peerlatency),
      ),
    };
  }

  async close(socket: number): Promise<void> {
    await this.#closeInThread(socket);
  }

  watch(socket: number, event: SrtEvent): void {
    this.#check(this.#native.epollAdd(this.#epoll, socket, Int32Array.of(EPOLL[event])));
  }

  unwatch(socket: number): void {
    // A socket that was closed is out already.
    this.#native.epollRemove(this.#epoll, socket);
  }

  async poll(timeoutMs: number): Promise<readonly number[]> {
    const count = await this.#pollInThread(this.#epoll, this.#events, MAX_EVENTS, timeoutMs);
    return Array.from(
      { length: Math.max(0, Math.min(count, MAX_EVENTS)) },
      (_, i) => this.#events[2 * i] as number,
    );
  }

  #option(socket: number, option: number): number {
    const value = new Int32Array(1);
    this.#check(this.#native.getOption(socket, option, value, Int32Array.of(4)));
    return value[0] as number;
  }

  #streamId(socket: number): string {
    const text = new Uint8Array(STREAM_ID_SIZE);
    const length = Int32Array.of(text.length);
    if (this.#native.getOption(socket, SRT_OPTION.streamid, text, length) < 0) return "";
    return new TextDecoder().decode(text.subarray(0, length[0]));
  }

  #check(result: number): number {
    if (result < 0) throw this.#error();
    return result;
  }

  #error(): SrtError {
    return new SrtError(this.#native.lastErrorText() as unknown as string);
  }
}

/** The functions of `srt.h` that are used. */
function declare(func: (declaration: string) => NativeFunction) {
  return {
    getVersion: func("uint32_t srt_getversion()"),
    startUp: func("int srt_startup()"),
    cleanUp: func("int srt_cleanup()"),
    setLogLevel: func("void srt_setloglevel(int level)"),
    createSocket: func("int srt_create_socket()"),
    setOption: func("int srt_setsockflag(int u, int option, void *value, int size)"),
    getOption: func("int srt_getsockflag(int u, int option, void *value, int32_t *size)"),
    bind: func("int srt_bind(int u, void *name, int size)"),
    listen: func("int srt_listen(int u, int backlog)"),
    accept: func("int srt_accept(int u, void *name, int32_t *size)"),
    connect: func("int srt_connect(int u, void *name, int size)"),
    rendezvous: func(
      "int srt_rendezvous(int u, void *local, int size, void *remote, int remoteSize)",
    ),
    socketState: func("int srt_getsockstate(int u)"),
    rejectReason: func("int srt_getrejectreason(int u)"),
    rejectReasonText: func("const char *srt_rejectreason_str(int id)"),
    receive: func("int srt_recvmsg2(int u, void *data, int size, void *control)"),
    send: func("int srt_sendmsg2(int u, void *data, int size, void *control)"),
    sendBuffer: func("int srt_getsndbuffer(int u, void *blocks, void *bytes)"),
    statistics: func("int srt_bstats(int u, void *statistics, int clear)"),
    now: func("int64_t srt_time_now()"),
    close: func("int srt_close(int u)"),
    lastError: func("int srt_getlasterror(void *systemError)"),
    lastErrorText: func("const char *srt_getlasterror_str()"),
    epollCreate: func("int srt_epoll_create()"),
    epollSet: func("int32_t srt_epoll_set(int eid, int32_t flags)"),
    epollAdd: func("int srt_epoll_add_usock(int eid, int u, int32_t *events)"),
    epollRemove: func("int srt_epoll_remove_usock(int eid, int u)"),
    epollWait: func("int srt_epoll_uwait(int eid, void *events, int size, int64_t timeout)"),
  };
}

function optionBytes(value: number | bigint | boolean | string): Uint8Array {
  switch (typeof value) {
    case "boolean":
      return Uint8Array.of(value ? 1 : 0);
    case "string":
      return new TextEncoder().encode(value);
    case "bigint":
      return new Uint8Array(BigInt64Array.of(value).buffer);
    default:
      return new Uint8Array(Int32Array.of(value).buffer);
  }
}
