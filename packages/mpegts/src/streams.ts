import type { TsDemuxerOptions } from "./demux-options.js";
import { TsDemuxer } from "./demuxer.js";
import type { TsEvent } from "./events.js";

/** Demultiplex whatever arrives, a batch of events for each chunk. */
export async function* readTs(
  source: AsyncIterable<Uint8Array>,
  options: TsDemuxerOptions = {},
): AsyncGenerator<TsEvent[]> {
  const demuxer = new TsDemuxer(options);
  for await (const chunk of source) {
    const events = demuxer.push(chunk);
    if (events.length > 0) yield events;
  }
  const events = demuxer.flush();
  if (events.length > 0) yield events;
}

/** The same as a transform stream: bytes in, batches of events out. */
export function tsDemuxStream(
  options: TsDemuxerOptions = {},
): TransformStream<Uint8Array, TsEvent[]> {
  const demuxer = new TsDemuxer(options);
  return new TransformStream<Uint8Array, TsEvent[]>({
    transform(chunk, controller) {
      const events = demuxer.push(chunk);
      if (events.length > 0) controller.enqueue(events);
    },
    flush(controller) {
      const events = demuxer.flush();
      if (events.length > 0) controller.enqueue(events);
    },
  });
}
