import type { FormatIssue } from "@x/bits";
import type { AncPacket } from "./anc-packet.js";

/**
 * Why a reassembler lost data: `gap` (a packet of the message is missing), `length` (a packet or message does not have
 * the size that it should), `limit` (the message is larger than the option allows).
 */
export type ReassemblyIssueCode = "gap" | "length" | "limit";

/** What a reassembler reports. `offset` counts the user data words of all packets before this one. */
export type ReassemblyIssue = FormatIssue<ReassemblyIssueCode>;

/** How a reassembler behaves. */
export interface ReassemblerOptions {
  /** Bytes that a message may have; more is dropped. */
  readonly maxMessageSize?: number;
  /** Called for everything that was lost. Default: nobody is told. */
  readonly onIssue?: (issue: ReassemblyIssue) => void;
}

/** The space and stream that a packet is in: messages in different ones do not mix. */
export function streamKey(packet: AncPacket): number {
  return (packet.cNotYChannelFlag ? 0x100 : 0) | ((packet.streamNum ?? -1) + 1);
}

/** Bytes that grow at the end, in linear time. */
export class Collector {
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(512);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  append(piece: Uint8Array): void {
    const length = this.#length + piece.length;
    if (length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(length, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(piece, this.#length);
    this.#length = length;
  }

  /** A view: valid until the next `append`. */
  view(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }
}
