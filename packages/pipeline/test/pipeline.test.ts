import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import {
  always,
  appSink,
  appSrc,
  type ElementFactory,
  elementFactory,
  forEachItem,
  type Item,
  launch,
  mediaBuffer,
  type PipelineMessage,
  parseCaps,
} from "../src/index.js";

const ELEMENTARY = parseCaps("audio/x-ac3");

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "x-pipeline-"));
});
afterAll(() => rm(folder, { recursive: true }));

function* numbers(count: number): Generator<Item> {
  for (let i = 0; i < count; i++) {
    yield {
      type: "buffer",
      buffer: mediaBuffer(Uint8Array.of(i & 255), { pts: BigInt(i) * 1_000_000n }),
    };
  }
}

const pass = elementFactory({
  name: "failing",
  classification: "Test",
  description: "Fails at the fifth buffer.",
  properties: {},
  pads: [always("sink", "ANY"), always("src", "ANY")],
  create: () => ({
    async run(context) {
      let count = 0;
      await forEachItem(context.sink(), {
        async buffer(buffer) {
          if (++count === 5) throw new Error("five is too many");
          await context.src().buffer(buffer);
        },
      });
    },
  }),
});

async function collect(description: string, count = 100): Promise<number[]> {
  const seen: number[] = [];
  await launch(description, {
    elements: [
      appSrc("source", numbers(count)),
      appSink("sink", (item) => {
        if (item.type === "buffer") seen.push(item.buffer.data[0] as number);
      }),
    ],
  }).run();
  return seen;
}

describe("a pipeline", () => {
  test("delivers everything in order, through queue, tee and identity", async () => {
    const all = Array.from(numbers(100), (_, i) => i);
    expect(await collect("source ! sink")).toEqual(all);
    expect(await collect("source ! queue max-size-buffers=3 ! identity ! sink")).toEqual(all);
    expect(await collect("source ! tee name=t t. ! queue ! fakesink t. ! queue ! sink")).toEqual(
      all,
    );
  });

  test("a slow sink slows the source: little is under way", async () => {
    let sent = 0;
    let received = 0;
    let most = 0;
    function* counted(): Generator<Item> {
      for (const item of numbers(200)) {
        sent++;
        yield item;
      }
    }
    await launch("source ! identity ! sink", {
      elements: [
        appSrc("source", counted()),
        appSink("sink", async (item) => {
          if (item.type !== "buffer") return;
          received++;
          most = Math.max(most, sent - received);
          await new Promise((resolve) => setImmediate(resolve));
        }),
      ],
    }).run();
    expect(received).toBe(200);
    expect(most).toBeLessThanOrEqual(12);
  });

  test("a leaky queue drops the new or the old, and counts", async () => {
    const messages: PipelineMessage[] = [];
    const seen: number[] = [];
    const run = async (leaky: string): Promise<void> => {
      seen.length = 0;
      messages.length = 0;
      await launch(`source ! queue max-size-buffers=2 leaky=${leaky} ! sink`, {
        onMessage: (message) => messages.push(message),
        elements: [
          appSrc("source", numbers(50)),
          appSink("sink", async (item) => {
            if (item.type === "buffer") seen.push(item.buffer.data[0] as number);
            await new Promise((resolve) => setTimeout(resolve, 2));
          }),
        ],
      }).run();
    };
    await run("upstream");
    expect(seen[0]).toBe(0);
    expect(seen.at(-1)).toBeLessThan(49);
    expect(messages[0]?.details).toEqual({ dropped: 50 - seen.length });
    await run("downstream");
    expect(seen.at(-1)).toBe(49);
    expect(messages[0]?.details).toEqual({ dropped: 50 - seen.length });
  });

  test("a source that says nothing more holds up neither a stop nor an error", async () => {
    async function* silent(): AsyncGenerator<Item> {
      yield* numbers(4);
      await new Promise(() => {});
    }
    for (const how of ["stop", "abort"] as const) {
      const seen: Item[] = [];
      const pipeline = launch("source ! sink", {
        elements: [appSrc("source", silent()), appSink("sink", (item) => void seen.push(item))],
      });
      const running = pipeline.run();
      await vi.waitFor(() => expect(seen).toHaveLength(4));
      pipeline[how]();
      await running;
      expect(seen.slice(4).map(({ type }) => type)).toEqual(how === "stop" ? ["eos"] : []);
    }
    const failing = appSink("sink", (item) => {
      if (item.type === "buffer" && item.buffer.data[0] === 3) throw new Error("no more");
    });
    const pipeline = launch("source ! sink", { elements: [appSrc("source", silent()), failing] });
    await expect(pipeline.run()).rejects.toThrow("sink0: no more");
  });

  test("a source is closed when the stream ends before it", async () => {
    let closed = 0;
    function* endless(): Generator<Item> {
      try {
        for (;;) yield* numbers(1);
      } finally {
        closed++;
      }
    }
    const pipeline = launch("source ! sink", {
      elements: [appSrc("source", endless()), appSink("sink", () => pipeline.stop())],
    });
    await pipeline.run();
    expect(closed).toBe(1);
  });

  test("a queue is full of time also behind a gap", async () => {
    const messages: PipelineMessage[] = [];
    function* source(): Generator<Item> {
      for (let n = 0n; n < 20n; n++) {
        const pts = n * 100_000_000n;
        yield { type: "buffer", buffer: mediaBuffer(Uint8Array.of(Number(n)), { pts }) };
        yield { type: "gap", pts, duration: undefined };
      }
    }
    const seen: number[] = [];
    await launch("source ! queue max-size-time=300000000 leaky=downstream ! sink", {
      onMessage: (message) => messages.push(message),
      elements: [
        appSrc("source", source()),
        appSink("sink", async (item) => {
          if (item.type === "buffer") seen.push(item.buffer.data[0] as number);
          await new Promise((resolve) => setTimeout(resolve, 2));
        }),
      ],
    }).run();
    expect(seen.at(-1)).toBe(19);
    expect(messages[0]?.details).toEqual({ dropped: 20 - seen.length });
  });

  test("an error names the element, stops everything and keeps what was written", async () => {
    const location = join(folder, "kept.bin");
    async function* source(): AsyncGenerator<Item> {
      yield* numbers(4);
      // The fifth one comes when the others are in the file.
      await vi.waitFor(async () => expect(await readFile(location)).toHaveLength(4), 4000);
      yield* numbers(96);
    }
    const pipeline = launch(
      `source ! failing ! tee name=t t. ! queue ! filesink location=${location} t. ! fakesink`,
      {
        elements: [appSrc("source", source()), pass],
      },
    );
    await expect(pipeline.run()).rejects.toMatchObject({
      name: "PipelineError",
      code: "stream",
      element: "failing0",
      message: "failing0: five is too many",
    });
    expect([...(await readFile(location))]).toEqual([0, 1, 2, 3]);
  });

  test("elements that wait for each other for ever are an error, not an end without a word", async () => {
    const sends = (pad: string, numbersOf: number): ElementFactory =>
      elementFactory({
        name: `only${pad}`,
        classification: "Test",
        description: "Sends on one of two pads.",
        properties: {},
        pads: ["a", "b"].map((name) => ({ ...always("src", ELEMENTARY), name })),
        create: () => ({
          async run(context) {
            await context.src("a").caps(ELEMENTARY);
            await context.src("b").caps(ELEMENTARY);
            for (const item of numbers(numbersOf)) await context.src(pad).push(item);
          },
        }),
      });
    const listeners = process.listenerCount("beforeExit");
    const stuck = launch("onlya name=s s.a ! m. s.b ! queue ! m. mpegtsmux name=m ! fakesink", {
      elements: [sends("a", 100)],
    });
    const failure = expect(stuck.run()).rejects.toThrow(
      "m: nothing comes to sink_66 while its other pads are full: put a queue in front of each",
    );
    // What Node says when it has nothing to do any more.
    await new Promise((resolve) => setTimeout(resolve, 50));
    process.emit("beforeExit", 0);
    await failure;
    // With room it is no question.
    const fine = launch(
      "onlya name=s s.a ! queue ! m. s.b ! queue ! m. mpegtsmux name=m ! fakesink",
      {
        elements: [sends("a", 100)],
      },
    );
    await fine.run();
    expect(process.listenerCount("beforeExit")).toBe(listeners);
  });

  test("stop() drains: what was read reaches the sink, then end of stream", async () => {
    const events: string[] = [];
    async function* endless(): AsyncGenerator<Item> {
      for (;;) {
        yield* numbers(1);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    }
    const pipeline = launch("source ! queue ! sink", {
      elements: [
        appSrc("source", endless()),
        appSink("sink", (item) => {
          events.push(item.type);
          if (events.length === 3) pipeline.stop();
        }),
      ],
    });
    await pipeline.run();
    expect(events.at(-1)).toBe("eos");
    expect(events.length).toBeGreaterThanOrEqual(4);
  });

  test("sync waits on the clock that the pipeline was given", async () => {
    const waits: bigint[] = [];
    let now = 500n;
    const clock = {
      now: () => now,
      sleepUntil: async (time: bigint) => {
        waits.push(time);
        if (time > now) now = time;
      },
    };
    await launch("source ! fakesink sync=true", {
      clock,
      elements: [appSrc("source", numbers(3))],
    }).run();
    expect(waits).toEqual([500n, 1_000_500n, 2_000_500n]);
  });

  test("clocksync waits by its offset, and leaves the times as they are", async () => {
    const waits: bigint[] = [];
    const clock = {
      now: () => 0n,
      sleepUntil: async (time: bigint) => void waits.push(time),
    };
    const times: (bigint | undefined)[] = [];
    await launch("source ! clocksync ts-offset=-500000 ! sink", {
      clock,
      elements: [
        appSrc("source", numbers(3)),
        appSink("sink", (item) => {
          if (item.type === "buffer") times.push(item.buffer.pts);
        }),
      ],
    }).run();
    expect(waits).toEqual([-500_000n, 500_000n, 1_500_000n]);
    expect(times).toEqual([0n, 1_000_000n, 2_000_000n]);
  });

  test("a file is replaced, appended to, or left alone when nothing came", async () => {
    const location = join(folder, "old.bin");
    await writeFile(location, "the old text");
    const write = (properties: string, count: number): Promise<void> =>
      launch(`source ! filesink location=${location} ${properties}`, {
        elements: [appSrc("source", numbers(count))],
      }).run();
    await expect(
      launch(`filesrc location=/no/such ! filesink location=${location}`).run(),
    ).rejects.toThrow("no such file");
    expect(await readFile(location, "utf8")).toBe("the old text");
    await write("", 3);
    await write("append=true", 2);
    expect([...(await readFile(location))]).toEqual([0, 1, 2, 0, 1]);
    await write("", 0);
    expect((await readFile(location)).length).toBe(0);
  });

  test("a parser that finds nothing says so: an error, not an empty success", async () => {
    for (const name of ["h264parse", "h265parse"]) {
      const messages: PipelineMessage[] = [];
      await launch(`source ! ${name} ! fakesink`, {
        elements: [appSrc("source", numbers(200))],
        onMessage: (message) => messages.push(message),
      }).run();
      expect(messages).toContainEqual({
        element: `${name}0`,
        type: "error",
        text: "no access unit was found",
      });
    }
  });

  test("a source ends after num-buffers", async () => {
    const from = join(folder, "many.bin");
    const to = join(folder, "few.bin");
    await writeFile(from, new Uint8Array(100));
    const copy = (count: number): Promise<void> =>
      launch(
        `filesrc location=${from} blocksize=10 num-buffers=${count} ! filesink location=${to}`,
      ).run();
    await copy(3);
    expect((await readFile(to)).length).toBe(30);
    await copy(0);
    expect((await readFile(to)).length).toBe(0);
  });

  test("files are copied byte for byte", async () => {
    const from = join(folder, "from.bin");
    const to = join(folder, "to.bin");
    const bytes = Uint8Array.from({ length: 100_001 }, (_, i) => (i * 7) & 255);
    await writeFile(from, bytes);
    await launch(`filesrc location=${from} blocksize=1000 ! filesink location=${to}`).run();
    expect(new Uint8Array(await readFile(to))).toEqual(bytes);
  });
});

describe("what cannot be built", () => {
  test.each([
    ["nosuch ! fakesink", 'there is no element "nosuch"'],
    ["filesrc location=x bitrate=1 ! fakesink", 'filesrc0: filesrc has no property "bitrate"'],
    ["filesrc ! fakesink", "filesrc0: property location is not set"],
    [
      "udpsrc port=70000 ! fakesink",
      'udpsrc0: property port: "70000" is not an integer from 0 to 65535',
    ],
    [
      "filesrc location=x ! fakesink sync=perhaps",
      'fakesink0: property sync: "perhaps" is neither true nor false',
    ],
    [
      "filesrc location=x ! queue leaky=up ! fakesink",
      'queue0: property leaky: "up" is none of no, upstream, downstream',
    ],
    ["fakesink", 'fakesink0: nothing is linked to its pad "sink"'],
    ["filesrc location=x", 'filesrc0: nothing is linked behind its pad "src"'],
    [
      "filesrc location=x ! fakesink ! fakesink",
      'fakesink0: no free pad "src": nothing can be linked behind it',
    ],
    ["filesrc location=x ! t.", 'no element is named "t"'],
    ["filesrc location=x name=a ! fakesink name=a", "a: two elements have this name"],
    [
      "filesrc location=x ! subparse ! udpsink ! fakesink",
      'udpsink0: no free pad "src": nothing can be linked behind it',
    ],
    [
      "filesrc location=x ! subparse ! cctost2038anc ! fakesink",
      "could not link subparse0 to cctost2038anc0: text/x-raw, format={ utf8, pango-markup } is not closedcaption/x-cea-708, format=cdp; closedcaption/x-cea-608, format=s334-1a",
    ],
  ])("%s", (description, message) => {
    expect(() => launch(description)).toThrow(
      expect.objectContaining({ name: "PipelineError", code: "graph", message }),
    );
  });

  test("a missing file is one sentence", async () => {
    await expect(launch("filesrc location=/no/such/file ! fakesink").run()).rejects.toMatchObject({
      code: "resource",
      message: 'filesrc0: cannot read "/no/such/file": no such file or folder',
    });
  });

  test("a port in use is one sentence", async () => {
    const ready = withResolvers<number>();
    const first = launch("udpsrc address=127.0.0.1 port=0 ! fakesink", {
      onMessage: ({ details }) => {
        if (typeof details?.port === "number") ready.resolve(details.port);
      },
    });
    const running = first.run();
    const port = await ready.promise;
    await expect(
      launch(`udpsrc address=127.0.0.1 port=${port} ! fakesink`).run(),
    ).rejects.toMatchObject({
      code: "resource",
      message: `udpsrc0: cannot listen on 127.0.0.1:${port}: the port is in use already`,
    });
    first.stop();
    await running;
  });
});

function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
