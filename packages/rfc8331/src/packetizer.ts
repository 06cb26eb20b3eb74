import { encodeRtpHeaderInto, RTP_HEADER_SIZE } from "@x/bits";
import { type AncPacket, did, sdid } from "@x/st291";
import { checkAncPacket, fits, sizeOfAncPacket } from "./anc-data-packet.js";
import { F_INVALID } from "./field.js";
import {
  MAX_ANC_COUNT,
  MAX_SINGLE_PAYLOAD_SIZE,
  PAYLOAD_HEADER_SIZE,
  putPayload,
} from "./payload.js";

/** Largest RTP packet under ST 2110-10's standard UDP size limit: 1460 octets less the UDP header. */
export const DEFAULT_RTP_LIMIT = 1452;
/** Smallest `rtpLimit`: an ANC packet of 255 words in an RTP packet of its own. */
export const MIN_RTP_LIMIT: number = RTP_HEADER_SIZE + MAX_SINGLE_PAYLOAD_SIZE;
/** Largest `rtpLimit`: an IPv4 datagram of 65535 bytes. */
export const MAX_RTP_LIMIT = 65_507;

/** The largest RTP packet that an IP packet of `mtu` bytes holds: without IP (20 or 40) and UDP (8) headers. */
export function rtpLimitOfMtu(mtu: number, ipVersion: 4 | 6 = 4): number {
  return mtu - (ipVersion === 4 ? 20 : 40) - 8;
}

/** How an {@link AncPacketizer} sends. */
export interface AncPacketizerOptions {
  /** 0 to 127. Default 96. */
  readonly payloadType?: number;
  /** 32 bits. Default random. */
  readonly ssrc?: number;
  /** 32-bit sequence number of the first packet. Default: low half random, high half 0. */
  readonly extendedSequenceNumber?: number;
  /** Largest RTP packet in bytes, its header included: 348 to 65507. Default 1452. See {@link rtpLimitOfMtu}. */
  readonly rtpLimit?: number;
  /**
   * `"raster"` (default): by line, then offset, as RFC 8331 2 wants it for packets with a specific location;
   * equal and special places keep their order. `"given"`: as they come.
   */
  readonly order?: "raster" | "given";
  /**
   * `"st2110-40"` leaves out what ST 2110 carries elsewhere: audio (ST 272, ST 299), EDH and payload identifier
   * packets. Default `"rfc8331"`: everything goes.
   */
  readonly profile?: "rfc8331" | "st2110-40";
  /** An empty frame gives one packet with ANC_Count 0, as ST 2110-40 requires. Default `true`. */
  readonly keepAlive?: boolean;
}

/** The ancillary data of one frame (progressive) or one field (interlaced). */
export interface AncFrameInit {
  /** Sampling instant, 32 bits: see `rtpTimestamp`. */
  readonly timestamp: number;
  /** `F_PROGRESSIVE` (default), `F_FIELD_1` or `F_FIELD_2`. */
  readonly f?: number;
  readonly packets: readonly AncPacket[];
}

/** Packs frames of ancillary packets into RTP packets (RFC 8331 2). Counts the sequence number; does no I/O. */
export class AncPacketizer {
  readonly #payloadType: number;
  readonly #ssrc: number;
  readonly #rtpLimit: number;
  readonly #raster: boolean;
  readonly #filter: boolean;
  readonly #keepAlive: boolean;
  #sequence: number;
  #filtered = 0;

  /** @throws {RangeError} when an option is out of range */
  constructor(options: AncPacketizerOptions = {}) {
    this.#payloadType = options.payloadType ?? 96;
    this.#ssrc = options.ssrc ?? random(2 ** 32);
    this.#sequence = options.extendedSequenceNumber ?? random(2 ** 16);
    this.#rtpLimit = options.rtpLimit ?? DEFAULT_RTP_LIMIT;
    this.#raster = options.order !== "given";
    this.#filter = options.profile === "st2110-40";
    this.#keepAlive = options.keepAlive ?? true;
    fits("payloadType", this.#payloadType, 0x7f);
    fits("ssrc", this.#ssrc, 0xffff_ffff);
    fits("extendedSequenceNumber", this.#sequence, 0xffff_ffff);
    fits("rtpLimit", this.#rtpLimit, MAX_RTP_LIMIT, MIN_RTP_LIMIT);
  }

  /** 32-bit sequence number of the next packet. */
  get extendedSequenceNumber(): number {
    return this.#sequence;
  }

  /** Packets that the profile left out so far. */
  get filteredPackets(): number {
    return this.#filtered;
  }

  /**
   * The RTP packets of one frame or field, each in its own memory: packed greedily up to `rtpLimit` and 255 ANC
   * packets, the marker on the last.
   * @throws {RangeError} when a field does not fit; nothing is counted then
   */
  packetize(frame: AncFrameInit): Uint8Array<ArrayBuffer>[] {
    const { timestamp, f = 0 } = frame;
    fits("timestamp", timestamp, 0xffff_ffff);
    fits("f", f, 3);
    if (f === F_INVALID) throw new RangeError("f: 01 is not a valid value");
    for (let i = 0; i < frame.packets.length; i++) checkAncPacket(frame.packets[i] as AncPacket, i);
    const packets = this.#select(frame.packets);

    const rtpPackets: Uint8Array<ArrayBuffer>[] = [];
    let from = 0;
    while (from < packets.length || (rtpPackets.length === 0 && this.#keepAlive)) {
      let size = RTP_HEADER_SIZE + PAYLOAD_HEADER_SIZE;
      let to = from;
      for (; to < packets.length && to - from < MAX_ANC_COUNT; to++) {
        const more = sizeOfAncPacket(packets[to] as AncPacket);
        if (size + more > this.#rtpLimit) break;
        size += more;
      }
      const marker = to === packets.length;
      rtpPackets.push(this.#encode(size, marker, timestamp, f, packets.slice(from, to)));
      from = to;
    }
    return rtpPackets;
  }

  #select(given: readonly AncPacket[]): readonly AncPacket[] {
    let packets = given;
    if (this.#filter) {
      packets = packets.filter((packet) => !isCarriedElsewhere(packet));
      this.#filtered += given.length - packets.length;
    }
    return this.#raster && !inRasterOrder(packets) ? [...packets].sort(byPosition) : packets;
  }

  #encode(
    size: number,
    marker: boolean,
    timestamp: number,
    f: number,
    packets: readonly AncPacket[],
  ): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(size);
    const sequenceNumber = this.#sequence & 0xffff;
    const extendedSequenceNumber = this.#sequence >>> 16;
    const payloadType = this.#payloadType;
    encodeRtpHeaderInto(
      { marker, payloadType, sequenceNumber, timestamp, ssrc: this.#ssrc },
      bytes,
    );
    putPayload(extendedSequenceNumber, f, packets, bytes, RTP_HEADER_SIZE);
    this.#sequence = (this.#sequence + 1) % 2 ** 32;
    return bytes;
  }
}

/**
 * True for what ST 2110 carries in streams of its own or not at all: audio of ST 272 and ST 299, EDH (RP 165),
 * and payload identifiers (ST 352).
 */
export function isCarriedElsewhere(packet: AncPacket): boolean {
  const id = did(packet);
  return (
    (id >= 0xa0 && id <= 0xa7) ||
    (id >= 0xe0 && id <= 0xe7) ||
    (id >= 0xec && id <= 0xef) ||
    id === 0xf4 ||
    id >= 0xf8 ||
    (id === 0x41 && sdid(packet) === 0x01)
  );
}

function byPosition(a: AncPacket, b: AncPacket): number {
  return a.lineNumber - b.lineNumber || a.horizontalOffset - b.horizontalOffset;
}

function inRasterOrder(packets: readonly AncPacket[]): boolean {
  for (let i = 1; i < packets.length; i++) {
    if (byPosition(packets[i - 1] as AncPacket, packets[i] as AncPacket) > 0) return false;
  }
  return true;
}

/** RFC 3550 5.1 wants random starts. */
function random(limit: number): number {
  return (crypto.getRandomValues(new Uint32Array(1))[0] as number) % limit;
}
