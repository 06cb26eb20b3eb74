/**
 * The start of something whose rest is still to come. Two arrays take turns, so that views of one keep their bytes
 * while the other is filled, and a long stream allocates nothing.
 */
export class HeldBytes {
  #current = new Uint8Array(0);
  #other = new Uint8Array(0);
  #from = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** A view, which keeps its bytes until the second `set` from now. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#current.subarray(this.#from, this.#from + this.#length);
  }

  /** Hold `bytes` from `from` on, in the array that the last `bytes` was no view of. */
  set(bytes: Uint8Array, from: number): void {
    [this.#current, this.#other] = [this.#other, this.#current];
    this.clear();
    this.append(bytes, from, bytes.length, 0);
  }

  /**
   * Add `bytes[from, to)`.
   * @param wanted the length that will do: as a rule no more room than that is made
   */
  append(bytes: Uint8Array, from: number, to: number, wanted: number): void {
    const length = this.#length + to - from;
    if (this.#from + length > this.#current.length) {
      // Where the start moves, as in damage that looks like headers, the end will move on as well: there must be room
      // for that, or every few bytes would cost a copy of all.
      const room = this.#from > 0 ? 2 * length : Math.min(wanted, 2 * length);
      const grown = new Uint8Array(Math.max(length, room));
      grown.set(this.bytes);
      this.#current = grown;
      this.#from = 0;
    }
    this.#current.set(bytes.subarray(from, to), this.#from + this.#length);
    this.#length = length;
  }

  /** Give up the first `count` bytes. */
  dropFirst(count: number): void {
    this.#from += count;
    this.#length -= count;
  }

  clear(): void {
    this.#from = 0;
    this.#length = 0;
  }
}
