/**
 * The ten-bit word of an eight-bit value: b8 is even parity over b7…b0, b9 its inverse (ST 291-1).
 * Higher bits of `byte` are ignored.
 */
export function wordOf(byte: number): number {
  return PROTECTED_WORDS[byte & 0xff] as number;
}

/** True when b9 and b8 of `word` are what ST 291-1 wants for its low eight bits. */
export function hasParity(word: number): boolean {
  return PROTECTED_WORDS[word & 0xff] === word;
}

/**
 * True when b9 and b8 are both the opposite of what they should be: what every gst-plugins-rs
 * release up to 1.28.6 wrote.
 */
export function hasInvertedParity(word: number): boolean {
  return ((PROTECTED_WORDS[word & 0xff] as number) ^ 0x300) === word;
}

/** True for the words that are kept for synchronisation: 000–003 and 3FC–3FF (ST 291-1). */
export function isForbiddenWord(word: number): boolean {
  return word <= 0x003 || word >= 0x3fc;
}

/**
 * The checksum word over `words[0..count)`, DID through the last user data word: the nine-bit sum of
 * b8…b0, and b9 the inverse of b8 (ST 291-1). It does not cover b9 and is not parity-coded.
 */
export function checksumWord(words: ArrayLike<number>, count: number = words.length): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += words[i] as number;
  return checksumOfSum(sum);
}

/** The same from the sum of the words, for who has it from a loop of its own. */
export function checksumOfSum(sum: number): number {
  const low = sum & 0x1ff;
  return low | ((~low & 0x100) << 1);
}

/**
 * Put the ten-bit words of eight-bit values into `target` from `at` on. One call for all of them: a call for each
 * value costs more than its word.
 * @returns the sum of the words, for {@link checksumOfSum}
 * @throws {RangeError} when a value is not an integer from 0 to 255.
 */
export function protectInto(
  field: string,
  values: ArrayLike<number>,
  target: Uint16Array,
  at: number,
): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    const word = PROTECTED_WORDS[value];
    if (word === undefined) throw new RangeError(`${field}[${i}]: ${value} is not a byte`);
    target[at + i] = word;
    sum += word;
  }
  return sum;
}

/** Indexes of the first `count` words whose b9 and b8 are not their parity. */
export function indexesWithoutParity(words: Uint16Array, count: number): number[] {
  const indexes: number[] = [];
  for (let i = 0; i < count; i++) {
    const word = words[i] as number;
    if (PROTECTED_WORDS[word & 0xff] !== word) indexes.push(i);
  }
  return indexes;
}

const PROTECTED_WORDS: Uint16Array = /* @__PURE__ */ makeProtectedWords();

function makeProtectedWords(): Uint16Array {
  const words = new Uint16Array(256);
  for (let byte = 0; byte < 256; byte++) {
    let ones = byte ^ (byte >>> 4);
    ones ^= ones >>> 2;
    ones ^= ones >>> 1;
    words[byte] = byte | ((ones & 1) === 1 ? 0x100 : 0x200);
  }
  return words;
}
