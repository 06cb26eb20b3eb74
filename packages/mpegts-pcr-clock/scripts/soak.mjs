// A sender with a clock of its own, on loopback UDP, in real time: its rate is 37 ppm off, its datagrams are jittered,
// sent in bursts, lost, and once it restarts. The recovered clock must have the rate within 0.5 ppm from 60 s on (again
// 60 s after the restart), and must never step or go backwards.
//
//   node scripts/soak.mjs [seconds, default 600]      after a build
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { PcrClock } from "../dist/index.js";

const seconds = Number(process.argv[2] ?? 600);
if (!(seconds >= 10 && seconds <= 86_400)) {
  console.error("soak: seconds must be within 10 and 86400");
  process.exit(2);
}
const PPM = 37;
const BITRATE = 2e6;
const PACKETS = 7;
const PCR_EVERY = 4;
const PID = 0x100;
const MODULUS = 2 ** 33 * 300;
const DATAGRAM_NS = (PACKETS * 188 * 8 * 1e9) / BITRATE;
const RATE_LIMIT_PPM = 0.5;
const SETTLE_S = 60;
/** From 6 s on the output differs from the sender's rate by at most 2000 ppm. */
const MAX_SLEW = 0.0021;

const receiver = createSocket("udp4");
const sender = createSocket("udp4");
receiver.bind(0, "127.0.0.1");
await once(receiver, "listening");
const { port } = receiver.address();

const clock = new PcrClock({ pcrPid: PID });
const start = process.hrtime.bigint();
const counts = { sent: 0, lost: 0, received: 0, steps: 0, backward: 0, wrongRate: 0 };
let lastReading;
let lastLocal = 0n;

/** Read the clock; note when it went backwards or stepped. */
function check(local) {
  const reading = clock.toSender(local);
  if (lastReading !== undefined) {
    const elapsed = Number(local - lastLocal);
    const passed = Number(reading - lastReading);
    if (passed < 0) counts.backward++;
    if (Number(local - start) > 6e9 && Math.abs(passed - elapsed) > elapsed * MAX_SLEW + 2)
      counts.steps++;
  }
  lastReading = reading;
  lastLocal = local;
}

receiver.on("message", (datagram) => {
  const arrival = process.hrtime.bigint();
  counts.received++;
  check(arrival);
  for (const event of clock.feed(datagram, arrival)) report(event);
  check(arrival);
});

function report(event) {
  if (event.type === "discontinuity") discontinuities++;
  const at = (Number(event.localNs - start) / 1e9).toFixed(2);
  console.log(`${at} s ${event.type}${event.reason === undefined ? "" : ` (${event.reason})`}`);
}
let discontinuities = 0;

const restartAt = Math.floor(seconds / 2);
let firstPcr = 27e6;
let datagram = 0;
let restarted = false;
let restartedS = 0;
/** Datagrams are held back until then: a burst. */
let heldUntilS = 0;

/** The datagram with the number `index`, its PCR (if any) in a place that changes. */
function build(index) {
  const bytes = new Uint8Array(PACKETS * 188).fill(0xff);
  const place = Math.floor(index / PCR_EVERY) % PACKETS;
  for (let i = 0; i < PACKETS; i++) {
    const at = i * 188;
    if (index % PCR_EVERY !== 0 || i !== place) {
      bytes.set([0x47, 0x1f, 0xff, 0x10], at);
      continue;
    }
    const sentNs = ((index * PACKETS + i + 1) * 188 * 8 * 1e9) / BITRATE;
    const pcr = (firstPcr + Math.round((sentNs * 27) / 1000)) % MODULUS;
    const base = Math.floor(pcr / 300);
    const extension = pcr % 300;
    bytes.set([0x47, PID >> 8, PID & 0xff, 0x20, 183, 0x10], at);
    bytes[at + 6] = Math.floor(base / 2 ** 25);
    bytes[at + 7] = Math.floor(base / 2 ** 17) % 256;
    bytes[at + 8] = Math.floor(base / 2 ** 9) % 256;
    bytes[at + 9] = Math.floor(base / 2) % 256;
    bytes[at + 10] = ((base % 2) << 7) | 0x7e | (extension >> 8);
    bytes[at + 11] = extension & 0xff;
  }
  return bytes;
}

function send() {
  const localS = Number(process.hrtime.bigint() - start) / 1e9;
  if (localS < heldUntilS) return;
  if (Math.random() < 0.002) heldUntilS = localS + 0.005 + Math.random() * 0.03;
  if (!restarted && localS >= restartAt) {
    restarted = true;
    restartedS = localS;
    firstPcr = 27e6 * 5000;
    heldUntilS = localS + 1.5;
    return;
  }
  const due = (localS * 1e9 * (1 + PPM * 1e-6)) / DATAGRAM_NS - 1;
  for (; datagram <= due; datagram++) {
    if (restarted && localS < restartedS + 1.5) continue;
    counts.sent++;
    if (Math.random() < 0.005) counts.lost++;
    else sender.send(build(datagram), port, "127.0.0.1");
  }
}

const ticks = setInterval(send, 1);
let lastPrinted = 0;
const checks = setInterval(() => {
  const local = process.hrtime.bigint();
  check(local);
  for (const event of clock.poll(local)) report(event);
  const s = Number(local - start) / 1e9;
  const { ratePpm, jitterNs, rateErrorPpm } = clock.statistics();
  const settledS = restarted ? s - restartedS : s;
  if (settledS > SETTLE_S && Math.abs(ratePpm - PPM) > RATE_LIMIT_PPM) counts.wrongRate++;
  if (s - lastPrinted < 10) return;
  lastPrinted = s;
  console.log(
    `${s.toFixed(0)} s: ${clock.state}, ${ratePpm.toFixed(3)} ppm (± ${rateErrorPpm.toFixed(3)}), jitter ${(jitterNs / 1000).toFixed(0)} µs`,
  );
}, 100);

await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
clearInterval(ticks);
clearInterval(checks);
receiver.close();
sender.close();
const failed = counts.steps + counts.backward + counts.wrongRate > 0 || discontinuities !== 1;
console.log({ ...counts, discontinuities, statistics: clock.statistics() });
console.log(failed ? "failed" : "passed");
process.exitCode = failed ? 1 : 0;
