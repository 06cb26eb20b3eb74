import { type AncPacket, checksumOfSum, wordOf } from "@x/st291";

/** Size of a record without user data: the least that can stand at a record's place. */
export const MIN_RECORD_SIZE = 9;
/** Size of a record with 255 user data words. */
export const MAX_RECORD_SIZE = 328;

/** {@link unpackRecord}: the checksum word is wrong. */
export const CHECKSUM_WRONG = 1;
/** {@link unpackRecord}: a word from DID to the last user data word lacks its parity. */
export const PARITY_WRONG = 2;

/** The word of each eight-bit value: a table costs the loops below less than a call. */
const WORDS: Uint16Array = /* @__PURE__ */ Uint16Array.from({ length: 256 }, (_, byte) =>
  wordOf(byte),
);

/** Bytes of the record with `dataCount` user data words, alignment bits included (ST 2038:2021 4.2). */
function recordSizeOf(dataCount: number): number {
  return (77 + 10 * dataCount) >>> 3;
}

/** Bytes of `packet` as an ST 2038 record: 9 to 328. */
export function sizeOfRecord(packet: AncPacket): number {
  return recordSizeOf(packet.words.length - 4);
}

/** How many alignment bits follow the checksum word: 0, 2, 4 or 6. */
export function alignmentBits(dataCount: number): number {
  return (2 - 2 * (dataCount & 3)) & 7;
}

/** Word `index` (0 = DID) of the record at `start`. The caller has checked the bounds. */
export function recordWord(bytes: Uint8Array, start: number, index: number): number {
  // The first word begins at bit 30 and each takes ten, so a word always lies in two bytes.
  const bit = 30 + 10 * index;
  const at = start + (bit >>> 3);
  return ((((bytes[at] as number) << 8) | (bytes[at + 1] as number)) >>> (6 - (bit & 7))) & 0x3ff;
}

/**
 * Unpack the `dataCount + 4` words of the record at `start` into `target` from index `at` on, and check them on
 * the way. The caller has checked the bounds.
 * @returns 0 when all is well, else {@link CHECKSUM_WRONG} and {@link PARITY_WRONG} added
 */
export function unpackRecord(
  bytes: Uint8Array,
  start: number,
  dataCount: number,
  target: Uint16Array,
  at: number,
): number {
  const did = (((bytes[start + 3] as number) & 0x03) << 8) | (bytes[start + 4] as number);
  target[at] = did;
  let sum = did;
  let wrong = (WORDS[did & 0xff] as number) ^ did;
  // From SDID on the words start at a byte, and four of them are five bytes.
  let from = start + 5;
  let to = at + 1;
  const last = at + dataCount + 3;
  for (; to + 4 <= last; to += 4, from += 5) {
    const b1 = bytes[from + 1] as number;
    const b2 = bytes[from + 2] as number;
    const b3 = bytes[from + 3] as number;
    const w0 = ((bytes[from] as number) << 2) | (b1 >>> 6);
    const w1 = ((b1 & 0x3f) << 4) | (b2 >>> 4);
    const w2 = ((b2 & 0x0f) << 6) | (b3 >>> 2);
    const w3 = ((b3 & 0x03) << 8) | (bytes[from + 4] as number);
    target[to] = w0;
    target[to + 1] = w1;
    target[to + 2] = w2;
    target[to + 3] = w3;
    sum += w0 + w1 + w2 + w3;
    wrong |= (WORDS[w0 & 0xff] as number) ^ w0;
    wrong |= (WORDS[w1 & 0xff] as number) ^ w1;
    wrong |= (WORDS[w2 & 0xff] as number) ^ w2;
    wrong |= (WORDS[w3 & 0xff] as number) ^ w3;
  }
  for (; to < last; to++) {
    const word = recordWord(bytes, start, to - at);
    target[to] = word;
    sum += word;
    wrong |= (WORDS[word & 0xff] as number) ^ word;
  }
  const checksum = recordWord(bytes, start, dataCount + 3);
  target[last] = checksum;
  const verdict = checksum === checksumOfSum(sum) ? 0 : CHECKSUM_WRONG;
  return wrong === 0 ? verdict : verdict | PARITY_WRONG;
}

/**
 * Write `packet` as a record at `offset` of `target`, words as they are, alignment bits ones (ST 2038:2021 4.2).
 * @returns the offset of the byte after it
 * @throws {RangeError} when a field does not fit, the data count word does not agree with the number of words, or
 * `target` is too short; nothing is written then
 */
export function encodeRecordInto(packet: AncPacket, target: Uint8Array, offset: number): number {
  checkRecord(packet);
  const end = offset + sizeOfRecord(packet);
  if (offset < 0 || end > target.length) {
    throw new RangeError(
      `a record of ${end - offset} bytes does not fit ${target.length} from ${offset}`,
    );
  }
  packRecord(packet, target, offset);
  return end;
}

/** @throws {RangeError} when `packet` cannot be written so that a reader delimits it as it is */
export function checkRecord({ lineNumber, horizontalOffset, words }: AncPacket): void {
  fits("lineNumber", lineNumber, 0x7ff);
  fits("horizontalOffset", horizontalOffset, 0xfff);
  if (words.length < 4 || ((words[2] as number) & 0xff) !== words.length - 4) {
    throw new RangeError(
      `dataCount: ${words.length} words do not agree with a data count of ${words[2]}`,
    );
  }
  let all = 0;
  for (let i = 0; i < words.length; i++) all |= words[i] as number;
  if (all > 0x3ff) throw new RangeError("words: a word has more than ten bits");
}

/** @throws {RangeError} when `value` is not an integer from `min` to `max` */
export function fits(field: string, value: number, max: number, min = 0): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new RangeError(`${field}: ${value} is not an integer from ${min} to ${max}`);
  }
}

/** The same after {@link checkRecord}, where there is room. */
export function packRecord(packet: AncPacket, target: Uint8Array, offset: number): void {
  const { lineNumber, horizontalOffset, words } = packet;
  const count = words.length;
  const did = words[0] as number;
  target[offset] = (packet.cNotYChannelFlag ? 2 : 0) | (lineNumber >>> 10);
  target[offset + 1] = lineNumber >>> 2;
  target[offset + 2] = (lineNumber << 6) | (horizontalOffset >>> 6);
  target[offset + 3] = (horizontalOffset << 2) | (did >>> 8);
  target[offset + 4] = did;
  let at = offset + 5;
  let i = 1;
  for (; i + 4 <= count; i += 4, at += 5) {
    const w0 = words[i] as number;
    const w1 = words[i + 1] as number;
    const w2 = words[i + 2] as number;
    const w3 = words[i + 3] as number;
    target[at] = w0 >>> 2;
    target[at + 1] = (w0 << 6) | (w1 >>> 4);
    target[at + 2] = (w1 << 4) | (w2 >>> 6);
    target[at + 3] = (w2 << 2) | (w3 >>> 8);
    target[at + 4] = w3;
  }
  let cache = 0;
  let cached = 0;
  for (; i < count; i++) {
    cache = (cache << 10) | (words[i] as number);
    cached += 10;
    while (cached >= 8) {
      cached -= 8;
      target[at++] = cache >>> cached;
    }
  }
  if (cached > 0) target[at] = (cache << (8 - cached)) | (0xff >>> cached);
}
