import { CcType } from "./cc-data.js";
import { ccCountOf, type FrameRate, ntscPairsBefore } from "./frame-rate.js";
import { type CaptionIssue, IssueList } from "./issue.js";

/** How a {@link CcRepacker} works. */
export interface CcRepackerOptions {
  /** Rate of the frames that come in. */
  readonly inputRate: FrameRate;
  /** Rate of the frames that go out. Default: the input's. It never changes by itself. */
  readonly outputRate?: FrameRate;
  /** Captions that wait longer are dropped, oldest first, DTVCC by whole packets. Default: 2,000. */
  readonly maxDelayMs?: number;
}

interface QueuedPacket {
  readonly triplets: number[];
  /** Bytes of `triplets` when the packet is complete. */
  readonly size: number;
  /** Bytes of `triplets` already sent. */
  sent: number;
}

/**
 * Carries captions from one frame rate to another, or regularises them at the same one: constant cc_count, line-21
 * fields in unbroken alternation, every pair and every DTVCC packet kept whole and in order. Padding is taken out and
 * made anew. Never throws on input.
 */
export class CcRepacker {
  readonly #outputRate: FrameRate;
  readonly #ccCount: number;
  /** Output frames an input frame, as a reduced fraction. */
  readonly #up: number;
  readonly #down: number;
  readonly #maxPairs: number;
  readonly #maxTriplets: number;
  readonly #issues = new IssueList();
  readonly #fields: [number[], number[]] = [[], []];
  readonly #live: [boolean, boolean] = [false, false];
  readonly #packets: QueuedPacket[] = [];
  #queuedTriplets = 0;
  #dropping = false;
  #inputs = 0;
  #outputs = 0;
  #offset = 0;

  /** @throws {RangeError} for a rate that no CDP carries. */
  constructor(options: CcRepackerOptions) {
    const { inputRate, outputRate = inputRate, maxDelayMs = 2000 } = options;
    ccCountOf(inputRate);
    this.#outputRate = outputRate;
    this.#ccCount = ccCountOf(outputRate);
    const up = outputRate.numerator * inputRate.denominator;
    const down = outputRate.denominator * inputRate.numerator;
    const common = greatestCommonDivisor(up, down);
    this.#up = up / common;
    this.#down = down / common;
    this.#maxPairs = Math.max(1, Math.round((maxDelayMs * 30) / 1000));
    this.#maxTriplets = Math.max(64, Math.round((maxDelayMs * 540) / 1000));
  }

  /** What was dropped or out of order; offsets count cc_data bytes of the input. */
  get issues(): readonly CaptionIssue[] {
    return this.#issues.list;
  }

  /** True when every pair and packet that came in has gone out. */
  get empty(): boolean {
    const [field1, field2] = this.#fields;
    return field1.length === 0 && field2.length === 0 && this.#queuedTriplets === 0;
  }

  /** Take one input frame's triplets; returns the output frames that are due, each of constant size. */
  push(ccData: Uint8Array): Uint8Array<ArrayBuffer>[] {
    this.#take(ccData);
    this.#inputs++;
    const frames: Uint8Array<ArrayBuffer>[] = [];
    const due = Math.floor((this.#inputs * this.#up) / this.#down);
    while (this.#outputs < due) frames.push(this.#make());
    // Both counts start again at a common frame, so that they stay exact for as long as a stream runs.
    if (this.#inputs % this.#down === 0 && this.#outputs % 120 === 0) {
      this.#inputs = 0;
      this.#outputs = 0;
    }
    return frames;
  }

  /** Output frames until everything has gone out. Then the repacker is as new, but for its issues. */
  flush(): Uint8Array<ArrayBuffer>[] {
    const frames: Uint8Array<ArrayBuffer>[] = [];
    while (!this.empty) frames.push(this.#make());
    this.#inputs = 0;
    this.#outputs = 0;
    this.#dropping = false;
    this.#packets.length = 0;
    this.#live.fill(false);
    return frames;
  }

  /** Forget what waits, and the issues. */
  reset(): void {
    for (const field of this.#fields) field.length = 0;
    this.#packets.length = 0;
    this.#queuedTriplets = 0;
    this.flush();
    this.#issues.clear();
    this.#offset = 0;
  }

  #take(ccData: Uint8Array): void {
    for (let at = 0; at + 2 < ccData.length; at += 3) {
      const first = ccData[at] as number;
      const ccData1 = ccData[at + 1] as number;
      const ccData2 = ccData[at + 2] as number;
      const ccType = first & 3;
      const ccValid = (first & 4) !== 0;
      if (ccType < CcType.dtvccData) {
        this.#live[ccType as 0 | 1] = ccValid;
        // Padding is the same with either parity of zero.
        if (ccValid && ((ccData1 | ccData2) & 0x7f) !== 0) {
          this.#takePair(ccType as 0 | 1, (ccData1 << 8) | ccData2, at);
        }
      } else if (ccValid) {
        this.#takeDtvcc(ccType, ccData1, ccData2, at);
      }
    }
    this.#offset += ccData.length;
  }

  #takePair(field: 0 | 1, pair: number, at: number): void {
    const queue = this.#fields[field];
    queue.push(pair);
    if (queue.length <= this.#maxPairs) return;
    queue.shift();
    const message = `field ${field + 1}: more pairs than the output rate carries, the oldest is dropped`;
    this.#issues.add("overflow", "error", this.#offset + at, "ccData", message);
  }

  #takeDtvcc(ccType: number, ccData1: number, ccData2: number, at: number): void {
    const offset = this.#offset + at;
    if (ccType === CcType.dtvccStart) {
      this.#dropping = false;
      this.#packets.push({ triplets: [], size: 3 * (ccData1 & 0x3f || 64), sent: 0 });
    } else if (this.#dropping) {
      return;
    }
    const packet = this.#packets[this.#packets.length - 1];
    if (packet === undefined || packet.triplets.length === packet.size) {
      const message = "packet data without a packet start";
      this.#issues.add("order", "error", offset, "ccType", message);
      return;
    }
    packet.triplets.push(0xfc | ccType, ccData1, ccData2);
    this.#queuedTriplets++;
    while (this.#queuedTriplets > this.#maxTriplets && this.#dropPacket(offset)) {}
  }

  /** Drop the oldest packet of which nothing was sent yet. */
  #dropPacket(offset: number): boolean {
    const index = this.#packets.findIndex((packet) => packet.sent === 0);
    const packet = this.#packets[index];
    if (packet === undefined) return false;
    if (index === this.#packets.length - 1) this.#dropping = true;
    this.#packets.splice(index, 1);
    this.#queuedTriplets -= packet.triplets.length / 3;
    const message = `more DTVCC data than the output rate carries: a packet of ${packet.triplets.length / 3} triplets is dropped`;
    this.#issues.add("overflow", "error", offset, "dtvccPacket", message);
    return true;
  }

  #make(): Uint8Array<ArrayBuffer> {
    const frame = new Uint8Array(this.#ccCount * 3);
    const first = ntscPairsBefore(this.#outputRate, this.#outputs);
    const behind = ntscPairsBefore(this.#outputRate, ++this.#outputs);
    let at = 0;
    for (let slot = first; slot < behind; slot++) {
      const field = (slot & 1) as 0 | 1;
      const pair = this.#fields[field].shift();
      // A valid field 2 obliges a valid field 1 (CTA-708-E 4.3).
      const valid =
        pair !== undefined || this.#live[field] || (field === 0 && this.#fields[1].length > 0);
      frame[at++] = (valid ? 0xfc : 0xf8) | field;
      frame[at++] = pair === undefined ? 0x80 : pair >> 8;
      frame[at++] = pair === undefined ? 0x80 : pair & 0xff;
    }
    at = this.#sendDtvcc(frame, at);
    for (; at < frame.length; at += 3) frame[at] = 0xfa;
    return frame;
  }

  #sendDtvcc(frame: Uint8Array, start: number): number {
    let at = start;
    while (at < frame.length) {
      const packet = this.#packets[0];
      if (packet === undefined) break;
      const { triplets } = packet;
      while (at < frame.length && packet.sent < triplets.length) {
        for (let i = 0; i < 3; i++) frame[at++] = triplets[packet.sent++] as number;
        this.#queuedTriplets--;
      }
      // The last packet stays: more of it may come.
      if (packet.sent < triplets.length || this.#packets.length === 1) break;
      this.#packets.shift();
    }
    return at;
  }
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
