import { PACKET_SIZE, type PacketHandler, PcrScanner } from "@x/mpegts";
import { PcrTimes } from "./pcr-times.js";

/** Bytes that wait for a PCR at most: a quarter of a second at 1 Gbit/s. */
const MAX_HELD = 32 * 1024 * 1024;

interface PacketBuffer {
  readonly data: Uint8Array;
  /** Packets before it in the stream, in bytes. */
  readonly position: number;
}

/** Transport packets in buffers of one size, the last one may be shorter, and the times that PCRs give them. */
export class TimedPackets {
  readonly #size: number;
  readonly #scanner: PcrScanner;
  readonly #times = new PcrTimes();
  readonly #whole: PacketBuffer[] = [];
  #data: Uint8Array;
  #filled = 0;
  #position = 0;

  /** Takes packets, `packet` being the first one's number in the stream. */
  readonly onPackets: PacketHandler = (bytes, start, count, stride, packet) => {
    for (let i = 0; i < count; i++) {
      const at = start + i * stride;
      if (this.#filled === 0) this.#position = (packet + i) * PACKET_SIZE;
      this.#data.set(bytes.subarray(at, at + PACKET_SIZE), this.#filled);
      this.#filled += PACKET_SIZE;
      if (this.#filled === this.#size) this.#finish();
    }
  };

  /**
   * @param alignment packets a buffer
   * @param pcrPid whose PCRs count; -1: the first one that has them
   */
  constructor(alignment: number, pcrPid = -1) {
    this.#size = alignment * PACKET_SIZE;
    this.#scanner = new PcrScanner(pcrPid < 0 ? {} : { pids: [pcrPid] });
    this.#data = new Uint8Array(this.#size);
  }

  /** Look for PCRs in the stream's bytes. `arrival`: 27 MHz; where the PCR jumps, time is not behind this. */
  scan(bytes: Uint8Array, arrival: number): void {
    for (const pcr of this.#scanner.push(bytes)) this.#times.add(pcr, arrival);
  }

  /** No packet goes into the buffer at hand any more, and no PCR comes. */
  flush(): void {
    for (const pcr of this.#scanner.flush()) this.#times.add(pcr);
    this.#finish();
  }

  /**
   * Hand out the buffers whose time is known by now, or with `final` all: with their times, 27 MHz from the first
   * packet on, `undefined` when no PID has two PCRs.
   */
  async send(
    final: boolean,
    deliver: (data: Uint8Array, ticks: number | undefined) => Promise<void>,
  ): Promise<void> {
    const whole = this.#whole;
    let taken = 0;
    for (const { data, position } of whole) {
      const last = final || (whole.length - taken) * this.#size > MAX_HELD;
      const ticks = this.#times.at(position, last);
      if (ticks === undefined && !last) break;
      await deliver(data, ticks);
      taken++;
    }
    whole.splice(0, taken);
  }

  /** Hand out all whole buffers. */
  async sendUntimed(deliver: (data: Uint8Array) => Promise<void>): Promise<void> {
    for (const { data } of this.#whole.splice(0)) await deliver(data);
  }

  #finish(): void {
    if (this.#filled === 0) return;
    this.#whole.push({ data: this.#data.subarray(0, this.#filled), position: this.#position });
    this.#data = new Uint8Array(this.#size);
    this.#filled = 0;
  }
}

/** Nanoseconds from 27 MHz. */
export function nanoseconds(ticks: number): bigint {
  return (BigInt(ticks) * 1000n) / 27n;
}
