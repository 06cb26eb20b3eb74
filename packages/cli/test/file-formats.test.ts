import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { InputError } from "../src/errors.js";
import { probeFor } from "../src/probe/detect.js";
import { probeFile } from "../src/probe/file-probe.js";
import { MovieProbe } from "../src/probe/movie/movie-probe.js";
import { readSampleEntry } from "../src/probe/movie/sample-entry.js";
import { renderReport } from "../src/probe/render.js";
import { noFindings, type ProbeFindings, type ProbeReport, resultOf } from "../src/probe/report.js";
import type { StreamFormat } from "../src/probe/stream-format.js";
import { warningsOf } from "../src/probe/warnings.js";
import { propertyTest } from "./property-test.js";

const fixtures = fileURLToPath(new URL("../../../fixtures/", import.meta.url));

/** A stream as ffprobe describes it. */
interface PeerStream {
  readonly codec_name: string;
  readonly codec_type: "video" | "audio";
  readonly width?: number;
  readonly height?: number;
  readonly r_frame_rate: string;
  readonly sample_rate?: string;
  readonly channels?: number;
  readonly nb_read_packets: string;
  readonly duration?: string;
}

const peers = JSON.parse(readFileSync(join(fixtures, "cli/expected.json"), "utf8")) as Record<
  string,
  { readonly streams: readonly PeerStream[] }
>;
const files = Object.keys(peers);
/** Of every kind some. */
const all = [
  ...files.map((name) => `cli/${name}`),
  "cea708/es/c608.mov",
  "cea708/es/c708.mov",
  "rfc8331/streams/interlaced-25-mtu.pcap",
  "st2038/ts/programme-gst.ts",
  "jpegxs-codec/edit_two_frames.jxs",
  "eflv/peers/ff-multitrack-audio.flv",
  "cea708/mcc/rollup2.mcc",
  "cea708/scc/rollup2.scc",
  "demo/lisbon.srt",
];

/** ffprobe's names of codecs, by ours. */
const PEER_NAMES: Readonly<Record<string, string>> = {
  "H.264": "h264",
  avc1: "h264",
  "H.265": "hevc",
  hvc1: "hevc",
  "MPEG-2 video": "mpeg2video",
  "MPEG-1 video": "mpeg1video",
  AV1: "av1",
  av01: "av1",
  VP8: "vp8",
  VP9: "vp9",
  AAC: "aac",
  mp4a: "aac",
  MP3: "mp3",
  "MPEG audio": "mp2",
  "AC-3": "ac3",
  "ac-3": "ac3",
  "E-AC-3": "eac3",
  "ec-3": "eac3",
  Opus: "opus",
  FLAC: "flac",
  in24: "pcm_s24le",
  apco: "prores",
};

function bytesOf(name: string): Uint8Array {
  return new Uint8Array(readFileSync(join(fixtures, name)));
}

async function probe(path: string): Promise<ProbeReport> {
  const result = await probeFile(path, new AbortController().signal);
  if (result === undefined) throw new Error("it was interrupted");
  return result.report;
}

/** What is found in `bytes` when they come in chunks. `isStopped`: there was more, and nobody read it. */
function findingsOf(bytes: Uint8Array, chunkBytes: number, isStopped = false): ProbeFindings {
  const it = probeFor(bytes.subarray(0, 65_536), bytes.length < 65_536, () => new InputError("?"));
  for (let at = 0; at < bytes.length; ) {
    it.push(bytes.slice(at, at + chunkBytes));
    at = Math.max(at + chunkBytes, it.next ?? 0);
  }
  const ranges = it.revisit?.();
  for (let next = ranges?.next(); ranges !== undefined && next?.done === false; ) {
    const { offset, size } = next.value;
    next = ranges.next(bytes.subarray(offset, offset + size));
  }
  const findings = noFindings();
  it.finish(findings, isStopped, bytes.length);
  return findings;
}

/** Numbers of 32 bits. */
function longs(...values: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  values.forEach((value, i) => {
    view.setUint32(4 * i, value);
  });
  return new Uint8Array(view.buffer);
}

/** A box of ISO/IEC 14496-12. */
function box(type: string, ...parts: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat(parts);
  return Buffer.concat([longs(8 + body.length), Buffer.from(type), body]);
}

/** The part of them that is printed. */
function reportOf(bytes: Uint8Array, chunkBytes: number): unknown {
  return resultOf({ input: "", bytes: bytes.length, kind: "live" }, findingsOf(bytes, chunkBytes))
    .report;
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "x-formats-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** Streams of a report side by side with ffprobe's. */
function streamsOf({ elementary, movies }: ProbeReport): {
  readonly codec: string;
  readonly format: StreamFormat | undefined;
  readonly count: number;
  readonly durationMs: number | undefined;
}[] {
  return [
    ...elementary.map((one) => ({ ...one, count: one.frames })),
    ...movies.flatMap(({ tracks }) => tracks.map((one) => ({ ...one, count: one.samples }))),
  ];
}

describe("a file of a peer", () => {
  test.each(files)("is what ffprobe says: %s", async (name) => {
    const report = await probe(join(fixtures, "cli", name));
    expect(report.problems).toEqual([]);
    const found = streamsOf(report);
    const expected = peers[name]?.streams ?? [];
    expect(found).toHaveLength(expected.length);
    found.forEach(({ codec, format, count, durationMs }, i) => {
      const peer = expected[i] as PeerStream;
      expect(PEER_NAMES[codec]).toBe(peer.codec_name);
      expect(format?.width).toBe(peer.width);
      expect(format?.height).toBe(peer.height);
      if (peer.codec_type === "audio") {
        expect(format?.sampleRate).toBe(Number(peer.sample_rate));
        expect(format?.channels).toBe(peer.channels);
      } else if (format?.frameRate !== undefined) {
        expect(`${format.frameRate}/1`).toMatch(new RegExp(`^${peer.r_frame_rate}`));
      }
      // ffprobe counts PCM in pieces of its own.
      if (!peer.codec_name.startsWith("pcm")) expect(count).toBe(Number(peer.nb_read_packets));
      if (name.endsWith(".mp4") && !name.startsWith("fragments")) {
        expect((durationMs ?? 0) / 1000).toBeCloseTo(Number(peer.duration), 1);
      }
    });
  });

  test.each(all)("gives the same in any chunks: %s", (name) => {
    const bytes = bytesOf(name);
    const whole = reportOf(bytes, bytes.length);
    for (const size of [1, 7, 188, 4096]) expect(reportOf(bytes, size)).toEqual(whole);
  });

  propertyTest(
    [
      fc.constantFrom(...all),
      fc.array(fc.tuple(fc.double({ min: 0, max: 0.999, noNaN: true }), fc.nat(255)), {
        maxLength: 12,
      }),
      fc.double({ min: 0, max: 1, noNaN: true }),
    ],
    "damaged or cut gives a report or an InputError",
    (name, damage, length) => {
      const bytes = bytesOf(name);
      for (const [place, byte] of damage) bytes[Math.floor(place * bytes.length)] = byte;
      try {
        const findings = findingsOf(bytes.subarray(0, Math.ceil(length * bytes.length)), 1000);
        const { report } = resultOf({ input: name, bytes: 1, kind: "elementary" }, findings);
        expect(renderReport(report, true)).toContain(name);
      } catch (error) {
        expect(error).toBeInstanceOf(InputError);
      }
    },
  );
});

describe("a stream that ends inside a unit", () => {
  test.each([
    ["cli/stereo.aac", "the file ends inside a frame"],
    ["cli/mono.flac", "the file ends inside a frame"],
    ["cli/opus.opus", "the file ends inside a frame"],
    ["cli/vp8.ivf", "the file ends inside a frame"],
    ["eflv/peers/ff-multitrack-audio.flv", "the file ends inside a tag"],
    ["rfc8331/streams/interlaced-25-mtu.pcap", "the capture ends inside a packet"],
  ])("has a problem, unless somebody stopped to read it: %s", (name, problem) => {
    const bytes = bytesOf(name);
    const cut = bytes.subarray(0, bytes.length - 5);
    expect(findingsOf(cut, 1000).problems).toEqual([problem]);
    const stopped = findingsOf(cut, 1000, true);
    expect(stopped.problems).toEqual([]);
    const { report } = resultOf({ input: name, bytes: 1, kind: "live" }, stopped);
    expect(warningsOf(report)).toEqual([]);
  });
});

describe("an elementary stream", () => {
  test.each(["a53.h264", "a53.h265", "a53.m2v"])(
    "shows its captions in their time: %s",
    async (name) => {
      const { kind, captions } = await probe(join(fixtures, "cea708/es", name));
      expect(kind).toBe("elementary");
      expect(captions[0]).toMatchObject({
        label: "in the video",
        services: [{ name: "CC1" }, { name: "service 1" }],
        cues: [
          { service: "service 1", startMs: 0, text: "Hello, world" },
          { service: "CC1", text: "Hello, world" },
        ],
      });
    },
  );

  test("that begins in the middle is known by its headers", () => {
    for (const [name, codec] of [
      ["cli/b-frames.h264", "H.264"],
      ["cli/ten-bits.h265", "H.265"],
      ["cli/mpeg1.m1v", "MPEG video"],
    ] as const) {
      const bytes = bytesOf(name);
      const starts = [...bytes.keys()].filter(
        (at) => bytes[at] === 0 && bytes[at + 1] === 0 && bytes[at + 2] === 1,
      );
      // Pictures, of MPEG video those of the first group but its first.
      const pictures = starts.filter((at) => name !== "cli/mpeg1.m1v" || bytes[at + 3] === 0);
      const next = starts.find((at) => at > 100 && bytes[at + 3] === 0xb3);
      const middle = bytes.subarray(pictures.at(next === undefined ? -2 : 1), next);
      const { elementary, problems } = findingsOf(middle, 1000);
      expect(elementary[0]).toMatchObject({ codec, format: undefined });
      expect(elementary[0]?.frames).toBeGreaterThanOrEqual(1);
      expect(problems).toEqual([]);
    }
  });

  test("that is damaged: what is skipped is an issue with its place", () => {
    const bytes = bytesOf("cli/stereo.aac");
    bytes.fill(0, 1000, 1100);
    const [stream] = findingsOf(bytes, 1000).elementary;
    expect(stream?.issues).toMatchObject([{ code: "resync", count: 1 }]);
    expect(stream?.issues[0]?.firstOffset).toBeGreaterThan(900);
    expect(stream?.frames).toBeGreaterThan(40);
  });
});

describe("an MP4 file", () => {
  const mp4 = bytesOf("cli/last.mp4");

  test("says of each track what its configuration says", async () => {
    const [movie] = (await probe(join(fixtures, "cli/fragments.mp4"))).movies;
    expect(movie).toMatchObject({ isFragmented: true, brands: ["iso5", "iso6", "mp41"] });
    expect(movie?.tracks).toMatchObject([
      { kind: "video", codecName: "H.264", format: { profile: "High, level 1.0" } },
      { kind: "audio", codecName: "AAC", format: { profile: "LC" }, language: "fra" },
    ]);
  });

  test("has the bits of PCM that its name says", async () => {
    const [movie] = (await probe(join(fixtures, "cli/prores.mov"))).movies;
    expect(movie?.tracks[1]).toMatchObject({ codec: "in24", format: { bitDepth: 24 } });
  });

  test("shows the captions of its tracks", async () => {
    for (const [file, codecName, services] of [
      ["c608.mov", "CEA-608", ["CC1"]],
      ["c708.mov", "CEA-708", ["CC1", "service 1"]],
    ] as const) {
      const report = await probe(join(fixtures, "cea708/es", file));
      const [track] = report.movies[0]?.tracks ?? [];
      expect(track).toMatchObject({ kind: "closed captions", codecName });
      expect(report.movies[0]?.issues).toEqual([]);
      const [captions] = report.captions;
      expect(captions?.label).toBe(`track ${track?.trackId}`);
      expect(captions?.services.map(({ name }) => name)).toEqual(services);
      for (const { text } of captions?.cues ?? []) expect(text).toBe("Hello, world");
    }
  });

  test("with captions that are damaged, or where they are not", () => {
    const bytes = bytesOf("cea708/es/c708.mov");
    bytes.fill(0x99, Buffer.from(bytes).indexOf("ccdp"), Buffer.from(bytes).indexOf("ccdp") + 9);
    const [issue] = findingsOf(bytes, 1000).movies[0]?.issues ?? [];
    expect(issue).toMatchObject({ code: "caption-section", count: 1 });
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const at = Buffer.from(bytes).indexOf("stco");
    for (let entry = 0; entry < view.getUint32(at + 8); entry++) {
      view.setUint32(at + 12 + 4 * entry, 0x7fffffff);
    }
    expect(findingsOf(bytes, 1000).captions).toEqual([]);
    // All samples of one size, and two thousand million of them.
    const sizes = Buffer.from(bytes).indexOf("stsz") + 8;
    view.setUint32(sizes, 51);
    view.setUint32(sizes + 4, 0x7fffffff);
    view.setUint32(Buffer.from(bytes).indexOf("stsc") + 16, 0x7fffffff);
    const [limit] = findingsOf(bytes, 1000).movies[0]?.issues ?? [];
    expect(limit).toMatchObject({ code: "caption-limit" });
  });

  /** Captions of one size in chunks of one sample, at the places that `offsets` tells. */
  function captionMovie(count: number, offsets: Uint8Array): Uint8Array {
    const table = [
      box("stsd", longs(0, 1), box("c608", longs(0, 1))),
      box("stts", longs(0, 1, count, 1)),
      box("stsz", longs(0, 1 << 20, count)),
      box("stsc", longs(0, 1, 1, 1, 1)),
      offsets,
    ];
    const media = [
      box("mdhd", longs(0, 0, 0, 1000, count, 0)),
      box("hdlr", longs(0, 0), Buffer.from("clcp")),
      box("minf", box("stbl", ...table)),
    ];
    const track = box("trak", box("tkhd", longs(0, 0, 0, 1)), box("mdia", ...media));
    return Buffer.concat([box("ftyp", longs(0, 0)), box("moov", track)]);
  }

  test("whose tables name the same bytes again and again is read so often only", () => {
    const count = 5000;
    const offsets = box("stco", longs(0, count, ...new Array<number>(count).fill(0)));
    const it = new MovieProbe();
    it.push(captionMovie(count, offsets));
    let asked = 0;
    const ranges = it.revisit();
    for (let next = ranges.next(); next.done !== true; next = ranges.next(new Uint8Array(0))) {
      asked += next.value.size;
    }
    expect(asked).toBe(1 << 28);
    const findings = noFindings();
    it.finish(findings);
    expect(findings.movies[0]?.issues.map(({ code }) => code)).toContain("caption-limit");
  });

  test.each([
    ["mp4v", 0x20, "MPEG-4 part 2", "vide", 78],
    ["mp4v", 0x61, "MPEG-2 video", "vide", 78],
    ["mp4a", 0x40, "AAC", "soun", 28],
    ["mp4a", 0x6b, "MPEG audio", "soun", 28],
    ["mp4a", 0xdd, "object type 221", "soun", 28],
  ] as const)("%s of object type %i is %s", (type, objectType, name, handler, fields) => {
    const decoder = Uint8Array.of(4, 13, objectType, ...new Uint8Array(12));
    const esds = box("esds", longs(0), Uint8Array.of(3, 3 + decoder.length, 0, 0, 0), decoder);
    const entry = box(type, new Uint8Array(fields), esds);
    const stsd = Buffer.concat([longs(0, 1), entry]);
    expect(readSampleEntry(stsd, handler)).toMatchObject({ codec: type, codecName: name });
  });

  test("with captions at a place that no file has", async () => {
    const path = join(folder, "far.mov");
    await writeFile(path, captionMovie(1, box("co64", longs(0, 1, 0xffffffff, 0xffffffff))));
    const { movies, captions } = await probe(path);
    expect(movies).toMatchObject([{ tracks: [{ codec: "c608", samples: 1 }], issues: [] }]);
    expect(captions).toEqual([]);
  });

  test("cut before its tables, inside them, or inside the media", () => {
    const end = (size: number): readonly string[] =>
      findingsOf(mp4.subarray(0, size), 500).problems;
    const unfinished =
      "there is no moov box, which says what is in it: it was not finished, perhaps";
    expect(end(4000)).toEqual(["the file ends inside its mdat box", unfinished]);
    expect(end(mp4.length - 10)).toEqual(["the file ends inside its moov box", unfinished]);
    expect(end(mp4.length - 1927)).toEqual(["the file ends inside its mdat box", unfinished]);
  });

  test("whose names are no commands for the terminal", () => {
    const bytes = mp4.slice();
    bytes.set([0x1b, 0x5b, 0x32, 0x4a], 8);
    const findings = findingsOf(bytes, 500);
    expect(findings.movies[0]?.brands[0]).toBe("\x1b[2J");
    const { report } = resultOf({ input: "a.mp4", bytes: 1, kind: "mp4" }, findings);
    expect(renderReport(report, false)).toContain("brands \ufffd[2J");
  });

  test("with tables that claim more than there is", () => {
    const view = new DataView(mp4.slice().buffer);
    const bytes = new Uint8Array(view.buffer);
    const at = Buffer.from(bytes).indexOf("stsz") + 8;
    view.setUint32(at + 4, 0xffffffff);
    expect(findingsOf(bytes, 500).movies[0]?.tracks[0]?.samples).toBeLessThan(1000);
    view.setUint32(at, 1);
    expect(findingsOf(bytes, 500).movies[0]?.tracks[0]?.samples).toBe(0xffffffff);
    // A box that is shorter than its header.
    view.setUint32(40, 3);
    expect(findingsOf(bytes, 500).problems[0]).toBe(
      "what begins at byte 40 is no box: the rest was not read",
    );
  });
});

describe("a capture", () => {
  const pcap = bytesOf("rfc8331/streams/interlaced-25-mtu.pcap");

  test("that is cut or damaged says where, and keeps what was in front", () => {
    const whole = findingsOf(pcap, 1000).rtp[0]?.packets as number;
    const cut = findingsOf(pcap.subarray(0, pcap.length - 5), 1000);
    expect(cut.problems).toEqual(["the capture ends inside a packet"]);
    expect(cut.rtp[0]?.packets).toBe(whole - 1);
    // The length of the second record.
    const view = new DataView(pcap.buffer, pcap.byteOffset);
    const second = 24 + 16 + view.getUint32(24 + 8, true);
    const damaged = pcap.slice();
    damaged.fill(0xff, second + 8, second + 12);
    const { problems, rtp } = findingsOf(damaged, 1000);
    expect(problems).toEqual([`the capture is damaged at byte ${second}: the rest was not read`]);
    expect(rtp[0]?.packets).toBe(1);
  });

  test("of other traffic is bounded, and says what was not listed", () => {
    // UDP over IPv4, raw, each time from another port: what begins with 0x80 could be RTP.
    const records = Array.from({ length: 1200 }, (_, i) => {
      const payloadBytes = i % 2 === 0 ? 12 : 188;
      const record = new DataView(new ArrayBuffer(16 + 20 + 8 + payloadBytes));
      record.setUint32(8, 28 + payloadBytes, true);
      record.setUint32(12, 28 + payloadBytes, true);
      record.setUint8(16, 0x45);
      record.setUint16(18, 28 + payloadBytes);
      record.setUint8(25, 17);
      record.setUint16(36, i);
      record.setUint16(40, 8 + payloadBytes);
      record.setUint8(44, i % 2 === 0 ? 0x80 : 0x47);
      return new Uint8Array(record.buffer);
    });
    const header = new Uint8Array(24);
    header.set(pcap.subarray(0, 20));
    header[20] = 101;
    const all = findingsOf(Buffer.concat([header, ...records]), 5000);
    expect(all.rtp).toHaveLength(500);
    expect(all.transportStreams).toHaveLength(500);
    expect(all.problems).toContain(
      "only the first 1000 streams are listed: 200 datagrams are of others",
    );
  });
});

describe("a file of another format", () => {
  test.each([
    ["1a45dfa39f4286810142f7", "is Matroska or WebM, which x probe does not read: rewrap it first"],
    ["060e2b34020501010d010201", "is MXF, which x probe does not read: rewrap it first"],
    ["000001ba44000400", "is an MPEG program stream, which x probe does not read: rewrap"],
    ["524946460000000057415645", "is WAVE, which x probe does not read"],
    ["1f8b0800", "is gzip, which x probe does not read: unpack it into a pipe"],
    ["4f67675300020000", "is Ogg without Opus or FLAC, which x probe does not read"],
    ["0102030405", "is none of what x knows: a transport stream, a capture, FLV, MP4"],
  ])("is named: %s", async (hex, sentence) => {
    const path = join(folder, hex);
    await writeFile(path, Buffer.from(hex, "hex"));
    await expect(probe(path)).rejects.toThrow(`"${path}" ${sentence}`);
  });

  propertyTest([fc.uint8Array({ maxLength: 3000 })], "of junk is a report or an error", (junk) => {
    try {
      findingsOf(junk, 100);
    } catch (error) {
      expect(error).toBeInstanceOf(InputError);
    }
  });
});
