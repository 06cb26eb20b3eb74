import { PCR_MODULUS, wrapDiff } from "@x/bits";

const SECOND = 27_000_000;
/** PCRs of another PID, with none of the followed one between them, after which that one is followed. */
const SILENT_AFTER = 32;

/** The time in a transport stream, 27 MHz from its first PCR on: by the PCRs of one PID, or by arrival times. */
export class StreamTime {
  #pid = -1;
  #rival = -1;
  #rivalCount = 0;
  #pcr = 0;
  #packet = 0;
  #ticksPerPacket = 0;
  /** Time between the last two PCRs. */
  #step = 0;
  #now = 0;
  #start = -1n;

  /** Time of the last PCR, or of the last arrival. */
  get now(): number {
    return this.#now;
  }

  /** Time of a packet that is at hand: behind the last PCR by as much as its packets took before, but for a pause. */
  at(packet: number): number {
    return this.#now + Math.min(this.#step, (packet - this.#packet) * this.#ticksPerPacket);
  }

  /** What comes next arrived at this local time, ns: from now on PCRs do not matter. */
  arrive(localNs: bigint): void {
    if (this.#start < 0n) this.#start = localNs;
    this.#now = Number(((localNs - this.#start) * 27n) / 1000n);
    this.#step = 0;
  }

  /**
   * A PCR of any PID came.
   * @returns whether time went on
   */
  note(pid: number, pcr: number, packet: number, discontinuity: boolean): boolean {
    if (this.#start >= 0n || !this.#follows(pid)) return false;
    const known = this.#pid >= 0 && pid === this.#pid;
    const step = wrapDiff(pcr, this.#pcr, PCR_MODULUS);
    const packets = packet - this.#packet;
    if (known && !discontinuity && step > 0 && step <= SECOND && packets > 0) {
      this.#step = step;
      this.#ticksPerPacket = step / packets;
      this.#now += step;
    } else this.#now = this.at(packet);
    this.#pid = pid;
    this.#pcr = pcr;
    this.#packet = packet;
    return true;
  }

  #follows(pid: number): boolean {
    if (this.#pid < 0 || pid === this.#pid) {
      this.#rivalCount = 0;
      return true;
    }
    this.#rivalCount = pid === this.#rival ? this.#rivalCount + 1 : 1;
    this.#rival = pid;
    return this.#rivalCount > SILENT_AFTER;
  }
}
