/**
 * Memory for the words of many packets: a typed array of its own for each would cost more than reading it. Give one
 * pool to all calls of a parser on a stream. What was taken is never given out again, so packets may be kept; a packet
 * that is kept holds on to the block that its words lie in.
 */
export class AncWordPool {
  readonly #blockSize: number;
  #block: ArrayBuffer = new ArrayBuffer(0);
  #used = 0;

  /**
   * `blockSize`: words to allocate at a time. Default 4096.
   * @throws {RangeError} when it is not a non-negative integer
   */
  constructor(blockSize = 4096) {
    if (!Number.isInteger(blockSize) || blockSize < 0) {
      throw new RangeError(`blockSize: ${blockSize} is not a number of words`);
    }
    this.#blockSize = blockSize;
  }

  /** `count` words that nobody else has: a view into the block. */
  take(count: number): Uint16Array {
    if (this.#used + 2 * count > this.#block.byteLength) {
      this.#block = new ArrayBuffer(2 * Math.max(count, this.#blockSize));
      this.#used = 0;
    }
    const words = new Uint16Array(this.#block, this.#used, count);
    this.#used += 2 * count;
    return words;
  }
}
