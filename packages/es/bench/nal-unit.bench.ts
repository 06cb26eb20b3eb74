// Ours against the plain loop that looks at every byte. One run prints the ratio.
import { bench, describe } from "vitest";
import { splitAnnexB, unescapeNal } from "../src/index.js";

const SIZE = 2_000_000;
const stream = new Uint8Array(SIZE);
for (let i = 0; i < SIZE; i++) stream[i] = 1 + (((i * 2654435761) >>> 24) % 255);
for (let at = 0; at + 4 < SIZE; at += 5000) stream.set([0, 0, 0, 1, 0x41], at);
for (let at = 300; at + 3 < SIZE; at += 1700) stream.set([0, 0, 3], at);

function plainLoop(bytes: Uint8Array): Uint8Array[] {
  const nals: Uint8Array[] = [];
  let start = -1;
  for (let at = 0; at + 2 < bytes.length; at++) {
    if (bytes[at] !== 0 || bytes[at + 1] !== 0 || bytes[at + 2] !== 1) continue;
    if (start >= 0) nals.push(bytes.subarray(start, bytes[at - 1] === 0 ? at - 1 : at));
    start = at + 3;
  }
  if (start >= 0) nals.push(bytes.subarray(start));
  return nals;
}

function plainUnescape(nal: Uint8Array): Uint8Array {
  const bytes: number[] = [];
  for (let at = 0; at < nal.length; at++) {
    if (at >= 2 && nal[at] === 3 && nal[at - 1] === 0 && nal[at - 2] === 0) continue;
    bytes.push(nal[at] as number);
  }
  return Uint8Array.from(bytes);
}

describe("2 MB of NAL units", () => {
  bench("splitAnnexB", () => {
    splitAnnexB(stream);
  });
  bench("a plain loop", () => {
    plainLoop(stream);
  });
});

describe("2 MB with emulation prevention", () => {
  bench("unescapeNal", () => {
    unescapeNal(stream);
  });
  bench("a plain loop", () => {
    plainUnescape(stream);
  });
});
