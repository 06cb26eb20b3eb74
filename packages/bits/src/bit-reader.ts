import { FormatError } from "./format-error.js";

/** Reads unsigned integers, most significant bit first. Never reads past the end: it throws. */
export class BitReader {
  readonly #bytes: Uint8Array;
  #next: number;
  #cache = 0;
  #cached = 0;

  /** `offset`: byte to start at. Offsets in errors count from the start of `bytes`. */
  constructor(bytes: Uint8Array, offset = 0) {
    this.#bytes = bytes;
    this.#next = offset;
  }

  /** Position in bits from the start of the buffer. */
  get position(): number {
    return this.#next * 8 - this.#cached;
  }

  /** Bits that are left. */
  get remaining(): number {
    return (this.#bytes.length - this.#next) * 8 + this.#cached;
  }

  /**
   * 1 to 24 bits.
   * @throws {FormatError} `truncated` when fewer bits are left; nothing is consumed then.
   */
  read(width: number, field: string): number {
    if (this.remaining < width) throw this.#truncated(width, field);
    while (this.#cached < width) {
      this.#cache = (this.#cache << 8) | (this.#bytes[this.#next++] as number);
      this.#cached += 8;
    }
    this.#cached -= width;
    return (this.#cache >>> this.#cached) & ((1 << width) - 1);
  }

  /**
   * 1 to 53 bits, exact: 33-bit times and 42-bit clocks fit.
   * @throws {FormatError} `truncated` when fewer bits are left; nothing is consumed then.
   */
  readLong(width: number, field: string): number {
    if (this.remaining < width) throw this.#truncated(width, field);
    let value = 0;
    for (let left = width; left > 0; left -= 24) {
      const part = Math.min(left, 24);
      value = value * 2 ** part + this.read(part, field);
    }
    return value;
  }

  /** One bit as a boolean. */
  flag(field: string): boolean {
    return this.read(1, field) === 1;
  }

  /**
   * Pass over `width` bits (any number from 0 on).
   * @throws {FormatError} `truncated` when fewer bits are left; nothing is consumed then.
   */
  skip(width: number, field: string): void {
    if (this.remaining < width) throw this.#truncated(width, field);
    const target = this.position + width;
    this.#next = Math.floor(target / 8);
    this.#cached = 0;
    const bits = target - this.#next * 8;
    if (bits > 0) this.read(bits, field);
  }

  #truncated(width: number, field: string): FormatError<"truncated"> {
    return new FormatError("truncated", `${width - this.remaining} bits short`, {
      field,
      offset: Math.floor(this.position / 8),
    });
  }
}
