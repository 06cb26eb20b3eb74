import { afterAll, describe, expect, test } from "vitest";
import {
  VectorTally,
  vectorBytes,
  vectorFiles,
  vectorJson,
} from "../../../tools/testing/vectors.js";
import {
  encodeAudioData,
  encodeFlvHeader,
  encodeScriptData,
  encodeTag,
  encodeVideoData,
  FlvDemuxer,
  type FlvEvent,
  FlvTagParser,
} from "../src/index.js";
import { type Json, type Readout, Recorder, sha1 } from "./vector-form.js";

const tally = new VectorTally("eflv");
afterAll(() => tally.print());

const files = vectorFiles("eflv");

/** Everything the demuxer says about `bytes` in chunks of the sizes that `sizeOf` gives. */
function read(bytes: Uint8Array, sizeOf: (index: number) => number): Readout {
  const demuxer = new FlvDemuxer();
  const recorder = new Recorder();
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizeOf(i);
    recorder.add(demuxer.push(bytes.slice(at, at + size)));
    at += size;
  }
  recorder.add(demuxer.flush());
  return recorder.readout;
}

const CHUNKINGS: readonly (readonly [string, (index: number) => number])[] = [
  ["whole", () => Number.POSITIVE_INFINITY],
  ["odd sizes", (index) => (index * 7919) % 251],
];
const BYTEWISE: (typeof CHUNKINGS)[number] = ["one byte at a time", () => 1];

/** Keys of `expected` picked from `actual`, arrays and objects all the way down. */
function pick(actual: unknown, expected: unknown): unknown {
  if (Array.isArray(expected) && Array.isArray(actual)) {
    return actual.map((item, i) => (i < expected.length ? pick(item, expected[i]) : item));
  }
  if (isObject(expected) && isObject(actual)) {
    return Object.fromEntries(
      Object.keys(expected).map((key) => [key, pick(actual[key], expected[key])]),
    );
  }
  return actual;
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

interface ExpectedFile {
  readonly size: number;
  readonly sha1: string;
  readonly header: Json;
  readonly tags: readonly Json[];
  readonly warnings?: readonly Json[];
}

const valid = files.filter((file) => /^(peers|crafted)\/.*\.expected\.json$/.test(file));

test("there are valid and malformed streams", () => {
  expect(valid.length).toBeGreaterThan(0);
  expect(files).toContain("malformed/expected.json");
});

describe.each(valid)("%s", (file) => {
  const expected = vectorJson<ExpectedFile>("eflv", file);
  const bytes = vectorBytes("eflv", file.replace(".expected.json", ".flv"));

  test("is the file that was described", () => {
    expect({ size: bytes.length, sha1: sha1(bytes) }).toEqual({
      size: expected.size,
      sha1: expected.sha1,
    });
  });

  // Some tests of one byte at a time, those of the smaller files, keep the whole below a few seconds.
  const chunkings = bytes.length < 4000 ? [...CHUNKINGS, BYTEWISE] : CHUNKINGS;

  test.each(chunkings)("gives the expected events: %s", (_, sizeOf) => {
    const readout = read(bytes, sizeOf);
    const { previousTagSize0: _first, ...header } = expected.header;
    expect(readout.header).toEqual(header);
    expect(readout.fatal).toBeNull();
    expect(readout.warnings).toEqual(expected.warnings ?? []);
    const tags = expected.tags.map(({ index: _index, previousTagSize: _size, ...tag }) => tag);
    expect(readout.tags).toEqual(tags);
    tally.add(file, tags.length + 3);
  });

  // A file with deviations is not always what a writer can repeat.
  const repeatable = file.startsWith("crafted/") || expected.warnings === undefined;

  test.runIf(repeatable)("a copy of its tags is the same file", () => {
    const parser = new FlvTagParser();
    const events = [...parser.push(bytes), ...parser.flush()];
    const pieces = events.flatMap((event) => {
      if (event.type === "header") return [encodeFlvHeader(event.header)];
      return event.type === "tag" ? [encodeTag(event.tag)] : [];
    });
    expect(sha1(joined(pieces))).toBe(sha1(withPlainHeader(bytes)));
  });

  test.runIf(repeatable)("a rewrite from its messages is the same file", () => {
    const demuxer = new FlvDemuxer();
    const events = [...demuxer.push(bytes), ...demuxer.flush()];
    expect(sha1(joined(events.flatMap(rewritten)))).toBe(sha1(withPlainHeader(bytes)));
  });
});

/** The file with a header of nine bytes: DataOffset can be larger. */
function withPlainHeader(bytes: Uint8Array): Uint8Array {
  const dataOffset = new DataView(bytes.buffer, bytes.byteOffset).getUint32(5);
  const copy = joined([bytes.subarray(0, 9), bytes.subarray(dataOffset)]);
  copy.set([0, 0, 0, 9], 5);
  return copy;
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

function rewritten(event: FlvEvent): Uint8Array[] {
  switch (event.type) {
    case "header":
      return [encodeFlvHeader(event.header)];
    case "audio":
      return [encodeTag({ ...event.tag, data: encodeAudioData(event.audio) })];
    case "video":
      return [encodeTag({ ...event.tag, data: encodeVideoData(event.video) })];
    case "script":
      return [encodeTag({ ...event.tag, data: encodeScriptData(event.script) })];
    case "filtered":
    case "unknown":
      return [encodeTag(event.tag)];
    default:
      return [];
  }
}

interface ExpectedMalformed {
  readonly size: number;
  readonly sha1: string;
  readonly fatal: string | null;
  readonly warnings: readonly Json[];
  readonly tags: readonly Json[];
}

const malformed = vectorJson<Record<string, ExpectedMalformed>>("eflv", "malformed/expected.json");

describe.each(Object.keys(malformed))("malformed/%s", (name) => {
  const expected = malformed[name] as ExpectedMalformed;
  const bytes = vectorBytes("eflv", `malformed/${name}`);

  test.each([...CHUNKINGS, BYTEWISE])("gives the expected verdict: %s", (_, sizeOf) => {
    expect({ size: bytes.length, sha1: sha1(bytes) }).toEqual({
      size: expected.size,
      sha1: expected.sha1,
    });
    const readout = read(bytes, sizeOf);
    expect(readout.fatal).toBe(expected.fatal);
    expect(readout.warnings).toEqual(expected.warnings);
    expect(readout.tags).toHaveLength(expected.tags.length);
    expect(pick(readout.tags, expected.tags)).toEqual(expected.tags);
    expect(readout.tags.map(({ invalid }) => invalid)).toEqual(
      expected.tags.map(({ invalid }) => invalid),
    );
    tally.add(name, expected.tags.length + expected.warnings.length + 3);
  });
});
