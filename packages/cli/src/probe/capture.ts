import { InputError } from "../errors.js";

/** A UDP datagram out of a capture file. */
export interface CapturedDatagram {
  /** Nanoseconds since 1970. */
  readonly timeNs: bigint;
  /** `10.0.0.1:5004` or `[::1]:5004`. */
  readonly source: string;
  readonly destination: string;
  /** A view of the capture. */
  readonly payload: Uint8Array;
}

/** A capture file taken apart: its UDP datagrams, and what else was in it. */
export interface Capture {
  readonly datagrams: readonly CapturedDatagram[];
  /** Packets that are not UDP, or fragments. */
  readonly otherPackets: number;
  /** True when the file ends inside a packet. */
  readonly truncated: boolean;
}

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
    magic === 0x0a0d0d0a ||
    magic === 0xa1b2c3d4 ||
    magic === 0xd4c3b2a1 ||
    magic === 0xa1b23c4d ||
    magic === 0x4d3cb2a1
  );
}

/**
 * Take the UDP datagrams out of a pcap (micro- or nanoseconds, either byte order) or pcapng file with Ethernet, VLAN,
 * Linux cooked, loopback or raw IP frames. IP fragments are counted, not joined.
 * @throws {InputError} when the file is no capture.
 */
export function readCapture(bytes: Uint8Array): Capture {
  if (!isCapture(bytes)) throw new InputError("the file is neither pcap nor pcapng");
  const collector = new DatagramCollector();
  const isPcapng = bytes[0] === 0x0a;
  const truncated = isPcapng ? readPcapng(bytes, collector) : readPcap(bytes, collector);
  return { datagrams: collector.datagrams, otherPackets: collector.otherPackets, truncated };
}

function readPcap(bytes: Uint8Array, collector: DatagramCollector): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const big = view.getUint32(0);
  const little = big === 0xd4c3b2a1 || big === 0x4d3cb2a1;
  const nanoseconds = big === 0xa1b23c4d || big === 0x4d3cb2a1;
  if (bytes.length < 24) return true;
  const linkType = view.getUint32(20, little) & 0xffff;
  let at = 24;
  while (at + 16 <= bytes.length) {
    const seconds = BigInt(view.getUint32(at, little));
    const fraction = BigInt(view.getUint32(at + 4, little));
    const length = view.getUint32(at + 8, little);
    const end = at + 16 + length;
    if (end > bytes.length) return true;
    const timeNs = seconds * 1_000_000_000n + (nanoseconds ? fraction : fraction * 1000n);
    collector.frame(bytes.subarray(at + 16, end), linkType, timeNs);
    at = end;
  }
  return at !== bytes.length;
}

function readPcapng(bytes: Uint8Array, collector: DatagramCollector): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let little = false;
  let interfaces: { readonly linkType: number; readonly ticksPerSecond: bigint }[] = [];
  let at = 0;
  while (at + 12 <= bytes.length) {
    if (view.getUint32(at) === 0x0a0d0d0a) {
      little = view.getUint32(at + 8) === 0x4d3c2b1a;
      interfaces = [];
    }
    const type = view.getUint32(at, little);
    const length = view.getUint32(at + 4, little);
    if (length < 12 || at + length > bytes.length) return true;
    const end = at + length - 4;
    if (type === 1 && length >= 20) {
      const ticksPerSecond = timeResolution(view, at + 16, end, little);
      interfaces.push({ linkType: view.getUint16(at + 8, little), ticksPerSecond });
    } else if (type === 6 && length >= 32) {
      const from = interfaces[view.getUint32(at + 8, little)];
      const captured = view.getUint32(at + 20, little);
      if (from !== undefined && at + 28 + captured <= end) {
        const high = BigInt(view.getUint32(at + 12, little));
        const ticks = (high << 32n) | BigInt(view.getUint32(at + 16, little));
        const timeNs = (ticks * 1_000_000_000n) / from.ticksPerSecond;
        collector.frame(bytes.subarray(at + 28, at + 28 + captured), from.linkType, timeNs);
      }
    }
    at += length;
  }
  return at !== bytes.length;
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

class DatagramCollector {
  readonly datagrams: CapturedDatagram[] = [];
  otherPackets = 0;

  frame(frame: Uint8Array, linkType: number, timeNs: bigint): void {
    const datagram = datagramOf(networkPart(frame, linkType), timeNs);
    if (datagram === undefined) this.otherPackets++;
    else this.datagrams.push(datagram);
  }
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
