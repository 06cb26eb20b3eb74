import { write } from "node:fs";
import { promisify } from "node:util";
import { always, type ElementFactory, elementFactory, forEachItem } from "../element.js";
import { describeSystemError, PipelineError } from "../errors.js";

const writeTo = promisify(write);

export const fdsink: ElementFactory = elementFactory({
  name: "fdsink",
  classification: "Sink/File",
  description: "Writes everything to a file descriptor, by default standard output.",
  properties: {
    fd: { type: "integer", default: 1, min: 0, max: 0x7fffffff, description: "The descriptor" },
  },
  pads: [always("sink", "ANY")],
  create: ({ fd }) => ({
    async run(context) {
      await forEachItem(context.sink(), {
        async buffer({ data }) {
          for (let at = 0; at < data.length; ) {
            try {
              at += (await writeTo(fd, data, at)).bytesWritten;
            } catch (error) {
              // A pipe whose reader is slow and does not block.
              if ((error as { code?: string }).code === "EAGAIN") {
                await new Promise((resolve) => setTimeout(resolve, 5));
                continue;
              }
              const message = `cannot write to descriptor ${fd}: ${describeSystemError(error)}`;
              throw new PipelineError("resource", context.name, message, error);
            }
          }
        },
      });
    },
  }),
});
