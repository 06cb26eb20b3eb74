import { concatBytes } from "@x/bits";
import { type ElementContext, forEachItem } from "./element.js";
import { PipelineError } from "./errors.js";

/** Property of elements that need their whole input at once. */
export const MAX_SIZE_PROPERTY = {
  type: "integer",
  default: 67_108_864,
  min: 1,
  max: 0x7fffffff,
  description: "Refuse an input larger than this",
} as const;

/**
 * Everything that comes in on pad `sink`, as one array.
 * @throws {PipelineError} when it is more than `maxSize` bytes.
 */
export async function readWhole(context: ElementContext, maxSize: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  await forEachItem(context.sink(), {
    buffer({ data }) {
      size += data.length;
      if (size > maxSize) {
        throw new PipelineError(
          "stream",
          context.name,
          `the input is larger than ${maxSize} bytes`,
        );
      }
      pieces.push(data);
    },
  });
  return concatBytes(...pieces);
}
