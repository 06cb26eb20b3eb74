// The formats once more, as the dumb definition: strings of binary digits.
import type { ConformancePacket } from "./implementation.js";

/** A packet whose words are an array of their own. */
export type OraclePacket = ConformancePacket & { readonly words: Uint16Array };

/** Digits of `value`, most significant first. */
export function digits(value: number, width: number): string {
  return value.toString(2).padStart(width, "0");
}

/** Bytes of a string of binary digits, whose length is a multiple of eight. */
export function bytesOfDigits(bits: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(bits.match(/.{8}/g) ?? [], (octet) => Number.parseInt(octet, 2));
}

/** The record of a packet, by the table of ST 2038:2021 4.2. */
export function oracleRecord(packet: ConformancePacket): Uint8Array<ArrayBuffer> {
  let bits = "000000";
  bits += packet.cNotYChannelFlag ? "1" : "0";
  bits += digits(packet.lineNumber, 11);
  bits += digits(packet.horizontalOffset, 12);
  for (const word of Array.from(packet.words)) bits += digits(word, 10);
  while (bits.length % 8 !== 0) bits += "1";
  return bytesOfDigits(bits);
}

/** Records one after the other, then stuffing. */
export function oracleUnit(
  packets: readonly ConformancePacket[],
  stuffing = 0,
): Uint8Array<ArrayBuffer> {
  return joined([...packets.map(oracleRecord), new Uint8Array(stuffing).fill(0xff)]);
}

/** One array of many. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(pieces.flatMap((piece) => [...piece]));
}

/** The word of an eight-bit value: b8 makes the number of ones in b8 to b0 even, b9 is its inverse (ST 291-1). */
export function oracleWord(value: number): number {
  const odd = digits(value, 8).replaceAll("0", "").length % 2 === 1;
  return value + (odd ? 0x100 : 0x200);
}

/** The checksum word of the words before it: nine bits of the sum of their nine low bits, b9 = NOT b8 (ST 291-1). */
export function oracleChecksum(words: ArrayLike<number>): number {
  let sum = 0;
  for (const word of Array.from(words)) sum = (sum + (word % 512)) % 512;
  return sum + (sum >= 256 ? 0 : 512);
}

/** Words of a packet with right parity and checksum. */
export function oracleWords(bytes: readonly number[]): Uint16Array<ArrayBuffer> {
  const words = bytes.map(oracleWord);
  return Uint16Array.from([...words, oracleChecksum(words)]);
}

/** Packets as data that compares by value. */
export function plainPackets(
  packets: readonly ConformancePacket[],
): readonly (readonly [boolean, number, number, number[]])[] {
  return packets.map((p) => [
    p.cNotYChannelFlag,
    p.lineNumber,
    p.horizontalOffset,
    Array.from(p.words),
  ]);
}
