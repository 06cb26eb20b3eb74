import { concatBytes } from "@x/bits";
import {
  type DigestHalf,
  findDigest,
  type HandshakeRole,
  imprintDigest,
  isSigned,
  sign,
} from "./digest.js";

/** Bytes of C1, C2, S1 and S2. */
export const HANDSHAKE_BLOCK = 1536;
const RANDOM_BYTES = 1528;
const VERSION = 3;
/** Second words that announce a digest; 0 announces none. Flash Player 9.0.124.2 and Flash Media Server 4.5.0.1. */
const SOFTWARE_VERSION = { client: 0x09007c02, server: 0x04050001 } as const;

/** What makes a handshake: the caller's, so that tests and replays are exact. */
export interface HandshakeInit {
  /** Milliseconds, 32 bits. Default 0. */
  readonly time?: number;
  /** 1528 bytes, ideally random: the peer echoes them. Default zeros. */
  readonly random?: Uint8Array;
  /**
   * Client: where C1 has its digest, or `none` for the simple handshake. Default `first`. Server: `none` answers every
   * client with the simple handshake; anything else answers a digest with one in the same half. Default `first`.
   */
  readonly digest?: DigestHalf | "none";
}

/** What {@link RtmpHandshake.push} gives. */
export interface HandshakeStep {
  /** Bytes to send now; may be empty. */
  readonly send: Uint8Array;
  /** What followed the handshake, once it is complete; `undefined` before. */
  readonly rest: Uint8Array | undefined;
}

/**
 * The handshake of either side: the simple one (RTMP 1.0, 5.2), or the one with digests where both sides know it. What
 * the peer echoes or signs is not required to be right: many peers do not send it right.
 */
export class RtmpHandshake {
  readonly #role: HandshakeRole;
  readonly #usesDigest: boolean;
  readonly #own: Uint8Array;
  #ownDigest: Uint8Array | undefined;
  #received: Uint8Array = new Uint8Array(0);
  #answered = false;
  #agreed: "simple" | "digest" | undefined;
  #verified: boolean | undefined;

  /** @throws {RangeError} for random bytes of another number than 1528 */
  constructor(role: HandshakeRole, init: HandshakeInit = {}) {
    const { time = 0, random = new Uint8Array(RANDOM_BYTES), digest = "first" } = init;
    if (random.length !== RANDOM_BYTES) throw new RangeError(`random: ${random.length} bytes`);
    this.#role = role;
    this.#usesDigest = digest !== "none";
    this.#own = new Uint8Array(HANDSHAKE_BLOCK);
    new DataView(this.#own.buffer).setUint32(0, time >>> 0);
    this.#own.set(random, 8);
    // A server learns from C1 where its own goes.
    if (role === "client" && digest !== "none") this.#imprint(digest);
  }

  /** Whether both sides know digests; `undefined` before the peer's first block has come. */
  get agreed(): "simple" | "digest" | undefined {
    return this.#agreed;
  }

  /** Whether the peer's second block echoes or signs ours as it should; `undefined` before it has come. */
  get verified(): boolean | undefined {
    return this.#verified;
  }

  /** What to send before anything has come: C0 and C1; a server waits. */
  start(): Uint8Array {
    if (this.#role === "server") return new Uint8Array(0);
    return concatBytes(Uint8Array.of(VERSION), this.#own);
  }

  /**
   * Feed bytes of the peer.
   * @returns `undefined` when the peer does not speak RTMP: a version of 32 or above
   */
  push(chunk: Uint8Array): HandshakeStep | undefined {
    this.#received = concatBytes(this.#received, chunk);
    const bytes = this.#received;
    if (bytes.length > 0 && (bytes[0] as number) >= 32) return undefined;
    let send: Uint8Array = new Uint8Array(0);
    if (!this.#answered && bytes.length >= 1 + HANDSHAKE_BLOCK) {
      this.#answered = true;
      send = this.#answer(bytes.subarray(1, 1 + HANDSHAKE_BLOCK));
    }
    const size = 1 + 2 * HANDSHAKE_BLOCK;
    if (bytes.length < size) return { send, rest: undefined };
    this.#verified = this.#verify(bytes.subarray(1 + HANDSHAKE_BLOCK, size));
    return { send, rest: bytes.slice(size) };
  }

  /** C2, or S0, S1 and S2: an echo of the peer's block, signed if the peer has a digest. */
  #answer(peerBlock: Uint8Array): Uint8Array {
    const peer = this.#role === "client" ? "server" : "client";
    const found = this.#usesDigest ? findDigest(peerBlock, peer) : undefined;
    this.#agreed = found === undefined ? "simple" : "digest";
    const second = peerBlock.slice();
    if (found === undefined) second.set(this.#own.subarray(0, 4), 4);
    else sign(second, this.#role, found.digest);
    if (this.#role === "client") return second;
    if (found !== undefined) this.#imprint(found.half);
    return concatBytes(Uint8Array.of(VERSION), this.#own, second);
  }

  #imprint(half: DigestHalf): void {
    new DataView(this.#own.buffer).setUint32(4, SOFTWARE_VERSION[this.#role]);
    imprintDigest(this.#own, this.#role, half);
    this.#ownDigest = findDigest(this.#own, this.#role)?.digest;
  }

  #verify(second: Uint8Array): boolean {
    if (this.#agreed === "digest") {
      const peer = this.#role === "client" ? "server" : "client";
      return this.#ownDigest !== undefined && isSigned(second, peer, this.#ownDigest);
    }
    return second.subarray(8).every((byte, i) => byte === this.#own[8 + i]);
  }
}
