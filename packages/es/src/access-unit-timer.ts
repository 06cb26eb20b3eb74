import { type PictureOrder, pictureOrderDecoder } from "./picture-order.js";

/** An access unit with its place in time, counted in fields: halves of a frame's duration. */
export interface TimedAccessUnit<Unit> {
  readonly unit: Unit;
  /** Never above `presentationTime`, as far as the stream keeps to what it says of itself; below 0 at the start. */
  readonly decodeTime: number;
  /** 0 for the first picture that is shown. */
  readonly presentationTime: number;
  readonly duration: 1 | 2;
}

interface Held<Unit> {
  readonly unit: Unit;
  readonly order: PictureOrder;
  readonly decoded: number;
  shown: number | undefined;
}

/** The largest decoded picture buffer of any level (H.264 A.3.1, H.265 A.4.2): no stream reorders more. */
const MAX_REORDER = 16;
/** Units that may wait for a picture in front of them; no encoder makes so many in a row that overtake one. */
const MAX_HELD = 64;

/**
 * Gives the access units of a bare AVC or HEVC stream their times, from the order in which their pictures are shown.
 * A unit comes out once it is known which pictures are shown before it.
 */
export class AccessUnitTimer<Unit extends { readonly nals: readonly Uint8Array[] }> {
  readonly #decoder: ReturnType<typeof pictureOrderDecoder>;
  /** In decoding order. */
  #held: Held<Unit>[] = [];
  /** Those of them that are not shown yet, in output order. */
  #waiting: Held<Unit>[] = [];
  #decoded = 0;
  #shown = 0;
  /** How far decoding goes ahead; `undefined` until the first unit leaves. */
  #delay: number | undefined;
  #frameRate: PictureOrder["frameRate"];

  constructor(options: { readonly codec: "avc" | "hevc" }) {
    this.#decoder = pictureOrderDecoder(options.codec);
  }

  /** By the first parameter set that tells; known with the first unit that `push` returns. */
  get frameRate(): PictureOrder["frameRate"] {
    return this.#frameRate;
  }

  /** The next unit in decoding order; those whose times are known now. */
  push(unit: Unit): TimedAccessUnit<Unit>[] {
    const order = this.#decoder.next(unit.nals) ?? UNORDERED;
    this.#frameRate ??= order.frameRate;
    if (order.restarts || this.#held.length >= MAX_HELD) this.#show(0);
    const held: Held<Unit> = { unit, order, decoded: this.#decoded, shown: undefined };
    this.#decoded += order.fields;
    this.#held.push(held);
    const later = this.#waiting.findIndex((other) => other.order.picOrderCnt > order.picOrderCnt);
    this.#waiting.splice(later < 0 ? this.#waiting.length : later, 0, held);
    this.#show(2 * (order.maxReorder ?? MAX_REORDER));
    return this.#release(order);
  }

  /** End of the stream: the units that are left. The timer is as new afterwards, but for the parameter sets. */
  flush(): TimedAccessUnit<Unit>[] {
    this.#show(0);
    const units = this.#release(UNORDERED);
    this.#decoded = 0;
    this.#shown = 0;
    this.#delay = undefined;
    return units;
  }

  /** Show pictures until no more than `fields` wait. */
  #show(fields: number): void {
    let waiting = this.#waiting.reduce((sum, { order }) => sum + order.fields, 0);
    while (waiting > fields) {
      const [first, ...rest] = this.#waiting as [Held<Unit>, ...Held<Unit>[]];
      first.shown = this.#shown;
      this.#shown += first.order.fields;
      waiting -= first.order.fields;
      this.#waiting = rest;
    }
  }

  #release({ maxReorder }: PictureOrder): TimedAccessUnit<Unit>[] {
    const count = this.#held.findIndex(({ shown }) => shown === undefined);
    const ready = this.#held.splice(0, count < 0 ? this.#held.length : count);
    if (ready.length === 0) return [];
    this.#delay ??= maxReorder === undefined ? this.#observedDelay(ready) : 2 * maxReorder;
    const delay = this.#delay;
    return ready.map(({ unit, order, decoded, shown = 0 }) => ({
      unit,
      decodeTime: decoded - delay,
      presentationTime: shown,
      duration: order.fields,
    }));
  }

  /** What the units so far need, when the stream does not say. */
  #observedDelay(ready: readonly Held<Unit>[]): number {
    let shown = this.#shown;
    let delay = 0;
    const pending = this.#waiting.map((held) => {
      const at = shown;
      shown += held.order.fields;
      return { decoded: held.decoded, shown: at };
    });
    for (const held of [...ready, ...this.#held.filter(isShown), ...pending]) {
      delay = Math.max(delay, held.decoded - (held.shown ?? 0));
    }
    return delay;
  }
}

function isShown({ shown }: { readonly shown: number | undefined }): boolean {
  return shown !== undefined;
}

/** A unit of which nothing is known is shown when it is decoded. */
const UNORDERED: PictureOrder = {
  picOrderCnt: 0,
  restarts: true,
  fields: 2,
  maxReorder: undefined,
  frameRate: undefined,
};
