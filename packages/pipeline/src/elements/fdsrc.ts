import { fstatSync, read } from "node:fs";
import { Socket } from "node:net";
import { promisify } from "node:util";
import { mediaBuffer } from "../buffer.js";
import { always, type ElementFactory, elementFactory } from "../element.js";
import { describeSystemError, PipelineError } from "../errors.js";
import { NUM_BUFFERS_PROPERTY } from "../properties.js";

const readFrom = promisify(read);

export const fdsrc: ElementFactory = elementFactory({
  name: "fdsrc",
  classification: "Source/File",
  description: "Reads from a file descriptor, by default standard input.",
  properties: {
    fd: { type: "integer", default: 0, min: 0, max: 0x7fffffff, description: "The descriptor" },
    blocksize: {
      type: "integer",
      default: 65_536,
      min: 1,
      max: 0x7fffffff,
      description: "Bytes a buffer, at most",
    },
    "num-buffers": NUM_BUFFERS_PROPERTY,
  },
  pads: [always("src", "ANY")],
  create: ({ fd, blocksize, "num-buffers": limit }) => ({
    async run(context) {
      const { stopSignal } = context;
      let left = limit;
      if (left === 0) return;
      try {
        for await (const data of isPipe(fd)
          ? pipeBlocks(fd, blocksize, stopSignal)
          : fileBlocks(fd, blocksize)) {
          if (stopSignal.aborted) return;
          await context.src().buffer(mediaBuffer(data));
          if (--left === 0) return;
        }
      } catch (error) {
        if (error instanceof Error && "syscall" in error) {
          const message = `cannot read descriptor ${fd}: ${describeSystemError(error)}`;
          throw new PipelineError("resource", context.name, message, error);
        }
        throw error;
      }
    },
  }),
});

function isPipe(fd: number): boolean {
  const status = fstatSync(fd);
  return status.isFIFO() || status.isSocket();
}

/** A read of a pipe blocks until somebody writes, a socket on it does not: so it can be stopped. */
async function* pipeBlocks(
  fd: number,
  blocksize: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const socket = new Socket({ fd, readable: true, writable: false });
  const stop = (): void => void socket.destroy();
  signal.addEventListener("abort", stop);
  try {
    if (signal.aborted) return;
    for await (const chunk of socket as AsyncIterable<Uint8Array>) {
      const bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      for (let at = 0; at < bytes.length; at += blocksize) {
        yield bytes.subarray(at, at + blocksize);
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener("abort", stop);
    socket.destroy();
  }
}

async function* fileBlocks(fd: number, blocksize: number): AsyncGenerator<Uint8Array> {
  for (;;) {
    const block = new Uint8Array(blocksize);
    const { bytesRead } = await readFrom(fd, block, 0, blocksize, null);
    if (bytesRead === 0) return;
    yield block.subarray(0, bytesRead);
  }
}
