// Damaged vectors through everything that reads. `npm run fuzz` makes a million of them.
import { isFormatError } from "@x/bits";
import { describe, expect, test } from "vitest";
import { vectorBytes, vectorFiles } from "../../../tools/testing/vectors.js";
import { fileBytes, tagBytes } from "../src/conformance.js";
import {
  decodeAmf0Values,
  decodeMultichannelConfig,
  FlvDemuxer,
  type FlvEvent,
  FlvPacketReader,
  FlvTagParser,
} from "../src/index.js";
import { RtmpChunkReader, RtmpServerSession } from "../src/rtmp/index.js";

const MUTATIONS = Number(process.env.MUTATIONS ?? 4000);
const SEED = Number(process.env.MUTATION_SEED ?? 20_260_131);
/** Bytes of a vector that are used: some dozen tags. */
const LENGTH = 4000;
const MIB = 2 ** 20;

/** xorshift32: the same mutations everywhere. */
function generator(seed: number): (below: number) => number {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const files = vectorFiles("eflv");

function vectors(ending: string): Uint8Array[] {
  return files.filter((file) => file.endsWith(ending)).map((file) => vectorBytes("eflv", file));
}

/** Up to `LENGTH` bytes of a vector, from its start as a rule, damaged in up to six places. */
function mutated(source: Uint8Array, random: (below: number) => number): Uint8Array {
  const from = random(4) === 0 ? random(source.length) : 0;
  let bytes = source.slice(from, from + LENGTH);
  for (let n = random(6) + 1; n > 0 && bytes.length > 0; n--) {
    // Half of the damage is done at the start, where the headers are.
    const at = random(random(2) === 0 ? bytes.length : Math.min(bytes.length, 200));
    switch (random(6)) {
      case 0:
        bytes[at] = random(256);
        break;
      case 1:
        bytes[at] = (bytes[at] as number) ^ (1 << random(8));
        break;
      case 2:
        bytes = bytes.slice(0, at);
        break;
      case 3:
        bytes.copyWithin(at, at + random(300));
        break;
      case 4:
        bytes.copyWithin(at + random(300), at);
        break;
      default:
        bytes.fill(random(2) * 255, at, at + random(12));
    }
  }
  return bytes;
}

/** Feeds `bytes` in chunks of `size`, each in memory that is overwritten as soon as it was read. */
function feed(bytes: Uint8Array, size: number, push: (chunk: Uint8Array) => void): void {
  const memory = new Uint8Array(size);
  for (let at = 0; at < bytes.length; at += size) {
    const part = bytes.subarray(at, at + size);
    memory.set(part);
    push(memory.subarray(0, part.length));
    memory.fill(0x5a);
  }
}

function describeEvent(event: FlvEvent): string {
  if (event.type === "issue" || event.type === "invalid") {
    return `${event.type} ${event.issue.code} ${event.issue.offset}`;
  }
  return "tag" in event
    ? `${event.type} ${event.tag.offset} ${event.tag.data.length} ${sum(event.tag.data)}`
    : event.type;
}

function sum(bytes: Uint8Array): number {
  let total = 0;
  for (let i = 0; i < bytes.length; i++) total = (total * 31 + (bytes[i] as number)) | 0;
  return total;
}

function events(bytes: Uint8Array, size: number): string[] {
  const demuxer = new FlvDemuxer();
  const said: string[] = [];
  feed(bytes, size, (chunk) => {
    for (const event of demuxer.push(chunk)) said.push(describeEvent(event));
  });
  for (const event of demuxer.flush()) said.push(describeEvent(event));
  return said;
}

/** Everything else that takes bytes; what it throws must be typed. */
function others(bytes: Uint8Array, size: number): void {
  const readers: readonly (() => void)[] = [
    () => decodeAmf0Values(bytes),
    () => decodeMultichannelConfig(bytes),
    () => {
      const strict = new FlvDemuxer({ onIssue: "throw" });
      feed(bytes, size, (chunk) => strict.push(chunk));
      strict.flush();
    },
  ];
  for (const read of readers) {
    try {
      read();
    } catch (error) {
      if (!isFormatError(error)) throw error;
    }
  }
  const reader = new FlvPacketReader(
    { packet: ({ body }) => expect(body.length).toBeLessThanOrEqual(bytes.length) },
    { metadataTrack: "by-codec", maxTagSize: 2000, avcLikeCodecIds: [12] },
  );
  feed(bytes, size, (chunk) => reader.push(chunk));
  reader.flush();
  const parser = new FlvTagParser();
  feed(bytes, size, (chunk) => parser.push(chunk));
  parser.flush();
}

function serve(bytes: Uint8Array, size: number): void {
  const reader = new RtmpChunkReader();
  const server = new RtmpServerSession();
  feed(bytes, size, (chunk) => {
    reader.push(chunk);
    for (const event of server.push(chunk)) {
      if (event.type === "publish" || event.type === "play") server.accept(event.streamId);
    }
  });
}

test(`${MUTATIONS} mutations: events, issues and typed errors only, the same in any chunks`, {
  timeout: Math.max(60_000, MUTATIONS * 5),
}, () => {
  const random = generator(SEED);
  const flv = vectors(".flv");
  const rtmp = vectors(".bin");
  let before = 0;
  let most = 0;
  for (let n = 0; n < MUTATIONS; n++) {
    const size = 1 + random(700);
    if (random(4) === 0) {
      serve(mutated(rtmp[random(rtmp.length)] as Uint8Array, random), size);
    } else {
      const bytes = mutated(flv[random(flv.length)] as Uint8Array, random);
      const place = `mutation ${n} of seed ${SEED}, chunks of ${size}`;
      const whole = events(bytes, Math.max(1, bytes.length));
      expect(events(bytes, size), place).toEqual(whole);
      expect(whole.length, place).toBeLessThan(20 + bytes.length / 5);
      others(bytes, size);
    }
    if (n % 5000 !== 0) continue;
    // The first ones compile the code and grow the heap.
    const { rss } = process.memoryUsage();
    if (n === 20_000) before = rss;
    most = Math.max(most, rss);
  }
  if (before === 0) return;
  console.log(
    `${MUTATIONS} mutations: ${((most - before) / MIB).toFixed(1)} MiB more than at first`,
  );
  expect(most - before).toBeLessThan(64 * MIB);
});

describe("limits", () => {
  test("a header that promises 16 MiB costs memory only for what has come", () => {
    const demuxer = new FlvDemuxer({ maxTagSize: 1000 });
    demuxer.push(Uint8Array.of(0x46, 0x4c, 0x56, 1, 5, 0, 0, 0, 9, 0, 0, 0, 0));
    const noise = new Uint8Array(65536);
    for (let round = 0; round < 64; round++) {
      for (let i = 0; i < noise.length; i++) noise[i] = (i * 2654435761 + round) >>> 13;
      demuxer.push(noise);
    }
    const codes = demuxer
      .flush()
      .flatMap((event) => (event.type === "issue" ? [event.issue.code] : []));
    expect(codes).toEqual(["lost-sync"]);
  });

  test.each([65_536, 777])(
    "damage that looks like headers all the way costs linear time: chunks of %i",
    (size) => {
      // Every eleven bytes begin a tag of 2 MiB that is none: a copy of what waits for each would take minutes.
      const noise = new Uint8Array(4 * MIB);
      for (let at = 0; at + 11 <= noise.length; at += 11) noise.set([8, 0x20], at);
      const demuxer = new FlvDemuxer();
      demuxer.push(Uint8Array.of(0x46, 0x4c, 0x56, 1, 5, 0, 0, 0, 9, 0, 0, 0, 0));
      for (let at = 0; at < noise.length; at += size) demuxer.push(noise.subarray(at, at + size));
      const events = demuxer.flush();
      expect(events).toMatchObject([{ type: "issue", issue: { code: "lost-sync" } }]);
    },
  );

  test("few bytes that make many objects are refused: messages, modifiers, AMF of both versions", () => {
    const repeated = (head: readonly number[], unit: readonly number[]): Uint8Array => {
      const bytes = new Uint8Array(head.length + 70_000 * unit.length);
      bytes.set(head);
      for (let at = head.length; at < bytes.length; at += unit.length) bytes.set(unit, at);
      return bytes;
    };
    const object = [0x0a, 0x01];
    const cases: readonly (readonly [number, Uint8Array, string])[] = [
      [8, repeated([0x95, 0x11, 0x6d, 0x70, 0x34, 0x61], [0, 0, 0, 0]), "too-many-parts"],
      [9, repeated([0x97], [0, 0, 0x17]), "too-many-parts"],
      [18, repeated([], [0x03, 0, 0, 9]), "amf-count"],
      [18, repeated([0x11, 0x09, 0x88, 0xc6, 0x61, 0x01, 0x0a, 0x03, 0x01], object), "amf-count"],
    ];
    for (const [type, data, code] of cases) {
      const file = Uint8Array.from([...fileBytes([]), ...tagBytes(type, 0, [...data])]);
      const events = new FlvDemuxer().push(file);
      expect(events.at(-1)).toMatchObject({ type: "invalid", issue: { code } });
    }
  });

  test('onIssue "throw" throws the first issue with its code', () => {
    const demuxer = new FlvDemuxer({ onIssue: "throw" });
    expect(() => demuxer.push(new Uint8Array(20))).toThrow(
      expect.objectContaining({ code: "bad-signature" }),
    );
    expect(demuxer.push(new Uint8Array(20))).toEqual([]);
  });
});
