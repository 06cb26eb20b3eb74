import type { KeyframeIndex } from "./keyframe-index.js";
import type { MuxedTag } from "./mux-tags.js";
import { encodeTag } from "./tag.js";

/** Bytes to write over those at `offset` of a finished file. */
export interface FlvPatch {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** Where the tags of a file come to lie. */
export class FileLayout {
  readonly #index: { position: number; time: number }[] = [];
  /** Entries whose position is not known yet. */
  readonly #unplaced = new WeakMap<MuxedTag, { position: number }>();
  #size = 0;
  #metaDataAt = 0;
  #metaDataLength = 0;

  /** Bytes so far. */
  get size(): number {
    return this.#size;
  }

  /** Note that the tag, not placed yet, begins with a key frame. */
  addKeyframe(tag: MuxedTag, timeMs: number): void {
    const entry = { position: 0, time: timeMs / 1000 };
    this.#index.push(entry);
    this.#unplaced.set(tag, entry);
  }

  /** Encode tags for the end of the file, the header before the first, which is onMetaData. */
  place(
    tags: readonly MuxedTag[],
    header: () => Uint8Array<ArrayBuffer>,
  ): Uint8Array<ArrayBuffer>[] {
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    for (const tag of tags) {
      const bytes = encodeTag(tag);
      if (this.#size === 0) {
        const start = header();
        pieces.push(start);
        this.#size = start.length;
        this.#metaDataAt = start.length;
        this.#metaDataLength = bytes.length;
      }
      const entry = this.#unplaced.get(tag);
      if (entry !== undefined) entry.position = this.#size;
      pieces.push(bytes);
      this.#size += bytes.length;
    }
    return pieces;
  }

  /** At most `limit` entries, evenly thinned. */
  keyframeIndex(limit: number): KeyframeIndex {
    const step = Math.max(1, Math.ceil(this.#index.length / limit));
    const entries = this.#index.filter((_, i) => i % step === 0);
    return {
      filePositions: entries.map(({ position }) => position),
      times: entries.map(({ time }) => time),
    };
  }

  /** The patches that put a new onMetaData, of the same size, in the place of the first. */
  patches(metaData: MuxedTag): FlvPatch[] {
    if (this.#size === 0) return [];
    const bytes = encodeTag(metaData);
    if (bytes.length !== this.#metaDataLength) throw new Error("onMetaData changed its size");
    return [{ offset: this.#metaDataAt, bytes }];
  }
}
