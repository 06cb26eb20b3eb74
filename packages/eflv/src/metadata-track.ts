import type { MediaMessage } from "./media.js";
import { CODEC_ID, type VideoData } from "./video.js";

/**
 * Whose the Metadata without a track id are. FFmpeg writes those of every track so, which makes them the default
 * track's by the letter; the FourCC tells more.
 */
export class MetadataTracks {
  /** FourCCs by track id. */
  readonly #codecs = new Map<number, string>();

  /** A configuration of a track has come. */
  note(trackId: number, fourCc: string | undefined, codecId: number | undefined): void {
    const legacy = codecId === CODEC_ID.avc ? "avc1" : `codec ${codecId}`;
    this.#codecs.set(trackId, fourCc ?? legacy);
  }

  /** The track with this codec, if there is exactly one, and it is not the default track. */
  trackOf(fourCc: string | undefined): number | undefined {
    const found = [...this.#codecs].filter(([, codec]) => codec === fourCc);
    const [track] = found[0] ?? [0];
    return found.length === 1 && track !== 0 ? track : undefined;
  }

  /** Note the configurations in a tag, or give its un-numbered Metadata the track that they belong to. */
  attribute(video: VideoData): VideoData {
    const [first] = video.messages;
    for (const { packetType, trackId, fourCc } of video.messages) {
      if (packetType === "SequenceStart") this.note(trackId, fourCc, video.codecId);
    }
    if (first?.packetType !== "Metadata" || !first.implicitTrack) return video;
    const trackId = this.trackOf(first.fourCc);
    if (trackId === undefined) return video;
    const message: MediaMessage = { ...first, trackId };
    return { ...video, messages: [message], warnings: [...video.warnings, "metadata-track"] };
  }

  clear(): void {
    this.#codecs.clear();
  }
}
