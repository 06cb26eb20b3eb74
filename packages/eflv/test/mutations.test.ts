// Damaged vectors. FC_RUNS=1000000 is the long run.
import { it } from "@fast-check/vitest";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { vectorBytes, vectorFiles } from "../../../tools/testing/vectors.js";
import { FlvDemuxer, type FlvEvent } from "../src/index.js";
import { RtmpChunkReader, RtmpServerSession } from "../src/rtmp/index.js";

const runs = Math.max(500, Number(process.env.FC_RUNS ?? 0));
const all = vectorFiles("eflv");
const flv = all.filter((file) => file.endsWith(".flv")).map((file) => vectorBytes("eflv", file));
const rtmp = all.filter((file) => file.endsWith(".bin")).map((file) => vectorBytes("eflv", file));

const damage = fc.array(
  fc.record({
    at: fc.nat(20_000),
    value: fc.nat(255),
    kind: fc.constantFrom("set", "flip", "delete", "insert", "cut" as const),
  }),
  { maxLength: 6 },
);

type Damage = typeof damage extends fc.Arbitrary<infer T> ? T : never;

/** Up to 6000 bytes of a vector, damaged. */
function damaged(source: Uint8Array, changes: Damage): Uint8Array {
  let bytes = source.slice(0, 6000);
  for (const { at: place, value, kind } of changes) {
    if (bytes.length === 0) return bytes;
    const at = place % bytes.length;
    if (kind === "set") bytes[at] = value;
    else if (kind === "flip") bytes[at] = (bytes[at] as number) ^ (1 << (value & 7));
    else if (kind === "cut") bytes = bytes.slice(0, at);
    else {
      const skipped = kind === "delete" ? value : 0;
      const added = kind === "insert" ? value : 0;
      const next = new Uint8Array(Math.max(at, bytes.length - skipped + added));
      next.set(bytes.subarray(0, at));
      next.set(bytes.subarray(Math.min(bytes.length, at + skipped), bytes.length), at + added);
      bytes = next;
    }
  }
  return bytes;
}

function events(bytes: Uint8Array, size: number): string[] {
  const demuxer = new FlvDemuxer();
  const said: string[] = [];
  const note = (list: readonly FlvEvent[]): void => {
    for (const event of list) said.push(describeEvent(event));
  };
  for (let at = 0; at < bytes.length; at += size) note(demuxer.push(bytes.slice(at, at + size)));
  note(demuxer.flush());
  return said;
}

function describeEvent(event: FlvEvent): string {
  if (event.type === "issue" || event.type === "invalid") {
    return `${event.type} ${event.issue.code} ${event.issue.offset}`;
  }
  return "tag" in event ? `${event.type} ${event.tag.offset} ${event.tag.data.length}` : event.type;
}

describe("damaged input", () => {
  it.prop([fc.constantFrom(...flv), damage, fc.integer({ min: 1, max: 700 })], { numRuns: runs })(
    "FLV: events and nothing else, the same for any chunking",
    (source, changes, size) => {
      const bytes = damaged(source, changes);
      expect(events(bytes, size)).toEqual(events(bytes, Math.max(1, bytes.length)));
    },
  );

  it.prop([fc.constantFrom(...rtmp), damage, fc.integer({ min: 1, max: 700 })], { numRuns: runs })(
    "RTMP: messages and issues and nothing else, in the server too",
    (source, changes, size) => {
      const bytes = damaged(source, changes);
      const reader = new RtmpChunkReader();
      const server = new RtmpServerSession();
      for (let at = 0; at < bytes.length; at += size) {
        reader.push(bytes.slice(at, at + size));
        for (const event of server.push(bytes.slice(at, at + size))) {
          if (event.type === "publish" || event.type === "play") server.accept(event.streamId);
        }
      }
    },
  );

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

  test("a tag is delivered with its last byte", () => {
    const bytes = vectorBytes(
      "eflv",
      all.find((file) => file.startsWith("peers/") && file.endsWith(".flv")) as string,
    );
    const whole = new FlvDemuxer()
      .push(bytes)
      .flatMap((event) => ("tag" in event ? [event.tag] : []));
    const demuxer = new FlvDemuxer();
    let at = 0;
    for (const tag of whole.slice(0, 30)) {
      const end = tag.offset + 11 + tag.data.length + 4;
      expect(demuxer.push(bytes.slice(at, end - 1)).some((event) => "tag" in event)).toBe(false);
      expect(demuxer.push(bytes.slice(end - 1, end)).some((event) => "tag" in event)).toBe(true);
      at = end;
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
