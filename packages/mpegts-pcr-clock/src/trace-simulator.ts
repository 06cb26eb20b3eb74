import type { TraceRow } from "./trace-score.js";

/** Something that happens in a simulated stream, `atS` seconds after its start. */
export type TraceIncident =
  /** The sender's time base moves by `ticks` (27 MHz). */
  | {
      readonly type: "jump";
      readonly atS: number;
      readonly ticks: number;
      readonly flagged: boolean;
    }
  /** The path becomes longer (or shorter) by `ns`. */
  | { readonly type: "delay-step"; readonly atS: number; readonly ns: number }
  /** Nothing arrives for `forS` seconds. */
  | { readonly type: "silence"; readonly atS: number; readonly forS: number }
  /** One PCR has a value that is off by `ticks`. */
  | { readonly type: "wild"; readonly atS: number; readonly ticks: number }
  /** What arrives in `forS` seconds waits in the receiver, and comes at once. */
  | { readonly type: "stall"; readonly atS: number; readonly forS: number };

/** A stream to simulate. Everything is determined by it. */
export interface TraceScenario {
  readonly seed: number;
  readonly durationS: number;
  /** The sender's rate against the local clock. Default 0. */
  readonly ppm?: number;
  /** Default 40. */
  readonly pcrIntervalMs?: number;
  /** After so many seconds each PCR comes one packet later: its place in the datagram moves. Default: never. */
  readonly placeShiftS?: number;
  /** Bit/s, constant. Default 8 000 000. */
  readonly bitrate?: number;
  /** First PCR, 27 MHz. Default 270 000 000. */
  readonly pcr0?: number;
  /** Local time at the start, ns. Default 10^12. */
  readonly startNs?: bigint;
  /** Mean of the exponential delay, ns. Default 30 000. */
  readonly queueingNs?: number;
  /** Standard deviation of the arrival stamps' one-sided error, ns. Default 10 000. */
  readonly stampingNs?: number;
  /** Share of datagrams that are 20 to `spikeMs` ms late. Default 0. */
  readonly spikeShare?: number;
  /** Default 80. */
  readonly spikeMs?: number;
  /** Share of PCRs that are stamped `earlyNs` early. Default 0. */
  readonly earlyShare?: number;
  /** Default 1 000 000. */
  readonly earlyNs?: number;
  readonly incidents?: readonly TraceIncident[];
}

const MODULUS = 2 ** 33 * 300;
const DATAGRAM_PACKETS = 7;
const PACKET_BITS = 188 * 8;
const BASE_DELAY_NS = 5_000_000;

/**
 * Simulate a constant bit rate stream in datagrams of seven packets over a network that only ever delays. The truth is
 * the sender's clock behind the least delay.
 */
export function simulateTrace(scenario: TraceScenario): TraceRow[] {
  const { ppm = 0, pcrIntervalMs = 40, bitrate = 8e6, pcr0 = 270_000_000 } = scenario;
  const { startNs = 1_000_000_000_000n, queueingNs = 30_000, stampingNs = 10_000 } = scenario;
  const { spikeShare = 0, spikeMs = 80, earlyShare = 0, earlyNs = 1e6 } = scenario;
  const incidents = scenario.incidents ?? [];
  const random = randomSource(scenario.seed);
  const packetNs = (PACKET_BITS / bitrate) * 1e9;
  const step = Math.max(1, Math.round((pcrIntervalMs * 1e6) / packetNs));
  const slope = ppm * 1e-6;
  const rows: TraceRow[] = [];
  const done = new Set<TraceIncident>();
  const once = (incident: TraceIncident, atNs: number): boolean => {
    if (atNs < incident.atS * 1e9 || done.has(incident)) return false;
    done.add(incident);
    return true;
  };
  let jumped = 0;
  let lastArrival = 0;
  let firstArrival: number | undefined;
  let received = 0;
  let lastPacket = 0;
  let nextShiftNs = (scenario.placeShiftS ?? Infinity) * 1e9;
  for (let packet = 0; packet * packetNs < scenario.durationS * 1e9; packet += step) {
    if (packet * packetNs >= nextShiftNs) {
      nextShiftNs += (scenario.placeShiftS ?? Infinity) * 1e9;
      packet++;
    }
    const sentNs = (packet + 1) * packetNs;
    let delay = BASE_DELAY_NS + queueingNs * -Math.log(1 - random());
    delay += Math.abs(stampingNs * gaussian(random));
    if (random() < spikeShare) delay += 20e6 + random() * (spikeMs - 20) * 1e6;
    let ticks = jumped;
    let discontinuity = false;
    let silent = false;
    let heldUntil = 0;
    for (const incident of incidents) {
      if (incident.type === "jump" && once(incident, sentNs)) {
        jumped += incident.ticks;
        ticks = jumped;
        discontinuity = incident.flagged;
      } else if (incident.type === "wild" && once(incident, sentNs)) ticks += incident.ticks;
      else if (incident.type === "delay-step" && sentNs >= incident.atS * 1e9) delay += incident.ns;
      else if (incident.type === "silence" || incident.type === "stall") {
        const end = (incident.atS + incident.forS) * 1e9;
        if (sentNs < incident.atS * 1e9 || sentNs >= end) continue;
        if (incident.type === "silence") silent = true;
        else heldUntil = end / (1 + slope);
      }
    }
    if (random() < earlyShare) ticks += (earlyNs * 27) / 1000;
    const datagramEndNs = (Math.floor(packet / DATAGRAM_PACKETS) + 1) * DATAGRAM_PACKETS * packetNs;
    const arrival = Math.max(lastArrival, datagramEndNs / (1 + slope) + delay, heldUntil);
    if (silent) {
      lastPacket = packet;
      continue;
    }
    received += packet - lastPacket;
    lastPacket = packet;
    lastArrival = Math.round(arrival);
    firstArrival ??= lastArrival;
    const value = Math.round((sentNs * 27) / 1000 + ticks) + pcr0;
    rows.push({
      pcr: ((value % MODULUS) + MODULUS) % MODULUS,
      arrivalNs: startNs + BigInt(lastArrival),
      packet: received,
      indexInDatagram: packet % DATAGRAM_PACKETS,
      datagramPackets: DATAGRAM_PACKETS,
      discontinuity,
      trueMinusArrivalNs: Math.round((lastArrival - firstArrival) * slope),
    });
  }
  return rows;
}

/** Uniform numbers in [0, 1): mulberry32. */
function randomSource(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function gaussian(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
