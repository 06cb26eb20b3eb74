import { type AncPacket, payload } from "./anc-packet.js";
import { fits, fitsLength } from "./fits.js";
import { lengthError } from "./payload-error.js";
import {
  Collector,
  type ReassemblerOptions,
  type ReassemblyIssueCode,
  streamKey,
} from "./reassembly.js";

const CLAUSE = "ST 2010";
const MAX_MESSAGE_SIZE = 2000;
const MAX_PIECE_SIZE = 254;
const VERSION = 1;

/** The first byte of a packet that carries SCTE 104, DID 41 SDID 07 (ST 2010). */
export interface Scte104Descriptor {
  /** b4…b3: 1. */
  readonly version: number;
  /** b2: the message goes on in the next packet. */
  readonly continuedPkt: boolean;
  /** b1: the packet goes on with the message of the one before. */
  readonly followingPkt: boolean;
  /** b0: the message was sent before. */
  readonly duplicateMsg: boolean;
}

/** A message that a {@link Scte104Reassembler} completed. */
export interface Scte104Assembled {
  /** The SCTE 104 message, for `decodeScte104Message`: a copy. */
  readonly message: Uint8Array<ArrayBuffer>;
  readonly duplicateMsg: boolean;
  /** Of its first packet. */
  readonly cNotYChannelFlag: boolean;
  /** Of its first packet. */
  readonly streamNum: number | undefined;
}

/**
 * Decode the payload descriptor. Reserved bits are ignored.
 * @throws {FormatError} `length` when the payload is empty.
 */
export function decodeScte104Descriptor(payload: Uint8Array): Scte104Descriptor {
  const [first] = payload;
  if (first === undefined) throw lengthError("payloadDescriptor", 0, 1, 0, CLAUSE);
  return {
    version: (first >> 3) & 3,
    continuedPkt: (first & 4) !== 0,
    followingPkt: (first & 2) !== 0,
    duplicateMsg: (first & 1) !== 0,
  };
}

/**
 * Encode the payload descriptor: the first byte of the payload, reserved bits zero.
 * @throws {RangeError} when the version does not fit two bits.
 */
export function encodeScte104Descriptor(descriptor: Scte104Descriptor): number {
  fits("version", descriptor.version, 3);
  const { version, continuedPkt, followingPkt, duplicateMsg } = descriptor;
  return (version << 3) | (continuedPkt ? 4 : 0) | (followingPkt ? 2 : 0) | (duplicateMsg ? 1 : 0);
}

/**
 * Put an SCTE 104 message into the payloads of as many packets as it needs, for DID 41 SDID 07.
 * @throws {RangeError} when the message is empty or exceeds 2000 bytes.
 */
export function splitScte104(
  message: Uint8Array,
  options: { readonly duplicateMsg?: boolean } = {},
): Uint8Array<ArrayBuffer>[] {
  fitsLength("message", message, MAX_MESSAGE_SIZE, 1);
  const payloads: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 0; at < message.length; at += MAX_PIECE_SIZE) {
    const piece = message.subarray(at, at + MAX_PIECE_SIZE);
    const bytes = new Uint8Array(1 + piece.length);
    bytes[0] = encodeScte104Descriptor({
      version: VERSION,
      continuedPkt: at + piece.length < message.length,
      followingPkt: at > 0,
      duplicateMsg: options.duplicateMsg ?? false,
    });
    bytes.set(piece, 1);
    payloads.push(bytes);
  }
  return payloads;
}

/** A message whose loss was reported: what else comes of it is passed over. */
const LOST = "lost";

interface Pending extends Omit<Scte104Assembled, "message"> {
  readonly bytes: Collector;
}

/**
 * Joins SCTE 104 messages that span packets (ST 2010), separately for each channel and stream. Packets are expected in
 * order, with DID 41 SDID 07. A message with a missing packet is dropped and reported; nothing throws on input. At
 * most `maxMessageSize` bytes (default 2000) are held for each channel and stream.
 */
export class Scte104Reassembler {
  readonly #maxMessageSize: number;
  readonly #onIssue: ReassemblerOptions["onIssue"];
  readonly #pending = new Map<number, Pending | typeof LOST>();
  #offset = 0;

  constructor(options: ReassemblerOptions = {}) {
    this.#maxMessageSize = options.maxMessageSize ?? MAX_MESSAGE_SIZE;
    this.#onIssue = options.onIssue;
  }

  /** The message that this packet completes, if it does. */
  push(packet: AncPacket): Scte104Assembled | undefined {
    const bytes = payload(packet);
    const assembled = this.#take(packet, bytes);
    this.#offset += bytes.length;
    return assembled;
  }

  /** Call at the end of the stream: reports what is unfinished and forgets it. */
  flush(): void {
    for (const pending of this.#pending.values()) {
      if (pending !== LOST) this.#report("gap", "the stream ended inside a message");
    }
    this.reset();
  }

  /** Forget everything. */
  reset(): void {
    this.#pending.clear();
    this.#offset = 0;
  }

  #take(packet: AncPacket, bytes: Uint8Array): Scte104Assembled | undefined {
    if (bytes.length === 0) {
      this.#report("length", "a packet without a payload descriptor");
      return undefined;
    }
    const { continuedPkt, followingPkt, duplicateMsg } = decodeScte104Descriptor(bytes);
    const key = streamKey(packet);
    let pending = this.#pending.get(key);
    if (!followingPkt) {
      if (pending !== undefined && pending !== LOST)
        this.#report("gap", "a message without its end");
      const { cNotYChannelFlag, streamNum } = packet;
      pending = { bytes: new Collector(), duplicateMsg, cNotYChannelFlag, streamNum };
    } else if (pending === undefined) {
      this.#report("gap", "a message without its beginning");
      pending = LOST;
    }
    if (pending !== LOST) pending = this.#append(pending, bytes.subarray(1));
    if (continuedPkt) this.#pending.set(key, pending);
    else this.#pending.delete(key);
    return continuedPkt || pending === LOST ? undefined : this.#finish(pending, followingPkt);
  }

  #append(pending: Pending, piece: Uint8Array): Pending | typeof LOST {
    if (pending.bytes.length + piece.length > this.#maxMessageSize) {
      this.#report("limit", `a message of more than ${this.#maxMessageSize} bytes`);
      return LOST;
    }
    pending.bytes.append(piece);
    return pending;
  }

  #finish(pending: Pending, severalPackets: boolean): Scte104Assembled | undefined {
    const { bytes, ...rest } = pending;
    const message = bytes.view().slice();
    // Packets are not numbered: only the message size tells that one in the middle is missing.
    const messageSize = ((message[2] ?? 0) << 8) | (message[3] ?? 0);
    if (severalPackets && messageSize !== message.length) {
      this.#report("gap", `${message.length} of ${messageSize} bytes of a message`);
      return undefined;
    }
    return { message, ...rest };
  }

  #report(code: ReassemblyIssueCode, message: string): void {
    const field = code === "length" ? "payloadDescriptor" : "message";
    this.#onIssue?.({ code, severity: "error", offset: this.#offset, field, message });
  }
}
