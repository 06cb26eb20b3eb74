// Files of elementary streams through their parsers into FLV. The streams are those of the peers' FLV files.

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "@fast-check/vitest";
import { amfToPlain, FlvDemuxer } from "@x/eflv";
import {
  decodeAc3Header,
  decodeAdtsHeader,
  decodeFlacFrameHeader,
  decodeMpegAudioHeader,
  opusPacketDurationMs,
  splitObus,
} from "@x/es";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { vectorFiles, vectorsRoot } from "../../../tools/testing/vectors.js";
import { appSink, appSrc, type Item, launch, mediaBuffer, PipelineError } from "../src/index.js";
import {
  codecData,
  type Frame,
  ivf,
  joined,
  lengthDelimited,
  messagesOf,
  ogg,
  streamOf,
  type Track,
  tracksOf,
} from "./support/flv-tracks.js";

let folder: string;
/** The longest track of each kind that the peers' files have. */
const tracks = new Map<string, Track>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "x-media-"));
  for (const file of vectorFiles("eflv").filter((name) => /^peers\/.*\.flv$/.test(name))) {
    for (const track of (await tracksOf(`${vectorsRoot}/eflv/${file}`)).values()) {
      const version = /mpegversion=(\d)/.exec(track.caps)?.[1] ?? "";
      const key = `${track.mediaType}${version}`;
      if (track.frames.length > (tracks.get(key)?.frames.length ?? 0)) tracks.set(key, track);
    }
  }
});
afterAll(() => rm(folder, { recursive: true }));

function trackOf(kind: string): Track {
  const track = tracks.get(kind);
  if (track === undefined) throw new Error(`no peer's file has ${kind}`);
  return track;
}

const bytesOf = ({ hex }: Frame): Buffer => Buffer.from(hex, "hex");
const opusSamples = (packet: Uint8Array): number => opusPacketDurationMs(packet) * 48;
const preSkipOf = (track: Track): number => codecData(track).readUInt16LE(10);

interface AudioCase {
  readonly parser: string;
  readonly kind: string;
  readonly file: (track: Track) => Buffer;
  readonly rate: (first: Buffer) => number;
  readonly samples: (frame: Buffer) => number;
  /** Samples in front of time 0. */
  readonly before?: (track: Track) => number;
}

const FLAC_MAPPING = Buffer.from("\x7fFLAC\x01\x00\x00\x01", "latin1");
const flacRate = (frame: Buffer): number => decodeFlacFrameHeader(frame).sampleRate ?? 0;
const flacSamples = (frame: Buffer): number => decodeFlacFrameHeader(frame).blockSize;

const AUDIO: Readonly<Record<string, AudioCase>> = {
  "AAC in ADTS": {
    parser: "aacparse",
    kind: "audio/mpeg4",
    file: (track) => joined(track),
    rate: (first) => decodeAdtsHeader(first).samplingFrequency,
    samples: () => 1024,
  },
  "MP3 behind an info frame and a tag": {
    parser: "mp3parse",
    kind: "audio/mpeg1",
    file: (track) => {
      const first = bytesOf(track.frames[0] as Frame);
      const info = Buffer.alloc(first.length);
      first.copy(info, 0, 0, 4);
      info.write("Info", decodeMpegAudioHeader(first).channels === 1 ? 21 : 36);
      return Buffer.concat([
        Buffer.from("4944330400000000000400000000", "hex"),
        info,
        joined(track),
      ]);
    },
    rate: (first) => decodeMpegAudioHeader(first).sampleRate,
    samples: (frame) => decodeMpegAudioHeader(frame).samples,
  },
  "AC-3": {
    parser: "ac3parse",
    kind: "audio/x-ac3",
    file: (track) => joined(track),
    rate: (first) => decodeAc3Header(first).sampleRate,
    samples: (frame) => decodeAc3Header(frame).samples,
  },
  "E-AC-3": {
    parser: "ac3parse",
    kind: "audio/x-eac3",
    file: (track) => joined(track),
    rate: (first) => decodeAc3Header(first).sampleRate,
    samples: (frame) => decodeAc3Header(frame).samples,
  },
  "Opus in Ogg": {
    parser: "opusparse",
    kind: "audio/x-opus",
    file: (track) =>
      ogg(
        codecData(track),
        Buffer.from("OpusTags\0\0\0\0\0\0\0\0", "latin1"),
        track.frames.map(bytesOf).map((data) => ({ data, samples: opusSamples(data) })),
      ),
    rate: () => 48_000,
    samples: opusSamples,
    before: preSkipOf,
  },
  "bare FLAC": {
    parser: "flacparse",
    kind: "audio/x-flac",
    file: (track) => Buffer.concat([codecData(track), joined(track)]),
    rate: flacRate,
    samples: flacSamples,
  },
  "FLAC in Ogg": {
    parser: "flacparse",
    kind: "audio/x-flac",
    file: (track) =>
      ogg(
        Buffer.concat([FLAC_MAPPING, codecData(track)]),
        Buffer.from("8400000400000000", "hex"),
        track.frames.map(bytesOf).map((data) => ({ data, samples: flacSamples(data) })),
      ),
    rate: flacRate,
    samples: flacSamples,
  },
};

/** Time of each frame in whole milliseconds, as FLV has it, by the definition: samples before it, divided by the rate. */
function audioMs({ samples, rate, before }: AudioCase, track: Track): number[] {
  const frames = track.frames.map(bytesOf);
  const hertz = rate(frames[0] as Buffer);
  let at = -(before?.(track) ?? 0);
  return frames.map((frame) => {
    const ms = Math.floor((at * 1000) / hertz);
    at += samples(frame);
    return ms;
  });
}

function hexOf(track: Track | undefined): string[] | undefined {
  return track?.frames.map(({ hex }) => hex);
}

function msOf(track: Track | undefined): number[] | undefined {
  return track?.frames.map(({ pts }) => Number(pts) / 1e6);
}

describe("audio files into FLV", () => {
  test.each(Object.keys(AUDIO))("%s: frames and times arrive exactly", async (name) => {
    const one = AUDIO[name] as AudioCase;
    const track = trackOf(one.kind);
    const [from, to] = [join(folder, "audio.in"), join(folder, "audio.flv")];
    await writeFile(from, one.file(track));
    const messages = await messagesOf(
      `filesrc location="${from}" blocksize=333 ! ${one.parser} ! eflvmux ! filesink location="${to}"`,
    );
    expect(messages).toEqual([]);
    const got = (await tracksOf(to)).get("audio");
    expect(got?.mediaType).toBe(track.mediaType);
    expect(hexOf(got)).toEqual(hexOf(track));
    const expected = audioMs(one, track);
    const shift = Math.min(0, expected[0] as number);
    expect(msOf(got)).toEqual(expected.map((ms) => ms - shift));
    if (/opus|flac/.test(track.mediaType)) expect(got?.caps).toBe(track.caps);
    else expect(got?.caps).toMatch(/rate=\d+, channels=\d/);
  });

  test("of Ogg files joined together, the second begins where the first ends", async () => {
    const track = trackOf("audio/x-opus");
    const one = AUDIO["Opus in Ogg"] as AudioCase;
    const file = join(folder, "joined.opus");
    await writeFile(file, Buffer.concat([one.file(track), one.file(track)]));
    const got = await streamOf(`filesrc location="${file}" blocksize=500 ! opusparse`);
    expect(hexOf(got)).toEqual([...(hexOf(track) ?? []), ...(hexOf(track) ?? [])]);
    const [first, second] = [got?.frames[0], got?.frames[track.frames.length]];
    const samples = units(track).reduce((sum, packet) => sum + opusSamples(packet), 0);
    const played = BigInt(samples - preSkipOf(track));
    expect((second?.pts ?? 0n) - (first?.pts ?? 0n)).toBe((played * 1_000_000_000n) / 48_000n);
  });

  test("a lost page of Ogg leaves a gap in the times", async () => {
    const track = trackOf("audio/x-opus");
    const bytes = (AUDIO["Opus in Ogg"] as AudioCase).file(track);
    const pages: number[] = [];
    for (let at = bytes.indexOf("OggS"); at >= 0; at = bytes.indexOf("OggS", at + 4))
      pages.push(at);
    const [from = 0, to = 0] = pages.slice(4, 6);
    const file = join(folder, "lost.opus");
    await writeFile(file, Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]));
    const got = await streamOf(`filesrc location="${file}" ! opusparse`);
    const times = audioMs(AUDIO["Opus in Ogg"] as AudioCase, track);
    const left = times.filter((_, index) => index < 6 || index >= 9);
    expect(got?.frames.map(({ pts = 0n }) => Math.floor(Number(pts) / 1e6))).toEqual(left);
  });

  test("times do not drift over hours", async () => {
    const one = AUDIO["AAC in ADTS"] as AudioCase;
    const frame = bytesOf(trackOf(one.kind).frames[0] as Frame).subarray(0, 20);
    frame[3] = (frame[3] as number) & 0xfc;
    frame[4] = 20 >> 3;
    frame[5] = ((20 & 7) << 5) | ((frame[5] as number) & 0x1f);
    const count = 50_000;
    await writeFile(join(folder, "long.aac"), Buffer.concat(new Array<Buffer>(count).fill(frame)));
    const track = await streamOf(`filesrc location="${join(folder, "long.aac")}" ! aacparse`);
    const rate = decodeAdtsHeader(frame).samplingFrequency;
    const exact = (BigInt(count - 1) * 1024n * 1_000_000_000n) / BigInt(rate);
    expect(track?.frames.at(-1)?.pts).toBe(exact);
  });

  test("frames from a demuxer keep its times and go through the parsers again", async () => {
    for (const [parser, kind] of [
      ["opusparse", "audio/x-opus"],
      ["flacparse", "audio/x-flac"],
    ] as const) {
      const one = Object.values(AUDIO).find((other) => other.kind === kind) as AudioCase;
      const [from, to] = [join(folder, "framed.in"), join(folder, "framed.flv")];
      await writeFile(from, one.file(trackOf(kind)));
      await messagesOf(
        `filesrc location="${from}" ! ${parser} ! eflvmux ! filesink location="${to}"`,
      );
      const again = await streamOf(`filesrc location="${to}" ! flvdemux ! ${parser}`);
      expect(hexOf(again)).toEqual(hexOf(trackOf(kind)));
    }
  });

  test.each(["opusparse", "flacparse", "ac3parse", "mp3parse", "aacparse", "av1parse", "ivfparse"])(
    "%s says so when there is nothing in the file for it",
    async (parser) => {
      const junk = join(folder, "junk");
      for (const bytes of [Buffer.alloc(0), Buffer.from("abc"), Buffer.alloc(5000, "junk ")]) {
        await writeFile(junk, bytes);
        const messages = await messagesOf(`filesrc location="${junk}" ! ${parser} ! fakesink`);
        expect(messages.map(({ type }) => type)).toContain("error");
      }
    },
  );
});

interface VideoCase {
  readonly parser: string;
  readonly kind: string;
  readonly file: (track: Track) => Buffer;
}

const units = (track: Track): Buffer[] => track.frames.map(bytesOf);

const VIDEO: Readonly<Record<string, VideoCase>> = {
  "H.264 as a byte stream": {
    parser: "h264parse",
    kind: "video/x-h264",
    file: (track) => joined(track),
  },
  "H.265 as a byte stream": {
    parser: "h265parse",
    kind: "video/x-h265",
    file: (track) => joined(track),
  },
  "AV1 as OBUs": {
    parser: "av1parse",
    kind: "video/x-av1",
    file: (track) => joined(track, "1200"),
  },
  "AV1, length-delimited": {
    parser: "av1parse",
    kind: "video/x-av1",
    file: (track) =>
      Buffer.concat(
        units(track).map((unit) =>
          lengthDelimited(unit, (bytes) => splitObus(bytes).map((obu) => obu.bytes)),
        ),
      ),
  },
  "AV1 in IVF": {
    parser: "av1parse",
    kind: "video/x-av1",
    file: (track) => ivf("AV01", units(track)),
  },
  "AV1 in IVF, by ivfparse": {
    parser: "ivfparse",
    kind: "video/x-av1",
    file: (track) => ivf("AV01", units(track)),
  },
  "VP9 in IVF": {
    parser: "ivfparse",
    kind: "video/x-vp9",
    file: (track) => ivf("VP90", units(track)),
  },
};

describe("video files into FLV", () => {
  test.each(Object.keys(VIDEO))("%s: frames, times and key frames arrive exactly", async (name) => {
    const { parser, kind, file } = VIDEO[name] as VideoCase;
    const track = trackOf(kind);
    const [from, to] = [join(folder, "video.in"), join(folder, "video.flv")];
    await writeFile(from, file(track));
    const rate = parser === "av1parse" ? `${track.mediaType},framerate=25/1 ! ` : "";
    const messages = await messagesOf(
      `filesrc location="${from}" blocksize=333 ! ${rate}${parser} ! eflvmux ! filesink location="${to}"`,
    );
    expect(messages).toEqual([]);
    const got = (await tracksOf(to)).get("video");
    expect(hexOf(got)).toEqual(hexOf(track));
    expect(got?.frames.map(({ isKey }) => isKey)).toEqual(track.frames.map(({ isKey }) => isKey));
    // The peers' streams run at 25 frames a second; where they begin is the muxer's business.
    const origin = (one: Track): bigint => one.frames[0]?.dts ?? one.frames[0]?.pts ?? 0n;
    const times = (one: Track | undefined): bigint[][] =>
      (one?.frames ?? []).map(({ pts = 0n, dts = pts }) => [
        pts - origin(one as Track),
        dts - origin(one as Track),
      ]);
    expect(times(got)).toEqual(times(track));
    expect(got?.caps).toMatch(/width=\d+, height=\d+/);
  });

  test("pictures in front of the first one with a time keep their place", async () => {
    const track = trackOf("video/x-h264");
    const items = track.frames.map((frame, index): Item => {
      const time = index < 5 ? {} : { pts: 1_000_000_000n * BigInt(index) };
      return { type: "buffer", buffer: mediaBuffer(Uint8Array.from(bytesOf(frame)), time) };
    });
    const got: string[] = [];
    const elements = [
      appSrc("source", items),
      appSink("sink", (item) => {
        if (item.type === "buffer") got.push(Buffer.from(item.buffer.data).toString("hex"));
      }),
    ];
    await launch("source ! h264parse ! sink", { elements }).run();
    expect(got).toEqual(hexOf(track));
  });

  test("without a frame rate 25 is assumed, and said", async () => {
    const from = join(folder, "rate.obu");
    await writeFile(from, joined(trackOf("video/x-av1"), "1200"));
    const messages = await messagesOf(`filesrc location="${from}" ! av1parse ! fakesink`);
    expect(messages).toEqual([
      expect.objectContaining({ type: "warning", text: expect.stringMatching("25 a second") }),
    ]);
  });

  test("pictures in front of the first key frame are left out, and said", async () => {
    const track = trackOf("video/x-h264");
    const [from, to] = [join(folder, "late.h264"), join(folder, "late.flv")];
    const next = track.frames.findIndex(({ isKey }, index) => index > 3 && isKey);
    expect(next).toBeGreaterThan(3);
    await writeFile(from, Buffer.concat(units(track).slice(next - 3)));
    const messages = await messagesOf(
      `filesrc location="${from}" ! h264parse ! eflvmux ! filesink location="${to}"`,
    );
    expect(messages.map(({ text }) => text)).toEqual([
      expect.stringMatching("25 a second|first key frame"),
      ...(messages.length > 1 ? [expect.stringMatching("3 pictures of video")] : []),
    ]);
    expect(hexOf((await tracksOf(to)).get("video"))).toEqual(hexOf(track)?.slice(next));
  });
});

describe("damaged files", () => {
  const cases: Readonly<Record<string, AudioCase | VideoCase>> = { ...AUDIO, ...VIDEO };
  const damage = fc.array(
    fc.record({
      at: fc.nat(),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 6 }),
      cut: fc.nat(40),
    }),
    { minLength: 1, maxLength: 4 },
  );

  for (const name of Object.keys(cases)) {
    it.prop([damage, fc.integer({ min: 1, max: 5000 })], { numRuns: 15 })(
      `${name}: the pipeline ends, with what it could read`,
      async (places, size) => {
        const { file, kind, parser } = cases[name] as AudioCase | VideoCase;
        let bytes = file(trackOf(kind));
        for (const { at, bytes: put, cut } of places) {
          const place = at % (bytes.length + 1);
          bytes = Buffer.concat([bytes.subarray(0, place), put, bytes.subarray(place + cut)]);
        }
        const items: Item[] = [];
        for (let at = 0; at < bytes.length; at += size) {
          const buffer = mediaBuffer(Uint8Array.from(bytes.subarray(at, at + size)));
          items.push({ type: "buffer", buffer });
        }
        let written = 0;
        const elements = [
          appSrc("source", items),
          appSink("sink", (item) => {
            if (item.type === "buffer") written += item.buffer.data.length;
          }),
        ];
        await launch(`source ! ${parser} ! eflvmux ! sink`, { elements })
          .run()
          .catch((error: unknown) => {
            // What says how to decode it all was hit.
            expect(error).toBeInstanceOf(PipelineError);
            expect((error as PipelineError).code).toBe("stream");
          });
        expect(written).toBeLessThan(2 * bytes.length + 10_000);
      },
    );
  }
});

describe("the everyday pipeline", () => {
  test("two audio files and a video file become one FLV with three tracks", async () => {
    const [video, aac, opus] = [
      trackOf("video/x-h264"),
      trackOf("audio/mpeg4"),
      trackOf("audio/x-opus"),
    ];
    const path = (name: string): string => join(folder, name);
    await writeFile(path("day.h264"), joined(video));
    await writeFile(path("day.aac"), joined(aac));
    await writeFile(path("day.opus"), (AUDIO["Opus in Ogg"] as AudioCase).file(opus));
    const messages = await messagesOf(
      `eflvmux name=mux ! filesink location="${path("day.flv")}"
       filesrc location="${path("day.h264")}" ! h264parse ! queue ! mux.video
       filesrc location="${path("day.aac")}" ! aacparse ! queue ! mux.audio
       filesrc location="${path("day.opus")}" ! opusparse ! queue ! mux.audio_1`,
    );
    expect(messages).toEqual([]);
    const got = await tracksOf(path("day.flv"));
    expect([...got.keys()].sort()).toEqual(["audio", "audio_1", "video"]);
    expect(hexOf(got.get("video"))).toEqual(hexOf(video));
    expect(hexOf(got.get("audio"))).toEqual(hexOf(aac));
    expect(hexOf(got.get("audio_1"))).toEqual(hexOf(opus));

    // Without names, pads are found by what they take.
    await messagesOf(
      `eflvmux name=mux ! filesink location="${path("found.flv")}"
       filesrc location="${path("day.aac")}" ! aacparse ! mux.
       filesrc location="${path("day.h264")}" ! h264parse ! mux.
       filesrc location="${path("day.opus")}" ! opusparse ! mux.`,
    );
    expect(await tracksOf(path("found.flv"))).toEqual(got);

    // All began together, so the shift that makes room for decoding is the same for all.
    const start = (name: string): number => msOf(got.get(name))?.[0] as number;
    expect(start("video")).toBe(start("audio"));
    expect(start("audio") - start("audio_1")).toBe(Math.ceil(preSkipOf(opus) / 48));

    const demuxer = new FlvDemuxer();
    const events = [...demuxer.push(await readFile(path("day.flv"))), ...demuxer.flush()];
    expect(events.filter(({ type }) => type === "issue" || type === "invalid")).toEqual([]);
    const layouts = events.flatMap((event) => {
      if (event.type === "video") return [`video ${event.video.enhanced ? "enhanced" : "legacy"}`];
      if (event.type !== "audio") return [];
      const { enhanced, multitrackType } = event.audio;
      return [`audio ${enhanced ? multitrackType : "legacy"}`];
    });
    expect(new Set(layouts)).toEqual(new Set(["video legacy", "audio legacy", "audio OneTrack"]));
    const times = events.flatMap((event) => ("dts" in event ? [event.dts] : []));
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });
});

describe("what a file tells about itself", () => {
  interface MetaData {
    readonly duration?: number;
    readonly filesize?: number;
    readonly keyframes?: { readonly times: number[]; readonly filepositions: number[] };
  }

  async function written(mux: string, sink: (file: string) => string): Promise<[Buffer, MetaData]> {
    const [from, to] = [join(folder, "meta.h264"), join(folder, "meta.flv")];
    await writeFile(from, joined(trackOf("video/x-h264")));
    await rm(to, { force: true });
    await messagesOf(`filesrc location="${from}" ! h264parse ! ${mux} ! ${sink(to)}`);
    const bytes = await readFile(to);
    const demuxer = new FlvDemuxer();
    const events = [...demuxer.push(bytes), ...demuxer.flush()];
    const script = events.find((event) => event.type === "script");
    if (script?.type !== "script") throw new Error("no script tag");
    return [bytes, amfToPlain(script.script.values[1] ?? null) as MetaData];
  }

  test("duration and size are those of the whole file", async () => {
    const [bytes, metadata] = await written("flvmux", (file) => `filesink location="${file}"`);
    const { frames } = trackOf("video/x-h264");
    expect(metadata.filesize).toBe(bytes.length);
    // The first picture is shown as late as decoding goes ahead.
    const begin = Number((frames[0]?.pts ?? 0n) - (frames[0]?.dts ?? frames[0]?.pts ?? 0n)) / 1e9;
    expect(metadata.duration).toBeCloseTo(frames.length / 25 + begin, 3);
    expect(metadata.keyframes).toBeUndefined();
  });

  test("the index leads to the key frames", async () => {
    const mux = "eflvmux index-entries=10";
    const [bytes, { keyframes }] = await written(mux, (file) => `filesink location="${file}"`);
    const keys = trackOf("video/x-h264").frames.filter(({ isKey }) => isKey);
    expect(keyframes?.filepositions).toHaveLength(keys.length);
    for (const position of keyframes?.filepositions ?? []) {
      expect([bytes[position], bytes[position + 11], bytes[position + 12]]).toEqual([9, 0x17, 1]);
    }
  });

  test.each([
    ["flvmux streamable=true", (file: string) => `filesink location="${file}"`],
    ["flvmux", (file: string) => `queue ! filesink location="${file}"`],
    ["flvmux", (file: string) => `filesink append=true location="${file}"`],
  ])("a stream does not: %s", async (mux, sink) => {
    const [, metadata] = await written(mux, sink);
    expect(metadata).not.toHaveProperty("duration");
    expect(metadata).not.toHaveProperty("filesize");
  });
});
