// The formats once more, as the dumb definition: strings of binary digits.
import { binary, bytesOf, joined } from "@x/st291/conformance";
import type { ConformancePacket } from "./implementation.js";

/** The record of a packet, by the table of ST 2038:2021 4.2. */
export function oracleRecord(packet: ConformancePacket): Uint8Array<ArrayBuffer> {
  let bits = "000000";
  bits += packet.cNotYChannelFlag ? "1" : "0";
  bits += binary(packet.lineNumber, 11);
  bits += binary(packet.horizontalOffset, 12);
  for (const word of Array.from(packet.words)) bits += binary(word, 10);
  while (bits.length % 8 !== 0) bits += "1";
  return bytesOf(bits);
}

/** Records one after the other, then stuffing. */
export function oracleUnit(
  packets: readonly ConformancePacket[],
  stuffing = 0,
): Uint8Array<ArrayBuffer> {
  return joined([...packets.map(oracleRecord), new Uint8Array(stuffing).fill(0xff)]);
}
