import { describe, expect, test } from "vitest";
import { failedProperties } from "../../../tools/testing/conformance.js";
import {
  conformanceSuite,
  type FlvImplementation,
  type PlainEvent,
  type PlainTag,
} from "../src/conformance.js";
import {
  type AudioData,
  encodeAudioData,
  encodeVideoData,
  FlvDemuxer,
  type FlvEvent,
  type VideoData,
} from "../src/index.js";

function plainEvents(events: readonly FlvEvent[]): PlainEvent[] {
  return events.flatMap((event): PlainEvent[] => {
    switch (event.type) {
      case "audio":
        return mediaEvent(event.tag.timestamp, event.audio);
      case "video":
        return mediaEvent(event.tag.timestamp, event.video);
      case "script":
        return [{ type: "script", name: event.script.name }];
      case "invalid":
      case "filtered":
        return [{ type: event.type }];
      default:
        return [];
    }
  });
}

function mediaEvent(timestamp: number, media: AudioData | VideoData): PlainEvent[] {
  if (media.type === "video" && media.videoCommand !== undefined) {
    return [{ type: "command", command: media.videoCommand ?? -1 }];
  }
  const [first] = media.messages;
  if (first?.metadata !== undefined) {
    return [{ type: "metadata", names: first.metadata.map(([name]) => name) }];
  }
  if (first?.multichannelConfig !== undefined) {
    const { channelOrder, channelCount, channelFlags } = first.multichannelConfig;
    return [{ type: "channels", order: channelOrder, count: channelCount, flags: channelFlags }];
  }
  const { enhanced, modEx, multitrackType, messages } = media;
  const legacyCodec = media.type === "audio" ? media.soundFormat : media.codecId;
  const tag: PlainTag = {
    kind: media.type,
    timestamp,
    legacyCodec: enhanced ? undefined : legacyCodec,
    frameType: media.type === "video" ? media.frameType : 0,
    modEx: modEx.map(({ modExType, data }) => ({ type: modExType, data: [...data] })),
    multitrackType,
    messages: messages.map(({ packetType, fourCc, trackId, compositionTime, body }) => {
      return { packetType, fourCc, trackId, compositionTime, body: [...body] };
    }),
  };
  return [{ type: "tag", tag }];
}

function encodeTagData(tag: PlainTag): Uint8Array {
  const { kind, legacyCodec, frameType, modEx, multitrackType, messages } = tag;
  const common = {
    enhanced: legacyCodec === undefined,
    modEx: modEx.map(({ type, data }) => {
      return { modExType: type, data: Uint8Array.from(data), longForm: false };
    }),
    timestampOffsetNano: 0,
    multitrackType,
    messages: messages.map((message) => ({
      ...message,
      packetType: message.packetType as AudioData["messages"][number]["packetType"],
      implicitTrack: multitrackType === undefined,
      body: Uint8Array.from(message.body),
      bodyOffset: 0,
      multichannelConfig: undefined,
      metadata: undefined,
    })),
    warnings: [],
  };
  if (kind === "audio") {
    const sound = { soundFormat: legacyCodec ?? 9, soundRate: 3, soundSize: 1, soundType: 1 };
    return encodeAudioData({ type: "audio", silence: false, ...common, ...sound });
  }
  return encodeVideoData({
    ...{ type: "video", frameType, codecId: legacyCodec, videoCommand: undefined },
    ...{ commandPacketType: 0, commandRest: new Uint8Array(0), ...common },
  });
}

const OURS: FlvImplementation = {
  demux(pieces) {
    const demuxer = new FlvDemuxer();
    const events = pieces.flatMap((piece) => plainEvents(demuxer.push(piece)));
    return [...events, ...plainEvents(demuxer.flush())];
  },
  encodeTagData,
};

conformanceSuite(OURS, { describe, test });

/** Ours, with every tag changed on its way out. */
function reading(change: (tag: PlainTag) => PlainTag): FlvImplementation {
  return {
    demux: (pieces) =>
      OURS.demux(pieces).map((event) =>
        event.type === "tag" ? { type: "tag", tag: change(event.tag) } : event,
      ),
  };
}

/** Ours, with every message changed on its way out. */
function readingMessages(
  change: (message: PlainTag["messages"][number]) => PlainTag["messages"][number],
): FlvImplementation {
  return reading((tag) => ({ ...tag, messages: tag.messages.map(change) }));
}

const WRONG: Readonly<Record<string, FlvImplementation>> = {
  "a composition time without sign": readingMessages((message) => ({
    ...message,
    compositionTime: message.compositionTime && message.compositionTime & 0xffffff,
  })),
  "TimestampExtended is lost": reading((tag) => ({ ...tag, timestamp: tag.timestamp & 0xffffff })),
  "TimestampExtended of 7 bits": reading((tag) => ({
    ...tag,
    timestamp: tag.timestamp & 0x7fffffff,
  })),
  "only the first of many tracks": reading((tag) => ({
    ...tag,
    messages: tag.messages.slice(0, 1),
  })),
  "track ids are lost": readingMessages((message) => ({ ...message, trackId: 0 })),
  "the last ModEx only": reading((tag) => ({ ...tag, modEx: tag.modEx.slice(-1) })),
  "composition times of AV1": readingMessages((message) =>
    message.fourCc === "av01" && message.packetType === "CodedFrames"
      ? { ...message, compositionTime: 0, body: message.body.slice(3) }
      : message,
  ),
  "one FourCC for all tracks": reading((tag) => ({
    ...tag,
    messages: tag.messages.map((message) => ({ ...message, fourCc: tag.messages[0]?.fourCc })),
  })),
  "the last tag is lost": { demux: (pieces) => OURS.demux(pieces).slice(0, -1) },
  "pieces are files of their own": {
    demux: (pieces) => pieces.flatMap((piece) => OURS.demux([piece])),
  },
  "invalid tags are passed over": {
    demux: (pieces) => OURS.demux(pieces).filter(({ type }) => type !== "invalid"),
  },
  "command frames have a body": {
    demux: (pieces) => OURS.demux(pieces).filter(({ type }) => type !== "command"),
  },
  "an audio ModEx of type 6": {
    ...OURS,
    encodeTagData(tag) {
      const data = encodeTagData(tag);
      if (tag.kind === "audio" && tag.modEx.length > 0) data[0] = 0x96;
      return data;
    },
  },
  "a track size without the composition time": {
    ...OURS,
    encodeTagData(tag) {
      const data = encodeTagData(tag);
      const timed = tag.messages[0]?.compositionTime !== undefined;
      if (timed && tag.multitrackType === "ManyTracks" && tag.modEx.length === 0) {
        data[9] = (data[9] as number) - 3;
      }
      return data;
    },
  },
};

describe("the suite catches", () => {
  test.each(Object.keys(WRONG))("%s", (name) => {
    const failed = failedProperties(conformanceSuite, WRONG[name] as FlvImplementation);
    expect(failed.length).toBeGreaterThan(0);
  });

  test("nothing in ours", () => expect(failedProperties(conformanceSuite, OURS, 20)).toEqual([]));
});
