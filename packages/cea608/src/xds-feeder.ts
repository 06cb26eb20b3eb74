import { bytesToWords, withPairParity } from "./parity.js";
import { encodeXdsPacket, type XdsPacket } from "./xds.js";

/** Sends XDS packets a pair at a time, and takes them up again after captions came in between (CTA-608-E 9.2). */
export class XdsFeeder {
  readonly #queue: Uint16Array[] = [];
  /** How much of the first packet was sent. */
  #at = 0;
  #interrupted = false;

  /** Nothing is left to be sent. */
  get idle(): boolean {
    return this.#queue.length === 0;
  }

  /** @throws {RangeError} as `encodeXdsPacket`. */
  push(packet: XdsPacket): void {
    this.#queue.push(bytesToWords(encodeXdsPacket(packet)));
  }

  /** Captions took the line: the packet in hand needs its continue pair. */
  interrupt(): void {
    this.#interrupted = this.#at > 0;
  }

  /** The next word, `undefined` when there is none. */
  next(): number | undefined {
    const [words] = this.#queue;
    if (words === undefined) return undefined;
    if (this.#interrupted) {
      this.#interrupted = false;
      // The code to continue a class is the one after the code to start it.
      return withPairParity((words[0] as number) + 0x0100);
    }
    const word = words[this.#at++];
    if (this.#at === words.length) {
      this.#queue.shift();
      this.#at = 0;
    }
    return word;
  }
}
