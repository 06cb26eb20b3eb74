import { modulo, PCR_MODULUS, wrapDiff } from "@x/bits";

/** A stretch of the stream with one time base: what its PCRs mean on the sender's clock. */
export interface TimeSegment {
  /** Counts up from 0. */
  readonly id: number;
  /** Local time from which on it is in force, ns. */
  readonly fromLocalNs: bigint;
  /** A PCR of the time base, 27 MHz, below 2^33 · 300. */
  readonly pcr0: number;
  /** The sender's clock at `pcr0`, ns. Refined about two seconds after the segment's start. */
  readonly senderNs0: bigint;
}

const MAX_SEGMENTS = 32;

/** The segments of a stream, oldest first; only the last 32 are kept. */
export class TimeMap {
  #segments: TimeSegment[] = [];
  #nextId = 0;

  get segments(): readonly TimeSegment[] {
    return this.#segments;
  }

  /** A new time base begins. */
  begin(fromLocalNs: bigint, pcr0: number, senderNs0: bigint): void {
    this.#segments.push({ id: this.#nextId++, fromLocalNs, pcr0, senderNs0 });
    if (this.#segments.length > MAX_SEGMENTS) this.#segments.shift();
  }

  /** The newest segment's relation is known better, or has moved on. */
  refine(pcr0: number, senderNs0: bigint): void {
    const last = this.#segments.pop();
    if (last !== undefined) this.#segments.push({ ...last, pcr0, senderNs0 });
  }

  /** The segment in force at a local time: the oldest one before all, the newest one without a time. */
  at(localNs: bigint | undefined): TimeSegment | undefined {
    let found = this.#segments[this.#segments.length - 1];
    if (localNs === undefined) return found;
    for (let i = this.#segments.length - 1; i >= 0; i--) {
      found = this.#segments[i] as TimeSegment;
      if (found.fromLocalNs <= localNs) break;
    }
    return found;
  }

  /** Forget everything. */
  reset(): void {
    this.#segments = [];
    this.#nextId = 0;
  }

  /** Take up saved segments. */
  load(segments: readonly TimeSegment[]): void {
    this.#segments = segments.slice(-MAX_SEGMENTS);
    this.#nextId = (this.#segments[this.#segments.length - 1]?.id ?? -1) + 1;
  }
}

/**
 * The sender's clock at a PCR of a segment.
 * @param near sender's clock, ns: of all cycles of the PCR the one nearest to it is meant
 */
export function senderTimeOf(segment: TimeSegment, pcr: number, near: bigint): bigint {
  const sinceOrigin = ((near - segment.senderNs0) * 27n) / 1000n;
  const cycle = BigInt(PCR_MODULUS);
  const place = Number(((sinceOrigin % cycle) + cycle) % cycle);
  const ahead = wrapDiff(pcr, modulo(segment.pcr0 + place, PCR_MODULUS), PCR_MODULUS);
  const ticks = sinceOrigin + BigInt(ahead);
  return segment.senderNs0 + floorDivide(ticks * 1000n, 27n);
}

function floorDivide(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  return dividend < 0n && quotient * divisor !== dividend ? quotient - 1n : quotient;
}
