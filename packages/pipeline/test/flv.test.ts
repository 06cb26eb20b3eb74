import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { vectorFiles, vectorsRoot } from "../../../tools/testing/vectors.js";
import { appSink, appSrc, launch, mediaBuffer, type PipelineMessage } from "../src/index.js";
import { messagesOf, type Track, tracksOf } from "./support/flv-tracks.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "x-flv-"));
});
afterAll(() => rm(folder, { recursive: true }));

const PROFILES = ["compatible", "enhanced", "multitrack-all", "batched"];

/** What FLV has from before Enhanced RTMP, and eflvmux does not write. */
const isCarried = ({ mediaType }: Track): boolean => mediaType !== "application/octet-stream";

/** A track without its begin: a file whose decoding times began below 0 was shifted. */
function relative(track: Track | undefined, origin: bigint): unknown {
  return track?.frames.map(({ hex, pts = 0n, dts = pts, isKey }) => ({
    hex,
    pts: pts - origin,
    dts: dts - origin,
    isKey,
  }));
}

function originOf(tracks: Iterable<Track>): bigint {
  const first = [...tracks].map(({ frames: [frame] }) => frame?.dts ?? frame?.pts ?? 0n);
  return first.sort((a, b) => Number(a - b))[0] ?? 0n;
}

describe("FLV", () => {
  const files = vectorFiles("eflv").filter((file) => /^peers\/.*\.flv$/.test(file));

  test.each(files)(
    "%s: every track is delivered, and survives eflvmux in every profile with caps and times",
    async (file) => {
      const path = `${vectorsRoot}/eflv/${file}`;
      const before = await tracksOf(path, 333);
      expect(before.size).toBeGreaterThan(0);
      for (const { frames } of before.values()) expect(frames.length).toBeGreaterThan(0);
      const carried = new Map([...before].filter(([, track]) => isCarried(track)));
      if (carried.size === 0) return;
      const names = [...carried.keys()];
      const links = names.map((name) => `d.${name} ! queue ! mux.${name}`).join(" ");
      for (const profile of PROFILES) {
        const copy = join(folder, `${profile}.flv`);
        const messages = await messagesOf(
          `filesrc location="${path}" ! flvdemux name=d ${links}
           eflvmux name=mux profile=${profile} ! filesink location="${copy}"`,
        );
        expect(messages.filter(({ element }) => element === "mux")).toEqual([]);
        const after = await tracksOf(copy);
        expect([...after.keys()].sort()).toEqual(names.sort());
        const [from, to] = [originOf(carried.values()), originOf(after.values())];
        for (const [name, track] of carried) {
          expect(relative(after.get(name), to)).toEqual(relative(track, from));
          expect(after.get(name)?.caps).toBe(track.caps);
        }
      }
    },
  );

  test("aacparse gives each frame its time, also of several frames in one buffer", async () => {
    // Two ADTS frames of 48 kHz, one channel, with one byte of payload each.
    const frame = [0xff, 0xf1, 0x4c, 0x40, 0x01, 0x1f, 0xfc, 0x00];
    const bytes = Uint8Array.from([...frame, ...frame, ...frame]);
    const times: (bigint | undefined)[] = [];
    await launch("source ! aacparse ! sink", {
      elements: [
        appSrc("source", [{ type: "buffer", buffer: mediaBuffer(bytes, { pts: 1_000_000_000n }) }]),
        appSink("sink", (item) => {
          if (item.type === "buffer") times.push(item.buffer.pts);
        }),
      ],
    }).run();
    expect(times).toEqual([1_000_000_000n, 1_021_333_333n, 1_042_666_666n]);
  });

  test("what is no FLV is reported", async () => {
    const messages: PipelineMessage[] = [];
    const srt = `${vectorsRoot}/eflv/README.md`;
    await launch(`filesrc location="${srt}" ! flvdemux ! fakesink`, {
      onMessage: (message) => messages.push(message),
    }).run();
    expect(messages.map(({ type }) => type)).toContain("error");
  });

  test.each(["flvmux", "eflvmux", "mpegtsmux"])(
    "%s says what is missing before a stream without caps",
    async (muxer) => {
      const file = `${vectorsRoot}/eflv/README.md`;
      await expect(
        launch(`filesrc location="${file}" ! ${muxer} ! fakesink`).run(),
      ).rejects.toThrow(
        `${muxer}0: a stream comes without its format: put a parser or caps before the muxer`,
      );
    },
  );
});
