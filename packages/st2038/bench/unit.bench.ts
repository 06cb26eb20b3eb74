// One frame's worth of ancillary data, read in different ways. Every task reads the same records and adds up the
// same fields, so that the figures compare.
import { createAncPacket, did, sdid } from "@x/st291";
import { bench, describe } from "vitest";
import { built } from "../../../tools/testing/built.js";
import { parseNaively } from "./naive.js";

const { AncCursor, encodeUnit, encodeUnitInto, parseUnit } = await built<
  typeof import("../src/index.js")
>(import.meta.url);

const bytesOf = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i * 7);
const packets = [
  createAncPacket({ did: 0x61, sdid: 0x01, payload: bytesOf(73), lineNumber: 9 }),
  createAncPacket({ did: 0x61, sdid: 0x02, payload: bytesOf(3), lineNumber: 9 }),
  createAncPacket({ did: 0x60, sdid: 0x60, payload: bytesOf(16), lineNumber: 10 }),
  createAncPacket({ did: 0x41, sdid: 0x05, payload: bytesOf(8), lineNumber: 11 }),
];
const REPEAT = 25;
const all = Array.from({ length: REPEAT }, () => packets).flat();
const unit = encodeUnit(all);
const target = new Uint8Array(unit.length);

/** What every reader must come to. */
let expected = 0;
for (const packet of all) expected += packet.lineNumber + packet.words.length;
let expectedHeaders = 0;
for (const packet of all) {
  expectedHeaders += packet.lineNumber + packet.horizontalOffset + packet.words.length;
  expectedHeaders += did(packet) * 256 + (sdid(packet) ?? 0);
}

function check(sum: number, wanted = expected): void {
  if (sum !== wanted) throw new Error(`${sum} instead of ${wanted}`);
}

/** The plain loop: walk the records by hand, as safely as must be, and read all fields but the words. */
function plainWalk(bytes: Uint8Array): number {
  let sum = 0;
  let at = 0;
  while (at + 9 <= bytes.length) {
    const b0 = bytes[at] as number;
    if (b0 === 0xff) {
      at++;
      continue;
    }
    if (b0 >= 4) break;
    const b2 = bytes[at + 2] as number;
    const b5 = bytes[at + 5] as number;
    const b6 = bytes[at + 6] as number;
    const line = ((b0 & 1) << 10) | ((bytes[at + 1] as number) << 2) | (b2 >>> 6);
    const offset = ((b2 & 0x3f) << 6) | ((bytes[at + 3] as number) >>> 2);
    const kind = (bytes[at + 4] as number) * 256 + (((b5 & 0x3f) << 2) | (b6 >>> 6));
    const dataCount = ((b6 << 4) | ((bytes[at + 7] as number) >>> 4)) & 0xff;
    const end = at + ((77 + 10 * dataCount) >>> 3);
    if (end > bytes.length) break;
    sum += line + offset + kind + dataCount + 4 + ((b0 & 2) === 0 ? 0 : 1);
    at = end;
  }
  return sum;
}

const words = new Uint16Array(259);

/** The same, and unpack all words and their sum. */
function plainWords(bytes: Uint8Array): number {
  let sum = 0;
  let at = 0;
  let wrong = 0;
  while (at + 9 <= bytes.length) {
    const b0 = bytes[at] as number;
    if (b0 === 0xff) {
      at++;
      continue;
    }
    if (b0 >= 4) break;
    const line =
      ((b0 & 1) << 10) | ((bytes[at + 1] as number) << 2) | ((bytes[at + 2] as number) >>> 6);
    const dataCount = (((bytes[at + 6] as number) << 4) | ((bytes[at + 7] as number) >>> 4)) & 0xff;
    const end = at + ((77 + 10 * dataCount) >>> 3);
    if (end > bytes.length) break;
    const count = dataCount + 4;
    let total = 0;
    for (let i = 0, bit = at * 8 + 30; i < count; i++, bit += 10) {
      const byte = bit >>> 3;
      const two = ((bytes[byte] as number) << 8) | (bytes[byte + 1] as number);
      const word = (two >>> (6 - (bit & 7))) & 0x3ff;
      words[i] = word;
      if (i < count - 1) total += word;
    }
    const low = total & 0x1ff;
    if (words[count - 1] !== (low | ((~low & 0x100) << 1))) wrong++;
    sum += line + count;
    at = end;
  }
  return sum - wrong;
}

describe(`${all.length} records: all fields but the words`, () => {
  bench("plain loop", () => check(plainWalk(unit), expectedHeaders));
  bench("AncCursor", () => {
    let sum = 0;
    const cursor = new AncCursor(unit);
    while (cursor.next()) {
      sum += cursor.lineNumber + cursor.horizontalOffset + cursor.dataCount + 4;
      sum += cursor.did * 256 + cursor.sdidOrDbn + (cursor.cNotYChannelFlag ? 1 : 0);
    }
    check(sum, expectedHeaders);
  });
});

describe(`${all.length} records: all words, checksum verified`, () => {
  bench("plain loop", () => check(plainWords(unit)));
  bench("AncCursor", () => {
    let sum = 0;
    const cursor = new AncCursor(unit);
    while (cursor.next()) {
      sum += cursor.lineNumber + cursor.wordsInto(words) - (cursor.checksumValid ? 0 : 1);
    }
    check(sum);
  });
});

describe(`${all.length} records: packets as objects, parity and checksum verified`, () => {
  bench("naive accumulator", () => {
    let sum = 0;
    for (const packet of parseNaively(unit)) sum += packet.lineNumber + packet.words.length;
    check(sum);
  });
  bench("parseUnit", () => {
    let sum = 0;
    for (const packet of parseUnit(unit).packets) sum += packet.lineNumber + packet.words.length;
    check(sum);
  });
});

describe(`${all.length} records: write`, () => {
  bench("encodeUnit", () => {
    if (encodeUnit(all).length !== unit.length) throw new Error("another size");
  });
  bench("encodeUnitInto", () => {
    if (encodeUnitInto(all, target, 0) !== unit.length) throw new Error("another size");
  });
});
