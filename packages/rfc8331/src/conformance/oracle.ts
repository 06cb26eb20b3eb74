// The format once more, as the dumb definition: strings of binary digits.
import type { ConformancePacket, ConformancePayload } from "./implementation.js";

/** Digits of `value`, most significant first. */
export function digits(value: number, width: number): string {
  return value.toString(2).padStart(width, "0");
}

/** Bytes of a string of binary digits, whose length is a multiple of eight. */
export function bytesOfDigits(bits: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(bits.match(/.{8}/g) ?? [], (octet) => Number.parseInt(octet, 2));
}

/** Digits of an ANC packet without word_align, by the figure of RFC 8331 2.1. */
export function packetDigits(packet: ConformancePacket): string {
  let bits = packet.cNotYChannelFlag ? "1" : "0";
  bits += digits(packet.lineNumber, 11);
  bits += digits(packet.horizontalOffset, 12);
  bits += packet.streamNum === undefined ? "00000000" : `1${digits(packet.streamNum, 7)}`;
  for (const word of Array.from(packet.words)) bits += digits(word, 10);
  return bits;
}

/** An ANC packet with word_align filled with zeros. */
export function oraclePacket(packet: ConformancePacket): Uint8Array<ArrayBuffer> {
  let bits = packetDigits(packet);
  while (bits.length % 32 !== 0) bits += "0";
  return bytesOfDigits(bits);
}

/** A payload. */
export function oraclePayload(payload: ConformancePayload): Uint8Array<ArrayBuffer> {
  const packets = joined(payload.packets.map(oraclePacket));
  let header = digits(payload.extendedSequenceNumber, 16);
  header += digits(packets.length % 0x10000, 16);
  header += digits(payload.packets.length, 8);
  header += digits(payload.f, 2) + "0".repeat(22);
  return joined([bytesOfDigits(header), packets]);
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
export function plainPackets(packets: readonly ConformancePacket[]): unknown[] {
  return packets.map((p) => [
    p.cNotYChannelFlag,
    p.lineNumber,
    p.horizontalOffset,
    p.streamNum ?? null,
    Array.from(p.words),
  ]);
}
