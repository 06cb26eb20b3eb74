/** Writes unsigned integers, most significant bit first, into a buffer that grows. */
export class BitWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #next = 0;
  #cache = 0;
  #cached = 0;

  /** `capacity`: bytes to begin with; an exact size avoids a copy. */
  constructor(capacity = 64) {
    this.#bytes = new Uint8Array(capacity);
  }

  /** Position in bits. */
  get position(): number {
    return this.#next * 8 + this.#cached;
  }

  /**
   * 1 to 24 bits.
   * @throws {RangeError} when `value` is not an integer of that width.
   */
  write(width: number, value: number, field: string): void {
    if (!Number.isInteger(value) || value < 0 || value >= 2 ** width) {
      throw new RangeError(`${field}: ${value} does not fit ${width} bits`);
    }
    this.#cache = (this.#cache << width) | value;
    this.#cached += width;
    while (this.#cached >= 8) {
      this.#cached -= 8;
      this.#put((this.#cache >>> this.#cached) & 0xff);
    }
    this.#cache &= (1 << this.#cached) - 1;
  }

  /**
   * 1 to 53 bits.
   * @throws {RangeError} when `value` is not an integer of that width.
   */
  writeLong(width: number, value: number, field: string): void {
    if (!Number.isSafeInteger(value) || value < 0 || value >= 2 ** width) {
      throw new RangeError(`${field}: ${value} does not fit ${width} bits`);
    }
    let left = width;
    let rest = value;
    while (left > 24) {
      const below = 2 ** (left - 24);
      this.write(24, Math.floor(rest / below), field);
      rest %= below;
      left -= 24;
    }
    this.write(left, rest, field);
  }

  /** One bit. */
  flag(value: boolean, field: string): void {
    this.write(1, value ? 1 : 0, field);
  }

  /** Fill up to the next byte with zeros or ones. */
  align(bit: 0 | 1 = 0): void {
    if (this.#cached === 0) return;
    const width = 8 - this.#cached;
    this.write(width, bit === 1 ? (1 << width) - 1 : 0, "alignment");
  }

  /** Whole bytes; the writer must be byte-aligned. */
  bytes(bytes: Uint8Array): void {
    if (this.#cached !== 0) throw new RangeError("not byte-aligned");
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#next);
    this.#next += bytes.length;
  }

  /** What was written, as a view of the writer's buffer; a last partial byte is padded with zeros. */
  finish(): Uint8Array<ArrayBuffer> {
    this.align(0);
    return this.#bytes.subarray(0, this.#next);
  }

  #put(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#next++] = byte;
  }

  #reserve(count: number): void {
    const need = this.#next + count;
    if (need <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(need, this.#bytes.length * 2));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}
