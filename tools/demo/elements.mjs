// Elements of the demo's own: they look at what passes, or hold it back.
import { always, elementFactory, forEachItem } from "@x/pipeline";

/**
 * Passes everything through; what `onBuffer` returns is awaited first.
 * @param {string} name
 * @param {(buffer: import("@x/pipeline").MediaBuffer) => void | Promise<void>} onBuffer
 */
export function tap(name, onBuffer) {
  return elementFactory({
    name,
    classification: "Demo",
    description: "Looks at what passes.",
    properties: {},
    pads: [always("sink", "ANY"), always("src", "ANY")],
    create: () => ({
      acceptedCaps: ([src]) => src?.peerCaps() ?? "ANY",
      async run(context) {
        await forEachItem(context.sink(), {
          async buffer(buffer) {
            await onBuffer(buffer);
            await context.src().buffer(buffer);
          },
          otherwise: (item) => context.src().push(item),
        });
      },
    }),
  });
}
