import { modulo, PTS_MODULUS, wrapDiff } from "@x/bits";
import type { ResolvedProgram } from "./mux-config.js";

/** 90 kHz: a DTS that is further behind begins a new time base. */
const MAX_STEP_BACK = 90_000;
const GAP = 900_000;
/** The same for programmes that have sparse streams only. */
const SPARSE_GAP = 54_000_000;

/** A programme of a multiplexer, and where its times lie on the transport stream's axis (27 MHz). */
export class ProgramClock {
  readonly program: ResolvedProgram;
  /** 90 kHz: the greatest step of the DTS that is no jump. */
  readonly maxGap: number;
  /** 27 MHz: the programme's clock minus the transport stream's axis; `undefined` before the first unit. */
  offset: number | undefined;
  /** DTS of the newest unit, unwrapped, 90 kHz. */
  newest = 0;
  nextPcr: number;
  /** The next PCR opens a new time base. */
  discontinuity = false;
  /** `offset` before the last discontinuity. */
  #lastOffset: number | undefined;

  /**
   * @param maxGap see `TsMuxerOptions`; `undefined`: by the programme's streams
   * @param before the same programme before its streams changed
   * @param now transport time
   */
  constructor(
    program: ResolvedProgram,
    maxGap: number | undefined,
    before: ProgramClock | undefined,
    now: number,
  ) {
    this.program = program;
    this.maxGap = maxGap ?? (program.streams.every(({ sparse }) => sparse) ? SPARSE_GAP : GAP);
    this.nextPcr = now;
    if (before === undefined) return;
    this.offset = before.offset;
    this.newest = before.newest;
    this.discontinuity = before.program.pcrPid !== program.pcrPid;
    this.#lastOffset = before.#lastOffset;
  }

  /**
   * Begin with a DTS that is sent now. Programmes with near times share an axis, so that they stay side by side; others
   * begin where it stands.
   * @returns its transport time
   */
  begin(dts: number, others: readonly ProgramClock[], now: number, delay: number): number {
    const near = others.find(
      ({ offset, newest, maxGap }) =>
        offset !== undefined && Math.abs(nearest(dts, newest) - newest) <= maxGap,
    );
    this.newest = near === undefined ? dts : nearest(dts, near.newest);
    this.offset = near?.offset ?? dts * 300 - delay - now;
    this.nextPcr = now;
    return this.newest * 300 - this.offset;
  }

  /** Transport time of a DTS that continues the time base; `undefined`: it does not. */
  continued(dts: number): number | undefined {
    const unwrapped = nearest(dts, this.newest);
    const step = unwrapped - this.newest;
    if (this.offset === undefined || step < -MAX_STEP_BACK || step > this.maxGap) return undefined;
    this.newest = Math.max(this.newest, unwrapped);
    return unwrapped * 300 - this.offset;
  }

  /** Transport time of a DTS that belongs to the last time base: a straggler. `undefined`: it does not. */
  straggler(dts: number, now: number): number | undefined {
    if (this.#lastOffset === undefined) return undefined;
    const clock = Math.round((now + this.#lastOffset) / 300);
    const step = nearest(dts, clock) - clock;
    return Math.abs(step) < MAX_STEP_BACK ? now + step * 300 : undefined;
  }

  /**
   * A new time base begins with a DTS.
   * @returns its transport time
   */
  rebase(dts: number, now: number, delay: number): number {
    this.#lastOffset = this.offset;
    this.newest = nearest(dts, this.newest);
    this.offset = this.newest * 300 - delay - now;
    this.discontinuity = true;
    this.nextPcr = now;
    return now + delay;
  }

  /** No unit with a DTS before `time` comes any more: transport time of it, `undefined` when it is a jump away. */
  advance(time: number): number | undefined {
    const unwrapped = nearest(time, this.newest);
    if (this.offset === undefined || Math.abs(unwrapped - this.newest) > this.maxGap) {
      return undefined;
    }
    this.newest = Math.max(this.newest, unwrapped);
    return unwrapped * 300 - this.offset;
  }
}

/** The time equal to `time` modulo 2^33 that is nearest to `reference`. */
function nearest(time: number, reference: number): number {
  const step = wrapDiff(modulo(time, PTS_MODULUS), modulo(reference, PTS_MODULUS), PTS_MODULUS);
  return reference + step;
}
