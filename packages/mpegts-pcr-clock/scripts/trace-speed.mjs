// What the estimator takes for one PCR, by processor time, on each recorded trace: the least of some passes, reading the
// clock included.
//
//   npm run bench:traces [FOLDER]      after a build
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { parseTrace } from "../dist/conformance.js";
import { PcrClock } from "../dist/index.js";

const PASSES = 7;
const own = fileURLToPath(new URL("../../../fixtures/mpegts-pcr-clock/traces", import.meta.url));
const folder = process.argv[2] ?? own;

let worst = 0;
for (const file of readdirSync(folder).sort()) {
  if (!file.endsWith(".csv.gz") || file.includes(".gstcal.")) continue;
  const rows = parseTrace(gunzipSync(readFileSync(join(folder, file))).toString());
  const samples = rows.map(({ indexInDatagram, datagramPackets, ...row }) => ({
    ...row,
    packetsBehind: datagramPackets - 1 - indexInDatagram,
  }));
  let least = Number.POSITIVE_INFINITY;
  for (let pass = 0; pass < PASSES; pass++) {
    const clock = new PcrClock();
    const before = process.cpuUsage();
    for (const sample of samples) {
      clock.addSample(sample);
      clock.toSender(sample.arrivalNs);
    }
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / samples.length);
  }
  worst = Math.max(worst, least);
  const name = file.slice(0, -".csv.gz".length);
  console.log(`${name.padEnd(24)} ${samples.length} PCRs ${least.toFixed(2).padStart(6)} µs each`);
}
console.log(`${"worst".padEnd(24)} ${worst.toFixed(2)} µs`);
