// What the suite asks of an implementation, in plain data, so that a binding of another library fits.
import type { AfdBarData } from "../afd.js";
import type { AncillaryTimeCode } from "../atc.js";
import type { Cea608Packet } from "../cea608.js";
import type { HdrFrame } from "../hdr.js";
import type { KlvTriplet } from "../klv.js";
import type { Op47Sdp } from "../op47.js";
import type { Scte104Message } from "../scte104-message.js";
import type { VancFormat } from "../vanc-raster.js";
import type { PayloadIdentifier } from "../vpid.js";

/** The eight-bit content of a packet. */
export interface PacketContent {
  readonly did: number;
  /** SDID of a type 2 packet, data block number of a type 1 packet. */
  readonly sdidOrDbn: number;
  readonly payload: Uint8Array;
}

/** A codec of one payload. `decode` throws on a payload that it refuses. */
export interface PayloadCodec<T> {
  decode(payload: Uint8Array): T;
  encode(value: T): Uint8Array;
}

/** A packet in a line. */
export interface PlacedWords {
  /** `true` for the colour-difference stream of HD. */
  readonly cNotYChannelFlag: boolean;
  /** Word of the stream at which the ancillary data flag begins. */
  readonly horizontalOffset: number;
  /** DID to CS, ten bits each. */
  readonly words: Uint16Array;
}

/** An implementation under test. What it lacks is not tested. */
export interface St291Implementation {
  /** The words of a packet, DID to CS, with parity and checksum. */
  createPacket(content: PacketContent): ArrayLike<number>;
  /** The eight-bit content of a packet's words, whatever their parity and checksum. */
  readPacket(words: Uint16Array): PacketContent;
  /** The ten-bit word of a byte. */
  wordOf?(byte: number): number;
  /** The checksum word of the words before it. */
  checksumWord?(words: readonly number[]): number;
  /** Is the packet's checksum right? */
  checksumValid?(words: Uint16Array): boolean;
  /** Indexes of the words before the checksum that have not their parity. */
  parityErrors?(words: Uint16Array): readonly number[];
  readonly afd?: PayloadCodec<AfdBarData>;
  readonly atc?: PayloadCodec<AncillaryTimeCode>;
  readonly cea608?: PayloadCodec<Cea608Packet>;
  readonly hdr?: PayloadCodec<readonly HdrFrame[]>;
  readonly klv?: PayloadCodec<readonly KlvTriplet[]>;
  readonly op47?: PayloadCodec<Op47Sdp>;
  readonly scte104?: PayloadCodec<Scte104Message>;
  readonly vpid?: PayloadCodec<PayloadIdentifier>;
  /** Cut an SCTE 104 message into payloads. */
  splitScte104?(message: Uint8Array): readonly Uint8Array[];
  /** Join the messages of payloads that came one after the other. */
  joinScte104?(payloads: readonly Uint8Array[]): readonly Uint8Array[];
  /** Cut a KLV message into payloads. */
  splitKlv?(message: Uint8Array, messageId: number): readonly Uint8Array[];
  /** Join the messages of payloads that came one after the other. Incomplete ones are left out. */
  joinKlv?(payloads: readonly Uint8Array[]): readonly Uint8Array[];
  /** Write packets, in this order, into a blank line. Throws when they do not fit. */
  fillLine?(format: VancFormat, packets: readonly PlacedWords[]): Uint8Array;
  /** Find the packets of a line whose checksum is right, luma before colour difference. */
  readLine?(line: Uint8Array, format: VancFormat): readonly PlacedWords[];
}

/** What the suite asks of a test runner: `describe` and `test` of vitest, node:test, mocha or jest fit. */
export interface SuiteRunner {
  describe(name: string, body: () => void): void;
  test(name: string, body: () => void): void;
  /** Runs of each property. Default 100. */
  readonly numRuns?: number;
}
