import { bench, describe } from "vitest";
import { simulateTrace } from "../src/conformance.js";
import { GstPcrClock, PcrClock } from "../src/index.js";
import { datagramsOf, PCR_PID } from "../test/stream.js";

/** Five minutes of a network with queues; a PCR every 40 ms. */
const ROWS = simulateTrace({
  seed: 1,
  durationS: 300,
  ppm: 23,
  queueingNs: 1.5e6,
  spikeShare: 0.01,
});

describe(`${ROWS.length} PCRs: divide by that for the time of one`, () => {
  bench("PcrClock", () => {
    const clock = new PcrClock();
    for (const row of ROWS) {
      const packetsBehind = row.datagramPackets - 1 - row.indexInDatagram;
      clock.addSample({
        pcr: row.pcr,
        arrivalNs: row.arrivalNs,
        packet: row.packet,
        packetsBehind,
      });
    }
  });

  bench("GstPcrClock: 32 observations, bigint", () => {
    const clock = new GstPcrClock();
    for (const row of ROWS) clock.add(row.pcr, row.arrivalNs);
  });
});

const DATAGRAMS = datagramsOf(simulateTrace({ seed: 2, durationS: 60, bitrate: 8e6 }));

/** What people write first: every adaptation field, no tables, no continuity, no clock. */
function naiveScan(): number {
  let sum = 0;
  for (const { bytes } of DATAGRAMS) {
    for (let at = 0; at < bytes.length; at += 188) {
      const packet = bytes.subarray(at, at + 188);
      if (((packet[3] as number) & 0x20) === 0 || ((packet[5] as number) & 0x10) === 0) continue;
      const view = new DataView(packet.buffer, packet.byteOffset);
      const base = BigInt(view.getUint32(6)) * 2n + BigInt(view.getUint8(10) >> 7);
      sum += Number(base * 300n + BigInt(view.getUint16(10) & 0x1ff));
    }
  }
  return sum;
}

describe(`${DATAGRAMS.length} datagrams of 1316 bytes`, () => {
  bench("PcrClock.feed", () => {
    const clock = new PcrClock({ pcrPid: PCR_PID });
    for (const { bytes, arrivalNs } of DATAGRAMS) clock.feed(bytes, arrivalNs);
  });

  bench("naive scan, no clock", () => {
    naiveScan();
  });
});
