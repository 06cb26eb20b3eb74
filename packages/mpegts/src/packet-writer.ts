import { writePcr } from "@x/bits";
import { NULL_PID, PACKET_SIZE, SYNC_BYTE } from "./constants.js";

/** Bytes to send on a PID: a PES packet or a section, in two pieces so that the payload is copied once. */
export interface Outgoing {
  readonly head: Uint8Array;
  readonly data: Uint8Array;
  /** Bytes sent so far. */
  position: number;
}

/** What a packet's adaptation field says. */
export interface PacketFlags {
  readonly discontinuity: boolean;
  readonly randomAccess: boolean;
  /** 27 MHz below 2^33 · 300, or -1. */
  readonly pcr: number;
}

/** Collects transport packets in memory that grows. */
export class PacketWriter {
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(64 * PACKET_SIZE);
  #length = 0;

  /** What was collected since the last call: own memory. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    return taken;
  }

  /**
   * Write the next packet of `outgoing`; its end is filled up with adaptation field stuffing, or behind a section with
   * 0xFF.
   */
  payload(
    pid: number,
    continuityCounter: number,
    outgoing: Outgoing,
    flags: PacketFlags,
    section: boolean,
  ): void {
    const at = this.#next();
    const bytes = this.#bytes;
    const start = outgoing.position === 0;
    const left = outgoing.head.length + outgoing.data.length - outgoing.position;
    let adaptation = flagsSize(flags);
    let room = PACKET_SIZE - 4 - adaptation;
    if (!section && left < room) {
      adaptation += room - left;
      room = left;
    }
    bytes[at] = SYNC_BYTE;
    bytes[at + 1] = (start ? 0x40 : 0) | (pid >>> 8);
    bytes[at + 2] = pid & 0xff;
    bytes[at + 3] = (adaptation > 0 ? 0x30 : 0x10) | continuityCounter;
    if (adaptation > 0) writeAdaptationField(bytes, at + 4, adaptation, flags);
    const payload = at + 4 + adaptation;
    const taken = Math.min(left, room);
    copyOut(outgoing, bytes, payload, taken);
    if (taken < room) bytes.fill(0xff, payload + taken, at + PACKET_SIZE);
  }

  /** Write a packet without payload; the continuity counter stays that of the last packet with payload. */
  empty(pid: number, continuityCounter: number, flags: PacketFlags): void {
    const at = this.#next();
    this.#bytes[at] = SYNC_BYTE;
    this.#bytes[at + 1] = pid >>> 8;
    this.#bytes[at + 2] = pid & 0xff;
    this.#bytes[at + 3] = 0x20 | continuityCounter;
    writeAdaptationField(this.#bytes, at + 4, PACKET_SIZE - 4, flags);
  }

  /** Write a null packet. */
  nothing(): void {
    const at = this.#next();
    this.#bytes[at] = SYNC_BYTE;
    this.#bytes[at + 1] = NULL_PID >>> 8;
    this.#bytes[at + 2] = NULL_PID & 0xff;
    this.#bytes[at + 3] = 0x10;
    this.#bytes.fill(0xff, at + 4, at + PACKET_SIZE);
  }

  #next(): number {
    const at = this.#length;
    this.#length += PACKET_SIZE;
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(this.#bytes.length * 2);
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    return at;
  }
}

function flagsSize(flags: PacketFlags): number {
  if (flags.pcr >= 0) return 8;
  return flags.discontinuity || flags.randomAccess ? 2 : 0;
}

/** `size` counts the length byte. */
function writeAdaptationField(
  bytes: Uint8Array,
  at: number,
  size: number,
  flags: PacketFlags,
): void {
  bytes[at] = size - 1;
  if (size === 1) return;
  bytes[at + 1] =
    (flags.discontinuity ? 0x80 : 0) |
    (flags.randomAccess ? 0x40 : 0) |
    (flags.pcr >= 0 ? 0x10 : 0);
  if (flags.pcr >= 0) writePcr(bytes, at + 2, flags.pcr);
  bytes.fill(0xff, at + (flags.pcr >= 0 ? 8 : 2), at + size);
}

function copyOut(outgoing: Outgoing, target: Uint8Array, at: number, count: number): void {
  const { head, data, position } = outgoing;
  outgoing.position += count;
  const fromHead = Math.min(count, Math.max(0, head.length - position));
  if (fromHead > 0) target.set(head.subarray(position, position + fromHead), at);
  if (fromHead === count) return;
  const start = position + fromHead - head.length;
  target.set(data.subarray(start, start + count - fromHead), at + fromHead);
}
