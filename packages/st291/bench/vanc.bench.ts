// Lines of 1920 pixels in v210: a blank one, and one with a caption packet and AFD.
import { bench, describe } from "vitest";
import {
  blankVancLine,
  createAncPacket,
  extractVanc,
  insertVanc,
  type VancFormat,
} from "../src/index.js";
import { extractNaively } from "./naive.js";

const format: VancFormat = { width: 1920, pixelFormat: "v210" };
const payload = Uint8Array.from({ length: 73 }, (_, i) => (i * 37) & 0xff);
const packets = [
  createAncPacket({ did: 0x61, sdid: 1, payload }),
  createAncPacket({ did: 0x41, sdid: 5, payload: [0x54, 0, 0, 0, 0, 0, 0, 0] }),
];
const blank = blankVancLine(format);
const line = blankVancLine(format);
insertVanc(line, format, packets);

function check(count: number, expected: number): void {
  if (count !== expected) throw new Error(`${count} packets instead of ${expected}`);
}

describe("a line with two packets", () => {
  bench("naive", () => check(extractNaively(line, 1920).length, 2));
  bench("extractVanc", () => check(extractVanc(line, format).packets.length, 2));
});

describe("a blank line", () => {
  bench("naive", () => check(extractNaively(blank, 1920).length, 0));
  bench("extractVanc", () => check(extractVanc(blank, format).packets.length, 0));
});

describe("writing", () => {
  bench("insertVanc of two packets into a blank line", () => {
    const target = blank.slice();
    insertVanc(target, format, packets);
  });
});
