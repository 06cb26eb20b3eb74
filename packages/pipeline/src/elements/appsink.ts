import type { Item } from "../buffer.js";
import type { Caps } from "../caps.js";
import { always, type ElementFactory, elementFactory } from "../element.js";

/**
 * An element for `launch`'s option `elements` that hands every item, end of stream included, to `onItem`. A promise
 * that it returns is awaited, so that the application sets the pace.
 *
 * @param name what the description calls it
 * @param caps what it accepts; default anything
 */
export function appSink(
  name: string,
  onItem: (item: Item) => void | Promise<void>,
  caps: Caps = "ANY",
): ElementFactory {
  return elementFactory({
    name,
    classification: "Sink/Application",
    description: "Hands everything to the application.",
    properties: {},
    pads: [always("sink", caps)],
    create: () => ({
      async run(context) {
        for (;;) {
          const item = await context.sink().pull();
          await onItem(item);
          if (item.type === "eos") return;
        }
      },
    }),
  });
}

/**
 * An element for `launch`'s option `elements` that sends the items of `source`, and closes it at the end. A stop does not
 * wait for its next item.
 */
export function appSrc(
  name: string,
  source: AsyncIterable<Item> | Iterable<Item>,
  caps: Caps = "ANY",
): ElementFactory {
  return elementFactory({
    name,
    classification: "Source/Application",
    description: "Sends what the application gives.",
    properties: {},
    pads: [always("src", caps)],
    create: () => ({
      async run(context) {
        const items = new StoppableItems(source, context.stopSignal);
        try {
          for (;;) {
            const item = await items.next();
            if (item === undefined || item.type === "eos") return;
            await context.src().push(item);
          }
        } finally {
          await items.close();
        }
      },
    }),
  });
}

/** The items of an iterable until a signal comes, also while the next one is waited for. */
class StoppableItems {
  readonly #iterator: AsyncIterator<Item> | Iterator<Item>;
  readonly #signal: AbortSignal;
  #stopWaiting: (() => void) | undefined;
  readonly #onStop = (): void => this.#stopWaiting?.();

  constructor(source: AsyncIterable<Item> | Iterable<Item>, signal: AbortSignal) {
    this.#iterator =
      Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
    this.#signal = signal;
    signal.addEventListener("abort", this.#onStop);
  }

  /** The next item; `undefined` at the end, or when the signal has come. */
  next(): Item | undefined | Promise<Item | undefined> {
    if (this.#signal.aborted) return undefined;
    const step = this.#iterator.next();
    return "then" in step ? this.#awaited(step) : this.#itemOf(step);
  }

  async close(): Promise<void> {
    this.#signal.removeEventListener("abort", this.#onStop);
    const closing = Promise.resolve(this.#iterator.return?.());
    // A generator that waits closes when it goes on, which may be never.
    if (this.#stopWaiting === undefined) await closing;
    else closing.catch(() => {});
  }

  #awaited(step: Promise<IteratorResult<Item>>): Promise<Item | undefined> {
    return new Promise((resolve, reject) => {
      this.#stopWaiting = () => resolve(undefined);
      step.then((result) => {
        this.#stopWaiting = undefined;
        resolve(this.#itemOf(result));
      }, reject);
    });
  }

  #itemOf(step: IteratorResult<Item>): Item | undefined {
    return step.done === true || this.#signal.aborted ? undefined : step.value;
  }
}
