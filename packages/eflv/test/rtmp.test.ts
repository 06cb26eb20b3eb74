import { it } from "@fast-check/vitest";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHex, toHex, vectorBytes, vectorFiles } from "../../../tools/testing/vectors.js";
import { decodeScriptData, encodeAmf0Values, FlvMuxer } from "../src/index.js";
import {
  fourCcInfo,
  type MuxedTag,
  parseRtmpUrl,
  type ReceivedMessage,
  RtmpChunkReader,
  RtmpChunkWriter,
  RtmpClient,
  type RtmpClientEvent,
  type RtmpMessage,
  type RtmpServerEvent,
  RtmpServerSession,
} from "../src/rtmp/index.js";

/** Bytes of `chunk` cut into pieces of the given sizes, the last repeated. */
function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = Math.max(1, sizes[i % sizes.length] ?? bytes.length);
    pieces.push(bytes.slice(at, at + size));
    at += size;
  }
  return pieces;
}

/** A client and a server, their bytes handed over in pieces until nothing is left to say. */
class Pair {
  readonly clientEvents: RtmpClientEvent[] = [];
  readonly serverEvents: RtmpServerEvent[] = [];
  readonly client: RtmpClient;
  readonly server: RtmpServerSession;
  readonly #sizes: readonly number[];
  decide: (event: RtmpServerEvent) => Uint8Array | undefined = (event) =>
    event.type === "publish" || event.type === "play"
      ? this.server.accept(event.streamId)
      : undefined;

  constructor(role: "publish" | "play", sizes: readonly number[] = [1000]) {
    const url = parseRtmpUrl("rtmp://127.0.0.1:1935/live/key?x=1");
    this.client = new RtmpClient({ url, role });
    this.server = new RtmpServerSession();
    this.#sizes = sizes;
  }

  toServer(bytes: Uint8Array): void {
    for (const piece of cut(bytes, this.#sizes)) {
      for (const event of this.server.push(piece)) {
        this.serverEvents.push(copied(event));
        if (event.type === "send") this.toClient(event.bytes);
        const answer = this.decide(event);
        if (answer !== undefined) this.toClient(answer);
      }
    }
  }

  toClient(bytes: Uint8Array): void {
    for (const piece of cut(bytes, this.#sizes)) {
      for (const event of this.client.push(piece)) {
        this.clientEvents.push(copied(event));
        if (event.type === "send") this.#late.push(event.bytes);
      }
    }
  }

  /** What the client says while the server's bytes are handed over goes out afterwards. */
  readonly #late: Uint8Array[] = [];

  run(): void {
    this.toServer(this.client.start());
    for (let next = this.#late.shift(); next !== undefined; next = this.#late.shift()) {
      this.toServer(next);
    }
  }
}

function copied<E extends RtmpClientEvent | RtmpServerEvent>(event: E): E {
  return event.type === "tag"
    ? { ...event, tag: { ...event.tag, data: event.tag.data.slice() } }
    : event;
}

const TRACKS = [
  { kind: "audio", id: 0, codec: "mp4a", config: fromHex("1190") },
  { kind: "audio", id: 1, codec: "mp4a", config: fromHex("1210") },
] as const;

function someTags(): MuxedTag[] {
  const muxer = new FlvMuxer({ tracks: TRACKS });
  const tags: MuxedTag[] = [];
  for (let i = 0; i < 20; i++) {
    const data = new Uint8Array(300 * i).fill(i);
    tags.push(
      ...muxer.writeTags([{ kind: "audio", trackId: i % 2, data, ptsNs: BigInt(i) * 23_000_000n }]),
    );
  }
  return [...tags, ...muxer.endTags()];
}

describe("publishing", () => {
  it.prop([fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 5 })], {
    numRuns: 25,
  })("what a client writes the server gets, byte for byte, in chunks of any size", (sizes) => {
    const pair = new Pair("publish", sizes);
    pair.run();
    expect(pair.clientEvents.map(({ type }) => type)).toContain("started");
    const tags = someTags();
    pair.toServer(pair.client.write(tags));
    pair.toServer(pair.client.end());
    const got = pair.serverEvents.flatMap((event) => (event.type === "tag" ? [event.tag] : []));
    expect(got.map(({ tagType, timestamp }) => [tagType, timestamp])).toEqual(
      tags.map(({ tagType, timestamp }) => [tagType, timestamp]),
    );
    const [meta, ...media] = got as [MuxedTag, ...MuxedTag[]];
    expect(media.map(({ data }) => toHex(data))).toEqual(
      tags.slice(1).map(({ data }) => toHex(data)),
    );
    expect(decodeScriptData(meta.data)).toMatchObject({ setDataFrame: true, name: "onMetaData" });
    expect(pair.serverEvents.map(({ type }) => type)).toEqual(
      expect.arrayContaining(["connect", "publish", "end"]),
    );
    expect(pair.serverEvents.find(({ type }) => type === "publish")).toMatchObject({
      streamName: "key?x=1",
    });
  });

  test("both sides learn the other's capabilities", () => {
    const pair = new Pair("publish");
    pair.run();
    const connected = pair.clientEvents.find(({ type }) => type === "connected");
    const connect = pair.serverEvents.find(({ type }) => type === "connect");
    if (connected?.type !== "connected" || connect?.type !== "connect")
      throw new Error("no connect");
    expect(fourCcInfo(connected.capabilities, "video", "hvc1")).toBe(4);
    expect(connect).toMatchObject({ app: "live", tcUrl: "rtmp://127.0.0.1:1935/live" });
    expect(fourCcInfo(connect.capabilities, "audio", "Opus")).toBe(7);
    expect(fourCcInfo({}, "audio", "Opus")).toBeUndefined();
    expect(fourCcInfo({ fourCcList: ["av01"] }, "video", "hvc1")).toBe(0);
  });

  test("only metadata is for the server to keep, and says so once", () => {
    const pair = new Pair("publish");
    pair.run();
    const texts = [
      ["onMetaData", null],
      ["onCuePoint", null],
      ["@setDataFrame", "onMetaData"],
    ];
    const tags = texts.map((values) => ({
      ...{ tagType: 18, timestamp: 0, data: encodeAmf0Values(values) },
    }));
    pair.toServer(pair.client.write(tags));
    const got = pair.serverEvents.flatMap((event) => (event.type === "tag" ? [event.tag] : []));
    expect(got.map(({ data }) => decodeScriptData(data).values)).toEqual([
      ["@setDataFrame", "onMetaData", null],
      ["onCuePoint", null],
      ["@setDataFrame", "onMetaData"],
    ]);
  });

  test("a refusal ends the client with the server's code", () => {
    const pair = new Pair("publish");
    pair.decide = (event) =>
      event.type === "publish" ? pair.server.reject(event.streamId, "taken") : undefined;
    pair.run();
    expect(pair.clientEvents.find(({ type }) => type === "ended")).toEqual({
      type: "ended",
      code: "NetStream.Publish.BadName",
    });
    expect(() => pair.client.write([])).toThrow(/write while ended/);
  });

  test("a reconnect request is told, not obeyed", () => {
    const pair = new Pair("publish");
    pair.run();
    pair.toClient(pair.server.requestReconnect("rtmp://other/live", "maintenance"));
    expect(pair.clientEvents[pair.clientEvents.length - 1]).toEqual({
      type: "reconnect",
      tcUrl: "rtmp://other/live",
      description: "maintenance",
    });
  });
});

test("playing: what the server writes the client gets", () => {
  const pair = new Pair("play", [77]);
  pair.run();
  const tags = someTags();
  pair.toClient(pair.server.write(1, tags));
  const got = pair.clientEvents.flatMap((event) => (event.type === "tag" ? [event.tag] : []));
  expect(got.map(({ data }) => toHex(data))).toEqual(tags.map(({ data }) => toHex(data)));
});

describe("recorded publishers", () => {
  const captures = vectorFiles("eflv").filter((file) => /^rtmp\/.*\.c2s\.bin$/.test(file));

  test.each(captures)("%s publishes to our server", (file) => {
    const server = new RtmpServerSession();
    const events: RtmpServerEvent[] = [];
    for (const piece of cut(vectorBytes("eflv", file), [1, 999, 4096])) {
      for (const event of server.push(piece)) {
        events.push(copied(event));
        if (event.type === "publish") server.accept(event.streamId);
      }
    }
    expect(events.filter(({ type }) => type === "issue")).toEqual([]);
    expect(events.find(({ type }) => type === "publish")).toMatchObject({ streamName: "key" });
    const reader = new RtmpChunkReader();
    const media = reader
      .push(vectorBytes("eflv", file).subarray(3073))
      .filter(
        (event) => event.type === "message" && [8, 9, 18].includes(event.message.messageType),
      );
    expect(events.filter(({ type }) => type === "tag")).toHaveLength(media.length);
    expect(media.length).toBeGreaterThan(0);
  });
});

describe("the chunk layer", () => {
  const message = fc.record({
    messageType: fc.constantFrom(8, 9, 18, 20),
    streamId: fc.constantFrom(0, 1, 0xffffffff),
    timestamp: fc.oneof(
      fc.nat(100),
      fc.constantFrom(0xfffffe, 0xffffff, 0x1000000, 0xffffffff),
      fc.nat(0x7fffffff),
    ),
    payload: fc.uint8Array({ maxLength: 400 }),
    csid: fc.constantFrom(3, 4, 63, 64, 319, 320, 65599),
  });

  it.prop([fc.array(message, { maxLength: 12 }), fc.array(fc.nat(90), { minLength: 1 })])(
    "messages are read as they were written, in pieces of any size",
    (messages, sizes) => {
      const writer = new RtmpChunkWriter();
      const bytes = messages.flatMap((item) => [...writer.write(item, item.csid)]);
      const reader = new RtmpChunkReader();
      const got: ReceivedMessage[] = [];
      for (const piece of cut(Uint8Array.from(bytes), sizes)) {
        for (const event of reader.push(piece)) {
          if (event.type === "issue") throw new Error(event.issue.message);
          got.push({ ...event.message, payload: event.message.payload.slice() });
        }
      }
      expect(got.map(({ fmt: _fmt, offset: _offset, ...rest }) => rest)).toEqual(messages);
    },
  );

  it.prop([fc.uint8Array({ maxLength: 600 }), fc.array(fc.nat(40), { minLength: 1 })])(
    "junk gives messages and issues, the same in any pieces",
    (junk, sizes) => {
      const options = { maxMessageSize: 5000, maxChunkStreams: 3 };
      const whole = new RtmpChunkReader(options).push(junk);
      const reader = new RtmpChunkReader(options);
      const parts = cut(junk, sizes).flatMap((piece) => structuredClone(reader.push(piece)));
      expect(parts).toEqual(structuredClone(whole));
    },
  );

  test.each([
    ["bad-chunk-size", "020000000000040100000000" + "00000000"],
    ["message-too-large", "04000000ffffff0801000000"],
    ["chunk-no-header", "85000000"],
  ])("%s is fatal, and the rest is ignored", (code, hex) => {
    const reader = new RtmpChunkReader({ maxMessageSize: 0xfffffe });
    const issue = { type: "issue", issue: { code, fatal: true } };
    const events = reader.push(fromHex(hex));
    expect(events[events.length - 1]).toMatchObject(issue);
    expect(reader.push(fromHex("0300000000000114000000000a"))).toEqual([]);
  });

  test("more messages at once than allowed are fatal", () => {
    const reader = new RtmpChunkReader({ maxChunkStreams: 1 });
    const part = `${"00".repeat(128)}`;
    const events = reader.push(
      fromHex(`0400000000ffff0801000000${part}0500000000ffff0801000000${part}`),
    );
    expect(events[0]).toMatchObject({ issue: { code: "too-many-chunk-streams", fatal: true } });
  });

  test.each([
    ["set chunk size", 1, "000001"],
    ["abort", 2, "0000"],
    ["acknowledgement", 3, ""],
    ["user control without event", 4, "00"],
    ["ping request", 4, "0006000000"],
    ["set buffer length", 4, "000300000001"],
    ["window acknowledgement size", 5, "000000"],
    ["set peer bandwidth", 6, "00000001"],
  ])("a control message that is too short is a warning: %s", (_, messageType, hex) => {
    const reader = new RtmpChunkReader();
    const events = reader.push(new RtmpChunkWriter().write(controlMessage(messageType, hex), 2, 0));
    expect(events).toMatchObject([
      { type: "message" },
      { issue: { code: "control-too-short", fatal: false } },
    ]);
  });
});

test("the shortest format is one that all readers take for the same time", () => {
  const formats = (...timestamps: readonly number[]): number[] => {
    const writer = new RtmpChunkWriter();
    const payload = Uint8Array.of(0xaf, 1, 0x21);
    return timestamps.map((timestamp) => {
      const bytes = writer.write({ messageType: 8, streamId: 1, timestamp, payload }, 4);
      return (bytes[0] as number) >> 6;
    });
  };
  expect(formats(0, 0, 32, 64, 96)).toEqual([0, 3, 2, 3, 3]);
  // Behind fmt 0 some take fmt 3 for the time stamp as a delta, others for none.
  expect(formats(32, 64, 96)).toEqual([0, 2, 3]);
});

test("a user control event that no standard defines may be of any length", () => {
  const bytes = new RtmpChunkWriter().write(controlMessage(4, "001f"), 2, 0);
  expect(new RtmpChunkReader().push(bytes)).toMatchObject([{ type: "message" }]);
});

function controlMessage(messageType: number, hex: string): RtmpMessage {
  return { messageType, streamId: 0, timestamp: 0, payload: fromHex(hex) };
}

describe("parseRtmpUrl", () => {
  test("takes app, instance, key, query and port apart", () => {
    expect(parseRtmpUrl("rtmps://a.example/app/inst/key?t=a/b")).toEqual({
      ...{ tls: true, host: "a.example", port: 443, app: "app/inst", streamName: "key?t=a/b" },
      tcUrl: "rtmps://a.example/app/inst",
    });
    expect(parseRtmpUrl("rtmp://[::1]:1936/live/k")).toMatchObject({
      ...{ host: "::1", port: 1936, tcUrl: "rtmp://[::1]:1936/live" },
    });
  });

  test("refuses what is no RTMP URL", () => {
    for (const url of ["http://a/b/c", "rtmp://", "rtmp://a:99999/b/c", ""]) {
      expect(() => parseRtmpUrl(url)).toThrow(TypeError);
    }
  });
});

test("a peer that does not speak RTMP is a fatal issue", () => {
  const url = parseRtmpUrl("rtmp://a/b/c");
  const client = new RtmpClient({ url, role: "publish" });
  client.start();
  const events = client.push(fromHex("485454502f312e31"));
  expect(events).toMatchObject([
    { issue: { code: "bad-handshake", fatal: true } },
    { type: "ended" },
  ]);
});
