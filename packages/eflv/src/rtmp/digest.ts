// The digest ("complex") handshake: an HMAC-SHA256 hidden in the random bytes of C1 and S1, and one that signs C2 and
// S2. It is not in RTMP 1.0; what is here is what Flash Player and Flash Media Server did, and all peers copy.
import { hmacSha256, SHA256_BYTES } from "@x/bits";

/** In which half of the random bytes a digest lies; both are in use, and a receiver tries both. */
export type DigestHalf = "first" | "second";

const HALVES: readonly DigestHalf[] = ["first", "second"];

/** Where each half begins: with four bytes whose sum says where in it the digest is. */
const HALF_START = { first: 8, second: 772 } as const;
/** Bytes of a half, less the four and the digest. */
const PLACES = 728;

const COMMON = Uint8Array.of(
  ...[0xf0, 0xee, 0xc2, 0x4a, 0x80, 0x68, 0xbe, 0xe8, 0x2e, 0x00, 0xd0, 0xd1, 0x02, 0x9e, 0x7e],
  ...[0x57, 0x6e, 0xec, 0x5d, 0x2d, 0x29, 0x80, 0x6f, 0xab, 0x93, 0xb8, 0xe6, 0x36, 0xcf, 0xeb],
  ...[0x31, 0xae],
);

/** Keys of a side: the text alone for the digest in C1 or S1, with `COMMON` behind it for the signature of C2 or S2. */
interface Keys {
  readonly digest: Uint8Array;
  readonly signature: Uint8Array;
}

function keysOf(text: string): Keys {
  const digest = new TextEncoder().encode(text);
  return { digest, signature: Uint8Array.of(...digest, ...COMMON) };
}

/** A side of the handshake. */
export type HandshakeRole = "client" | "server";

const KEYS: Readonly<Record<HandshakeRole, Keys>> = {
  client: keysOf("Genuine Adobe Flash Player 001"),
  server: keysOf("Genuine Adobe Flash Media Server 001"),
};

/** Write the digest of `role` into its C1 or S1, which is otherwise complete. */
export function imprintDigest(block: Uint8Array, role: HandshakeRole, half: DigestHalf): void {
  const at = digestOffset(block, half);
  block.set(digestAt(block, role, at), at);
}

/** The digest that `role` put into its C1 or S1; `undefined` for random bytes. */
export function findDigest(
  block: Uint8Array,
  role: HandshakeRole,
): { readonly half: DigestHalf; readonly digest: Uint8Array } | undefined {
  for (const half of HALVES) {
    const at = digestOffset(block, half);
    const digest = block.subarray(at, at + SHA256_BYTES);
    if (equal(digest, digestAt(block, role, at))) return { half, digest };
  }
  return undefined;
}

/** Sign a C2 or S2 of `role`, in its last 32 bytes, for the peer whose C1 or S1 had `digest`. */
export function sign(block: Uint8Array, role: HandshakeRole, digest: Uint8Array): void {
  block.set(signatureOf(block, role, digest), block.length - SHA256_BYTES);
}

/** True when `role` has signed its C2 or S2 for our `digest`. */
export function isSigned(block: Uint8Array, role: HandshakeRole, digest: Uint8Array): boolean {
  const signature = block.subarray(block.length - SHA256_BYTES);
  return equal(signature, signatureOf(block, role, digest));
}

function digestOffset(block: Uint8Array, half: DigestHalf): number {
  const start = HALF_START[half];
  const [a = 0, b = 0, c = 0, d = 0] = block.subarray(start, start + 4);
  return start + 4 + ((a + b + c + d) % PLACES);
}

/** Of all bytes around the place where it is written. */
function digestAt(block: Uint8Array, role: HandshakeRole, at: number): Uint8Array {
  return hmacSha256(KEYS[role].digest, block.subarray(0, at), block.subarray(at + SHA256_BYTES));
}

function signatureOf(block: Uint8Array, role: HandshakeRole, digest: Uint8Array): Uint8Array {
  const key = hmacSha256(KEYS[role].signature, digest);
  return hmacSha256(key, block.subarray(0, block.length - SHA256_BYTES));
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
