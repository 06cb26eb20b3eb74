import { type RtspItem, RtspParser, type RtspParserOptions } from "./parser.js";

/** {@link RtspParser} as a WHATWG transform: one array for each chunk that completes something, and one at the end. */
export function rtspStream(
  options: RtspParserOptions = {},
): TransformStream<Uint8Array, RtspItem[]> {
  const parser = new RtspParser(options);
  return new TransformStream({
    transform(chunk, controller) {
      const items = parser.push(chunk);
      if (items.length > 0) controller.enqueue(items);
    },
    flush(controller) {
      const items = parser.flush();
      if (items.length > 0) controller.enqueue(items);
    },
  });
}

/** {@link RtspParser} over anything that gives chunks: a socket, a file, a stream. Arrays as in {@link rtspStream}. */
export async function* readRtsp(
  source: AsyncIterable<Uint8Array>,
  options: RtspParserOptions = {},
): AsyncGenerator<RtspItem[], void, undefined> {
  const parser = new RtspParser(options);
  for await (const chunk of source) {
    const items = parser.push(chunk);
    if (items.length > 0) yield items;
  }
  const items = parser.flush();
  if (items.length > 0) yield items;
}
