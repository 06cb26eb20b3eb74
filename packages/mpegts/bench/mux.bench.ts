import { bench, describe } from "vitest";
import { TsMuxer } from "../src/index.js";

const PICTURES = 100;
const SIZE = 80_000;
const DATA = new Uint8Array(SIZE).fill(7);

/** One PID, no tables, no clock, no stuffing rules: only the bytes put into packets. */
function naiveMux(): number {
  const out: Uint8Array[] = [];
  let counter = 0;
  for (let n = 0; n < PICTURES; n++) {
    for (let at = 0; at < SIZE; at += 184) {
      const packet = new Uint8Array(188);
      packet.set([0x47, at === 0 ? 0x41 : 0x01, 0, 0x10 | (counter++ & 15)]);
      packet.set(DATA.subarray(at, at + 184), 4);
      out.push(packet);
    }
  }
  return Buffer.concat(out).length;
}

function ours(bitrate?: number): number {
  const muxer = new TsMuxer({
    programs: [{ streams: [{ pid: 0x100, kind: "h264" }] }],
    ...(bitrate === undefined ? {} : { bitrate }),
  });
  let size = 0;
  for (let n = 0; n < PICTURES; n++) {
    size += muxer.push({ pid: 0x100, data: DATA, pts: 900_000 + n * 3600 }).length;
  }
  return size + muxer.flush().length;
}

describe("100 pictures of 80 kB", () => {
  bench("naive packets", () => {
    naiveMux();
  });
  bench("TsMuxer, variable rate", () => {
    ours();
  });
  bench("TsMuxer, 20 Mbit/s with null packets", () => {
    ours(20_000_000);
  });
});
