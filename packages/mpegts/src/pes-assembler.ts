import { uint16 } from "@x/bits";
import type { PesDamage } from "./events.js";

/** Memory that all assemblers of a demuxer share out. */
export interface PesBudget {
  /** Bytes that one PES packet may have. */
  readonly maxPesSize: number;
  /** Bytes that may be held for all of them. */
  readonly maxBufferedBytes: number;
  bufferedBytes: number;
  /** Where memory comes from and goes back to; `undefined`: every PES packet gets its own. */
  readonly pool: BufferPool | undefined;
}

/** Memory that is handed out until the next push, and then used again. */
export class BufferPool {
  readonly #free: Uint8Array[] = [];
  readonly #lent: Uint8Array[] = [];

  /** At least `size` bytes. */
  take(size: number): Uint8Array {
    for (let i = this.#free.length - 1; i >= 0; i--) {
      const bytes = this.#free[i] as Uint8Array;
      if (bytes.length < size) continue;
      this.#free[i] = this.#free[this.#free.length - 1] as Uint8Array;
      this.#free.pop();
      return bytes;
    }
    return new Uint8Array(size);
  }

  /** `bytes` are handed out: they come back with the next {@link recycle}. */
  lend(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#lent.push(bytes);
  }

  /** What was handed out may be written again. */
  recycle(): void {
    for (const bytes of this.#lent) if (this.#free.length < MAX_FREE) this.#free.push(bytes);
    this.#lent.length = 0;
  }
}

/** Pieces of memory that a pool keeps. */
const MAX_FREE = 64;

/** A PES packet put together: `bytes` begins with the start code. */
export interface AssembledPes {
  readonly bytes: Uint8Array;
  /** Packet and stream offset of its first byte. */
  readonly packet: number;
  readonly offset: number;
  readonly randomAccess: boolean;
  readonly discontinuity: boolean;
  readonly damage: PesDamage | undefined;
}

/** Payload of a packet without adaptation field. */
const FULL_PAYLOAD = 184;
/** Packets that are copied in one go, so that they are still in the processor's nearest cache when they are moved. */
const PACKETS_AT_ONCE = 64;
/** Bytes up to PES_packet_length. */
const PREFIX_SIZE = 6;
const FIRST_CAPACITY = 2048;

/** Puts the PES packets of one PID together. Each has own memory, except those that lie in one packet. */
export class PesAssembler {
  readonly #budget: PesBudget;
  #bytes: Uint8Array = new Uint8Array(0);
  #length = 0;
  /** Size of the PES packet, Infinity when it lasts until the next one, 0 when it is not known yet. */
  #size = 0;
  /** Size of the last one of unknown length: a good guess for the next. */
  #lastSize = 0;
  #active = false;
  #packet = 0;
  #offset = 0;
  #randomAccess = false;
  #discontinuity = false;
  #damage: PesDamage | undefined;

  constructor(budget: PesBudget) {
    this.#budget = budget;
  }

  /** True while a PES packet has begun and not ended. */
  get active(): boolean {
    return this.#active;
  }

  /**
   * A unit starts with the payload `bytes[start..end)`; call {@link finish} before.
   * @returns the PES packet when it is whole
   */
  start(
    bytes: Uint8Array,
    start: number,
    end: number,
    place: { readonly packet: number; readonly offset: number },
    randomAccess: boolean,
    discontinuity: boolean,
  ): AssembledPes | undefined {
    this.#active = true;
    this.#packet = place.packet;
    this.#offset = place.offset;
    this.#randomAccess = randomAccess;
    this.#discontinuity = discontinuity;
    this.#damage = undefined;
    this.#length = 0;
    this.#size = sizeFrom(bytes, start, end);
    if (this.#size !== 0 && start + this.#size <= end) {
      return this.#end(bytes.subarray(start, start + this.#size));
    }
    return this.add(bytes, start, end);
  }

  /**
   * The payload `bytes[start..end)` continues the unit; ignored when none is active.
   * @returns the PES packet when it is whole
   */
  add(bytes: Uint8Array, start: number, end: number): AssembledPes | undefined {
    if (!this.#active) return undefined;
    const wanted = this.#size === 0 ? Number.POSITIVE_INFINITY : this.#size;
    const taken = Math.min(end - start, wanted - this.#length);
    if (!this.#reserve(this.#length + taken)) {
      this.#damage = "oversize";
      return this.finish();
    }
    // Half the time that a subarray takes.
    const piece = new Uint8Array(bytes.buffer, bytes.byteOffset + start, taken);
    this.#bytes.set(piece, this.#length);
    this.#length += taken;
    if (this.#size === 0) {
      this.#size = sizeFrom(this.#bytes, 0, this.#length);
      if (this.#size > 0 && this.#size < this.#length) this.#length = this.#size;
    }
    return this.#length === this.#size ? this.finish() : undefined;
  }

  /** Packets full of payload that can be added without more memory, and without completing the PES packet. */
  get roomForPackets(): number {
    if (!this.#active || this.#size === 0) return 0;
    const limit = Math.min(this.#bytes.length, this.#size - 1);
    return Math.max(0, Math.floor((limit - this.#length) / FULL_PAYLOAD));
  }

  /**
   * Packets full of payload continue the unit: as many as {@link roomForPackets} at most.
   * @param start index of the first payload
   * @param stride from one to the next
   */
  addPackets(bytes: Uint8Array, start: number, count: number, stride: number): void {
    const target = this.#bytes;
    let length = this.#length;
    let from = start;
    let left = count;
    // One copy of everything and a move for each packet take half the time of a copy for each packet.
    while (left > 0) {
      const fit = Math.floor((target.length - length - FULL_PAYLOAD) / stride) + 1;
      const together = Math.min(left, fit, PACKETS_AT_ONCE);
      const span = (together - 1) * stride + FULL_PAYLOAD;
      target.set(new Uint8Array(bytes.buffer, bytes.byteOffset + from, span), length);
      let packet = length;
      for (let i = 1; i < together; i++) {
        packet += stride;
        length += FULL_PAYLOAD;
        target.copyWithin(length, packet, packet + FULL_PAYLOAD);
      }
      length += FULL_PAYLOAD;
      from += together * stride;
      left -= together;
    }
    this.#length = length;
  }

  /** Note that the PES packet at hand is not whole; the first reason stays. */
  damage(reason: PesDamage): void {
    if (this.#active) this.#damage ??= reason;
  }

  /**
   * End the PES packet at hand: the next unit starts, or the input ends.
   * @returns it, `damage` telling whether its length was not reached; `undefined` when none is active
   */
  finish(): AssembledPes | undefined {
    if (!this.#active) return undefined;
    if (this.#size !== this.#length && this.#size !== Number.POSITIVE_INFINITY) {
      this.#damage ??= "truncated";
    }
    if (this.#size === Number.POSITIVE_INFINITY) this.#lastSize = this.#length;
    const { pool } = this.#budget;
    pool?.lend(this.#bytes);
    const wasteful = pool === undefined && this.#bytes.length > 2 * this.#length;
    const bytes = this.#bytes.subarray(0, this.#length);
    return this.#end(wasteful ? bytes.slice() : bytes);
  }

  /** End the PES packet at hand if it has no length: nothing of it follows. */
  finishUnbounded(): AssembledPes | undefined {
    return this.#active && this.#size === Number.POSITIVE_INFINITY ? this.finish() : undefined;
  }

  /** Drop the PES packet at hand. */
  reset(): void {
    this.#active = false;
    this.#release();
  }

  #end(bytes: Uint8Array): AssembledPes {
    this.#active = false;
    this.#release();
    return {
      bytes,
      packet: this.#packet,
      offset: this.#offset,
      randomAccess: this.#randomAccess,
      discontinuity: this.#discontinuity,
      damage: this.#damage,
    };
  }

  #release(): void {
    this.#budget.bufferedBytes -= this.#bytes.length;
    this.#bytes = new Uint8Array(0);
  }

  /** Make room for `length` bytes; false when a limit is in the way. */
  #reserve(length: number): boolean {
    if (length <= this.#bytes.length) return true;
    const { maxPesSize, maxBufferedBytes, bufferedBytes } = this.#budget;
    if (length > maxPesSize) return false;
    const known = this.#size > 0 && this.#size < maxPesSize;
    const limit = known ? this.#size : maxPesSize;
    const likely = known ? this.#size : this.#lastSize + (this.#lastSize >> 3);
    const wanted = Math.max(
      length,
      Math.min(limit, Math.max(2 * this.#bytes.length, FIRST_CAPACITY, likely)),
    );
    if (bufferedBytes + wanted - this.#bytes.length > maxBufferedBytes) return false;
    const { pool } = this.#budget;
    const grown = pool === undefined ? new Uint8Array(wanted) : pool.take(wanted);
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#budget.bufferedBytes += grown.length - this.#bytes.length;
    if (pool !== undefined && this.#bytes.length > 0) pool.lend(this.#bytes);
    this.#bytes = grown;
    return true;
  }
}

/** Size of the PES packet at `start`; Infinity for PES_packet_length 0, 0 when the length is not there yet. */
function sizeFrom(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < PREFIX_SIZE) return 0;
  const length = uint16(bytes, start + 4);
  return length === 0 ? Number.POSITIVE_INFINITY : PREFIX_SIZE + length;
}
