// Players: of our sink that listens, of our source that relays, and of servers that end or move.
import type { Socket } from "node:net";
import type { MuxedTag, RtmpServerSession } from "@x/eflv/rtmp";
import { afterEach, describe, expect, test } from "vitest";
import { appSink, appSrc, type Item } from "../src/index.js";
import {
  abortAll,
  collector,
  flvPieces,
  items,
  Running,
  serveRtmp,
  tagsOf,
} from "./support/rtmp.js";

afterEach(abortAll);

function play(
  port: number,
  more = "",
  path = "live/key",
): { player: Running; pieces: Uint8Array[] } {
  const { element, pieces } = collector("out");
  const location = `location=rtmp://127.0.0.1:${port}/${path}`;
  const player = new Running(`rtmpsrc name=p ${location} ${more} ! out`, { elements: [element] });
  return { player, pieces };
}

/** A source that goes on when it is let. */
class Steps {
  readonly source: AsyncGenerator<Item>;
  #allowed = 0;
  #wake: () => void = () => {};

  constructor(pieces: readonly Uint8Array[]) {
    this.source = this.#run(pieces);
  }

  /** Let the source go on to piece `count`. */
  to(count: number): void {
    this.#allowed = count;
    this.#wake();
  }

  async *#run(pieces: readonly Uint8Array[]): AsyncGenerator<Item> {
    for (const [i, item] of items(pieces).entries()) {
      while (i >= this.#allowed) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
      yield item;
    }
  }
}

const LISTEN = "location=rtmp://127.0.0.1:0/live/key";

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** The headers in force at tag `at`, at its time, and what follows. */
function fromTag(all: readonly MuxedTag[], at: number): MuxedTag[] {
  const { timestamp } = all[at] as MuxedTag;
  return [...all.slice(0, 4).map((tag) => ({ ...tag, timestamp })), ...all.slice(at)];
}

describe("rtmpsink mode=listen", () => {
  test("waits for the first player, which gets everything", async () => {
    const sent = flvPieces();
    const sink = new Running(`in ! rtmpsink mode=listen sync=false ${LISTEN}`, {
      elements: [appSrc("in", items(sent))],
    });
    const { player, pieces } = play(await sink.port());
    await Promise.all([sink.done, player.done]);
    const all = tagsOf(sent);
    expect(tagsOf(pieces)).toEqual(fromTag(all, 4));
    expect(player.messages.map(({ type }) => type)).toEqual(["info"]);
  });

  test("a late player begins with the headers, at a key frame", async () => {
    const sent = flvPieces(60);
    const steps = new Steps(sent);
    const sink = new Running(
      `in ! rtmpsink mode=listen wait-for-connection=false sync=false ${LISTEN}`,
      {
        elements: [appSrc("in", steps.source)],
      },
    );
    const port = await sink.port();
    steps.to(20);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const early = play(port);
    await early.player.message(/playing/);
    // Frames 30 and 45 are key frames.
    steps.to(32);
    await until(() => early.pieces.length > 5);
    const late = play(port);
    await late.player.message(/playing/);
    steps.to(100);
    await Promise.all([sink.done, early.player.done, late.player.done]);
    const all = tagsOf(sent);
    const at = (ms: number): number =>
      all.findIndex(({ timestamp, data }) => timestamp === ms && data.length >= 20);
    expect(tagsOf(early.pieces)).toEqual(fromTag(all, at(600)));
    expect(tagsOf(late.pieces)).toEqual(fromTag(all, at(900)));
  });

  test("takes no publisher, and plays no other stream", async () => {
    const sink = new Running(`in ! rtmpsink mode=listen ${LISTEN}`, {
      elements: [appSrc("in", items(flvPieces(3)))],
    });
    const port = await sink.port();
    const location = `location=rtmp://127.0.0.1:${port}/live/key`;
    const publisher = new Running(`in ! rtmpsink ${location}`, {
      elements: [appSrc("in", items(flvPieces(3)))],
    });
    await expect(publisher.done).rejects.toThrow(/this server only plays/);
    await expect(play(port, "", "live/other").player.done).rejects.toThrow(
      `p: 127.0.0.1:${port} refused: NetStream.Play.StreamNotFound (there is no such stream)`,
    );
    sink.pipeline.stop();
    await sink.done;
  });

  test("sends each tag at its time", async () => {
    const sink = new Running(`in ! rtmpsink mode=listen ${LISTEN}`, {
      elements: [appSrc("in", items(flvPieces(20)))],
    });
    const { player } = play(await sink.port());
    await player.message(/playing/);
    const start = performance.now();
    await Promise.all([sink.done, player.done]);
    // Nineteen steps of 20 ms; timers are never early.
    expect(performance.now() - start).toBeGreaterThan(350);
  });
});

describe("rtmpsrc mode=listen", () => {
  test("lets players have what is published, late ones too", async () => {
    const { element, pieces } = collector("out");
    const relay = new Running(`rtmpsrc mode=listen ${LISTEN} ! out`, { elements: [element] });
    const port = await relay.port();
    const early = play(port);
    await early.player.message(/playing/);
    const sent = flvPieces(60);
    const steps = new Steps(sent);
    const publisher = new Running(
      `in ! rtmpsink sync=false location=rtmp://127.0.0.1:${port}/live/key`,
      { elements: [appSrc("in", steps.source)] },
    );
    steps.to(20);
    await until(() => pieces.length > 20);
    const late = play(port);
    await late.player.message(/playing/);
    steps.to(100);
    await Promise.all([publisher.done, relay.done, early.player.done, late.player.done]);
    const all = tagsOf(sent);
    expect(tagsOf(pieces)).toEqual(all);
    expect(tagsOf(early.pieces)).toEqual(fromTag(all, 4));
    const at = all.findIndex(({ timestamp, data }) => timestamp === 600 && data.length >= 20);
    expect(tagsOf(late.pieces)).toEqual(fromTag(all, at));
  });

  test("a player that takes nothing does not hold the others up", async () => {
    let taken = 0;
    const relay = new Running(`rtmpsrc mode=listen timeout=1 ${LISTEN} ! count`, {
      elements: [
        appSink("count", (item) => {
          if (item.type === "buffer") taken++;
        }),
      ],
    });
    const port = await relay.port();
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const location = `location=rtmp://127.0.0.1:${port}/live/key`;
    const lame = new Running(`rtmpsrc ${location} ! lame`, {
      elements: [appSink("lame", (item) => (item.type === "buffer" ? held : undefined))],
    });
    await lame.message(/playing/);
    const [first = new Uint8Array(0), ...rest] = flvPieces(400).slice(0, -1);
    const rounds = 9;
    async function* many(): AsyncGenerator<Item> {
      yield* items([first]);
      for (let i = 0; i < rounds; i++) yield* items(rest);
    }
    const publisher = new Running(`in ! rtmpsink sync=false ${location}`, {
      elements: [appSrc("in", many())],
    });
    await publisher.done;
    await relay.done;
    release();
    expect(taken).toBeGreaterThan(rounds * rest.length);
  });
});

describe("rtmpsrc meets a server that", () => {
  /** A server that lets everybody play, and what the test does then. */
  function serve(
    onPlay: (peer: { session: RtmpServerSession; socket: Socket }) => void,
  ): Promise<number> {
    return serveRtmp((event, session, socket) => {
      if (event.type !== "play") return false;
      socket.write(session.accept(event.streamId));
      onPlay({ session, socket });
      return true;
    });
  }

  const all = tagsOf(flvPieces(40));

  test("ends the stream with a word", async () => {
    const port = await serve(({ session, socket }) => {
      socket.write(session.write(1, all));
      socket.write(session.endPlay(1));
    });
    const { player, pieces } = play(port, "no-eof-is-error=true");
    await player.done;
    expect(tagsOf(pieces)).toEqual(all);
  });

  test("ends it before it has begun", async () => {
    const port = await serve(({ session, socket }) => socket.write(session.endPlay(1)));
    const { player, pieces } = play(port, "no-eof-is-error=true");
    await player.done;
    expect(pieces).toEqual([]);
  });

  test("ends it without one", async () => {
    const port = await serve(({ session, socket }) => socket.end(session.write(1, all)));
    const { player, pieces } = play(port);
    await player.done;
    expect(tagsOf(pieces)).toEqual(all);
    expect(player.messages.filter(({ type }) => type === "warning")).toMatchObject([
      { text: `127.0.0.1:${port} closed the connection` },
    ]);
    await expect(play(port, "no-eof-is-error=true").player.done).rejects.toThrow(
      `p: 127.0.0.1:${port} closed the connection`,
    );
  });

  test("sends nothing any more", async () => {
    const port = await serve(({ session, socket }) => socket.write(session.write(1, all)));
    const { player } = play(port, "idle-timeout=1 no-eof-is-error=true");
    await expect(player.done).rejects.toThrow(/has sent nothing for 1 s/);
  });

  test("breaks off in the middle of a message, or goes mad", async () => {
    const cut = await serve(({ session, socket }) => {
      socket.end(session.write(1, all).subarray(0, -5));
    });
    const { player, pieces } = play(cut);
    await player.done;
    expect(tagsOf(pieces)).toEqual(all.slice(0, -1));
    const mad = await serve(({ session, socket }) => {
      socket.write(session.write(1, all));
      socket.write(new Uint8Array(100).fill(0xbf));
    });
    await expect(play(mad).player.done).rejects.toThrow(/sent what is no RTMP/);
  });

  test("asks for another: the stream goes on there at a key frame", async () => {
    const frames = (from: number, to: number): MuxedTag[] =>
      all.filter(({ timestamp }, i) => i >= 4 && timestamp >= from && timestamp < to);
    const headers = all.slice(0, 4);
    let finish = (): void => {};
    const second = await serve(({ session, socket }) => {
      // Begins between key frames, and has configurations of its own.
      socket.write(session.write(1, [...headers, ...frames(400, 9999)]));
      finish = () => socket.write(session.endPlay(1));
    });
    const first = await serve(({ session, socket }) => {
      socket.write(session.write(1, [...headers, ...frames(0, 300)]));
      socket.write(session.requestReconnect(`rtmp://127.0.0.1:${second}/other`));
    });
    const { player, pieces } = play(first);
    await player.message(new RegExp(`^playing from .*${second}`));
    finish();
    await player.done;
    const moved = headers.map((tag) => ({ ...tag, timestamp: 600 }));
    expect(tagsOf(pieces)).toEqual([...headers, ...frames(0, 300), ...moved, ...frames(600, 9999)]);
  });

  test("asks for another and goes before that one is there", async () => {
    const gone = await serve(({ socket }) => socket.destroy());
    const port = await serve(({ session, socket }) => {
      socket.write(session.write(1, all));
      socket.write(session.requestReconnect(`rtmp://127.0.0.1:${gone}/other`));
      socket.end();
    });
    const { player, pieces } = play(port);
    await player.done;
    expect(tagsOf(pieces)).toEqual(all);
    expect(player.messages.filter(({ type }) => type === "warning").length).toBeGreaterThan(0);
  });
});
