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

  /** Packets that continue were taken elsewhere: the last has this counter and the payload `bytes[start..end)`. */
  accept(continuityCounter: number, bytes: Uint8Array, start: number, end: number): void {
    this.#last = continuityCounter;
    this.#repeated = false;
    this.#signature = signatureOf(bytes, start, end);
  }

  /** Forget the past: the next packet continues whatever its counter. */
  reset(): void {
    this.#last = -1;
    this.#repeated = false;
  }
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
