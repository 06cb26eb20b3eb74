// Run by allocation.test.ts in a process of its own: how many bytes of heap a call takes, when nothing is collected.
import { getHeapSpaceStatistics } from "node:v8";
import { PcrClock } from "../src/index.js";

const RUNS = 8;
const CALLS = 100_000;
const PID = 0x100;

declare const gc: () => void;
declare const console: { log(text: string): void };

function datagram(): Uint8Array {
  const bytes = new Uint8Array(1316).fill(0xff);
  for (let at = 0; at < bytes.length; at += 188) bytes.set([0x47, 0x1f, 0xff, 0x10], at);
  return bytes;
}

/**
 * Bytes of heap that `call` takes in the leanest of some runs: in the others the compiler does its work, at first and
 * whenever a number outgrows what it was compiled for.
 */
function bytesEach(everyMs: number, call: (ms: number, arrivalNs: bigint) => void): number {
  const arrivals = new Array<bigint>(CALLS).fill(0n);
  let least = Infinity;
  let ms = 0;
  for (let run = 0; run < RUNS; run++) {
    for (let i = 0; i < CALLS; i++) arrivals[i] = BigInt(ms + i * everyMs) * 1_000_000n;
    gc();
    const before = youngBytes();
    for (let i = 0; i < CALLS; i++, ms += everyMs) call(ms, arrivals[i] as bigint);
    least = Math.min(least, (youngBytes() - before) / CALLS);
  }
  return least;
}

/** What lies where all new objects go. */
function youngBytes(): number {
  const spaces = getHeapSpaceStatistics();
  return spaces.find((space) => space.space_name === "new_space")?.space_used_size ?? NaN;
}

const empty = datagram();
const withPcr = datagram();
withPcr.set([0x47, PID >> 8, PID & 0xff, 0x20, 183, 0x10, 0, 0, 0, 0, 0x7e, 0], 376);

/** Write a PCR of so many ms in place. */
function stamp(ms: number): void {
  const base = ms * 90;
  withPcr[382] = Math.floor(base / 2 ** 25);
  withPcr[383] = Math.floor(base / 2 ** 17) % 256;
  withPcr[384] = Math.floor(base / 2 ** 9) % 256;
  withPcr[385] = Math.floor(base / 2) % 256;
  withPcr[386] = ((base % 2) << 7) | 0x7e;
}

const inRtp = new Uint8Array(12 + withPcr.length);
inRtp.set([0x80, 33]);

const quiet = new PcrClock({ pcrPid: PID });
const busy = new PcrClock({ pcrPid: PID });
const usual = new PcrClock({ pcrPid: PID });
const wrapped = new PcrClock({ pcrPid: PID });
const kept = new Array<object | undefined>(16).fill(undefined);
console.log(
  JSON.stringify({
    quiet: bytesEach(1, (_, arrivalNs) => quiet.feed(empty, arrivalNs)),
    busy: bytesEach(1, (ms, arrivalNs) => {
      stamp(ms);
      busy.feed(withPcr, arrivalNs);
    }),
    // Here a fit comes every 38 datagrams, not every 1500.
    usual: bytesEach(40, (ms, arrivalNs) => {
      stamp(ms);
      usual.feed(withPcr, arrivalNs);
    }),
    wrapped: bytesEach(1, (ms, arrivalNs) => {
      stamp(ms);
      inRtp.set(withPcr, 12);
      wrapped.feed(inRtp, arrivalNs);
    }),
    object: bytesEach(1, (ms) => {
      kept[ms & 15] = { ms };
    }),
    states: [busy.state, usual.state, wrapped.state],
  }),
);
