import { randomFillSync } from "node:crypto";
import { mediaBuffer, SECOND } from "../buffer.js";
import { always, type ElementFactory, elementFactory } from "../element.js";
import { NUM_BUFFERS_PROPERTY } from "../properties.js";
import { waitForPts } from "../sync.js";

const size = (description: string, byDefault: number) =>
  ({ type: "integer", default: byDefault, min: 0, max: 0x7fffffff, description }) as const;

export const fakesrc: ElementFactory = elementFactory({
  name: "fakesrc",
  classification: "Source",
  description: "Makes buffers of any size, as fast as they are taken or at a data rate.",
  properties: {
    sizetype: {
      type: "enum",
      default: "empty",
      // GStreamer counts from 1.
      values: ["unset", "empty", "fixed", "random"],
      description: "Buffers without bytes, of sizemax, or from sizemin to sizemax",
    },
    sizemin: size("Bytes a buffer at least, for random", 0),
    sizemax: size("Bytes a buffer at most", 4096),
    filltype: {
      type: "enum",
      default: "nothing",
      values: ["unset", "nothing", "zero", "random", "pattern", "pattern-span"],
      description: "Zeros (nothing, zero), noise, 0 to 255 in each buffer, or on over all buffers",
    },
    datarate: size("Bytes a second, which give the buffers their times; 0: no times", 0),
    sync: { type: "boolean", default: false, description: "Make each buffer at its time" },
    "num-buffers": NUM_BUFFERS_PROPERTY,
  },
  pads: [always("src", "ANY")],
  create({ sizetype, sizemin, sizemax, filltype, datarate, sync, "num-buffers": limit }) {
    if (sizemin > sizemax) throw new RangeError("sizemin is larger than sizemax");
    const nextSize = (): number => {
      if (sizetype === "fixed") return sizemax;
      if (sizetype !== "random") return 0;
      return sizemin + Math.floor(Math.random() * (sizemax - sizemin + 1));
    };
    return {
      async run(context) {
        const timeOf = (bytes: number): bigint => (BigInt(bytes) * SECOND) / BigInt(datarate);
        let total = 0;
        for (let sent = 0; sent !== limit && !context.stopSignal.aborted; sent++) {
          const data = new Uint8Array(nextSize());
          if (filltype === "random") randomFillSync(data);
          else if (filltype.startsWith("pattern")) {
            const first = filltype === "pattern" ? 0 : total;
            for (let i = 0; i < data.length; i++) data[i] = first + i;
          }
          const pts = datarate === 0 ? undefined : timeOf(total);
          total += data.length;
          const duration = pts === undefined ? undefined : timeOf(total) - pts;
          if (sync) await waitForPts(context, pts);
          await context.src().buffer(mediaBuffer(data, { pts, duration }));
        }
      },
    };
  },
});
