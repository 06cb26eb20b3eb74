import { always, type ElementFactory, elementFactory, forEachItem } from "../element.js";
import { waitForPts } from "../sync.js";

export const clocksync: ElementFactory = elementFactory({
  name: "clocksync",
  classification: "Generic",
  description: "Passes each buffer on when its time has come on the pipeline's clock.",
  properties: {
    sync: { type: "boolean", default: true, description: "Wait on the clock" },
    "ts-offset": {
      type: "nanoseconds",
      default: 0n,
      min: -(2n ** 63n),
      description: "Added to every time before waiting; negative: earlier. The buffers keep theirs",
    },
  },
  pads: [always("sink", "ANY"), always("src", "ANY")],
  create: (properties) => ({
    acceptedCaps: ([src]) => src?.peerCaps() ?? "ANY",
    async run(context) {
      const offset = properties["ts-offset"];
      await forEachItem(context.sink(), {
        async buffer(buffer) {
          const time = buffer.dts ?? buffer.pts;
          if (properties.sync && time !== undefined) await waitForPts(context, time + offset);
          await context.src().buffer(buffer);
        },
        otherwise: (item) => context.src().push(item),
      });
    },
  }),
});
