// The state machine without sockets: every time is a number, every byte is at hand.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  headerValue,
  RtspClient,
  type RtspClientOptions,
  type RtspEvent,
  RtspParser,
  type RtspRequest,
} from "../src/index.js";
import { bytesOf, textOf } from "./ours.js";

const URL = "rtsp://user:s3cret@cam.example/live";
const SDP = "v=0\r\na=control:*\r\nm=video 0 RTP/AVP 96\r\na=control:t1\r\n";
const TCP: RtspClientOptions = { transports: ["tcp"], cnonce: () => "c" };

/** Requests among events. */
function requests(events: readonly RtspEvent[]): RtspRequest[] {
  const sent = events.flatMap((event) => (event.type === "send" ? [event.data] : []));
  return sent
    .flatMap((data) => new RtspParser().push(data))
    .filter((item) => item.type === "request");
}

function lines(events: readonly RtspEvent[]): string[] {
  return requests(events).map(({ method, uri }) => `${method} ${uri}`);
}

function response(
  events: readonly RtspEvent[],
  status: number,
  headers: readonly string[] = [],
  body = "",
): Uint8Array {
  const cseq = headerValue(requests(events).at(-1) as RtspRequest, "CSeq");
  const all = [
    `CSeq: ${cseq}`,
    ...headers,
    ...(body === "" ? [] : [`Content-Length: ${body.length}`]),
  ];
  return bytesOf(`RTSP/1.0 ${status} X\r\n${all.join("\r\n")}\r\n\r\n${body}`);
}

/** Up to PLAY's success, at time 0. */
function playing(options: RtspClientOptions = {}): { client: RtspClient; last: RtspEvent[] } {
  const client = new RtspClient(URL, { ...TCP, ...options });
  client.start(0);
  let last = client.connected(0);
  last = client.receive(response(last, 200, ["Public: GET_PARAMETER"]), 0);
  last = client.receive(response(last, 200, [], SDP), 0);
  last = client.receive(
    response(last, 200, ["Session: s;timeout=10", "Transport: RTP/AVP/TCP;interleaved=0-1"]),
    0,
  );
  last = client.receive(
    response(last, 200, ["RTP-Info: url=t1;seq=7;rtptime=8", "Range: npt=0-"]),
    0,
  );
  return { client, last };
}

describe("RtspClient", () => {
  test("from connect to playing to closed", () => {
    const client = new RtspClient(URL, TCP);
    expect(client.state).toBe("new");
    expect(client.start(0)).toEqual([
      { type: "connect", address: "cam.example", port: 554, tls: false, delayMs: 0 },
    ]);
    expect(client.deadline).toBe(10_000);
    let events = client.connected(1);
    expect(lines(events)).toEqual(["OPTIONS rtsp://cam.example/live"]);
    events = client.receive(response(events, 200), 2);
    expect(lines(events)).toEqual(["DESCRIBE rtsp://cam.example/live"]);
    events = client.receive(
      response(events, 200, ["Content-Base: rtsp://cam.example/live/"], SDP),
      3,
    );
    expect(events[0]).toMatchObject({
      type: "described",
      media: [{ kind: "video", control: "t1" }],
    });
    expect(lines(events)).toEqual(["SETUP rtsp://cam.example/live/t1"]);
    expect(headerValue(requests(events)[0] as RtspRequest, "Transport")).toBe(
      "RTP/AVP/TCP;unicast;interleaved=0-1",
    );
    events = client.receive(response(events, 200, ["Session: s1"]), 4);
    expect(lines(events)).toEqual(["PLAY rtsp://cam.example/live/"]);
    expect(headerValue(requests(events)[0] as RtspRequest, "Session")).toBe("s1");
    events = client.receive(response(events, 200, ["RTP-Info: url=t1;seq=7;rtptime=8"]), 5);
    expect(events).toEqual([
      { type: "playing", range: undefined, rtpInfo: [{ media: 0, seq: 7, rtptime: 8 }] },
    ]);
    expect(client.deadline).toBe(30_005);
    expect(client.receive(bytesOf("$\u0001\u0000\u0001x"), 6)).toMatchObject([
      { type: "frame", media: 0, kind: "rtcp", channel: 1 },
    ]);
    events = client.teardown(7);
    expect(lines(events)).toEqual(["TEARDOWN rtsp://cam.example/live/"]);
    expect(client.receive(response(events, 200), 8)).toEqual([
      { type: "disconnect" },
      { type: "closed", error: undefined },
    ]);
    expect(client.state).toBe("closed");
    expect(client.deadline).toBeUndefined();
    expect(client.closed(9)).toEqual([]);
  });

  test("pause and play again", () => {
    const { client } = playing();
    let events = client.pause(1);
    expect(lines(events)).toEqual(["PAUSE rtsp://cam.example/live"]);
    expect(() => client.play(1)).toThrow("pausing");
    expect(client.receive(response(events, 200), 2)).toEqual([{ type: "paused" }]);
    expect(() => client.pause(2)).toThrow("paused");
    events = client.play(3, "npt=5-");
    expect(headerValue(requests(events)[0] as RtspRequest, "Range")).toBe("npt=5-");
    expect(client.receive(response(events, 200), 4)).toMatchObject([{ type: "playing" }]);
  });

  test("keep-alive at half the timeout; without an answer and without frames it ends", () => {
    const { client } = playing();
    expect(client.deadline).toBe(5000);
    expect(client.tick(4999)).toEqual([]);
    const sent = client.tick(5000);
    expect(lines(sent)).toEqual(["GET_PARAMETER rtsp://cam.example/live"]);
    expect(client.receive(response(sent, 501), 5001)).toEqual([]);
    expect(lines(client.tick(10_000))).toEqual(["OPTIONS rtsp://cam.example/live"]);
    client.receive(bytesOf("$\u0000\u0000\u0000"), 11_000);
    expect(client.tick(30_000).filter(({ type }) => type !== "send")).toEqual([]);
    expect(client.state).toBe("playing");
    const events = client.tick(50_000);
    expect(lines(events)).toEqual(["TEARDOWN rtsp://cam.example/live"]);
    expect(client.tick(51_000).at(-1)).toMatchObject({
      type: "closed",
      error: { code: "timeout" },
    });
  });

  test("the session is gone", () => {
    const { client } = playing();
    const sent = client.tick(5000);
    client.receive(response(sent, 454), 5001);
    expect(client.state).toBe("closing");
  });

  test("the server asks", () => {
    const { client } = playing();
    const events = client.receive(
      bytesOf("OPTIONS * RTSP/1.0\r\nCSeq: 3\r\n\r\nFLY * RTSP/1.0\r\nCSeq: 4\r\n\r\n"),
      1,
    );
    const answers = events.flatMap((event) => (event.type === "send" ? [textOf(event.data)] : []));
    expect(answers[0]).toMatch(/^RTSP\/1.0 200 OK\r\nCSeq: 3\r\nPublic: OPTIONS, /);
    expect(answers[1]).toMatch(/^RTSP\/1.0 501 Not Implemented\r\nCSeq: 4\r\n/);
  });

  test("control characters of the server do not come back", () => {
    const { client } = playing();
    const [answer] = client.receive(
      bytesOf("OPTIONS * RTSP/1.0\r\nCSeq: 3\u0000\r\nSession: a\rb\r\n\r\n"),
      1,
    );
    expect(answer?.type === "send" && textOf(answer.data)).toMatch(
      /^RTSP\/1.0 200 OK\r\nPublic: [^\r]*\r\n\r\n$/,
    );
    const sent = client.tick(5000);
    const challenge = 'WWW-Authenticate: Digest realm="a\u0001", nonce="b\rX: y"';
    expect(client.receive(response(sent, 401, [challenge]), 5001)).toMatchObject([
      { type: "send" },
    ]);
    expect(client.state).toBe("closing");
  });

  test("a response without CSeq is for the oldest request, one with another number for none", () => {
    const client = new RtspClient(URL, TCP);
    client.start(0);
    client.connected(0);
    expect(client.receive(bytesOf("RTSP/1.0 200 OK\r\nCSeq: 99\r\n\r\n"), 0)).toEqual([]);
    expect(client.receive(bytesOf("RTSP/1.0 100 Continue\r\nCSeq: 1\r\n\r\n"), 0)).toEqual([]);
    expect(lines(client.receive(bytesOf("RTSP/1.0 200 OK\r\n\r\n"), 0))).toEqual([
      "DESCRIBE rtsp://cam.example/live",
    ]);
  });

  test("RTCP of the client", () => {
    const { client } = playing();
    expect(client.sendFrame(1, Uint8Array.of(1, 2))).toEqual([
      { type: "send", data: Uint8Array.of(0x24, 1, 0, 2, 1, 2) },
    ]);
  });

  test("the next default port after the first refused", () => {
    const client = new RtspClient("rtsps://h/", TCP);
    expect(client.start(0)).toMatchObject([{ port: 554, tls: true }]);
    expect(client.closed(1)).toMatchObject([{ port: 322 }]);
    expect(client.closed(2)).toMatchObject([{ port: 554, delayMs: 500 }]);
  });

  test("teardown while connecting", () => {
    const client = new RtspClient(URL, TCP);
    client.start(0);
    expect(client.teardown(1)).toEqual([
      { type: "disconnect" },
      { type: "closed", error: undefined },
    ]);
    expect(client.connected(2)).toEqual([]);
  });

  test("no ports for UDP: the next transport", () => {
    const client = new RtspClient(URL, { transports: ["udp", "tcp"] });
    client.start(0);
    let events = client.connected(0);
    events = client.receive(response(events, 200), 0);
    events = client.receive(response(events, 200, [], SDP), 0);
    expect(events.at(-1)).toEqual({ type: "allocate", media: 0 });
    events = client.allocated(0, undefined, 0);
    expect(headerValue(requests(events)[0] as RtspRequest, "Transport")).toContain("TCP");
  });

  test("RTSP 2.0 asks for UDP with dest_addr, multicast with nothing", () => {
    const client = new RtspClient(URL, { transports: ["udp", "udp-mcast"], version: "2.0" });
    client.start(0);
    let events = client.connected(0);
    events = client.receive(response(events, 200), 0);
    client.receive(response(events, 200, [], SDP.replace("RTP/AVP", "RTP/SAVPF")), 0);
    events = client.allocated(0, { rtpPort: 5000, rtcpPort: 5001 }, 0);
    expect(headerValue(requests(events)[0] as RtspRequest, "Transport")).toBe(
      'RTP/SAVPF/UDP;unicast;dest_addr=":5000"/":5001"',
    );
    events = client.receive(response(events, 461), 0);
    expect(headerValue(requests(events)[0] as RtspRequest, "Transport")).toBe(
      "RTP/SAVPF;multicast",
    );
  });

  test("only what is selected is set up", () => {
    const client = new RtspClient(URL, { ...TCP, select: ({ kind }) => kind === "audio" });
    client.start(0);
    let events = client.connected(0);
    events = client.receive(response(events, 200), 0);
    events = client.receive(
      response(events, 200, [], `${SDP}m=audio 0 RTP/AVP 0\r\na=control:t2\r\n`),
      0,
    );
    expect(lines(events)).toEqual(["SETUP rtsp://cam.example/t2"]);
  });

  test("503 with Retry-After waits, and goes on", () => {
    const client = new RtspClient("rtsp://h/x/", TCP);
    client.start(0);
    let events = client.connected(0);
    events = client.receive(response(events, 200), 0);
    events = client.receive(response(events, 200, [], SDP), 0);
    expect(client.receive(response(events, 503, ["Retry-After: 2"]), 100)).toEqual([]);
    expect(client.deadline).toBe(2100);
    expect(lines(client.tick(2100))).toEqual(["SETUP rtsp://h/x/t1"]);
  });

  test("credentials stay behind when a redirect leads to another host", () => {
    const client = new RtspClient(URL, { ...TCP, redirects: "any" });
    client.start(0);
    let events = client.connected(0);
    events = client.receive(response(events, 401, ["WWW-Authenticate: Basic"]), 0);
    expect(headerValue(requests(events)[0] as RtspRequest, "Authorization")).toMatch(/^Basic /);
    events = client.receive(
      response(events, 302, ["Location: rtsp://u2:p2@other.example:8554/y"]),
      0,
    );
    expect(events).toMatchObject([
      { type: "disconnect" },
      { type: "connect", address: "other.example", port: 8554 },
    ]);
    events = client.connected(0);
    expect(lines(events)).toEqual(["OPTIONS rtsp://other.example:8554/y"]);
    expect(headerValue(requests(events)[0] as RtspRequest, "Authorization")).toBeUndefined();
    events = client.receive(response(events, 401, ["WWW-Authenticate: Basic"]), 0);
    expect(events.at(-1)).toMatchObject({ type: "closed", error: { code: "unauthorized" } });
  });

  test("a connection that does not come is tried again, after a pause that grows", () => {
    const client = new RtspClient("rtsp://h:1/", TCP);
    client.start(0);
    const delays: (number | undefined)[] = [];
    let last: RtspEvent | undefined;
    for (let i = 0; i < 4; i++) {
      const events = client.tick(client.deadline as number);
      expect(events[0]).toEqual({ type: "disconnect" });
      last = events.at(-1);
      delays.push(last?.type === "connect" ? last.delayMs : undefined);
    }
    expect(delays).toEqual([500, 1000, 2000, undefined]);
    expect(last).toMatchObject({ type: "closed", error: { code: "connect" } });
  });

  test("PLAY closes the connection: the next URI on the next one", () => {
    const client = new RtspClient("rtsp://h/x/", TCP);
    client.start(0);
    const toPlay = (): RtspEvent[] => {
      let events = client.connected(0);
      events = client.receive(response(events, 200), 0);
      events = client.receive(response(events, 200, [], SDP), 0);
      return client.receive(response(events, 200, ["Session: s"]), 0);
    };
    expect(lines(toPlay())).toEqual(["PLAY rtsp://h/x/"]);
    expect(client.closed(0)).toMatchObject([{ type: "connect", delayMs: 500 }]);
    expect(lines(toPlay())).toEqual(["PLAY rtsp://h/x"]);
  });

  test("PAUSE: the next URI when the first is refused, the end when none will do", () => {
    const { client } = playing();
    let events = client.pause(1);
    events = client.receive(response(events, 405), 2);
    expect(lines(events)).toEqual(["PAUSE rtsp://cam.example/t1"]);
    events = client.receive(response(events, 500), 3);
    expect(lines(events)).toEqual(["TEARDOWN rtsp://cam.example/t1"]);
    expect(client.receive(response(events, 454), 4).at(-1)).toMatchObject({
      type: "closed",
      error: { code: "refused", status: 500 },
    });
  });

  test("PLAY drops Require on 551", () => {
    const client = new RtspClient("rtsp://h/x/", { ...TCP, require: "a.b" });
    client.start(0);
    let events = client.connected(0);
    events = client.receive(response(events, 200), 0);
    events = client.receive(response(events, 200, [], SDP), 0);
    events = client.receive(response(events, 200, ["Session: s"]), 0);
    expect(headerValue(requests(events)[0] as RtspRequest, "Require")).toBe("a.b");
    events = client.receive(response(events, 551), 0);
    expect(lines(events)).toEqual(["PLAY rtsp://h/x/"]);
    expect(headerValue(requests(events)[0] as RtspRequest, "Require")).toBeUndefined();
  });

  test("a Transport that cannot be read counts as 461, and its session is ended", () => {
    const client = new RtspClient("rtsp://h/x/", { transports: ["tcp", "udp-mcast"] });
    client.start(0);
    let events = client.connected(0);
    events = client.receive(response(events, 200), 0);
    events = client.receive(response(events, 200, [], SDP), 0);
    events = client.receive(response(events, 200, ["Session: s", "Transport: ;"]), 0);
    expect(lines(events)).toEqual(["TEARDOWN rtsp://h/x/t1", "SETUP rtsp://h/x/t1"]);
    expect(requests(events).map((request) => headerValue(request, "Session"))).toEqual([
      "s",
      undefined,
    ]);
  });

  test("refuses RTSP over HTTP, bad URLs, and to start twice", () => {
    expect(() => new RtspClient("rtsph://h/")).toThrow(RangeError);
    expect(() => new RtspClient("http://h/")).toThrow(
      expect.objectContaining({ name: "FormatError" }),
    );
    for (const options of [{ range: "a\r\nX: y" }, { require: "\0" }, { userAgent: "\u65e5" }]) {
      expect(() => new RtspClient(URL, options)).toThrow(RangeError);
    }
    const client = new RtspClient(URL);
    client.start(0);
    expect(() => client.start(0)).toThrow("connecting");
  });
});

describe("whatever a server does", () => {
  const answer = fc.record({
    what: fc.constantFrom(
      "good",
      "good",
      "good",
      "status",
      "junk",
      "odd",
      "close",
      "silence",
      "challenge",
      "frame",
    ),
    status: fc.constantFrom(
      100,
      200,
      302,
      400,
      401,
      404,
      407,
      454,
      459,
      461,
      500,
      503,
      505,
      551,
      999,
    ),
    cut: fc.nat(60),
  });

  function goodAnswer({ method, headers }: RtspRequest): string {
    const cseq = `CSeq: ${headers.find(({ name }) => name === "CSeq")?.value}\r\n`;
    switch (method) {
      case "DESCRIBE":
        return `RTSP/1.0 200 OK\r\n${cseq}Content-Length: ${SDP.length}\r\n\r\n${SDP}`;
      case "SETUP":
        return `RTSP/1.0 200 OK\r\n${cseq}Session: abc\r\n\r\n`;
      default:
        return `RTSP/1.0 200 OK\r\n${cseq}\r\n`;
    }
  }

  test("the client ends, leaks no password, and sends TEARDOWN for every session over the connection that has it", () => {
    fc.assert(
      fc.property(
        fc.array(answer, { minLength: 1, maxLength: 60 }),
        fc.constantFrom("tcp", "udp"),
        (answers, transport) => {
          const client = new RtspClient(URL, { transports: [transport, "tcp"], cnonce: () => "c" });
          let now = 0;
          let open = false;
          let session = false;
          let closed = 0;
          const queue: RtspEvent[] = client.start(now);
          const ports = new Set<number>();
          let turn = 0;
          for (let steps = 0; closed === 0; steps++) {
            if (steps > 2000) throw new Error("no end");
            const event = queue.shift();
            if (event === undefined) {
              // Nothing to do: time goes by, and at last the user has enough.
              now = client.deadline ?? now + 1;
              queue.push(
                ...(turn > answers.length && client.state === "playing"
                  ? client.teardown(now)
                  : client.tick(now)),
              );
              turn++;
              continue;
            }
            switch (event.type) {
              case "connect":
                expect([event.address, event.port]).toEqual(["cam.example", 554]);
                open = true;
                queue.push(...client.connected(now));
                break;
              case "disconnect":
                expect(session, "a session was left behind").toBe(false);
                open = false;
                break;
              case "allocate":
                ports.add(event.media);
                queue.push(
                  ...client.allocated(event.media, { rtpPort: 5000, rtcpPort: 5001 }, now),
                );
                break;
              case "release":
                expect(ports.delete(event.media)).toBe(true);
                break;
              case "closed":
                closed++;
                break;
              case "send": {
                const [request] = requests([event]);
                if (request === undefined || !open) break;
                expect(textOf(event.data)).not.toContain("s3cret");
                if (request.method === "TEARDOWN") session = false;
                const { what, status, cut } = answers[turn++ % answers.length] as {
                  what: string;
                  status: number;
                  cut: number;
                };
                const good = goodAnswer(request);
                let bytes = good;
                if (what === "status") bytes = good.replace("200 OK", `${status} X`);
                if (what === "challenge")
                  bytes = good.replace("200 OK", "401 X\r\nWWW-Authenticate: Digest nonce=n");
                if (what === "junk") bytes = `${good.slice(0, cut)}\u0001junk`;
                if (what === "odd")
                  bytes = `PLAY_NOTIFY * RTSP/1.0\r\nCSeq: \u0001\r\n\r\n${good.replace("\r\n", "\r\nWWW-Authenticate: Digest nonce=\u0001\r\n").replace("200 OK", "401 X")}`;
                if (what === "frame") bytes = `$\u0000\u0000\u0001x${good}`;
                if (what === "silence") break;
                if (what === "close") {
                  session = false;
                  open = false;
                  queue.push(...client.closed(now));
                  break;
                }
                const before = queue.length;
                queue.push(...client.receive(bytesOf(bytes), now));
                const setUp = queue.slice(before).some(({ type }) => type === "setup");
                if (setUp) session = true;
                break;
              }
            }
          }
          expect(client.tick(now + 1e9)).toEqual([]);
          expect(ports.size).toBe(0);
          expect(client.state).toBe("closed");
        },
      ),
      { numRuns: 1000 },
    );
  });
});
