import { plain } from "@x/bits";
import { PACKET_SIZE, PACKET_STRIDES, type PacketStride, SYNC_BYTE } from "./constants.js";
import { findSync, SEARCH_WINDOW } from "./sync-search.js";

/**
 * Takes one transport packet.
 * @param bytes what holds the packet: the pushed chunk, or own memory of the framer that is not written again
 * @param at index of the sync byte; 188 bytes from here on are there
 * @param packet count of packets before it, including those dropped for a wrong sync byte
 * @param offset stream offset of the sync byte
 */
export type PacketHandler = (bytes: Uint8Array, at: number, packet: number, offset: number) => void;

/** Why bytes are not part of a good packet. */
export type SkipReason =
  /** Before the first packet. */
  | "acquiring"
  /** Behind the place where framing was lost. */
  | "sync-lost"
  /** A packet with a wrong sync byte between good ones; it counts as a packet. */
  | "sync-byte"
  /** What lies between packets of 192, 204 and 208 bytes: the next one's arrival time, or the last one's check bytes. */
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

  /** Feed a chunk; `onPacket` is called for each packet that it completes. */
  push(chunk: Uint8Array, onPacket: PacketHandler): void {
    if (this.#ended) this.reset();
    const input = plain(chunk);
    let from = 0;
    if (this.#heldLength > 0) {
      from = this.#pushJoined(input, onPacket);
      if (from < 0) return;
    }
    const consumed = this.#run(input, from, input.length, input.length, false, onPacket);
    this.#hold(input, consumed, input.length);
  }

  /** End of input: what is held is judged without waiting for more. The counters stay until the next push. */
  flush(onPacket: PacketHandler): void {
    const held = this.#held;
    const length = this.#heldLength;
    const at = this.#run(held, 0, length, length, true, onPacket);
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
   * Work off what is held with the head of `input` behind it.
   * @returns where to go on in `input`, or -1 when all of it is held now
   */
  #pushJoined(input: Uint8Array, onPacket: PacketHandler): number {
    const held = this.#heldLength;
    // So many bytes of the chunk are enough to get past what is held, in any state.
    const taken = Math.min(input.length, SEARCH_WINDOW);
    const length = held + taken;
    if (length > this.#held.length) {
      const grown = new Uint8Array(held + SEARCH_WINDOW);
      grown.set(this.#held.subarray(0, held));
      this.#held = grown;
    }
    this.#held.set(taken === input.length ? input : input.subarray(0, taken), held);
    const at = this.#run(this.#held, 0, length, held, false, onPacket);
    if (at >= held) {
      this.#heldLength = 0;
      return at - held;
    }
    this.#hold(this.#held, at, length);
    return -1;
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
    onPacket: PacketHandler,
  ): number {
    let at = from;
    while (at < stop) {
      if (!this.#locked) {
        at = this.#search(bytes, at, end, stop, final);
        if (!this.#locked) break;
      }
      at = this.#track(bytes, at, end, stop, final, onPacket);
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
    onPacket: PacketHandler,
  ): number {
    const stride = this.#stride;
    let at = this.#pass(bytes, from, end);
    while (at < stop) {
      if (bytes[at] === SYNC_BYTE) {
        if (at + PACKET_SIZE > end) return at;
        const offset = this.#offset;
        this.#offset += PACKET_SIZE;
        onPacket(bytes, at, this.#packets++, offset);
        at += PACKET_SIZE;
        if (stride !== PACKET_SIZE) {
          this.#between = stride - PACKET_SIZE;
          at = this.#pass(bytes, at, end);
        }
        continue;
      }
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
      const stride = findSync(bytes, at, end, strides) ?? this.#wholeInput(bytes, at, end, final);
      if (stride === undefined) continue;
      this.#stride = stride;
      this.#locked = true;
      break;
    }
    this.#skip(bytes, from, at, reason);
    if (this.#locked) this.#firstSync ??= this.#offset;
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
  ): PacketStride | undefined {
    const whole =
      final &&
      this.#offset === 0 &&
      at === 0 &&
      this.#strides.includes(PACKET_SIZE) &&
      (end === PACKET_SIZE || (end === 2 * PACKET_SIZE && bytes[PACKET_SIZE] === SYNC_BYTE));
    return whole ? PACKET_SIZE : undefined;
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
