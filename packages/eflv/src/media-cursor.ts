import { uint16, uint24, uint32 } from "@x/bits";
import { AMF_MAX_OBJECTS } from "./amf-reader.js";
import { type ContentWarningCode, type FlvTagErrorCode, tagError } from "./errors.js";
import { fourCcText } from "./four-cc.js";
import {
  type MediaMessage,
  type MetadataPair,
  type MultitrackType,
  NO_BYTES,
  NO_MOD_EX,
  NO_WARNINGS,
  type PacketType,
} from "./media.js";
import type { ModEx } from "./mod-ex.js";
import type { MultichannelConfig } from "./multichannel.js";
import { type FlvTag, TAG_HEADER_SIZE, tagAt } from "./tag.js";

/** Most messages in a tag, and most modifiers in front of them. */
const MAX_PARTS = 65_536;

/**
 * Reads the data of one audio or video tag after another out of the bytes around them, with every length checked. What
 * it has read stays in its fields: one cursor serves a whole stream, and nothing is allocated for a frame.
 */
export class MediaCursor {
  /** The tag's data are a part of these. */
  bytes: Uint8Array = NO_BYTES;
  /** Where the tag's data begin and end in `bytes`, and the next byte to read. */
  start = 0;
  end = 0;
  at = 0;

  // Of the tag.
  kind: "audio" | "video" = "audio";
  offset = 0;
  dts = 0;
  enhanced = false;
  legacyCodec: number | undefined = undefined;
  frameType = 0;
  modEx: readonly ModEx[] = NO_MOD_EX;
  timestampOffsetNano = 0;
  multitrackType: MultitrackType | undefined = undefined;
  videoCommand: number | null | undefined = undefined;
  commandPacketType = 0;
  /** AMF in it ended without its marker. */
  missingEnd = false;
  amfObjectsLeft: number = AMF_MAX_OBJECTS;

  // Of the message that begins at `at`.
  packetType: PacketType = "CodedFrames";
  fourCc: string | undefined = undefined;
  trackId = 0;
  implicitTrack = true;
  compositionTime: number | undefined = undefined;
  messageEnd = 0;
  /** A track size told `messageEnd`, and is at fault when that is too early. */
  sized = false;

  #warnings: ContentWarningCode[] | undefined = undefined;

  // Asking an array for its memory costs as much as making a view of it.
  #buffer: ArrayBufferLike = NO_BYTES.buffer;
  #byteOffset = 0;

  /** Go to the data at `bytes[start, end)`: of a legacy tag with one message, until more is read. */
  open(bytes: Uint8Array, start: number, end: number): this {
    if (bytes !== this.bytes) {
      this.bytes = bytes;
      this.#buffer = bytes.buffer;
      this.#byteOffset = bytes.byteOffset;
    }
    this.start = start;
    this.at = start;
    this.end = end;
    this.enhanced = false;
    this.legacyCodec = undefined;
    this.frameType = 0;
    this.modEx = NO_MOD_EX;
    this.timestampOffsetNano = 0;
    this.multitrackType = undefined;
    this.videoCommand = undefined;
    this.commandPacketType = 0;
    this.missingEnd = false;
    this.#warnings = undefined;
    this.amfObjectsLeft = AMF_MAX_OBJECTS;
    this.packetType = "CodedFrames";
    this.fourCc = undefined;
    this.trackId = 0;
    this.implicitTrack = true;
    this.compositionTime = undefined;
    this.messageEnd = end;
    this.sized = false;
    return this;
  }

  /** Start of the tag's header; there is one unless the data came alone. */
  get tagStart(): number {
    return this.start - TAG_HEADER_SIZE;
  }

  tag(): FlvTag {
    return tagAt(this.bytes, this.tagStart, this.end, this.offset);
  }

  /** The message's payload, a new view. */
  get body(): Uint8Array {
    return this.view(this.at, this.messageEnd);
  }

  /** `tag-too-short` unless `length` bytes are left. */
  need(length: number, field: string): void {
    if (length > this.end - this.at) throw this.#tooShort(length, field);
  }

  uint8(field: string): number {
    this.need(1, field);
    return this.bytes[this.at++] as number;
  }

  uint16(field: string): number {
    this.need(2, field);
    this.at += 2;
    return uint16(this.bytes, this.at - 2);
  }

  uint24(field: string): number {
    this.need(3, field);
    this.at += 3;
    return uint24(this.bytes, this.at - 3);
  }

  uint32(field: string): number {
    this.need(4, field);
    this.at += 4;
    return uint32(this.bytes, this.at - 4);
  }

  int24(field: string): number {
    return (this.uint24(field) << 8) >> 8;
  }

  readFourCc(): void {
    this.fourCc = fourCcText(this.uint32("fourCc"));
  }

  /** `bytes[from, to)`, a view. */
  view(from: number, to: number): Uint8Array {
    return new Uint8Array(this.#buffer, this.#byteOffset + from, to - from);
  }

  /** The message at hand as an object; goes to its end. */
  takeMessage(
    multichannelConfig: MultichannelConfig | undefined,
    metadata: readonly MetadataPair[] | undefined,
  ): MediaMessage {
    const { body, at } = this;
    this.at = this.messageEnd;
    return {
      packetType: this.packetType,
      fourCc: this.fourCc,
      trackId: this.trackId,
      implicitTrack: this.implicitTrack,
      compositionTime: this.compositionTime,
      body,
      bodyOffset: at - this.start,
      multichannelConfig,
      metadata,
    };
  }

  /** Show a message of the tag as the one at hand. */
  show(message: MediaMessage): void {
    this.packetType = message.packetType;
    this.fourCc = message.fourCc;
    this.trackId = message.trackId;
    this.implicitTrack = message.implicitTrack;
    this.compositionTime = message.compositionTime;
    this.at = this.start + message.bodyOffset;
    this.messageEnd = this.at + message.body.length;
  }

  /** `too-many-parts` when there are so many messages, or modifiers, already. */
  checkParts(count: number): void {
    if (count < MAX_PARTS) return;
    throw this.fail("too-many-parts", `more than ${MAX_PARTS}`, "message", this.at);
  }

  /** What was found so far, in order; it holds for a tag that turns out invalid too. */
  get warnings(): readonly ContentWarningCode[] {
    return this.#warnings ?? NO_WARNINGS;
  }

  warn(code: ContentWarningCode): void {
    this.#warnings ??= [];
    this.#warnings.push(code);
  }

  /** An error about the byte at `at`. */
  fail(code: FlvTagErrorCode, message: string, field: string, at: number): Error {
    return tagError(code, message, field, at - this.start);
  }

  #tooShort(length: number, field: string): Error {
    const missing = length - (this.end - this.at);
    return this.fail("tag-too-short", `${missing} bytes short`, field, this.at);
  }
}
