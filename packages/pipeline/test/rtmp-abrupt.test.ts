// What other sides do that they should not: RTMP over sockets, with every abrupt end.
import { connect, type Socket } from "node:net";
import { encodeAmf0Values } from "@x/eflv";
import { parseRtmpUrl, RtmpChunkWriter, RtmpClient } from "@x/eflv/rtmp";
import { afterEach, describe, expect, test } from "vitest";
import { appSink, appSrc, type Item, mediaBuffer } from "../src/index.js";
import {
  abortAll,
  collector,
  flvPieces,
  items,
  owned,
  Running,
  serve,
  serveRtmp,
  tagsOf,
} from "./support/rtmp.js";

afterEach(abortAll);

const publish = (
  port: number,
  more = "",
  source: Iterable<Item> | AsyncIterable<Item> = items(flvPieces()),
): Running =>
  new Running(
    `in ! rtmpsink name=s sync=false location=rtmp://127.0.0.1:${port}/live/key ${more}`,
    {
      elements: [appSrc("in", source)],
    },
  );

/** Frames without end, handed over as fast as they are taken. */
async function* endless(counter: { frames: number } = { frames: 0 }): AsyncGenerator<Item> {
  const [first = new Uint8Array(0), ...pieces] = flvPieces(100);
  yield { type: "buffer", buffer: mediaBuffer(first) };
  for (;;) {
    for (const data of pieces.slice(0, -1)) {
      counter.frames++;
      yield { type: "buffer", buffer: mediaBuffer(data) };
    }
  }
}

describe("a publisher meets a server that", () => {
  test("is not there", async () => {
    const port = await serve(() => {});
    abortAll();
    await expect(publish(port).done).rejects.toThrow(
      `s: cannot connect to 127.0.0.1:${port}: nobody listens there`,
    );
  });

  test("closes in the handshake", async () => {
    const port = await serve((socket) => socket.end());
    await expect(publish(port).done).rejects.toThrow(/closed the connection during the handshake/);
    const half = await serve((socket) =>
      socket.write(new Uint8Array(1000).fill(3), () => socket.end()),
    );
    await expect(publish(half).done).rejects.toThrow(/closed the connection during the handshake/);
  });

  test("speaks something else", async () => {
    const port = await serve((socket) => socket.write("HTTP/1.1 400 Bad Request\r\n\r\n"));
    await expect(publish(port).done).rejects.toThrow(`127.0.0.1:${port} does not speak RTMP`);
    const noise = await serve((socket) =>
      socket.write(new Uint8Array(5000).fill(0x83).fill(3, 0, 1)),
    );
    await expect(publish(noise).done).rejects.toThrow(/sent what is no RTMP/);
  });

  test("says nothing", async () => {
    const port = await serve(() => {});
    await expect(publish(port, "timeout=1").done).rejects.toThrow(/did not answer within 1 s/);
  });

  test("resets the connection instead of an answer", async () => {
    const port = await serveRtmp(({ type }, _, socket) => {
      if (type === "connect") socket.resetAndDestroy();
      return type === "connect";
    });
    await expect(publish(port).done).rejects.toThrow(
      /closed the connection .*: the connection was reset/,
    );
  });

  test("refuses the stream", async () => {
    const port = await serveRtmp(({ type }, session, socket) => {
      if (type === "publish") socket.write(session.reject(1, "the key has expired"));
      return type === "publish";
    });
    await expect(publish(port).done).rejects.toThrow(
      `127.0.0.1:${port} refused: NetStream.Publish.BadName (the key has expired)`,
    );
  });

  test("wants a password", async () => {
    const description = "[ AccessManager.Reject ] : [ authmod=adobe ] : ";
    const port = await serveRtmp(() => false, { refuseConnect: () => description });
    await expect(publish(port).done).rejects.toThrow(
      `127.0.0.1:${port} wants a user name and a password (authmod=adobe)`,
    );
  });

  test("pings while it is being left", async () => {
    const ping = Uint8Array.of(2, 0, 0, 0, 0, 0, 6, 4, 0, 0, 0, 0, 0, 6, 1, 2, 3, 4);
    const port = await serveRtmp(({ type }, _, socket) => {
      if (type === "end") socket.end(ping);
      return type === "end";
    });
    await publish(port).done;
  });

  test("ends the stream, with or without a word", async () => {
    for (const reset of [true, false]) {
      const port = await serveRtmp(({ type }, _, socket) => {
        if (type === "tag") reset ? socket.resetAndDestroy() : socket.end();
        return type === "tag";
      });
      await expect(publish(port, "", endless()).done).rejects.toThrow(/closed the connection/);
    }
  });

  test("takes nothing: the source is slowed, and in the end the server given up", async () => {
    const port = await serveRtmp(({ type }, _, socket) => {
      if (type === "tag") socket.pause();
      return false;
    });
    const counter = { frames: 0 };
    await expect(publish(port, "timeout=1", endless(counter)).done).rejects.toThrow(
      /has taken nothing for 1 s/,
    );
    // The kernel's buffers and ours: some megabytes of frames of about 2 KB.
    expect(counter.frames).toBeLessThan(20_000);
  });

  test("asks for another: the stream goes on there at a key frame, headers first", async () => {
    const { element, pieces } = collector("out");
    const other = new Running("rtmpsrc mode=listen location=rtmp://127.0.0.1:0/app2/key ! out", {
      elements: [element],
    });
    const otherPort = await other.port();
    const first: number[] = [];
    const port = await serveRtmp(({ type }, session, socket) => {
      if (type === "tag" && first.push(1) === 10) {
        socket.write(session.requestReconnect(`//127.0.0.1:${otherPort}/app2`, "maintenance"));
      }
      return false;
    });
    const sent = flvPieces(90);
    async function* paced(): AsyncGenerator<Item> {
      for (const [i, item] of items(sent).entries()) {
        yield item;
        // Until the other server is ready, the old one takes what comes.
        if (i === 40) await other.message(/publisher has come/);
        if (i === 40) await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
    const sender = publish(port, "", paced());
    await sender.done;
    await other.done;
    expect(sender.messages.map(({ text }) => text)).toEqual([
      `asked to go to 127.0.0.1:${otherPort}: maintenance`,
      `publishing to 127.0.0.1:${otherPort}`,
    ]);
    const all = tagsOf(sent);
    const got = tagsOf(pieces);
    const media = got.filter(({ data }) => data.length >= 20);
    // Frames 45, 60 and 75 are key frames; metadata and three configurations come before.
    const from = all.findIndex(({ timestamp, data }) => timestamp === 900 && data.length >= 20);
    expect(got.slice(0, 4).map(({ tagType, timestamp }) => [tagType, timestamp])).toEqual([
      [18, 900],
      [9, 900],
      [8, 900],
      [8, 900],
    ]);
    expect(got.slice(4)).toEqual(all.slice(from));
    expect(media.length).toBeGreaterThan(40);
    expect(first.length).toBeGreaterThanOrEqual(from);
  });

  test("asks for what is not to be had: the stream stays", async () => {
    const gone = await serve((socket) => socket.destroy());
    const brief = await serveRtmp(({ type }, session, socket) => {
      if (type === "publish") socket.end(session.accept(1));
      return type === "publish";
    });
    let tags = 0;
    const port = await serveRtmp(({ type }, session, socket) => {
      if (type === "tag" && ++tags === 3) {
        socket.write(session.requestReconnect("http://127.0.0.1/"));
        socket.write(session.requestReconnect(`rtmp://127.0.0.1:${gone}/live`));
      }
      if (type === "tag" && tags === 18) {
        socket.write(session.requestReconnect(`rtmp://127.0.0.1:${brief}/live`));
      }
      return false;
    });
    async function* paced(): AsyncGenerator<Item> {
      for (const item of items(flvPieces())) {
        yield item;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
    const sender = publish(port, "", paced());
    await sender.done;
    expect(sender.messages.map(({ text }) => text)).toEqual([
      "a reconnect request is not followed: not an RTMP URL: http://127.0.0.1/",
      `asked to go to 127.0.0.1:${gone}`,
      `the reconnect request failed: 127.0.0.1:${gone} closed the connection during the handshake`,
      `asked to go to 127.0.0.1:${brief}`,
      `the reconnect request failed: 127.0.0.1:${brief} closed the connection`,
    ]);
    expect(tags).toBe(tagsOf(flvPieces()).length);
  });
});

/** A publisher of the test's, until the server lets it send. */
async function publisher(
  port: number,
  path = "live/key",
): Promise<{ client: RtmpClient; socket: Socket; ended: string | undefined }> {
  const socket = owned(connect(port, "127.0.0.1"));
  const client = new RtmpClient({
    url: parseRtmpUrl(`rtmp://127.0.0.1:${port}/${path}`),
    role: "publish",
  });
  socket.write(client.start());
  const ended = await new Promise<string | undefined>((resolve) => {
    socket.on("close", () => resolve("closed"));
    socket.on("data", (chunk) => {
      for (const event of client.push(chunk)) {
        if (event.type === "send") socket.write(event.bytes);
        else if (event.type === "started") resolve(undefined);
        else if (event.type === "ended") resolve(event.code);
      }
    });
  });
  return { client, socket, ended };
}

describe("a listening source", () => {
  const listen = (more = ""): { receiver: Running; pieces: Uint8Array[] } => {
    const { element, pieces } = collector("out");
    const location = "location=rtmp://127.0.0.1:0/live/key";
    const receiver = new Running(`rtmpsrc name=r mode=listen ${location} ${more} ! out`, {
      elements: [element],
    });
    return { receiver, pieces };
  };

  test("keeps what came when the publisher vanishes, and says so", async () => {
    const sent = tagsOf(flvPieces(10));
    for (const more of ["", "no-eof-is-error=true"]) {
      const { receiver, pieces } = listen(more);
      const { client, socket } = await publisher(await receiver.port());
      socket.write(client.write(sent), () => setTimeout(() => socket.resetAndDestroy(), 50));
      if (more === "") {
        await receiver.done;
        expect(receiver.messages[receiver.messages.length - 1]).toMatchObject({
          type: "warning",
          text: "the publisher went without a word",
        });
      } else await expect(receiver.done).rejects.toThrow("r: the publisher went without a word");
      expect(tagsOf(pieces)).toEqual(sent);
    }
  });

  test("gives up a publisher that sends nothing", async () => {
    const { receiver } = listen("idle-timeout=1");
    await publisher(await receiver.port());
    await receiver.done;
    expect(receiver.messages.map(({ type }) => type)).toEqual(["info", "info", "warning"]);
  });

  test("refuses wrong keys, wrong applications and a second publisher", async () => {
    const { receiver, pieces } = listen();
    const port = await receiver.port();
    for (const path of ["live/wrong", "live/key?x", "live/", "other/key", "live/key/"]) {
      const { ended } = await publisher(port, path);
      expect([path, ended]).toEqual([path, "NetStream.Publish.BadName"]);
    }
    const first = await publisher(port);
    expect(first.ended).toBeUndefined();
    expect((await publisher(port)).ended).toBe("NetStream.Publish.BadName");
    const sent = tagsOf(flvPieces(6));
    first.socket.write(first.client.write(sent));
    first.socket.write(first.client.end());
    await receiver.done;
    expect(tagsOf(pieces)).toEqual(sent);
  });

  test("keeps a publisher that asks a second time", async () => {
    const { receiver, pieces } = listen();
    const { client, socket } = await publisher(await receiver.port());
    const sent = tagsOf(flvPieces(6));
    socket.write(client.write(sent.slice(0, 5)));
    const again = new RtmpChunkWriter().write(
      {
        ...{ messageType: 20, streamId: 1, timestamp: 0 },
        payload: encodeAmf0Values(["publish", 9, null, "key", "live"]),
      },
      70,
      0,
    );
    socket.write(again);
    socket.write(client.write(sent.slice(5)));
    socket.write(client.end());
    await receiver.done;
    expect(tagsOf(pieces)).toEqual(sent);
  });

  test("is not disturbed by what is no publisher", async () => {
    const { receiver, pieces } = listen("timeout=1");
    const port = await receiver.port();
    const strangers = ["GET / HTTP/1.1\r\n\r\n", "\x03", `\x03${"x".repeat(8000)}`, ""].map(
      (text) =>
        new Promise((resolve) => {
          const socket = owned(connect(port, "127.0.0.1", () => socket.write(text)));
          socket.on("close", resolve);
          socket.resume();
        }),
    );
    await Promise.all(strangers);
    const sender = publish(port);
    await sender.done;
    await receiver.done;
    expect(tagsOf(pieces)).toEqual(tagsOf(flvPieces()));
  });

  test("slows a publisher that is faster than the pipeline", async () => {
    let taken = 0;
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow = appSink("slow", async (item) => {
      if (item.type === "buffer" && ++taken === 50) await held;
    });
    const receiver = new Running(
      "rtmpsrc mode=listen location=rtmp://127.0.0.1:0/live/key ! slow",
      {
        elements: [slow],
      },
    );
    const counter = { frames: 0 };
    const sender = publish(await receiver.port(), "timeout=0", endless(counter));
    let last = -1;
    while (last !== counter.frames || last === 0) {
      last = counter.frames;
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
    expect(taken).toBe(50);
    expect(counter.frames).toBeLessThan(20_000);
    release();
    sender.pipeline.stop();
    await sender.done;
    await receiver.done;
    expect(taken).toBeGreaterThan(last);
  });

  test("stops when it is told to, with and without a publisher", async () => {
    const { receiver } = listen();
    await receiver.port();
    receiver.pipeline.stop();
    await receiver.done;
    const busy = listen();
    const { socket } = await publisher(await busy.receiver.port());
    const closed = new Promise((resolve) => socket.once("close", resolve));
    busy.receiver.pipeline.stop();
    await busy.receiver.done;
    await closed;
  });

  test("says in one sentence that the port is taken", async () => {
    const { receiver } = listen();
    const port = await receiver.port();
    const { element } = collector("out");
    const location = `location=rtmp://127.0.0.1:${port}/live/key`;
    const second = new Running(`rtmpsrc name=r mode=listen ${location} ! out`, {
      elements: [element],
    });
    await expect(second.done).rejects.toThrow(
      `r: cannot listen on 127.0.0.1:${port}: the port is in use already`,
    );
  });
});
