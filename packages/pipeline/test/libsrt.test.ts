import { createHash } from "node:crypto";
import { createSocket } from "node:dgram";
import { networkInterfaces } from "node:os";
import { describe, expect, test } from "vitest";
import {
  appSink,
  appSrc,
  type Item,
  launch,
  type MediaBuffer,
  mediaBuffer,
  type PipelineMessage,
} from "../src/index.js";
import { openLibsrt } from "../src/srt/libsrt.js";
import type { SrtError } from "../src/srt/srt-binding.js";

const missing = await openLibsrt().then(
  () => undefined,
  (error: SrtError) => error.message,
);
if (missing !== undefined) console.warn(`SKIPPED: SRT over the network: ${missing}`);

const MESSAGE = 1316;
const hasIpv6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === "::1"),
);

test("without libsrt the error says what was looked for", async () => {
  await expect(openLibsrt({ X_LIBSRT: "/no/such/libsrt.so" })).rejects.toThrow(
    'libsrt was not found: X_LIBSRT names "/no/such/libsrt.so", which cannot be opened',
  );
});

async function freePort(): Promise<number> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(resolve));
  return port;
}

/** Messages, one a millisecond, each different. */
function* messages(count: number): Generator<MediaBuffer> {
  for (let i = 0; i < count; i++) {
    const data = new Uint8Array(MESSAGE).map((_, at) => (i * 31 + at * 7 + (at >> 8)) & 0xff);
    yield mediaBuffer(data, { pts: BigInt(i) * 1_000_000n });
  }
}

interface Transfer {
  readonly messages: readonly PipelineMessage[];
  readonly received: readonly Uint8Array[];
}

/** Send `count` messages from one pipeline to another. */
async function transfer(sink: string, source: string, count: number): Promise<Transfer> {
  const log: PipelineMessage[] = [];
  const received: Uint8Array[] = [];
  const onMessage = (message: PipelineMessage): void => void log.push(message);
  const take = appSink("take", (item) => {
    if (item.type !== "buffer") return;
    received.push(item.buffer.data);
    if (received.length === count) receiver.stop();
  });
  const receiver = launch(`srtsrc ${source} ! take`, { elements: [take], onMessage });
  const give = appSrc(
    "give",
    [...messages(count)].map((buffer): Item => ({ type: "buffer", buffer })),
  );
  const sender = launch(`give ! srtsink ${sink}`, { elements: [give], onMessage });
  const patience = setTimeout(() => {
    receiver.abort();
    sender.abort();
  }, 20_000);
  try {
    await Promise.all([receiver.run(), sender.run()]);
  } finally {
    clearTimeout(patience);
  }
  return { messages: log, received };
}

function digest(parts: Iterable<Uint8Array>): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}

function sentDigest(count: number): string {
  return digest([...messages(count)].map(({ data }) => data));
}

describe.skipIf(missing !== undefined)("srtsrc and srtsink on the system's libsrt", () => {
  const modes: readonly (readonly [name: string, sink: string, source: string])[] = [
    ["a caller sends to a listener", "", "mode=listener"],
    ["a listener sends to a caller", "mode=listener", ""],
    [
      "encrypted with 32 bytes",
      "passphrase=0123456789abcdef&pbkeylen=32",
      "mode=listener&passphrase=0123456789abcdef",
    ],
  ];
  test.each(modes)("%s", async (_, sink, source) => {
    const port = await freePort();
    const uri = (query: string): string => `uri="srt://127.0.0.1:${port}?latency=40&${query}"`;
    const { received, messages: log } = await transfer(uri(sink), uri(source), 300);
    expect(digest(received)).toBe(sentDigest(300));
    const { details } = log.find(
      ({ type, element }) => type === "statistics" && element === "srtsrc0",
    ) as PipelineMessage;
    expect(details).toMatchObject({ messages: 300, bytes: 300 * MESSAGE, negotiatedLatencyMs: 40 });
    expect(details?.rttMs).toBeLessThan(500);
  });

  test.skipIf(!hasIpv6)(
    "over IPv6, from a local port that was asked for, to any address",
    async () => {
      const [port, from] = [await freePort(), await freePort()];
      const { received, messages: log } = await transfer(
        `uri="srt://[::1]:${port}?localport=${from}"`,
        `uri="srt://[::]:${port}?mode=listener"`,
        20,
      );
      expect(digest(received)).toBe(sentDigest(20));
      const texts = log.map(({ text }) => text);
      expect(texts).toContain(`connection from [::1]:${from}`);
    },
  );

  test("two ends meet in a rendezvous", async () => {
    const [one, two] = [await freePort(), await freePort()];
    const { received } = await transfer(
      `uri="srt://127.0.0.1:${two}?mode=rendezvous&localaddress=127.0.0.1&localport=${one}"`,
      `uri="srt://127.0.0.1:${one}?mode=rendezvous&localaddress=127.0.0.1&localport=${two}"`,
      50,
    );
    expect(digest(received)).toBe(sentDigest(50));
  });

  test("a wrong passphrase, none at all and a port in use are one sentence each", async () => {
    const port = await freePort();
    const listening = launch(
      `srtsrc uri="srt://127.0.0.1:${port}?mode=listener&passphrase=0123456789" ! fakesink`,
    );
    const listened = listening.run();
    const attempt = async (query: string): Promise<string> => {
      const caller = launch(
        `srtsrc auto-reconnect=false uri="srt://127.0.0.1:${port}?${query}" ! fakesink`,
      );
      return caller.run().then(
        () => "",
        (error: Error) => error.message,
      );
    };
    const cannot = `srtsrc0: cannot connect to 127.0.0.1:${port}: `;
    expect(await attempt("passphrase=9876543210")).toBe(`${cannot}Incorrect passphrase`);
    expect(await attempt("")).toBe(`${cannot}Password required or unexpected`);
    expect(await attempt("mode=listener")).toMatch(`srtsrc0: cannot listen on 127.0.0.1:${port}: `);
    listening.stop();
    await listened;
  });

  test("the event loop goes on while nothing arrives, and a stop ends the wait", async () => {
    const port = await freePort();
    const pipeline = launch(`srtsrc uri="srt://127.0.0.1:${port}?mode=listener" ! fakesink`);
    const running = pipeline.run();
    let ticks = 0;
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        if (++ticks < 20) return;
        clearInterval(timer);
        resolve();
      }, 1);
    });
    pipeline.stop();
    await running;
    expect(ticks).toBe(20);
  });
});
