// What the pipeline costs: buffers through elements that do nothing, against an async generator chain as one writes
// it first; and captions, against the same library calls in a loop.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { CaptionScheduler, parseSubtitles } from "@x/cea708";
import { bench, describe } from "vitest";
import { appSrc, type Item, launch, mediaBuffer } from "../src/index.js";

const BUFFERS = 10_000;
const IDENTITIES = 8;
const data = new Uint8Array(188);
const items: readonly Item[] = Array.from({ length: BUFFERS }, (_, i) => ({
  type: "buffer",
  buffer: mediaBuffer(data, { pts: BigInt(i) * 1_000_000n }),
}));

describe(`${BUFFERS} buffers through ${IDENTITIES} identities and a queue`, () => {
  const description = `source ! ${"identity ! ".repeat(IDENTITIES)}queue ! fakesink`;
  bench("@x/pipeline", async () => {
    await launch(description, { elements: [appSrc("source", items)] }).run();
  });

  async function* pass(from: AsyncIterable<Item>): AsyncGenerator<Item> {
    for await (const item of from) yield item;
  }
  async function* source(): AsyncGenerator<Item> {
    yield* items;
  }
  bench("async generators in a row", async () => {
    let chain: AsyncIterable<Item> = source();
    for (let i = 0; i <= IDENTITIES; i++) chain = pass(chain);
    let bytes = 0;
    for await (const item of chain) if (item.type === "buffer") bytes += item.buffer.data.length;
    if (bytes !== BUFFERS * data.length) throw new Error("lost some");
  });
});

const srt = fileURLToPath(new URL("../../../fixtures/demo/lisbon.srt", import.meta.url));
const rate = { numerator: 30, denominator: 1 };

describe("235 s of subtitles to CEA-708; times real time is 235 times hz", () => {
  bench("@x/pipeline", async () => {
    await launch(`filesrc location="${srt}" ! subparse ! tttocea708 ! fakesink`).run();
  });

  bench("the library alone", () => {
    const { cues } = parseSubtitles(new Uint8Array(readFileSync(srt)));
    const scheduler = new CaptionScheduler({
      frameRate: rate,
      services: [{ serviceNumber: 1, mode: "pop-on" }],
      lookaheadMs: 15_000,
    });
    for (const cue of [...cues].sort((a, b) => a.startMs - b.startMs)) {
      while (scheduler.inputHorizonMs < cue.startMs) scheduler.pull();
      scheduler.push(cue, 1);
    }
    while (scheduler.pending > 0) scheduler.pull();
  });

  const whole = `filesrc location="${srt}" ! subparse ! tttocea708 ! closedcaption/x-cea-708,framerate=30/1 ! ccconverter ! cctost2038anc ! rtpsmpte291pay ! fakesink`;
  bench("@x/pipeline, on to CDP, ST 2038 and RFC 8331", async () => {
    await launch(whole).run();
  });
});
