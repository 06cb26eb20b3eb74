/** The low seven bits of `byte` with odd parity in bit 7 (CTA-608-E 4.2). */
export function withParity(byte: number): number {
  return ODD_PARITY[byte & 0x7f] as number;
}

/** True when the eight bits of `byte` have odd parity. */
export function hasParity(byte: number): boolean {
  return ODD_PARITY[byte & 0x7f] === byte;
}

/** A word (first byte in bits 15 to 8) with odd parity on both bytes. */
export function withPairParity(word: number): number {
  return (withParity(word >>> 8) << 8) | withParity(word);
}

/** True when both bytes of a word have odd parity. The line's idle `8080` has it, `0000` has not. */
export function pairHasParity(word: number): boolean {
  return hasParity(word >>> 8) && hasParity(word & 0xff);
}

/** The two wire bytes of each word, one after the other: a new array. */
export function wordsToBytes(words: ArrayLike<number>): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(words.length * 2);
  for (let i = 0; i < words.length; i++) {
    bytes[2 * i] = (words[i] as number) >>> 8;
    bytes[2 * i + 1] = words[i] as number;
  }
  return bytes;
}

/** One word for each two bytes, parity as it is: a new array. An odd last byte is completed with `80`. */
export function bytesToWords(bytes: Uint8Array): Uint16Array<ArrayBuffer> {
  const words = new Uint16Array((bytes.length + 1) >> 1);
  for (let i = 0; i < words.length; i++) {
    words[i] = ((bytes[2 * i] as number) << 8) | (bytes[2 * i + 1] ?? 0x80);
  }
  return words;
}

const ODD_PARITY: Uint8Array = /* @__PURE__ */ makeOddParity();

function makeOddParity(): Uint8Array {
  const table = new Uint8Array(128);
  for (let value = 0; value < 128; value++) {
    let ones = value ^ (value >>> 4);
    ones ^= ones >>> 2;
    ones ^= ones >>> 1;
    table[value] = (ones & 1) === 1 ? value : value | 0x80;
  }
  return table;
}
