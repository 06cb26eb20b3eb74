import { PCR_MODULUS, wrapDiff } from "@x/bits";
import { pcrAccuracy } from "./pcr-accuracy.js";

const TICKS_PER_MS = 27_000;
/** PCRs that are compared with one constant bit rate. */
const BATCH = 256;
/** A greater distance is a jump, not a missing PCR. */
const MAX_INTERVAL_MS = 1000;

/** Limits of {@link PcrWatch}. */
export interface PcrLimits {
  /** 2.3a: distance of two PCRs, ms. */
  readonly maxPcrIntervalMs: number;
  /** 2.4: distance from a constant bit rate, ns. */
  readonly maxPcrErrorNs: number;
  /** Bit/s of the whole transport stream, if it is known. */
  readonly bitrate: number | undefined;
}

/** Told of a violation; `packet` is the PCR's. */
export type PcrAlarm = (
  indicator: "2.3a" | "2.3b" | "2.4",
  message: string,
  packet: number,
  offset: number,
) => void;

/** Watches the PCRs of one PID (TR 101 290 2.3a, 2.3b, 2.4). Memory: 256 PCRs. */
export class PcrWatch {
  readonly #limits: PcrLimits;
  readonly #alarm: PcrAlarm;
  #last = -1;
  readonly #packets: number[] = [];
  readonly #ticks: number[] = [];
  readonly #offsets: number[] = [];

  constructor(limits: PcrLimits, alarm: PcrAlarm) {
    this.#limits = limits;
    this.#alarm = alarm;
  }

  /** Take a PCR, 27 MHz. */
  add(pcr: number, packet: number, offset: number, discontinuity: boolean): void {
    const last = this.#last;
    this.#last = pcr;
    const ticks = last < 0 ? 0 : wrapDiff(pcr, last, PCR_MODULUS);
    const ms = ticks / TICKS_PER_MS;
    const forward = ticks > 0 && ms <= MAX_INTERVAL_MS;
    if (last >= 0 && !discontinuity) {
      const text = `${ms.toFixed(3)} ms since the PCR before`;
      if (forward && ms > this.#limits.maxPcrIntervalMs) this.#alarm("2.3a", text, packet, offset);
      if (ticks <= 0 || ms > 100) this.#alarm("2.3b", `${text}, not announced`, packet, offset);
    }
    const continues = forward && !discontinuity;
    if (!continues || this.#packets.length >= BATCH) this.finish();
    const before = continues ? (this.#ticks[this.#ticks.length - 1] ?? 0) : 0;
    this.#packets.push(packet);
    this.#ticks.push(before + (continues ? ticks : 0));
    this.#offsets.push(offset);
  }

  /** Judge the accuracy of what came since the last time; at variable bit rate there is none. */
  finish(): void {
    const { maxPcrErrorNs, bitrate } = this.#limits;
    const found = pcrAccuracy(this.#packets, this.#ticks, bitrate, maxPcrErrorNs);
    for (const i of found?.errors ?? []) {
      const message = `more than ${maxPcrErrorNs} ns from a constant bit rate`;
      this.#alarm("2.4", message, this.#packets[i] as number, this.#offsets[i] as number);
    }
    this.#packets.length = 0;
    this.#ticks.length = 0;
    this.#offsets.length = 0;
  }
}
