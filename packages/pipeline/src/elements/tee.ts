import { intersectCaps } from "../caps.js";
import { always, type ElementFactory, elementFactory, forEachItem } from "../element.js";

export const tee: ElementFactory = elementFactory({
  name: "tee",
  classification: "Generic",
  description: "Hands the same data to several branches. The slowest branch sets the pace.",
  properties: {},
  pads: [
    always("sink", "ANY"),
    { name: "src_%u", direction: "src", presence: "request", caps: "ANY" },
  ],
  create: () => ({
    acceptedCaps: (srcs) =>
      srcs.map((src) => src.peerCaps()).reduce((all, caps) => intersectCaps(all, caps), "ANY"),
    async run(context) {
      const everywhere: Parameters<typeof forEachItem>[1]["otherwise"] = async (item) => {
        await Promise.all(context.srcs.map((src) => src.push(item)));
      };
      await forEachItem(context.sink(), {
        buffer: (buffer) => everywhere({ type: "buffer", buffer }),
        otherwise: everywhere,
      });
    },
  }),
});
