import { decodeRtpHeader, isFormatError, plain } from "@x/bits";
import { PACKET_SIZE, SYNC_BYTE } from "./constants.js";

/** RTP payload type of MPEG-2 transport streams (RFC 3551). */
const PAYLOAD_TYPE_MP2T = 33;

/**
 * The transport packets in a datagram: its RTP payload, when it is RTP with transport packets in it (RFC 2250 2, also
 * with a dynamic payload type), else the datagram itself. A view.
 *
 * A datagram that begins with a sync byte is never taken for RTP.
 */
export function unwrapDatagram(datagram: Uint8Array): Uint8Array {
  const bytes = plain(datagram);
  if (bytes.length === 0 || (bytes[0] as number) >>> 6 !== 2) return bytes;
  try {
    const { payloadStart, payloadEnd, payloadType } = decodeRtpHeader(bytes);
    const payload = bytes.subarray(payloadStart, payloadEnd);
    const packets = payload.length > 0 && payload.length % PACKET_SIZE === 0;
    const known = payloadType === PAYLOAD_TYPE_MP2T || payloadType >= 96;
    return packets && known && payload[0] === SYNC_BYTE ? payload : bytes;
  } catch (error) {
    if (!isFormatError(error)) throw error;
    return bytes;
  }
}
