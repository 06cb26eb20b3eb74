import { wrapDiff } from "@x/bits";

const SEQUENCE_MODULUS = 0x1_0000;
/** RFC 3550 A.1: farther than this is no reordering but a jump of the sender's numbering. */
const MAX_DROPOUT = 3000;
const MAX_MISORDER = 100;
/** Numbers remembered at least, to tell a duplicate from a late packet. */
const MIN_MEMORY = 512;

/** What the order is made of. */
export interface Sequenced {
  /** 16 bits. */
  readonly sequenceNumber: number;
  readonly timestamp: number;
  /** High 16 bits of the sequence number as the sender counts it; looked at in the first packet only. */
  readonly high: number;
  /** Nanoseconds. */
  readonly arrivalNs: bigint | undefined;
}

/** What becomes of the packets. Extended sequence numbers count on beyond 2³². */
export interface SequenceSink<T> {
  /** The next one in order; `missing` packets before it were given up. */
  deliver(packet: T, extended: number, missing: number): void;
  gap(first: number, count: number): void;
  late(extended: number): void;
  duplicate(extended: number): void;
  /** The sender counts anew: everything delivered from now on has nothing to do with what was before. */
  restart(): void;
}

interface Held<T> {
  readonly extended: number;
  readonly packet: T;
  /** A jump that nothing continued: only the window or the end of the stream makes it count. */
  readonly outlier: boolean;
}

/**
 * Puts RTP packets into the order of their extended sequence numbers: holds what is ahead of a hole, gives the hole
 * up when `window` packets wait behind it, drops duplicates and late ones, and notices restarts.
 */
export class SequenceOrder<T extends Sequenced> {
  readonly #window: number;
  readonly #sink: SequenceSink<T>;
  readonly #legs: number;
  /** The latest number that was received, at index number modulo length. */
  readonly #seen: Float64Array;
  #held: Held<T>[] = [];
  #started = false;
  #expected = 0;
  #highest = 0;
  #highestTimestamp = 0;
  #suspect: T | undefined;

  constructor(window: number, legs: number, sink: SequenceSink<T>) {
    this.#window = window;
    this.#legs = legs;
    this.#sink = sink;
    const memory = Math.max(MIN_MEMORY, 2 ** Math.ceil(Math.log2(window * 4)));
    this.#seen = new Float64Array(memory).fill(Number.NaN);
  }

  /** When the packet that has waited longest arrived. `undefined`: none waits, or no time is known. */
  get waitingSinceNs(): bigint | undefined {
    let earliest: bigint | undefined;
    for (const { packet, outlier } of this.#held) {
      const { arrivalNs } = packet;
      if (outlier) continue;
      if (arrivalNs !== undefined && (earliest === undefined || arrivalNs < earliest)) {
        earliest = arrivalNs;
      }
    }
    return earliest;
  }

  /** @returns true when the packet has to wait: it will be delivered by a later call */
  push(packet: T): boolean {
    if (!this.#started) {
      this.#start(packet);
      return false;
    }
    const suspect = this.#suspect;
    if (suspect !== undefined) {
      const step = (packet.sequenceNumber - suspect.sequenceNumber) & 0xffff;
      if (step === 0 && packet.timestamp === suspect.timestamp) {
        this.#sink.duplicate(this.#extend(packet.sequenceNumber));
        return false;
      }
      this.#suspect = undefined;
      if (step === 1) {
        this.flush();
        this.#sink.restart();
        this.#start(suspect);
      } else {
        this.#sort(suspect, this.#extend(suspect.sequenceNumber), true);
      }
    }
    const extended = this.#extend(packet.sequenceNumber);
    if (this.#isJump(packet, extended)) this.#suspect = packet;
    else this.#sort(packet, extended, false);
    return this.#suspect === packet || this.#held.some((held) => held.packet === packet);
  }

  /** Give up the first hole and hand over what waits behind it, up to the next hole. */
  giveUpHole(): void {
    const first = this.#held[0];
    if (first === undefined) return;
    const missing = first.extended - this.#expected;
    this.#sink.gap(this.#expected, missing);
    this.#expected = first.extended;
    this.#highest = Math.max(this.#highest, first.extended);
    this.#drain(missing);
  }

  /** End of the stream: give up all holes. Then as new. */
  flush(): void {
    if (this.#suspect !== undefined) {
      const suspect = this.#suspect;
      this.#suspect = undefined;
      this.#sort(suspect, this.#extend(suspect.sequenceNumber), true);
    }
    while (this.#held.length > 0) this.giveUpHole();
    this.reset();
  }

  /** Forget everything. */
  reset(): void {
    this.#started = false;
    this.#suspect = undefined;
    this.#held = [];
    this.#seen.fill(Number.NaN);
  }

  #start(packet: T): void {
    this.#started = true;
    this.#expected = packet.high * SEQUENCE_MODULUS + packet.sequenceNumber;
    this.#highest = this.#expected;
    this.#sort(packet, this.#expected, false);
  }

  /** The number nearest to the highest seen so far that ends in `sequenceNumber`. */
  #extend(sequenceNumber: number): number {
    const ahead = (sequenceNumber - this.#highest) & 0xffff;
    return this.#highest + (ahead < 0x8000 ? ahead : ahead - SEQUENCE_MODULUS);
  }

  #isJump(packet: T, extended: number): boolean {
    const ahead = extended - this.#highest;
    if (ahead <= MAX_DROPOUT && ahead >= -MAX_MISORDER) return false;
    // The slower leg of ST 2022-7 may lag far behind; a sender that begins anew goes on in time.
    const later = wrapDiff(packet.timestamp, this.#highestTimestamp, 2 ** 32) > 0;
    return ahead > 0 || this.#legs === 1 || later;
  }

  #sort(packet: T, extended: number, outlier: boolean): void {
    const slot = this.#slot(extended);
    if (this.#seen[slot] === extended) {
      this.#sink.duplicate(extended);
      return;
    }
    // A straggler from before the memory must not push out a younger number.
    if (!outlier && !((this.#seen[slot] as number) > extended)) this.#seen[slot] = extended;
    if (extended < this.#expected) {
      this.#sink.late(extended);
      return;
    }
    if (extended >= this.#highest && !outlier) {
      this.#highest = extended;
      this.#highestTimestamp = packet.timestamp;
    }
    if (extended === this.#expected) {
      this.#expected++;
      this.#sink.deliver(packet, extended, 0);
      this.#drain(0);
      return;
    }
    let at = this.#held.length;
    while (at > 0 && (this.#held[at - 1] as { extended: number }).extended > extended) at--;
    if (this.#held[at - 1]?.extended === extended) {
      this.#sink.duplicate(extended);
      return;
    }
    this.#held.splice(at, 0, { extended, packet, outlier });
    while (this.#held.length >= this.#window) this.giveUpHole();
  }

  #drain(missingBefore: number): void {
    let missing = missingBefore;
    let count = 0;
    for (const { extended, packet } of this.#held) {
      if (extended !== this.#expected) break;
      this.#expected++;
      count++;
      this.#sink.deliver(packet, extended, missing);
      missing = 0;
    }
    if (count > 0) this.#held.splice(0, count);
  }

  #slot(extended: number): number {
    const length = this.#seen.length;
    return ((extended % length) + length) % length;
  }
}
