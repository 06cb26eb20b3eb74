import { open } from "node:fs/promises";
import { mediaBuffer } from "../buffer.js";
import { always, type ElementFactory, elementFactory } from "../element.js";
import { describeSystemError, PipelineError } from "../errors.js";
import { NUM_BUFFERS_PROPERTY } from "../properties.js";

export const filesrc: ElementFactory = elementFactory({
  name: "filesrc",
  classification: "Source/File",
  description: "Reads a file in blocks.",
  properties: {
    location: { type: "string", default: undefined, description: "Path of the file" },
    blocksize: {
      type: "integer",
      default: 65_536,
      min: 1,
      max: 0x7fffffff,
      description: "Bytes a buffer",
    },
    "num-buffers": NUM_BUFFERS_PROPERTY,
  },
  pads: [always("src", "ANY")],
  create({ location, blocksize, "num-buffers": limit }) {
    if (location === undefined) throw new TypeError("property location is not set");
    return {
      async run(context) {
        const fail = (error: unknown): PipelineError =>
          new PipelineError(
            "resource",
            context.name,
            `cannot read "${location}": ${describeSystemError(error)}`,
            error,
          );
        const file = await open(location, "r").catch((error: unknown) => {
          throw fail(error);
        });
        try {
          for (let sent = 0; sent !== limit && !context.stopSignal.aborted; sent++) {
            const block = new Uint8Array(blocksize);
            const { bytesRead } = await file.read(block, 0, blocksize).catch((error: unknown) => {
              throw fail(error);
            });
            if (bytesRead === 0) return;
            await context.src().buffer(mediaBuffer(block.subarray(0, bytesRead)));
          }
        } finally {
          await file.close();
        }
      },
    };
  },
});
