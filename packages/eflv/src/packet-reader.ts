import type { FlvEvent } from "./flv-event.js";
import type { MultitrackType, PacketType } from "./media.js";
import type { ModEx } from "./mod-ex.js";
import { type FlvDemuxerOptions, StreamReader } from "./stream-reader.js";

/**
 * One track's part of an audio or video tag. It is one object, filled anew for each packet: take what you need before
 * you return.
 */
export interface FlvPacket {
  readonly kind: "audio" | "video";
  /** 0 to 255; audio and video count apart. */
  readonly trackId: number;
  /** No id on the wire: the default track, 0. */
  readonly implicitTrack: boolean;
  readonly packetType: PacketType;
  /** `undefined` in a legacy tag. */
  readonly fourCc: string | undefined;
  /** SoundFormat or CodecID of a legacy tag. */
  readonly legacyCodec: number | undefined;
  /** VideoFrameType; 0 for audio. */
  readonly frameType: number;
  /** Milliseconds, continued over wraps of the time stamp. */
  readonly dts: number;
  /** PTS − DTS in ms, signed; `undefined` where the codec has none. */
  readonly compositionTime: number | undefined;
  /** Nanoseconds to add to the presentation time. */
  readonly timestampOffsetNano: number;
  readonly modEx: readonly ModEx[];
  readonly multitrackType: MultitrackType | undefined;
  /** Of the tag's first byte, from the start of the stream. */
  readonly offset: number;
  /**
   * The codec's payload. Every use makes a new view, valid until the next `push`. For what is no frame see
   * `decodeMultichannelConfig` and, for Metadata, `decodeAmf0Values`.
   */
  readonly body: Uint8Array;
}

/**
 * What {@link FlvPacketReader} calls, in stream order. They must not call the reader themselves. What they throw comes
 * out of `push`, and ends the reading until `seek` or `reset`.
 */
export interface FlvPacketHandlers {
  packet(packet: FlvPacket): void;
  /** All that is no packet: the events of `FlvDemuxer`, but for audio and video tags with messages. */
  event?(event: FlvEvent): void;
}

/**
 * Reads what `FlvDemuxer` reads, at the speed of a plain loop over the tags: a frame costs no object. For players,
 * relays and probes that look at every frame and keep few.
 */
export class FlvPacketReader {
  readonly #reader: StreamReader;

  constructor(handlers: FlvPacketHandlers, options: FlvDemuxerOptions = {}) {
    this.#reader = new StreamReader(options, {
      packet: (cursor) => handlers.packet(cursor),
      event(event, cursor) {
        const media =
          event.type === "audio" ? event.audio : event.type === "video" ? event.video : undefined;
        if (media === undefined || media.messages.length === 0) handlers.event?.(event);
        for (const message of media?.messages ?? []) {
          cursor.show(message);
          handlers.packet(cursor);
        }
      },
    });
  }

  /**
   * Feed a chunk of any size; the handlers are called for what it completes.
   * @throws {FormatError} only with `onIssue: "throw"`
   */
  push(chunk: Uint8Array): void {
    this.#reader.push(chunk);
  }

  /** End of input. The reader is as new afterwards. Throws as `push`. */
  flush(): void {
    this.#reader.flush();
  }

  /**
   * Go on at a tag header elsewhere in the file: the next chunk begins at `offset`. If none is there, the next one is
   * looked for, as after damage.
   * @throws {RangeError} for what is no offset
   */
  seek(offset: number): void {
    this.#reader.seek(offset);
  }

  /** Forget everything. */
  reset(): void {
    this.#reader.reset();
  }
}
