import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { vectorFiles, vectorsRoot } from "../../../tools/testing/vectors.js";
import { appSink, launch } from "../src/index.js";
import { messagesOf, streamOf, type Track, tracksOf } from "./support/flv-tracks.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "x-ts-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** The parser of a track, by what FLV told; nothing else has a place in a transport stream here. */
function parserOf({ mediaType, caps }: Track): string | undefined {
  if (mediaType === "audio/mpeg") return caps.includes("mpegversion=4") ? "aacparse" : "mp3parse";
  return {
    "video/x-h264": "h264parse",
    "video/x-h265": "h265parse",
    "audio/x-ac3": "ac3parse",
    "audio/x-eac3": "ac3parse",
  }[mediaType];
}

/** Frames as they are; access unit delimiters, which the muxer adds to pictures, apart. */
const framesOf = (track: Track | undefined): string[] =>
  track?.frames.map(({ hex }) => hex.replace(/^00000001(09|4601)..(?=000001|00000001)/, "")) ?? [];

/** Decoding and presentation times, from the first one on, in ticks of 90 kHz as a transport stream has them. */
function timesOf(track: Track | undefined): number[][] {
  const frames = track?.frames ?? [];
  const ticks = (ns: bigint | undefined): number => Math.round((Number(ns) * 9) / 100_000);
  const origin = ticks(frames[0]?.dts ?? frames[0]?.pts);
  return frames.map(({ pts, dts = pts }) => [ticks(dts) - origin, ticks(pts) - origin]);
}

describe("a transport stream with sound in front of the picture", () => {
  const files = vectorFiles("eflv").filter((file) => /^peers\/ff-.*\.flv$/.test(file));
  const seen = new Set<string>();

  test.each(files)("%s: each parser finds its stream behind tsdemux", async (file) => {
    const path = `${vectorsRoot}/eflv/${file}`;
    const tracks = [...(await tracksOf(path))].filter(([, track]) => parserOf(track) !== undefined);
    // Sound first.
    tracks.sort(([a], [b]) => (a < b ? -1 : 1));
    const parsers = tracks.map(([, track]) => parserOf(track) as string);
    // Of two streams of one kind a parser gets the first: that is not the question here.
    if (tracks.length === 0 || new Set(parsers).size < parsers.length) return;
    const ts = join(folder, "av.ts");
    const links = tracks.map(([pad], n) => `d.${pad} ! queue ! ${parsers[n]} ! m.`).join(" ");
    await messagesOf(
      `filesrc location="${path}" ! flvdemux name=d ${links} mpegtsmux name=m ! filesink location="${ts}"`,
    );
    for (const [n, [, track]] of tracks.entries()) {
      const parser = parsers[n] as string;
      for (const between of ["", "queue ! "]) {
        const got = await streamOf(`filesrc location="${ts}" ! tsdemux ! ${between}${parser}`);
        expect(got?.mediaType).toBe(track.mediaType);
        expect(framesOf(got)).toEqual(framesOf(track));
        if (parser.startsWith("h26")) expect(timesOf(got)).toEqual(timesOf(track));
      }
      seen.add(parser);
    }
  });

  test("every parser had its turn", () => {
    expect([...seen].sort()).toEqual([
      "aacparse",
      "ac3parse",
      "h264parse",
      "h265parse",
      "mp3parse",
    ]);
  });
});

test("at a constant rate mpegtsmux gives each datagram its time", async () => {
  const path = `${vectorsRoot}/eflv/peers/ff-legacy-avc-aac.flv`;
  const times: bigint[] = [];
  const sink = appSink("out", (item) => {
    if (item.type === "buffer" && item.buffer.pts !== undefined) times.push(item.buffer.pts);
  });
  await launch(
    `filesrc location="${path}" ! flvdemux name=d d.video ! mpegtsmux bitrate=1000000 alignment=7 ! out`,
    { elements: [sink] },
  ).run();
  expect(times.length).toBeGreaterThan(10);
  // Seven packets at 1 Mbit/s.
  const origin = times[0] as bigint;
  expect(times).toEqual(times.map((_, n) => origin + BigInt(n) * 10_528_000n));
});
