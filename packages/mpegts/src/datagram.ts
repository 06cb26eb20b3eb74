import { plain, RTP_HEADER_SIZE, uint16 } from "@x/bits";
import { PACKET_SIZE, SYNC_BYTE } from "./constants.js";

/** Bytes of a datagram, `end` excluded. */
export interface ByteRange {
  start: number;
  end: number;
}

/** RTP payload type of MPEG-2 transport streams (RFC 3551). */
const PAYLOAD_TYPE_MP2T = 33;
const FIRST_DYNAMIC_PAYLOAD_TYPE = 96;

/**
 * The transport packets in a datagram: its RTP payload, when it is RTP with transport packets in it (RFC 2250 2, also
 * with a dynamic payload type), else the datagram itself. A view.
 *
 * A datagram that begins with a sync byte is never taken for RTP.
 */
export function unwrapDatagram(datagram: Uint8Array): Uint8Array {
  const range = { start: 0, end: 0 };
  locatePayload(datagram, range);
  const bytes = plain(datagram);
  return range.start === 0 ? bytes : bytes.subarray(range.start, range.end);
}

/** Put into `range` where {@link unwrapDatagram} would cut, without an allocation. */
export function locatePayload(datagram: Uint8Array, range: ByteRange): void {
  const { length } = datagram;
  range.start = 0;
  range.end = length;
  const first = datagram[0] as number;
  if (length < RTP_HEADER_SIZE || first >>> 6 !== 2) return;
  const payloadType = (datagram[1] as number) & 0x7f;
  if (payloadType !== PAYLOAD_TYPE_MP2T && payloadType < FIRST_DYNAMIC_PAYLOAD_TYPE) return;
  let start = RTP_HEADER_SIZE + 4 * (first & 0x0f);
  if ((first & 0x10) !== 0) {
    if (start + 4 > length) return;
    start += 4 + 4 * uint16(datagram, start + 2);
  }
  const isPadded = (first & 0x20) !== 0;
  const padding = isPadded ? (datagram[length - 1] as number) : 0;
  if (isPadded && padding === 0) return;
  const size = length - padding - start;
  if (size <= 0 || size % PACKET_SIZE !== 0 || datagram[start] !== SYNC_BYTE) return;
  range.start = start;
  range.end = start + size;
}
