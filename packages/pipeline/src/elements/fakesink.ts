import { always, type ElementFactory, elementFactory, forEachItem } from "../element.js";
import { waitForPts } from "../sync.js";

export const fakesink: ElementFactory = elementFactory({
  name: "fakesink",
  classification: "Sink",
  description: "Swallows everything and counts it.",
  properties: {
    sync: { type: "boolean", default: false, description: "Wait on the clock for each buffer" },
    silent: { type: "boolean", default: true, description: "Say nothing about what arrives" },
  },
  pads: [always("sink", "ANY")],
  create: ({ sync, silent }) => ({
    async run(context) {
      let buffers = 0;
      let bytes = 0;
      await forEachItem(context.sink(), {
        async buffer(buffer) {
          if (sync) await waitForPts(context, buffer.pts);
          buffers++;
          bytes += buffer.data.length;
          if (!silent) {
            const text = `${buffer.data.length} bytes, pts ${buffer.pts ?? "none"}`;
            context.post({ type: "info", text });
          }
        },
      });
      context.post({
        type: "statistics",
        text: `${buffers} buffers, ${bytes} bytes`,
        details: { buffers, bytes },
      });
    },
  }),
});
