// The retry vectors of rtsp-uri, played by the whole client against a server made of strings.
import { afterAll, describe, expect, test } from "vitest";
import { VectorTally, vectorFiles, vectorJson } from "../../../tools/testing/vectors.js";
import { headerValue, RtspClient, type RtspEvent, RtspParser } from "../src/index.js";
import { bytesOf } from "./ours.js";

interface RetryCase {
  readonly id: string;
  readonly server: {
    readonly requestUri: string;
    readonly contentBase?: string | null;
    readonly contentLocation?: string | null;
    readonly sessionControl?: string | null;
    readonly mediaControls: readonly (string | null)[];
    readonly acceptsOnly: string;
    readonly rejectsWith: string;
  };
  readonly expected: {
    readonly setup: readonly {
      readonly media: number;
      readonly uri: string;
      readonly outcome: string;
    }[];
    readonly reconnects: number;
    readonly result: "play" | "exhausted";
  };
}

const tally = new VectorTally("rtsp-uri");
afterAll(() => tally.print());

const files = vectorFiles("rtsp-uri").filter((name) => name.endsWith(".json"));
const cases = files.flatMap((file) => {
  const content = vectorJson<unknown>("rtsp-uri", file);
  const items = Array.isArray(content) ? (content as Partial<RetryCase>[]) : [];
  return items.flatMap((item) =>
    item.server === undefined ? [] : [{ file, item: item as RetryCase }],
  );
});

function sdpOf({ sessionControl, mediaControls }: RetryCase["server"]): string {
  const control = (value: string | null | undefined): string[] =>
    value === null || value === undefined ? [] : [`a=control:${value}`];
  const media = mediaControls.flatMap((value) => ["m=video 0 RTP/AVP 96", ...control(value)]);
  return ["v=0", ...control(sessionControl), ...media, ""].join("\r\n");
}

describe("retry vectors", () => {
  test("there are some", () => expect(cases.length).toBeGreaterThan(0));

  test.each(cases)("$item.id", ({ file, item: { server, expected } }) => {
    const client = new RtspClient(server.requestUri, { transports: ["tcp"] });
    const setups: string[] = [];
    let connections = 0;
    const queue: RtspEvent[] = client.start(0);
    for (let event = queue.shift(); event !== undefined; event = queue.shift()) {
      if (event.type === "connect") {
        connections++;
        queue.push(...client.connected(0));
      }
      if (event.type !== "send") continue;
      const [request] = new RtspParser().push(event.data);
      if (request?.type !== "request") throw new Error("not a request");
      const answer = (status: string, headers: readonly string[] = [], body = ""): void => {
        const cseq = `CSeq: ${headerValue(request, "CSeq")}`;
        const head = [`RTSP/1.0 ${status}`, cseq, ...headers, `Content-Length: ${body.length}`];
        queue.push(...client.receive(bytesOf(`${head.join("\r\n")}\r\n\r\n${body}`), 0));
      };
      const { contentBase, contentLocation, acceptsOnly, rejectsWith } = server;
      if (request.method === "DESCRIBE") {
        const headers = [];
        if (typeof contentBase === "string") headers.push(`Content-Base: ${contentBase}`);
        if (typeof contentLocation === "string")
          headers.push(`Content-Location: ${contentLocation}`);
        answer("200 OK", headers, sdpOf(server));
      } else if (request.method !== "SETUP") answer("200 OK");
      else if (request.uri === acceptsOnly) {
        setups.push(`${request.uri} 200`);
        answer("200 OK", ["Session: 1"]);
      } else {
        const isStatus = /^\d/.test(rejectsWith);
        setups.push(`${request.uri} ${isStatus ? rejectsWith.slice(0, 3) : "closed"}`);
        if (isStatus) answer(rejectsWith);
        else queue.push(...client.closed(0));
      }
    }
    expect(setups).toEqual(expected.setup.map(({ uri, outcome }) => `${uri} ${outcome}`));
    expect(connections - 1).toBe(expected.reconnects);
    expect(client.state).toBe(expected.result === "play" ? "playing" : "closed");
    tally.add(file, expected.setup.length + 2);
  });
});
