import { type AncPacket, payload, sdid } from "./anc-packet.js";
import { decodeKlvPacket, type KlvPacket, MAX_KLV_DATA_SIZE, measureKlv } from "./klv.js";
import {
  Collector,
  type ReassemblerOptions,
  type ReassemblyIssueCode,
  streamKey,
} from "./reassembly.js";

const MAX_MESSAGE_SIZE = 65536;
const HEADER_SIZE = 3;

/** A KLV message that a {@link KlvReassembler} joined. */
export interface KlvMessage {
  readonly messageId: number;
  /** For `decodeKlv`: a copy. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** `false` when its last triplet is cut off, because packets are missing or the sender stopped. */
  readonly complete: boolean;
  /** Of its first packet. */
  readonly cNotYChannelFlag: boolean;
  /** Of its first packet. */
  readonly streamNum: number | undefined;
}

interface Pending {
  readonly messageId: number;
  readonly cNotYChannelFlag: boolean;
  readonly streamNum: number | undefined;
  bytes: Collector;
  /** Bytes of whole triplets. */
  whole: number;
  lastCount: number;
  /** Its loss was reported: what else comes of it is passed over. */
  lost: boolean;
}

/**
 * Joins KLV messages that span packets (RP 214), separately for each channel, stream and SDID. Packets are expected in
 * order, with DID 44 SDID 04 or 14. The last packet of a message is not marked, so a message is given out when a packet
 * that is not full completes its last triplet, else when the next message begins or at `flush`. A message with a
 * missing packet is given out up to there; nothing throws on input. At most `maxMessageSize` bytes (default 65536) are
 * held for each channel, stream and SDID.
 */
export class KlvReassembler {
  readonly #maxMessageSize: number;
  readonly #onIssue: ReassemblerOptions["onIssue"];
  readonly #pending = new Map<number, Pending>();
  #offset = 0;

  constructor(options: ReassemblerOptions = {}) {
    this.#maxMessageSize = options.maxMessageSize ?? MAX_MESSAGE_SIZE;
    this.#onIssue = options.onIssue;
  }

  /** The messages that this packet ends or completes: none, one or two. */
  push(packet: AncPacket): KlvMessage[] {
    const bytes = payload(packet);
    const messages: KlvMessage[] = [];
    if (bytes.length < HEADER_SIZE) this.#report("length", "klv", "a packet without its header");
    else this.#take(packet, decodeKlvPacket(bytes), messages);
    this.#offset += bytes.length;
    return messages;
  }

  /** Call at the end of the stream: gives out what is held. */
  flush(): KlvMessage[] {
    const messages: KlvMessage[] = [];
    for (const pending of this.#pending.values()) this.#end(pending, messages);
    this.reset();
    return messages;
  }

  /** Forget everything. */
  reset(): void {
    this.#pending.clear();
    this.#offset = 0;
  }

  #take(packet: AncPacket, klv: KlvPacket, messages: KlvMessage[]): void {
    const key = streamKey(packet) * 256 + (sdid(packet) ?? 0);
    let pending = this.#pending.get(key);
    const next = pending === undefined ? -1 : (pending.lastCount + 1) & 0xffff;
    if (pending?.messageId !== klv.messageId || klv.packetSequenceCount !== next) {
      pending = this.#begin(packet, klv, pending, messages);
      this.#pending.set(key, pending);
    }
    pending.lastCount = klv.packetSequenceCount;
    if (pending.lost) return;
    if (pending.bytes.length + klv.data.length > this.#maxMessageSize) {
      const message = `a message of more than ${this.#maxMessageSize} bytes`;
      this.#report("limit", "message", message);
      this.#give(pending, messages);
      return;
    }
    pending.bytes.append(klv.data);
    if (klv.data.length < MAX_KLV_DATA_SIZE && isWhole(pending)) {
      this.#give(pending, messages);
      // The sender may go on with further triplets in short packets.
      pending.bytes = new Collector();
      pending.whole = 0;
      pending.lost = false;
    }
  }

  #begin(
    packet: AncPacket,
    klv: KlvPacket,
    before: Pending | undefined,
    messages: KlvMessage[],
  ): Pending {
    const { cNotYChannelFlag, streamNum } = packet;
    const { messageId, packetSequenceCount } = klv;
    // Senders count from 0 or from 1.
    const lost = packetSequenceCount > 1;
    if (before !== undefined) {
      const sameMessage = lost && before.messageId === messageId;
      this.#end(before, messages, !sameMessage);
    }
    if (lost) {
      const message = `packet ${packetSequenceCount} of message ${messageId} without those before`;
      this.#report("gap", "packetSequenceCount", message);
    }
    const bytes = new Collector();
    return { messageId, cNotYChannelFlag, streamNum, bytes, whole: 0, lastCount: 0, lost };
  }

  #end(pending: Pending, messages: KlvMessage[], report = true): void {
    if (pending.lost) return;
    if (report && !isWhole(pending)) this.#report("gap", "message", "a message without its end");
    this.#give(pending, messages);
  }

  #give(pending: Pending, messages: KlvMessage[]): void {
    pending.lost = true;
    if (pending.bytes.length === 0) return;
    const { messageId, cNotYChannelFlag, streamNum } = pending;
    const data = pending.bytes.view().slice();
    messages.push({ messageId, data, complete: isWhole(pending), cNotYChannelFlag, streamNum });
  }

  #report(code: ReassemblyIssueCode, field: string, message: string): void {
    this.#onIssue?.({ code, severity: "error", offset: this.#offset, field, message });
  }
}

/** True when the bytes end with a triplet. Walks on from where the last call stopped. */
function isWhole(pending: Pending): boolean {
  const bytes = pending.bytes.view();
  while (pending.whole < bytes.length) {
    const { end } = measureKlv(bytes, pending.whole);
    if (end > bytes.length) return false;
    pending.whole = end;
  }
  return true;
}
