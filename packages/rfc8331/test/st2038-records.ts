// ST 2038 records in their obvious, slow form: strings of binary digits.
import type { AncPacket } from "@x/st291";

/** Records one after the other, each filled up with ones to a whole byte. */
export function encodeRecords(packets: readonly AncPacket[]): Uint8Array {
  const octets: number[] = [];
  for (const packet of packets) {
    let digits = "000000";
    digits += packet.cNotYChannelFlag ? "1" : "0";
    digits += binary(packet.lineNumber, 11) + binary(packet.horizontalOffset, 12);
    for (const word of packet.words) digits += binary(word, 10);
    while (digits.length % 8 !== 0) digits += "1";
    for (let at = 0; at < digits.length; at += 8) {
      octets.push(Number.parseInt(digits.slice(at, at + 8), 2));
    }
  }
  return Uint8Array.from(octets);
}

/** Well-formed records without stuffing. */
export function decodeRecords(bytes: Uint8Array): AncPacket[] {
  const digits = Array.from(bytes, (byte) => binary(byte, 8)).join("");
  const field = (at: number, width: number): number =>
    Number.parseInt(digits.slice(at, at + width), 2);
  const packets: AncPacket[] = [];
  for (let at = 0; at < digits.length; ) {
    const count = 4 + (field(at + 50, 10) & 0xff);
    packets.push({
      cNotYChannelFlag: field(at + 6, 1) === 1,
      lineNumber: field(at + 7, 11),
      horizontalOffset: field(at + 18, 12),
      words: Uint16Array.from({ length: count }, (_, i) => field(at + 30 + 10 * i, 10)),
    });
    at += Math.ceil((30 + 10 * count) / 8) * 8;
  }
  return packets;
}

function binary(value: number, width: number): string {
  return value.toString(2).padStart(width, "0");
}
