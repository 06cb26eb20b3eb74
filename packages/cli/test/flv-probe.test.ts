import { describe, expect, test } from "vitest";
import { vectorBytes, vectorFiles, vectorJson } from "../../../tools/testing/vectors.js";
import { FlvProbe, isFlv } from "../src/probe/flv-probe.js";
import { renderFlv } from "../src/probe/render-flv.js";
import { type FlvReport, noFindings } from "../src/probe/report.js";

function probe(bytes: Uint8Array): FlvReport {
  const it = new FlvProbe();
  for (let at = 0; at < bytes.length; at += 1000) it.push(bytes.slice(at, at + 1000));
  const findings = noFindings();
  it.finish(findings);
  return findings.flv[0] as FlvReport;
}

interface Message {
  readonly packetType: string;
  readonly trackId: number;
  readonly bodySize: number;
}

interface Tag {
  readonly tagType: number;
  readonly filter?: boolean;
  readonly invalid?: string;
  readonly messages?: readonly Message[];
}

interface Expected {
  readonly fatal?: string | null;
  readonly warnings?: readonly { readonly warning: string }[];
  readonly tags: readonly Tag[];
}

/** Coded frames with a body by track. */
function framesOf(tags: readonly Tag[]): Record<string, { frames: number; bytes: number }> {
  const tracks: Record<string, { frames: number; bytes: number }> = {};
  for (const { tagType, messages = [] } of tags) {
    for (const { packetType, trackId, bodySize } of messages) {
      if (!packetType.startsWith("CodedFrames") || bodySize === 0) continue;
      const key = `${tagType === 8 ? "audio" : "video"} ${trackId}`;
      const track = tracks[key] ?? { frames: 0, bytes: 0 };
      tracks[key] = track;
      track.frames++;
      track.bytes += bodySize;
    }
  }
  return tracks;
}

function check(name: string, expected: Expected): void {
  const bytes = vectorBytes("eflv", name);
  const report = probe(bytes);
  const got = report.tracks
    .filter(({ frames }) => frames > 0)
    .map(({ kind, trackId, frames, bytes: size }) => [
      `${kind} ${trackId}`,
      { frames, bytes: size },
    ]);
  expect(Object.fromEntries(got)).toEqual(framesOf(expected.tags));
  const codes = report.issues.map(({ code }) => code);
  const wanted = [
    ...(expected.fatal ? [expected.fatal] : []),
    ...(expected.warnings ?? []).map(({ warning }) => warning),
    ...expected.tags.flatMap(({ invalid }) => invalid ?? []),
    ...(expected.tags.some(({ filter }) => filter === true) ? ["filtered"] : []),
  ];
  for (const code of wanted) expect(codes).toContain(code);
  expect(renderFlv(report).join("\n")).not.toMatch(/NaN|Infinity|undefined|\[object/);
}

describe("x probe on FLV", () => {
  const files = vectorFiles("eflv");
  const whole = files.filter((file) => /^(peers|crafted)\/.*\.expected\.json$/.test(file));

  test.each(whole)("%s: every frame is counted, every defect named", (file) => {
    const name = file.replace(".expected.json", ".flv");
    expect(isFlv(vectorBytes("eflv", name))).toBe(true);
    check(name, vectorJson<Expected>("eflv", file));
  });

  const malformed = files.find((file) => /^malformed\/expected\.json$/.test(file));

  test("malformed files: every frame that is left is counted, every defect named", () => {
    expect(malformed).toBeDefined();
    const all = vectorJson<Record<string, Expected>>("eflv", malformed as string);
    for (const [name, expected] of Object.entries(all)) {
      check(`malformed/${name.replace(/(\.flv)?$/, ".flv")}`, expected);
    }
  });

  test("what a track is", () => {
    const tracks = whole.flatMap(
      (file) => probe(vectorBytes("eflv", file.replace(".expected.json", ".flv"))).tracks,
    );
    const first = (codec: string): (typeof tracks)[0] | undefined =>
      tracks.find((track) => track.codec === codec && track.frames > 10);
    for (const codec of ["avc1", "hvc1", "av01", "vp09"]) {
      const { width, height, bitDepth } = first(codec)?.format ?? {};
      expect(Math.min(width ?? 0, height ?? 0)).toBeGreaterThanOrEqual(16);
      expect([8, 10, 12]).toContain(bitDepth);
      expect(first(codec)?.keyFrames).toBeGreaterThan(0);
      expect(first(codec)?.framesPerSecond).toBeGreaterThan(20);
    }
    for (const codec of ["mp4a", ".mp3", "Opus", "fLaC", "ac-3", "ec-3"]) {
      expect(first(codec)?.format.sampleRate).toBeGreaterThan(40_000);
      expect(first(codec)?.format.channels).toBeGreaterThan(0);
      expect(first(codec)?.bitrate).toBeGreaterThan(1000);
    }
    expect(tracks.some(({ channelLayout }) => channelLayout === "6 channels, mask 0x3f")).toBe(
      true,
    );
  });

  /** An FLV file of tags: type, milliseconds, data. */
  function flv(tags: readonly (readonly [number, number, readonly number[]])[]): Uint8Array {
    const bytes = [0x46, 0x4c, 0x56, 1, 5, 0, 0, 0, 9, 0, 0, 0, 0];
    for (const [type, ms, data] of tags) {
      bytes.push(type, 0, 0, data.length, 0, ms >> 8, ms & 255, 0, 0, 0, 0, ...data);
      bytes.push(0, 0, 0, 11 + data.length);
    }
    return Uint8Array.from(bytes);
  }

  test("an index whose times are no numbers", () => {
    const text = (value: string) => [0, value.length, ...new TextEncoder().encode(value)];
    const end = [0, 0, 9];
    const times = [10, 0, 0, 0, 2, 3, ...end, 3, ...end];
    const index = [3, ...text("times"), ...times, ...end];
    const script = [
      2,
      ...text("onMetaData"),
      8,
      0,
      0,
      0,
      1,
      ...text("keyframes"),
      ...index,
      ...end,
    ];
    expect(probe(flv([[18, 0, script]]))).toMatchObject({ keyframeIndex: 2, issues: [] });
  });

  const defects: Readonly<Record<string, ReturnType<typeof flv>>> = {
    "adts-in-aac": flv([
      [8, 0, [0xaf, 0, 0x11, 0x90]],
      [8, 0, [0xaf, 1, 0xff, 0xf1, 0x4c, 0x80, 1, 0x1f, 0xfc]],
    ]),
    "start-codes": flv([[9, 0, [0x17, 1, 0, 0, 0, 0, 0, 0, 1, 0x65, 0x88]]]),
    "no-key-frame-first": flv([[9, 0, [0x27, 1, 0, 0, 0, 0, 0, 0, 2, 0x41, 0x9a]]]),
    "missing-sequence-start": flv([[8, 0, [0xaf, 1, 0x21, 0x10]]]),
    "empty-frame": flv([[8, 0, [0xaf, 1]]]),
    "two-codecs": flv([
      [8, 0, [0xaf, 1, 0x21]],
      [8, 0, [0x2f, 0xff, 0xfb]],
    ]),
    discontinuity: flv([
      [8, 5000, [0xaf, 1, 0x21]],
      [8, 0, [0xaf, 1, 0x21]],
    ]),
    // onMetaData with duration 100 and video codec 2.
    "metadata-duration": flv([
      [18, 0, metadata("duration", "4059000000000000")],
      [8, 0, [0xaf, 1, 0x21]],
    ]),
    "metadata-codec": flv([
      [18, 0, metadata("audiocodecid", "4000000000000000")],
      [8, 0, [0xaf, 1, 0x21]],
    ]),
  };

  function metadata(key: string, number: string): number[] {
    const text = (value: string): number[] => [0, value.length, ...Buffer.from(value)];
    const double = [...Buffer.from(number, "hex")];
    const members = [...text(key), 0, ...double, 0, 0, 9];
    return [2, ...text("onMetaData"), 8, 0, 0, 0, 1, ...members];
  }

  test.each(Object.keys(defects))("the defect %s is named", (code) => {
    const { issues } = probe(defects[code] as Uint8Array);
    expect(issues.map((issue) => issue.code)).toContain(code);
  });
});
