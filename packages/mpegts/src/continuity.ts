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

  /** Forget the past: the next packet continues whatever its counter. */
  reset(): void {
    this.#last = -1;
    this.#repeated = false;
  }
}

/** A few bytes from both ends and between, mixed: payloads that follow each other differ there in practice. */
function signatureOf(bytes: Uint8Array, start: number, end: number): number {
  let signature = end - start;
  const step = (end - start) >> 3;
  if (step === 0) {
    for (let at = start; at < end; at++) {
      signature = (Math.imul(signature, 31) + (bytes[at] as number)) | 0;
    }
    return signature;
  }
  for (let at = start; at < end; at += step) {
    signature = (Math.imul(signature, 31) + (bytes[at] as number)) | 0;
  }
  return (Math.imul(signature, 31) + (bytes[end - 1] as number)) | 0;
}
