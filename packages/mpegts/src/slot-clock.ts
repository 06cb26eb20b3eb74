const TICKS_PER_SECOND = 27_000_000;
const PACKET_BITS = 1504;

/** The times of packets at a constant rate: exactly ⌊i · 1504 · 27 000 000 / bitrate⌋ after the start. */
export class SlotClock {
  readonly #whole: number;
  readonly #fraction: number;
  readonly #bitrate: number;
  #time: number;
  #rest = 0;

  /**
   * @param bitrate bit/s, an integer
   * @param start 27 MHz ticks
   */
  constructor(bitrate: number, start = 0) {
    if (!Number.isSafeInteger(bitrate) || bitrate <= 0) {
      throw new RangeError(`bitrate: ${bitrate} is not a positive integer`);
    }
    const product = PACKET_BITS * TICKS_PER_SECOND;
    this.#bitrate = bitrate;
    this.#whole = Math.floor(product / bitrate);
    this.#fraction = product % bitrate;
    this.#time = start;
  }

  /** Time of the packet at hand. */
  get time(): number {
    return this.#time;
  }

  /** Ticks that a packet takes, rounded up. */
  get slot(): number {
    return this.#whole + 1;
  }

  /** Go on to the next packet. */
  advance(): void {
    this.#time += this.#whole;
    this.#rest += this.#fraction;
    if (this.#rest >= this.#bitrate) {
      this.#rest -= this.#bitrate;
      this.#time++;
    }
  }
}
