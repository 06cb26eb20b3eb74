import type { NumberRange } from "./transport.js";

/** What an interleaved channel carries. */
export interface Channel {
  readonly media: number;
  readonly kind: "rtp" | "rtcp";
}

/** Which channel carries what (RFC 2326 10.12). */
export class ChannelMap {
  readonly #channels = new Map<number, Channel>();

  get size(): number {
    return this.#channels.size;
  }

  get(channel: number): Channel | undefined {
    return this.#channels.get(channel);
  }

  /** The first pair that is free, from an even channel on. */
  free(): NumberRange {
    let first = 0;
    while (this.#channels.has(first) || this.#channels.has(first + 1)) first += 2;
    return { first, last: first + 1 };
  }

  /** The medium's RTP goes over the first channel, its RTCP over the last where that is another. */
  assign(media: number, { first, last }: NumberRange): void {
    if (last > first) this.#channels.set(last, { media, kind: "rtcp" });
    this.#channels.set(first, { media, kind: "rtp" });
  }

  clear(): void {
    this.#channels.clear();
  }
}
