// A long stream in chunks: nothing is lost, and nothing is kept. SOAK_MB=4000 is the long run.
import { expect, test } from "vitest";
import { FlvDemuxer, FlvMuxer, FlvPacketReader, type FlvTrack } from "../src/index.js";

const MIB = 2 ** 20;
const MEGABYTES = Number(process.env.SOAK_MB ?? 1000);

const TRACKS: readonly FlvTrack[] = [
  { kind: "video", id: 0, codec: "avc1", config: Uint8Array.of(1, 100, 0, 31) },
  { kind: "video", id: 1, codec: "hvc1", config: Uint8Array.of(1, 1) },
  { kind: "audio", id: 0, codec: "mp4a", config: Uint8Array.of(0x11, 0x90) },
  { kind: "audio", id: 1, codec: "Opus", channels: 2 },
];
const SIZES = [130_000, 60_000, 400, 300];

const PICTURES = 50;

interface Second {
  readonly bytes: Uint8Array;
  /** Where its tags begin, and their milliseconds. */
  readonly tags: readonly { readonly at: number; readonly ms: number }[];
}

/** The start of a stream, and a second of it that can be repeated. */
function stream(): { readonly head: Uint8Array; readonly second: Second } {
  const muxer = new FlvMuxer({ tracks: TRACKS });
  const head = muxer.headerBytes();
  const pieces: Uint8Array[] = [];
  const tags: { at: number; ms: number }[] = [];
  let at = 0;
  for (let i = 0; i < PICTURES; i++) {
    const ms = (i * 1000) / PICTURES;
    TRACKS.forEach(({ kind, id }, track) => {
      const data = new Uint8Array(SIZES[track] as number).fill(0x40 + i);
      const frame = { kind, trackId: id, data, ptsNs: BigInt(ms) * 1_000_000n, isKey: i === 0 };
      // The first call brings header and configurations along: `head` has them.
      const frameTag = muxer.write(frame).at(-1) as Uint8Array;
      pieces.push(frameTag);
      tags.push({ at, ms });
      at += frameTag.length;
    });
  }
  const bytes = new Uint8Array(at);
  for (const [i, piece] of pieces.entries()) bytes.set(piece, tags[i]?.at);
  return { head, second: { bytes, tags } };
}

/** Move the second to its place in time. */
function setSecond({ bytes, tags }: Second, number: number): void {
  for (const { at, ms } of tags) {
    const timestamp = number * 1000 + ms;
    bytes.set([timestamp >> 16, timestamp >> 8, timestamp, timestamp >> 24], at + 4);
  }
}

/** Bytes of the two pools in use. */
function memory(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

test(`${MEGABYTES} MB: every frame comes, and memory stays flat`, {
  timeout: 60_000 + MEGABYTES * 50,
}, () => {
  const { head, second } = stream();
  const seconds = Math.ceil((MEGABYTES * 1e6) / second.bytes.length);
  let packets = 0;
  let bodies = 0;
  let lastDts = 0;
  const reader = new FlvPacketReader({
    packet({ packetType, dts, body }) {
      if (packetType === "SequenceStart") return;
      packets++;
      bodies += body.length;
      expect(dts).toBeGreaterThanOrEqual(lastDts);
      lastDts = dts;
    },
    event: ({ type }) => expect(["header", "script"]).toContain(type),
  });
  const demuxer = new FlvDemuxer();
  let messages = 0;
  const push = (chunk: Uint8Array): void => {
    reader.push(chunk);
    for (const event of demuxer.push(chunk)) {
      if (event.type === "audio") messages += event.audio.messages.length;
      else if (event.type === "video") messages += event.video.messages.length;
    }
  };
  push(head);
  let first = 0;
  let most = 0;
  for (let number = 0; number < seconds; number++) {
    setSecond(second, number);
    for (let at = 0, size = 1; at < second.bytes.length; at += size) {
      // Sizes that no tag has: every boundary falls everywhere.
      size = 1 + ((at * 31 + number * 7) % 90_001);
      push(second.bytes.subarray(at, at + size));
    }
    if (number === 5) first = memory();
    most = Math.max(most, memory());
  }
  reader.flush();
  demuxer.flush();
  expect(packets).toBe(seconds * second.tags.length);
  expect(bodies).toBe(seconds * PICTURES * SIZES.reduce((sum, size) => sum + size, 0));
  expect(messages).toBe(packets + TRACKS.length);
  expect(lastDts).toBe(seconds * 1000 - 1000 / PICTURES);
  console.log(`${MEGABYTES} MB: ${((most - first) / MIB).toFixed(1)} MiB above the start`);
  expect(most - first).toBeLessThan(32 * MIB);
});
