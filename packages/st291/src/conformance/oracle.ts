// The definitions of the standard, said as dumbly as possible.
import type { AncPacket } from "../anc-packet.js";
import type { PacketContent } from "./implementation.js";

/** Binary digits of a number, most significant first. */
export function binary(value: number, width: number): string {
  return value.toString(2).padStart(width, "0");
}

/** Bytes of binary digits, as many as fill whole bytes. */
export function bytesOf(digits: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(digits.match(/.{8}/g) ?? [], (octet) => Number.parseInt(octet, 2));
}

/** ST 291-1: eight digits, before them the even parity of their ones, before that its inverse. */
export function oracleWord(byte: number): number {
  const digits = binary(byte, 8);
  const odd = digits.replaceAll("0", "").length % 2 === 1;
  return Number.parseInt(`${odd ? "01" : "10"}${digits}`, 2);
}

/** ST 291-1: the sum of the nine low digits of each word; before its nine low digits the inverse of the first. */
export function oracleChecksum(words: ArrayLike<number>): number {
  const sum = Array.from(words).reduce((total, word) => total + (word % 512), 0);
  const digits = binary(sum % 512, 9);
  return Number.parseInt(`${digits.startsWith("1") ? "0" : "1"}${digits}`, 2);
}

/** DID to CS of a packet: every word with its parity, the checksum right. */
export function oracleWords({ did, sdidOrDbn, payload }: PacketContent): Uint16Array<ArrayBuffer> {
  const words = [did, sdidOrDbn, payload.length, ...payload].map(oracleWord);
  return Uint16Array.from([...words, oracleChecksum(words)]);
}

/** One array of many. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(pieces.flatMap((piece) => [...piece]));
}

/** Packets as lists that compare by value. */
export function plainPackets(
  packets: readonly (Omit<AncPacket, "streamNum" | "words"> & {
    readonly streamNum?: number | undefined;
    readonly words: ArrayLike<number>;
  })[],
): readonly unknown[] {
  return packets.map((packet) => [
    packet.cNotYChannelFlag,
    packet.lineNumber,
    packet.horizontalOffset,
    packet.streamNum ?? null,
    Array.from(packet.words),
  ]);
}
