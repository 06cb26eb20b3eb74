import { capsAreEmpty, formatCaps, intersectCaps } from "../caps.js";
import { always, type ElementFactory, elementFactory, forEachItem } from "../element.js";
import { PipelineError } from "../errors.js";

export const capsfilter: ElementFactory = elementFactory({
  name: "capsfilter",
  classification: "Generic",
  description: "Passes data through and limits its format to the given caps.",
  properties: {
    caps: { type: "caps", default: "ANY", description: "What may pass" },
  },
  pads: [always("sink", "ANY"), always("src", "ANY")],
  create: ({ caps }) => ({
    acceptedCaps: ([src]) => intersectCaps(caps, src?.peerCaps() ?? "ANY"),
    async run(context) {
      const src = context.src();
      let announced = false;
      await forEachItem(context.sink(), {
        async caps(offered) {
          const allowed = intersectCaps(offered, caps);
          if (capsAreEmpty(allowed)) {
            const message = `${formatCaps(offered)} does not fit ${formatCaps(caps)}`;
            throw new PipelineError("stream", context.name, message);
          }
          announced = true;
          await src.caps(allowed);
        },
        async buffer(buffer) {
          // What a file holds nobody knows better than who wrote the filter.
          if (!announced && caps !== "ANY") await src.caps(caps);
          announced = true;
          await src.buffer(buffer);
        },
        otherwise: (item) => src.push(item),
      });
    },
  }),
});
