// One fake server for each misbehaviour that is known from the field, over real sockets on loopback.
import { afterEach, describe, expect, test } from "vitest";
import type { RtspClientOptions } from "../src/index.js";
import { type Answer, FakeServer, type FakeServerOptions } from "./fake-server.js";
import { MISBEHAVING_SERVERS, ONE, TWO } from "./misbehaving-servers.js";
import { play } from "./socket-driver.js";

let server: FakeServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const TCP: RtspClientOptions = { transports: ["tcp"], backoffMs: 10 };

/** Play from a fake server until every medium gave a packet; the session must be gone afterwards. */
async function playFrom(path: string, options: FakeServerOptions, client: RtspClientOptions = TCP) {
  server = await FakeServer.listen(options);
  const media = options.sdp.filter((line) => line.startsWith("m=")).length;
  // A machine under load may be slow to answer; that is not what these tests are about.
  const patient = { teardownTimeoutMs: 20_000, ...client };
  const played = await play(server.base + path, patient, (packets) => packets.size === media);
  expect([...server.sessions], "sessions left behind").toEqual([]);
  return { ...played, server };
}

describe("URIs", () => {
  test.each(MISBEHAVING_SERVERS)("$id", async ({ path, server: options, rule }) => {
    const { error, events, server } = await playFrom(path, options);
    expect(error).toBeUndefined();
    const rules = events.flatMap((event) => (event.type === "setup" ? [event.rule] : []));
    expect(rules.at(-1)).toBe(rule);
    const setups = server.uris("SETUP");
    for (const [i, uri] of setups.entries()) expect(uri).not.toBe(setups[i + 1]);
    expect(server.uris("TEARDOWN").length).toBeGreaterThan(0);
  });

  const rejections: readonly Answer[] = [
    ...[302, 400, 403, 404, 405, 410, 451, 454, 455, 457, 459, 460, 461, 500, 501, 503, 551].map(
      (status) => ({ status }),
    ),
    "close",
    { raw: "\u0001\u0002 this is not RTSP\r\n\r\n" },
  ];
  test.each(rejections)("E1, E2: %j for a URI that it does not like", async (otherwise) => {
    const { error, server } = await playFrom("/live?ch=1", {
      sdp: TWO,
      setup: ["/live?ch=1/trackID=1", "/live?ch=1/trackID=2"],
      otherwise,
    });
    expect(error).toBeUndefined();
    expect(server.uris("SETUP")).toEqual([
      "/trackID=1",
      "/live?ch=1/trackID=1",
      "/live?ch=1/trackID=2",
    ]);
  });

  test("E2: no answer at all for a URI that it does not like", async () => {
    const { error, server } = await playFrom(
      "/live?ch=1",
      { sdp: ONE, setup: ["/live?ch=1/trackID=1"], otherwise: "silence" },
      { ...TCP, setupTimeoutMs: 500 },
    );
    expect(error).toBeUndefined();
    expect(server.connections).toBe(2);
  });

  test("nothing is accepted: every candidate is in the report, and no session is left", async () => {
    const { error, client } = await playFrom("/live?ch=1", { sdp: TWO, setup: [] });
    expect(error).toMatchObject({ code: "setup", cause: { code: "exhausted" } });
    expect(client.attempts.map(({ rule, outcome }) => `${rule} ${outcome}`)).toEqual([
      "rfc 404",
      "concat 404",
      "before-query 404",
    ]);
  });

  test("the second medium refuses the rule of the first: start over, TEARDOWN first", async () => {
    const { error, server } = await playFrom("/live", {
      sdp: TWO,
      setup: ["/trackID=1", "/live/trackID=1", "/live/trackID=2"],
    });
    expect(error).toBeUndefined();
    expect(server.connections).toBe(2);
    expect(server.uris("TEARDOWN")).toHaveLength(2);
  });

  test("a learned rule saves the refusal at the next start", async () => {
    const learned = new Map<string, string>();
    const options: FakeServerOptions = { sdp: ONE, setup: ["/live/trackID=1"] };
    const { server } = await playFrom("/live", options, { ...TCP, learned });
    expect([...learned.values()]).toEqual(["concat"]);
    await play(`${server.base}/live`, { ...TCP, learned });
    expect(server.uris("SETUP")).toEqual(["/trackID=1", "/live/trackID=1", "/live/trackID=1"]);
  });
});

describe("credentials", () => {
  const digest = 'WWW-Authenticate: Digest realm="cam", nonce="n1", qop="auth"';
  const withAuth = (url: string): string => url;

  test("E3: 401 for everything without credentials, and for unknown paths with them", async () => {
    server = await FakeServer.listen({
      sdp: ONE,
      setup: ["/live/trackID=1"],
      otherwise: { status: 401, headers: [digest] },
      before: ({ headers }) =>
        headers.has("authorization") ? undefined : { status: 401, headers: [digest] },
    });
    const url = withAuth(`${server.base}/live`).replace("//", "//admin:s3cret@");
    const { error } = await play(url, TCP);
    expect(error).toBeUndefined();
    expect(server.uris("SETUP")).toEqual(["/trackID=1", "/live/trackID=1"]);
    expect([...server.sessions]).toEqual([]);
    for (const { uri, headers } of server.requests) {
      expect(uri).not.toContain("@");
      expect([...headers.values()].join()).not.toContain("s3cret");
    }
  });

  test("U2: a server that wants credentials in the URL does not get them", async () => {
    server = await FakeServer.listen({
      sdp: ONE,
      setup: [],
      before: ({ uri }) => (uri.includes("u:p@") ? undefined : { status: 401 }),
    });
    const { error } = await play(`${server.base}/x`.replace("//", "//u:p@"), TCP);
    expect(error).toMatchObject({ code: "unauthorized" });
    expect(server.requests.length).toBeGreaterThan(0);
    expect(server.requests.filter(({ uri }) => uri.includes("@"))).toEqual([]);
  });

  test("Basic, and a challenge that comes with SETUP only", async () => {
    server = await FakeServer.listen({
      sdp: ONE,
      setup: ["/x/trackID=1"],
      before: ({ method, headers }) =>
        method === "SETUP" && headers.get("authorization") !== "Basic dTpw"
          ? { status: 401, headers: ['WWW-Authenticate: Basic realm="x"'] }
          : undefined,
    });
    const { error } = await play(`${server.base}/x/`.replace("//", "//u:p@"), TCP);
    expect(error).toBeUndefined();
    expect(server.uris("SETUP")).toEqual(["/x/trackID=1", "/x/trackID=1"]);
  });

  test("a nonce that is stale after each request", async () => {
    let nonce = 0;
    server = await FakeServer.listen({
      sdp: ONE,
      setup: ["/x/trackID=1"],
      before: ({ headers }) => {
        if (headers.get("authorization")?.includes(`nonce="n${nonce}"`)) {
          nonce++;
          return undefined;
        }
        return {
          status: 401,
          headers: [`WWW-Authenticate: Digest realm="cam", nonce="n${nonce}", stale=true`],
        };
      },
    });
    const { error } = await play(`${server.base}/x/`, {
      ...TCP,
      credentials: { username: "u", password: "p" },
    });
    expect(error).toBeUndefined();
  });

  test.each([
    ["none", undefined],
    ["wrong ones", { username: "u", password: "wrong" }],
  ])("%s: unauthorized, and it ends", async (_what, credentials) => {
    server = await FakeServer.listen({
      sdp: ONE,
      setup: ["/x/trackID=1"],
      before: () => ({ status: 401, headers: [digest] }),
    });
    const { error } = await play(
      `${server.base}/x/`,
      credentials === undefined ? TCP : { ...TCP, credentials },
    );
    expect(error).toMatchObject({ code: "unauthorized", status: 401 });
  });
});

describe("transports", () => {
  test("UDP", async () => {
    const { error, events } = await playFrom(
      "/x/",
      { sdp: TWO, setup: ["/x/trackID=1", "/x/trackID=2"] },
      { transports: ["udp"] },
    );
    expect(error).toBeUndefined();
    const types = events.map(({ type }) => type);
    expect(types.filter((type) => type === "allocate")).toHaveLength(2);
    expect(types.filter((type) => type === "release")).toHaveLength(2);
  });

  test("461 for UDP: the same URI over TCP, the ports are released", async () => {
    const { error, server, events } = await playFrom(
      "/x/",
      {
        sdp: TWO,
        setup: ["/x/trackID=1", "/x/trackID=2"],
        before: ({ headers }) =>
          headers.get("transport")?.includes("client_port") ? { status: 461 } : undefined,
      },
      { transports: ["udp", "tcp"] },
    );
    expect(error).toBeUndefined();
    expect(server.uris("SETUP")).toEqual(["/x/trackID=1", "/x/trackID=1", "/x/trackID=2"]);
    expect(events.filter(({ type }) => type === "release")).toHaveLength(1);
  });

  test("an answer with another transport than the one asked for counts as 461", async () => {
    const { error, server } = await playFrom(
      "/x/",
      {
        sdp: ONE,
        setup: ["/x/trackID=1"],
        before: ({ headers }) =>
          headers.get("transport")?.includes("client_port")
            ? { status: 200, headers: ["Session: 1", "Transport: RTP/AVP/TCP;interleaved=0-1"] }
            : undefined,
      },
      { transports: ["udp", "tcp"] },
    );
    expect(error).toBeUndefined();
    expect(server.uris("TEARDOWN")).toEqual(["/x/trackID=1", "/x/"]);
  });

  test("the server's channels count, not the ones asked for", async () => {
    server = await FakeServer.listen({
      sdp: ONE,
      setup: ["/x/trackID=1"],
      frames: 0,
      before: ({ method, headers }) => {
        const cseq = `CSeq: ${headers.get("cseq")}\r\n`;
        if (method === "SETUP") {
          return { status: 200, headers: ["Session: 1", "Transport: RTP/AVP/TCP;interleaved=6-7"] };
        }
        if (method === "PLAY")
          return { raw: `RTSP/1.0 200 OK\r\n${cseq}\r\n$\u0006\u0000\u0001x$\u0007\u0000\u0001y` };
        return method === "TEARDOWN" ? { status: 200 } : undefined;
      },
    });
    const { events } = await play(`${server.base}/x/`, TCP, (packets) => packets.get(0) === 2);
    const frames = events.filter((event) => event.type === "frame");
    expect(frames).toMatchObject([
      { media: 0, kind: "rtp", channel: 6 },
      { media: 0, kind: "rtcp", channel: 7 },
    ]);
  });
});

describe("the rest of the dialogue", () => {
  test("a redirect of DESCRIBE on the same host", async () => {
    const { error, server } = await playFrom("/old", {
      sdp: ONE,
      setup: ["/new/trackID=1"],
      before: ({ uri, method }) =>
        method === "DESCRIBE" && uri.endsWith("/old")
          ? { status: 301, headers: ["Location: /new/"] }
          : undefined,
    });
    expect(error).toBeUndefined();
    expect(server.uris("DESCRIBE")).toEqual(["/old", "/new/"]);
  });

  test("a redirect to another host is refused, and nothing is sent there", async () => {
    const { error, events } = await playFrom("/x", {
      sdp: ONE,
      setup: [],
      before: ({ method }) =>
        method === "DESCRIBE"
          ? { status: 302, headers: ["Location: rtsp://192.0.2.1/x"] }
          : undefined,
    });
    expect(error).toMatchObject({ code: "redirect" });
    expect(events.filter(({ type }) => type === "connect")).toHaveLength(1);
  });

  test("OPTIONS closes the connection: the next time it is left out", async () => {
    const { error, server } = await playFrom("/x/", {
      sdp: ONE,
      setup: ["/x/trackID=1"],
      before: ({ method }) => (method === "OPTIONS" ? "close" : undefined),
    });
    expect(error).toBeUndefined();
    expect(server.uris("OPTIONS")).toHaveLength(1);
  });

  test("RTSP 2.0 falls back to 1.0", async () => {
    const { error, server } = await playFrom(
      "/x/",
      {
        sdp: ONE,
        setup: ["/x/trackID=1"],
        before: ({ version }) => (version === "2.0" ? { status: 505 } : undefined),
      },
      { ...TCP, version: "2.0" },
    );
    expect(error).toBeUndefined();
    expect(server.requests.filter(({ version }) => version === "2.0")).toHaveLength(1);
  });

  test("551 drops Require, 457 drops Range", async () => {
    const { error, server } = await playFrom(
      "/x/",
      {
        sdp: ONE,
        setup: ["/x/trackID=1"],
        before: ({ method, headers }) => {
          if (method === "SETUP" && headers.has("require")) return { status: 551 };
          return method === "PLAY" && headers.has("range") ? { status: 457 } : undefined;
        },
      },
      { ...TCP, require: "com.example.x" },
    );
    expect(error).toBeUndefined();
    expect(server.uris("PLAY")).toHaveLength(2);
  });

  test("keep-alive at half the timeout, by OPTIONS once GET_PARAMETER was refused", async () => {
    server = await FakeServer.listen({
      sdp: ONE,
      setup: ["/x/trackID=1"],
      public: "OPTIONS, DESCRIBE, GET_PARAMETER",
      sessionTimeout: 1,
      before: ({ method, headers }) => {
        if (method === "GET_PARAMETER") return { status: 501 };
        return method === "OPTIONS" && headers.has("session")
          ? { raw: `$\u0000\u0000\u0001xRTSP/1.0 200 OK\r\nCSeq: ${headers.get("cseq")}\r\n\r\n` }
          : undefined;
      },
    });
    const { error, packets } = await play(`${server.base}/x/`, TCP, (p) => p.get(0) === 4);
    expect(error).toBeUndefined();
    expect(packets.get(0)).toBe(4);
    expect(server.uris("GET_PARAMETER")).toHaveLength(1);
  });

  test("the connection is lost while playing", async () => {
    server = await FakeServer.listen({
      sdp: ONE,
      setup: ["/x/trackID=1"],
      frames: 1,
      sessionTimeout: 1,
      before: ({ method, headers }) =>
        method === "OPTIONS" && headers.has("session") ? "close" : undefined,
    });
    const { error } = await play(`${server.base}/x/`, TCP, () => false);
    expect(error).toMatchObject({ code: "network" });
  });

  test("the server ends the session", async () => {
    const { error, server } = await playFrom("/x/", {
      sdp: ONE,
      setup: ["/x/trackID=1"],
      before: ({ method, headers }) =>
        method === "PLAY"
          ? {
              raw: `RTSP/1.0 200 OK\r\nCSeq: ${headers.get("cseq")}\r\n\r\nTEARDOWN rtsp://x RTSP/1.0\r\nCSeq: 7\r\n\r\n`,
            }
          : undefined,
    });
    expect(error).toMatchObject({ code: "server" });
    expect(server.uris("TEARDOWN")).toHaveLength(1);
  });

  test("nobody listens", async () => {
    const gone = await FakeServer.listen({ sdp: ONE, setup: [] });
    const url = `${gone.base}/x`;
    await gone.close();
    const { error } = await play(url, { ...TCP, backoffMs: 5 });
    expect(error).toMatchObject({ code: "connect" });
  });

  test.each([
    ["DESCRIBE is refused", "DESCRIBE", { status: 404 }, { code: "refused", status: 404 }],
    ["DESCRIBE gives no SDP", "DESCRIBE", { status: 200, body: "hello" }, { code: "malformed" }],
    ["PLAY is refused", "PLAY", { status: 500 }, { code: "refused", status: 500 }],
    ["bandwidth", "SETUP", { status: 453 }, { code: "setup", cause: { code: "bandwidth" } }],
  ])("%s", async (_what, method, answer, expected) => {
    const { error } = await playFrom("/x/", {
      sdp: ONE,
      setup: ["/x/trackID=1"],
      before: (request) => (request.method === method ? answer : undefined),
    });
    expect(error).toMatchObject(expected);
  });

  test("no answer to TEARDOWN: it ends all the same", async () => {
    server = await FakeServer.listen({
      sdp: ONE,
      setup: ["/x/trackID=1"],
      before: ({ method }) => (method === "TEARDOWN" ? "silence" : undefined),
    });
    const { error } = await play(`${server.base}/x/`, { ...TCP, teardownTimeoutMs: 30 });
    expect(error).toBeUndefined();
    expect(server.uris("TEARDOWN")).toEqual(["/x/"]);
  });
});
