import type { AmfEcmaArray, AmfObject, AmfValue } from "./amf-value.js";
import { SOUND_FORMAT } from "./audio.js";
import { fourCcNumber } from "./four-cc.js";
import type { KeyframeIndex } from "./keyframe-index.js";
import { type FlvProfile, type FlvTrack, type FlvVideoTrack, formOf } from "./profile.js";
import { CODEC_ID } from "./video.js";

/** What goes into onMetaData besides the tracks. */
export interface OnMetaDataInit {
  readonly tracks: readonly FlvTrack[];
  readonly profile: FlvProfile;
  /** Own properties; they win. */
  readonly properties?: Readonly<Record<string, AmfValue>>;
  /** Seconds and bytes of a seekable file; 0 until they are known. Left out when streaming. */
  readonly file?: { readonly duration: number; readonly fileSize: number };
  readonly keyframes?: KeyframeIndex;
  /** Filler, in bytes that the index could have had more. */
  readonly reserve?: number;
}

/** An object of plain members; `undefined` ones are left out. */
function objectOf(members: Readonly<Record<string, AmfValue>>): AmfObject {
  const entries = Object.entries(members).filter(([, value]) => value !== undefined);
  return { type: "object", properties: new Map(entries) };
}

/** The values of an onMetaData tag (FLV E.5, Enhanced RTMP v2 track info maps). */
export function createOnMetaData(init: OnMetaDataInit): readonly [string, AmfEcmaArray] {
  const { tracks, profile, file, keyframes, reserve = 0 } = init;
  const members: Record<string, AmfValue> = {};
  if (file !== undefined) members.duration = file.duration;
  for (const track of tracks.filter(({ id }) => id === 0)) {
    Object.assign(members, topLevel(track, profile));
  }
  if (file !== undefined) members.filesize = file.fileSize;
  Object.assign(members, init.properties);
  for (const kind of ["audio", "video"] as const) {
    const others = tracks.filter((track) => track.kind === kind && track.id !== 0);
    if (others.length === 0) continue;
    members[`${kind}TrackIdInfoMap`] = objectOf(
      Object.fromEntries(others.map((track) => [String(track.id), objectOf(trackInfo(track))])),
    );
  }
  if (keyframes !== undefined) {
    members.keyframes = objectOf({
      filepositions: { type: "strict-array", values: keyframes.filePositions },
      times: { type: "strict-array", values: keyframes.times },
    });
  }
  Object.assign(members, filler(reserve));
  const properties = objectOf(members).properties;
  return ["onMetaData", { type: "ecma-array", count: properties.size, properties }];
}

function topLevel(track: FlvTrack, profile: FlvProfile): Record<string, AmfValue> {
  const legacy = formOf(track, profile) === "legacy";
  if (track.kind === "video") {
    const codecId = legacy ? CODEC_ID.avc : fourCcNumber(track.codec);
    return { ...picture(track), videocodecid: codecId };
  }
  const legacyFormat = track.codec === "mp4a" ? SOUND_FORMAT.aac : SOUND_FORMAT.mp3;
  return {
    audiodatarate: kilobits(track.bitrate),
    audiosamplerate: track.sampleRate,
    audiosamplesize: 16,
    stereo: track.channels === undefined ? undefined : track.channels > 1,
    audiochannels: track.channels,
    audiocodecid: legacy ? legacyFormat : fourCcNumber(track.codec),
  };
}

function trackInfo(track: FlvTrack): Record<string, AmfValue> {
  if (track.kind === "video") {
    return { ...picture(track), videocodecid: fourCcNumber(track.codec) };
  }
  return {
    channels: track.channels,
    samplerate: track.sampleRate,
    audiodatarate: kilobits(track.bitrate),
    audiocodecid: fourCcNumber(track.codec),
  };
}

function picture(track: FlvVideoTrack): Record<string, AmfValue> {
  const { width, height, frameRate, bitrate } = track;
  const framerate = frameRate && frameRate.numerator / frameRate.denominator;
  return { width, height, framerate, videodatarate: kilobits(bitrate) };
}

function kilobits(bitrate: number | undefined): number | undefined {
  return bitrate === undefined ? undefined : bitrate / 1000;
}

/** A key of 7 characters with its length, a marker and a string's length. */
const FILLER_OVERHEAD = 12;

/** Properties of together `size` bytes. FFmpeg gives metadata up after a string of 1 KiB. */
function filler(size: number): Record<string, string> {
  const members: Record<string, string> = {};
  let left = size;
  for (let i = 0; left >= FILLER_OVERHEAD; i++) {
    const rest = left - 1000;
    const now = rest === 0 || rest >= FILLER_OVERHEAD ? Math.min(left, 1000) : Math.min(left, 900);
    members[`fill${String(i).padStart(3, "0")}`] = " ".repeat(now - FILLER_OVERHEAD);
    left -= now;
  }
  return members;
}
