// What peers get wrong, each as a test: how we read it, or what we write instead.
import { decodeAudioSpecificConfig, decodeFlacHeader } from "@x/es";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../../tools/testing/vectors.js";
import { fileBytes, tagBytes } from "../src/conformance.js";
import {
  type AmfValue,
  type AudioCodec,
  amfToPlain,
  codecOfMetadata,
  decodeAudioData,
  encodeColorInfo,
  encodeScriptData,
  FlvDemuxer,
  type FlvDemuxerOptions,
  type FlvEvent,
  FlvMuxer,
  type FlvMuxerOptions,
  type FlvProfile,
  type FlvTrack,
  type MediaMessage,
  type MuxedTag,
  readKeyframeIndex,
} from "../src/index.js";

const AUDIO = 8;
const VIDEO = 9;
const SCRIPT = 18;

/** A file of tags: type, milliseconds, data in hexadecimal. */
function file(...tags: readonly (readonly [number, number, string])[]): Uint8Array {
  return Uint8Array.from([
    ...fileBytes([]),
    ...tags.flatMap(([type, ms, data]) => tagBytes(type, ms, [...fromHex(data)])),
  ]);
}

function demux(bytes: Uint8Array, options: FlvDemuxerOptions = {}): FlvEvent[] {
  const demuxer = new FlvDemuxer(options);
  return [...demuxer.push(bytes), ...demuxer.flush()];
}

function warnings(events: readonly FlvEvent[]): string[] {
  return events.flatMap((event) => (event.type === "issue" ? [event.issue.code] : []));
}

function messages(events: readonly FlvEvent[], kind?: "audio" | "video"): MediaMessage[] {
  return events.flatMap((event) => {
    if (event.type === "audio" && kind !== "video") return [...event.audio.messages];
    return event.type === "video" && kind !== "audio" ? [...event.video.messages] : [];
  });
}

function metadata(events: readonly FlvEvent[]): AmfValue {
  const script = events.find((event) => event.type === "script");
  return script?.type === "script" ? script.script.args[0] : undefined;
}

const AAC = (id: number): FlvTrack => ({
  kind: "audio",
  id,
  codec: "mp4a",
  config: fromHex("1190"),
});
const HEVC = (id: number): FlvTrack => ({
  kind: "video",
  id,
  codec: "hvc1",
  config: fromHex("01"),
});
const AVC = (id: number): FlvTrack => ({ kind: "video", id, codec: "avc1", config: fromHex("01") });

/** Tags of one frame of each track, and those of the end. */
function muxed(options: FlvMuxerOptions, startMs = 0): MuxedTag[] {
  const muxer = new FlvMuxer(options);
  const tags = options.tracks.flatMap(({ kind, id }) =>
    muxer.writeTags([
      {
        kind,
        trackId: id,
        data: fromHex("4142"),
        ptsNs: BigInt(startMs) * 1_000_000n,
        isKey: kind === "video",
      },
    ]),
  );
  return [...tags, ...muxer.endTags()];
}

function hexOf(tags: readonly MuxedTag[]): string[] {
  return tags.map(({ data }) => toHex(data));
}

const UNBATCHED: readonly FlvProfile[] = ["compatible", "enhanced", "multitrack-all"];

describe("GStreamer", () => {
  test("1: a FourCC with its bytes reversed in onMetaData is understood, with a warning; we write it right", () => {
    const properties = new Map<string, AmfValue>([["audiocodecid", 1630826605]]);
    const values = ["onMetaData", { type: "ecma-array", count: 1, properties }] as const;
    const events = demux(file([SCRIPT, 0, toHex(encodeScriptData({ values: [...values] }))]));
    expect(warnings(events)).toEqual(["metadata-fourcc-swapped"]);
    expect(codecOfMetadata("audio", 1630826605)).toBe("mp4a");
    const [own] = muxed({ tracks: [AAC(0)], profile: "enhanced" });
    expect(toHex(own?.data ?? new Uint8Array())).toContain(doubleHex(0x6d703461));
  });

  test("2: MultichannelConfig is written for tracks that ask for it only: flvdemux takes its end for a frame", () => {
    const config = fromHex("01060000003f");
    const tags = (track: FlvTrack): string[] =>
      hexOf(muxed({ tracks: [track] })).filter((data) => data.startsWith("94"));
    expect(tags(AAC(0))).toEqual([]);
    expect(tags({ ...AAC(0), multichannelConfig: config } as FlvTrack)).toEqual([
      `946d703461${toHex(config)}`,
    ]);
  });

  test("3: SequenceEnd is written at the very end only: flvdemux ends all tracks with it", () => {
    const events = demux(
      Uint8Array.from([
        ...fileBytes([]),
        ...muxed({ tracks: [AVC(0), AAC(1), HEVC(1)] }).flatMap(({ tagType, timestamp, data }) =>
          tagBytes(tagType, timestamp, [...data]),
        ),
      ]),
    );
    const types = messages(events).map(({ packetType }) => packetType);
    const first = types.indexOf("SequenceEnd");
    expect(types.slice(first)).toEqual(["SequenceEnd", "SequenceEnd", "SequenceEnd"]);
    expect(types.slice(0, first)).not.toContain("SequenceEnd");
  });

  test("4: audio ModEx is 7, and 6 is reserved; neither ModEx nor ManyTracks is written unasked", () => {
    const nano = decodeAudioData(fromHex("970203d09001" + "6d703461" + "aa"));
    expect(nano.timestampOffsetNano).toBe(250_000);
    expect(() => decodeAudioData(fromHex("966d703461"))).toThrow(
      expect.objectContaining({ code: "reserved-packet-type" }),
    );
    for (const profile of UNBATCHED) {
      const tracks = [AVC(0), HEVC(3), AAC(0), AAC(1)];
      for (const { tagType, data } of muxed({ tracks, profile })) {
        const head = data[0] as number;
        if (tagType === SCRIPT || (tagType === AUDIO && head >> 4 !== 9) || head < 0x80) continue;
        expect(head & 15).not.toBe(7);
        if ((head & 15) === (tagType === AUDIO ? 5 : 6)) expect((data[1] as number) >> 4).toBe(0);
      }
    }
  });

  test("5: enhanced key frames are in the index", () => {
    const muxer = new FlvMuxer({ tracks: [HEVC(0)], seekable: { keyframes: 4 } });
    const pieces = [0, 1, 2].flatMap((i) =>
      muxer.write({
        ...{ kind: "video", trackId: 0, data: fromHex("41"), isKey: i !== 1 },
        ptsNs: BigInt(i) * 1_000_000_000n,
      }),
    );
    const { bytes, patches } = muxer.end();
    const all = Uint8Array.from([...pieces, ...bytes].flatMap((piece) => [...piece]));
    for (const patch of patches) all.set(patch.bytes, patch.offset);
    expect(readKeyframeIndex(metadata(demux(all)))?.times).toEqual([0, 2]);
  });

  test("6: every codec goes on every audio track, 48 kHz MP3 too", () => {
    const codecs: readonly AudioCodec[] = ["mp4a", ".mp3", "Opus", "fLaC", "ac-3", "ec-3"];
    const tracks = codecs.map((codec, i): FlvTrack => {
      const config = codec === "fLaC" ? new Uint8Array(34) : fromHex("1190");
      return { kind: "audio", id: i + 1, codec, config, sampleRate: 48000 };
    });
    const mp3: FlvTrack = { kind: "audio", id: 0, codec: ".mp3", sampleRate: 48000 };
    const frames = hexOf(muxed({ tracks: [...tracks, mp3] }));
    for (const { codec, id } of tracks) {
      const fourCc = toHex(new TextEncoder().encode(codec));
      expect(frames).toContain(`9501${fourCc}${toHex(Uint8Array.of(id))}4142`);
    }
    expect(frames).toContain("2f4142");
  });

  test("7: times below zero shift all tracks, and nothing is clamped", () => {
    const muxer = new FlvMuxer({ tracks: [AVC(0), AAC(0)] });
    const at = (ms: number): bigint => BigInt(ms) * 1_000_000n;
    const video = { kind: "video", trackId: 0, data: fromHex("41"), isKey: true } as const;
    const audio = { kind: "audio", trackId: 0, data: fromHex("42") } as const;
    const tags = [
      ...muxer.writeTags([{ ...video, dtsNs: at(-80), ptsNs: at(0) }]),
      ...muxer.writeTags([{ ...audio, ptsNs: at(-60) }]),
      ...muxer.writeTags([{ ...video, dtsNs: at(-40), ptsNs: at(-50) }]),
      ...muxer.writeTags([{ ...audio, ptsNs: at(0) }]),
    ].slice(3);
    expect(tags.map(({ timestamp }) => timestamp)).toEqual([0, 20, 40, 80]);
    // A negative composition time is kept.
    expect(toHex(tags[2]?.data ?? new Uint8Array())).toBe("1701fffff641");
  });

  test("17: the header's flags are hints, and ours tell the tracks", () => {
    for (const flags of [0, 1, 4, 5]) {
      const bytes = file([AUDIO, 0, "af01aa"], [VIDEO, 0, "2701000000bb"]);
      bytes[4] = flags;
      expect(messages(demux(bytes))).toHaveLength(2);
    }
    const flagsOf = (...tracks: FlvTrack[]): unknown => new FlvMuxer({ tracks }).headerBytes()[4];
    expect([flagsOf(AAC(0)), flagsOf(AVC(0)), flagsOf(AAC(1), HEVC(1))]).toEqual([4, 1, 5]);
  });

  test("18: a repeated onMetaData is one more script tag, and resets nothing", () => {
    const meta = toHex(encodeScriptData({ values: ["onMetaData", null] }));
    const events = demux(
      file(
        [SCRIPT, 0, meta],
        [AUDIO, 2 ** 31 - 10, "af01aa"],
        [SCRIPT, 0, meta],
        [AUDIO, 2 ** 31 + 10, "af01ab"],
      ),
    );
    const times = events.flatMap((event) => (event.type === "audio" ? [event.dts] : []));
    expect(times).toEqual([2 ** 31 - 10, 2 ** 31 + 10]);
    expect(events.map(({ type }) => type)).not.toContain("discontinuity");
  });
});

function doubleHex(value: number): string {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value);
  return toHex(bytes);
}

describe("FFmpeg", () => {
  test("8: tracks are not put into one tag unasked: all but the first configuration would be lost", () => {
    const frame = { kind: "audio", data: fromHex("41"), ptsNs: 0n } as const;
    for (const profile of UNBATCHED) {
      const muxer = new FlvMuxer({ tracks: [AAC(1), AAC(2)], profile });
      const tags = muxer.writeTags([
        { ...frame, trackId: 1 },
        { ...frame, trackId: 2 },
      ]);
      expect(tags.map(({ data }) => decodeMany(data))).toEqual([0, 1, 1, 1, 1]);
    }
  });

  test("9: un-numbered Metadata are written with frame type 5; of other tracks with another, and not in `compatible`", () => {
    const color = encodeColorInfo({ hdrCll: { maxCLL: 1000 } });
    const written = (profile: FlvProfile, trackId: number): string => {
      const muxer = new FlvMuxer({ tracks: [HEVC(0), HEVC(2)], profile });
      muxer.setColorInfo(trackId, color);
      return hexOf(firstPicture(muxer))
        .filter((data) => /^..(04)?68766331(02)?020009/.test(data))
        .join();
    };
    expect(written("compatible", 0)).toMatch(/^d468766331020009/);
    expect(written("compatible", 2)).toBe("");
    expect(written("enhanced", 2)).toMatch(/^96046876633102020009/);
  });

  const COLOR = "020009636f6c6f72496e666f" + "03000009";

  test("10: Metadata without a track id go to the track of their codec, if asked", () => {
    const bytes = file(
      [VIDEO, 0, "1700000000" + "01"],
      [VIDEO, 0, "9600" + "68766331" + "01" + "01"],
      [VIDEO, 0, "9600" + "61763031" + "02" + "81"],
      [VIDEO, 0, `d468766331${COLOR}`],
      [VIDEO, 0, `d461763031${COLOR}`],
      [VIDEO, 0, `d461766331${COLOR}`],
      [VIDEO, 0, `d476703039${COLOR}`],
    );
    const ids = (events: readonly FlvEvent[]): number[] =>
      messages(events)
        .filter(({ packetType }) => packetType === "Metadata")
        .map(({ trackId }) => trackId);
    const asSent = demux(bytes);
    expect([ids(asSent), warnings(asSent)]).toEqual([[0, 0, 0, 0], []]);
    const byCodec = demux(bytes, { metadataTrack: "by-codec" });
    expect(ids(byCodec)).toEqual([1, 2, 0, 0]);
    expect(warnings(byCodec)).toEqual(["metadata-track", "metadata-track"]);
    const strict = demux(bytes, { metadataTrack: "by-codec", onIssue: "throw" });
    expect(ids(strict)).toEqual([0, 0, 0, 0]);
  });

  test("10: two tracks of one codec are not told apart by it", () => {
    const bytes = file(
      [VIDEO, 0, "9600" + "68766331" + "01" + "01"],
      [VIDEO, 0, "9600" + "68766331" + "02" + "01"],
      [VIDEO, 0, `d468766331${COLOR}`],
    );
    const last = messages(demux(bytes, { metadataTrack: "by-codec" })).at(-1);
    expect(last?.trackId).toBe(0);
  });

  test("11: a bare STREAMINFO, an empty configuration, an empty frame and a MultichannelConfig after each", () => {
    const info = "11".repeat(34);
    const events = demux(
      file(
        [AUDIO, 0, `90664c6143${info}`],
        [AUDIO, 0, "94664c6143" + "010200000003"],
        [VIDEO, 0, "9061763031"],
        [AUDIO, 9, "91664c6143"],
      ),
    );
    expect(warnings(events)).toEqual([]);
    const [bare, channels, empty, frame] = messages(events);
    expect(toHex(decodeFlacHeader(bare?.body as Uint8Array).streamInfoBytes)).toBe(info);
    expect(channels?.multichannelConfig).toMatchObject({ channelCount: 2, channelFlags: 3 });
    expect([empty?.body.length, frame?.body.length]).toEqual([0, 0]);
    // What it reads, it writes on request.
    const track: FlvTrack = { kind: "audio", id: 0, codec: "fLaC", config: fromHex(info) };
    const data = (flacHeader: "full" | "bare"): string | undefined =>
      hexOf(muxed({ tracks: [track], flacHeader }))[1];
    expect(data("bare")).toBe(`90664c6143${info}`);
    expect(data("full")).toBe(`90664c6143664c614380000022${info}`);
  });

  test("12: a legacy SequenceEnd is the default track's, and files without info maps have all their tracks", () => {
    const events = demux(
      file(
        [VIDEO, 0, "9600" + "61766331" + "01" + "01"],
        [VIDEO, 0, "1702000000"],
        [AUDIO, 0, "9501" + "6d703461" + "07" + "aa"],
      ),
    );
    expect(messages(events).map(({ packetType, trackId }) => [packetType, trackId])).toEqual([
      ["SequenceStart", 1],
      ["SequenceEnd", 0],
      ["CodedFrames", 7],
    ]);
  });

  test("13: onMetaData is written once, at time 0: a later one would become a subtitle", () => {
    const muxer = new FlvMuxer({ tracks: [AVC(0), AAC(0)] });
    const tags = firstPicture(muxer, 5000);
    const scripts = tags.filter(({ tagType }) => tagType === SCRIPT);
    expect(scripts.map(({ timestamp }) => timestamp)).toEqual([0]);
    expect(tags[0]).toBe(scripts[0]);
  });

  test("14: no string of onMetaData has a kilobyte", () => {
    for (const keyframes of [1, 57, 58, 128, 1000]) {
      const muxer = new FlvMuxer({ tracks: [AVC(0)], seekable: { keyframes } });
      const plain = amfToPlain(metadata(demux(muxer.headerBytes()))) as Record<string, unknown>;
      const strings = Object.values(plain).filter((value) => typeof value === "string");
      for (const text of strings) expect((text as string).length).toBeLessThan(1024);
      const spaces = strings.reduce((sum: number, text) => sum + (text as string).length + 12, 0);
      expect(spaces).toBe(keyframes * 18);
    }
  });

  test("19: a 5.1 configuration says the rate, whatever stands around it", () => {
    const [config, channels] = messages(
      demux(file([AUDIO, 0, "af00" + "11b0"], [AUDIO, 0, "946d703461" + "01060000003f"])),
    );
    expect(channels).toMatchObject({ trackId: 0, multichannelConfig: { channelCount: 6 } });
    expect(decodeAudioSpecificConfig(config?.body as Uint8Array).samplingFrequency).toBe(48000);
  });
});

/** The tags that come with a first key frame of the default video track. */
function firstPicture(muxer: FlvMuxer, startMs = 0): MuxedTag[] {
  const ptsNs = BigInt(startMs) * 1_000_000n;
  return muxer.writeTags([{ kind: "video", trackId: 0, data: fromHex("41"), ptsNs, isKey: true }]);
}

/** Tracks in an audio tag; 0 for other data. */
function decodeMany(data: Uint8Array): number {
  return (data[0] as number) >> 4 === 9 ? decodeAudioData(data).messages.length : 0;
}

describe("OBS and players", () => {
  test("15: Metadata with frame type 0, and @setDataFrame in a file", () => {
    const values = ["@setDataFrame", "onMetaData", null];
    const events = demux(
      file(
        [SCRIPT, 0, toHex(encodeScriptData({ values }))],
        [VIDEO, 0, "8468766331020009636f6c6f72496e666f06"],
        [VIDEO, 0, "860468766331" + "03" + "020009636f6c6f72496e666f06"],
      ),
    );
    const script = events.find((event) => event.type === "script");
    expect(script?.type === "script" && script.script).toMatchObject({
      name: "onMetaData",
      setDataFrame: true,
    });
    const found = messages(events);
    expect(found.map(({ packetType, trackId }) => [packetType, trackId])).toEqual([
      ["Metadata", 0],
      ["Metadata", 3],
    ]);
    expect(found[0]?.metadata).toEqual([["colorInfo", undefined]]);
    expect(hexOf(muxed({ tracks: [AVC(0)] })).join()).not.toContain(
      toHex(new TextEncoder().encode("@setDataFrame")),
    );
  });

  test("16: a stream of one track a kind has no Multitrack: mpegts.js knows none", () => {
    for (const video of [AVC(0), HEVC(0)]) {
      for (const { tagType, data } of muxed({ tracks: [video, AAC(0)] })) {
        if (tagType === AUDIO) expect((data[0] as number) >> 4).toBe(10);
        if (tagType === VIDEO && (data[0] as number) > 0x7f)
          expect((data[0] as number) & 15).not.toBe(6);
      }
    }
  });
});
