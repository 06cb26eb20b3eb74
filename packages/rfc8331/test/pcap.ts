// Just enough of pcap to read captures of RTP over UDP over IPv4 over Ethernet.

/** One UDP datagram of a capture. */
export interface Datagram {
  readonly timeNs: bigint;
  readonly payload: Uint8Array;
}

/** The UDP datagrams of a classic pcap file of either byte order, micro- or nanoseconds, in file order. */
export function readPcap(file: Uint8Array): Datagram[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const magic = view.getUint32(0);
  const little = magic === 0xd4c3b2a1 || magic === 0x4d3cb2a1;
  if (!little && magic !== 0xa1b2c3d4 && magic !== 0xa1b23c4d) throw new Error("not a pcap file");
  const nanoseconds = magic === 0x4d3cb2a1 || magic === 0xa1b23c4d;
  if (view.getUint32(20, little) !== 1) throw new Error("not Ethernet");
  const datagrams: Datagram[] = [];
  for (let at = 24; at + 16 <= file.length; ) {
    const seconds = BigInt(view.getUint32(at, little));
    const fraction = BigInt(view.getUint32(at + 4, little)) * (nanoseconds ? 1n : 1000n);
    const length = view.getUint32(at + 8, little);
    const payload = udpPayload(file.subarray(at + 16, at + 16 + length));
    if (payload !== undefined) {
      datagrams.push({ timeNs: seconds * 1_000_000_000n + fraction, payload });
    }
    at += 16 + length;
  }
  return datagrams;
}

function udpPayload(frame: Uint8Array): Uint8Array | undefined {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const ip = 14;
  if (frame.length < ip + 20 || view.getUint16(12) !== 0x0800 || frame[ip + 9] !== 17) return;
  const udp = ip + 4 * (view.getUint8(ip) & 0x0f);
  return frame.subarray(udp + 8, udp + view.getUint16(udp + 4));
}
