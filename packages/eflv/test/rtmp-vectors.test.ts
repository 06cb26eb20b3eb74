import { uint32 } from "@x/bits";
import { afterAll, describe, expect, test } from "vitest";
import {
  toHex,
  VectorTally,
  vectorBytes,
  vectorFiles,
  vectorJson,
} from "../../../tools/testing/vectors.js";
import { decodeAudioData, decodeScriptData, decodeVideoData } from "../src/index.js";
import {
  MESSAGE_TYPE,
  type ReceivedMessage,
  RtmpChunkReader,
  RtmpChunkWriter,
} from "../src/rtmp/index.js";
import { amfJson, type Json, mediaJson, sha1 } from "./vector-form.js";

interface Expected {
  readonly size: number;
  readonly sha1: string;
  readonly chunks: number;
  readonly chunkFormats: readonly number[];
  readonly handshakeBytes?: number;
  readonly version?: number;
  readonly c1?: { readonly time: number; readonly zero: string };
  readonly messages: readonly Json[];
  readonly warnings?: readonly Json[];
  readonly fatal?: Json;
}

const tally = new VectorTally("eflv");
afterAll(() => tally.print());

const files = vectorFiles("eflv").filter((file) => /^rtmp\/.*\.expected\.json$/.test(file));

test("there are captures and crafted chunk streams", () => expect(files.length).toBeGreaterThan(0));

/** A message in the vectors' form. */
function messageJson({ payload, messageType, ...rest }: ReceivedMessage): Json {
  const { offset, fmt, csid, timestamp, streamId } = rest;
  return {
    ...{ offset, fmt, csid, timestamp, type: messageType, streamId },
    length: payload.length,
    sha1: sha1(payload),
    ...contentJson(messageType, payload),
  };
}

function contentJson(messageType: number, payload: Uint8Array): Json {
  switch (messageType) {
    case MESSAGE_TYPE.setChunkSize:
      return { setChunkSize: uint32(payload, 0) };
    case MESSAGE_TYPE.acknowledgement:
    case MESSAGE_TYPE.windowAckSize:
      return { value: uint32(payload, 0) };
    case MESSAGE_TYPE.setPeerBandwidth:
      return { value: uint32(payload, 0), limitType: payload[4] };
    case MESSAGE_TYPE.userControl:
      return { event: uint32(payload, 0) >>> 16, data: toHex(payload.subarray(2)) };
    case MESSAGE_TYPE.data:
    case MESSAGE_TYPE.command:
      return { values: decodeScriptData(payload).values.map(amfJson) };
    case MESSAGE_TYPE.audio:
      return { media: mediaJson(decodeAudioData(payload), 0) };
    case MESSAGE_TYPE.video:
      return { media: mediaJson(decodeVideoData(payload), 0) };
    default:
      return {};
  }
}

/** Keys of `expected` picked from `actual`, all the way down. */
function pick(actual: unknown, expected: unknown): unknown {
  if (Array.isArray(expected) && Array.isArray(actual)) {
    return actual.map((item, i) => (i < expected.length ? pick(item, expected[i]) : item));
  }
  if (typeof expected === "object" && expected !== null && !Array.isArray(expected)) {
    const source = actual as Json;
    return Object.fromEntries(
      Object.entries(expected).map(([key, value]) => [key, pick(source?.[key], value)]),
    );
  }
  return actual;
}

interface Reading {
  readonly received: readonly ReceivedMessage[];
  readonly messages: readonly Json[];
  readonly warnings: readonly Json[];
  readonly fatal: Json | undefined;
  readonly chunkFormats: readonly number[];
}

function read(bytes: Uint8Array, offset: number, sizeOf: (index: number) => number): Reading {
  const reader = new RtmpChunkReader({ offset });
  const received: ReceivedMessage[] = [];
  const warnings: Json[] = [];
  let fatal: Json | undefined;
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizeOf(i);
    for (const event of reader.push(bytes.slice(at, at + size))) {
      if (event.type === "message") {
        received.push({ ...event.message, payload: event.message.payload.slice() });
        continue;
      }
      const { code, offset: where, csid } = event.issue;
      if (event.issue.fatal) fatal = { code, offset: where };
      else warnings.push({ warning: code, offset: where, csid });
    }
    at += size;
  }
  const { chunkFormats } = reader;
  return { received, messages: received.map(messageJson), warnings, fatal, chunkFormats };
}

interface Header {
  readonly offset: number;
  readonly fmt: number;
  readonly csid: number;
  readonly timestamp: number;
  readonly length: number;
  readonly setChunkSize?: number;
}

/** True when the messages follow one another whole, each as long as the standard's shortest form makes it. */
function followsWhole({ messages, handshakeBytes = 0, size }: Expected): boolean {
  const last = new Map<number, { readonly timestamp: number; readonly extended: boolean }>();
  let chunkSize = 128;
  let at = handshakeBytes;
  for (const message of messages) {
    const { offset, fmt, csid, timestamp, length, setChunkSize } = message as Json & Header;
    if (offset !== at) return false;
    const before = last.get(csid) ?? { timestamp: 0, extended: false };
    const field = fmt === 0 ? timestamp : (timestamp - before.timestamp) >>> 0;
    const extended = fmt === 3 ? before.extended : field >= 0xffffff;
    const basicHeader = csid < 64 ? 1 : csid < 320 ? 2 : 3;
    const chunks = Math.max(1, Math.ceil(length / chunkSize));
    at += chunks * (basicHeader + (extended ? 4 : 0)) + ([11, 7, 3, 0][fmt] as number) + length;
    last.set(csid, { timestamp, extended });
    chunkSize = setChunkSize ?? chunkSize;
  }
  return at === size;
}

describe.each(files)("%s", (file) => {
  const expected = vectorJson<Expected>("eflv", file);
  const bytes = vectorBytes("eflv", file.replace(".expected.json", ".bin"));
  const start = expected.handshakeBytes ?? 0;

  test("is the file that was described, and its handshake", () => {
    expect({ size: bytes.length, sha1: sha1(bytes) }).toEqual({
      size: expected.size,
      sha1: expected.sha1,
    });
    if (expected.c1 === undefined) return;
    expect(bytes[0]).toBe(expected.version);
    expect({ time: uint32(bytes, 1), zero: toHex(bytes.subarray(5, 9)) }).toEqual(expected.c1);
  });

  test.each([
    ["whole", () => Number.POSITIVE_INFINITY],
    ["odd sizes", (index: number) => (index * 7919) % 251],
    ["one byte at a time", () => 1],
  ] as const)("gives the expected messages: %s", (_, sizeOf) => {
    const reading = read(bytes.subarray(start), start, sizeOf);
    expect(reading.messages).toHaveLength(expected.messages.length);
    expect(pick(reading.messages, expected.messages)).toEqual(expected.messages);
    expect(reading.warnings).toEqual(expected.warnings ?? []);
    expect(reading.fatal).toEqual(expected.fatal);
    expect(reading.chunkFormats).toEqual(expected.chunkFormats);
    tally.add(file, expected.messages.length + 4);
  });

  test.runIf(followsWhole(expected) && expected.fatal === undefined)(
    "is written again byte for byte",
    () => {
      const { received } = read(bytes.subarray(start), start, () => Number.POSITIVE_INFINITY);
      const writer = new RtmpChunkWriter();
      const written = received.map((message) => writer.write(message, message.csid, message.fmt));
      expect(sha1(Uint8Array.from(written.flatMap((piece) => [...piece])))).toBe(
        sha1(bytes.subarray(start)),
      );
    },
  );
});
