// What can happen to a track of FLV between flvdemux and flvmux.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FlvDemuxer, type FlvFrame, FlvMuxer, type FlvMuxerOptions } from "@x/eflv";
import { encodeOpusHead } from "@x/es";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { appSrc, caps, launch, mediaBuffer, PipelineError } from "../src/index.js";
import { codecData, messagesOf, streamOf, tracksOf } from "./support/flv-tracks.js";

let folder: string;
let from: string;
let to: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "x-flv-tracks-"));
  from = join(folder, "from.flv");
  to = join(folder, "to.flv");
});
afterAll(() => rm(folder, { recursive: true }));

const MS = 1_000_000n;

/** Write a file of one audio track; `between` runs in front of each frame. */
async function write(
  options: FlvMuxerOptions,
  frames: readonly Omit<FlvFrame, "kind" | "trackId">[],
  between: (muxer: FlvMuxer, index: number) => void = () => {},
): Promise<void> {
  const muxer = new FlvMuxer(options);
  const [track] = options.tracks;
  if (track === undefined) throw new Error("no track");
  const { kind, id: trackId } = track;
  const pieces = frames.flatMap((frame, index) => {
    between(muxer, index);
    return muxer.write({ kind, trackId, ...frame });
  });
  await writeFile(from, Buffer.concat([...pieces, ...muxer.end().bytes]));
}

const frame = (index: number, ns = 0n): Omit<FlvFrame, "kind" | "trackId"> => ({
  data: Uint8Array.of(0x40, index),
  ptsNs: BigInt(index) * 20n * MS + ns,
});

const remux = (properties = ""): Promise<unknown> =>
  messagesOf(
    `filesrc location="${from}" ! flvdemux name=d  d.audio ! queue ! mux.audio
     eflvmux name=mux ${properties} ! filesink location="${to}"`,
  );

/** Bodies of the SequenceStarts of a file, as hex. */
async function configurations(file: string): Promise<string[]> {
  const demuxer = new FlvDemuxer();
  return [...demuxer.push(await readFile(file)), ...demuxer.flush()].flatMap((event) =>
    event.type !== "audio"
      ? []
      : event.audio.messages.flatMap(({ packetType, body }) =>
          packetType === "SequenceStart" ? [Buffer.from(body).toString("hex")] : [],
        ),
  );
}

const opusHead = (channels: number): Uint8Array =>
  encodeOpusHead({
    version: 1,
    channels,
    preSkip: 312,
    inputSampleRate: 48000,
    outputGain: 0,
    mappingFamily: 0,
    mappingTable: undefined,
  });

describe("a track between flvdemux and flvmux", () => {
  test.each([
    // SBR signalled explicitly: ADTS could only say LC.
    ["HE-AAC", "2b8a0800"],
    // 960 samples a frame.
    ["short AAC frames", "1194"],
    // Configuration 11 has no place in the three bits of ADTS.
    ["AAC of seven channels", "11d8"],
  ])("%s keeps its configuration: it goes on raw", async (_, config) => {
    const bytes = Buffer.from(config, "hex");
    await write({ tracks: [{ kind: "audio", id: 0, codec: "mp4a", config: bytes }] }, [
      frame(0),
      frame(1),
    ]);
    const track = (await tracksOf(from)).get("audio");
    expect(track?.caps).toContain("stream-format=raw");
    expect(track && codecData(track).toString("hex")).toBe(config);
    expect(track?.frames.map(({ hex }) => hex)).toEqual(["4000", "4001"]);
    expect(await remux()).toEqual([]);
    expect(await configurations(to)).toEqual([config]);
  });

  test("a configuration that changes is written again, at the frame that needs it", async () => {
    const [mono, stereo] = [opusHead(1), opusHead(2)];
    await write(
      { tracks: [{ kind: "audio", id: 0, codec: "Opus", config: mono }] },
      [0, 1, 2, 3].map((index) => frame(index)),
      (muxer, index) => {
        if (index === 2) muxer.setConfig("audio", 0, stereo);
      },
    );
    const expected = [mono, stereo].map((head) => Buffer.from(head).toString("hex"));
    expect(await configurations(from)).toEqual(expected);
    expect(await remux()).toEqual([]);
    expect(await configurations(to)).toEqual(expected);
    expect((await tracksOf(to)).get("audio")?.caps).toContain("channels=2");
  });

  test("nanoseconds of TimestampOffsetNano survive", async () => {
    const track = { kind: "audio", id: 1, codec: "Opus", config: opusHead(2) } as const;
    const times = [0n, 20_000_123n, 39_999_999n];
    await write(
      { tracks: [track], nanoOffsets: true },
      times.map((ptsNs, index) => ({ ...frame(index), ptsNs })),
    );
    const read = async (file: string): Promise<(bigint | undefined)[] | undefined> =>
      (await tracksOf(file)).get("audio_1")?.frames.map(({ pts }) => pts);
    expect(await read(from)).toEqual(times);
    await messagesOf(
      `filesrc location="${from}" ! flvdemux name=d  d.audio_1 ! queue ! mux.audio_1
       eflvmux name=mux nano-offsets=true ! filesink location="${to}"`,
    );
    expect(await read(to)).toEqual(times);
  });

  test("frames that came without the configuration they need are counted", async () => {
    // Two AAC frames without AudioSpecificConfig, then MP3 on another track.
    const tag = (data: readonly number[]): number[] => [
      ...[8, 0, 0, data.length, 0, 0, 0, 0, 0, 0, 0, ...data],
      ...[0, 0, 0, 11 + data.length],
    ];
    const mp3 = [0x95, 0x01, 0x2e, 0x6d, 0x70, 0x33, 1, 0xff, 0xfb, 0x90, 0x64];
    const bytes = [0x46, 0x4c, 0x56, 1, 4, 0, 0, 0, 9, 0, 0, 0, 0];
    bytes.push(...tag([0xaf, 1, 0x21]), ...tag([0xaf, 1, 0x21]), ...tag(mp3));
    await writeFile(from, Uint8Array.from(bytes));
    const messages = await messagesOf(
      `filesrc location="${from}" ! flvdemux name=d d.audio_1 ! fakesink`,
    );
    expect(messages.map(({ text }) => text)).toEqual([
      "2 frames of audio were dropped: mp4a came without a configuration",
    ]);
  });

  test("a pad that never gets anything is left out", async () => {
    await write({ tracks: [{ kind: "audio", id: 0, codec: ".mp3" }] }, [
      { data: Uint8Array.of(0xff, 0xfb, 0x90, 0x64), ptsNs: 0n },
    ]);
    const messages = await messagesOf(
      `filesrc location="${from}" ! flvdemux name=d  d.audio ! queue ! mux.audio
       d.video ! queue ! mux.video  eflvmux name=mux ! filesink location="${to}"`,
    );
    expect(messages.map(({ text }) => text)).toEqual([
      expect.stringMatching('without a pad "video"'),
      'nothing came on pad "video"',
    ]);
    expect([...(await tracksOf(to)).keys()]).toEqual(["audio"]);
  });
});

describe("flvmux refuses", () => {
  const run = (
    mediaType: string,
    fields: Record<string, string | number>,
    profile: string,
  ): Promise<void> =>
    launch(`source ! mux.audio  eflvmux name=mux profile=${profile} ! fakesink`, {
      elements: [
        appSrc("source", [
          { type: "caps", caps: caps(mediaType, fields) },
          { type: "buffer", buffer: mediaBuffer(Uint8Array.of(1, 2), { pts: 0n }) },
        ]),
      ],
    }).run();

  test.each([
    ["audio/mpeg", { mpegversion: 1, layer: 2 }, "compatible", "FLV cannot carry audio/mpeg"],
    ["audio/x-raw", {}, "compatible", "FLV cannot carry audio/x-raw"],
    ["audio/x-flac", {}, "compatible", "flacparse in front"],
    ["audio/x-opus", {}, "twitch", "audio track 0 must be AAC or MP3"],
  ] as const)("%s %j in profile %s", async (mediaType, fields, profile, text) => {
    const error = await run(mediaType, fields, profile).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(PipelineError);
    expect((error as PipelineError).element).toBe("mux");
    expect((error as PipelineError).message).toContain(text);
  });

  test("a track that turns into another codec", async () => {
    const buffer = mediaBuffer(Uint8Array.of(0xff, 0xfb, 0x90, 0x64), { pts: 0n });
    const error = await launch("source ! mux.audio  eflvmux name=mux ! fakesink", {
      elements: [
        appSrc("source", [
          { type: "caps", caps: caps("audio/mpeg", { mpegversion: 1, layer: 3 }) },
          { type: "buffer", buffer },
          { type: "caps", caps: caps("audio/x-opus") },
          { type: "buffer", buffer },
        ]),
      ],
    })
      .run()
      .catch((reason: unknown) => reason);
    expect((error as PipelineError).message).toBe(
      "mux: audio turned from .mp3 into Opus: a track has one codec",
    );
  });
});

describe("ac3parse", () => {
  test("dependent substreams stay with the frame that they extend", async () => {
    // E-AC-3 of 16 bytes: 48 kHz, six blocks; stream type, substream and channels differ.
    const syncframe = (streamType: number, substream: number): number[] => [
      ...[0x0b, 0x77, (streamType << 6) | (substream << 3), 7, 0x34, 16 << 3],
      ...new Array<number>(10).fill(streamType + 1),
    ];
    const units = [
      [...syncframe(0, 0), ...syncframe(1, 0)],
      [...syncframe(0, 0), ...syncframe(1, 0), ...syncframe(0, 1)],
      syncframe(0, 0),
    ];
    const file = join(folder, "dependent.eac3");
    await writeFile(file, Uint8Array.from(units.flat()));
    const track = await streamOf(`filesrc location="${file}" blocksize=7 ! ac3parse`);
    expect(track?.frames.map(({ hex }) => hex)).toEqual(
      units.map((unit) => Buffer.from(unit).toString("hex")),
    );
    expect(track?.frames.map(({ pts }) => pts)).toEqual([0n, 32n * MS, 64n * MS]);
  });
});
