// Run by allocation.test.ts in a process of its own: how many bytes of heap a call takes, when nothing is collected.
import { PcrClock } from "../src/index.js";

const CALLS = 1_000_000;
const DATAGRAM_NS = 1_000_000n;
const PID = 0x100;

declare const gc: () => void;
declare const process: { memoryUsage(): { heapUsed: number } };
declare const console: { log(text: string): void };

function datagram(): Uint8Array {
  const bytes = new Uint8Array(1316).fill(0xff);
  for (let at = 0; at < bytes.length; at += 188) bytes.set([0x47, 0x1f, 0xff, 0x10], at);
  return bytes;
}

/** Bytes of heap that `call` takes; the same calls before let the compiler do its work. */
function bytesEach(call: (n: number) => void): number {
  for (let n = 0; n < CALLS / 4; n++) call(n);
  gc();
  const before = process.memoryUsage().heapUsed;
  for (let n = CALLS / 4; n < (CALLS * 5) / 4; n++) call(n);
  return (process.memoryUsage().heapUsed - before) / CALLS;
}

const empty = datagram();
const withPcr = datagram();
withPcr.set([0x47, PID >> 8, PID & 0xff, 0x20, 183, 0x10, 0, 0, 0, 0, 0x7e, 0], 376);

/** A PCR of 1 ms a datagram, in place. */
function stamp(n: number): void {
  const base = n * 90;
  withPcr[382] = Math.floor(base / 2 ** 25);
  withPcr[383] = Math.floor(base / 2 ** 17) % 256;
  withPcr[384] = Math.floor(base / 2 ** 9) % 256;
  withPcr[385] = Math.floor(base / 2) % 256;
  withPcr[386] = ((base % 2) << 7) | 0x7e;
}

let arrival = 0n;
const quiet = new PcrClock({ pcrPid: PID });
const busy = new PcrClock({ pcrPid: PID });
const kept = new Array<object | undefined>(16).fill(undefined);
console.log(
  JSON.stringify({
    // The arrival is the caller's bigint: what that takes is measured alone.
    caller: bytesEach(() => {
      arrival += DATAGRAM_NS;
    }),
    quiet: bytesEach(() => {
      arrival += DATAGRAM_NS;
      quiet.feed(empty, arrival);
    }),
    busy: bytesEach((n) => {
      arrival += DATAGRAM_NS;
      stamp(n);
      busy.feed(withPcr, arrival);
    }),
    object: bytesEach((n) => {
      arrival += DATAGRAM_NS;
      kept[n & 15] = { n };
    }),
    state: busy.state,
  }),
);
