// OggParser against the plain reader that trusts every length: what the checksum and the copies cost.
import { bench, describe } from "vitest";
import { encodeOggPage, OggParser } from "../src/index.js";

/** Twenty packets of 200 bytes a page, as Opus has them. */
const page = (sequence: number): Uint8Array =>
  encodeOggPage({
    headerTypeFlag: sequence === 0 ? 2 : 0,
    granulePosition: BigInt(sequence * 19_200),
    bitstreamSerialNumber: 1,
    pageSequenceNumber: sequence,
    segmentTable: new Uint8Array(20).fill(200),
    body: Uint8Array.from({ length: 4000 }, (_, i) => (i * 31 + sequence) & 0xff),
  });
const pages = Array.from({ length: 500 }, (_, sequence) => page(sequence));
const file = new Uint8Array(pages.reduce((sum, { length }) => sum + length, 0));
let size = 0;
for (const bytes of pages) {
  file.set(bytes, size);
  size += bytes.length;
}

/** Bit by bit, as RFC 3533 describes the checksum. */
function plainCrc(bytes: Uint8Array): number {
  let crc = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = i >= 22 && i < 26 ? 0 : (bytes[i] as number);
    crc ^= byte << 24;
    for (let bit = 0; bit < 8; bit++) crc = crc < 0 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  }
  return crc >>> 0;
}

function plainReader(bytes: Uint8Array, checks: boolean): Uint8Array[] {
  const packets: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const count = bytes[at + 26] as number;
    let body = at + 27 + count;
    let end = body;
    for (let i = 0; i < count; i++) end += bytes[at + 27 + i] as number;
    const stored = new DataView(bytes.buffer, bytes.byteOffset + at + 22, 4).getUint32(0, true);
    if (checks && plainCrc(bytes.subarray(at, end)) !== stored) throw new Error("wrong checksum");
    for (let i = 0; i < count; i++) {
      const length = bytes[at + 27 + i] as number;
      packets.push(bytes.slice(body, body + length));
      body += length;
    }
    at = end;
  }
  return packets;
}

describe("2 MB of Opus in Ogg", () => {
  bench("OggParser", () => {
    new OggParser().push(file);
  });
  bench("a plain reader, checksum bit by bit", () => {
    plainReader(file, true);
  });
  bench("a plain reader without checksum", () => {
    plainReader(file, false);
  });
});
