// A foreign implementation in the conformance suite: @astronautlabs/st291 2.0.2, the one other npm package that knows
// ancillary packets. It reads and writes the ten-bit words of one packet and knows nothing of RTP, so the payload
// around them is done here, by hand, as its users have to. What it cannot do is listed below, and
// test/conformance.test.ts holds it to that list.

// The package's decorators need this to be there before it is loaded.
import "reflect-metadata";
import { BitstreamReader } from "@astronautlabs/bitstream";
import { UnknownPacket } from "@astronautlabs/st291";
import type {
  ConformanceDiagnostic,
  ConformancePacket,
  Rfc8331Implementation,
} from "../src/conformance.js";

const REMADE = "parity and checksum are always made anew, so other words cannot be written";
const REDUCED = "user data is reduced to eight bits: ten-bit payloads and wrong parity are lost";
const UNNAMED =
  "wrong parity of user data goes to the console, that of other words and checksums is not looked at";

/** Properties that it fails, and why. */
export const deviations: Readonly<Record<string, string>> = {
  "writing a payload > RFC 8331 2.1: header, then packets on 32-bit boundaries, filled up with zeros":
    REMADE,
  "reading a payload > RFC 8331 2.1: every field of header and packets is read, words with all ten bits":
    REDUCED,
  "reading a payload > any bytes give a result in which everything has its place": REDUCED,
  "reading a payload > vector: inverted parity, as gst-plugins-rs wrote it until August 2026":
    REDUCED,
  "parity and checksum > ST 291-1: parity, checksum and reserved words are verified on the words as received":
    UNNAMED,
  "parity and checksum > ST 291-1: a packet with all parity inverted is read, and named so":
    UNNAMED,
  "parity and checksum > a bad packet never hides a good one behind it": REDUCED,
  "round trips > what was written is read": REMADE,
  "round trips > what was read is written with the same bytes, wrong parity and checksums included":
    REMADE,
};

const HEADER_SIZE = 8;
const LOCATION_BITS = 32;

/** Words go through its `read` and `serialize`. */
export const astronautlabs: Rfc8331Implementation = {
  parsePayload(bytes) {
    const bits = toDigits(bytes);
    const field = (at: number, width: number): number | undefined =>
      at + width > bits.length ? undefined : Number.parseInt(bits.slice(at, at + width), 2);
    const header = {
      extendedSequenceNumber: field(0, 16),
      length: field(16, 16),
      ancCount: field(32, 8),
      f: field(40, 2),
    };
    const reserved = field(42, 22);
    if (reserved === undefined) {
      const diagnostics = [{ code: "truncated" }];
      return { ...header, packets: [], diagnostics, unparsedBytes: bytes.length };
    }
    const packets: ConformancePacket[] = [];
    const ofPackets: ConformanceDiagnostic[] = [];
    let at = HEADER_SIZE * 8;
    let cut = false;
    for (let packet = 0; packet < (header.ancCount ?? 0); packet++) {
      const dataCount = field(at + 54, 8);
      const end = at + LOCATION_BITS + 10 * (4 + (dataCount ?? 0));
      cut = dataCount === undefined || end > bits.length;
      if (cut) {
        ofPackets.push({ code: "truncated", packet });
        break;
      }
      packets.push(readPacket(bits.slice(at, end)));
      const aligned = Math.ceil(end / 32) * 32;
      const align = bits.slice(end, aligned);
      if (align.includes("1")) ofPackets.push({ code: "alignment-bits", packet });
      if (aligned > bits.length) ofPackets.push({ code: "alignment-missing", packet });
      at = Math.min(aligned, bits.length);
    }
    const unparsedBytes = (bits.length - at) / 8;
    const diagnostics: ConformanceDiagnostic[] = [];
    if (unparsedBytes > 0 && !cut) diagnostics.push({ code: "count-mismatch" });
    if (header.f === 0b01) diagnostics.push({ code: "f-invalid" });
    if (header.length !== bytes.length - HEADER_SIZE) diagnostics.push({ code: "length-mismatch" });
    if (reserved !== 0) diagnostics.push({ code: "reserved-not-zero" });
    diagnostics.push(...ofPackets);
    return { ...header, packets: header.f === 0b01 ? [] : packets, diagnostics, unparsedBytes };
  },

  encodePayload({ extendedSequenceNumber, f, packets }) {
    const written = packets.map(writePacket).join("");
    const header = [extendedSequenceNumber, written.length / 8, packets.length, f << 6, 0];
    const widths = [16, 16, 8, 8, 16];
    const fields = header.map((value, i) => digits(value, widths[i] as number));
    return fromDigits(`${fields.join("")}${written}`);
  },
};

function readPacket(bits: string): ConformancePacket {
  const reader = new BitstreamReader();
  // Its packets begin with a word for the ancillary data flag.
  reader.addBuffer(fromDigits(`${"0".repeat(10)}${bits.slice(LOCATION_BITS)}`));
  // Its readSync does not work with its own serializer of user data, so the generator behind it is driven here.
  const step = UnknownPacket.read(reader).next();
  if (step.done !== true) throw new Error(`it wants ${step.value} bits more`);
  const read = step.value as UnknownPacket;
  const second =
    (read.did & 0x80) !== 0
      ? (read.dataBlockNumberParity << 8) | read.dataBlockNumber
      : (read.sdidParity << 8) | read.sdid;
  return {
    cNotYChannelFlag: bits[0] === "1",
    lineNumber: Number.parseInt(bits.slice(1, 12), 2),
    horizontalOffset: Number.parseInt(bits.slice(12, 24), 2),
    streamNum: bits[24] === "1" ? Number.parseInt(bits.slice(25, 32), 2) : undefined,
    words: [
      (read.didParity << 8) | read.did,
      second,
      (read.userDataCountParity << 8) | read.userDataCount,
      ...Array.from(read.userDataWords, withParity),
      read.checksum,
    ],
  };
}

function writePacket(packet: ConformancePacket): string {
  const [did = 0, second = 0, , ...rest] = Array.from(packet.words, (word) => word & 0xff);
  const fields = did < 0x80 ? { did, sdid: second } : { did, dataBlockNumber: second };
  const userDataWords = Buffer.from(rest.slice(0, -1));
  const made = new UnknownPacket().with({ ...fields, userDataWords });
  const words = toDigits(made.serialize(undefined, undefined, true));
  let bits = packet.cNotYChannelFlag ? "1" : "0";
  bits += digits(packet.lineNumber, 11) + digits(packet.horizontalOffset, 12);
  bits += packet.streamNum === undefined ? "00000000" : `1${digits(packet.streamNum, 7)}`;
  bits += words.slice(10, 10 + 10 * packet.words.length);
  return bits.padEnd(Math.ceil(bits.length / 32) * 32, "0");
}

function withParity(value: number): number {
  const ones = digits(value, 8).replaceAll("0", "").length;
  return value | (ones % 2 === 1 ? 0x100 : 0x200);
}

function digits(value: number, width: number): string {
  return value.toString(2).padStart(width, "0");
}

function toDigits(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => digits(byte, 8)).join("");
}

function fromDigits(bits: string): Uint8Array {
  const padded = bits.padEnd(Math.ceil(bits.length / 8) * 8, "0");
  return Uint8Array.from(padded.match(/.{8}/g) ?? [], (octet) => Number.parseInt(octet, 2));
}
