// A sender with a clock of its own, on loopback UDP, in real time: its rate is 37 ppm off, its datagrams are jittered,
// come in bursts, get lost, and once it restarts. The recovered clock must have the rate within 0.5 ppm from 60 s on
// (again 60 s after the restart), and must never step or go backwards.
//
//   npm run soak [-- SECONDS]      after a build; ten minutes by default
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { PcrClock } from "../dist/index.js";
import { SoakSender } from "./soak-sender.mjs";

const seconds = Number(process.argv[2] ?? 600);
if (!(seconds >= 10 && seconds <= 86_400)) {
  console.error("soak: seconds must be within 10 and 86400");
  process.exit(2);
}
const PPM = 37;
const PID = 0x100;
const RATE_LIMIT_PPM = 0.5;
const SETTLE_S = 60;
/** From 6 s on the output differs from the sender's rate by at most 2000 ppm. */
const MAX_SLEW = 0.0021;

const receiver = createSocket("udp4");
receiver.bind(0, "127.0.0.1");
await once(receiver, "listening");

const clock = new PcrClock({ pcrPid: PID });
const start = process.hrtime.bigint();
const counts = { received: 0, discontinuities: 0, steps: 0, backward: 0, wrongRate: 0 };
let worstPpm = 0;
let restartedS = 0;
let lastReading;
let lastLocal = 0n;

const secondsAt = (local) => Number(local - start) / 1e9;

/** Read the clock; note when it went backwards or stepped. */
function check(local) {
  const reading = clock.toSender(local);
  if (lastReading !== undefined) {
    const elapsed = Number(local - lastLocal);
    const passed = Number(reading - lastReading);
    if (passed < 0) counts.backward++;
    if (secondsAt(local) > 6 && Math.abs(passed - elapsed) > elapsed * MAX_SLEW + 2) counts.steps++;
  }
  lastReading = reading;
  lastLocal = local;
}

function report(event) {
  const at = secondsAt(event.localNs);
  if (event.type === "discontinuity") {
    counts.discontinuities++;
    restartedS = at;
  }
  const reason = event.reason === undefined ? "" : ` (${event.reason})`;
  console.log(`${at.toFixed(2)} s ${event.type}${reason}`);
}

receiver.on("message", (datagram) => {
  const arrival = process.hrtime.bigint();
  counts.received++;
  check(arrival);
  for (const event of clock.feed(datagram, arrival)) report(event);
  check(arrival);
});

let lastPrinted = 0;
const checks = setInterval(() => {
  const local = process.hrtime.bigint();
  check(local);
  for (const event of clock.poll(local)) report(event);
  const s = secondsAt(local);
  const { ratePpm, jitterNs, rateErrorPpm } = clock.statistics();
  if (s - restartedS > SETTLE_S) {
    const error = Math.abs(ratePpm - PPM);
    worstPpm = Math.max(worstPpm, error);
    if (error > RATE_LIMIT_PPM) counts.wrongRate++;
  }
  if (s - lastPrinted < 10) return;
  lastPrinted = s;
  const rate = `${ratePpm.toFixed(3)} ppm (± ${rateErrorPpm.toFixed(3)})`;
  console.log(
    `${s.toFixed(0)} s: ${clock.state}, ${rate}, jitter ${(jitterNs / 1000).toFixed(1)} µs`,
  );
}, 100);

const socket = createSocket("udp4");
socket.connect(receiver.address().port, "127.0.0.1");
await once(socket, "connect");
const restartAt = (seconds * 1e9) / 2;
const sender = new SoakSender({ pid: PID, ppm: PPM, restartAt });
const sending = setInterval(() => {
  sender.run(
    () => Number(process.hrtime.bigint() - start),
    (datagram) => socket.send(datagram),
  );
}, 1);
await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
clearInterval(sending);
clearInterval(checks);
receiver.close();
socket.close();
const { steps, backward, wrongRate, discontinuities } = counts;
const passed = steps + backward + wrongRate === 0 && discontinuities === 1;
const { sent, lost } = sender;
console.log({ sent, lost, ...counts, worstPpm, statistics: clock.statistics() });
console.log(passed ? "passed" : "failed");
process.exitCode = passed ? 0 : 1;
