/** Cuts a byte stream into pieces of one size, each in memory of its own. */
export class FixedSizeCutter {
  readonly #size: number;
  #piece: Uint8Array;
  #filled = 0;

  constructor(size: number) {
    this.#size = size;
    this.#piece = new Uint8Array(size);
  }

  /** Bytes that wait for the rest of their piece. */
  get length(): number {
    return this.#filled;
  }

  /** The pieces that `data` completes. */
  push(data: Uint8Array): Uint8Array[] {
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < data.length; ) {
      const part = data.subarray(at, at + this.#size - this.#filled);
      this.#piece.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled < this.#size) break;
      pieces.push(this.#piece);
      this.#piece = new Uint8Array(this.#size);
      this.#filled = 0;
    }
    return pieces;
  }
}
