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

/** An element for `launch`'s option `elements` that sends the buffers of `source`. */
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
        for await (const item of source) {
          if (context.stopSignal.aborted || item.type === "eos") return;
          await context.src().push(item);
        }
      },
    }),
  });
}
