import type { ResolvedStream } from "./mux-config.js";
import type { Outgoing } from "./packet-writer.js";

/** A unit that waits for its packets. Times are 27 MHz ticks of the transport stream's own axis. */
export interface QueuedUnit extends Outgoing {
  /** When its last byte must be there. */
  readonly deadline: number;
  readonly randomAccess: boolean;
  readonly discontinuity: boolean;
}

/** Bytes of a decoder's transport buffer TB_n (ISO/IEC 13818-1 2.4.2.3). */
const TRANSPORT_BUFFER = 512;

/** How full a transport buffer is that empties at a constant rate. */
export class TransportBuffer {
  /** Ticks in which a byte leaves. */
  readonly #ticksPerByte: number;
  #level = 0;
  #time = 0;

  /** `rate`: bit/s, or Infinity. */
  constructor(rate: number) {
    this.#ticksPerByte = (8 * 27_000_000) / rate;
  }

  /** The earliest time from `time` on at which 188 bytes have room. */
  roomAt(time: number): number {
    if (this.#ticksPerByte === 0) return time;
    const excess = this.#levelAt(time) + 188 - TRANSPORT_BUFFER;
    return excess <= 0 ? time : Math.ceil(time + excess * this.#ticksPerByte);
  }

  /** A packet enters at `time`. */
  add(time: number): void {
    if (this.#ticksPerByte === 0) return;
    this.#level = this.#levelAt(time) + 188;
    this.#time = time;
  }

  #levelAt(time: number): number {
    return Math.max(0, this.#level - (time - this.#time) / this.#ticksPerByte);
  }
}

/** The units of one stream, and the decoder's buffers as its packets fill them (T-STD, ISO/IEC 13818-1 2.4.2). */
export class MuxQueue {
  readonly stream: ResolvedStream;
  readonly transportBuffer: TransportBuffer;
  readonly #slack: number;
  readonly #units: QueuedUnit[] = [];
  #first = 0;
  /** What was sent and is not decoded yet. */
  readonly #sent: { deadline: number; bytes: number }[] = [];
  #sentFirst = 0;
  #occupancy = 0;
  /** Of the last packet with payload. */
  continuityCounter = 0x0f;

  /** `slack`: ticks by which the decoder's clock may differ from the muxer's between two PCRs. */
  constructor(stream: ResolvedStream, slack: number) {
    this.stream = stream;
    this.#slack = slack;
    this.transportBuffer = new TransportBuffer(stream.transportRate);
  }

  /** The unit whose packets come next. */
  get head(): QueuedUnit | undefined {
    return this.#units[this.#first];
  }

  /** Units that wait. */
  get length(): number {
    return this.#units.length - this.#first;
  }

  /** Add a unit at the end. */
  add(unit: QueuedUnit): void {
    this.#units.push(unit);
  }

  /** The head is sent: go on to the next. */
  shift(): void {
    this.#first++;
    // The list is cut now and then: never element by element.
    if (this.#first >= 64 && this.#first * 2 >= this.#units.length) {
      this.#units.splice(0, this.#first);
      this.#first = 0;
    }
  }

  /** The earliest time from `time` on at which the decoder's buffers take a packet of the head. */
  roomAt(time: number): number {
    const room = this.transportBuffer.roomAt(time);
    const { bufferSize } = this.stream;
    if (bufferSize === Number.POSITIVE_INFINITY) return room;
    this.#decodeUntil(time);
    const head = this.head;
    const oldest = this.#sent[this.#sentFirst];
    if (head === undefined || oldest === undefined) return room;
    // A unit larger than the buffer goes when it is alone in it.
    if (this.#occupancy + 184 <= bufferSize || oldest.deadline === head.deadline) return room;
    return Math.max(room, oldest.deadline + this.#slack);
  }

  /** A packet with `bytes` of the head's payload was sent at `time`. */
  account(time: number, bytes: number): void {
    this.transportBuffer.add(time);
    const head = this.head;
    if (head === undefined || this.stream.bufferSize === Number.POSITIVE_INFINITY) return;
    this.#occupancy += bytes;
    const last = this.#sent[this.#sent.length - 1];
    if (
      last !== undefined &&
      last.deadline === head.deadline &&
      this.#sent.length > this.#sentFirst
    ) {
      last.bytes += bytes;
    } else {
      this.#sent.push({ deadline: head.deadline, bytes });
    }
  }

  #decodeUntil(time: number): void {
    let oldest = this.#sent[this.#sentFirst];
    while (oldest !== undefined && oldest.deadline + this.#slack <= time) {
      this.#occupancy -= oldest.bytes;
      oldest = this.#sent[++this.#sentFirst];
    }
    if (this.#sentFirst >= 64) {
      this.#sent.splice(0, this.#sentFirst);
      this.#sentFirst = 0;
    }
  }
}
