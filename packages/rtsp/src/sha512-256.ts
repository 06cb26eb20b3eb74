// FIPS 180-4 with 64-bit words as bigint: Digest hashes a few dozen bytes a request, so a millisecond each is no matter.

const MASK = (1n << 64n) - 1n;

/** SHA-512/256 of `bytes`, 32 bytes (FIPS 180-4 6.7). */
export function sha512t256(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const constants = primeRoots(80, 3n);
  // FIPS 180-4 5.3.6: the initial state is itself a hash, of the algorithm's name.
  const first = primeRoots(8, 2n).map((root) => root ^ 0xa5a5a5a5a5a5a5a5n);
  const initial = hash(first, new TextEncoder().encode("SHA-512/256"), constants);
  const state = hash(initial, bytes, constants);
  const digest = new Uint8Array(32);
  const view = new DataView(digest.buffer);
  for (let i = 0; i < 4; i++) view.setBigUint64(8 * i, state[i] as bigint);
  return digest;
}

function hash(
  initial: readonly bigint[],
  bytes: Uint8Array,
  constants: readonly bigint[],
): bigint[] {
  // FIPS 180-4 5.1.2: the length has 128 bits, of which 64 are enough.
  const padded = new Uint8Array((((bytes.length + 16) >> 7) << 7) + 128);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(padded.length - 8, BigInt(bytes.length) * 8n);
  let state = [...initial];
  for (let block = 0; block < padded.length; block += 128) {
    const w = Array.from({ length: 16 }, (_, i) => view.getBigUint64(block + 8 * i));
    for (let i = 16; i < 80; i++) {
      const w15 = w[i - 15] as bigint;
      const w2 = w[i - 2] as bigint;
      const sigma0 = rotate(w15, 1n) ^ rotate(w15, 8n) ^ (w15 >> 7n);
      const sigma1 = rotate(w2, 19n) ^ rotate(w2, 61n) ^ (w2 >> 6n);
      w.push(((w[i - 16] as bigint) + sigma0 + (w[i - 7] as bigint) + sigma1) & MASK);
    }
    const next = w.reduce(
      (working, word, i) => round(working, word + (constants[i] as bigint)),
      state,
    );
    state = state.map((value, i) => (value + (next[i] as bigint)) & MASK);
  }
  return state;
}

/** One step of FIPS 180-4 6.4.2, 3; `input` is the schedule's word plus the constant. */
function round(working: readonly bigint[], input: bigint): bigint[] {
  const [a, b, c, d, e, f, g, h] = working as [
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  const sum1 = rotate(e, 14n) ^ rotate(e, 18n) ^ rotate(e, 41n);
  const t1 = h + sum1 + ((e & f) ^ (~e & MASK & g)) + input;
  const sum0 = rotate(a, 28n) ^ rotate(a, 34n) ^ rotate(a, 39n);
  const t2 = sum0 + ((a & b) ^ (a & c) ^ (b & c));
  return [(t1 + t2) & MASK, a, b, c, (d + t1) & MASK, e, f, g];
}

function rotate(word: bigint, by: bigint): bigint {
  return ((word >> by) | (word << (64n - by))) & MASK;
}

/** The first 64 fractional bits of the roots of the first primes (FIPS 180-4 4.2.3, 5.3.5). */
function primeRoots(count: number, degree: 2n | 3n): bigint[] {
  const primes: bigint[] = [];
  for (let n = 2n; primes.length < count; n++) {
    if (primes.every((prime) => n % prime !== 0n)) primes.push(n);
  }
  return primes.map((prime) => root(prime << (64n * degree), degree) & MASK);
}

/** The integer root, by bisection. The radicands stay below 2^201, so their roots below 2^101. */
function root(radicand: bigint, degree: 2n | 3n): bigint {
  let low = 0n;
  for (let bit = 100n; bit >= 0n; bit--) {
    const candidate = low | (1n << bit);
    if (candidate ** degree <= radicand) low = candidate;
  }
  return low;
}
