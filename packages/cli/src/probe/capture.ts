import { PendingBytes } from "@x/bits";

/** A UDP datagram out of a capture file. */
export interface CapturedDatagram {
  /** Nanoseconds since 1970. */
  readonly timeNs: bigint;
  /** `10.0.0.1:5004` or `[::1]:5004`. */
  readonly source: string;
  readonly destination: string;
  /** A view of what the reader was given. */
  readonly payload: Uint8Array;
}

const NS = 1_000_000_000n;
const PCAPNG_MAGIC = 0x0a0d0d0a;
const LINK_ETHERNET = 1;
const LINK_RAW = 101;
const LINK_LINUX_SLL = 113;
const LINK_LINUX_SLL2 = 276;
const LINK_NULL = 0;

/** True when the bytes begin like a pcap or pcapng file. */
export function isCapture(bytes: Uint8Array): boolean {
  if (bytes.length < 4) return false;
  const magic = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0);
  return (
    magic === PCAPNG_MAGIC ||
    magic === 0xa1b2c3d4 ||
    magic === 0xd4c3b2a1 ||
    magic === 0xa1b23c4d ||
    magic === 0x4d3cb2a1
  );
}

/** Longer than any record of a capture: a length beyond it is damage. */
const MAX_RECORD = 2 ** 24;
const PCAP_HEADER = 24;
const RECORD_HEADER = 16;
/** Type and length at the front, length at the end. */
const LEAST_BLOCK = 12;

interface Interface {
  readonly linkType: number;
  readonly ticksPerSecond: bigint;
}

/**
 * Takes the UDP datagrams out of a pcap (micro- or nanoseconds, either byte order) or pcapng file with Ethernet, VLAN,
 * Linux cooked, loopback or raw IP frames, in chunks of any size. IP fragments are counted, not joined.
 */
export class CaptureReader {
  readonly #onDatagram: (datagram: CapturedDatagram) => void;
  readonly #pending = new PendingBytes();
  #format: "pcap" | "pcapng" | undefined;
  #little = false;
  /** Of pcap the first one for all. */
  #interfaces: Interface[] = [];
  #damagedAt: number | undefined;
  #otherPackets = 0;

  constructor(onDatagram: (datagram: CapturedDatagram) => void) {
    this.#onDatagram = onDatagram;
  }

  /** Packets that are not UDP, or fragments. */
  get otherPackets(): number {
    return this.#otherPackets;
  }

  /** Offset of a length that cannot be: nothing behind it was read. */
  get damagedAt(): number | undefined {
    return this.#damagedAt;
  }

  push(chunk: Uint8Array): void {
    if (this.#damagedAt !== undefined) return;
    const bytes = this.#pending.append(chunk);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = this.#format === undefined ? this.#begin(bytes, view) : 0;
    while (this.#format !== undefined && this.#damagedAt === undefined) {
      const end =
        this.#format === "pcap" ? this.#record(bytes, view, at) : this.#block(bytes, view, at);
      if (end === at) break;
      at = end;
    }
    this.#pending.keep(bytes, at);
  }

  /** True when the capture ended inside a packet. */
  get isCut(): boolean {
    return this.#damagedAt === undefined && this.#pending.length > 0;
  }

  /** The file header, and where the first record or block begins. */
  #begin(bytes: Uint8Array, view: DataView): number {
    if (bytes.length < PCAP_HEADER) return 0;
    const magic = view.getUint32(0);
    if (magic === PCAPNG_MAGIC) {
      this.#format = "pcapng";
      return 0;
    }
    this.#format = "pcap";
    this.#little = magic === 0xd4c3b2a1 || magic === 0x4d3cb2a1;
    const nanoseconds = magic === 0xa1b23c4d || magic === 0x4d3cb2a1;
    const linkType = view.getUint32(20, this.#little) & 0xffff;
    this.#interfaces = [{ linkType, ticksPerSecond: nanoseconds ? NS : 1_000_000n }];
    return PCAP_HEADER;
  }

  /** Where the record at `at` ends, or `at` when it is not whole yet. */
  #record(bytes: Uint8Array, view: DataView, at: number): number {
    if (at + RECORD_HEADER > bytes.length) return at;
    const length = view.getUint32(at + 8, this.#little);
    if (length > MAX_RECORD) return this.#damage(at);
    const start = at + RECORD_HEADER;
    if (start + length > bytes.length) return at;
    const { linkType, ticksPerSecond } = this.#interfaces[0] as Interface;
    const seconds = BigInt(view.getUint32(at, this.#little));
    const fraction = BigInt(view.getUint32(at + 4, this.#little));
    const timeNs = seconds * NS + (fraction * NS) / ticksPerSecond;
    this.#frame(bytes.subarray(start, start + length), linkType, timeNs);
    return start + length;
  }

  /** Where the block at `at` ends, or `at` when it is not whole yet. */
  #block(bytes: Uint8Array, view: DataView, at: number): number {
    if (at + LEAST_BLOCK > bytes.length) return at;
    if (view.getUint32(at) === PCAPNG_MAGIC) {
      this.#little = view.getUint32(at + 8) === 0x4d3c2b1a;
      this.#interfaces = [];
    }
    const type = view.getUint32(at, this.#little);
    const length = view.getUint32(at + 4, this.#little);
    if (length < LEAST_BLOCK || length > MAX_RECORD) return this.#damage(at);
    if (at + length > bytes.length) return at;
    const end = at + length - 4;
    if (type === 1 && length >= 20) {
      const ticksPerSecond = timeResolution(view, at + 16, end, this.#little);
      this.#interfaces.push({ linkType: view.getUint16(at + 8, this.#little), ticksPerSecond });
    } else if (type === 6 && length >= 32) {
      const from = this.#interfaces[view.getUint32(at + 8, this.#little)];
      const captured = view.getUint32(at + 20, this.#little);
      if (from !== undefined && at + 28 + captured <= end) {
        const high = BigInt(view.getUint32(at + 12, this.#little));
        const ticks = (high << 32n) | BigInt(view.getUint32(at + 16, this.#little));
        const timeNs = (ticks * NS) / from.ticksPerSecond;
        this.#frame(bytes.subarray(at + 28, at + 28 + captured), from.linkType, timeNs);
      }
    }
    return at + length;
  }

  #damage(at: number): number {
    this.#damagedAt = this.#pending.offset + at;
    return at;
  }

  #frame(frame: Uint8Array, linkType: number, timeNs: bigint): void {
    const datagram = datagramOf(networkPart(frame, linkType), timeNs);
    if (datagram === undefined) this.#otherPackets++;
    else this.#onDatagram(datagram);
  }
}

/** Option if_tsresol (9) of an interface block: a power of ten, or of two when b7 is set. Default microseconds. */
function timeResolution(view: DataView, start: number, end: number, little: boolean): bigint {
  let at = start;
  while (at + 4 <= end) {
    const code = view.getUint16(at, little);
    const length = view.getUint16(at + 2, little);
    if (code === 0) break;
    if (code === 9 && length === 1 && at + 4 < end) {
      const value = view.getUint8(at + 4);
      return (value & 0x80) === 0 ? 10n ** BigInt(value) : 2n ** BigInt(value & 0x7f);
    }
    at += 4 + Math.ceil(length / 4) * 4;
  }
  return 1_000_000n;
}

/** The IP packet in a link-layer frame. */
function networkPart(frame: Uint8Array, linkType: number): Uint8Array | undefined {
  switch (linkType) {
    case LINK_ETHERNET: {
      let at = 12;
      // VLAN tags: 802.1Q and 802.1ad.
      while (frame.length >= at + 2 && (u16(frame, at) === 0x8100 || u16(frame, at) === 0x88a8)) {
        at += 4;
      }
      if (frame.length < at + 2) return undefined;
      const type = u16(frame, at);
      return type === 0x0800 || type === 0x86dd ? frame.subarray(at + 2) : undefined;
    }
    case LINK_RAW:
      return frame;
    case LINK_NULL:
      return frame.subarray(4);
    case LINK_LINUX_SLL:
      return frame.subarray(16);
    case LINK_LINUX_SLL2:
      return frame.subarray(20);
    default:
      return undefined;
  }
}

function datagramOf(ip: Uint8Array | undefined, timeNs: bigint): CapturedDatagram | undefined {
  if (ip === undefined || ip.length < 20) return undefined;
  const version = (ip[0] as number) >>> 4;
  if (version === 4) {
    const header = ((ip[0] as number) & 0x0f) * 4;
    const isFragment = (u16(ip, 6) & 0x3fff) !== 0;
    if (ip[9] !== 17 || isFragment || ip.length < header + 8) return undefined;
    const host = (at: number): string => ip.subarray(at, at + 4).join(".");
    return udp(ip.subarray(header, Math.max(header + 8, u16(ip, 2))), host(12), host(16), timeNs);
  }
  if (version === 6 && ip.length >= 48 && ip[6] === 17) {
    const host = (at: number): string => {
      const groups = [0, 2, 4, 6, 8, 10, 12, 14].map((i) => u16(ip, at + i).toString(16));
      return `[${groups.join(":").replace(/(^|:)0(:0)+(:|$)/, "::")}]`;
    };
    return udp(ip.subarray(40), host(8), host(24), timeNs);
  }
  return undefined;
}

function udp(
  segment: Uint8Array,
  from: string,
  to: string,
  timeNs: bigint,
): CapturedDatagram | undefined {
  const length = u16(segment, 4);
  if (length < 8 || length > segment.length) return undefined;
  return {
    timeNs,
    source: `${from}:${u16(segment, 0)}`,
    destination: `${to}:${u16(segment, 2)}`,
    payload: segment.subarray(8, length),
  };
}

function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}
