/**
 * Memory for the words of many packets. Allocating a typed array costs more than reading a packet, so who parses
 * unit after unit shares one pool among all calls. Words handed out are never reused: a packet that is kept holds on
 * to the 8 KiB that its words lie in.
 */
export class AncWordPool {
  readonly #size: number;
  #words: Uint16Array = new Uint16Array(0);
  #used = 0;

  /** `size`: words to allocate at a time. Default 4096. */
  constructor(size = 4096) {
    if (!Number.isInteger(size) || size < 1) {
      throw new RangeError(`size: ${size} is not a number of words`);
    }
    this.#size = size;
  }

  /** `count` words that nobody else has: a view. */
  take(count: number): Uint16Array {
    if (this.#used + count > this.#words.length) {
      this.#words = new Uint16Array(Math.max(count, this.#size));
      this.#used = 0;
    }
    const from = this.#used;
    this.#used = from + count;
    return this.#words.subarray(from, this.#used);
  }
}
