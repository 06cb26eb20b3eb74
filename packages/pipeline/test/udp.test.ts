import { createSocket } from "node:dgram";
import { networkInterfaces } from "node:os";
import { describe, expect, test } from "vitest";
import { appSrc, type Item, launch, mediaBuffer } from "../src/index.js";

const loopback = Object.entries(networkInterfaces()).find(([, addresses]) =>
  addresses?.some(({ internal, family }) => internal && family === "IPv4"),
)?.[0] as string;

function* datagrams(count: number): Generator<Item> {
  for (let i = 0; i < count; i++) yield { type: "buffer", buffer: mediaBuffer(Uint8Array.of(i)) };
}

/** Bytes that `description`, which listens and writes to `sink`, hears of what `send` sends to its port. */
async function hear(
  description: string,
  send: (port: number) => Promise<void>,
  expected: number,
): Promise<number> {
  let heard = 0;
  const done = new AbortController();
  const pipeline = launch(`${description} ! identity silent=false ! fakesink`, {
    onMessage: ({ element, details }) => {
      if (typeof details?.port === "number") void send(details.port);
      if (element === "identity0" && ++heard === expected) done.abort();
    },
  });
  const running = pipeline.run();
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, 2_000);
    done.signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
  pipeline.stop();
  await running;
  return heard;
}

const run = (description: string, count: number): Promise<void> =>
  launch(description, { elements: [appSrc("source", datagrams(count))] }).run();

describe("udpsink and udpsrc", () => {
  test("a host by name, and a listener by uri", async () => {
    expect(
      await hear(
        "udpsrc uri=udp://127.0.0.1:0",
        (port) => run(`source ! udpsink host=localhost port=${port}`, 3),
        3,
      ),
    ).toBe(3);
    expect(
      await hear(
        "udpsrc address=127.0.0.1 port=0",
        (port) => run(`source ! udpsink host=127.0.0.1 port=${port}`, 3),
        3,
      ),
    ).toBe(3);
  });

  test("multicast on the interface that was named", async () => {
    const heard = await hear(
      `udpsrc address=239.255.41.7 port=0 multicast-iface=${loopback}`,
      (port) =>
        run(`source ! udpsink host=239.255.41.7 port=${port} multicast-iface=${loopback}`, 4),
      4,
    );
    expect(heard).toBe(4);
  });

  test.each([
    [
      "udpsrc address=239.1.1.1 port=0 multicast-iface=nope0 ! fakesink",
      /^udpsrc0: cannot join 239\.1\.1\.1: there is no network interface "nope0", only /,
    ],
    [
      "source ! udpsink host=239.1.1.1 multicast-iface=nope0",
      /^udpsink0: cannot send to 239\.1\.1\.1:5004: there is no network interface "nope0", only /,
    ],
    [
      "udpsrc address=239.300.1.1 port=0 ! fakesink",
      /^udpsrc0: cannot listen on 239\.300\.1\.1:0: /,
    ],
    ["source ! udpsink host=x.invalid", /^udpsink0: cannot send to x\.invalid:5004: /],
  ])("%s is one sentence", async (description, message) => {
    await expect(run(description, 1)).rejects.toMatchObject({
      code: "resource",
      message: expect.stringMatching(message),
    });
  });

  test("a uri of another kind is refused before anything is opened", () => {
    for (const uri of ["http://a:1", "udp://a", "udp://a:70000"]) {
      expect(() => launch(`udpsrc uri=${uri} ! fakesink`)).toThrow(
        `udpsrc0: "${uri}" is not of the form udp://ADDRESS:PORT`,
      );
    }
  });

  test("a datagram that is too large is one sentence, and the socket is closed", async () => {
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    const { port } = socket.address();
    const large: Item = { type: "buffer", buffer: mediaBuffer(new Uint8Array(70_000)) };
    await expect(
      launch(`source ! udpsink host=127.0.0.1 port=${port}`, {
        elements: [appSrc("source", [large])],
      }).run(),
    ).rejects.toThrow(`udpsink0: cannot send to 127.0.0.1:${port}: the datagram is too large`);
    socket.close();
  });
});
