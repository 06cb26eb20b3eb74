/** An IP address and a UDP port. */
export interface SrtAddress {
  readonly host: string;
  readonly family: 4 | 6;
  readonly port: number;
}

/** A message as it arrived. */
export interface SrtMessage {
  /** A copy. */
  readonly data: Uint8Array;
  /** Nanoseconds since its sender handed it over, by libsrt's estimate of the sender's clock; latency included. */
  readonly age: bigint;
}

/** Counters of a connection since its beginning, with GStreamer's names. */
export interface SrtStatistics {
  readonly packetsSent: number;
  readonly packetsSentLost: number;
  readonly packetsSentDropped: number;
  readonly packetsRetransmitted: number;
  readonly packetsReceived: number;
  readonly packetsReceivedLost: number;
  readonly packetsReceivedDropped: number;
  readonly packetsReceivedUndecrypted: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly rttMs: number;
  readonly bandwidthMbps: number;
  /** The larger of what both ends asked for. */
  readonly negotiatedLatencyMs: number;
}

/** `gone`: the connection was lost, refused or closed. */
export type SrtState = "connecting" | "connected" | "gone";

/**
 * What srtsrc and srtsink need of libsrt. Sockets are its numbers, all of them non-blocking; what returns
 * a promise takes time, in another thread. Everything throws {@link SrtError}.
 */
export interface SrtBinding {
  /** Version and file of the library, for messages. */
  readonly description: string;
  /** Before everything else. */
  startUp(): void;
  /** After everything else, when no `poll` waits any more: ends libsrt's threads. `startUp` may follow. */
  cleanUp(): Promise<void>;
  createSocket(): number;
  /** `option`: a number of SRT_SOCKOPT. To be called before the socket is bound or connected. */
  setOption(socket: number, option: number, value: number | bigint | boolean | string): void;
  bind(socket: number, address: SrtAddress): void;
  listen(socket: number): void;
  /** The next caller of a listening socket, `undefined` when there is none yet. */
  accept(
    listener: number,
  ): { readonly socket: number; readonly peer: string; readonly streamId: string } | undefined;
  /** Begin to connect. `local`: begin a rendezvous from there. */
  connect(socket: number, remote: SrtAddress, local?: SrtAddress): void;
  state(socket: number): SrtState;
  /** Why a socket that is `gone` never was connected. */
  rejectReason(socket: number): string;
  /** The next message, `undefined` when there is none yet. */
  receive(socket: number): SrtMessage | undefined;
  /** False when the send buffer is full and nothing was taken. `data`: a message, {@link SRT_PAYLOAD_SIZE} at most. */
  send(socket: number, data: Uint8Array): boolean;
  /** Packets that were handed over and that the peer has not acknowledged. */
  unacknowledged(socket: number): number;
  statistics(socket: number): SrtStatistics;
  close(socket: number): Promise<void>;
  /** Let {@link poll} look at a socket, until {@link unwatch}. Works while `poll` waits. */
  watch(socket: number, event: SrtEvent): void;
  unwatch(socket: number): void;
  /** Wait until something happens to watched sockets, at most `timeoutMs`. One call at a time. */
  poll(timeoutMs: number): Promise<readonly number[]>;
}

/** `readable`: a message or a caller is there. `writable`: connected, with room in the send buffer. Both: or gone. */
export type SrtEvent = "readable" | "writable";

/** libsrt said no. */
export class SrtError extends Error {
  override readonly name = "SrtError";
}

/** Seven transport stream packets: what libsrt sends as one UDP datagram by default (SRTO_PAYLOADSIZE). */
export const SRT_PAYLOAD_SIZE = 1316;

/** Numbers of SRT_SOCKOPT in `srt.h`. */
export const SRT_OPTION = {
  mss: 0,
  sndsyn: 1,
  rcvsyn: 2,
  fc: 4,
  sndbuf: 5,
  rcvbuf: 6,
  maxbw: 16,
  sender: 21,
  latency: 23,
  inputbw: 24,
  oheadbw: 25,
  passphrase: 26,
  pbkeylen: 27,
  ipttl: 29,
  iptos: 30,
  tlpktdrop: 31,
  snddropdelay: 32,
  nakreport: 33,
  conntimeo: 36,
  drifttracer: 37,
  lossmaxttl: 42,
  rcvlatency: 43,
  peerlatency: 44,
  minversion: 45,
  streamid: 46,
  congestion: 47,
  kmrefreshrate: 51,
  kmpreannounce: 52,
  enforcedencryption: 53,
  ipv6only: 54,
  peeridletimeo: 55,
  packetfilter: 60,
} as const;

/** What libsrt wants as a value, where it is not a 32-bit number. */
export const SRT_OPTION_TYPE: Readonly<
  Partial<Record<keyof typeof SRT_OPTION, "boolean" | "int64" | "string">>
> = {
  maxbw: "int64",
  inputbw: "int64",
  tlpktdrop: "boolean",
  nakreport: "boolean",
  drifttracer: "boolean",
  enforcedencryption: "boolean",
  streamid: "string",
  congestion: "string",
  packetfilter: "string",
  passphrase: "string",
};
