import { PACKET_SIZE } from "./constants.js";

/** What a packet with payload is to the one before it on its PID (ISO/IEC 13818-1 2.4.3.3). */
export type Continuity = "continues" | "duplicate" | "gap";

/** Checks the continuity_counter of one PID. */
export class ContinuityChecker {
  #last = -1;
  #repeated = false;
  #signature = 0;

  /**
   * Judge the packet with the payload `bytes[start..end)`. A copy may follow a packet once; it must have the same
   * payload, so that sixteen lost packets are no duplicate.
   */
  next(continuityCounter: number, bytes: Uint8Array, start: number, end: number): Continuity {
    const last = this.#last;
    this.#last = continuityCounter;
    const signature = signatureOf(bytes, start, end);
    const same = signature === this.#signature;
    this.#signature = signature;
    if (last < 0 || continuityCounter === ((last + 1) & 0x0f)) {
      this.#repeated = false;
      return "continues";
    }
    if (continuityCounter === last && same && !this.#repeated) {
      this.#repeated = true;
      return "duplicate";
    }
    this.#repeated = false;
    return "gap";
  }

  /** The counter that continues; -1 when any does. */
  get expected(): number {
    return this.#last < 0 ? -1 : (this.#last + 1) & 0x0f;
  }

  /** A run of packets that continues was taken elsewhere: `at` is the index of the last one's sync byte. */
  acceptRun(bytes: Uint8Array, at: number): void {
    this.#last = (bytes[at + 3] as number) & 0x0f;
    this.#repeated = false;
    this.#signature = signatureOf(bytes, at + 4, at + PACKET_SIZE);
  }

  /** Forget the past: the next packet continues whatever its counter. */
  reset(): void {
    this.#last = -1;
    this.#repeated = false;
  }
}

/**
 * How many packets from the one at `at` on (its sync byte) follow each other on one PID, full of clear payload, without a
 * unit start, their counters going on; 0 when it is not such a packet itself.
 * @param most packets that are there
 */
export function runLength(bytes: Uint8Array, at: number, most: number, stride: number): number {
  const head = bytes[at + 1] as number;
  const low = bytes[at + 2] as number;
  let control = bytes[at + 3] as number;
  if (head >= 0x40 || (control & 0xf0) !== 0x10) return 0;
  let length = 0;
  let next = at;
  while (
    length < most &&
    bytes[next + 3] === control &&
    bytes[next + 2] === low &&
    bytes[next + 1] === head
  ) {
    length++;
    next += stride;
    control = 0x10 | ((control + 1) & 0x0f);
  }
  return length;
}

/** A few bytes from both ends and the middle: payloads that follow each other differ there in practice. */
function signatureOf(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 8) {
    let signature = end - start;
    for (let at = start; at < end; at++) signature = (signature << 8) ^ (bytes[at] as number);
    return signature;
  }
  const middle = (start + end) >> 1;
  const first =
    ((bytes[start] as number) << 24) |
    ((bytes[start + 1] as number) << 16) |
    ((bytes[start + 2] as number) << 8) |
    (bytes[middle] as number);
  const last =
    ((bytes[end - 4] as number) << 24) |
    ((bytes[end - 3] as number) << 16) |
    ((bytes[end - 2] as number) << 8) |
    (bytes[end - 1] as number);
  return (Math.imul(first, 31) + last) | 0;
}
