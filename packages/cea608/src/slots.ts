import type { Cea608Field } from "./codes.js";
import { inRange } from "./range.js";

/** Frames a second as a fraction: 30000/1001. */
export interface FrameRate {
  readonly numerator: number;
  readonly denominator: number;
}

/** The frame rates that captions are carried at, by their nominal value (SMPTE ST 334-2). */
const NOMINAL_RATES = [24, 25, 30, 50, 60];

/**
 * Where line 21 pairs have their place in the frames of a rate: fields alternate without a break, 60 pairs a second,
 * at 25 and 50 Hz one for each field of a 50 Hz picture (CTA-708-E 4.3). Two pairs a frame at 30, one at 60,
 * two and three in turn at 24.
 */
export class LineSlots {
  readonly #nominal: number;

  /** @throws {RangeError} unless the rate is 24, 25, 30, 50 or 60 Hz or a 1000/1001 of it. */
  constructor(frameRate: FrameRate) {
    const nominal = Math.round(frameRate.numerator / frameRate.denominator);
    if (!NOMINAL_RATES.includes(nominal)) {
      throw new RangeError(`frameRate: ${frameRate.numerator}/${frameRate.denominator}`);
    }
    // 25 and 50 pair up frames and fields as 30 and 60 do.
    this.#nominal = nominal === 25 ? 30 : nominal === 50 ? 60 : nominal;
  }

  /** Number of the first slot of a frame, counted over both fields. */
  first(frame: number): number {
    return Math.floor((frame * 60) / this.#nominal);
  }

  /** The frame of a slot. */
  frameOf(slot: number): number {
    return Math.ceil(((slot + 1) * this.#nominal) / 60) - 1;
  }

  /** Field 1 begins. */
  fieldOf(slot: number): Cea608Field {
    return slot % 2 === 0 ? 1 : 2;
  }

  /** The fields of a frame's slots, in order. */
  fields(frame: number): Cea608Field[] {
    inRange("frame", frame, 0, Number.MAX_SAFE_INTEGER);
    const fields: Cea608Field[] = [];
    for (let slot = this.first(frame); slot < this.first(frame + 1); slot++) {
      fields.push(this.fieldOf(slot));
    }
    return fields;
  }

  /** The slot of a field whose frame is nearest to a position in frames; the later when two are as near. */
  nearest(position: number, field: Cea608Field): number {
    const from = Math.max(this.first(Math.floor(Math.max(position, 0))) - 3, 0);
    let best = from + ((from + field - 1) % 2);
    for (let slot = best + 2; slot < from + 9; slot += 2) {
      const distance = Math.abs(this.frameOf(slot) - position);
      const shortest = Math.abs(this.frameOf(best) - position);
      const later = distance === shortest && this.frameOf(slot) > this.frameOf(best);
      if (distance < shortest || later) best = slot;
    }
    return best;
  }
}
