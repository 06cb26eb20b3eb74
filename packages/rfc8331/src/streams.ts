import { AncDepacketizer, type AncDepacketizerOptions } from "./depacketizer.js";
import type { AncFrame } from "./frame.js";

/**
 * The frames of a source of RTP packets, one packet a chunk. Batches have at least one frame; the last one comes from
 * the flush at the source's end.
 */
export async function* readAncFrames(
  source: AsyncIterable<Uint8Array>,
  options: AncDepacketizerOptions = {},
): AsyncGenerator<AncFrame[]> {
  const depacketizer = new AncDepacketizer(options);
  for await (const rtp of source) {
    const frames = depacketizer.push(rtp);
    if (frames.length > 0) yield frames;
  }
  const frames = depacketizer.flush();
  if (frames.length > 0) yield frames;
}

/** The same as a transform stream: RTP packets in, batches of frames out. */
export function ancFrameStream(
  options: AncDepacketizerOptions = {},
): TransformStream<Uint8Array, AncFrame[]> {
  const depacketizer = new AncDepacketizer(options);
  return new TransformStream<Uint8Array, AncFrame[]>({
    transform(rtp, controller) {
      const frames = depacketizer.push(rtp);
      if (frames.length > 0) controller.enqueue(frames);
    },
    flush(controller) {
      const frames = depacketizer.flush();
      if (frames.length > 0) controller.enqueue(frames);
    },
  });
}
