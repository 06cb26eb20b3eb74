/**
 * The start of something whose rest is still to come. Two arrays take turns, so that views of one keep their bytes
 * while the other is filled, and a long stream allocates nothing.
 */
export class HeldBytes {
  #current = new Uint8Array(0);
  #other = new Uint8Array(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** A view. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#current.subarray(0, this.#length);
  }

  /** Hold `bytes` from `from` on, in the array that the last `bytes` was no view of. */
  set(bytes: Uint8Array, from: number): void {
    [this.#current, this.#other] = [this.#other, this.#current];
    this.#length = 0;
    this.append(bytes, from, bytes.length, 0);
  }

  /**
   * Add `bytes[from, to)`.
   * @param wanted the length that will do: no more room than that and twice the present length is made
   */
  append(bytes: Uint8Array, from: number, to: number, wanted: number): void {
    const length = this.#length + to - from;
    if (length > this.#current.length) {
      const grown = new Uint8Array(Math.max(length, Math.min(wanted, 2 * length)));
      grown.set(this.#current.subarray(0, this.#length));
      this.#current = grown;
    }
    this.#current.set(bytes.subarray(from, to), this.#length);
    this.#length = length;
  }

  /** Give up the first `count` bytes. The array is a new one: there may be views of the old. */
  dropFirst(count: number): void {
    this.#current = this.#current.slice(count, this.#length);
    this.#length -= count;
  }

  clear(): void {
    this.#length = 0;
  }
}
