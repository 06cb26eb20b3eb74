import type { MultitrackType } from "./media.js";

/**
 * How tracks are put on the wire.
 * - `compatible`: track 0 legacy where its codec has a legacy form, else enhanced; others OneTrack. What OBS and FFmpeg
 *   write, and what most receivers read.
 * - `enhanced`: no legacy tags.
 * - `multitrack-all`: OneTrack for every track, 0 included.
 * - `batched`: ManyTracks, or ManyTracksManyCodecs; `writeTogether` puts several tracks into one tag.
 * - `twitch`: one legacy audio track, at most one more with a non-zero id, and one video track.
 */
export type FlvProfile = "compatible" | "enhanced" | "multitrack-all" | "batched" | "twitch";

/** Audio codecs by FourCC. */
export type AudioCodec = "mp4a" | ".mp3" | "Opus" | "fLaC" | "ac-3" | "ec-3";

/** Video codecs by FourCC. */
export type VideoCodec = "avc1" | "hvc1" | "vvc1" | "av01" | "vp09" | "vp08";

/** A track, as the muxer is told of it. */
export type FlvTrack = FlvAudioTrack | FlvVideoTrack;

export interface FlvAudioTrack {
  readonly kind: "audio";
  /** 0 to 255, 0 the default track; audio and video count apart. */
  readonly id: number;
  readonly codec: AudioCodec;
  /** Decoder configuration: AudioSpecificConfig, OpusHead, or STREAMINFO in any form. AC-3, E-AC-3, MP3: none, it is not written. */
  readonly config?: Uint8Array;
  /** In Hz. */
  readonly sampleRate?: number;
  readonly channels?: number;
  /** bit/s, for onMetaData. */
  readonly bitrate?: number;
  /** Body of a MultichannelConfig to go with the configuration. */
  readonly multichannelConfig?: Uint8Array;
}

export interface FlvVideoTrack {
  readonly kind: "video";
  /** 0 to 255, 0 the default track; audio and video count apart. */
  readonly id: number;
  readonly codec: VideoCodec;
  /** Decoder configuration record: avcC, hvcC, vvcC, av1C or vpcC. */
  readonly config?: Uint8Array;
  readonly width?: number;
  readonly height?: number;
  readonly frameRate?: { readonly numerator: number; readonly denominator: number };
  /** bit/s, for onMetaData. */
  readonly bitrate?: number;
}

/** The form of a track's tags. */
export type TrackForm = "legacy" | "plain" | MultitrackType;

/** Rates that a legacy MP3 tag can tell, 48000 as rate 3 (FFmpeg does so). */
const LEGACY_MP3_RATES: readonly number[] = [5512, 8000, 11025, 22050, 44100, 48000];

/** The form of `track`'s tags in `profile`. */
export function formOf(track: FlvTrack, profile: FlvProfile): TrackForm {
  switch (profile) {
    case "multitrack-all":
      return "OneTrack";
    case "batched":
      return "ManyTracks";
    case "enhanced":
      return track.id === 0 ? "plain" : "OneTrack";
    default:
      if (track.id !== 0) return "OneTrack";
      return hasLegacyForm(track) ? "legacy" : "plain";
  }
}

function hasLegacyForm(track: FlvTrack): boolean {
  if (track.codec === "avc1" || track.codec === "mp4a") return true;
  // Without a rate the frame header tells it, which readers trust more than the tag.
  return track.codec === ".mp3" && LEGACY_MP3_RATES.includes(track.sampleRate ?? 44100);
}

/**
 * Refuse what the profile cannot carry.
 * @throws {RangeError}
 */
export function checkTracks(tracks: readonly FlvTrack[], profile: FlvProfile): void {
  const seen = new Set<string>();
  for (const { kind, id } of tracks) {
    if (!Number.isInteger(id) || id < 0 || id > 255) throw new RangeError(`track id: ${id}`);
    const name = `${kind} track ${id}`;
    if (seen.has(name)) throw new RangeError(`${name}: twice`);
    seen.add(name);
  }
  if (profile !== "twitch") return;
  const audio = tracks.filter(({ kind }) => kind === "audio");
  const video = tracks.filter(({ kind }) => kind === "video");
  if (audio.length > 2) {
    throw new RangeError(`twitch: ${audio.length} audio tracks, it takes at most two`);
  }
  if (!audio.some((track) => formOf(track, profile) === "legacy")) {
    throw new RangeError("twitch: audio track 0 must be AAC or MP3, in a legacy tag");
  }
  if (video.length > 1 || video.some(({ id }) => id !== 0)) {
    throw new RangeError("twitch: it takes one video track, of id 0");
  }
}
