// Interleaved RTP out of a TCP stream: ours, which hands out views, against concatenate-and-slice, the usual way.
import { bench, describe } from "vitest";
import { encodeFrame, RtspParser } from "../src/index.js";

const FRAMES = 2000;
const PAYLOAD = 1400;
const wire = new Uint8Array(FRAMES * (PAYLOAD + 4));
for (let i = 0; i < FRAMES; i++)
  wire.set(encodeFrame(0, new Uint8Array(PAYLOAD)), i * (PAYLOAD + 4));

function chunksOf(size: number): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < wire.length; at += size) chunks.push(wire.subarray(at, at + size));
  return chunks;
}

/** What clients without a push parser do: join, cut, keep the rest. */
function concatenateAndSlice(chunks: readonly Uint8Array[]): number {
  let rest = Buffer.alloc(0);
  let count = 0;
  for (const chunk of chunks) {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 4 && rest[0] === 0x24) {
      const length = rest.readUInt16BE(2);
      if (rest.length < 4 + length) break;
      const frame = Buffer.from(rest.subarray(4, 4 + length));
      count += frame.length > 0 ? 1 : 0;
      rest = rest.subarray(4 + length);
    }
  }
  return count;
}

function parse(chunks: readonly Uint8Array[]): number {
  const parser = new RtspParser();
  let count = 0;
  for (const chunk of chunks) count += parser.push(chunk).length;
  return count;
}

for (const size of [1460, 65_536]) {
  const chunks = chunksOf(size);
  if (parse(chunks) !== FRAMES || concatenateAndSlice(chunks) !== FRAMES)
    throw new Error("lost frames");
  describe(`2000 frames of 1400 bytes in chunks of ${size}`, () => {
    bench("@x/rtsp RtspParser", () => {
      parse(chunks);
    });
    bench("concatenate and slice", () => {
      concatenateAndSlice(chunks);
    });
  });
}
