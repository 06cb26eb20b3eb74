import { PACKET_SIZE } from "@x/mpegts";
import { mediaBuffer, SECOND } from "../buffer.js";
import { caps } from "../caps.js";
import type { SrcPad } from "../pad.js";
import { nanoseconds, TimedPackets } from "../timed-packets.js";

/** Packets that fit a UDP datagram. */
const DATAGRAM = 7;

/**
 * Where mpegtsmux puts its packets: in buffers with the times at which a sender has to send them, so that one that waits
 * sends evenly and a receiver's clock can follow.
 */
export class MuxOutput {
  readonly #src: SrcPad;
  readonly #bitrate: number;
  /** `undefined`: packets go as they come. */
  readonly #packets: TimedPackets | undefined;
  /** Stream time of the first packet. */
  #origin: bigint | undefined;
  /** Of the newest unit. */
  #time: bigint | undefined;
  /** Packets that came, and bytes that went. */
  #count = 0;
  #sent = 0n;

  constructor(src: SrcPad, alignment: number, bitrate: number) {
    this.#src = src;
    this.#bitrate = bitrate;
    const packets = alignment < 0 && !src.peerSeekable ? DATAGRAM : alignment;
    this.#packets = packets > 0 ? new TimedPackets(packets) : undefined;
  }

  async start(): Promise<void> {
    await this.#src.caps(caps("video/mpegts", { systemstream: true, packetsize: PACKET_SIZE }));
  }

  /** Packets that were made when a unit of `time` came. */
  async write(bytes: Uint8Array, time?: bigint): Promise<void> {
    this.#time = time ?? this.#time;
    this.#origin ??= time;
    if (bytes.length === 0) return;
    if (this.#packets === undefined) return this.#send(bytes, this.#time);
    const count = bytes.length / PACKET_SIZE;
    this.#packets.onPackets(bytes, 0, count, PACKET_SIZE, this.#count, 0);
    this.#count += count;
    if (this.#bitrate === 0) {
      const elapsed = (this.#time ?? 0n) - (this.#origin ?? 0n);
      this.#packets.scan(bytes, Number((elapsed * 27n) / 1000n));
    }
    await this.#flow(false);
  }

  /** No packet comes any more. */
  async finish(): Promise<void> {
    this.#packets?.flush();
    await this.#flow(true);
  }

  async #flow(final: boolean): Promise<void> {
    // At a constant rate a packet's place is its time, else the PCRs around it tell.
    if (this.#bitrate > 0) return this.#packets?.sendUntimed((data) => this.#send(data, undefined));
    const origin = this.#origin ?? 0n;
    await this.#packets?.send(final, (data, ticks) =>
      this.#send(data, origin + (ticks === undefined ? 0n : nanoseconds(ticks))),
    );
  }

  async #send(data: Uint8Array, time: bigint | undefined): Promise<void> {
    const even =
      this.#bitrate > 0 && this.#origin !== undefined
        ? this.#origin + (this.#sent * 8n * SECOND) / BigInt(this.#bitrate)
        : time;
    this.#sent += BigInt(data.length);
    await this.#src.buffer(mediaBuffer(data, { pts: even }));
  }
}
