import { concatBytes } from "@x/bits";
import { bench, describe } from "vitest";
import { type MuxedTag, parseRtmpUrl, RtmpClient, RtmpServerSession } from "../src/rtmp/index.js";

const SIZE = 1 << 16;

/** Two seconds of 20 Mbit/s: pictures of 100 kB, and four small audio frames for each. */
const TAGS: readonly MuxedTag[] = Array.from({ length: 250 }, (_, i) => {
  const isPicture = i % 5 === 0;
  const data = new Uint8Array(isPicture ? 100_000 : 400).fill(i);
  data.set(isPicture ? [0x17, 1] : [0xaf, 1]);
  return { tagType: isPicture ? 9 : 8, timestamp: i * 8, data };
});

/** A client that publishes, and the server that it publishes to. */
function connected(): { client: RtmpClient; server: RtmpServerSession } {
  const url = parseRtmpUrl("rtmp://127.0.0.1/live/key");
  const client = new RtmpClient({ url, role: "publish" });
  const server = new RtmpServerSession();
  let toServer: Uint8Array[] = [client.start()];
  while (toServer.length > 0) {
    const answers = toServer.flatMap((bytes) =>
      server.push(bytes).flatMap((event) => {
        if (event.type === "send") return [event.bytes];
        return event.type === "publish" ? [server.accept(event.streamId)] : [];
      }),
    );
    toServer = answers.flatMap((bytes) =>
      client.push(bytes).flatMap((event) => (event.type === "send" ? [event.bytes] : [])),
    );
  }
  return { client, server };
}

const { client, server } = connected();
/** One connection counts on; a server session of its own would see the middle of a stream. */
const wire = (): Uint8Array => concatBytes(...TAGS.map((tag) => client.write([tag])));

describe("two seconds of 20 Mbit/s", () => {
  const expected = TAGS.reduce((sum, { data }) => sum + data.length, 0);
  const check = (size: number): void => {
    if (size !== expected) throw new Error(`${size} bytes`);
  };

  bench("published and received, in reads of 64 KiB", () => {
    const bytes = wire();
    let size = 0;
    for (let at = 0; at < bytes.length; at += SIZE) {
      for (const event of server.push(bytes.subarray(at, at + SIZE))) {
        if (event.type === "tag") size += event.tag.data.length;
      }
    }
    check(size);
  });

  bench("the payloads copied twice, without RTMP", () => {
    const bytes = concatBytes(...TAGS.map(({ data }) => data.slice()));
    check(TAGS.reduce((size, { data }) => size + bytes.slice(0, data.length).length, 0));
  });
});
