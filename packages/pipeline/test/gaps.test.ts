import { expect, test } from "vitest";
import { appSink, appSrc, type Item, launch, mediaBuffer, parseCaps } from "../src/index.js";

const MS = 1_000_000n;

/** What comes out behind `elements`, by type. */
async function types(items: readonly Item[], elements: string): Promise<string[]> {
  const seen: string[] = [];
  const sink = appSink("out", ({ type }) => void seen.push(type));
  await launch(`in ! ${elements} ! out`, { elements: [appSrc("in", items), sink] }).run();
  return seen;
}

test("parsers hand on gaps and tags, but no gap before they know what the stream is", async () => {
  const adts = Uint8Array.of(0xff, 0xf1, 0x4c, 0x80, 0x01, 0xe0, 0x00, ...new Uint8Array(8));
  const gap: Item = { type: "gap", pts: 500n * MS, duration: undefined };
  const tags: Item = { type: "tags", tags: { "language-code": "deu" } };
  const caps = parseCaps("audio/mpeg,mpegversion=4,stream-format=adts");
  const frame = (ms: bigint): Item => {
    return { type: "buffer", buffer: mediaBuffer(adts, { pts: ms * MS }) };
  };
  const items: Item[] = [{ type: "caps", caps }, tags, gap, frame(0n), frame(21n), frame(42n), gap];
  const seen = await types(items, "aacparse");
  expect(seen.filter((type) => type === "gap")).toHaveLength(1);
  expect(seen.indexOf("gap")).toBeGreaterThan(seen.indexOf("buffer"));
  expect(seen.filter((type) => type === "tags")).toHaveLength(1);
  expect(seen.filter((type) => type === "buffer")).toHaveLength(3);
});

test("silence on a pad behind a parser does not stop a muxer", async () => {
  const adts = Uint8Array.of(0xff, 0xf1, 0x4c, 0x80, 0x01, 0xe0, 0x00, ...new Uint8Array(8));
  const video: Item[] = [
    { type: "caps", caps: parseCaps("video/mpeg,mpegversion=2,systemstream=false") },
    ...Array.from({ length: 100 }, (_, n): Item => {
      return { type: "buffer", buffer: mediaBuffer(adts, { pts: BigInt(n) * 40n * MS }) };
    }),
  ];
  const sound: Item[] = [
    { type: "caps", caps: parseCaps("audio/mpeg,mpegversion=4,stream-format=adts") },
    { type: "buffer", buffer: mediaBuffer(adts, { pts: 0n }) },
    { type: "buffer", buffer: mediaBuffer(adts, { pts: 21n * MS }) },
    { type: "gap", pts: 4000n * MS, duration: undefined },
  ];
  // The sound never ends, but it says that nothing comes.
  let finished: () => void = () => {};
  const end = new Promise<void>((resolve) => {
    finished = resolve;
  });
  async function* silent(): AsyncGenerator<Item> {
    yield* sound;
    await end;
  }
  let packets = 0;
  const sink = appSink("out", (item) => {
    if (item.type === "buffer") packets += item.buffer.data.length / 188;
    if (packets > 90) finished();
  });
  await launch("v ! m. a ! aacparse ! m. mpegtsmux name=m alignment=1 ! out", {
    elements: [appSrc("v", video), appSrc("a", silent()), sink],
  }).run();
  expect(packets).toBeGreaterThan(100);
});
