import { FormatError } from "./format-error.js";

/** Bytes that `count` ten-bit words take, the last one padded. */
export function sizeOfTenBitWords(count: number): number {
  return Math.ceil((count * 10) / 8);
}

/**
 * Unpack `count` ten-bit words, most significant bit first, from bit `bitOffset` on into a new array (a copy).
 * @throws {FormatError} `truncated` when fewer bits are there.
 */
export function unpackTenBitWords(
  bytes: Uint8Array,
  bitOffset: number,
  count: number,
  field = "word",
): Uint16Array<ArrayBuffer> {
  if (bitOffset + count * 10 > bytes.length * 8) {
    const short = bitOffset + count * 10 - bytes.length * 8;
    const offset = Math.floor(bitOffset / 8);
    throw new FormatError("truncated", `${short} bits short`, { field, offset });
  }
  const words = new Uint16Array(count);
  unpackTenBitWordsInto(bytes, bitOffset, words, count);
  return words;
}

/**
 * The same into the caller's array, without a check: the caller has made sure that
 * `bitOffset + 10 * count <= 8 * bytes.length` and `count <= target.length`.
 */
export function unpackTenBitWordsInto(
  bytes: Uint8Array,
  bitOffset: number,
  target: Uint16Array,
  count: number,
): void {
  let at = bitOffset >>> 3;
  const shift = bitOffset & 7;
  let i = 0;
  // Ten-bit words from an even bit: four words are five bytes, so the shift repeats.
  if (shift === 0) {
    for (; i + 4 <= count; i += 4, at += 5) {
      const b1 = bytes[at + 1] as number;
      const b2 = bytes[at + 2] as number;
      const b3 = bytes[at + 3] as number;
      target[i] = ((bytes[at] as number) << 2) | (b1 >>> 6);
      target[i + 1] = ((b1 & 0x3f) << 4) | (b2 >>> 4);
      target[i + 2] = ((b2 & 0x0f) << 6) | (b3 >>> 2);
      target[i + 3] = ((b3 & 0x03) << 8) | (bytes[at + 4] as number);
    }
  }
  for (let bit = at * 8 + shift; i < count; i++, bit += 10) {
    const byte = bit >>> 3;
    const two = ((bytes[byte] as number) << 8) | (bytes[byte + 1] as number);
    const down = 6 - (bit & 7);
    // Bits 7 and beyond reach into a third byte.
    target[i] =
      down >= 0
        ? (two >>> down) & 0x3ff
        : ((two << -down) | ((bytes[byte + 2] as number) >>> (8 + down))) & 0x3ff;
  }
}

/**
 * Pack the low ten bits of each word, most significant bit first, into `target` from bit `bitOffset` on.
 * Bits before `bitOffset` in its byte are kept; bits after the last word are untouched when whole bytes, else zero.
 * The caller has made sure of the room.
 *
 * @returns the bit after the last word
 */
export function packTenBitWordsInto(
  words: ArrayLike<number>,
  target: Uint8Array,
  bitOffset: number,
): number {
  let at = bitOffset >>> 3;
  let cached = bitOffset & 7;
  let cache = cached === 0 ? 0 : (target[at] as number) >>> (8 - cached);
  for (let i = 0; i < words.length; i++) {
    cache = (cache << 10) | ((words[i] as number) & 0x3ff);
    cached += 10;
    while (cached >= 8) {
      cached -= 8;
      target[at++] = (cache >>> cached) & 0xff;
    }
    cache &= 0x3ff;
  }
  if (cached > 0) target[at] = (cache << (8 - cached)) & 0xff;
  return bitOffset + words.length * 10;
}

/** Pack words into a new array, the tail of the last byte filled with `pad` bits. */
export function packTenBitWords(words: ArrayLike<number>, pad: 0 | 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(sizeOfTenBitWords(words.length));
  const end = packTenBitWordsInto(words, bytes, 0);
  const used = end & 7;
  if (pad === 1 && used !== 0) {
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] as number) | (0xff >>> used);
  }
  return bytes;
}
