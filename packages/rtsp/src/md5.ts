// RFC 1321. In the package because Digest needs it at once and everywhere: WebCrypto has no MD5 and is asynchronous.

const SHIFTS = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21];

/** The i-th constant is the integer part of 2^32 times |sin(i + 1)| (RFC 1321 3.4). */
const CONSTANTS = Uint32Array.from({ length: 64 }, (_, i) => Math.abs(Math.sin(i + 1)) * 2 ** 32);

/** MD5 of `bytes`, 16 bytes. For RTSP and HTTP authentication only: MD5 is broken as a signature. */
export function md5(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const padded = pad(bytes);
  const view = new DataView(padded.buffer);
  const state = new Uint32Array([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476]);
  for (let block = 0; block < padded.length; block += 64) {
    let [a, b, c, d] = state as unknown as [number, number, number, number];
    for (let i = 0; i < 64; i++) {
      const round = i >> 4;
      const mixed = [(b & c) | (~b & d), (b & d) | (c & ~d), b ^ c ^ d, c ^ (b | ~d)][
        round
      ] as number;
      const word = [i, 5 * i + 1, 3 * i + 5, 7 * i][round] as number;
      const sum =
        (a + mixed + (CONSTANTS[i] as number) + view.getUint32(block + 4 * (word & 15), true)) | 0;
      const shift = SHIFTS[4 * round + (i & 3)] as number;
      a = d;
      d = c;
      c = b;
      b = (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0;
    }
    state[0]! += a;
    state[1]! += b;
    state[2]! += c;
    state[3]! += d;
  }
  const digest = new Uint8Array(16);
  const out = new DataView(digest.buffer);
  for (let i = 0; i < 4; i++) out.setUint32(4 * i, state[i] as number, true);
  return digest;
}

/** One bit, zeros, and the length in bits, to whole blocks of 64 bytes (RFC 1321 3.1). */
function pad(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const padded = new Uint8Array((((bytes.length + 8) >> 6) << 6) + 64);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, (bytes.length << 3) >>> 0, true);
  view.setUint32(padded.length - 4, Math.floor(bytes.length / 2 ** 29), true);
  return padded;
}
