import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { probeFile } from "../src/probe/file-probe.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const readme = readFileSync(join(root, "packages/cli/README.md"), "utf8");
const [, section = ""] = /## The JSON of `x probe`\n([\s\S]*?)\n## /.exec(readme) ?? [];
const documented = new Set(
  [...section.matchAll(/`([^`]+)`/g)].flatMap(([, words = ""]) => words.split(/\s+/)),
);

/** Values whose keys are data: counts by code and name. */
const OPEN = ["issues", "counts", "cues", "scripts", "metadata"];

function keysOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(keysOf);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) =>
    OPEN.includes(key) && !Array.isArray(part) ? [key] : [key, ...keysOf(part)],
  );
}

describe("the JSON of a probe", () => {
  test.each([
    ["mpegts", "mpegts-pcr-clock/ts/ff-cbr.ts"],
    ["mpegts", "st2038/ts/programme-gst.ts"],
    ["capture", "rfc8331/streams/interlaced-25-mtu.pcap"],
    ["jpegxs", "jpegxs-codec/edit_two_frames.jxs"],
    ["flv", "eflv/peers/ff-multitrack-audio.flv"],
    ["mp4", "cli/fragments.mp4"],
    ["elementary", "cea708/es/a53.h264"],
    ["elementary", "cli/stereo.aac"],
    ["captions", "cea708/scc/rollup2.scc"],
    ["subtitles", "demo/lisbon.srt"],
  ])("has no field that the README does not name: %s, %s", async (kind, file) => {
    const path = join(root, "fixtures", file);
    const result = await probeFile(path, new AbortController().signal);
    const report = JSON.parse(JSON.stringify(result?.report)) as Record<string, unknown>;
    expect(report).toMatchObject({ version: 1, input: path, kind });
    expect(documented).toContain(kind);
    expect(keysOf(report).filter((key) => !documented.has(key))).toEqual([]);
  });
});
