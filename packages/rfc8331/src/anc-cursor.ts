import { plain, uint16 } from "@x/bits";
import { type AncPacket, checksumOfSum } from "@x/st291";
import {
  ANC_HEAD_SIZE,
  ancPacketAt,
  dataCountAt,
  haveParity,
  sizeOfWords,
  strideOf,
  sumAt,
  wordsAt,
} from "./anc-data-packet.js";
import { PAYLOAD_HEADER_SIZE } from "./payload.js";

/**
 * Walks over the ANC packets of payloads without allocating anything: a multiplexer that looks for one DID, or a
 * meter on a busy link, needs no objects. One cursor serves any number of payloads.
 *
 * ```ts
 * cursor.reset(payload);
 * while (cursor.next()) if (cursor.did === 0x61) count++;
 * ```
 *
 * Fields of the packet are valid between a `next()` that returned `true` and the following call. The bytes must
 * not change in between. Where packets begin and end is the same as with `parsePayload`; F = 01 hides nothing.
 */
export class AncCursor {
  #bytes: Uint8Array = new Uint8Array(0);
  #end = 0;
  #at = 0;
  #next = 0;
  #left = 0;
  readonly #words: Uint16Array = new Uint16Array(4 + 255);
  /** ANC_Count, 0 when the payload header is cut. */
  ancCount = 0;
  /** F, two bits. */
  f = 0;
  /** Length as received. */
  length = 0;
  /** High 16 bits of the 32-bit sequence number. */
  extendedSequenceNumber = 0;
  /** True when a packet, or the payload header, did not fit the bytes that were left. */
  truncated = false;

  /** Begin a payload that fills `bytes[start..end)`. Returns the cursor. */
  reset(bytes: Uint8Array, start = 0, end: number = bytes.length): this {
    if (!(start >= 0 && start <= end && end <= bytes.length)) {
      throw new RangeError(`no range ${start} to ${end} in ${bytes.length} bytes`);
    }
    this.#bytes = bytes;
    this.#end = end;
    this.#at = start;
    this.truncated = end - start < PAYLOAD_HEADER_SIZE;
    this.#next = this.truncated ? start : start + PAYLOAD_HEADER_SIZE;
    this.extendedSequenceNumber = this.truncated ? 0 : uint16(bytes, start);
    this.length = this.truncated ? 0 : uint16(bytes, start + 2);
    this.ancCount = this.truncated ? 0 : (bytes[start + 4] as number);
    this.f = this.truncated ? 0 : (bytes[start + 5] as number) >>> 6;
    this.#left = this.ancCount;
    return this;
  }

  /** Go to the next packet. `false`: there is none, or it is cut off (`truncated`). */
  next(): boolean {
    if (this.#left === 0) return false;
    const at = this.#next;
    const end = this.#end;
    if (at + ANC_HEAD_SIZE > end) return this.#cut();
    const dataCount = dataCountAt(this.#bytes, at);
    const next = at + strideOf(dataCount);
    // word_align of the last packet may be missing.
    if (next > end && at + sizeOfWords(4 + dataCount) > end) return this.#cut();
    this.#at = at;
    this.#next = next;
    this.#left--;
    return true;
  }

  #cut(): false {
    this.truncated = true;
    this.#left = 0;
    return false;
  }

  /** Index of the packet in the payload. */
  get index(): number {
    return this.ancCount - this.#left - 1;
  }

  /** First byte of the packet, counted like `start`. */
  get offset(): number {
    return this.#at;
  }

  /** Bytes behind the packets that were passed: all that is left when `next()` returned `false`. */
  get unparsedBytes(): number {
    return Math.max(0, this.#end - this.#next);
  }

  /** Data_Count of the packet, 0 to 255. */
  get dataCount(): number {
    return dataCountAt(this.#bytes, this.#at);
  }

  get cNotYChannelFlag(): boolean {
    return ((this.#bytes[this.#at] as number) & 0x80) !== 0;
  }

  /** 11 bits. */
  get lineNumber(): number {
    return (uint16(this.#bytes, this.#at) >>> 4) & 0x7ff;
  }

  /** 12 bits. */
  get horizontalOffset(): number {
    return uint16(this.#bytes, this.#at + 1) & 0xfff;
  }

  /** 7 bits, or −1 when S is 0. */
  get streamNum(): number {
    const stream = this.#bytes[this.#at + 3] as number;
    return stream < 0x80 ? -1 : stream & 0x7f;
  }

  /** 8 bits. */
  get did(): number {
    return (uint16(this.#bytes, this.#at + 4) >>> 6) & 0xff;
  }

  /** 8 bits: SDID when `did` is below 0x80, else the data block number. */
  get sdidOrDbn(): number {
    return (uint16(this.#bytes, this.#at + 5) >>> 4) & 0xff;
  }

  /** Ten bits of word `index`: 0 is DID, 3 the first user data word, 3 + `dataCount` the checksum word. */
  word(index: number): number {
    const bit = index * 10;
    const at = this.#at + 4 + (bit >>> 3);
    return (uint16(this.#bytes, at) >>> (6 - (bit & 7))) & 0x3ff;
  }

  /**
   * All words into `target`, which has room for 4 + `dataCount`.
   * @returns how many
   */
  wordsInto(target: Uint16Array): number {
    const count = 4 + this.dataCount;
    if (target.length < count) throw new RangeError(`no room for ${count} words`);
    wordsAt(this.#bytes, this.#at, target, count);
    return count;
  }

  /**
   * The low eight bits of the user data words into `target`, which has room for `dataCount`.
   * @returns how many
   */
  payloadInto(target: Uint8Array): number {
    const count = this.dataCount;
    if (target.length < count) throw new RangeError(`no room for ${count} bytes`);
    for (let i = 0; i < count; i++) target[i] = this.word(3 + i);
    return count;
  }

  /** True when all ten bits of the checksum word are right. */
  get checksumValid(): boolean {
    const last = 3 + this.dataCount;
    return this.word(last) === checksumOfSum(sumAt(this.#bytes, this.#at, last));
  }

  /** True when DID to the last user data word all have their parity. */
  get parityValid(): boolean {
    const last = 3 + this.dataCount;
    wordsAt(this.#bytes, this.#at, this.#words, last);
    return haveParity(this.#words, last);
  }

  /** The bytes of the packet without the whole octets of word_align: a view. */
  record(): Uint8Array {
    const size = sizeOfWords(4 + this.dataCount);
    return plain(this.#bytes).subarray(this.#at, this.#at + size);
  }

  /** The packet as an object; its words are a copy. */
  packet(): AncPacket {
    return ancPacketAt(this.#bytes, this.#at, new Uint16Array(4 + this.dataCount));
  }
}
