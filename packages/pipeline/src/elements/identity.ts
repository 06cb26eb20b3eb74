import { always, type ElementFactory, elementFactory, forEachItem } from "../element.js";
import { waitForPts } from "../sync.js";

export const identity: ElementFactory = elementFactory({
  name: "identity",
  classification: "Generic",
  description: "Passes data through unchanged; can wait for its time and say what it sees.",
  properties: {
    silent: { type: "boolean", default: true, description: "Say nothing about what passes" },
    sync: { type: "boolean", default: false, description: "Wait on the clock for each buffer" },
  },
  pads: [always("sink", "ANY"), always("src", "ANY")],
  create: ({ silent, sync }) => ({
    acceptedCaps: ([src]) => src?.peerCaps() ?? "ANY",
    async run(context) {
      const src = context.src();
      await forEachItem(context.sink(), {
        async buffer(buffer) {
          if (sync) await waitForPts(context, buffer.pts);
          if (!silent) {
            const text = `${buffer.data.length} bytes, pts ${buffer.pts ?? "none"}`;
            context.post({ type: "info", text });
          }
          await src.buffer(buffer);
        },
        otherwise: (item) => src.push(item),
      });
    },
  }),
});
