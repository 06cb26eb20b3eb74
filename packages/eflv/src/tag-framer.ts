import { FormatError, plain, uint24, uint32 } from "@x/bits";
import type { FlvErrorCode, FlvIssue } from "./errors.js";
import { HeldBytes } from "./held-bytes.js";
import {
  FLV_HEADER_SIZE,
  isContinuation,
  isJoinedHeader,
  isKnownType,
  isPlausibleTag,
  isPlausibleType,
  mayBeginSignature,
} from "./plausibility.js";
import { type FlvHeader, MAX_DATA_SIZE, TAG_HEADER_SIZE } from "./tag.js";

/** Options of the FLV readers. */
export interface FlvReadOptions {
  /**
   * A larger DataSize makes a tag header implausible. It bounds the bytes held while a damaged header waits for its
   * tag: live readers set it lower. Default 16 777 215, all that the field can hold.
   */
  readonly maxTagSize?: number;
  /** `throw`: the first issue is thrown as a FormatError. Default `report`: issues are events, and reading goes on. */
  readonly onIssue?: "report" | "throw";
}

/** Where the framer puts what it finds. */
export interface FramerSink {
  header(header: FlvHeader, offset: number): void;
  /** `bytes[start, end)` is a tag without the PreviousTagSize; `offset` is its place in the stream. */
  tag(bytes: Uint8Array, start: number, end: number, offset: number): void;
  issue(issue: FlvIssue): void;
}

/**
 * Finds the tags of an FLV stream in chunks of any size. A decision is made only when all bytes that it depends on
 * are there, so that any chunking gives the same result. Only what lies across two chunks is copied.
 */
export class TagFramer {
  readonly #maxTagSize: number;
  readonly #throws: boolean;
  readonly #sink: FramerSink;
  readonly #held = new HeldBytes();
  #state: "header" | "first-size" | "tags" | "resync" | "ended" = "header";
  /** Stream offset of the first byte that is not consumed. */
  #consumed = 0;
  /** Bytes from there on that the next step waits for. */
  #need = 1;
  /** Bytes still to pass over. */
  #skip = 0;
  /** The skip belongs to the file header. */
  #inHeader = false;
  /** Stream offset where sync was lost. */
  #lostAt = 0;

  constructor(options: FlvReadOptions, sink: FramerSink) {
    const { maxTagSize = MAX_DATA_SIZE } = options;
    if (!(maxTagSize >= 0)) throw new RangeError(`maxTagSize: ${maxTagSize}`);
    this.#maxTagSize = Math.min(maxTagSize, MAX_DATA_SIZE);
    this.#throws = options.onIssue === "throw";
    this.#sink = sink;
  }

  push(chunk: Uint8Array): void {
    const bytes = plain(chunk);
    const held = this.#held;
    let from = 0;
    while (held.length > 0 && from < bytes.length) {
      const taken = Math.min(this.#need - held.length, bytes.length - from);
      held.append(bytes, from, from + taken, this.#need);
      from += taken;
      if (held.length < this.#need) return;
      const at = this.#run(held.bytes, 0, false);
      // What is left came with this chunk as a rule: it is read there, where no copy is needed.
      const left = held.length - at;
      if (left > taken) held.dropFirst(at);
      else {
        from -= left;
        held.clear();
      }
    }
    if (from === bytes.length) return;
    const at = this.#run(bytes, from, false);
    if (at < bytes.length) held.set(bytes, at);
  }

  flush(): void {
    this.#run(this.#held.bytes, 0, true);
    this.reset();
  }

  reset(): void {
    this.#goTo("header", 0);
  }

  seek(offset: number): void {
    if (!Number.isSafeInteger(offset) || offset < 0) throw new RangeError(`offset: ${offset}`);
    this.#goTo("tags", offset);
  }

  #goTo(state: "header" | "tags", offset: number): void {
    this.#held.clear();
    this.#state = state;
    this.#consumed = offset;
    this.#need = 1;
    this.#skip = 0;
    this.#inHeader = false;
  }

  /** Consume what can be of `bytes` from `from` on; returns where that ends. */
  #run(bytes: Uint8Array, from: number, final: boolean): number {
    const base = this.#consumed - from;
    let at = from;
    try {
      for (;;) {
        this.#need = 1;
        const next = this.#step(bytes, at, base, final);
        if (next < 0) break;
        at = next;
      }
    } catch (error) {
      this.#state = "ended";
      this.#held.clear();
      throw error;
    } finally {
      if (this.#state === "ended") at = bytes.length;
      this.#consumed = base + at;
    }
    return at;
  }

  /** Consume something at `at`; returns the next position, or -1 when nothing more can be done. */
  #step(bytes: Uint8Array, at: number, base: number, final: boolean): number {
    if (this.#skip > 0) return this.#passOver(bytes, at, base, final);
    switch (this.#state) {
      case "header":
        return this.#fileHeader(bytes, at, base, final);
      case "first-size":
        return this.#firstSize(bytes, at, base, final);
      case "tags":
        return this.#tags(bytes, at, base, final);
      case "resync":
        return this.#resync(bytes, at, base, final);
      default:
        return -1;
    }
  }

  /** Wait until `size` bytes are there. */
  #wait(size: number): number {
    this.#need = size;
    return -1;
  }

  #passOver(bytes: Uint8Array, at: number, base: number, final: boolean): number {
    const count = Math.min(this.#skip, bytes.length - at);
    this.#skip -= count;
    if (this.#skip > 0 && final && this.#inHeader) {
      this.#fatal("truncated-header", "the input ends inside the header", "dataOffset", base + 5);
    }
    if (this.#skip === 0) this.#inHeader = false;
    return count > 0 ? at + count : -1;
  }

  #fileHeader(bytes: Uint8Array, at: number, base: number, final: boolean): number {
    const left = bytes.length - at;
    if (!mayBeginSignature(bytes, at)) {
      return this.#fatal("bad-signature", 'the input does not begin with "FLV"', "signature", base);
    }
    if (left < FLV_HEADER_SIZE) {
      // One by one: the first byte that is wrong is fatal at once.
      if (!final) return this.#wait(left + 1);
      return this.#fatal("truncated-header", `${left} bytes of 9`, "header", base + left);
    }
    const version = bytes[at + 3] as number;
    const flags = bytes[at + 4] as number;
    const dataOffset = uint32(bytes, at + 5);
    if (version !== 1) this.#warn("bad-version", `version ${version}`, "version", base + 3);
    if (flags & 0xfa) {
      this.#warn("header-reserved-bits", "reserved bits are set", "typeFlags", base + 4);
    }
    if (dataOffset < FLV_HEADER_SIZE) {
      return this.#fatal("bad-data-offset", `${dataOffset} is below 9`, "dataOffset", base + 5);
    }
    const hasAudio = (flags & 4) !== 0;
    const hasVideo = (flags & 1) !== 0;
    this.#sink.header({ version, flags, hasAudio, hasVideo, dataOffset }, base + at);
    this.#state = "first-size";
    this.#skip = dataOffset - FLV_HEADER_SIZE;
    this.#inHeader = this.#skip > 0;
    return at + FLV_HEADER_SIZE;
  }

  #firstSize(bytes: Uint8Array, at: number, base: number, final: boolean): number {
    const left = bytes.length - at;
    if (left < 4) {
      if (!final) return this.#wait(4);
      if (left > 0) this.#missingSize(base + at);
      return this.#end();
    }
    const size = uint32(bytes, at);
    if (size !== 0) {
      this.#warn("prev-tag-size-0", `${size} instead of 0`, "previousTagSize0", base + at);
    }
    this.#state = "tags";
    return at + 4;
  }

  /** Tags without fault, as long as they come; what is not one of them is left to the one careful step. */
  #tags(bytes: Uint8Array, from: number, base: number, final: boolean): number {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const last = bytes.length - TAG_HEADER_SIZE - 4;
    const sink = this.#sink;
    let at = from;
    while (at <= last) {
      const head = view.getUint32(at);
      const size = TAG_HEADER_SIZE + (head & 0xffffff);
      const end = at + size;
      if (end + 4 > bytes.length || view.getUint32(end) !== size) break;
      if ((view.getUint32(at + 7) & 0xffffff) !== 0 || !isPlausibleType(head >>> 24)) break;
      if (size - TAG_HEADER_SIZE > this.#maxTagSize) break;
      sink.tag(bytes, at, end, base + at);
      at = end + 4;
    }
    return at > from ? at : this.#oneTag(bytes, at, base, final);
  }

  /** The tag loop's body, with all its cases. */
  #oneTag(bytes: Uint8Array, at: number, base: number, final: boolean): number {
    const end = bytes.length;
    const left = end - at;
    if (left === 0) return -1;
    if (left < TAG_HEADER_SIZE) {
      if (!final) return this.#wait(TAG_HEADER_SIZE);
      if (left >= FLV_HEADER_SIZE && isJoinedHeader(bytes, at)) {
        return this.#joinedHeader(bytes, at, base);
      }
      this.#truncated(base + at);
      return this.#end();
    }
    const size = TAG_HEADER_SIZE + uint24(bytes, at + 1);
    const q = at + size;
    const fits = size - TAG_HEADER_SIZE <= this.#maxTagSize;
    const plausible = fits && isPlausibleTag(bytes, at, this.#maxTagSize);
    if (!plausible && isJoinedHeader(bytes, at)) return this.#joinedHeader(bytes, at, base);
    if (fits && q + 4 > end && !final) return this.#wait(size + 4);
    if (fits && q + 4 <= end && uint32(bytes, q) === size) {
      this.#deliver(bytes, at, base, size);
      return q + 4;
    }
    if (!plausible) return this.#lose(at, base);
    if (q > end) {
      this.#truncated(base + at);
      return this.#end();
    }
    if (q + 4 > end) {
      this.#deliver(bytes, at, base, size);
      this.#missingSize(base + q);
      return this.#end();
    }
    const judged = size + 4 + TAG_HEADER_SIZE;
    if (left < judged && !final) return this.#wait(judged);
    if (!isContinuation(bytes, q + 4, this.#maxTagSize)) return this.#lose(at, base);
    this.#deliver(bytes, at, base, size);
    this.#mismatch(uint32(bytes, q), size, base + q);
    return q + 4;
  }

  #deliver(bytes: Uint8Array, at: number, base: number, size: number): void {
    const head = bytes[at] as number;
    const offset = base + at;
    if (head > 0x3f) this.#warn("tag-reserved-bits", "reserved bits are set", "reserved", offset);
    const streamId = uint24(bytes, at + 8);
    if (streamId !== 0) this.#warn("stream-id-nonzero", `${streamId}`, "streamId", offset);
    const tagType = head & 0x1f;
    if (!isKnownType(tagType)) {
      this.#issue("unknown-tag-type", "warning", `${tagType}`, "tagType", offset, { tagType });
    }
    this.#sink.tag(bytes, at, at + size, offset);
  }

  #joinedHeader(bytes: Uint8Array, at: number, base: number): number {
    const message = "another FLV header: files were joined";
    this.#warn("concatenated-header", message, "signature", base + at);
    this.#skip = uint32(bytes, at + 5) + 4;
    return at;
  }

  #lose(at: number, base: number): number {
    this.#lostAt = base + at;
    this.#state = "resync";
    return at + 1;
  }

  #resync(bytes: Uint8Array, from: number, base: number, final: boolean): number {
    const end = bytes.length;
    for (let at = from; at < end; at++) {
      if (!isPlausibleType(bytes[at] as number)) continue;
      if (end - at < TAG_HEADER_SIZE) {
        if (final) break;
        return at > from ? at : this.#wait(TAG_HEADER_SIZE);
      }
      if (!isPlausibleTag(bytes, at, this.#maxTagSize)) continue;
      const size = TAG_HEADER_SIZE + uint24(bytes, at + 1);
      if (at + size + 4 > end) {
        if (final) continue;
        return at > from ? at : this.#wait(size + 4);
      }
      if (uint32(bytes, at + size) !== size) continue;
      const offset = this.#lostAt;
      const skipped = base + at - offset;
      const message = `${skipped} bytes that are no tag are skipped`;
      this.#issue("resync", "error", message, "tag", offset, { skipped });
      this.#state = "tags";
      return at;
    }
    if (!final) return end > from ? end : -1;
    this.#issue("lost-sync", "error", "no tag any more", "tag", this.#lostAt, {});
    return this.#end();
  }

  #truncated(offset: number): void {
    const message = "the input ends inside a tag";
    this.#issue("truncated-tag", "error", message, "tag", offset, {});
  }

  #missingSize(offset: number): void {
    const message = "the input ends inside the size behind the last tag";
    this.#warn("missing-last-prev-tag-size", message, "previousTagSize", offset);
  }

  #mismatch(got: number, want: number, offset: number): void {
    const message = `${got} instead of ${want}`;
    const details = { got, want };
    this.#issue("prev-tag-size-mismatch", "warning", message, "previousTagSize", offset, details);
  }

  #warn(code: FlvErrorCode, message: string, field: string, offset: number): void {
    this.#issue(code, "warning", message, field, offset, {});
  }

  #fatal(code: FlvErrorCode, message: string, field: string, offset: number): number {
    this.#issue(code, "error", message, field, offset, { fatal: true });
    return this.#end();
  }

  #issue(
    code: FlvErrorCode,
    severity: FlvIssue["severity"],
    message: string,
    field: string,
    offset: number,
    details: Partial<FlvIssue>,
  ): void {
    if (this.#throws) throw new FormatError(code, message, { field, offset });
    this.#sink.issue({ code, severity, offset, field, message, fatal: false, ...details });
  }

  #end(): number {
    this.#state = "ended";
    return -1;
  }
}
