import type { Cea608Field, DataChannel } from "./codes.js";
import {
  addressed,
  doublesControls,
  paintOnWords,
  placeRollUp,
  popOnWords,
  rollUpWords,
} from "./encoder.js";
import type { Job, Shown } from "./field-channel.js";
import { FieldScheduler } from "./field-scheduler.js";
import {
  type Cea608Caption,
  type LaidRow,
  placeLines,
  type StyledLine,
  wrapCaption,
} from "./layout.js";
import { inRange } from "./range.js";
import { type Cea608CaptionService, captionService } from "./services.js";
import { type FrameRate, LineSlots } from "./slots.js";
import type { XdsPacket } from "./xds.js";
import { XdsFeeder } from "./xds-feeder.js";

/** A caption with its time. */
export interface Cea608ScheduledCue extends Cea608Caption {
  /** When it is to appear, in milliseconds. */
  readonly start: number;
  /** When it is to go, in milliseconds; `Infinity`: when the next caption of the service comes. */
  readonly end: number;
  /** Default `CC1`. */
  readonly service?: Cea608CaptionService;
  /** Default: as the scheduler's. */
  readonly mode?: "popOn" | "paintOn" | "rollUp";
}

/** Something that could not be done as wanted. */
export type Cea608Report =
  /** The caption appeared so many milliseconds after its start: the line was too slow, or it came too late. */
  | { readonly type: "late"; readonly cue: Cea608ScheduledCue; readonly lateMs: number }
  /** It had more rows than are shown at once, and became so many captions one after the other. */
  | { readonly type: "split"; readonly cue: Cea608ScheduledCue; readonly parts: number }
  /** These characters have no code and became spaces. */
  | {
      readonly type: "unmappable";
      readonly cue: Cea608ScheduledCue;
      readonly characters: readonly string[];
    };

/** The pairs of one video frame. */
export interface Cea608Frame {
  readonly frame: number;
  /** In the order of transmission, fields alternating; `8080` where there is nothing to say. */
  readonly slots: readonly { readonly field: Cea608Field; readonly word: number }[];
  readonly reports: readonly Cea608Report[];
}

/** What a scheduler makes. */
export interface Cea608SchedulerOptions {
  /** 24, 25, 30, 50 or 60 Hz, or a 1000/1001 of it. */
  readonly frameRate: FrameRate;
  /** Default `popOn`. */
  readonly mode?: "popOn" | "paintOn" | "rollUp";
  /** Rows of roll-up, 2 to 4. Default 2. */
  readonly rollUpRows?: 2 | 3 | 4;
  /** Milliseconds from the end of a roll-up caption to its erasure. Default 5000. */
  readonly rollUpTimeoutMs?: number;
  /** As of `encodePopOn`. Doubles are left out where they would make a caption late. Default `field1`. */
  readonly redundantControls?: "field1" | "always" | "never";
  /** Most rows of a caption, 1 to 15; decoders need not show more than 4. Default 4. */
  readonly maxRows?: number;
  /**
   * Frames before its start that a caption may be loaded, at most. Without, everything is loaded just in time;
   * with 0, for live captions, loading begins with the start. Default: no limit.
   */
  readonly lookaheadFrames?: number;
  /** Number of the first frame. Its time is `frame` times the frame's length. Default 0. */
  readonly firstFrame?: number;
}

/**
 * Puts captions on the line so that each appears in the frame nearest to its start: pop-on captions are loaded ahead
 * of it. A caption that the line is too slow for appears as soon as it can, is reported, and is never dropped.
 *
 * Push captions with their times, pull one frame after the other, see `done` for the end.
 */
export class Cea608Scheduler {
  readonly #options: Cea608SchedulerOptions;
  readonly #slots: LineSlots;
  readonly #fields: readonly FieldScheduler<Cea608ScheduledCue>[];
  readonly #xds: XdsFeeder = new XdsFeeder();
  #frame: number;
  #reports: Cea608Report[] = [];

  /** @throws {RangeError} when the frame rate is none that captions have, or another option is out of range. */
  constructor(options: Cea608SchedulerOptions) {
    this.#options = options;
    this.#slots = new LineSlots(options.frameRate);
    this.#frame = inRange("firstFrame", options.firstFrame ?? 0, 0, Number.MAX_SAFE_INTEGER);
    inRange("maxRows", options.maxRows ?? 4, 1, 15);
    const { numerator, denominator } = options.frameRate;
    // Of the slots of both fields every second is one field's.
    const perFrame = (this.#slots.first(1200) - this.#slots.first(0)) / 1200 / 2;
    const { lookaheadFrames = Number.POSITIVE_INFINITY, redundantControls = "field1" } = options;
    this.#fields = ([1, 2] as const).map(
      (field) =>
        new FieldScheduler({
          field,
          doubleControls: doublesControls({ field, redundantControls }),
          lookahead: lookaheadFrames === 0 ? 0 : Math.floor(lookaheadFrames * perFrame),
          replaceGap: Math.ceil(2 * perFrame),
          minimumSlots: Math.round((numerator / denominator) * perFrame),
        }),
    );
  }

  /** Nothing is left to be shown, erased, sent or reported. */
  get done(): boolean {
    const quiet = this.#xds.idle && this.#fields.every((field) => field.idle);
    return quiet && this.#reports.length === 0;
  }

  /**
   * A caption. The order does not matter as long as a caption comes before the frame in which its load has to begin.
   * Empty captions are ignored.
   * @throws {RangeError} when a time is no number, or a place is off the screen.
   */
  push(cue: Cea608ScheduledCue): void {
    if (!Number.isFinite(cue.start) || !(cue.end > Number.NEGATIVE_INFINITY)) {
      throw new RangeError(`start ${cue.start}, end ${cue.end}`);
    }
    const { field, dataChannel } = addressOf(cue.service ?? "CC1");
    const mode = cue.mode ?? this.#options.mode ?? "popOn";
    const { lines, unmappable } = wrapCaption(cue);
    if (unmappable.length > 0) {
      this.#reports.push({ type: "unmappable", cue, characters: unmappable });
    }
    const limit = mode === "rollUp" ? Number.POSITIVE_INFINITY : (this.#options.maxRows ?? 4);
    const parts = chunks(lines, limit);
    if (parts.length > 1) this.#reports.push({ type: "split", cue, parts: parts.length });
    const total = cellsOf(lines);
    const open = cue.end === Number.POSITIVE_INFINITY;
    const duration = open ? total * OPEN_MS_PER_CELL : cue.end - cue.start;
    let spent = 0;
    for (const part of parts) {
      const start = cue.start + (duration * spent) / total;
      spent += cellsOf(part);
      const end = open && spent === total ? cue.end : cue.start + (duration * spent) / total;
      const rows =
        mode === "rollUp"
          ? placeRollUp(part, cue, dataChannel)
          : placeLines(part, cue, dataChannel);
      const job = this.#job(cue, rows, mode, start, end, field, dataChannel);
      (this.#fields[field - 1] as FieldScheduler<Cea608ScheduledCue>).push(job);
    }
  }

  /**
   * An XDS packet, to be sent in pairs of field 2 that captions leave free. Packets go out in order, each once.
   * @throws {RangeError} as `encodeXdsPacket`.
   */
  pushXds(packet: XdsPacket): void {
    this.#xds.push(packet);
  }

  /** The next frame. */
  pull(): Cea608Frame {
    const frame = this.#frame++;
    const reports = this.#reports;
    this.#reports = [];
    const slots: { field: Cea608Field; word: number }[] = [];
    const end = this.#slots.first(frame + 1);
    for (let slot = this.#slots.first(frame); slot < end; slot++) {
      const field = this.#slots.fieldOf(slot);
      const scheduler = this.#fields[field - 1] as FieldScheduler<Cea608ScheduledCue>;
      let word = scheduler.next(slot >> 1, (shown) => this.#shown(shown, frame, field, reports));
      if (field === 2) {
        if (word !== PADDING) this.#xds.interrupt();
        else if (scheduler.free) word = this.#xds.next() ?? PADDING;
      }
      slots.push({ field, word });
    }
    return { frame, slots, reports };
  }

  #job(
    cue: Cea608ScheduledCue,
    laid: readonly LaidRow[],
    mode: "popOn" | "paintOn" | "rollUp",
    start: number,
    end: number,
    field: Cea608Field,
    dataChannel: DataChannel,
  ): Job<Cea608ScheduledCue> {
    const target = this.#slotAt(start, field);
    const common = { dataChannel, target, replaces: mode === "popOn", cue };
    const send = (words: readonly number[], resume: number): number[] =>
      addressed(words, resume, field, dataChannel);
    if (mode === "popOn") {
      const words = send(popOnWords(laid), RCL);
      const resume = send([RCL], RCL)[0] as number;
      const mark = words.length - 1;
      return { ...common, words, mark, resume, end: this.#slotAt(end, field) };
    }
    if (mode === "paintOn") {
      const words = send(paintOnWords(laid, false), RDC);
      const replacing = send(paintOnWords(laid, true), RDC);
      const mark = 1 + (laid[0]?.preamble.length ?? 0);
      const resume = send([RDC], RDC)[0] as number;
      const erase = this.#slotAt(end, field);
      return { ...common, words, mark, replacing: { words: replacing, mark }, resume, end: erase };
    }
    const rows = this.#options.rollUpRows ?? 2;
    const words = send(rollUpWords(laid, rows), RU2 + rows - 2);
    const erase = this.#slotAt(end + (this.#options.rollUpTimeoutMs ?? 5000), field);
    return { ...common, words, mark: 1, resume: words[0] as number, end: erase };
  }

  /** The field's slot that is nearest to a time. */
  #slotAt(ms: number, field: Cea608Field): number {
    if (ms === Number.POSITIVE_INFINITY) return ms;
    const { numerator, denominator } = this.#options.frameRate;
    return this.#slots.nearest((ms * numerator) / (1000 * denominator), field) >> 1;
  }

  #shown(
    { job, slot }: Shown<Cea608ScheduledCue>,
    frame: number,
    field: Cea608Field,
    reports: Cea608Report[],
  ): void {
    if (slot <= job.target) return;
    const { numerator, denominator } = this.#options.frameRate;
    const wanted = this.#slots.frameOf(2 * job.target + field - 1);
    if (frame === wanted) return;
    const lateMs = ((frame - wanted) * 1000 * denominator) / numerator;
    reports.push({ type: "late", cue: job.cue, lateMs });
  }
}

/** Reading time by which a caption without an end is split. */
const OPEN_MS_PER_CELL = 60;
const PADDING = 0x8080;
const RCL = 0x1420;
const RU2 = 0x1425;
const RDC = 0x1429;

/** Letters and signs, by which time is shared out. */
function cellsOf(lines: readonly StyledLine[]): number {
  return lines.reduce((sum, line) => sum + line.length, 0);
}

function chunks(lines: readonly StyledLine[], size: number): StyledLine[][] {
  const parts: StyledLine[][] = [];
  for (let at = 0; at < lines.length; at += size) parts.push(lines.slice(at, at + size));
  return parts;
}

function addressOf(service: Cea608CaptionService): {
  field: Cea608Field;
  dataChannel: DataChannel;
} {
  for (const field of [1, 2] as const) {
    for (const dataChannel of [1, 2] as const) {
      if (captionService(field, dataChannel) === service) return { field, dataChannel };
    }
  }
  throw new RangeError(`service: ${service} has no captions`);
}
