// Writes UDP payloads as a pcap file (LINKTYPE_ETHERNET) that Wireshark opens.

const ETHERNET = 14;
const IPV4 = 20;
const UDP = 8;

/**
 * @param {readonly { timeNs: bigint, payload: Uint8Array }[]} datagrams
 * @param {number} port destination
 * @returns {Uint8Array}
 */
export function encodePcap(datagrams, port) {
  const headers = 16 + ETHERNET + IPV4 + UDP;
  const size = datagrams.reduce((sum, { payload }) => sum + headers + payload.length, 24);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  // Nanosecond pcap, version 2.4, snap length 65535, Ethernet.
  view.setUint32(0, 0xa1b23c4d);
  view.setUint16(4, 2);
  view.setUint16(6, 4);
  view.setUint32(16, 65_535);
  view.setUint32(20, 1);
  let at = 24;
  for (const { timeNs, payload } of datagrams) {
    const length = ETHERNET + IPV4 + UDP + payload.length;
    view.setUint32(at, Number(timeNs / 1_000_000_000n));
    view.setUint32(at + 4, Number(timeNs % 1_000_000_000n));
    view.setUint32(at + 8, length);
    view.setUint32(at + 12, length);
    const ethernet = at + 16;
    view.setUint16(ethernet + 12, 0x0800);
    const ip = ethernet + ETHERNET;
    view.setUint8(ip, 0x45);
    view.setUint16(ip + 2, IPV4 + UDP + payload.length);
    view.setUint16(ip + 6, 0x4000);
    view.setUint8(ip + 8, 64);
    view.setUint8(ip + 9, 17);
    view.setUint32(ip + 12, 0x7f000001);
    view.setUint32(ip + 16, 0x7f000001);
    view.setUint16(ip + 10, checksum(view, ip, IPV4));
    const udp = ip + IPV4;
    view.setUint16(udp, port);
    view.setUint16(udp + 2, port);
    // The UDP checksum is optional over IPv4: 0 says that there is none.
    view.setUint16(udp + 4, UDP + payload.length);
    bytes.set(payload, udp + UDP);
    at = ethernet + length;
  }
  return bytes;
}

/** @param {DataView} view @param {number} start @param {number} length */
function checksum(view, start, length) {
  let sum = 0;
  for (let at = start; at < start + length; at += 2) sum += view.getUint16(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
