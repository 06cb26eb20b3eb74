import { setTimeout as sleep } from "node:timers/promises";
import { fc, test as propertyTest } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { srtsinkOn } from "../src/elements/srtsink.js";
import { srtsrcOn } from "../src/elements/srtsrc.js";
import {
  appSink,
  appSrc,
  type Clock,
  type ElementFactory,
  type Item,
  launch,
  type MediaBuffer,
  mediaBuffer,
  type Pipeline,
  type PipelineMessage,
} from "../src/index.js";
import { SRT_OPTION, SrtError } from "../src/srt/srt-binding.js";
import { SrtRuntime } from "../src/srt/srt-runtime.js";
import { FakeSrt } from "./support/fake-srt.js";

const LISTEN = "srt://127.0.0.1:7001?mode=listener";
const CALL = "srt://127.0.0.1:7001";

/** Pipelines on one fake network. */
class Bench {
  readonly srt = new FakeSrt();
  readonly messages: PipelineMessage[] = [];
  readonly #runtime = new SrtRuntime(this.srt, 5);

  launch(description: string, element?: ElementFactory, clock?: Clock): Pipeline {
    const load = async (): Promise<SrtRuntime> => this.#runtime;
    return launch(description, {
      elements: [srtsrcOn(load), srtsinkOn(load), ...(element === undefined ? [] : [element])],
      ...(clock === undefined ? {} : { clock }),
      onMessage: (message) => this.messages.push(message),
    });
  }

  /** A receiving pipeline, what it got, and its end. */
  receive(
    properties: string,
    onBuffer: (count: number) => void = () => {},
    clock?: Clock,
  ): {
    readonly pipeline: Pipeline;
    readonly buffers: MediaBuffer[];
    readonly ended: Promise<void>;
  } {
    const buffers: MediaBuffer[] = [];
    const sink = appSink("sink", (item) => {
      if (item.type !== "buffer") return;
      buffers.push(item.buffer);
      onBuffer(buffers.length);
    });
    const pipeline = this.launch(`srtsrc ${properties} ! sink`, sink, clock);
    return { pipeline, buffers, ended: pipeline.run() };
  }

  texts(type: PipelineMessage["type"]): string[] {
    return this.messages.filter((message) => message.type === type).map(({ text }) => text);
  }

  /** All sockets are closed, and libsrt was cleaned up as often as it was started. */
  expectClosed(): void {
    expect(this.srt.open).toBe(0);
    expect(this.srt.cleanUps).toBe(this.srt.startUps);
    expect(this.srt.maxPolling).toBeLessThanOrEqual(1);
  }
}

function bytes(index: number, length = 188): Uint8Array {
  return new Uint8Array(length).fill(index);
}

function* buffers(count: number, length = 188): Generator<Item> {
  for (let i = 0; i < count; i++) {
    yield { type: "buffer", buffer: mediaBuffer(bytes(i, length)) };
  }
}

async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 1000 && !condition(); turn++) await sleep(2);
  expect(condition()).toBe(true);
}

describe("srtsrc and srtsink on a fake libsrt", () => {
  test("what a caller sends arrives in order, and the listener ends with it", async () => {
    const bench = new Bench();
    const receiver = bench.receive(`uri="${LISTEN}"`);
    const sender = bench.launch(
      `source ! srtsink uri="${CALL}" streamid="#!::r=news"`,
      appSrc("source", buffers(500)),
    );
    await Promise.all([sender.run(), receiver.ended]);
    expect(receiver.buffers.map(({ data }) => data[0])).toEqual(
      Array.from({ length: 500 }, (_, i) => i & 0xff),
    );
    expect(receiver.buffers.map(({ flags }) => flags.discont === true).indexOf(true, 1)).toBe(-1);
    expect(receiver.buffers[0]?.flags.discont).toBe(true);
    expect(bench.texts("info").some((text) => text.endsWith('stream id "#!::r=news"'))).toBe(true);
    expect(bench.texts("statistics")).toContainEqual(
      expect.stringMatching(/^500 messages, 94000 bytes, 127.0.0.1:7001: 3 packets were lost, 2/),
    );
    bench.expectClosed();
  });

  // Each run waits for the receiver to have played everything.
  propertyTest.prop(
    [fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: 1, maxLength: 20 }), fc.boolean()],
    { numRuns: 15 },
  )(
    "buffers of any size become messages of 1316 bytes at most, either end may call",
    async (sizes, receiverCalls) => {
      const bench = new Bench();
      const items = [...sizes, 1].map((size, i): Item => {
        return { type: "buffer", buffer: mediaBuffer(bytes(i, size)) };
      });
      const receiver = bench.receive(`uri="${receiverCalls ? CALL : LISTEN}"`);
      await bench
        .launch(`source ! srtsink uri="${receiverCalls ? LISTEN : CALL}"`, appSrc("source", items))
        .run();
      receiver.pipeline.stop();
      await receiver.ended;
      const expected = [...sizes, 1].flatMap((size) =>
        Array.from({ length: Math.ceil(size / 1316) }, (_, i) => Math.min(1316, size - i * 1316)),
      );
      expect(receiver.buffers.map(({ data }) => data.length)).toEqual(expected);
      bench.expectClosed();
    },
  );

  test("a caller that loses the connection calls again, and marks the break", async () => {
    const bench = new Bench();
    const receiver = bench.receive(`uri="${CALL}"`, (count) => {
      if (count === 3) bench.srt.breakAll();
      if (count === 6) receiver.pipeline.stop();
    });
    async function* slowly(): AsyncGenerator<Item> {
      for (let i = 0; ; i++) {
        yield { type: "buffer", buffer: mediaBuffer(bytes(i)) };
        await sleep(1);
      }
    }
    const sender = bench.launch(`source ! srtsink uri="${LISTEN}"`, appSrc("source", slowly()));
    const sending = sender.run();
    await receiver.ended;
    sender.stop();
    await sending;
    expect(receiver.buffers.filter(({ flags }) => flags.discont)).toHaveLength(2);
    expect(bench.texts("info").filter((text) => text.startsWith("connected to"))).toHaveLength(2);
    bench.expectClosed();
  });

  test("a caller without a listener tries again until it is stopped", async () => {
    const bench = new Bench();
    const receiver = bench.receive(`uri="${CALL}"`);
    await until(() => bench.texts("warning").length >= 3);
    expect(bench.texts("warning")[0]).toBe(
      "cannot connect to 127.0.0.1:7001: Connection timeout; trying again",
    );
    receiver.pipeline.stop();
    await receiver.ended;
    bench.expectClosed();
  });

  test("a caller that may not try again fails in one sentence", async () => {
    const bench = new Bench();
    bench.srt.refuse = "Incorrect passphrase";
    for (const mode of ["caller", "rendezvous"]) {
      const receiver = bench.receive(`uri="${CALL}" mode=${mode} auto-reconnect=false`);
      await expect(receiver.ended).rejects.toMatchObject({
        code: "resource",
        message: `srtsrc0: cannot ${mode === "caller" ? "connect to" : "meet"} 127.0.0.1:7001: Incorrect passphrase`,
      });
    }
    bench.expectClosed();
  });

  test("a listener with keep-listening takes the next caller", async () => {
    const bench = new Bench();
    const receiver = bench.receive(`uri="${LISTEN}" keep-listening=true`);
    await until(() => bench.texts("info").includes("listening on 127.0.0.1:7001"));
    for (let i = 0; i < 3; i++) {
      await bench.launch(`source ! srtsink uri="${CALL}"`, appSrc("source", buffers(2))).run();
    }
    await until(() => receiver.buffers.length === 6);
    receiver.pipeline.stop();
    await receiver.ended;
    expect(receiver.buffers.filter(({ flags }) => flags.discont)).toHaveLength(3);
    bench.expectClosed();
  });

  test("a second listener on a port fails in one sentence, also when it has nothing to send", async () => {
    const bench = new Bench();
    const first = bench.receive(`uri="${LISTEN}"`);
    await until(() => bench.texts("info").length > 1);
    const idle = (async function* (): AsyncGenerator<Item> {
      await first.ended;
      yield* [];
    })();
    const second = bench.launch(`source ! srtsink uri="${LISTEN}"`, appSrc("source", idle));
    const failed = second.run().catch((error: Error) => error.message);
    await until(() => bench.srt.open === 1);
    await sleep(10);
    first.pipeline.stop();
    expect(await failed).toBe("srtsink0: cannot listen on 127.0.0.1:7001: port in use");
    await first.ended;
    bench.expectClosed();
  });

  test("a listening sink sends to every caller, and a slow one of several does not hold the others", async () => {
    const bench = new Bench();
    const receivers = [bench.receive(`uri="${CALL}"`), bench.receive(`uri="${CALL}"`)];
    let go = false;
    async function* both(): AsyncGenerator<Item> {
      yield { type: "buffer", buffer: mediaBuffer(bytes(0)) };
      await until(
        () => bench.texts("info").filter((text) => /^connection from/.test(text)).length === 2,
      );
      yield* buffers(20);
      await until(() => receivers.every((receiver) => receiver.buffers.length >= 20));
      go = true;
    }
    const sender = bench.launch(`source ! srtsink uri="${LISTEN}"`, appSrc("source", both()));
    await sender.run();
    expect(go).toBe(true);
    for (const { pipeline, ended } of receivers) {
      pipeline.stop();
      await ended;
    }
    bench.expectClosed();

    const slow = new Bench();
    slow.srt.room = 5;
    const readers = [slow.receive(`uri="${CALL}"`), slow.receive(`uri="${CALL}"`)];
    async function* flood(): AsyncGenerator<Item> {
      yield { type: "buffer", buffer: mediaBuffer(bytes(0)) };
      await until(
        () => slow.texts("info").filter((text) => /^connection from/.test(text)).length === 2,
      );
      yield* buffers(50);
    }
    await slow.launch(`source ! srtsink uri="${LISTEN}"`, appSrc("source", flood())).run();
    for (const { pipeline, ended } of readers) {
      pipeline.stop();
      await ended;
    }
    expect(slow.texts("statistics")).toContainEqual(
      expect.stringMatching(/^9\d messages were dropped/),
    );
  });

  test("the only peer sets the pace", async () => {
    const bench = new Bench();
    bench.srt.room = 4;
    const receiver = bench.receive(`uri="${LISTEN}"`);
    const sender = bench.launch(`source ! srtsink uri="${CALL}"`, appSrc("source", buffers(20)));
    const sending = sender.run();
    await until(() => receiver.buffers.length === 4);
    await sleep(20);
    expect(receiver.buffers).toHaveLength(4);
    bench.srt.makeRoom(100);
    await Promise.all([sending, receiver.ended]);
    expect(receiver.buffers).toHaveLength(20);
    bench.expectClosed();
  });

  test("without wait-for-connection what nobody hears is dropped and counted", async () => {
    const bench = new Bench();
    const source = appSrc("source", buffers(30));
    await bench.launch(`source ! srtsink uri="${LISTEN}" wait-for-connection=false`, source).run();
    expect(bench.texts("statistics")).toEqual([
      "30 messages were dropped: nobody was connected, or somebody was too slow",
    ]);
    bench.expectClosed();
  });

  test("a sink that waits for a connection can be stopped and aborted", async () => {
    for (const how of ["stop", "abort"] as const) {
      const bench = new Bench();
      const sender = bench.launch(
        `source ! srtsink uri="${LISTEN}"`,
        appSrc("source", buffers(30)),
      );
      const sending = sender.run();
      await until(() => bench.texts("info").length > 1);
      sender[how]();
      await sending;
      bench.expectClosed();
    }
  });

  test("a buffer's time is when its message was sent, by the pipeline's clock", async () => {
    const bench = new Bench();
    let now = 1_000_000_000n;
    const clock = { now: () => now, sleepUntil: async (): Promise<void> => {} };
    const receiver = bench.receive(`uri="${LISTEN}" num-buffers=2`, () => {}, clock);
    now += 40_000_000n;
    await bench.launch(`source ! srtsink uri="${CALL}"`, appSrc("source", buffers(1))).run();
    await until(() => receiver.buffers.length === 1);
    receiver.pipeline.stop();
    await receiver.ended;
    // Every message of the fake is a millisecond old.
    expect(receiver.buffers[0]?.meta.arrival).toBe(1_039_000_000n);
    expect(receiver.buffers[0]?.pts).toBe(39_000_000n);
  });

  test("silence is a message after poll-timeout, and num-buffers ends the stream", async () => {
    const bench = new Bench();
    async function* late(): AsyncGenerator<Item> {
      yield* buffers(1);
      await until(() => bench.texts("timeout").length >= 2);
      yield* buffers(5);
    }
    const receiver = bench.receive(`uri="${LISTEN}" poll-timeout=10 num-buffers=3`);
    const sender = bench.launch(
      `source ! srtsink uri="${CALL}" auto-reconnect=false`,
      appSrc("source", late()),
    );
    const sending = sender.run().catch((error: Error) => error.message);
    await receiver.ended;
    expect(receiver.buffers).toHaveLength(3);
    expect(bench.texts("timeout")[0]).toBe("no data for 10 ms");
    await sending;
    bench.expectClosed();
  });

  test("options reach libsrt, and what the URI has beyond them is a warning", async () => {
    const bench = new Bench();
    const uri = `${LISTEN}&latency=300&passphrase=0123456789&pbkeylen=24&maxbw=1000000&tlpktdrop=no&pkt_size=1316`;
    const receiver = bench.receive(`uri="${uri}" latency=400`);
    await until(() => bench.texts("info").length > 1);
    expect(bench.srt.optionOf(SRT_OPTION.latency)).toBe(400);
    expect(bench.srt.optionOf(SRT_OPTION.passphrase)).toBe("0123456789");
    expect(bench.srt.optionOf(SRT_OPTION.pbkeylen)).toBe(24);
    expect(bench.srt.optionOf(SRT_OPTION.maxbw)).toBe(1_000_000n);
    expect(bench.srt.optionOf(SRT_OPTION.tlpktdrop)).toBe(false);
    expect(bench.texts("warning")).toEqual(["the URI's pkt_size means nothing here"]);
    receiver.pipeline.stop();
    await receiver.ended;
    bench.expectClosed();
  });

  test("without libsrt there is one sentence, and nothing else has happened", async () => {
    const load = async (): Promise<never> => {
      throw new SrtError("libsrt was not found");
    };
    const pipeline = launch("srtsrc ! fakesink", { elements: [srtsrcOn(load)] });
    await expect(pipeline.run()).rejects.toMatchObject({
      code: "graph",
      message: "srtsrc0: libsrt was not found",
    });
  });
});
