/**
 * Nanoseconds since an origin, as a number. A difference of bigints would be an object for each datagram: here the two
 * halves of a 64-bit integer are subtracted.
 */
export class Elapsed {
  readonly #scratch = new DataView(new ArrayBuffer(8));
  #high = 0;
  #low = 0;

  /** `origin`: ns, 64 bits with sign. */
  begin(origin: bigint): void {
    this.#scratch.setBigInt64(0, origin);
    this.#high = this.#scratch.getInt32(0);
    this.#low = this.#scratch.getUint32(4);
  }

  /** From the origin to `time`, ns: exact below 2^53. */
  to(time: bigint): number {
    this.#scratch.setBigInt64(0, time);
    const high = this.#scratch.getInt32(0) - this.#high;
    return high * 2 ** 32 + (this.#scratch.getUint32(4) - this.#low);
  }
}
