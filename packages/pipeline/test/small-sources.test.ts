import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { appSink, launch, type MediaBuffer } from "../src/index.js";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "x-sources-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What a source gives. */
async function collect(source: string): Promise<MediaBuffer[]> {
  const buffers: MediaBuffer[] = [];
  const sink = appSink("sink", (item) => {
    if (item.type === "buffer") buffers.push(item.buffer);
  });
  await launch(`${source} ! sink`, { elements: [sink] }).run();
  return buffers;
}

describe("fdsrc", () => {
  test("reads an open file in blocks, and leaves it open", async () => {
    const path = join(folder, "in");
    const content = Uint8Array.from({ length: 10_000 }, (_, i) => i % 251);
    writeFileSync(path, content);
    const fd = openSync(path, "r");
    try {
      const some = await collect(`fdsrc fd=${fd} blocksize=1000 num-buffers=3`);
      expect(some.map(({ data }) => data.length)).toEqual([1000, 1000, 1000]);
      const rest = await collect(`fdsrc fd=${fd} blocksize=4096`);
      const all = [...some, ...rest].flatMap(({ data }) => [...data]);
      expect(Uint8Array.from(all)).toEqual(Uint8Array.from(readFileSync(path)));
    } finally {
      closeSync(fd);
    }
  });

  test.skipIf(process.platform === "win32")(
    "a pipe that says nothing more can be stopped",
    async () => {
      const path = join(folder, "pipe");
      execFileSync("mkfifo", [path]);
      const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
      writeFileSync(path, "hello");
      const buffers: MediaBuffer[] = [];
      const sink = appSink("sink", (item) => {
        if (item.type !== "buffer") return;
        buffers.push(item.buffer);
        if (buffers.length === 3) pipeline.stop();
      });
      const pipeline = launch(`fdsrc fd=${fd} blocksize=2 ! sink`, { elements: [sink] });
      await pipeline.run();
      // The pipeline has closed it. A worker thread closes at its end what openSync opened and closeSync did not, and
      // by then the number is another test's file.
      try {
        closeSync(fd);
      } catch {}
      expect(buffers.map(({ data }) => new TextDecoder().decode(data))).toEqual(["he", "ll", "o"]);
    },
  );

  test("a descriptor that is none is one sentence", async () => {
    await expect(collect("fdsrc fd=987")).rejects.toMatchObject({
      code: "resource",
      message: expect.stringMatching(/^fdsrc0: cannot read descriptor 987: /),
    });
  });
});

describe("fakesrc", () => {
  test("makes empty buffers, of one size, and of any size between two", async () => {
    const sizes = async (properties: string): Promise<number[]> =>
      (await collect(`fakesrc num-buffers=200 ${properties}`)).map(({ data }) => data.length);
    expect(new Set(await sizes(""))).toEqual(new Set([0]));
    expect(new Set(await sizes("sizetype=2 sizemax=1316"))).toEqual(new Set([1316]));
    const random = await sizes("sizetype=random sizemin=10 sizemax=12");
    expect(new Set(random)).toEqual(new Set([10, 11, 12]));
    await expect(collect("fakesrc sizemin=9 sizemax=8")).rejects.toThrow("sizemin is larger");
  });

  test("fills them", async () => {
    const fill = async (type: string): Promise<number[]> =>
      (await collect(`fakesrc num-buffers=2 sizetype=fixed sizemax=300 filltype=${type}`)).flatMap(
        ({ data }) => [...data],
      );
    expect(new Set(await fill("zero"))).toEqual(new Set([0]));
    const numbers = Array.from({ length: 600 }, (_, i) => i);
    expect(await fill("pattern")).toEqual(numbers.map((i) => (i % 300) & 255));
    expect(await fill("pattern-span")).toEqual(numbers.map((i) => i & 255));
    expect(new Set(await fill("random")).size).toBeGreaterThan(100);
  });

  test("a data rate gives times", async () => {
    const buffers = await collect(
      "fakesrc num-buffers=3 sizetype=fixed sizemax=1000 datarate=8000",
    );
    expect(buffers.map(({ pts }) => pts)).toEqual([0n, 125_000_000n, 250_000_000n]);
    expect(buffers.map(({ duration }) => duration)).toEqual([
      125_000_000n,
      125_000_000n,
      125_000_000n,
    ]);
  });
});
