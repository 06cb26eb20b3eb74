// A foreign implementation in the conformance suite: @astronautlabs/st291 2.0.2, the other npm package that knows
// ancillary packets. It reads and writes the words of one packet; the records around them are ours here, as its users
// have to write them. What it cannot do is listed below, and test/conformance.test.ts holds it to that list.

// The package's decorators need this to be there before it is loaded.
import "reflect-metadata";
import { BitstreamReader } from "@astronautlabs/bitstream";
import { UnknownPacket } from "@astronautlabs/st291";
import type { ConformancePacket, St2038Implementation } from "../src/conformance.js";

/** Properties that it fails, and why. */
export const deviations: Readonly<Record<string, string>> = {
  "writing a unit > ST 2038 4.2: a record is its fields, most significant bit first, filled up with ones":
    "parity and checksum are always made anew, so other words cannot be written",
  "writing a unit > ST 2038 4.2: records follow each other, then come stuffing bytes of 0xFF":
    "the same",
  "reading a unit > ST 2038 4.2: every field of every record is read, words with all ten bits":
    "user data is reduced to eight bits, ten-bit payloads and wrong parity are lost",
  "reading a unit > any bytes give a result in which everything has its place": "the same",
  "checking words > ST 291-1: what is wrong with words is named with their indexes, and they are kept":
    "wrong parity of user data goes to the console, that of other words and checksums is not looked at",
  "checking words > ST 291-1: parity that is inverted in every word is named so": "the same",
  "checking words > ST 291-1: each single wrong bit of a clean record is reported, except in C, line and offset":
    "the same",
  "checking words > a packet with wrong words never hides those around it":
    "they are not hidden, but changed: see above",
  "round trip > what is read and written again is the same bytes, wrong parity and checksums included":
    "see above",
  "vectors > inverted parity, as gst-plugins-rs wrote it until August 2026": "see above",
  "vectors > zeros instead of stuffing read as a record of DID 00": "see above",
};

const HEADER_BITS = 30;

/** Reading goes through its `read`, writing through its `serialize`. */
export const astronautlabs: St2038Implementation = {
  parseUnit(bytes) {
    const packets: ConformancePacket[] = [];
    const diagnostics: { code: string; packet: number }[] = [];
    let at = 0;
    for (;;) {
      const start = at;
      while (bytes[at] === 0xff) at++;
      if (at === bytes.length) return { packets, diagnostics, unparsedBytes: 0 };
      const between = { code: "stuffing-between", packet: packets.length };
      const size = sizeAt(bytes, at);
      const whole = (bytes[at] as number) < 4 && size <= bytes.length - at;
      if (!whole) {
        const code = (bytes[at] as number) < 4 ? "truncated" : "reserved-not-zero";
        diagnostics.push({ code, packet: packets.length });
        if (at > start) diagnostics.push(between);
        diagnostics.sort((a, b) => a.packet - b.packet || (a.code < b.code ? -1 : 1));
        return { packets, diagnostics, unparsedBytes: bytes.length - at };
      }
      const { packet, aligned } = readRecord(bytes.subarray(at, at + size));
      if (!aligned) diagnostics.push({ code: "alignment-bits", packet: packets.length });
      if (at > start) diagnostics.push(between);
      packets.push(packet);
      at += size;
    }
  },

  encodeUnit(packets, stuffing) {
    const bits = packets.map(writeRecord).join("");
    return Uint8Array.from([...fromDigits(bits), ...new Uint8Array(stuffing).fill(0xff)]);
  },
};

function sizeAt(bytes: Uint8Array, at: number): number {
  const dataCount = (((bytes[at + 6] ?? 0) << 4) | ((bytes[at + 7] ?? 0) >>> 4)) & 0xff;
  return Math.ceil((HEADER_BITS + 40 + 10 * dataCount) / 8);
}

function readRecord(record: Uint8Array): { packet: ConformancePacket; aligned: boolean } {
  const bits = toDigits(record);
  const reader = new BitstreamReader();
  // Its packets begin with a word for the ancillary data flag.
  reader.addBuffer(fromDigits(`${"0".repeat(10)}${bits.slice(HEADER_BITS)}`, "0"));
  // Its readSync does not work with its own serializer of user data, so the generator behind it is driven here.
  const step = UnknownPacket.read(reader).next();
  if (step.done !== true) throw new Error(`it wants ${step.value} bits more`);
  const read = step.value as UnknownPacket;
  const typeOne = (read.did & 0x80) !== 0;
  const words = [
    (read.didParity << 8) | read.did,
    typeOne
      ? (read.dataBlockNumberParity << 8) | read.dataBlockNumber
      : (read.sdidParity << 8) | read.sdid,
    (read.userDataCountParity << 8) | read.userDataCount,
    ...Array.from(read.userDataWords, withParity),
    read.checksum,
  ];
  const packet = {
    cNotYChannelFlag: bits[6] === "1",
    lineNumber: Number.parseInt(bits.slice(7, 18), 2),
    horizontalOffset: Number.parseInt(bits.slice(18, 30), 2),
    words,
  };
  return { packet, aligned: !bits.slice(HEADER_BITS + 10 * words.length).includes("0") };
}

function writeRecord(packet: ConformancePacket): string {
  const [did = 0, second = 0, , ...rest] = Array.from(packet.words, (word) => word & 0xff);
  const fields = did < 0x80 ? { did, sdid: second } : { did, dataBlockNumber: second };
  const userDataWords = Buffer.from(rest.slice(0, -1));
  const words = toDigits(
    new UnknownPacket().with({ ...fields, userDataWords }).serialize(undefined, undefined, true),
  );
  const header = [0, packet.cNotYChannelFlag ? 1 : 0, packet.lineNumber, packet.horizontalOffset];
  const bits = header.map((value, i) =>
    value.toString(2).padStart([6, 1, 11, 12][i] as number, "0"),
  );
  const record = `${bits.join("")}${words.slice(10, 10 + 10 * packet.words.length)}`;
  return record.padEnd(Math.ceil(record.length / 8) * 8, "1");
}

function withParity(value: number): number {
  let ones = 0;
  for (let bit = 0; bit < 8; bit++) ones += (value >>> bit) & 1;
  return value | (ones % 2 === 1 ? 0x100 : 0x200);
}

function toDigits(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(2).padStart(8, "0")).join("");
}

function fromDigits(bits: string, pad = "1"): Uint8Array {
  const padded = bits.padEnd(Math.ceil(bits.length / 8) * 8, pad);
  return Uint8Array.from(padded.match(/.{8}/g) ?? [], (octet) => Number.parseInt(octet, 2));
}
