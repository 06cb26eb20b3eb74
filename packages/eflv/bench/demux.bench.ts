// The demuxer and the tag parser against the plainest loop: no checks, one object and one view a tag.
import { bench, describe } from "vitest";
import { FlvDemuxer, FlvMuxer, FlvTagParser } from "../src/index.js";

const muxer = new FlvMuxer({
  tracks: [
    { kind: "video", id: 0, codec: "avc1", config: Uint8Array.of(1, 100, 0, 31) },
    { kind: "audio", id: 0, codec: "mp4a", config: Uint8Array.of(0x11, 0x90) },
    { kind: "audio", id: 1, codec: "mp4a", config: Uint8Array.of(0x11, 0x90) },
  ],
});
const pieces: Uint8Array[] = [];
for (let i = 0; i < 8000; i++) {
  const ptsNs = BigInt(i) * 20_000_000n;
  const audio = { kind: "audio", data: new Uint8Array(300).fill(i), ptsNs } as const;
  pieces.push(...muxer.write({ ...audio, trackId: 0 }), ...muxer.write({ ...audio, trackId: 1 }));
  const data = new Uint8Array(2000).fill(0x41);
  pieces.push(...muxer.write({ kind: "video", trackId: 0, data, ptsNs, isKey: i % 50 === 0 }));
}
const file = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
pieces.reduce((at, piece) => {
  file.set(piece, at);
  return at + piece.length;
}, 0);

function plainLoop(bytes: Uint8Array): object[] {
  const tags: object[] = [];
  for (let at = 13; at + 15 <= bytes.length; ) {
    const view = new DataView(bytes.buffer, bytes.byteOffset + at);
    const dataSize = view.getUint32(0) & 0xffffff;
    const data = bytes.subarray(at + 11, at + 11 + dataSize);
    tags.push({
      tagType: bytes[at],
      timestamp: (view.getUint8(7) << 24) | (view.getUint32(4) >>> 8),
      data,
    });
    at += 15 + dataSize;
  }
  return tags;
}

describe(`${(file.length / 1e6).toFixed(0)} MB, 24000 tags, whole`, () => {
  bench("a plain loop", () => {
    plainLoop(file);
  });
  bench("FlvTagParser", () => {
    new FlvTagParser().push(file);
  });
  bench("FlvDemuxer", () => {
    new FlvDemuxer().push(file);
  });
});
