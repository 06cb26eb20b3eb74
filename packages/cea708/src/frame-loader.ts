import type { FramePacker } from "./frame-packer.js";
import type { LaidCue, ScheduleChange, ServiceLoads, ServiceSchedule } from "./service-schedule.js";

/** Most bytes of a frame that loading may find unusable, because the next code does not fit behind the last. */
const WASTE = 8;

/** What happened to a caption of a service. */
export interface ServiceChange extends ScheduleChange {
  readonly serviceNumber: number;
}

/** A part of a frame: `units` of a caption, as {@link ServiceSchedule.loadPlanned} counts them. */
export interface LoadStep {
  /** Index of the service. */
  readonly service: number;
  readonly laid: LaidCue;
  readonly units: number;
}

/** How to fill a frame. */
export interface FramePlan {
  readonly steps: readonly LoadStep[];
  /** Indices of services that show nothing new in this frame, because others need the bytes. */
  readonly held: readonly number[];
}

/**
 * Fills frames with the codes of several services. What starts first is loaded first; of equal starts, what was
 * announced first. So none is late for the sake of one that comes after it.
 */
export class FrameLoader {
  readonly #schedules: readonly ServiceSchedule[];
  /** Frames before its start that a caption may be loaded. */
  readonly lookahead: number;
  readonly #leastBytes: number;

  /** `leastBytes`: of a packet in the frames that have fewest. */
  constructor(schedules: readonly ServiceSchedule[], lookahead: number, leastBytes: number) {
    this.#schedules = schedules;
    this.lookahead = lookahead;
    this.#leastBytes = leastBytes;
  }

  /** One that goes on from here by itself. */
  clone(): FrameLoader {
    const schedules = this.#schedules.map((schedule) => schedule.clone());
    return new FrameLoader(schedules, this.lookahead, this.#leastBytes);
  }

  /** Fill a frame: as a plan has it, or with what starts first. */
  fill(frame: number, packer: FramePacker, plan?: FramePlan): ServiceChange[] {
    if (plan !== undefined) {
      for (const { service, laid, units } of plan.steps) {
        this.#schedules[service]?.loadPlanned(laid, units, frame, packer);
      }
    } else if (this.isUrgent(frame)) {
      this.#load(frame, packer);
    }
    return this.#schedules.flatMap((schedule, index) => {
      const { serviceNumber } = schedule;
      const hold = plan?.held.includes(index) ?? false;
      return schedule.switch(frame, packer, hold).map((change) => ({ ...change, serviceNumber }));
    });
  }

  /** What a plan must know of each service's captions up to `horizon`; `undefined` when they cannot be planned. */
  loads(horizon: number): ServiceLoads[] | undefined {
    const all = this.#schedules.map((schedule) => schedule.loads(horizon));
    return all.includes(undefined) ? undefined : (all as ServiceLoads[]);
  }

  /** Whether a caption waits that should be on the screen, or will be late if nothing is loaded in this frame. */
  isBusy(frame: number): boolean {
    return this.isUrgent(frame) || this.#schedules.some((each) => each.reserve(frame, true) > 0);
  }

  /** Whether a caption would be late if nothing were loaded in this frame, with the least that each frame carries. */
  isUrgent(frame: number): boolean {
    const perFrame = Math.max(4, this.#leastBytes - WASTE - 3 * this.#schedules.length);
    const loads: { start: number; bytes: number }[] = [];
    const horizon = frame + this.lookahead;
    for (const schedule of this.#schedules) {
      const next = schedule.nextLoad(frame);
      if (next !== undefined && next <= frame) return true;
      schedule.eachLoad(horizon, (start, bytes) => loads.push({ start, bytes }));
    }
    loads.sort((a, b) => a.start - b.start);
    let bytes = 0;
    for (const load of loads) {
      bytes += load.bytes;
      if (bytes > (load.start - frame - 1) * perFrame) return true;
    }
    return false;
  }

  /** Send what must be sent now, with room kept for what changes on the screen in this frame. */
  #load(frame: number, packer: FramePacker): void {
    // First as if captions that are due could be completed, then, if they could not, with what that kept free.
    for (const started of [true, false]) {
      const reserved = new Map<number, number>();
      for (const schedule of this.#schedules) {
        const bytes = schedule.reserve(frame, started);
        if (bytes > 0) reserved.set(schedule.serviceNumber, bytes);
      }
      this.#loadBeside(frame, packer, reserved);
    }
  }

  #loadBeside(frame: number, packer: FramePacker, reserved: ReadonlyMap<number, number>): void {
    const full = new Set<ServiceSchedule>();
    for (;;) {
      let next: ServiceSchedule | undefined;
      let earliest = frame + this.lookahead + 1;
      for (const schedule of this.#schedules) {
        const start = full.has(schedule) ? undefined : schedule.nextLoad(frame);
        if (start === undefined || start >= earliest) continue;
        earliest = start;
        next = schedule;
      }
      if (next === undefined) return;
      if (!next.load(frame, packer, reserved)) full.add(next);
      else if (next.nextLoad(frame) !== earliest && !this.isUrgent(frame)) return;
    }
  }
}
