import { uint16, uint24, uint32 } from "@x/bits";
import { type FlvTagErrorCode, tagError } from "./errors.js";
import { fourCcText } from "./four-cc.js";
import type { MediaMessage, MetadataPair, PacketType } from "./media.js";
import type { MultichannelConfig } from "./multichannel.js";

const NO_BYTES = new Uint8Array(0);

/** Reads the data of one tag after another out of the bytes around them, with every length checked. */
export class DataReader {
  /** The tag's data are a part of these. */
  bytes: Uint8Array = NO_BYTES;
  /** Where the tag's data begin and end in `bytes`, and the next byte to read. */
  start = 0;
  end = 0;
  at = 0;
  /** AMF in this tag's data ended without its marker. */
  missingEnd = false;
  /** What is known of the message that begins at `at`. */
  packetType: PacketType = "CodedFrames";
  fourCc: string | undefined = undefined;
  trackId = 0;
  implicitTrack = true;
  /** Its end in `bytes`; `sized`: a track size said so, and is at fault when that is too early. */
  messageEnd = 0;
  sized = false;
  // Asking an array for its memory costs as much as making a view of it.
  #buffer: ArrayBufferLike = NO_BYTES.buffer;
  #byteOffset = 0;

  /** Go to the data at `bytes[start, end)`. */
  open(bytes: Uint8Array, start: number, end: number): this {
    if (bytes !== this.bytes) {
      this.bytes = bytes;
      this.#buffer = bytes.buffer;
      this.#byteOffset = bytes.byteOffset;
    }
    this.start = start;
    this.at = start;
    this.end = end;
    this.missingEnd = false;
    this.packetType = "CodedFrames";
    this.fourCc = undefined;
    this.trackId = 0;
    this.implicitTrack = true;
    this.messageEnd = end;
    this.sized = false;
    return this;
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

  /**
   * The message at hand, and go to its end. All messages are made here: they have one shape, which keeps those who
   * read them fast.
   */
  message(
    compositionTime: number | undefined,
    multichannelConfig?: MultichannelConfig,
    metadata?: readonly MetadataPair[],
  ): MediaMessage {
    const { at, messageEnd, packetType, fourCc, trackId, implicitTrack } = this;
    this.at = messageEnd;
    const body = this.view(at, messageEnd);
    const bodyOffset = at - this.start;
    return {
      packetType,
      fourCc,
      trackId,
      implicitTrack,
      compositionTime,
      body,
      bodyOffset,
      multichannelConfig,
      metadata,
    };
  }

  /** `bytes[from, to)`, a view. */
  view(from: number, to: number): Uint8Array {
    return new Uint8Array(this.#buffer, this.#byteOffset + from, to - from);
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
