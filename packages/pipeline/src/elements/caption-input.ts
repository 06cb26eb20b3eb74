// What elements that take captions have in common.
import type { MediaBuffer } from "../buffer.js";
import { type CaptionFormat, captionFormatOf } from "../caption-formats.js";
import { type ElementContext, forEachItem, type ItemHandlers } from "../element.js";
import { PipelineError } from "../errors.js";

/** A buffer whose time is known. */
export type TimedBuffer = MediaBuffer & { readonly pts: bigint };

/** Like `ItemHandlers`, with the format of each buffer. */
export interface CaptionHandlers extends Omit<ItemHandlers, "buffer"> {
  buffer(buffer: TimedBuffer, format: CaptionFormat): Promise<void> | void;
}

/**
 * Pull captions from pad `sink` until the end of the stream. Those without a time are dropped with a warning.
 * @throws {PipelineError} when captions come before their caps: bytes do not tell which format they are in.
 */
export async function forEachCaption(
  context: ElementContext,
  handlers: CaptionHandlers,
): Promise<void> {
  let format: CaptionFormat | undefined;
  await forEachItem(context.sink(), {
    ...handlers,
    caps(offered) {
      format = offered === "ANY" ? undefined : captionFormatOf(offered);
      return handlers.caps?.(offered);
    },
    buffer(buffer) {
      if (format === undefined) throw captionsWithoutFormat(context.name);
      if (isTimed(buffer)) return handlers.buffer(buffer, format);
      context.post({ type: "warning", text: "captions without a time were dropped" });
    },
  });
}

/** What an element says of captions that came without caps. */
export function captionsWithoutFormat(element: string): PipelineError {
  const text =
    "captions come without their format: put sccparse, mccparse, a demuxer or caps in front";
  return new PipelineError("stream", element, text);
}

function isTimed(buffer: MediaBuffer): buffer is TimedBuffer {
  return buffer.pts !== undefined;
}
