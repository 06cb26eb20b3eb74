/**
 * Nanoseconds since an origin, as a number. A difference of bigints would be an object for each datagram, and so would a
 * number that is returned: here the two halves of a 64-bit integer are subtracted, and a field takes the result.
 */
export class Elapsed {
  readonly #scratch = new DataView(new ArrayBuffer(8));
  #high = 0;
  #low = 0;
  /** From the origin to the time that was measured last, ns: exact below 2^53. */
  ns = 0;

  /** `origin`: ns, 64 bits with sign. */
  begin(origin: bigint): void {
    this.#scratch.setBigInt64(0, origin);
    this.#high = this.#scratch.getInt32(0);
    this.#low = this.#scratch.getUint32(4);
    this.ns = 0;
  }

  /** Put into {@link ns} how far `time` is from the origin. */
  measure(time: bigint): void {
    this.#scratch.setBigInt64(0, time);
    const high = this.#scratch.getInt32(0) - this.#high;
    this.ns = high * 2 ** 32 + (this.#scratch.getUint32(4) - this.#low);
  }
}
