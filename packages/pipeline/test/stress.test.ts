import { createSocket } from "node:dgram";
import { fc, test } from "@fast-check/vitest";
import { describe, test as example, expect } from "vitest";
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
} from "../src/index.js";

/** A branch of a tree of identities, queues and tees; leaves are sinks. */
type Branch =
  | { readonly kind: "sink"; readonly delays: readonly number[] }
  | { readonly kind: "identity" | "queue"; readonly limit: number; readonly next: Branch }
  | { readonly kind: "tee"; readonly next: readonly Branch[] };

const { branch } = fc.letrec<{ branch: Branch }>((tie) => ({
  branch: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.record({
      kind: fc.constant("sink" as const),
      delays: fc.array(fc.nat({ max: 2 }), { minLength: 1, maxLength: 4 }),
    }),
    fc.record({
      kind: fc.constantFrom("identity" as const, "queue" as const),
      limit: fc.integer({ min: 1, max: 7 }),
      next: tie("branch"),
    }),
    fc.record({
      kind: fc.constant("tee" as const),
      next: fc.array(tie("branch"), { minLength: 1, maxLength: 3 }),
    }),
  ),
}));

interface Built {
  readonly description: string;
  readonly elements: readonly ElementFactory[];
  /** What each sink has seen: the numbers of the buffers, then "eos". */
  readonly seen: readonly (number | "eos")[][];
}

/** A sink's delay: none, a turn of the event loop, or a timer. */
async function pause(kind: number): Promise<void> {
  if (kind === 1) await new Promise((resolve) => setImmediate(resolve));
  if (kind === 2) await new Promise((resolve) => setTimeout(resolve, 1));
}

function build(root: Branch, head = "source"): Built {
  const seen: (number | "eos")[][] = [];
  const elements: ElementFactory[] = [];
  const chains: string[] = [];
  let tees = 0;
  const walk = (start: string, from: Branch): void => {
    let chain = start;
    let at = from;
    while (at.kind === "identity" || at.kind === "queue") {
      chain += at.kind === "identity" ? " ! identity" : ` ! queue max-size-buffers=${at.limit}`;
      at = at.next;
    }
    if (at.kind === "sink") {
      const { delays } = at;
      const mine: (number | "eos")[] = [];
      const name = `sink${seen.push(mine)}`;
      elements.push(
        appSink(name, async (item) => {
          if (item.type === "buffer") mine.push(numberOf(item));
          if (item.type === "eos") mine.push("eos");
          await pause(delays[mine.length % delays.length] as number);
        }),
      );
      chains.push(`${chain} ! ${name}`);
    } else if (at.kind === "tee") {
      const name = `t${tees++}`;
      chains.push(`${chain} ! tee name=${name}`);
      for (const next of at.next) walk(`${name}.`, next);
    }
  };
  walk(head, root);
  return { description: chains.join("  "), elements, seen };
}

function numbered(index: number): Item {
  const data = new Uint8Array(4);
  new DataView(data.buffer).setUint32(0, index);
  return { type: "buffer", buffer: mediaBuffer(data, { pts: BigInt(index) * 1_000n }) };
}

function numberOf(item: Extract<Item, { type: "buffer" }>): number {
  const { data } = item.buffer;
  return new DataView(data.buffer, data.byteOffset).getUint32(0);
}

function* upTo(count: number): Generator<Item> {
  for (let i = 0; i < count; i++) yield numbered(i);
}

/** `pipeline.run()`, or a failure when it has not ended after five seconds. */
async function within(run: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error("the pipeline does not end")), 5_000);
  });
  try {
    await Promise.race([run, late]);
  } finally {
    clearTimeout(timer);
  }
}

describe("any tree of queues, tees and identities with sinks of any speed", () => {
  test.prop([branch, fc.nat({ max: 60 })], { numRuns: 60 })(
    "delivers every buffer to every sink in order, then the end, once",
    async (root, count) => {
      const { description, elements, seen } = build(root);
      await within(
        launch(description, { elements: [...elements, appSrc("source", upTo(count))] }).run(),
      );
      const all = [...Array.from({ length: count }, (_, i) => i), "eos"];
      for (const each of seen) expect(each).toEqual(all);
    },
  );

  test.prop([branch, fc.nat({ max: 40 })], { numRuns: 60 })(
    "ends after stop(), each sink with a gapless run from the first buffer and one end",
    async (root, stopAt) => {
      const { description, elements, seen } = build(root);
      function* endless(): Generator<Item> {
        for (let i = 0; ; i++) {
          if (i === stopAt) pipeline.stop();
          yield numbered(i);
        }
      }
      const pipeline = launch(description, {
        elements: [...elements, appSrc("source", endless())],
      });
      await within(pipeline.run());
      const lengths = new Set(seen.map((each) => each.length));
      expect(lengths.size).toBe(1);
      for (const each of seen) {
        expect(each.at(-1)).toBe("eos");
        expect(each.slice(0, -1)).toEqual(Array.from({ length: each.length - 1 }, (_, i) => i));
      }
    },
  );

  test.prop([branch, fc.nat({ max: 40 })], { numRuns: 60 })(
    "is closed after abort(), whatever is under way",
    async (root, abortAt) => {
      const { description, elements, seen } = build(root);
      function* endless(): Generator<Item> {
        for (let i = 0; ; i++) {
          if (i === abortAt) pipeline.abort();
          yield numbered(i);
        }
      }
      const pipeline = launch(description, {
        elements: [...elements, appSrc("source", endless())],
      });
      await within(pipeline.run());
      for (const each of seen) {
        const numbers = each.filter((one) => one !== "eos");
        expect(numbers).toEqual(numbers.map((_, i) => i));
      }
    },
  );

  test.prop([branch, fc.nat({ max: 30 }), fc.constantFrom("before", "pull", "after", "sync")], {
    numRuns: 100,
  })("an element that throws at any moment stops and closes everything", async (root, at, when) => {
    let opened = 0;
    let closed = 0;
    const failing = elementFactory({
      name: "failing",
      classification: "Test",
      description: "Throws when it is told to.",
      properties: {},
      pads: [always("sink", "ANY"), always("src", "ANY")],
      create: () => ({
        // Not async, so that it can throw before there is a promise.
        run(context) {
          if (when === "sync") throw new Error("on purpose");
          return (async () => {
            opened++;
            try {
              if (when === "before") throw new Error("on purpose");
              let count = 0;
              await forEachItem(context.sink(), {
                async buffer(buffer) {
                  if (when === "pull" && count++ === at) throw new Error("on purpose");
                  await context.src().buffer(buffer);
                },
              });
              if (when === "after" || when === "pull") throw new Error("on purpose");
            } finally {
              closed++;
            }
          })();
        },
      }),
    });
    const { description, elements, seen } = build(root, "source ! failing");
    const unhandled: unknown[] = [];
    const onUnhandled = (reason: unknown): void => void unhandled.push(reason);
    process.on("unhandledRejection", onUnhandled);
    try {
      const pipeline = launch(description, {
        elements: [...elements, failing, appSrc("source", upTo(30))],
      });
      await expect(within(pipeline.run())).rejects.toMatchObject({
        name: "PipelineError",
        element: "failing0",
        message: "failing0: on purpose",
      });
      await new Promise((resolve) => setImmediate(resolve));
    } finally {
      process.off("unhandledRejection", onUnhandled);
    }
    expect(unhandled).toEqual([]);
    expect(closed).toBe(opened);
    for (const each of seen) {
      const numbers = each.filter((one) => one !== "eos");
      expect(numbers).toEqual(numbers.map((_, i) => i));
    }
  });
});

describe("a pipeline that never waits", () => {
  example("gives timers their turn, so that it can be stopped", async () => {
    function* endless(): Generator<Item> {
      for (let i = 0; ; i++) yield numbered(i);
    }
    const pipeline = launch("source ! identity ! fakesink", {
      elements: [appSrc("source", endless())],
    });
    const timer = setTimeout(() => pipeline.stop(), 10);
    await pipeline.run();
    clearTimeout(timer);
  });
});

describe("leaky queues", () => {
  test.prop(
    [
      fc.constantFrom("upstream", "downstream"),
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.nat({ max: 2 }), { minLength: 1, maxLength: 5 }),
    ],
    { numRuns: 40 },
  )("what passed and what was dropped is everything, in order", async (leaky, limit, delays) => {
    const { description, elements, seen } = build({ kind: "sink", delays });
    const messages: PipelineMessage[] = [];
    await within(
      launch(
        description.replace("source", `source ! queue max-size-buffers=${limit} leaky=${leaky}`),
        {
          elements: [...elements, appSrc("source", upTo(80))],
          onMessage: (message) => messages.push(message),
        },
      ).run(),
    );
    const passed = (seen[0] ?? []).filter((one) => one !== "eos");
    expect([...passed].sort((a, b) => a - b)).toEqual(passed);
    const dropped = messages.find(({ element }) => element === "queue0")?.details?.dropped ?? 0;
    expect(passed.length + Number(dropped)).toBe(80);
  });
});

describe("udpsrc under flood", () => {
  example(
    "drops and counts what the pipeline cannot take, and its memory stays bounded",
    async () => {
      const flood = 6_000;
      let arrived = 0;
      let release: () => void = () => {};
      const blocked = new Promise<void>((resolve) => {
        release = resolve;
      });
      const messages: PipelineMessage[] = [];
      let listening: (port: number) => void = () => {};
      const port = new Promise<number>((resolve) => {
        listening = resolve;
      });
      const pipeline = launch("udpsrc address=127.0.0.1 port=0 buffer-size=8388608 ! sink", {
        elements: [
          appSink("sink", async (item) => {
            if (item.type !== "buffer") return;
            arrived++;
            if (arrived === 1) await blocked;
          }),
        ],
        onMessage: (message) => {
          messages.push(message);
          if (typeof message.details?.port === "number") listening(message.details.port);
        },
      });
      const running = pipeline.run();
      const to = await port;
      const socket = createSocket("udp4");
      await new Promise<void>((resolve) => socket.connect(to, "127.0.0.1", resolve));
      // In small bursts: what overflows the kernel's buffer never reaches us and cannot be counted.
      for (let sent = 0; sent < flood; sent += 20) {
        for (let i = 0; i < 20; i++) socket.send(Uint8Array.of(i));
        await new Promise((resolve) => setImmediate(resolve));
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
      socket.close();
      release();
      pipeline.stop();
      await within(running);
      const dropped = Number(messages.find(({ type }) => type === "statistics")?.details?.dropped);
      expect(dropped).toBeGreaterThan(0);
      // The queue's limit, the link, and the one in the sink's hands.
      expect(arrived).toBeLessThanOrEqual(4096 + 8);
      // What the kernel dropped nobody can count here.
      expect(arrived + dropped).toBeLessThanOrEqual(flood);
    },
  );
});
