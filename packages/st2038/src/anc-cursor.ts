import type { AncPacket } from "@x/st291";
import {
  alignmentBits,
  CHECKSUM_WRONG,
  MIN_RECORD_SIZE,
  PARITY_WRONG,
  recordWord,
  unpackRecord,
} from "./record.js";

/** An ancillary packet with the bytes of the unit that it was read from. */
export interface St2038Packet extends AncPacket {
  /** Offset in the unit of the record's first byte. */
  readonly recordStart: number;
  /** Offset in the unit of the byte after the record's alignment bits. */
  readonly recordEnd: number;
}

const MIN_SIZE = MIN_RECORD_SIZE;
const MAX_WORDS = 259;
const NONE = -1;

/**
 * Walks the records of an ST 2038 unit without allocating: words are read from the bytes when they are asked for,
 * and only `record()` and `packet()` make an object. All getters are about the record that the last `next()` found;
 * before the first and after the last one they mean nothing. `parityValid` and `checksumValid` unpack the words once,
 * or use what `wordsInto()` saw.
 *
 * ```ts
 * const cursor = new AncCursor(unit);
 * while (cursor.next()) if (cursor.did === 0x61) console.log(cursor.lineNumber, cursor.dataCount);
 * ```
 */
export class AncCursor {
  #bytes: Uint8Array;
  #at: number;
  #end: number;
  #start: number;
  /** c_not_y_channel_flag, line_number, horizontal_offset: 24 bits. */
  #place = 0;
  /** DID and SDID, or DBN: 16 bits. */
  #kind = 0;
  #dataCount = 0;
  /** What {@link unpackRecord} said about the record at {@link #checkedStart}. */
  #wrong = 0;
  #checkedStart: number = NONE;
  #scratch: Uint16Array | undefined;
  #stuffing = 0;
  #unparsed = 0;
  #stoppedBy: "reserved-not-zero" | "truncated" | undefined = undefined;

  /** Before the first record of `bytes`, which is not copied. */
  constructor(bytes: Uint8Array = new Uint8Array(0)) {
    this.#bytes = bytes;
    this.#at = 0;
    this.#start = 0;
    this.#end = bytes.length;
  }

  /** Begin anew, before the first record of `bytes[start..end)`. Offsets still count from the start of `bytes`. */
  reset(bytes: Uint8Array, start = 0, end: number = bytes.length): this {
    if (!(start >= 0 && start <= end && end <= bytes.length)) {
      throw new RangeError(`${start} to ${end} is not a part of ${bytes.length} bytes`);
    }
    this.#bytes = bytes;
    this.#at = start;
    this.#start = start;
    this.#end = end;
    this.#place = 0;
    this.#kind = 0;
    this.#dataCount = 0;
    this.#checkedStart = NONE;
    this.#stuffing = 0;
    this.#unparsed = 0;
    this.#stoppedBy = undefined;
    return this;
  }

  /**
   * Go to the next record. `false` at the end of the unit, and where no record can be delimited: then
   * {@link stoppedBy} tells why.
   */
  next(): boolean {
    this.#stuffing = 0;
    return this.#delimit(this.#at) || this.#skipStuffing();
  }

  /** True when there is a whole record at `at`, which is then the current one. */
  #delimit(at: number): boolean {
    const bytes = this.#bytes;
    const end = this.#end;
    if (end - at < MIN_SIZE) return false;
    const first = bytes[at] as number;
    if (first >= 0x04) return false;
    const b6 = bytes[at + 6] as number;
    const dataCount = ((b6 << 4) | ((bytes[at + 7] as number) >>> 4)) & 0xff;
    // recordSizeOf, written out: this is all that a walk over records does.
    const recordEnd = at + ((77 + 10 * dataCount) >>> 3);
    if (recordEnd > end) return false;
    this.#start = at;
    this.#at = recordEnd;
    this.#place =
      ((first & 0x03) << 22) |
      ((bytes[at + 1] as number) << 14) |
      ((bytes[at + 2] as number) << 6) |
      ((bytes[at + 3] as number) >>> 2);
    this.#kind =
      ((bytes[at + 4] as number) << 8) | (((bytes[at + 5] as number) & 0x3f) << 2) | (b6 >>> 6);
    this.#dataCount = dataCount;
    return true;
  }

  #skipStuffing(): boolean {
    const bytes = this.#bytes;
    const end = this.#end;
    let at = this.#at;
    // ST 2038:2021 4.2: 0xFF cannot begin a record, so it is stuffing wherever a record may begin.
    while (at < end && bytes[at] === 0xff) at++;
    this.#stuffing = at - this.#at;
    this.#at = at;
    if (at === end) return false;
    if (this.#stuffing > 0 && this.#delimit(at)) return true;
    this.#stoppedBy = (bytes[at] as number) < 0x04 ? "truncated" : "reserved-not-zero";
    this.#start = at;
    this.#unparsed = end - at;
    return false;
  }

  /** c_not_y_channel_flag. */
  get cNotYChannelFlag(): boolean {
    return this.#place >>> 23 !== 0;
  }

  /** line_number, 11 bits. */
  get lineNumber(): number {
    return (this.#place >>> 12) & 0x7ff;
  }

  /** horizontal_offset, 12 bits. */
  get horizontalOffset(): number {
    return this.#place & 0xfff;
  }

  /** DID without its parity, 8 bits. */
  get did(): number {
    return this.#kind >>> 8;
  }

  /** SDID (type 2) or data block number (type 1: `did >= 0x80`) without its parity, 8 bits. */
  get sdidOrDbn(): number {
    return this.#kind & 0xff;
  }

  /** Number of user data words, 0 to 255. */
  get dataCount(): number {
    return this.#dataCount;
  }

  /** The checksum word as received, 10 bits. */
  get checksum(): number {
    return recordWord(this.#bytes, this.#start, this.#dataCount + 3);
  }

  /** True when all ten bits of the checksum word are right (ST 291-1). */
  get checksumValid(): boolean {
    return (this.#check() & CHECKSUM_WRONG) === 0;
  }

  /** True when every word from DID to the last user data word has its parity (ST 291-1). */
  get parityValid(): boolean {
    return (this.#check() & PARITY_WRONG) === 0;
  }

  /** True when the bits behind the checksum word are ones. */
  get alignmentValid(): boolean {
    const ones = (1 << alignmentBits(this.#dataCount)) - 1;
    return ((this.#bytes[this.#at - 1] as number) & ones) === ones;
  }

  /** Offset of the record's first byte. */
  get recordStart(): number {
    return this.#start;
  }

  /** Offset of the byte after the record. */
  get recordEnd(): number {
    return this.#at;
  }

  /** Stuffing bytes that the last `next()` passed over, whether it found a record or not. */
  get stuffingBefore(): number {
    return this.#stuffing;
  }

  /** Bytes from the first one that could not be delimited; 0 until `next()` has stopped early. */
  get unparsedBytes(): number {
    return this.#unparsed;
  }

  /** Why `next()` returned `false` before the end of the unit; `undefined` when it did not. */
  get stoppedBy(): "reserved-not-zero" | "truncated" | undefined {
    return this.#stoppedBy;
  }

  /**
   * Word `index`, ten bits: 0 DID, 1 SDID or DBN, 2 data count, then user data, then the checksum.
   * @throws {RangeError} when the record has no such word
   */
  word(index: number): number {
    if (!(index >= 0 && index < this.#dataCount + 4)) throw new RangeError(`no word ${index}`);
    return recordWord(this.#bytes, this.#start, index);
  }

  /**
   * Copy all words, DID to checksum, into `target`.
   * @returns how many: `dataCount + 4`
   * @throws {RangeError} when `target` is too short
   */
  wordsInto(target: Uint16Array, at = 0): number {
    const count = this.#dataCount + 4;
    room(target.length, at, count);
    this.#wrong = unpackRecord(this.#bytes, this.#start, this.#dataCount, target, at);
    this.#checkedStart = this.#start;
    return count;
  }

  /**
   * Copy the low eight bits of all user data words into `target`.
   * @returns how many: `dataCount`
   * @throws {RangeError} when `target` is too short
   */
  payloadInto(target: Uint8Array, at = 0): number {
    const count = this.#dataCount;
    room(target.length, at, count);
    for (let i = 0; i < count; i++) {
      target[at + i] = recordWord(this.#bytes, this.#start, i + 3);
    }
    return count;
  }

  /** The record's bytes with its alignment bits: a view. */
  record(): Uint8Array {
    return this.#bytes.subarray(this.#start, this.#at);
  }

  /** The record as an object; its words are a copy. */
  packet(): St2038Packet {
    const words = new Uint16Array(this.#dataCount + 4);
    unpackRecord(this.#bytes, this.#start, this.#dataCount, words, 0);
    return this.packetOf(words);
  }

  /** The record as an object around words that the caller has unpacked. */
  packetOf(words: Uint16Array): St2038Packet {
    return {
      cNotYChannelFlag: this.cNotYChannelFlag,
      lineNumber: this.lineNumber,
      horizontalOffset: this.horizontalOffset,
      words,
      recordStart: this.#start,
      recordEnd: this.#at,
    };
  }

  #check(): number {
    if (this.#checkedStart !== this.#start) {
      this.#scratch ??= new Uint16Array(MAX_WORDS);
      this.wordsInto(this.#scratch);
    }
    return this.#wrong;
  }
}

function room(length: number, at: number, count: number): void {
  if (!(at >= 0 && at + count <= length)) {
    throw new RangeError(`${count} values do not fit ${length} from ${at}`);
  }
}
