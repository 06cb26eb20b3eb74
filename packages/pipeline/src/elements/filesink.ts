import { constants } from "node:fs";
import { open, rm } from "node:fs/promises";
import { always, type ElementFactory, elementFactory, forEachItem } from "../element.js";
import { describeSystemError, PipelineError } from "../errors.js";

export const filesink: ElementFactory = elementFactory({
  name: "filesink",
  classification: "Sink/File",
  description: "Writes everything to a file. What arrived before an error stays in it.",
  properties: {
    location: { type: "string", default: undefined, description: "Path of the file" },
    append: { type: "boolean", default: false, description: "Keep what is in the file already" },
  },
  pads: [always("sink", "ANY")],
  create({ location, append }) {
    if (location === undefined) throw new TypeError("property location is not set");
    return {
      // What is appended lies behind something whose length the sender does not know.
      seekable: !append,
      async run(context) {
        const fail = (error: unknown): PipelineError =>
          new PipelineError(
            "resource",
            context.name,
            `cannot write "${location}": ${describeSystemError(error)}`,
            error,
          );
        // Emptied only once there is something to write: a pipeline that fails before leaves an old file as it was, and
        // none where none was. It is opened at once, so that nobody waits for a stream that cannot be written.
        const flags = constants.O_WRONLY | constants.O_CREAT | (append ? constants.O_APPEND : 0);
        let isNew = true;
        const file = await open(location, flags | constants.O_EXCL)
          .catch((error: NodeJS.ErrnoException) => {
            if (error.code !== "EEXIST") throw error;
            isNew = false;
            return open(location, flags);
          })
          .catch((error: unknown) => {
            throw fail(error);
          });
        let begun = false;
        const begin = async (): Promise<void> => {
          if (begun) return;
          begun = true;
          if (!append && (await file.stat()).isFile()) await file.truncate(0);
        };
        const write = async (data: Uint8Array, offset?: number): Promise<void> => {
          for (let at = 0; at < data.length; ) {
            const place = offset === undefined ? null : offset + at;
            const { bytesWritten } = await file
              .write(data, at, data.length - at, place)
              .catch((error: unknown) => {
                throw fail(error);
              });
            at += bytesWritten;
          }
        };
        try {
          await forEachItem(context.sink(), {
            async buffer({ data }) {
              await begin();
              await write(data);
            },
            async otherwise(item) {
              // A pipe cannot go back.
              if (item.type !== "patch" || !(await file.stat()).isFile()) return;
              await write(item.data, item.offset);
            },
          });
          await begin();
        } finally {
          await file.close();
          if (isNew && !begun) await rm(location, { force: true });
        }
      },
    };
  },
});
