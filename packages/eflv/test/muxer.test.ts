import { it } from "@fast-check/vitest";
import { decodeAudioSpecificConfig, encodeAdtsHeader, encodeAnnexB } from "@x/es";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHex, toHex, vectorBytes } from "../../../tools/testing/vectors.js";
import {
  type AudioCodec,
  FlvDemuxer,
  type FlvEvent,
  type FlvFrame,
  FlvMuxer,
  type FlvMuxerOptions,
  type FlvProfile,
  type FlvTrack,
  presentationTimeNs,
  type VideoCodec,
} from "../src/index.js";

const PROFILES: readonly FlvProfile[] = ["compatible", "enhanced", "multitrack-all", "batched"];
const AUDIO: readonly AudioCodec[] = ["mp4a", ".mp3", "Opus", "fLaC", "ac-3", "ec-3"];
const VIDEO: readonly VideoCodec[] = ["avc1", "hvc1", "vvc1", "av01", "vp09", "vp08"];
const STREAM_INFO = new Uint8Array(34).fill(7);

const trackList: fc.Arbitrary<FlvTrack[]> = fc
  .record({
    audio: fc.uniqueArray(fc.nat(255), { maxLength: 3 }),
    video: fc.uniqueArray(fc.nat(255), { maxLength: 3 }),
    codecs: fc.array(fc.nat(5), { minLength: 6, maxLength: 6 }),
  })
  .filter(({ audio, video }) => audio.length + video.length > 0)
  .map(({ audio, video, codecs }) => [
    ...audio.map((id, i): FlvTrack => {
      const codec = AUDIO[codecs[i] as number] as AudioCodec;
      const config = codec === "fLaC" ? STREAM_INFO : Uint8Array.of(0x11, 0x90, i);
      return { kind: "audio", id, codec, config };
    }),
    ...video.map((id, i): FlvTrack => {
      return {
        kind: "video",
        id,
        codec: VIDEO[codecs[3 + i] as number] as VideoCodec,
        config: Uint8Array.of(1, i),
      };
    }),
  ]);

interface Step {
  readonly track: number;
  readonly advanceNs: number;
  readonly delayNs: number;
  readonly isKey: boolean;
  readonly size: number;
}

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    track: fc.nat(),
    advanceNs: fc.nat(60_000_000),
    delayNs: fc.integer({ min: -100_000_000, max: 200_000_000 }),
    isKey: fc.boolean(),
    size: fc.nat(30),
  }),
  { maxLength: 30 },
);

function framesOf(tracks: readonly FlvTrack[], list: readonly Step[], startNs: bigint): FlvFrame[] {
  let dtsNs = startNs;
  return list.map(({ track: index, advanceNs, delayNs, isKey, size }, i): FlvFrame => {
    const track = tracks[index % tracks.length] as FlvTrack;
    dtsNs += BigInt(advanceNs);
    // No frame begins like a start code, an ADTS header, or a delimiter.
    const data = new Uint8Array(size).fill(0x40 + (i % 50));
    const reorders = ["avc1", "hvc1", "vvc1"].includes(track.codec);
    const ptsNs = reorders ? dtsNs + BigInt(delayNs) : dtsNs;
    return {
      kind: track.kind,
      trackId: track.id,
      data,
      ptsNs,
      dtsNs,
      isKey: track.kind === "video" && isKey,
    };
  });
}

interface Read {
  readonly kind: string;
  readonly trackId: number;
  readonly data: string;
  readonly ptsNs: bigint;
  readonly dts: number;
  readonly isKey: boolean;
}

function framesRead(events: readonly FlvEvent[]): Read[] {
  return events.flatMap((event): Read[] => {
    if (event.type !== "audio" && event.type !== "video") return [];
    const media = event.type === "audio" ? event.audio : event.video;
    return media.messages
      .filter(({ packetType }) => packetType === "CodedFrames" || packetType === "CodedFramesX")
      .map(({ trackId, body, compositionTime }) => ({
        kind: event.type,
        trackId,
        data: toHex(body),
        ptsNs: presentationTimeNs(event.dts, compositionTime, media.timestampOffsetNano),
        dts: event.dts,
        isKey: media.type === "video" && media.frameType === 1,
      }));
  });
}

function demux(pieces: readonly Uint8Array[]): FlvEvent[] {
  const demuxer = new FlvDemuxer();
  const bytes = Uint8Array.from(pieces.flatMap((piece) => [...piece]));
  return [...demuxer.push(bytes), ...demuxer.flush()];
}

function muxed(options: FlvMuxerOptions, frames: readonly FlvFrame[]): FlvEvent[] {
  const muxer = new FlvMuxer(options);
  const pieces = frames.flatMap((frame) => muxer.write(frame));
  return demux([...pieces, ...muxer.end().bytes]);
}

describe("FlvMuxer", () => {
  const start = fc.bigInt({ min: -200_000_000n, max: 10n ** 15n });

  it.prop([trackList, steps, start, fc.constantFrom(...PROFILES)])(
    "what it writes is read back: tracks, order, payloads, and times to the millisecond",
    (tracks, list, startNs, profile) => {
      const frames = framesOf(tracks, list, startNs);
      const events = muxed({ tracks, profile }, frames);
      expect(events.filter(({ type }) => type === "issue" || type === "invalid")).toEqual([]);
      const first = frames[0]?.dtsNs ?? 0n;
      const shift = first < 0n ? -((first - 999_999n) / 1_000_000n) : 0n;
      const read = framesRead(events);
      expect(read).toHaveLength(frames.length);
      read.forEach((frame, i) => {
        const { kind, trackId, data, ptsNs, isKey } = frames[i] as FlvFrame;
        const expected = { kind, trackId, data: toHex(data), isKey: isKey === true };
        expect(frame).toMatchObject(expected);
        const error = ptsNs + shift * 1_000_000n - frame.ptsNs;
        expect(error >= 0n && error < 1_000_000n).toBe(true);
        expect(frame.dts).toBeGreaterThanOrEqual(read[i - 1]?.dts ?? 0);
      });
    },
  );

  it.prop([trackList, steps])(
    "with nano offsets enhanced tracks keep the nanosecond",
    (tracks, list) => {
      const frames = framesOf(tracks, list, 0n);
      const read = framesRead(muxed({ tracks, profile: "enhanced", nanoOffsets: true }, frames));
      expect(read.map(({ ptsNs }) => ptsNs)).toEqual(frames.map(({ ptsNs }) => ptsNs));
    },
  );

  it.prop([trackList, steps])(
    "batched: frames of one time share tags, and none is lost",
    (tracks, list) => {
      const frames = framesOf(tracks, list, 0n).map((frame) => ({
        ...frame,
        ptsNs: 0n,
        dtsNs: 0n,
      }));
      const muxer = new FlvMuxer({ tracks, profile: "batched" });
      const events = demux(muxer.writeTogether(frames));
      const key = ({
        kind,
        trackId,
        data,
      }: {
        kind: string;
        trackId: number;
        data: string;
      }): string => `${kind} ${trackId} ${data}`;
      expect(framesRead(events).map(key).sort()).toEqual(
        frames.map((frame) => key({ ...frame, data: toHex(frame.data) })).sort(),
      );
      const tags = events.filter(({ type }) => type === "audio" || type === "video").length;
      const configs = tracks.length;
      // One tag for audio; for video one each of key or not, with composition time or without.
      expect(tags - configs).toBeLessThanOrEqual(5);
    },
  );

  const LC48 = { audioObjectType: 2, samplingFrequency: 48000, channelConfiguration: 2 };

  test("ADTS becomes raw AAC with a configuration made of it, and byte streams become samples", () => {
    const raw = Uint8Array.of(0x21, 0x10, 4);
    const adts = Uint8Array.of(...encodeAdtsHeader(LC48, raw.length), ...raw);
    const sps = fromHex("6764000aacd9420bf97011000003000100000300320f122596");
    const nals = [sps, fromHex("68efbcb0"), fromHex("65888080")];
    const muxer = new FlvMuxer({
      tracks: [
        { kind: "audio", id: 0, codec: "mp4a" },
        { kind: "video", id: 0, codec: "avc1" },
      ],
    });
    const events = demux([
      ...muxer.write({ kind: "audio", trackId: 0, data: adts, ptsNs: 0n }),
      ...muxer.write({
        kind: "video",
        trackId: 0,
        data: encodeAnnexB(nals),
        ptsNs: 0n,
        isKey: true,
      }),
    ]);
    const bodies = events.flatMap((event) =>
      event.type === "audio" || event.type === "video"
        ? (event.type === "audio" ? event.audio : event.video).messages.map(({ body }) =>
            toHex(body),
          )
        : [],
    );
    expect(bodies).toEqual([
      "1190",
      "211004",
      `0164000affe10019${toHex(sps)}01000468efbcb0fdf8f800`,
      `00000019${toHex(sps)}0000000468efbcb00000000465888080`,
    ]);
    expect(decodeAudioSpecificConfig(fromHex(bodies[0] as string)).samplingFrequency).toBe(48000);
  });

  test("a new configuration is written once, before the frame it is for", () => {
    const track: FlvTrack = {
      kind: "audio",
      id: 3,
      codec: "mp4a",
      config: Uint8Array.of(0x11, 0x90),
    };
    const muxer = new FlvMuxer({ tracks: [track] });
    const frame = { kind: "audio", trackId: 3, data: Uint8Array.of(1), ptsNs: 0n } as const;
    const pieces = [...muxer.write(frame), ...muxer.write(frame)];
    muxer.setConfig("audio", 3, Uint8Array.of(0x12, 0x10));
    pieces.push(...muxer.write(frame), ...muxer.write(frame));
    const types = demux(pieces).flatMap((event) =>
      event.type === "audio" ? event.audio.messages.map(({ packetType }) => packetType) : [],
    );
    expect(types).toEqual([
      "SequenceStart",
      "CodedFrames",
      "CodedFrames",
      "SequenceStart",
      "CodedFrames",
      "CodedFrames",
    ]);
  });

  test("the standard's bytes: see Enhanced RTMP v2, OneTrack and CodedFramesX", () => {
    const tracks: FlvTrack[] = [
      { kind: "audio", id: 0, codec: "mp4a", config: fromHex("1190") },
      { kind: "audio", id: 1, codec: "mp4a", config: fromHex("1190") },
      { kind: "video", id: 0, codec: "hvc1", config: fromHex("01") },
      { kind: "video", id: 2, codec: "hvc1", config: fromHex("01") },
    ];
    const muxer = new FlvMuxer({ tracks });
    const video = { kind: "video", data: fromHex("aa"), isKey: true } as const;
    const tags = [
      ...muxer.writeTags([{ kind: "audio", trackId: 0, data: fromHex("bb"), ptsNs: 0n }]),
      ...muxer.writeTags([{ kind: "audio", trackId: 1, data: fromHex("cc"), ptsNs: 0n }]),
      ...muxer.writeTags([{ ...video, trackId: 0, ptsNs: 80_000_000n, dtsNs: 0n }]),
      ...muxer.writeTags([{ ...video, trackId: 2, ptsNs: 0n }]),
      ...muxer.endTags(),
    ];
    expect(tags.slice(1).map(({ data }) => toHex(data))).toEqual([
      "af001190",
      "95006d703461011190",
      "906876633101",
      "96006876633102" + "01",
      "af01bb",
      "95016d70346101cc",
      "9168766331000050aa",
      "96036876633102aa",
      "95026d70346101",
      "9268766331",
      "96026876633102",
    ]);
  });

  test.each(["compatible", "enhanced"] as const)(
    "a configuration of MP3 is not written: %s",
    (profile) => {
      const track: FlvTrack = { kind: "audio", id: 0, codec: ".mp3", config: fromHex("1190") };
      const muxer = new FlvMuxer({ tracks: [track], profile });
      const tags = muxer.writeTags([{ kind: "audio", trackId: 0, data: fromHex("aa"), ptsNs: 0n }]);
      const frame = profile === "enhanced" ? "912e6d7033aa" : "2faa";
      expect(tags.slice(1).map(({ data }) => toHex(data))).toEqual([frame]);
    },
  );

  test("a MultichannelConfig goes beside legacy AAC as FFmpeg writes it", () => {
    const multichannelConfig = fromHex("01060000003f");
    const track: FlvTrack = {
      kind: "audio",
      id: 0,
      codec: "mp4a",
      config: fromHex("11b0"),
      multichannelConfig,
    };
    const muxer = new FlvMuxer({ tracks: [track] });
    const tags = muxer.writeTags([{ kind: "audio", trackId: 0, data: fromHex("aa"), ptsNs: 0n }]);
    expect(tags.slice(1).map(({ data }) => toHex(data))).toEqual([
      "af0011b0",
      "946d70346101060000003f",
      "af01aa",
    ]);
  });

  test("what a profile or a field cannot carry is refused", () => {
    const aac = (id: number): FlvTrack => ({
      kind: "audio",
      id,
      codec: "mp4a",
      config: fromHex("1190"),
    });
    const video: FlvTrack = { kind: "video", id: 0, codec: "avc1", config: fromHex("01") };
    const refused = (options: FlvMuxerOptions): void => {
      expect(() => new FlvMuxer(options)).toThrow(RangeError);
    };
    refused({ tracks: [aac(0), aac(0)] });
    refused({ tracks: [aac(256)] });
    const muxer = new FlvMuxer({ tracks: [video] });
    const frame = { kind: "video", trackId: 0, data: fromHex("aa"), isKey: true } as const;
    expect(() => muxer.write({ ...frame, trackId: 1, ptsNs: 0n })).toThrow(RangeError);
    expect(() => muxer.write({ ...frame, ptsNs: 10n ** 13n, dtsNs: 0n })).toThrow(RangeError);
  });

  test("a peer's file is read and written again: every payload, time and key frame is the same", () => {
    const bytes = vectorBytes("eflv", "peers/ff-legacy-avc-aac.flv");
    const demuxer = new FlvDemuxer();
    const events = [...demuxer.push(bytes), ...demuxer.flush()];
    const config = (kind: "audio" | "video"): Uint8Array => {
      for (const event of events) {
        if (event.type !== kind) continue;
        const media = event.type === "audio" ? event.audio : event.video;
        const start = media.messages.find(({ packetType }) => packetType === "SequenceStart");
        if (start !== undefined) return start.body;
      }
      throw new Error(`no ${kind} configuration`);
    };
    const tracks: FlvTrack[] = [
      { kind: "video", id: 0, codec: "avc1", config: config("video") },
      { kind: "audio", id: 0, codec: "mp4a", config: config("audio") },
    ];
    const frames = framesRead(events);
    for (const profile of PROFILES) {
      const again = muxed(
        { tracks, profile },
        frames.map(({ kind, trackId, data, ptsNs, dts, isKey }) => ({
          ...{ kind: kind as "audio" | "video", trackId, data: fromHex(data), ptsNs, isKey },
          dtsNs: BigInt(dts) * 1_000_000n,
        })),
      );
      expect(framesRead(again)).toEqual(frames);
    }
  });
});

describe("codecs without a configuration", () => {
  test.each([".mp3", "ac-3", "ec-3"] as const)(
    "%s gets no empty SequenceStart: GStreamer 1.28.8 takes one for a frame",
    (codec) => {
      for (const profile of PROFILES) {
        for (const id of [0, 3]) {
          const muxer = new FlvMuxer({ tracks: [{ kind: "audio", id, codec }], profile });
          const frame = {
            kind: "audio",
            trackId: id,
            data: Uint8Array.of(0x40),
            ptsNs: 0n,
          } as const;
          const demuxer = new FlvDemuxer();
          const events = muxer.write(frame).flatMap((bytes) => demuxer.push(bytes));
          const types = events.flatMap((event) =>
            event.type === "audio" ? event.audio.messages.map(({ packetType }) => packetType) : [],
          );
          expect(types).toEqual(["CodedFrames"]);
        }
      }
    },
  );
});
