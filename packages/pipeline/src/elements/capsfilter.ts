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
      await forEachItem(context.sink(), {
        async caps(offered) {
          const allowed = intersectCaps(offered, caps);
          if (capsAreEmpty(allowed)) {
            const message = `${formatCaps(offered)} does not fit ${formatCaps(caps)}`;
            throw new PipelineError("stream", context.name, message);
          }
          await src.caps(allowed);
        },
        buffer: (buffer) => src.buffer(buffer),
        otherwise: (item) => src.push(item),
      });
    },
  }),
});
