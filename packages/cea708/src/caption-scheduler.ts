import type { Cue, CueLine } from "./cue.js";
import { type AspectRatio, layOutCue, rowLength } from "./cue-layout.js";
import { FrameLoader } from "./frame-loader.js";
import { FramePacker } from "./frame-packer.js";
import {
  ccCountOf,
  type FrameRate,
  frameOfMs,
  msOfFrame,
  ntscPairsBefore,
  ntscPairsOf,
} from "./frame-rate.js";
import { type LoadPlan, planLoads } from "./load-plan.js";
import { RollUpSchedule } from "./roll-up-schedule.js";
import type { CaptionMode, ServiceSchedule } from "./service-schedule.js";
import { WindowSchedule } from "./window-schedule.js";

/** One 708 service to be written. */
export interface ScheduledServiceOptions {
  /** 1 to 63. */
  readonly serviceNumber: number;
  /** Default: `pop-on`. */
  readonly mode?: CaptionMode;
  /** Shape of the picture. Default: `16:9`. */
  readonly aspectRatio?: AspectRatio;
  /** Cells in a row before text is wrapped. Default: 42 for 16:9, 32 for 4:3. */
  readonly columns?: number;
  /** Most rows of a cue; what has more is shown in parts, one after the other. Default: 4. */
  readonly maxRows?: number;
  /** Rows of the roll-up window. Default: 2. */
  readonly rollUpRows?: number;
  /** When the roll-up window is cleared after the end of the last cue. Default: never. */
  readonly rollUpTimeoutMs?: number;
}

/** How a {@link CaptionScheduler} works. */
export interface CaptionSchedulerOptions {
  /** One of {@link CDP_FRAME_RATES}. */
  readonly frameRate: FrameRate;
  /** Default: service 1, pop-on. */
  readonly services?: readonly ScheduledServiceOptions[];
  /** How long before its start a pop-on caption may begin to load. Default: 15,000 (CTA-608-E's limit). */
  readonly lookaheadMs?: number;
  /** Number of the first frame; its time is `firstFrame / frameRate`. Default: 0. */
  readonly firstFrame?: number;
  /** How often the roll-up window is defined anew, for receivers that tune in. Default: 2,000. */
  readonly refreshMs?: number;
  /** Where line-21 captions come from, to be sent besides. Default: none, line 21 is announced as absent. */
  readonly line21?: Line21Source;
}

/**
 * Makes a frame's line-21 pairs: a `Cea608Scheduler` of `@x/cea608` with the same frame rate and first frame is one.
 */
export interface Line21Source {
  /** The next frame's pairs, in the order of its slots; a word is two bytes with parity, 0x8080 for nothing. */
  pull(): {
    readonly slots: readonly { readonly field: 1 | 2; readonly word: number }[];
  };
}

/** What the scheduler has to say about a cue. */
export type SchedulerEvent =
  | {
      readonly kind: "shown" | "cleared";
      readonly cue: Cue;
      readonly serviceNumber: number;
      readonly frame: number;
      /** Frames behind the frame nearest to the cue's start (its end, when cleared). 0 = on time. */
      readonly lateFrames: number;
    }
  | {
      readonly kind: "unmappable";
      readonly cue: Cue;
      readonly serviceNumber: number;
      /** Characters that are shown as `_`. */
      readonly characters: readonly string[];
    }
  | {
      readonly kind: "split";
      readonly cue: Cue;
      readonly serviceNumber: number;
      /** Parts that the cue is shown in. */
      readonly parts: number;
    };

/** One frame's captions. */
export interface ScheduledFrame {
  readonly frame: number;
  /** Bare triplets, always as many as the frame rate has; own memory. */
  readonly ccData: Uint8Array<ArrayBuffer>;
  readonly events: readonly SchedulerEvent[];
}

/** A line-21 pair that says nothing. */
const IDLE_PAIR = 0x8080;

/**
 * Turns cues into cc_data, one frame after the other. A pop-on caption is loaded into a hidden window in good time
 * and shown in the frame nearest to its start; when the bytes of the frame rate do not suffice it is late by the
 * minimum, reported, never dropped. Nobody is late for the sake of a caption that starts later, or that starts at the
 * same time in a service that was announced later. Captions that overlap get windows of their own, above each other.
 *
 * Push every cue that starts before {@link inputHorizonMs}, then pull a frame, and so on.
 */
export class CaptionScheduler {
  readonly #frameRate: FrameRate;
  readonly #ccCount: number;
  readonly #lookaheadMs: number;
  readonly #line21: CaptionSchedulerOptions["line21"];
  readonly #services = new Map<
    number,
    { schedule: ServiceSchedule; columns: number; maxRows: number }
  >();
  readonly #packer = new FramePacker();
  readonly #loader: FrameLoader;
  /** What is planned for the next frames; empty when there is no plan, or it is out of date. */
  #plan: LoadPlan[number][] = [];
  #events: SchedulerEvent[] = [];
  #frame: number;

  /** @throws {RangeError} for a rate that no CDP carries, or options out of range. */
  constructor(options: CaptionSchedulerOptions) {
    const { frameRate, services = [{ serviceNumber: 1 }], lookaheadMs = 15_000 } = options;
    const frames = (ms: number): number =>
      Math.ceil((ms * frameRate.numerator) / (1000 * frameRate.denominator));
    this.#frameRate = frameRate;
    this.#ccCount = ccCountOf(frameRate);
    this.#lookaheadMs = lookaheadMs;
    this.#frame = options.firstFrame ?? 0;
    this.#line21 = options.line21;
    for (const service of services) {
      const { serviceNumber, mode = "pop-on", aspectRatio = "16:9", rollUpRows = 2 } = service;
      const columns = service.columns ?? (aspectRatio === "16:9" ? 42 : 32);
      inRange("serviceNumber", serviceNumber, 1, 63);
      inRange("columns", columns, 1, aspectRatio === "16:9" ? 42 : 32);
      inRange("rollUpRows", rollUpRows, 1, 15);
      const maxRows = service.maxRows ?? 4;
      inRange("maxRows", maxRows, 1, 15);
      const timeout = service.rollUpTimeoutMs ?? Number.POSITIVE_INFINITY;
      const Schedule = mode === "roll-up" ? RollUpSchedule : WindowSchedule;
      const schedule = new Schedule({
        serviceNumber,
        mode,
        aspectRatio,
        columns,
        rollUpRows,
        rollUpTimeout: frames(timeout),
        refresh: frames(options.refreshMs ?? 2000),
        leastShowing: frames(1000),
      });
      const rows = mode === "roll-up" ? Math.min(maxRows, rollUpRows) : maxRows;
      this.#services.set(serviceNumber, { schedule, columns, maxRows: rows });
    }
    const schedules = [...this.#services.values()].map(({ schedule }) => schedule);
    const leastTriplets =
      this.#ccCount - Math.max(ntscPairsOf(frameRate, 0), ntscPairsOf(frameRate, 1));
    this.#loader = new FrameLoader(schedules, frames(lookaheadMs), 2 * leastTriplets - 1);
  }

  /** Number of the frame that the next {@link pull} makes. */
  get nextFrame(): number {
    return this.#frame;
  }

  /** Every cue that starts before this should have been pushed before the next {@link pull}. */
  get inputHorizonMs(): number {
    return msOfFrame(this.#frame, this.#frameRate) + this.#lookaheadMs;
  }

  /** Cues that are not shown yet, or not cleared yet. */
  get pending(): number {
    let pending = 0;
    for (const { schedule } of this.#services.values()) pending += schedule.pending;
    return pending;
  }

  /**
   * Take a cue for a service, the first one when not said. Cues may come in any order; one that should be on the
   * screen already is shown as soon as it is loaded. A cue without visible text is ignored.
   * @throws {RangeError} for a service that was not announced, or times that are no numbers.
   */
  push(cue: Cue, serviceNumber: number = this.#services.keys().next().value ?? 1): void {
    const service = this.#services.get(serviceNumber);
    if (service === undefined) throw new RangeError(`service ${serviceNumber} was not announced`);
    if (!Number.isFinite(cue.startMs) || !Number.isFinite(cue.endMs)) {
      throw new RangeError(`a cue from ${cue.startMs} to ${cue.endMs} ms`);
    }
    const { rows, unmappable } = layOutCue(cue, service.columns);
    if (unmappable.length > 0) {
      this.#events.push({ kind: "unmappable", cue, serviceNumber, characters: unmappable });
    }
    const parts = splitRows(rows, service.maxRows);
    if (parts.length > 1) {
      this.#events.push({ kind: "split", cue, serviceNumber, parts: parts.length });
    }
    let total = 0;
    for (const row of rows) total += rowLength(row);
    let before = 0;
    const timeOf = (cells: number): number =>
      cue.startMs + ((cue.endMs - cue.startMs) * cells) / total;
    for (const part of parts) {
      const startFrame = frameOfMs(timeOf(before), this.#frameRate);
      for (const row of part) before += rowLength(row);
      const endFrame = Math.max(startFrame + 1, frameOfMs(timeOf(before), this.#frameRate));
      service.schedule.add({ cue, rows: part, startFrame, endFrame });
    }
    this.#plan = [];
  }

  /** Make the next frame. */
  pull(): ScheduledFrame {
    const frame = this.#frame++;
    const firstPair = ntscPairsBefore(this.#frameRate, frame);
    const pairs = ntscPairsBefore(this.#frameRate, frame + 1) - firstPair;
    const packer = this.#packer;
    packer.begin(this.#ccCount - pairs);
    for (const change of this.#loader.fill(frame, packer, this.#planned(frame))) {
      const { kind, laid, serviceNumber, lateFrames } = change;
      this.#events.push({ kind, cue: laid.cue, serviceNumber, frame: change.frame, lateFrames });
    }
    const ccData = new Uint8Array(this.#ccCount * 3);
    this.#writeLine21(ccData, firstPair, pairs);
    const packet = packer.finish();
    ccData.set(packet, pairs * 3);
    for (let at = pairs * 3 + packet.length; at < ccData.length; at += 3) ccData[at] = 0xfa;
    const events = this.#events;
    this.#events = [];
    return { frame, ccData, events };
  }

  /** What the plan has for a frame; plans are made when something must be loaded. */
  #planned(frame: number): LoadPlan[number] {
    if (this.#plan.length === 0 && this.#loader.isUrgent(frame)) {
      const triplets = (each: number): number => this.#ccCount - ntscPairsOf(this.#frameRate, each);
      this.#plan = [...planLoads(this.#loader, frame, triplets)];
    }
    return this.#plan.shift();
  }

  #writeLine21(ccData: Uint8Array, firstPair: number, pairs: number): void {
    const slots = this.#line21?.pull().slots ?? [];
    for (let i = 0; i < pairs; i++) {
      const field = (firstPair + i) & 1;
      const slot = slots[i];
      const word = slot?.field === field + 1 ? slot.word : IDLE_PAIR;
      // Field 1 stays valid while there is a source: a valid field 2 obliges it (CTA-708-E 4.3).
      const valid = word !== IDLE_PAIR || (field === 0 && this.#line21 !== undefined);
      ccData[3 * i] = (valid ? 0xfc : 0xf8) | field;
      ccData[3 * i + 1] = word >> 8;
      ccData[3 * i + 2] = word & 0xff;
    }
  }
}

/** Rows in groups of at most `maxRows`, as even as can be. */
function splitRows(rows: readonly CueLine[], maxRows: number): (readonly CueLine[])[] {
  const parts = Math.ceil(rows.length / maxRows);
  const groups: (readonly CueLine[])[] = [];
  for (let i = 0; i < parts; i++) {
    const from = Math.floor((i * rows.length) / parts);
    groups.push(rows.slice(from, Math.floor(((i + 1) * rows.length) / parts)));
  }
  return groups;
}

function inRange(name: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new RangeError(`${name}: ${value} is not ${least} to ${most}`);
  }
}
