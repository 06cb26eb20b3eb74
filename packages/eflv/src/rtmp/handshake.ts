import { concatBytes } from "@x/bits";

/** Bytes of C1, C2, S1 and S2. */
export const HANDSHAKE_BLOCK = 1536;
const RANDOM_BYTES = 1528;
const VERSION = 3;

/** What makes a handshake: the caller's, so that tests and replays are exact. */
export interface HandshakeInit {
  /** Milliseconds, 32 bits. Default 0. */
  readonly time?: number;
  /** 1528 bytes, ideally random: the peer echoes them. Default zeros. */
  readonly random?: Uint8Array;
}

/** What {@link RtmpHandshake.push} gives. */
export interface HandshakeStep {
  /** Bytes to send now; may be empty. */
  readonly send: Uint8Array;
  /** What followed the handshake, once it is complete; `undefined` before. */
  readonly rest: Uint8Array | undefined;
}

/**
 * The simple handshake (RTMP 1.0, 5.2), of either side. The echo is not checked: many peers do not send it right. A peer
 * that offers a digest (the complex handshake) gets the simple echo, which it must accept.
 */
export class RtmpHandshake {
  readonly #isClient: boolean;
  readonly #own: Uint8Array;
  #received: Uint8Array = new Uint8Array(0);
  #answered = false;

  /** @throws {RangeError} for random bytes of another number than 1528 */
  constructor(role: "client" | "server", init: HandshakeInit = {}) {
    const { time = 0, random = new Uint8Array(RANDOM_BYTES) } = init;
    if (random.length !== RANDOM_BYTES) throw new RangeError(`random: ${random.length} bytes`);
    this.#isClient = role === "client";
    this.#own = new Uint8Array(HANDSHAKE_BLOCK);
    new DataView(this.#own.buffer).setUint32(0, time >>> 0);
    this.#own.set(random, 8);
  }

  /** What to send before anything has come: C0 and C1; a server waits. */
  start(): Uint8Array {
    return this.#isClient ? concatBytes(Uint8Array.of(VERSION), this.#own) : new Uint8Array(0);
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
      const echo = bytes.slice(1, 1 + HANDSHAKE_BLOCK);
      echo.set(this.#own.subarray(0, 4), 4);
      send = this.#isClient ? echo : concatBytes(Uint8Array.of(VERSION), this.#own, echo);
    }
    const size = 1 + 2 * HANDSHAKE_BLOCK;
    return { send, rest: bytes.length >= size ? bytes.slice(size) : undefined };
  }
}
