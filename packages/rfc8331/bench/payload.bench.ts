// A payload of a busy frame, read in different ways. Every task of a group reads the same packets and adds up the
// same fields, so that the figures compare.
import "reflect-metadata";
import * as astronautlabs from "@astronautlabs/st291";
import { createAncPacket, dataCount, did } from "@x/st291";
import { bench, describe } from "vitest";
import { built } from "../../../tools/testing/built.js";
import { parseNaively } from "./naive.js";

const { AncCursor, AncWordPool, encodePayload, encodePayloadInto, parsePayload } = await built<
  typeof import("../src/index.js")
>(import.meta.url);
const bytesOf = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i * 7);
const frame = [
  createAncPacket({ did: 0x61, sdid: 0x01, payload: bytesOf(73), lineNumber: 9 }),
  createAncPacket({ did: 0x61, sdid: 0x02, payload: bytesOf(3), lineNumber: 9 }),
  createAncPacket({ did: 0x60, sdid: 0x60, payload: bytesOf(16), lineNumber: 10 }),
  createAncPacket({ did: 0x41, sdid: 0x05, payload: bytesOf(8), lineNumber: 11 }),
];
const packets = Array.from({ length: 25 }, () => frame).flat();
const payload = encodePayload({ packets });
const target = new Uint8Array(payload.length);
const words = new Uint16Array(259);
const cursor = new AncCursor();

/** What every reader must come to. */
let expected = 0;
for (const packet of packets) expected += packet.lineNumber + packet.words.length;

function check(sum: number): void {
  if (sum !== expected) throw new Error(`${sum} instead of ${expected}`);
}

/** The plain loop: walk the packets by hand and look at line and data count. */
function plainWalk(bytes: Uint8Array): number {
  let sum = 0;
  let at = 8;
  for (let left = bytes[4] as number; left > 0 && at + 8 <= bytes.length; left--) {
    const line = (((bytes[at] as number) & 0x7f) << 4) | ((bytes[at + 1] as number) >>> 4);
    const count = (((bytes[at + 6] as number) & 3) << 6) | ((bytes[at + 7] as number) >>> 2);
    const size = (32 + 10 * (count + 4) + 7) >>> 3;
    if (at + size > bytes.length) break;
    sum += line + count + 4;
    at += (size + 3) & ~3;
  }
  return sum;
}

function cursorWalk(bytes: Uint8Array): number {
  let sum = 0;
  cursor.reset(bytes);
  while (cursor.next()) sum += cursor.lineNumber + cursor.dataCount + 4;
  return sum;
}

/** The same, and unpack all words and verify their sum. */
function plainWords(bytes: Uint8Array): number {
  let sum = 0;
  let at = 8;
  for (let left = bytes[4] as number; left > 0 && at + 8 <= bytes.length; left--) {
    const line = (((bytes[at] as number) & 0x7f) << 4) | ((bytes[at + 1] as number) >>> 4);
    const count = 4 + ((((bytes[at + 6] as number) & 3) << 6) | ((bytes[at + 7] as number) >>> 2));
    const size = (32 + 10 * count + 7) >>> 3;
    if (at + size > bytes.length) break;
    let total = 0;
    for (let i = 0, bit = at * 8 + 32; i < count; i++, bit += 10) {
      const byte = bit >>> 3;
      const two = ((bytes[byte] as number) << 8) | (bytes[byte + 1] as number);
      const word = (two >>> (6 - (bit & 7))) & 0x3ff;
      words[i] = word;
      if (i < count - 1) total += word;
    }
    const low = total & 0x1ff;
    if (words[count - 1] === (low | ((~low & 0x100) << 1))) sum += line + count;
    at += (size + 3) & ~3;
  }
  return sum;
}

function cursorWords(bytes: Uint8Array): number {
  let sum = 0;
  cursor.reset(bytes);
  while (cursor.next()) {
    const count = cursor.wordsInto(words);
    if (cursor.checksumValid) sum += cursor.lineNumber + count;
  }
  return sum;
}

describe(`${packets.length} packets: line and data count`, () => {
  bench("plain loop", () => check(plainWalk(payload)));
  bench("AncCursor", () => check(cursorWalk(payload)));
});

describe(`${packets.length} packets: all words, checksum verified`, () => {
  bench("plain loop", () => check(plainWords(payload)));
  bench("AncCursor", () => check(cursorWords(payload)));
});

describe(`${packets.length} packets: as objects, parity and checksum verified`, () => {
  bench("naive accumulator", () => {
    let sum = 0;
    for (const packet of parseNaively(payload)) sum += packet.lineNumber + packet.words.length;
    check(sum);
  });
  bench("parsePayload", () => {
    let sum = 0;
    for (const packet of parsePayload(payload).packets) {
      sum += packet.lineNumber + packet.words.length;
    }
    check(sum);
  });
});

describe(`${packets.length} packets: written`, () => {
  bench("encodePayload", () => void encodePayload({ packets }));
  bench("encodePayloadInto", () => void encodePayloadInto({ packets }, target));
});

// The peer reads one ST 291 packet with its ADF and knows nothing of RTP, so it is given exactly that.
const captions = frame.slice(0, 1);
const one = encodePayload({ packets: captions });
const bytes = new Uint8Array(255);
const withFlag = packWithFlag(captions[0]?.words ?? new Uint16Array(0));

function packWithFlag(all: Uint16Array): Buffer {
  const digits = [0x3fc, ...all].map((word) => word.toString(2).padStart(10, "0")).join("");
  const octets = digits.padEnd(Math.ceil(digits.length / 8) * 8, "0").match(/.{8}/g) ?? [];
  return Buffer.from(octets.map((octet) => Number.parseInt(octet, 2)));
}

describe("one caption packet", () => {
  bench("@astronautlabs/st291 2.0.2 (ST 291 part only)", async () => {
    const packet = await astronautlabs.Packet.deserialize(withFlag);
    if (packet.did !== 0x61 || packet.userDataCount !== 73) throw new Error("misread");
  });
  bench("AncCursor, payload bytes", () => {
    cursor.reset(one).next();
    if (cursor.did !== 0x61 || cursor.payloadInto(bytes) !== 73) throw new Error("misread");
  });
  const pool = new AncWordPool();
  bench("parsePayload with a pool", () => {
    const [packet = captions[0]] = parsePayload(one, { pool }).packets;
    if (packet === undefined || did(packet) !== 0x61 || dataCount(packet) !== 73) {
      throw new Error("misread");
    }
  });
  bench("parsePayload", () => {
    const [packet = captions[0]] = parsePayload(one).packets;
    if (packet === undefined || did(packet) !== 0x61 || dataCount(packet) !== 73) {
      throw new Error("misread");
    }
  });
});
