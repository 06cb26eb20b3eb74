import { afterEach, describe, expect, test } from "vitest";
import { type Answer, FakeServer, type FakeServerOptions } from "../../rtsp/test/fake-server.js";
import { MISBEHAVING_SERVERS } from "../../rtsp/test/misbehaving-servers.js";
import {
  always,
  appSink,
  elementFactory,
  launch,
  type Pipeline,
  type PipelineMessage,
} from "../src/index.js";

const SDP = [
  "v=0",
  "o=- 1 1 IN IP4 127.0.0.1",
  "s=test",
  "t=0 0",
  "m=video 0 RTP/AVP 112",
  "a=rtpmap:112 smpte291/90000",
  "a=fmtp:112 DID_SDID={0x61,0x01}",
  "a=control:track1",
  "m=audio 0 RTP/AVP 97",
  "a=rtpmap:97 mpeg4-generic/48000/2",
  "a=control:track2",
];

const servers: FakeServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function serve(options: Partial<FakeServerOptions> = {}): Promise<FakeServer> {
  const server = await FakeServer.listen({
    describeHeaders: ["Content-Base: {base}/live/"],
    sdp: SDP,
    setup: ["/live/track1", "/live/track2"],
    ...options,
  });
  servers.push(server);
  return server;
}

/** Play until `enough` packets of each stream have come, then stop; returns caps and counts by stream. */
async function play(
  properties: string,
  enough = 3,
): Promise<{ counts: number[]; formats: string[]; messages: PipelineMessage[] }> {
  const counts = [0, 0];
  const formats: string[] = [];
  const messages: PipelineMessage[] = [];
  let pipeline: Pipeline | undefined;
  const sink = (index: number): ReturnType<typeof appSink> =>
    appSink(`sink${index}`, (item) => {
      if (item.type === "caps" && item.caps !== "ANY") {
        formats[index] = String(item.caps[0]?.fields["encoding-name"]);
      }
      if (item.type === "buffer") counts[index] = (counts[index] as number) + 1;
      if (counts.every((count) => count >= enough)) pipeline?.stop();
    });
  pipeline = launch(`rtspsrc name=r ${properties} r.stream_0 ! sink0 r.stream_1 ! sink1`, {
    elements: [sink(0), sink(1)],
    onMessage: (message) => messages.push(message),
  });
  await pipeline.run();
  return { counts, formats, messages };
}

describe("rtspsrc", () => {
  test.each(["tcp", "udp"])("plays two streams over %s and ends the session", async (protocol) => {
    const server = await serve();
    // The fake server sends three frames over TCP, one datagram over UDP.
    const enough = protocol === "tcp" ? 3 : 1;
    const { counts, formats } = await play(
      `location=${server.base}/live protocols=${protocol}`,
      enough,
    );
    expect(counts).toEqual([enough, enough]);
    expect(formats).toEqual(["SMPTE291", "MPEG4-GENERIC"]);
    expect(server.uris("TEARDOWN").length).toBeGreaterThan(0);
    expect(server.sessions.size).toBe(0);
  });

  test("finds the URIs of a server that concatenates", async () => {
    const server = await serve({
      describeHeaders: [],
      setup: ["/live?a=b/track1", "/live?a=b/track2"],
    });
    const plain = await play(`location="${server.base}/live?a=b" protocols=tcp`);
    expect(plain.counts).toEqual([3, 3]);
    const setups = server.uris("SETUP").length;
    const forced = await play(
      `location="${server.base}/live?a=b" protocols=tcp force-non-compliant-url=true`,
    );
    expect(forced.counts).toEqual([3, 3]);
    expect(server.uris("SETUP").length - setups).toBe(2);
  });

  test.each(MISBEHAVING_SERVERS)(
    "plays from a server that misbehaves: $id",
    async (misbehaving) => {
      const server = await FakeServer.listen(misbehaving.server);
      servers.push(server);
      const media = misbehaving.server.sdp.filter((line) => line.startsWith("m=")).length;
      const packets = Array<number>(media).fill(0);
      const names = packets.map((_, index) => `sink${index}`);
      const pipeline: Pipeline = launch(
        `rtspsrc name=r protocols=tcp location="${server.base}${misbehaving.path}" ${names
          .map((name, index) => `r.stream_${index} ! ${name}`)
          .join(" ")}`,
        {
          elements: names.map((name, index) =>
            appSink(name, (item) => {
              if (item.type === "buffer") packets[index] = (packets[index] as number) + 1;
              if (packets.every((count) => count > 0)) pipeline.stop();
            }),
          ),
        },
      );
      await pipeline.run();
      for (const count of packets) expect(count).toBeGreaterThan(0);
      expect([...server.sessions]).toEqual([]);
    },
  );

  test("an error behind it still ends the session", async () => {
    const server = await serve();
    const failing = elementFactory({
      name: "failing",
      classification: "Test",
      description: "Fails at once.",
      properties: {},
      pads: [always("sink", "ANY")],
      create: () => ({
        async run(context) {
          while ((await context.sink().pull()).type !== "buffer");
          throw new Error("no more");
        },
      }),
    });
    const pipeline = launch(`rtspsrc location=${server.base}/live protocols=tcp ! failing`, {
      elements: [failing],
    });
    await expect(pipeline.run()).rejects.toThrow("failing0: no more");
    expect(server.uris("TEARDOWN").length).toBeGreaterThan(0);
    expect(server.sessions.size).toBe(0);
  });

  test("a server that is not there is named, with the reason", async () => {
    const server = await serve();
    const { base } = server;
    await server.close();
    const pipeline = launch(`rtspsrc location=${base}/live ! fakesink`);
    await expect(pipeline.run()).rejects.toMatchObject({
      code: "resource",
      message: `rtspsrc0: cannot connect to ${base.slice("rtsp://".length)}: nobody listens there`,
    });
  });

  const refusals: readonly [string, Answer, RegExp][] = [
    ["refuses", { status: 403 }, /^rtspsrc0: .*403/],
    [
      "wants a password",
      { status: 401, headers: ['WWW-Authenticate: Basic realm="x"'] },
      /^rtspsrc0: /,
    ],
    ["says nonsense", { raw: "RTSP/1.0 banana\r\n\r\n" }, /^rtspsrc0: /],
  ];
  test.each(refusals)("a server that %s is one sentence", async (_, answer, message) => {
    const server = await serve({
      before: ({ method }) => (method === "DESCRIBE" ? answer : undefined),
    });
    const pipeline = launch(`rtspsrc location=${server.base}/live ! fakesink`);
    await expect(pipeline.run()).rejects.toMatchObject({
      code: "resource",
      message: expect.stringMatching(message),
    });
  });

  test("what is no RTSP URL cannot be built", () => {
    expect(() => launch("rtspsrc location=http://x/ ! fakesink")).toThrow(/^rtspsrc0: /);
  });
});
