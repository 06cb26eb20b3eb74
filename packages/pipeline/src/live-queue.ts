/** What a live source has received and the pipeline has not taken yet: bounded, the newest is dropped and counted. */
export class LiveQueue<T> {
  readonly #limit: number;
  readonly #items: T[] = [];
  #dropped = 0;
  #ended = false;
  #failure: unknown;
  #wake: (() => void) | undefined;

  constructor(limit = 4096) {
    this.#limit = limit;
  }

  /** Items that did not fit. */
  get dropped(): number {
    return this.#dropped;
  }

  push(item: T): void {
    if (this.#items.length >= this.#limit) this.#dropped++;
    else this.#items.push(item);
    this.#wake?.();
  }

  /** Nothing more comes; with `failure` the reader throws it behind the last item. */
  end(failure?: unknown): void {
    this.#ended = true;
    this.#failure ??= failure;
    this.#wake?.();
  }

  /** The next item; waits for it; `undefined` at the end. */
  async next(): Promise<T | undefined> {
    for (;;) {
      const item = this.#items.shift();
      if (item !== undefined) return item;
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#ended) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
