import { plain } from "@x/bits";
import { PACKET_SIZE, PACKET_STRIDES, type PacketStride, SYNC_BYTE } from "./constants.js";
import { findSync, SEARCH_WINDOW, type SyncCandidate } from "./sync-search.js";

/**
 * Takes a run of transport packets.
 * @param bytes what holds them: the pushed chunk, or own memory of the framer that is not written again
 * @param at index of the first sync byte; 188 bytes are there from each sync byte on
 * @param count packets, at least one
 * @param stride from one sync byte to the next
 * @param packet packets before the first, including those dropped for a wrong sync byte
 * @param offset stream offset of the first sync byte
 */
export type PacketHandler = (
  bytes: Uint8Array,
  at: number,
  count: number,
  stride: PacketStride,
  packet: number,
  offset: number,
) => void;

/** Why bytes are not part of a good packet. */
export type SkipReason =
  /** Before the first packet. */
  | "acquiring"
  /** Behind the place where framing was lost. */
  | "sync-lost"
  /** A packet with a wrong sync byte between good ones; it counts as a packet. */
  | "sync-byte"
  /**
   * Behind the last packet of a run of 192, 204 or 208-byte packets: the next one's arrival time, or the last one's
   * check bytes. Inside a run they lie between the packets.
   */
  | "between"
  /** Behind the last whole packet at the end of the input. */
  | "end";

/** Takes `bytes[start..end)`, which are no packet; `offset`: the stream offset of `start`. */
export type SkipHandler = (
  bytes: Uint8Array,
  start: number,
  end: number,
  offset: number,
  reason: SkipReason,
) => void;

/** Options of {@link TsFramer}. */
export interface TsFramerOptions {
  /** Distance of sync bytes. Default: found out. */
  readonly packetSize?: PacketStride;
  /** Told of bytes that are no packet. A reason may come in several pieces. Default: nobody. */
  readonly onSkip?: SkipHandler;
}

/** Bytes behind what is held that are enough to get past it while framing holds: two packets and one more. */
const TRACK_WINDOW = 3 * 208;

/**
 * Cuts packets of 188, 192, 204 or 208 bytes out of chunks of any size (ISO/IEC 13818-1 2.4.3.1, annex G).
 *
 * Framing begins where five sync bytes follow at one distance (or all that are left, at least three) and the packets
 * are the most plausible ones around. One wrong sync byte with two good ones behind it costs that packet only. A
 * packet is handed out when its 188 bytes are there. The result does not depend on the chunks; memory held is below
 * 8 KiB.
 */
export class TsFramer {
  readonly #onSkip: SkipHandler | undefined;
  readonly #strides: readonly PacketStride[];
  #held: Uint8Array = new Uint8Array(0);
  #heldLength = 0;
  /** Stream offset of the first byte that is not consumed yet. */
  #offset = 0;
  #locked = false;
  #stride: PacketStride;
  /** Bytes from the first unconsumed one on that lie between two packets. */
  #between = 0;
  #packets = 0;
  #resyncs = 0;
  #firstSync: number | undefined;
  #ended = false;

  constructor(options: TsFramerOptions = {}) {
    const { packetSize } = options;
    if (packetSize !== undefined && !PACKET_STRIDES.includes(packetSize)) {
      throw new RangeError(`packetSize: ${packetSize} is not 188, 192, 204 or 208`);
    }
    this.#onSkip = options.onSkip;
    this.#strides = packetSize === undefined ? PACKET_STRIDES : [packetSize];
    this.#stride = this.#strides[0] as PacketStride;
  }

  /** Distance of sync bytes in force; `undefined` before the first packet. */
  get packetSize(): PacketStride | undefined {
    return this.#firstSync === undefined ? undefined : this.#stride;
  }

  /** Packets so far, including those dropped for a wrong sync byte. */
  get packets(): number {
    return this.#packets;
  }

  /** Times that framing was lost. */
  get resyncs(): number {
    return this.#resyncs;
  }

  /** Stream offset of the first packet's sync byte. */
  get firstSync(): number | undefined {
    return this.#firstSync;
  }

  /** Feed a chunk; `onPackets` is called for the packets that it completes. */
  push(chunk: Uint8Array, onPackets: PacketHandler): void {
    if (this.#ended) this.reset();
    const input = plain(chunk);
    let from = 0;
    if (this.#heldLength > 0) {
      from = this.#pushJoined(input, onPackets);
      if (from < 0) return;
    }
    const consumed = this.#run(input, from, input.length, input.length, false, onPackets);
    this.#hold(input, consumed, input.length);
  }

  /** End of input: what is held is judged without waiting for more. The counters stay until the next push. */
  flush(onPackets: PacketHandler): void {
    const held = this.#held;
    const length = this.#heldLength;
    const at = this.#run(held, 0, length, length, true, onPackets);
    this.#skip(held, at, length, "end");
    this.#hold(held, length, length);
    this.#ended = true;
  }

  /** Forget everything, the counters too. */
  reset(): void {
    this.#held = new Uint8Array(0);
    this.#heldLength = 0;
    this.#offset = 0;
    this.#locked = false;
    this.#stride = this.#strides[0] as PacketStride;
    this.#between = 0;
    this.#packets = 0;
    this.#resyncs = 0;
    this.#firstSync = undefined;
    this.#ended = false;
  }

  /**
   * Work off what is held with the head of `input` behind it: as little of it as gets past what is held.
   * @returns where to go on in `input`, or -1 when all of it is held now
   */
  #pushJoined(input: Uint8Array, onPackets: PacketHandler): number {
    let taken = 0;
    while (true) {
      const old = this.#heldLength - taken;
      taken += this.#append(input, taken, this.#locked ? TRACK_WINDOW : SEARCH_WINDOW);
      const length = this.#heldLength;
      const at = this.#run(this.#held, 0, length, old, false, onPackets);
      if (at >= old) return at - old;
      this.#hold(this.#held, at, length);
      if (taken === input.length) return -1;
    }
  }

  /** Put up to `window` bytes of `input` behind what is held; returns how many. */
  #append(input: Uint8Array, from: number, window: number): number {
    const count = Math.min(input.length - from, window);
    const length = this.#heldLength + count;
    if (length > this.#held.length) {
      const grown = new Uint8Array(this.#heldLength + window);
      grown.set(this.#held.subarray(0, this.#heldLength));
      this.#held = grown;
    }
    this.#held.set(input.subarray(from, from + count), this.#heldLength);
    this.#heldLength = length;
    return count;
  }

  /** Keep `bytes[from..end)` for the next push. Memory that packets were handed out of is not written again. */
  #hold(bytes: Uint8Array, from: number, end: number): void {
    this.#heldLength = end - from;
    if (bytes === this.#held && from === 0) return;
    this.#held = from === end ? new Uint8Array(0) : bytes.slice(from, end);
  }

  /**
   * Consume what begins before `stop`.
   * @returns index of the first byte that is not consumed
   */
  #run(
    bytes: Uint8Array,
    from: number,
    end: number,
    stop: number,
    final: boolean,
    onPackets: PacketHandler,
  ): number {
    let at = from;
    while (at < stop) {
      if (!this.#locked) {
        at = this.#search(bytes, at, end, stop, final);
        if (!this.#locked) break;
      }
      at = this.#track(bytes, at, end, stop, final, onPackets);
      if (this.#locked) break;
    }
    return at;
  }

  /** Hand out packets until `stop`, until bytes are missing, or until framing is lost. */
  #track(
    bytes: Uint8Array,
    from: number,
    end: number,
    stop: number,
    final: boolean,
    onPackets: PacketHandler,
  ): number {
    const stride = this.#stride;
    let at = this.#pass(bytes, from, end);
    while (at < stop) {
      at = this.#goodPackets(bytes, at, end, stop, onPackets);
      if (at >= stop || this.#between > 0) return at;
      if (bytes[at] === SYNC_BYTE) return at;
      if (!final && at + 2 * stride >= end) return at;
      const good = isSyncOrEnd(bytes, at + stride, end) && isSyncOrEnd(bytes, at + 2 * stride, end);
      if (!good) {
        this.#resyncs++;
        this.#locked = false;
        this.#skip(bytes, at, at + 1, "sync-lost");
        return at + 1;
      }
      if (at + PACKET_SIZE > end) return at;
      this.#packets++;
      this.#skip(bytes, at, at + PACKET_SIZE, "sync-byte");
      this.#between = stride - PACKET_SIZE;
      at = this.#pass(bytes, at + PACKET_SIZE, end);
    }
    return at;
  }

  /** The hot loop: hand out packets as long as they are whole and have their sync byte. */
  #goodPackets(
    bytes: Uint8Array,
    from: number,
    end: number,
    stop: number,
    onPackets: PacketHandler,
  ): number {
    const stride = this.#stride;
    const last = Math.min(stop - 1, end - PACKET_SIZE);
    let next = from;
    while (next <= last && bytes[next] === SYNC_BYTE) next += stride;
    if (next === from) return from;
    const count = (next - from) / stride;
    const packet = this.#packets;
    const offset = this.#offset;
    const runEnd = next - stride + PACKET_SIZE;
    this.#packets += count;
    this.#offset += runEnd - from;
    this.#between = stride - PACKET_SIZE;
    onPackets(bytes, from, count, stride, packet, offset);
    return this.#pass(bytes, runEnd, end);
  }

  /** Pass over what lies between two packets, as far as it is there. */
  #pass(bytes: Uint8Array, at: number, end: number): number {
    if (this.#between === 0) return at;
    const next = Math.min(at + this.#between, end);
    this.#between -= next - at;
    this.#skip(bytes, at, next, "between");
    return next;
  }

  /** Look for the next packet; everything before the result is passed over. */
  #search(bytes: Uint8Array, from: number, end: number, stop: number, final: boolean): number {
    const reason = this.#firstSync === undefined ? "acquiring" : "sync-lost";
    const strides = this.#firstSync === undefined ? this.#strides : this.#preferred();
    let at = from;
    for (; at < stop && (final || end - at >= SEARCH_WINDOW); at++) {
      if (bytes[at] !== SYNC_BYTE) continue;
      const found = findSync(bytes, at, end, strides) ?? this.#wholeInput(bytes, at, end, final);
      if (found === undefined) continue;
      if (found.at > at) {
        at = found.at - 1;
        continue;
      }
      this.#stride = found.stride;
      this.#locked = true;
      break;
    }
    if (this.#locked) this.#firstSync ??= this.#offset + at - from;
    this.#skip(bytes, from, at, reason);
    return at;
  }

  #preferred(): readonly PacketStride[] {
    const last = this.#stride;
    return [last, ...this.#strides.filter((stride) => stride !== last)];
  }

  /** An input of one or two bare packets is too short for a run of sync bytes. */
  #wholeInput(
    bytes: Uint8Array,
    at: number,
    end: number,
    final: boolean,
  ): SyncCandidate | undefined {
    const whole =
      final &&
      this.#offset === 0 &&
      at === 0 &&
      this.#strides.includes(PACKET_SIZE) &&
      (end === PACKET_SIZE || (end === 2 * PACKET_SIZE && bytes[PACKET_SIZE] === SYNC_BYTE));
    return whole ? { at, stride: PACKET_SIZE } : undefined;
  }

  #skip(bytes: Uint8Array, start: number, end: number, reason: SkipReason): void {
    if (end <= start) return;
    const offset = this.#offset;
    this.#offset += end - start;
    this.#onSkip?.(bytes, start, end, offset, reason);
  }
}

function isSyncOrEnd(bytes: Uint8Array, at: number, end: number): boolean {
  return at >= end || bytes[at] === SYNC_BYTE;
}
