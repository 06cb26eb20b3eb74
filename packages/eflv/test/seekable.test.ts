import { it } from "@fast-check/vitest";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { vectorBytes, vectorFiles } from "../../../tools/testing/vectors.js";
import {
  type AmfValue,
  amfToPlain,
  FlvDemuxer,
  type FlvEvent,
  FlvMuxer,
  FlvPacketReader,
  type FlvTrack,
  readKeyframeIndex,
  seekPoint,
} from "../src/index.js";

const TRACKS: readonly FlvTrack[] = [
  { kind: "video", id: 0, codec: "av01", config: Uint8Array.of(0x81, 0, 12, 0) },
  { kind: "audio", id: 0, codec: "mp4a", config: Uint8Array.of(0x11, 0x90) },
];

/** A finished file of `pictures` at 25 a second, a key frame at the start of each group, with an index. */
function seekable(pictures: number, group: number, keyframes: number): Uint8Array {
  const muxer = new FlvMuxer({ tracks: TRACKS, seekable: { keyframes } });
  const pieces: Uint8Array[] = [];
  for (let i = 0; i < pictures; i++) {
    const ptsNs = BigInt(i) * 40_000_000n;
    const data = Uint8Array.of(0x32, 0, i & 0xff);
    const frame = { trackId: 0, data, ptsNs, durationNs: 40_000_000n } as const;
    pieces.push(...muxer.write({ ...frame, kind: "video", isKey: i % group === 0 }));
    pieces.push(...muxer.write({ ...frame, kind: "audio" }));
  }
  const { bytes, patches } = muxer.end();
  const file = Uint8Array.from([...pieces, ...bytes].flatMap((piece) => [...piece]));
  for (const patch of patches) file.set(patch.bytes, patch.offset);
  return file;
}

function metadataOf(bytes: Uint8Array): AmfValue {
  const event = new FlvDemuxer().push(bytes).find(({ type }) => type === "script");
  return event?.type === "script" ? event.script.args[0] : undefined;
}

/** Offset and time of the key frames. */
function keyFrames(bytes: Uint8Array): { position: number; time: number }[] {
  const found: { position: number; time: number }[] = [];
  const reader = new FlvPacketReader({
    packet({ kind, frameType, packetType, offset, dts, compositionTime = 0 }) {
      if (kind !== "video" || frameType !== 1 || !packetType.startsWith("CodedFrames")) return;
      found.push({ position: offset, time: (dts + compositionTime) / 1000 });
    },
  });
  reader.push(bytes);
  reader.flush();
  return found;
}

describe("a seekable file", () => {
  test.each([3, 9, 60])("of %i key frames has duration, size and index", (count) => {
    const file = seekable(count * 2, 2, 9);
    const plain = amfToPlain(metadataOf(file)) as Record<string, unknown>;
    expect(plain.duration).toBeCloseTo(count * 0.08);
    expect(plain.filesize).toBe(file.length);
    const index = readKeyframeIndex(metadataOf(file));
    const step = Math.ceil(count / 9);
    const entries = keyFrames(file).filter((_, i) => i % step === 0);
    expect(index).toEqual({
      filePositions: entries.map(({ position }) => position),
      times: entries.map(({ time }) => time),
    });
  });

  test("that was cut short has an empty index, and no entry that lies", () => {
    const muxer = new FlvMuxer({ tracks: TRACKS, seekable: { keyframes: 9 } });
    const data = Uint8Array.of(0x32, 0);
    const pieces = muxer.write({ kind: "video", trackId: 0, data, ptsNs: 0n, isKey: true });
    const file = Uint8Array.from(pieces.flatMap((piece) => [...piece]));
    expect(readKeyframeIndex(metadataOf(file))).toEqual({ filePositions: [], times: [] });
  });

  test("two key frames in one call both get their place", () => {
    const muxer = new FlvMuxer({ tracks: TRACKS, seekable: { keyframes: 2 } });
    const frame = { kind: "video", trackId: 0, data: Uint8Array.of(0x32, 0), isKey: true } as const;
    const pieces = muxer.writeTogether([
      { ...frame, ptsNs: 0n },
      { ...frame, ptsNs: 1_000_000_000n },
    ]);
    const { bytes, patches } = muxer.end();
    const file = Uint8Array.from([...pieces, ...bytes].flatMap((piece) => [...piece]));
    for (const patch of patches) file.set(patch.bytes, patch.offset);
    const positions = keyFrames(file).map(({ position }) => position);
    expect(readKeyframeIndex(metadataOf(file))?.filePositions).toEqual(positions);
  });

  it.prop([
    fc.integer({ min: 1, max: 60 }),
    fc.integer({ min: 1, max: 9 }),
    fc.double({ min: -1, max: 4, noNaN: true }),
  ])("seeking leads to the last key frame before any time", (pictures, group, seconds) => {
    const file = seekable(pictures, group, 100);
    const index = readKeyframeIndex(metadataOf(file));
    const point = seekPoint(index, seconds);
    const before = keyFrames(file).filter(({ time }) => time <= seconds);
    expect(point).toEqual(before.at(-1) ?? keyFrames(file)[0]);
    const demuxer = new FlvDemuxer();
    demuxer.push(file.subarray(0, 300));
    demuxer.seek(point?.position ?? 0);
    const [first, ...rest] = demuxer.push(file.subarray(point?.position));
    expect(first).toMatchObject({ type: "video", dts: Math.round((point?.time ?? 0) * 1000) });
    expect(first?.type === "video" && first.tag.offset).toBe(point?.position);
    expect(rest.map(({ type }) => type)).not.toContain("issue");
    expect(demuxer.flush().map(({ type }) => type)).not.toContain("issue");
  });
});

describe("seek", () => {
  test("to a place without a tag finds the next one", () => {
    const file = seekable(8, 4, 4);
    const [, second] = keyFrames(file);
    const reader = new FlvDemuxer();
    reader.seek((second?.position ?? 0) - 3);
    const events: FlvEvent[] = reader.push(file.subarray((second?.position ?? 0) - 3));
    // What stands there could be the header of a long tag, for which it waits.
    events.push(...reader.flush());
    expect(events[0]).toMatchObject({ type: "issue", issue: { code: "resync", skipped: 3 } });
    expect(events[1]?.type).toBe("video");
  });

  test("takes offsets only", () => {
    for (const offset of [-1, 0.5, Number.NaN, 2 ** 60]) {
      expect(() => new FlvDemuxer().seek(offset)).toThrow(RangeError);
    }
  });
});

describe("readKeyframeIndex", () => {
  const metadata = (filepositions: AmfValue[], times: AmfValue[]): AmfValue => {
    const list = (values: AmfValue[]): AmfValue => ({ type: "strict-array", values });
    const entries = new Map([
      ["filepositions", list(filepositions)],
      ["times", list(times)],
    ]);
    const keyframes: AmfValue = { type: "ecma-array", count: 0, properties: entries };
    return { type: "object", properties: new Map([["keyframes", keyframes]]) };
  };

  test("sorts, as GStreamer does not, and leaves out what cannot be", () => {
    const positions = [900, 100, 0, -5, 500.5, "x", 700, 800, 600];
    const times = [3, 1, 0, 0, 2, 2, Number.NaN, Number.POSITIVE_INFINITY];
    expect(readKeyframeIndex(metadata(positions, times))).toEqual({
      filePositions: [100, 900],
      times: [1, 3],
    });
  });

  test("gives nothing where there is no index", () => {
    const none: AmfValue[] = [
      undefined,
      null,
      5,
      metadata([], []),
      { type: "object", properties: new Map() },
    ];
    expect(none.map((value) => readKeyframeIndex(value)?.times.length)).toEqual([
      ...[undefined, undefined, undefined, 0, undefined],
    ]);
    expect(seekPoint({ filePositions: [], times: [] }, 1)).toBeUndefined();
    expect(seekPoint(undefined, 1)).toBeUndefined();
  });

  test("reads the index of every vector that has one: its entries are key frames", () => {
    const files = vectorFiles("eflv").filter((file) => /^peers\/.*\.flv$/.test(file));
    expect(files.length).toBeGreaterThan(0);
    for (const name of files) {
      const bytes = vectorBytes("eflv", name);
      const positions = keyFrames(bytes).map(({ position }) => position);
      const index = readKeyframeIndex(metadataOf(bytes));
      // GStreamer indexes sound as well; where there is a picture at a position, it is a key frame.
      const pictures = index?.filePositions.filter((position) => bytes[position] === 9) ?? [];
      expect(positions, name).toEqual(expect.arrayContaining(pictures));
    }
  });
});
