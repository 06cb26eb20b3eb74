import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { vectorFiles, vectorsRoot } from "../../../tools/testing/vectors.js";
import {
  appSink,
  appSrc,
  launch,
  mediaBuffer,
  mediaTypeOf,
  type PipelineMessage,
} from "../src/index.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "x-flv-"));
});
afterAll(() => rm(folder, { recursive: true }));

interface Frame {
  readonly hex: string;
  readonly pts: bigint | undefined;
}

interface Track {
  readonly mediaType: string | undefined;
  readonly frames: Frame[];
}

const NAMES = ["video", "video_1", "audio", "audio_1"];

/** What arrives at appsinks `videosink`, `audio_1sink`…, by pad. */
async function tracksOf(description: string): Promise<Map<string, Track>> {
  const tracks = new Map<string, Track>();
  await launch(description, {
    elements: NAMES.map((name) =>
      appSink(`${name}sink`, (item) => {
        if (item.type === "caps")
          tracks.set(name, { mediaType: mediaTypeOf(item.caps), frames: [] });
        if (item.type !== "buffer") return;
        const { data, pts } = item.buffer;
        tracks.get(name)?.frames.push({ hex: Buffer.from(data).toString("hex"), pts });
      }),
    ),
  }).run();
  return tracks;
}

const SINKS = NAMES.map((name) => `d.${name} ! ${name}sink`).join(" ");

describe("FLV", () => {
  const files = vectorFiles("eflv").filter((file) => /^peers\/.*\.flv$/.test(file));

  test.each(files)(
    "%s: every track is delivered, and what eflvmux carries survives it",
    async (file) => {
      const path = `${vectorsRoot}/eflv/${file}`;
      const before = await tracksOf(
        `filesrc location="${path}" blocksize=333 ! flvdemux name=d ${SINKS}`,
      );
      expect(before.size).toBeGreaterThan(0);
      const carried = [...before].filter(([, { mediaType, frames }]) => {
        expect(frames.length).toBeGreaterThan(0);
        return mediaType === "audio/mpeg" || /x-h26[45]$/.test(mediaType ?? "");
      });
      if (carried.length === 0) return;
      const links = carried.map(([name]) => `d.${name} ! queue ! mux.${name}`).join(" ");
      const copy = join(folder, "copy.flv");
      await launch(
        `filesrc location="${path}" ! flvdemux name=d  eflvmux name=mux ! filesink location="${copy}" ${links}`,
      ).run();
      const after = await tracksOf(`filesrc location="${copy}" ! flvdemux name=d ${SINKS}`);
      for (const [name, { frames }] of carried) {
        expect(after.get(name)?.frames.map(({ hex }) => hex)).toEqual(frames.map(({ hex }) => hex));
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
});
