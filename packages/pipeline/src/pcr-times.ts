import { PCR_MODULUS, wrapDiff } from "@x/bits";
import { PACKET_SIZE, type TsPcrEvent } from "@x/mpegts";

/** 27 MHz. A greater step is a jump, and a PID that is silent for longer no longer counts. */
const LONGEST_STEP = 27_000_000;
/** Byte of a packet that has the last bit of program_clock_reference_base: the PCR is its time. */
const PCR_BYTE = 10;

/** A line of time over byte positions, through the PCR at its end. */
interface Segment {
  readonly end: number;
  readonly endTicks: number;
  readonly ticksPerByte: number;
}

/**
 * The time of each byte of a transport stream, 27 MHz from its first byte on: between two PCRs the rate is constant
 * (ISO/IEC 13818-1 2.4.2.2). Where the PCR jumps, time goes on at the rate before. The PCRs of one PID count, the first
 * one that tells a rate, until it falls silent.
 */
export class PcrTimes {
  readonly #last = new Map<number, { readonly pcr: number; readonly position: number }>();
  readonly #segments: Segment[] = [];
  #pid = -1;
  /** Time of the newest PCR that counted. */
  #now = 0;
  #latest = 0;

  /**
   * Take a PCR.
   * @param atLeast 27 MHz: when the PCR jumps, time is not behind this
   */
  add({ pid, pcr, packet, discontinuity }: TsPcrEvent, atLeast = 0): void {
    const position = packet * PACKET_SIZE + PCR_BYTE;
    const last = this.#last.get(pid);
    this.#last.set(pid, { pcr, position });
    const step = last === undefined || discontinuity ? 0 : wrapDiff(pcr, last.pcr, PCR_MODULUS);
    const continues = last !== undefined && step > 0 && step <= LONGEST_STEP;
    const before = this.#segments[this.#segments.length - 1];
    if (before === undefined) {
      if (!continues) return;
      this.#pid = pid;
      const ticksPerByte = step / (position - last.position);
      this.#extend(position, position * ticksPerByte, ticksPerByte);
      return;
    }
    const bytes = position - before.end;
    const elapsed = bytes * before.ticksPerByte;
    if (pid === this.#pid && continues) {
      this.#extend(position, this.#now + step, step / bytes);
    } else if (pid === this.#pid || elapsed > LONGEST_STEP) {
      this.#pid = pid;
      this.#extend(position, this.#now + elapsed, before.ticksPerByte);
      this.#now = Math.max(this.#now, atLeast);
    }
  }

  /**
   * Time of the byte at `position`, counting packets as 188 bytes. Positions have to grow from call to call.
   * @param final do not wait for the next PCR
   * @returns never less than before; `undefined` as long as the PCR behind it has not come, or no rate is known
   */
  at(position: number, final: boolean): number | undefined {
    const segments = this.#segments;
    while (segments.length > 1 && (segments[0] as Segment).end < position) segments.shift();
    const segment = segments[0];
    if (segment === undefined || (position > segment.end && !final)) return undefined;
    const ticks = segment.endTicks - (segment.end - position) * segment.ticksPerByte;
    this.#latest = Math.max(this.#latest, Math.round(ticks));
    return this.#latest;
  }

  #extend(end: number, endTicks: number, ticksPerByte: number): void {
    this.#now = endTicks;
    this.#segments.push({ end, endTicks, ticksPerByte });
  }
}
