/** One picture's captions on the way from decoding order to presentation order. */
export interface TimedCcData {
  /** Presentation time; any unit, the same for all. */
  readonly pts: number;
  /** Bare triplets. */
  readonly ccData: Uint8Array;
}

/**
 * Puts captions that arrive in decoding order, as SEI and user data do, into presentation order, as decoders want them.
 * Read in decoding order, B pictures garble the text.
 */
export class CaptionReorderer {
  readonly #depth: number;
  readonly #held: TimedCcData[] = [];

  /** `depth`: most pictures that may be out of order; 16 is the most of H.264 and H.265. */
  constructor(depth: number = 16) {
    this.#depth = depth;
  }

  /**
   * Take a picture's captions. With `dts`, everything due by then is returned at once; without, as soon as more than
   * `depth` pictures wait.
   */
  push(item: TimedCcData, dts: number = Number.NEGATIVE_INFINITY): TimedCcData[] {
    const held = this.#held;
    let at = held.length;
    while (at > 0 && (held[at - 1] as TimedCcData).pts > item.pts) at--;
    held.splice(at, 0, item);
    let due = Math.max(0, held.length - this.#depth);
    while (due < held.length && (held[due] as TimedCcData).pts <= dts) due++;
    return held.splice(0, due);
  }

  /** What is left, in order. */
  flush(): TimedCcData[] {
    return this.#held.splice(0);
  }
}
