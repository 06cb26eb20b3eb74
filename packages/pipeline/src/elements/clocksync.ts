import { mediaBuffer } from "../buffer.js";
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
      description: "Added to every time before waiting, and to the buffers",
    },
  },
  pads: [always("sink", "ANY"), always("src", "ANY")],
  create: (properties) => ({
    acceptedCaps: ([src]) => src?.peerCaps() ?? "ANY",
    async run(context) {
      const offset = properties["ts-offset"];
      const moved = (time: bigint | undefined): bigint | undefined =>
        time === undefined ? undefined : time + offset;
      await forEachItem(context.sink(), {
        async buffer(buffer) {
          const pts = moved(buffer.pts);
          const dts = moved(buffer.dts);
          if (properties.sync) await waitForPts(context, dts ?? pts);
          await context.src().buffer(mediaBuffer(buffer.data, { ...buffer, pts, dts }));
        },
        otherwise: (item) => context.src().push(item),
      });
    },
  }),
});
