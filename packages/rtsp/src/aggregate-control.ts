import type { Presentation } from "@x/rtsp-uri";

/**
 * Which URI PLAY, PAUSE and TEARDOWN go to: the aggregate ones in turn, as servers refuse them, and at last the media
 * one by one (RFC 2326 14.2: servers without aggregate control).
 */
export class AggregateControl {
  readonly #aggregates: readonly string[];
  #current = 0;
  #media: readonly string[] = [];
  #next = 0;

  constructor(presentation: Presentation) {
    this.#aggregates = [...new Set(presentation.aggregates.map(({ uri }) => uri))];
  }

  /** Where the current request goes. */
  get uri(): string {
    return this.#aggregates[this.#current] ?? (this.#media[this.#next] as string);
  }

  /** Begin a request: at the first medium, where each has its own. `media` are the URIs of SETUP. */
  begin(media: readonly string[]): void {
    this.#media = media;
    this.#next = 0;
  }

  /** The server answered that this URI is not the one. @returns whether there is another. */
  refused(): boolean {
    if (this.#current >= this.#aggregates.length) return false;
    this.#current++;
    this.#next = 0;
    return this.#current < this.#aggregates.length || this.#media.length > 0;
  }

  /** The server agreed. @returns whether the same request has to go to one more medium. */
  accepted(): boolean {
    if (this.#current < this.#aggregates.length || this.#next + 1 >= this.#media.length)
      return false;
    this.#next++;
    return true;
  }
}

/** Statuses with which servers say "not this URI" to PLAY, PAUSE and TEARDOWN. */
export function refusesUri(status: number): boolean {
  return [404, 405, 454, 459, 460].includes(status);
}
