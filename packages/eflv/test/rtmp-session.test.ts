// What peers may say at any moment: control, pings, windows, odd orders, damage.
import { it } from "@fast-check/vitest";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHex, toHex, vectorBytes, vectorFiles } from "../../../tools/testing/vectors.js";
import { encodeAmf0Values, encodeTag } from "../src/index.js";
import {
  MESSAGE_TYPE,
  type MuxedTag,
  parseRtmpUrl,
  RtmpChunkWriter,
  RtmpClient,
  RtmpServerSession,
  resolveRtmpUrl,
} from "../src/rtmp/index.js";
import { info, RawPeer } from "./raw-rtmp.js";

const URL = parseRtmpUrl("rtmp://127.0.0.1/live/key");

function clientWith(role: "publish" | "play"): { client: RtmpClient; server: RawPeer } {
  const client = new RtmpClient({ url: URL, role });
  const server = new RawPeer("server", (bytes) => client.push(bytes), client.start());
  return { client, server };
}

/** A client that has connected and created stream 7. */
function startedClient(role: "publish" | "play"): { client: RtmpClient; server: RawPeer } {
  const { client, server } = clientWith(role);
  const success = info("status", "NetConnection.Connect.Success");
  server.command("_result", server.transactionOf("connect"), null, success);
  server.command("_result", server.transactionOf("createStream"), null, 7);
  const start = role === "publish" ? "NetStream.Publish.Start" : "NetStream.Play.Start";
  server.command("onStatus", 0, null, info("status", start));
  return { client, server };
}

function serverWith(): { server: RtmpServerSession; client: RawPeer } {
  const server = new RtmpServerSession();
  const client = new RawPeer("client", (bytes) => server.push(bytes), new Uint8Array(0));
  return { server, client };
}

function tagsOf(peer: RawPeer): MuxedTag[] {
  return peer.events.flatMap((event) =>
    event.type === "tag" ? [(event as unknown as { tag: MuxedTag }).tag] : [],
  );
}

describe("a client", () => {
  test("says how far it has come", () => {
    const { client, server } = clientWith("publish");
    expect(client.state).toBe("connecting");
    server.command("_result", 1, null, info("status", "NetConnection.Connect.Success"));
    expect(client.state).toBe("creating");
    server.command("_result", server.transactionOf("createStream"), null, 7);
    expect(client.state).toBe("starting");
    server.command("onStatus", 0, null, info("status", "NetStream.Publish.Start"));
    expect(client.state).toBe("started");
    client.end();
    expect(client.state).toBe("ended");
    expect(new RtmpClient({ url: URL, role: "play" }).state).toBe("handshake");
  });

  test("matches answers by transaction id, whatever their order", () => {
    const { client, server } = clientWith("publish");
    server.command("_result", 99, null, info("status", "NetConnection.Connect.Success"));
    expect(client.state).toBe("connecting");
    server.command("_result", 1, null, info("status", "NetConnection.Connect.Success"));
    // Numbers in answers to FMLE's calls are no stream ids, early or late; errors of theirs are harmless.
    const created = server.transactionOf("createStream");
    server.command("_result", server.transactionOf("releaseStream"), null, 3);
    server.command("_result", created, null, 7);
    server.command("_error", server.transactionOf("FCPublish"), null, info("error", "x"));
    server.command("_result", created, null, 9);
    const publish = server.received.filter(({ streamId }) => streamId !== 0);
    expect(publish.map(({ streamId }) => streamId)).toEqual([7]);
    expect(server.commands.find(([name]) => name === "publish")?.slice(2)).toEqual([
      null,
      "key",
      "live",
    ]);
  });

  test("answers a ping with its time, and calls that want an answer with an error", () => {
    const { server } = startedClient("publish");
    const before = server.received.length;
    server.send({ messageType: MESSAGE_TYPE.userControl, payload: fromHex("0006cafe0001") }, 2);
    server.command("onBWDone", 0, null);
    server.command("_checkbw", 12, null);
    expect(server.received.slice(before)).toMatchObject([
      { messageType: MESSAGE_TYPE.userControl, payload: fromHex("0007cafe0001"), csid: 2 },
      { messageType: MESSAGE_TYPE.command },
    ]);
    expect(server.commands[server.commands.length - 1]?.slice(0, 2)).toEqual(["_error", 12]);
  });

  test("acknowledges a window each time it is full, with all bytes received", () => {
    const { server } = startedClient("play");
    server.control(MESSAGE_TYPE.setPeerBandwidth, 5000, 2);
    server.control(MESSAGE_TYPE.windowAckSize, 5000);
    const before = server.received.length;
    for (let i = 0; i < 12; i++) {
      server.send({ messageType: 8, streamId: 7, payload: new Uint8Array(1000) }, 4);
    }
    const acks = server.received.slice(before).map(({ messageType, payload }) => {
      expect(messageType).toBe(MESSAGE_TYPE.acknowledgement);
      return Number.parseInt(toHex(payload), 16);
    });
    expect(acks.length).toBeGreaterThanOrEqual(2);
    for (const [i, ack] of acks.entries()) {
      expect(ack - (acks[i - 1] ?? 0)).toBeGreaterThanOrEqual(5000);
    }
    expect(acks[0]).toBeGreaterThan(3073);
    const answer = server.received.find(({ messageType }) => messageType === 5);
    expect(toHex(answer?.payload ?? new Uint8Array(0))).toBe("00001388");
  });

  test("that plays asks for a buffer, starts with the media and ends at StreamEOF", () => {
    const { client, server } = clientWith("play");
    server.command("_result", 1, null, info("status", "NetConnection.Connect.Success"));
    server.command("_result", server.transactionOf("createStream"), null, 7);
    const last = server.received[server.received.length - 1];
    expect(toHex(last?.payload ?? new Uint8Array(0))).toBe("00030000000700000bb8");
    server.send({ messageType: 8, streamId: 7, payload: fromHex("af0121") }, 4);
    expect(client.state).toBe("started");
    // node-media-server plays on stream 0.
    server.send({ messageType: 9, streamId: 0, payload: fromHex("1701") }, 5);
    server.send({ messageType: MESSAGE_TYPE.userControl, payload: fromHex("000100000007") }, 2);
    expect(server.events.slice(-4)).toMatchObject([
      { type: "started" },
      { type: "tag", tag: { tagType: 8 } },
      { type: "tag", tag: { tagType: 9 } },
      { type: "ended", code: "NetStream.Play.Stop" },
    ]);
  });

  test.each([
    ["rtmp://b.example/live2", "rtmp://b.example/live2", "live2"],
    ["rtmps://b.example:8443/live/", "rtmps://b.example:8443/live", "live"],
    ["//b.example:1936/x", "rtmp://b.example:1936/x", "x"],
    ["/other/app", "rtmp://127.0.0.1/other/app", "other/app"],
    ["sister", "rtmp://127.0.0.1/sister", "sister"],
    ["?token=a/b", "rtmp://127.0.0.1/live?token=a/b", "live?token=a/b"],
    ["", "rtmp://127.0.0.1/live", "live"],
    [undefined, "rtmp://127.0.0.1/live", "live"],
  ])("goes on a reconnect request to %s", (tcUrl, absolute, app) => {
    const { server } = startedClient("publish");
    const more = { description: "soon", ...(tcUrl === undefined ? {} : { tcUrl }) };
    const code = "NetConnection.Connect.ReconnectRequest";
    server.command("onStatus", 0, null, info("status", code, more));
    expect(server.events[server.events.length - 1]).toEqual({
      ...{ type: "reconnect", tcUrl, description: "soon" },
    });
    const target = resolveRtmpUrl(tcUrl, URL);
    expect(target).toMatchObject({ tcUrl: absolute, app, streamName: "key" });
  });

  test("a reconnect request to no RTMP URL is refused", () => {
    for (const tcUrl of ["http://a/b", "rtmp://", "rtmp://a:99999/b"]) {
      expect(() => resolveRtmpUrl(tcUrl, URL)).toThrow(TypeError);
    }
  });
});

describe("a server", () => {
  test("wants no C2 that is right, and takes the first chunk in one piece with it", () => {
    const server = new RtmpServerSession();
    const connect = { type: "object", properties: new Map([["app", "live"]]) } as const;
    const command = encodeAmf0Values(["connect", 1, connect]);
    const bytes = Uint8Array.of(3, ...new Uint8Array(1536), ...new Uint8Array(1536).fill(9), 3);
    const header = Uint8Array.of(0, 0, 0, 0, 0, command.length, 20, 0, 0, 0, 0);
    const events = server.push(Uint8Array.of(...bytes, ...header, ...command));
    expect(events.map(({ type }) => type)).toEqual(["connect", "send"]);
  });

  test("leaves calls with transaction 0 unanswered, as GStreamer makes them", () => {
    const { server, client } = serverWith();
    client.command("connect", 1, { type: "object", properties: new Map() });
    const before = client.commands.length;
    client.command("releaseStream", 0, null, "key");
    client.command("FCPublish", 0, null, "key");
    client.command("createStream", 3, null);
    client.command("publish", 0, null, "key", "live");
    expect(client.commands.slice(before).map(([name, id]) => [name, id])).toEqual([
      ["onFCPublish", 0],
      ["_result", 3],
    ]);
    expect(server.accept(0).length).toBeGreaterThan(0);
  });

  test("lets a client delete its stream by number, by name as GStreamer does, or by closing it", () => {
    for (const [name, argument, streamId] of [
      ["deleteStream", 5, 0],
      ["deleteStream", "key", 0],
      ["closeStream", undefined, 5],
    ] as const) {
      const { server, client } = serverWith();
      const publish = encodeAmf0Values(["publish", 0, null, "key", "live"]);
      client.send({ messageType: MESSAGE_TYPE.command, streamId: 5, payload: publish });
      server.accept(5);
      for (const wrong of [6, "kez"]) client.command("deleteStream", 0, null, wrong);
      expect(client.events).toHaveLength(1);
      const values = [name, 0, null, ...(argument === undefined ? [] : [argument])];
      const payload = encodeAmf0Values(values);
      client.send({ messageType: MESSAGE_TYPE.command, streamId, payload });
      expect(client.events[1]).toEqual({ type: "end", streamId: 5 });
    }
  });

  test("a client may ask twice and give up in one breath: every request can be answered", () => {
    for (const answer of ["accept", "reject"] as const) {
      const { server, client } = serverWith();
      const writer = new RtmpChunkWriter();
      const commands = [
        ["publish", 0, null, "a", "live"],
        ["publish", 0, null, "b", "live"],
        ["deleteStream", 0, null, 4],
        ["play", 0, null, "c"],
      ].map((values) => {
        const payload = encodeAmf0Values(values);
        return writer.write({ messageType: 20, streamId: 4, timestamp: 0, payload }, 9);
      });
      client.feed(Uint8Array.from(commands.flatMap((bytes) => [...bytes])));
      expect(client.events).toEqual([
        { type: "publish", streamName: "a", streamId: 4 },
        { type: "publish", streamName: "b", streamId: 4 },
        { type: "end", streamId: 4 },
        { type: "play", streamName: "c", streamId: 4 },
      ]);
      const sizes = [0, 0, 0].map(() => server[answer](4, "no").length);
      expect([sizes[0], sizes[1]]).toEqual([0, 0]);
      expect(sizes[2]).toBeGreaterThan(0);
      expect(() => server[answer](4, "no")).toThrow(/asks for nothing/);
      if (answer === "accept") expect(server.write(4, []).length).toBe(0);
      else expect(() => server.write(4, [])).toThrow(/does not play/);
    }
  });

  test("takes messages in chunks of one byte, and of 16 MB", () => {
    for (const size of [1, 0xffffff, 0x7fffffff]) {
      const { server, client } = serverWith();
      client.command("publish", 0, null, "key");
      server.accept(0);
      client.control(MESSAGE_TYPE.setChunkSize, size);
      const payload = Uint8Array.from({ length: 70_000 }, (_, i) => (i % 2 === 0 ? 0xaf : i));
      const count = Math.min(size, payload.length);
      client.send({ messageType: 8, payload, timestamp: 0x1000000 }, 70);
      client.send({ messageType: 8, payload: payload.subarray(0, count), timestamp: 5 }, 70);
      expect(tagsOf(client)).toEqual([
        { tagType: 8, timestamp: 0x1000000, data: payload },
        { tagType: 8, timestamp: 5, data: payload.subarray(0, count) },
      ]);
    }
  });

  test("a promise of 16 MB costs nothing until it is kept", () => {
    const { client } = serverWith();
    client.command("publish", 0, null, "key");
    client.control(MESSAGE_TYPE.setChunkSize, 0xffffff);
    const before = process.memoryUsage().arrayBuffers;
    for (let csid = 10; csid < 60; csid++) {
      client.feed(Uint8Array.of(csid, 0, 0, 0, 0xff, 0xff, 0xff, 8, 0, 0, 0, 0, 1, 2, 3));
      client.feed(Uint8Array.of());
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 23);
  });

  describe("an aggregate message", () => {
    const tag = (tagType: number, timestamp: number, text: string) =>
      encodeTag({ tagType, timestamp, data: fromHex(text) });

    function aggregate(timestamp: number, ...parts: Uint8Array[]): RawPeer {
      const { server, client } = serverWith();
      client.command("publish", 0, null, "key");
      server.accept(0);
      const payload = Uint8Array.from(parts.flatMap((part) => [...part]));
      client.send({ messageType: MESSAGE_TYPE.aggregate, timestamp, payload }, 4);
      return client;
    }

    test("is its tags, their times from the message's on", () => {
      const [audio, video] = [tag(8, 1000, "af0121"), tag(9, 0x1000010, "1701")];
      const late = tag(8, 990, "af01");
      expect(tagsOf(aggregate(500, audio, video, late))).toEqual([
        { tagType: 8, timestamp: 500, data: fromHex("af0121") },
        { tagType: 9, timestamp: 500 + 0x1000010 - 1000, data: fromHex("1701") },
        { tagType: 8, timestamp: 490, data: fromHex("af01") },
      ]);
    });

    test("may lack the last back pointer, and holds no commands", () => {
      const command = tag(20, 0, toHex(encodeAmf0Values(["deleteStream", 0, null, 0])));
      const client = aggregate(0, command, tag(8, 0, "af01").subarray(0, -4));
      expect(client.events.map(({ type }) => type)).toEqual(["publish", "tag"]);
    });

    test("cut anywhere delivers what is whole, and says so", () => {
      const whole = Uint8Array.of(...tag(8, 0, "af01"), ...tag(9, 0, "1701aabb"));
      for (let size = 1; size < whole.length - 4; size++) {
        const client = aggregate(0, whole.subarray(0, size));
        expect(tagsOf(client)).toHaveLength(size >= 13 ? 1 : 0);
        const isClean = size >= 13 && size <= 17;
        const issue = { type: "issue", issue: { code: "bad-aggregate", severity: "warning" } };
        if (isClean) expect(client.events.map(({ type }) => type)).toEqual(["publish", "tag"]);
        else expect(client.events[client.events.length - 1]).toMatchObject(issue);
      }
    });
  });

  test("takes Twitch's old additional media as data, AMF3 inside", () => {
    const { server, client } = serverWith();
    client.command("publish", 0, null, "key");
    server.accept(0);
    const name = encodeAmf0Values(["additionalMedia"]);
    const data = Uint8Array.of(
      ...name,
      ...fromHex("03" + "0005" + "6d65646961" + "110c07af0121" + "000009"),
    );
    client.send({ messageType: 18, payload: data }, 4);
    expect(tagsOf(client)).toEqual([{ tagType: 18, timestamp: 0, data }]);
  });

  test("what one client may ask for is limited", () => {
    const { client } = serverWith();
    for (let i = 2; i < 300; i++) client.command("createStream", i, null);
    const answers = client.commands.map(([name]) => name);
    expect(answers.filter((name) => name === "_result")).toHaveLength(256);
    expect(answers.filter((name) => name === "_error")).toHaveLength(42);
  });

  test("may refuse a client, which learns why", () => {
    const server = new RtmpServerSession({ refuseConnect: (app) => `no ${app} here` });
    const client = new RtmpClient({ url: URL, role: "publish" });
    const events = [client.start()].flatMap((bytes) => server.push(bytes));
    for (const event of events) {
      if (event.type !== "send") continue;
      for (const answer of client.push(event.bytes)) {
        if (answer.type === "send") events.push(...server.push(answer.bytes));
        else events.push(answer as never);
      }
    }
    const code = "NetConnection.Connect.Rejected";
    expect(events.filter(({ type }) => type !== "send")).toEqual([
      { type: "status", level: "error", code, description: "no live here" },
      { type: "ended", code },
    ]);
  });

  test("tells players that the stream is over", () => {
    const { server, client } = serverWith();
    client.command("play", 0, null, "key");
    client.feed(new Uint8Array(0));
    expect(() => server.endPlay(0)).toThrow(/does not play/);
    server.accept(0);
    expect(server.endPlay(0).length).toBeGreaterThan(0);
    expect(() => server.write(0, [])).toThrow(/does not play/);
  });
});

describe("damage", () => {
  const captures = vectorFiles("eflv").filter((file) => /^rtmp\/.*\.(c2s|s2c)\.bin$/.test(file));
  const damage = fc.array(fc.tuple(fc.nat(20_000), fc.nat(255)), { maxLength: 12 });

  it.prop([fc.constantFrom(...captures), damage, fc.integer({ min: 1, max: 5000 })])(
    "to a recorded session makes issues, never an exception",
    (file, places, piece) => {
      const bytes = vectorBytes("eflv", file).slice();
      for (const [at, value] of places) bytes[at % bytes.length] = value;
      const side = file.endsWith(".c2s.bin")
        ? new RtmpServerSession()
        : new RtmpClient({ url: URL, role: "publish" });
      for (let at = 0; at < bytes.length; at += piece) {
        for (const event of side.push(bytes.subarray(at, at + piece))) {
          if (event.type === "publish" || event.type === "play") {
            (side as RtmpServerSession).accept(event.streamId);
          }
        }
      }
    },
  );

  it.prop([
    fc.uint8Array({ maxLength: 3000 }),
    fc.constantFrom("publish" as const, "play" as const),
  ])("junk behind a handshake likewise", (junk, role) => {
    const { client, server } = clientWith(role);
    server.feed(junk);
    const other = serverWith();
    other.client.feed(junk);
    expect(["connecting", "creating", "starting", "started", "ended"]).toContain(client.state);
  });

  test.each([0.5, -1, 2 ** 32, Number.NaN, Number.POSITIVE_INFINITY, "7", null])(
    "a stream id that is none counts as 1: %s",
    (id) => {
      const { client, server } = clientWith("publish");
      server.command("_result", server.transactionOf("connect"), null, null);
      server.command("_result", server.transactionOf("createStream"), null, id);
      const publish = server.received[server.received.length - 1];
      expect({ state: client.state, id: publish?.streamId }).toEqual({ state: "starting", id: 1 });
    },
  );

  test("a peer that breaks the chunk layer is not listened to any more", () => {
    const { client, server } = startedClient("publish");
    server.control(MESSAGE_TYPE.setChunkSize, 0);
    expect(client.state).toBe("ended");
    expect(server.events[server.events.length - 1]).toMatchObject({ code: "bad-chunk-size" });
    expect(client.push(new Uint8Array(100))).toEqual([]);
  });
});
