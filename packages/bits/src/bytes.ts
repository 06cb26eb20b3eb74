/** The same memory as a plain `Uint8Array`: a `Buffer`'s `slice` shares memory, a `Uint8Array`'s copies. */
export function plain(bytes: Uint8Array): Uint8Array {
  return bytes.constructor === Uint8Array
    ? bytes
    : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A new array with all the pieces one after the other. */
export function concatBytes(...pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  const all = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** True when both hold the same bytes. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Unsigned 16 bits, big-endian. The caller has checked the bounds. */
export function uint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

/** Unsigned 24 bits, big-endian. The caller has checked the bounds. */
export function uint24(bytes: Uint8Array, at: number): number {
  return (uint16(bytes, at) << 8) | (bytes[at + 2] as number);
}

/** Unsigned 32 bits, big-endian. The caller has checked the bounds. */
export function uint32(bytes: Uint8Array, at: number): number {
  return ((uint16(bytes, at) << 16) | uint16(bytes, at + 2)) >>> 0;
}

/**
 * The part of a stream that a push parser has not consumed yet. One byte at a time costs linear time,
 * and a chunk that is consumed whole is never copied.
 */
export class PendingBytes {
  #held: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #heldLength = 0;
  #consumed = 0;

  /** Stream offset of the first byte of the next `append`'s result. */
  get offset(): number {
    return this.#consumed;
  }

  /** Bytes held over. */
  get length(): number {
    return this.#heldLength;
  }

  /** What is pending with `chunk` behind it: the chunk itself when nothing was, else a view of own memory. */
  append(chunk: Uint8Array): Uint8Array {
    const input = plain(chunk);
    if (this.#heldLength === 0) return input;
    const length = this.#heldLength + input.length;
    if (length > this.#held.length) {
      const grown = new Uint8Array(Math.max(length, this.#held.length * 2));
      grown.set(this.#held.subarray(0, this.#heldLength));
      this.#held = grown;
    }
    this.#held.set(input, this.#heldLength);
    this.#heldLength = length;
    return this.#held.subarray(0, length);
  }

  /** Keep `bytes` (the last `append`'s result) from `consumed` on for the next time. */
  keep(bytes: Uint8Array, consumed: number): void {
    this.#consumed += consumed;
    const left = bytes.length - consumed;
    const own = bytes.buffer === this.#held.buffer && this.#held.length > 0;
    if (own && consumed === 0) {
      this.#heldLength = left;
      return;
    }
    // A fresh array whenever something was consumed: views handed out keep their bytes.
    if (left === 0) {
      this.#held = new Uint8Array(0);
      this.#heldLength = 0;
      return;
    }
    this.#held = bytes.slice(consumed) as Uint8Array<ArrayBuffer>;
    this.#heldLength = left;
  }

  /** Forget everything, the offset too. */
  reset(): void {
    this.#held = new Uint8Array(0);
    this.#heldLength = 0;
    this.#consumed = 0;
  }
}
