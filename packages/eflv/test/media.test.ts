// What no peer writes: configurations and Metadata of several tracks in one tag, with modifiers before them.
import { it } from "@fast-check/vitest";
import fc from "fast-check";
import { describe, expect } from "vitest";
import {
  type AudioData,
  CHANNEL_ORDER,
  type ColorInfo,
  decodeAudioData,
  decodeColorInfo,
  decodeVideoData,
  encodeAmf0Values,
  encodeAudioData,
  encodeColorInfo,
  encodeMultichannelConfig,
  encodeVideoData,
  type MediaMessage,
  type ModEx,
  type MultichannelConfig,
  type MultitrackType,
  type PacketType,
  timestampOffsetNanoModEx,
} from "../src/index.js";

const byte = fc.nat(255);

const config: fc.Arbitrary<MultichannelConfig> = fc.oneof(
  fc.record({
    channelOrder: fc.constantFrom(CHANNEL_ORDER.unspecified, 3, 255),
    channelCount: byte,
    channelFlags: fc.constant(undefined),
    channelMapping: fc.constant(undefined),
  }),
  fc.record({
    channelOrder: fc.constant(CHANNEL_ORDER.native),
    channelCount: byte,
    channelFlags: fc.integer({ min: 0, max: 0xffffffff }),
    channelMapping: fc.constant(undefined),
  }),
  fc.array(byte, { maxLength: 24 }).map((channelMapping) => ({
    channelOrder: CHANNEL_ORDER.custom,
    channelCount: channelMapping.length,
    channelFlags: undefined,
    channelMapping,
  })),
);

const value = fc.double({ noNaN: true, noDefaultInfinity: true });
const color: fc.Arbitrary<ColorInfo> = fc
  .record(
    {
      colorConfig: fc.record({ bitDepth: value, colorPrimaries: byte }, { requiredKeys: [] }),
      hdrCll: fc.record({ maxFall: value, maxCLL: value }, { requiredKeys: [] }),
      hdrMdcv: fc.record({ redX: value, whitePointY: value, maxLuminance: value }),
    },
    { requiredKeys: [] },
  )
  .filter((info) => Object.keys(info).length > 0);

const modEx: fc.Arbitrary<ModEx[]> = fc.array(
  fc.oneof(
    fc.nat(999_999).map(timestampOffsetNanoModEx),
    fc.record({
      modExType: fc.integer({ min: 1, max: 15 }),
      data: fc.uint8Array({ minLength: 1, maxLength: 300 }),
      longForm: fc.constant(false),
    }),
  ),
  { maxLength: 3 },
);

const multitrack: fc.Arbitrary<MultitrackType | undefined> = fc.constantFrom(
  undefined,
  "OneTrack",
  "ManyTracks",
  "ManyTracksManyCodecs",
);

function tracksOf<T>(content: fc.Arbitrary<T>, fourCcs: readonly string[]) {
  const track = fc.record({ trackId: byte, fourCc: fc.constantFrom(...fourCcs), content });
  return fc.array(track, { minLength: 1, maxLength: 4 });
}

interface Track {
  readonly trackId: number;
  readonly fourCc: string;
}

/** Those of `tracks` that go into one tag of this kind, with the ids and codecs that it can tell. */
function carried<T extends Track>(tracks: readonly T[], type: MultitrackType | undefined): T[] {
  const many = type === "ManyTracks" || type === "ManyTracksManyCodecs";
  return (many ? tracks : tracks.slice(0, 1)).map((track) => ({
    ...track,
    trackId: type === undefined ? 0 : track.trackId,
    fourCc: type === "ManyTracksManyCodecs" ? track.fourCc : (tracks[0] as T).fourCc,
  }));
}

function messageOf(packetType: PacketType, track: Track, body: Uint8Array): MediaMessage {
  return {
    packetType,
    fourCc: track.fourCc,
    trackId: track.trackId,
    implicitTrack: false,
    compositionTime: undefined,
    body,
    bodyOffset: 0,
    multichannelConfig: undefined,
    metadata: undefined,
  };
}

function nanoOf(blocks: readonly ModEx[]): number {
  const [a = 0, b = 0, c = 0] =
    [...blocks].reverse().find(({ modExType }) => modExType === 0)?.data ?? [];
  return a * 65536 + b * 256 + c;
}

const COMMON = { timestampOffsetNano: 0, warnings: [] } as const;

describe("one tag", () => {
  it.prop([tracksOf(config, ["Opus", "mp4a", "fLaC"]), multitrack, modEx])(
    "carries the MultichannelConfig of every track",
    (tracks, multitrackType, blocks) => {
      const list = carried(tracks, multitrackType);
      const audio: AudioData = {
        ...{ type: "audio", enhanced: true, silence: false, multitrackType, modEx: blocks },
        ...{ soundFormat: 9, soundRate: 0, soundSize: 0, soundType: 0, ...COMMON },
        messages: list.map((track) =>
          messageOf("MultichannelConfig", track, encodeMultichannelConfig(track.content)),
        ),
      };
      const data = encodeAudioData(audio);
      const read = decodeAudioData(data);
      expect(read.messages.map(({ trackId, fourCc }) => [trackId, fourCc])).toEqual(
        list.map(({ trackId, fourCc }) => [trackId, fourCc]),
      );
      expect(read.messages.map(({ multichannelConfig }) => multichannelConfig)).toEqual(
        list.map(({ content }) => content),
      );
      expect(read.multitrackType).toBe(multitrackType);
      expect(read.modEx).toEqual(blocks);
      expect(read.timestampOffsetNano).toBe(nanoOf(blocks));
      expect(encodeAudioData(read)).toEqual(data);
    },
  );

  it.prop([tracksOf(color, ["hvc1", "av01", "vp09"]), multitrack, modEx, fc.nat(4)])(
    "carries the colorInfo of every track",
    (tracks, multitrackType, blocks, frameType) => {
      const list = carried(tracks, multitrackType);
      const data = encodeVideoData({
        ...{ type: "video", enhanced: true, frameType, codecId: undefined, modEx: blocks },
        ...{ videoCommand: undefined, commandPacketType: 0, multitrackType, ...COMMON },
        commandRest: new Uint8Array(0),
        messages: list.map((track) => {
          const body = encodeAmf0Values(["colorInfo", encodeColorInfo(track.content)]);
          return messageOf("Metadata", track, body);
        }),
      });
      const read = decodeVideoData(data);
      expect(read.messages.map(({ trackId, fourCc }) => [trackId, fourCc])).toEqual(
        list.map(({ trackId, fourCc }) => [trackId, fourCc]),
      );
      expect(
        read.messages.map(({ metadata = [] }) =>
          metadata.map(([name, info]) => [name, decodeColorInfo(info)]),
        ),
      ).toEqual(list.map(({ content }) => [["colorInfo", content]]));
      expect(read.modEx).toEqual(blocks);
      expect(encodeVideoData(read)).toEqual(data);
    },
  );
});
