import { bench, describe } from "vitest";
import { PcrScanner, TsDemuxer, TsFramer, TsMonitor, TsRewriter } from "../src/index.js";
import { benchStream } from "./stream.js";

const STREAM = benchStream(20);
const CHUNK = 65_536;

function chunks(take: (chunk: Uint8Array) => void): void {
  for (let at = 0; at < STREAM.length; at += CHUNK) take(STREAM.subarray(at, at + CHUNK));
}

/** What people write first: no resynchronisation, no chunks, no tables, no errors. */
function naiveLoop(): number {
  let sum = 0;
  for (let at = 0; at + 188 <= STREAM.length; at += 188) {
    if (STREAM[at] !== 0x47) throw new Error("sync");
    sum += ((STREAM[at + 1] as number) & 0x1f) << 8;
    sum += STREAM[at + 2] as number;
  }
  return sum;
}

/** The same with an object a packet and an array of pieces a PES packet. */
function naiveDemux(): number {
  const open = new Map<number, Uint8Array[]>();
  let delivered = 0;
  const finish = (pieces: Uint8Array[] | undefined): void => {
    if (pieces !== undefined) delivered += Buffer.concat(pieces).length;
  };
  for (let at = 0; at + 188 <= STREAM.length; at += 188) {
    const bytes = STREAM.subarray(at, at + 188);
    const packet = {
      start: ((bytes[1] as number) & 0x40) !== 0,
      pid: (((bytes[1] as number) & 0x1f) << 8) | (bytes[2] as number),
      adaptation: ((bytes[3] as number) & 0x20) !== 0,
      payload: ((bytes[3] as number) & 0x10) !== 0,
    };
    if (!packet.payload) continue;
    const data = bytes.subarray(4 + (packet.adaptation ? 1 + (bytes[4] as number) : 0));
    if (packet.start) {
      finish(open.get(packet.pid));
      open.set(packet.pid, []);
    }
    open.get(packet.pid)?.push(data);
  }
  for (const pieces of open.values()) finish(pieces);
  return delivered;
}

describe(`${(STREAM.length / 1e6).toFixed(0)} MB in chunks of 64 KiB`, () => {
  bench("naive loop over packet headers, one chunk", () => {
    naiveLoop();
  });
  bench("TsFramer", () => {
    const framer = new TsFramer();
    chunks((chunk) => framer.push(chunk, () => {}));
  });
  bench("PcrScanner", () => {
    const scanner = new PcrScanner();
    chunks((chunk) => scanner.push(chunk));
  });
  bench("naive demux, one chunk", () => {
    naiveDemux();
  });
  bench("TsDemuxer", () => {
    const demuxer = new TsDemuxer();
    chunks((chunk) => demuxer.push(chunk));
  });
  bench('TsDemuxer, dataLifetime: "push"', () => {
    const demuxer = new TsDemuxer({ dataLifetime: "push" });
    chunks((chunk) => demuxer.push(chunk));
  });
  bench("TsMonitor", () => {
    const monitor = new TsMonitor();
    chunks((chunk) => monitor.push(chunk));
  });
  bench("TsRewriter, nothing to do", () => {
    const rewriter = new TsRewriter();
    chunks((chunk) => rewriter.push(chunk));
  });
});
