// What reads a stream in chunks against the plainest loop over it whole: no checks, an object and a view a tag, kept as
// long as a chunk's events are. `npm run bench:peers` measures the same in processor time, and FFmpeg.
import { bench, describe } from "vitest";
import { built } from "../../../tools/testing/built.js";

const { FlvDemuxer, FlvMuxer, FlvPacketReader, FlvTagParser } = await built<
  typeof import("../src/index.js")
>(import.meta.url);

const CHUNK = 65_536;
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
const file = new Uint8Array(Buffer.concat(pieces));
const TAGS = 24_000;
const TAGS_IN_CHUNK = Math.floor((TAGS * CHUNK) / file.length);

/** What was read, so that nothing is read in vain. */
export const used = { bytes: 0 };

function use(data: Uint8Array): void {
  used.bytes += data.length;
}

interface Tag {
  readonly tagType: number;
  readonly timestamp: number;
  readonly data: Uint8Array;
}

function plainLoop(bytes: Uint8Array): void {
  let tags: Tag[] = [];
  for (let at = 13; at + 15 <= bytes.length; ) {
    const byte = (i: number): number => bytes[at + i] as number;
    const size = (byte(1) << 16) | (byte(2) << 8) | byte(3);
    const timestamp = (byte(7) << 24) | (byte(4) << 16) | (byte(5) << 8) | byte(6);
    tags.push({
      tagType: byte(0) & 0x1f,
      timestamp,
      data: bytes.subarray(at + 11, at + 11 + size),
    });
    at += 15 + size;
    if (tags.length < TAGS_IN_CHUNK) continue;
    for (const { data } of tags) use(data);
    tags = [];
  }
}

function chunks(push: (chunk: Uint8Array) => void): void {
  for (let at = 0; at < file.length; at += CHUNK) push(file.subarray(at, at + CHUNK));
}

describe(`${(file.length / 1e6).toFixed(0)} MB, ${TAGS} tags, in chunks of 64 KiB`, () => {
  bench("a plain loop, the file in one piece", () => plainLoop(file));
  bench("FlvPacketReader", () => {
    const reader = new FlvPacketReader({ packet: ({ body }) => use(body) });
    chunks((chunk) => reader.push(chunk));
  });
  bench("FlvTagParser", () => {
    const parser = new FlvTagParser();
    chunks((chunk) => {
      for (const event of parser.push(chunk)) if (event.type === "tag") use(event.tag.data);
    });
  });
  bench("FlvDemuxer", () => {
    const demuxer = new FlvDemuxer();
    chunks((chunk) => {
      for (const event of demuxer.push(chunk)) {
        if (event.type === "audio") for (const { body } of event.audio.messages) use(body);
        if (event.type === "video") for (const { body } of event.video.messages) use(body);
      }
    });
  });
});
