import { it } from "@fast-check/vitest";
import { encodeAdtsHeader } from "@x/es";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toHex } from "../../../tools/testing/vectors.js";
import {
  type ColorInfo,
  decodeColorInfo,
  encodeColorInfo,
  FlvDemuxer,
  type FlvEvent,
  type FlvFrame,
  FlvMuxer,
  type FlvProfile,
  type FlvTrack,
} from "../src/index.js";

const MULTICHANNEL = Uint8Array.of(1, 2, 0, 0, 0, 3);
const TRACKS: readonly FlvTrack[] = [
  { kind: "video", id: 0, codec: "avc1" },
  { kind: "video", id: 4, codec: "hvc1", config: Uint8Array.of(1, 1) },
  {
    kind: "audio",
    id: 0,
    codec: "mp4a",
    config: Uint8Array.of(0x11, 0x90),
    multichannelConfig: MULTICHANNEL,
  },
  { kind: "audio", id: 9, codec: "Opus", channels: 2 },
];

type Step =
  | { readonly type: "frame"; readonly track: number }
  | { readonly type: "config"; readonly track: number; readonly value: number }
  | { readonly type: "color"; readonly track: number; readonly value: number };

const track = fc.nat(TRACKS.length - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ type: fc.constant("frame" as const), track }),
  fc.record({ type: fc.constant("config" as const), track, value: fc.nat(255) }),
  fc.record({ type: fc.constant("color" as const), track: fc.nat(1), value: fc.nat(9999) }),
);

/** What a player knows of a track: configuration, colour and channels. */
type Knowledge = Record<string, { config?: string; color?: ColorInfo; channels?: number }>;

/** Take note of what the tags in `events` say of the tracks, frames apart. */
function learn(known: Knowledge, events: readonly FlvEvent[]): Knowledge {
  for (const event of events) {
    expect(["header", "script", "audio", "video"]).toContain(event.type);
    if (event.type !== "audio" && event.type !== "video") continue;
    const { messages } = event.type === "audio" ? event.audio : event.video;
    for (const { packetType, trackId, body, metadata, multichannelConfig } of messages) {
      const name = `${event.type} ${trackId}`;
      const of = { ...known[name] };
      if (packetType === "SequenceStart") of.config = toHex(body);
      const color = decodeColorInfo(metadata?.[0]?.[1]);
      if (color !== undefined) of.color = color;
      if (multichannelConfig !== undefined) of.channels = multichannelConfig.channelCount;
      known[name] = of;
    }
  }
  return known;
}

describe("headerBytes", () => {
  it.prop([
    fc.array(step, { maxLength: 25 }),
    fc.constantFrom<FlvProfile>("compatible", "enhanced", "multitrack-all", "batched"),
  ])("tells a late joiner at any time what the stream has told so far", (steps, profile) => {
    const muxer = new FlvMuxer({ tracks: TRACKS, profile });
    const early = new FlvDemuxer();
    const known: Knowledge = {};
    const pending = new Set<number>();
    let hasConfig = false;
    let ms = 0;
    for (const { type, track: index, ...rest } of steps) {
      const { kind, id } = TRACKS[index] as FlvTrack;
      const value = "value" in rest ? rest.value : 0;
      if (type === "config") {
        muxer.setConfig(kind, id, Uint8Array.of(1, value));
        pending.add(index);
        hasConfig ||= index === 0;
      } else if (type === "color") {
        const tags = muxer.setColorInfo(id, encodeColorInfo({ hdrCll: { maxCLL: value } }));
        learn(
          known,
          tags.flatMap((tag) => early.push(tag)),
        );
      } else if (index !== 0 || hasConfig) {
        ms += 20;
        const frame = { kind, trackId: id, data: Uint8Array.of(0x41), isKey: kind === "video" };
        const pieces = muxer.write({ ...frame, ptsNs: BigInt(ms) * 1_000_000n });
        learn(
          known,
          pieces.flatMap((piece) => early.push(piece)),
        );
        pending.delete(index);
      }
      const late = learn({}, new FlvDemuxer().push(muxer.headerBytes()));
      for (const [i, { kind: itsKind, id: itsId }] of TRACKS.entries()) {
        const name = `${itsKind} ${itsId}`;
        // A configuration that its next frame will bring is told already.
        if (pending.has(i) || known[name]?.config === undefined) continue;
        expect(late[name], name).toEqual(known[name]);
      }
    }
  });

  test("has nothing of a track that has no configuration yet", () => {
    const muxer = new FlvMuxer({ tracks: TRACKS });
    const before = learn({}, new FlvDemuxer().push(muxer.headerBytes()));
    expect(Object.keys(before)).toEqual(["video 4", "audio 0", "audio 9"]);
    muxer.setConfig("video", 0, Uint8Array.of(1));
    const after = learn({}, new FlvDemuxer().push(muxer.headerBytes()));
    expect(Object.keys(after)).toEqual(["video 0", "video 4", "audio 0", "audio 9"]);
  });

  test("has all SequenceStarts in front of MultichannelConfigs and Metadata", () => {
    const lastTrack: FlvTrack = { kind: "video", id: 5, codec: "av01", config: Uint8Array.of(1) };
    const muxer = new FlvMuxer({ tracks: [...TRACKS.slice(1), lastTrack], profile: "enhanced" });
    muxer.setColorInfo(4, encodeColorInfo({ hdrCll: { maxCLL: 1000 } }));
    const types = new FlvDemuxer().push(muxer.headerBytes()).flatMap((event) => {
      if (event.type === "video") return event.video.messages[0]?.packetType ?? [];
      return event.type === "audio" ? (event.audio.messages[0]?.packetType ?? []) : [];
    });
    const settings = ["Metadata", "MultichannelConfig"];
    expect(types).toEqual([...new Array(4).fill("SequenceStart"), ...settings]);
  });

  test("is what a stream begins with", () => {
    const tracks = TRACKS.slice(1);
    const muxer = new FlvMuxer({ tracks });
    const header = muxer.headerBytes();
    const frame = { kind: "audio", trackId: 0, data: Uint8Array.of(1), ptsNs: 0n } as const;
    const start = Uint8Array.from(muxer.write(frame).flatMap((piece) => [...piece]));
    expect(toHex(start.subarray(0, header.length))).toBe(toHex(header));
  });
});

describe("profile twitch", () => {
  const aac = (id: number): FlvTrack => ({
    kind: "audio",
    id,
    codec: "mp4a",
    config: Uint8Array.of(0x11, 0x90),
  });
  const avc = (id: number): FlvTrack => ({
    kind: "video",
    id,
    codec: "avc1",
    config: Uint8Array.of(1),
  });
  const twitch = (...tracks: FlvTrack[]): FlvMuxer => new FlvMuxer({ tracks, profile: "twitch" });

  test("writes one legacy track and one with a number", () => {
    const muxer = twitch(avc(0), aac(0), aac(1));
    const heads = [0, 1].flatMap((trackId) => {
      const frame = { kind: "audio", trackId, data: Uint8Array.of(0x21), ptsNs: 0n } as const;
      return muxer.writeTags([frame]).slice(-1);
    });
    expect(heads.map(({ data }) => toHex(data))).toEqual(["af0121", "95016d7034610121"]);
  });

  test.each([
    [[avc(0), aac(0), aac(1), aac(2)], "twitch: 3 audio tracks, it takes at most two"],
    [[avc(0), aac(1), aac(2)], "twitch: audio track 0 must be AAC or MP3, in a legacy tag"],
    [[avc(0), aac(1)], "twitch: audio track 0 must be AAC or MP3, in a legacy tag"],
    [[avc(0)], "twitch: audio track 0 must be AAC or MP3, in a legacy tag"],
    [
      [avc(0), { kind: "audio", id: 0, codec: "Opus", channels: 2 }, aac(1)],
      "twitch: audio track 0 must be AAC or MP3, in a legacy tag",
    ],
    [[avc(0), avc(1), aac(0)], "twitch: it takes one video track, of id 0"],
    [[avc(1), aac(0)], "twitch: it takes one video track, of id 0"],
  ] as [FlvTrack[], string][])("refuses %#", (tracks, message) => {
    expect(() => twitch(...tracks)).toThrow(new RangeError(message));
  });
});

describe("a frame that is refused", () => {
  test("leaves the muxer as it was: the next one brings header and configurations", () => {
    const tracks: FlvTrack[] = [{ kind: "video", id: 0, codec: "avc1", config: Uint8Array.of(1) }];
    const frame = { kind: "video", trackId: 0, data: Uint8Array.of(1), isKey: true } as const;
    const muxer = new FlvMuxer({ tracks });
    expect(() => muxer.write({ ...frame, ptsNs: 10n ** 13n, dtsNs: 0n })).toThrow(RangeError);
    const large = { ...frame, data: new Uint8Array(2 ** 24 - 5), ptsNs: 7_000_000n };
    expect(() => muxer.write(large)).toThrow(RangeError);
    const fresh = new FlvMuxer({ tracks });
    const next = { ...frame, ptsNs: 9_000_000n };
    expect(muxer.write(next)).toEqual(fresh.write(next));
  });

  test("leaves no time and no configuration behind", () => {
    const tracks: FlvTrack[] = [
      { kind: "audio", id: 0, codec: "mp4a" },
      { kind: "video", id: 0, codec: "avc1", config: Uint8Array.of(1) },
    ];
    const audio = (ms: number, ...data: number[]): FlvFrame => ({
      ...{ kind: "audio", trackId: 0, data: Uint8Array.from(data) },
      ptsNs: BigInt(ms) * 1_000_000n,
    });
    const adts = (samplingFrequency: number): Uint8Array => {
      const header = { audioObjectType: 2, channelConfiguration: 2, samplingFrequency };
      return Uint8Array.of(...encodeAdtsHeader(header, 1), 0x21);
    };
    const tooFar: FlvFrame = {
      ...{ kind: "video", trackId: 0, data: Uint8Array.of(1) },
      ...{ ptsNs: 10n ** 13n, dtsNs: 5_000_000_000n },
    };
    const file = (withRefused: boolean): string => {
      const muxer = new FlvMuxer({ tracks, seekable: {} });
      const pieces = muxer.write(audio(0, ...adts(48_000)));
      const refused = [audio(5000, ...adts(44_100)), tooFar];
      if (withRefused) expect(() => muxer.writeTogether(refused)).toThrow(RangeError);
      pieces.push(...muxer.write(audio(21, 0x21)));
      const { bytes, patches } = muxer.end();
      return [...pieces, ...bytes, ...patches.map((patch) => patch.bytes)].map(toHex).join(" ");
    };
    expect(file(true)).toBe(file(false));
  });
});
