import { expect, test } from "vitest";
import { appSink, appSrc, type Item, launch, mediaBuffer, parseCaps } from "../src/index.js";

const MS = 1_000_000n;

// Packets of silence have one to three bytes: fewer than an Ogg page begins with.
test.each([[[1, 3, 1, 2]], [[3, 40]], [[2]], [[40, 1]]])(
  "opusparse takes packets of %j bytes, each at its time",
  async (sizes) => {
    const packets = sizes.map((size) => new Uint8Array(size).fill(0xf8, 0, 1));
    const items: Item[] = [
      { type: "caps", caps: parseCaps("audio/x-opus,channels=1") },
      ...packets.map((data, n): Item => {
        return {
          type: "buffer",
          buffer: mediaBuffer(data, { pts: (100n + 20n * BigInt(n)) * MS }),
        };
      }),
    ];
    const got: [number, bigint | undefined][] = [];
    const sink = appSink("out", (item) => {
      if (item.type === "buffer") got.push([item.buffer.data.length, item.buffer.pts]);
    });
    await launch("in ! opusparse ! out", { elements: [appSrc("in", items), sink] }).run();
    expect(got).toEqual(sizes.map((size, n) => [size, (100n + 20n * BigInt(n)) * MS]));
  },
);
