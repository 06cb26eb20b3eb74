import { unpackTenBitWordsInto } from "@x/bits";
import { type AncPacket, wordOf } from "@x/st291";

// One ANC data packet of the payload (RFC 8331 2.1): C, Line_Number, Horizontal_Offset, S and StreamNum in
// 32 bits, then ten-bit words, then zero bits up to the next multiple of 32.

/** Bytes of C, Line_Number, Horizontal_Offset, S and StreamNum. */
const LOCATION_SIZE = 4;
/** Bytes that must be there for Data_Count to be read: 62 bits. */
export const ANC_HEAD_SIZE = 8;

/** Bytes that `packet` takes in the payload, word_align included: 12 to 328 (RFC 8331 2.1). */
export function sizeOfAncPacket(packet: AncPacket): number {
  return alignedSize(sizeOfWords(packet.words.length));
}

/** Bytes of a packet with `wordCount` ten-bit words, without the whole octets of word_align. */
export function sizeOfWords(wordCount: number): number {
  return LOCATION_SIZE + ((wordCount * 10 + 7) >>> 3);
}

/** `size` up to the next 32-bit boundary. */
export function alignedSize(size: number): number {
  return (size + 3) & ~3;
}

/**
 * Bytes from one packet to the next: its 72 + 10 × `dataCount` bits up to a multiple of 32. The same as
 * `alignedSize(sizeOfWords(4 + dataCount))` in fewer steps: whoever walks waits for each of them.
 */
export function strideOf(dataCount: number): number {
  return ((10 * dataCount + 103) >>> 5) << 2;
}

/** Byte of the packet in which word `index` begins. */
export function wordOffset(index: number): number {
  return LOCATION_SIZE + ((index * 10) >>> 3);
}

/** Bytes that the packet at `at` needs, without the whole octets of word_align; its head's when that is cut. */
export function sizeAt(bytes: Uint8Array, at: number): number {
  return at + ANC_HEAD_SIZE > bytes.length
    ? ANC_HEAD_SIZE
    : sizeOfWords(4 + dataCountAt(bytes, at));
}

/** Data_Count & 0xFF of the packet that begins at `at`: the only thing that delimits it. */
export function dataCountAt(bytes: Uint8Array, at: number): number {
  return (((bytes[at + 6] as number) & 0x03) << 6) | ((bytes[at + 7] as number) >>> 2);
}

/**
 * The packet that begins at `at` and lies wholly in `bytes`, its words copied into `words`, which is as long as they
 * are many. StreamNum counts only with S.
 */
export function ancPacketAt(bytes: Uint8Array, at: number, words: Uint16Array): AncPacket {
  wordsAt(bytes, at, words, words.length);
  const b1 = bytes[at + 1] as number;
  const cNotYChannelFlag = ((bytes[at] as number) & 0x80) !== 0;
  const lineNumber = (((bytes[at] as number) & 0x7f) << 4) | (b1 >>> 4);
  const horizontalOffset = ((b1 & 0x0f) << 8) | (bytes[at + 2] as number);
  const stream = bytes[at + 3] as number;
  if (stream < 0x80) return { cNotYChannelFlag, lineNumber, horizontalOffset, words };
  return { cNotYChannelFlag, lineNumber, horizontalOffset, streamNum: stream & 0x7f, words };
}

/** The first `count` words of the packet that begins at `at`. */
export function wordsAt(bytes: Uint8Array, at: number, target: Uint16Array, count: number): void {
  unpackTenBitWordsInto(bytes, (at + LOCATION_SIZE) * 8, target, count);
}

/** True when the bits of word_align that are there are zero. `size`: of the packet without word_align's octets. */
export function alignmentIsZero(bytes: Uint8Array, at: number, size: number): boolean {
  const last = at + size - 1;
  const used = (10 * (4 + dataCountAt(bytes, at))) & 7;
  if (used !== 0 && ((bytes[last] as number) & (0xff >>> used)) !== 0) return false;
  const stop = Math.min(at + alignedSize(size), bytes.length);
  for (let i = last + 1; i < stop; i++) if (bytes[i] !== 0) return false;
  return true;
}

/** True when the first `count` words all have their parity (ST 291-1). */
export function haveParity(words: Uint16Array, count: number): boolean {
  let deviation = 0;
  for (let i = 0; i < count; i++) {
    const word = words[i] as number;
    deviation |= (WORDS[word & 0xff] as number) ^ word;
  }
  return deviation === 0;
}

/** The words with parity of all bytes: a table of our own, because this is looked up for each word. */
const WORDS: Uint16Array = /* @__PURE__ */ Uint16Array.from({ length: 256 }, (_, byte) =>
  wordOf(byte),
);

/** Sum of the first `count` words of the packet that begins at `at`. */
export function sumAt(bytes: Uint8Array, at: number, count: number): number {
  let sum = 0;
  let byte = at + LOCATION_SIZE;
  let left = count;
  for (; left >= 4; left -= 4, byte += 5) {
    const b1 = bytes[byte + 1] as number;
    const b2 = bytes[byte + 2] as number;
    const b3 = bytes[byte + 3] as number;
    sum += ((bytes[byte] as number) << 2) + (b1 >>> 6) + ((b1 & 0x3f) << 4) + (b2 >>> 4);
    sum += ((b2 & 0x0f) << 6) + (b3 >>> 2) + ((b3 & 0x03) << 8) + (bytes[byte + 4] as number);
  }
  for (let bit = 0; left > 0; left--, bit += 10) {
    const two =
      ((bytes[byte + (bit >>> 3)] as number) << 8) | (bytes[byte + (bit >>> 3) + 1] as number);
    sum += (two >>> (6 - (bit & 7))) & 0x3ff;
  }
  return sum;
}

/**
 * Check a packet before anything is written.
 * @throws {RangeError} when a field does not fit, or Data_Count is not the number of user data words
 */
export function checkAncPacket(packet: AncPacket, index: number): void {
  const { lineNumber, horizontalOffset, streamNum = 0, words } = packet;
  const path = `packets[${index}]`;
  fits(`${path}.lineNumber`, lineNumber, 0x7ff);
  fits(`${path}.horizontalOffset`, horizontalOffset, 0xfff);
  fits(`${path}.streamNum`, streamNum, 0x7f);
  let all = 0;
  for (let i = 0; i < words.length; i++) all |= words[i] as number;
  if (all > 0x3ff) throw new RangeError(`${path}.words: a word does not fit 10 bits`);
  const count = words.length - 4;
  if (count < 0 || count !== ((words[2] as number) & 0xff)) {
    throw new RangeError(
      `${path}.words: ${words.length} words do not go with their Data_Count word`,
    );
  }
}

/** Write a packet that {@link checkAncPacket} has passed; the target has room. Returns the offset after word_align. */
export function putAncPacket(packet: AncPacket, target: Uint8Array, offset: number): number {
  const { cNotYChannelFlag, lineNumber, horizontalOffset, streamNum, words } = packet;
  target[offset] = (cNotYChannelFlag ? 0x80 : 0) | (lineNumber >>> 4);
  target[offset + 1] = ((lineNumber & 0x0f) << 4) | (horizontalOffset >>> 8);
  target[offset + 2] = horizontalOffset & 0xff;
  target[offset + 3] = streamNum === undefined ? 0 : 0x80 | streamNum;
  putWords(words, target, offset + LOCATION_SIZE);
  const end = offset + alignedSize(sizeOfWords(words.length));
  for (let at = offset + sizeOfWords(words.length); at < end; at++) target[at] = 0;
  return end;
}

/** Four words fill five bytes; what is left of the last byte is zero. */
function putWords(words: Uint16Array, target: Uint8Array, start: number): void {
  let at = start;
  let i = 0;
  for (; i + 4 <= words.length; i += 4, at += 5) {
    const w0 = words[i] as number;
    const w1 = words[i + 1] as number;
    const w2 = words[i + 2] as number;
    const w3 = words[i + 3] as number;
    target[at] = w0 >>> 2;
    target[at + 1] = ((w0 & 0x03) << 6) | (w1 >>> 4);
    target[at + 2] = ((w1 & 0x0f) << 4) | (w2 >>> 6);
    target[at + 3] = ((w2 & 0x3f) << 2) | (w3 >>> 8);
    target[at + 4] = w3 & 0xff;
  }
  let cache = 0;
  let cached = 0;
  for (; i < words.length; i++) {
    cache = (cache << 10) | (words[i] as number);
    cached += 10;
    for (; cached >= 8; cached -= 8) target[at++] = (cache >>> (cached - 8)) & 0xff;
  }
  if (cached > 0) target[at] = (cache << (8 - cached)) & 0xff;
}

/** @throws {RangeError} when `value` is not an integer from `min` to `max` */
export function fits(field: string, value: number, max: number, min = 0): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new RangeError(`${field}: ${value} is not an integer from ${min} to ${max}`);
  }
}
