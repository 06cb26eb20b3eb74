// The format once more, as the dumb definition: strings of binary digits.
import { binary, bytesOf, joined } from "@x/st291/conformance";
import type { ConformancePacket, ConformancePayload } from "./implementation.js";

/** Digits of an ANC packet without word_align, by the figure of RFC 8331 2.1. */
export function packetDigits(packet: ConformancePacket): string {
  let bits = packet.cNotYChannelFlag ? "1" : "0";
  bits += binary(packet.lineNumber, 11);
  bits += binary(packet.horizontalOffset, 12);
  bits += packet.streamNum === undefined ? "00000000" : `1${binary(packet.streamNum, 7)}`;
  for (const word of Array.from(packet.words)) bits += binary(word, 10);
  return bits;
}

/** An ANC packet with word_align filled with zeros. */
export function oraclePacket(packet: ConformancePacket): Uint8Array<ArrayBuffer> {
  let bits = packetDigits(packet);
  while (bits.length % 32 !== 0) bits += "0";
  return bytesOf(bits);
}

/** A payload. */
export function oraclePayload(payload: ConformancePayload): Uint8Array<ArrayBuffer> {
  const packets = joined(payload.packets.map(oraclePacket));
  let header = binary(payload.extendedSequenceNumber, 16);
  header += binary(packets.length % 0x10000, 16);
  header += binary(payload.packets.length, 8);
  header += binary(payload.f, 2) + "0".repeat(22);
  return joined([bytesOf(header), packets]);
}
