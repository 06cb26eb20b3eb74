import { isFormatError } from "@x/bits";
import { decodeAudioData } from "../audio.js";
import type { PacketType } from "../media.js";
import type { MuxedTag } from "../muxer.js";
import { decodeScriptData } from "../script.js";
import { TAG_TYPE } from "../tag.js";
import { decodeVideoData } from "../video.js";
import { storedTag } from "./data-frame.js";

/**
 * What a tag is to somebody who joins the stream at it. `header`: metadata or a configuration, needed before frames.
 * `boundary`: the stream can begin here, at a video key frame, or at any frame while there is no video. `frame`: the
 * rest.
 */
export type TagRole = "header" | "boundary" | "frame";

/** A configuration that is in force, and the tracks that it is in force for. */
interface Header {
  readonly tag: MuxedTag;
  readonly tracks: Set<string>;
}

/** A sequence start of either form replaces the other; one metadata packet replaces the last. */
const SLOTS: Readonly<Partial<Record<PacketType, string>>> = {
  SequenceStart: "sequence",
  MPEG2TSSequenceStart: "sequence",
  MultichannelConfig: "channels",
  Metadata: "metadata",
};

/**
 * Remembers what a receiver must get first that joins late, or that a publisher sends first on a new connection: the last
 * onMetaData, and the configurations in force of every track. Feed it every tag.
 */
export class LateJoinHeaders {
  readonly #maxBytes: number;
  #metaData: MuxedTag | undefined;
  /** In the order in which they came. */
  #headers: Header[] = [];
  #bytes = 0;
  #hasVideo = false;

  /** @param options `maxBytes`: of all that is remembered; what does not fit is not. Default 4 MiB. */
  constructor(options: { readonly maxBytes?: number } = {}) {
    this.#maxBytes = options.maxBytes ?? 2 ** 22;
  }

  /** Take note of a tag as it goes by, which is copied if need be; what it is to a late joiner. */
  push(tag: MuxedTag): TagRole {
    try {
      if (tag.tagType === TAG_TYPE.audio) return this.#audio(tag);
      if (tag.tagType === TAG_TYPE.video) return this.#video(tag);
      return this.#script(tag);
    } catch (error) {
      if (!isFormatError(error)) throw error;
      return "frame";
    }
  }

  /** What to send first, in order, with the time of what follows. The data stay valid. */
  tags(timestamp: number): MuxedTag[] {
    const tags = this.#headers.map(({ tag }) => tag);
    if (this.#metaData !== undefined) tags.unshift(this.#metaData);
    return tags.map(({ tagType, data }) => ({ tagType, timestamp, data }));
  }

  #audio(tag: MuxedTag): TagRole {
    const { messages } = decodeAudioData(tag.data);
    const slot = SLOTS[messages[0]?.packetType ?? "CodedFrames"];
    if (slot !== undefined) return this.#remember(tag, slot, messages);
    const isFrame = messages.some(({ packetType }) => packetType === "CodedFrames");
    return isFrame && !this.#hasVideo ? "boundary" : "frame";
  }

  #video(tag: MuxedTag): TagRole {
    const { messages, frameType } = decodeVideoData(tag.data);
    if (messages.length > 0) this.#hasVideo = true;
    const slot = SLOTS[messages[0]?.packetType ?? "CodedFrames"];
    if (slot !== undefined) return this.#remember(tag, slot, messages);
    const isFrame = messages.some(({ packetType }) => packetType !== "SequenceEnd");
    return isFrame && frameType === 1 ? "boundary" : "frame";
  }

  #script(tag: MuxedTag): TagRole {
    const { name } = decodeScriptData(tag.data, tag.tagType === TAG_TYPE.scriptAmf3);
    if (name === "@clearDataFrame") this.#metaData = undefined;
    if (name !== "onMetaData") return "frame";
    const stored = storedTag(tag) ?? tag;
    if (stored.data.length <= this.#maxBytes) this.#metaData = copied(stored);
    return "header";
  }

  #remember(
    tag: MuxedTag,
    slot: string,
    messages: readonly { readonly trackId: number }[],
  ): TagRole {
    const tracks = new Set(messages.map(({ trackId }) => `${tag.tagType}/${slot}/${trackId}`));
    this.#headers = this.#headers.filter((header) => {
      for (const track of tracks) header.tracks.delete(track);
      if (header.tracks.size > 0) return true;
      this.#bytes -= header.tag.data.length;
      return false;
    });
    if (this.#bytes + tag.data.length <= this.#maxBytes) {
      this.#headers.push({ tag: copied(tag), tracks });
      this.#bytes += tag.data.length;
    }
    return "header";
  }
}

function copied({ tagType, timestamp, data }: MuxedTag): MuxedTag {
  return { tagType, timestamp, data: data.slice() };
}
