// Events in the form of the vectors' expected.json: see the README of the vectors.
import { createHash } from "node:crypto";
import { toHex } from "../../../tools/testing/vectors.js";
import {
  type Amf3Value,
  type AmfProperties,
  type AmfValue,
  type AudioData,
  type FlvEvent,
  type FlvTag,
  type MediaMessage,
  TAG_TYPE,
  type VideoData,
} from "../src/index.js";

export type Json = Readonly<Record<string, unknown>>;

export function sha1(bytes: Uint8Array): string {
  return createHash("sha1").update(bytes).digest("hex");
}

/** An AMF value as JSON with the README's conventions. */
export function amfJson(value: AmfValue): unknown {
  if (value === undefined) return { $undefined: true };
  if (typeof value !== "object" || value === null) return value;
  switch (value.type) {
    case "object":
    case "ecma-array":
      return membersJson(value.properties, amfJson);
    case "typed-object":
      return { $class: value.className, ...membersJson(value.properties, amfJson) };
    case "strict-array":
      return value.values.map(amfJson);
    case "date":
      return { $date: value.time, tz: value.timeZone };
    case "long-string":
      return value.value;
    case "xml":
      return { $xml: value.value };
    case "reference":
      return { $reference: value.index };
    case "unsupported":
      return { $unsupported: true };
    case "amf3":
      return amf3Json(value.value);
  }
}

function amf3Json(value: Amf3Value): unknown {
  if (value === undefined) return { $undefined: true };
  if (typeof value !== "object" || value === null) return value;
  switch (value.type) {
    case "object": {
      const members = membersJson(value.properties, amf3Json);
      return value.className === "" ? members : { $class: value.className, ...members };
    }
    case "array": {
      const values = value.values.map(amf3Json);
      if (value.properties.size === 0) return values;
      return { $array: values, ...membersJson(value.properties, amf3Json) };
    }
    case "date":
      return { $date: value.time };
    case "xml":
      return { $xml: value.value };
    case "bytes":
      return { $bytes: toHex(value.bytes) };
    case "vector":
      return value.values.map(amf3Json);
    case "dictionary":
      return {
        $dictionary: value.entries.map((entry) => entry.map((member) => amf3Json(member))),
      };
  }
}

function membersJson<V>(properties: AmfProperties<V>, json: (value: V) => unknown): Json {
  return Object.fromEntries([...properties].map(([key, value]) => [key, json(value)]));
}

const SOUND_FORMATS = [
  "pcm",
  "adpcm",
  "mp3",
  "pcm-le",
  "nellymoser-16k",
  "nellymoser-8k",
  "nellymoser",
  "g711-alaw",
  "g711-mulaw",
  "",
  "aac",
  "speex",
];
const CODEC_IDS = ["", "jpeg", "h263", "screen", "vp6", "vp6a", "screen2", "avc"];

/** What the vectors say of a message; `dataOffset` is where the tag's data begin in the file. */
function messageJson(message: MediaMessage, dataOffset: number): Json {
  const { packetType, fourCc, trackId, implicitTrack, compositionTime, body } = message;
  const { multichannelConfig: config, metadata } = message;
  return {
    packetType,
    ...(fourCc !== undefined && { fourcc: fourCc }),
    trackId,
    ...(fourCc !== undefined && implicitTrack && { implicitTrack }),
    ...(compositionTime !== undefined && { compositionTime }),
    bodyOffset: dataOffset + message.bodyOffset,
    bodySize: body.length,
    bodySha1: sha1(body),
    ...(metadata !== undefined && {
      metadata: metadata.map(([name, value]) => [name, amfJson(value)]),
    }),
    ...(config !== undefined && {
      channelOrder: config.channelOrder,
      channelCount: config.channelCount,
      ...(config.channelFlags !== undefined && { channelFlags: config.channelFlags }),
      ...(config.channelMapping !== undefined && { channelMapping: config.channelMapping }),
    }),
  };
}

/** What the vectors say of audio or video data. */
export function mediaJson(media: AudioData | VideoData, dataOffset: number): Json {
  const { enhanced, modEx, multitrackType, messages } = media;
  return {
    enhanced,
    ...(modEx.length > 0 && {
      modEx: modEx.map(({ modExType, data }) => ({
        type: modExType,
        size: data.length,
        data: data.length > 32 ? sha1(data) : toHex(data),
        ...(modExType === 0 && {
          timestampOffsetNano: Number.parseInt(toHex(data.subarray(0, 3)), 16),
        }),
      })),
    }),
    ...(multitrackType !== undefined && { multitrackType }),
    messages: messages.map((message) => messageJson(message, dataOffset)),
    ...(media.type === "audio" ? audioJson(media) : videoJson(media)),
  };
}

function audioJson(audio: AudioData): Json {
  if (audio.silence) return { silence: true };
  if (audio.enhanced) return {};
  const { soundFormat, soundRate, soundSize, soundType } = audio;
  return { soundFormat, soundRate, soundSize, soundType, codec: SOUND_FORMATS[soundFormat] };
}

function videoJson(video: VideoData): Json {
  const { frameType, codecId, videoCommand } = video;
  return {
    frameType,
    ...(codecId !== undefined && { codecId, codec: CODEC_IDS[codecId] }),
    ...(videoCommand !== undefined && { videoCommand }),
  };
}

/** What a demuxer said, in the vectors' form. */
export interface Readout {
  readonly header: Json | undefined;
  readonly tags: readonly Json[];
  readonly warnings: readonly Json[];
  readonly fatal: string | null;
}

/** Collects events as they come: their views are used at once. */
export class Recorder {
  #header: Json | undefined;
  readonly #tags: Json[] = [];
  readonly #warnings: Json[] = [];
  #fatal: string | null = null;

  add(events: readonly FlvEvent[]): void {
    for (const event of events) this.#add(event);
  }

  get readout(): Readout {
    return {
      header: this.#header,
      tags: this.#tags,
      warnings: this.#warnings,
      fatal: this.#fatal,
    };
  }

  #add(event: FlvEvent): void {
    switch (event.type) {
      case "header": {
        const { version, flags, hasAudio, hasVideo, dataOffset } = event.header;
        this.#header = { version, flags, hasAudio, hasVideo, dataOffset };
        return;
      }
      case "issue": {
        const { code, offset, got, want, skipped, tagType, fatal } = event.issue;
        if (fatal) this.#fatal = code;
        else {
          this.#warnings.push({
            warning: code,
            offset,
            ...(got !== undefined && { got }),
            ...(want !== undefined && { want }),
            ...(skipped !== undefined && { skipped }),
            ...(tagType !== undefined && { tagType }),
          });
        }
        return;
      }
      case "discontinuity":
        return;
      case "audio":
        this.#tags.push({
          ...tagJson(event.tag),
          ...mediaJson(event.audio, event.tag.offset + 11),
        });
        return;
      case "video":
        this.#tags.push({
          ...tagJson(event.tag),
          ...mediaJson(event.video, event.tag.offset + 11),
        });
        return;
      case "script": {
        const amf3 = event.tag.tagType === TAG_TYPE.scriptAmf3;
        const script = { ...(amf3 && { amf3 }), values: event.script.values.map(amfJson) };
        this.#tags.push({ ...tagJson(event.tag), ...script });
        return;
      }
      case "unknown":
        this.#tags.push({ ...tagJson(event.tag), unknown: true });
        return;
      case "filtered":
        this.#tags.push({ ...tagJson(event.tag), filtered: true });
        return;
      case "invalid":
        this.#tags.push({ ...tagJson(event.tag), invalid: event.issue.code });
    }
  }
}

function tagJson({ offset, tagType, filter, timestamp, streamId, data }: FlvTag): Json {
  const dataSize = data.length;
  return { offset, tagType, filter, dataSize, timestamp, streamId, dataSha1: sha1(data) };
}
