// The times of access units: those of the buffers that they begin in, and between them by the order of the pictures.
import { AccessUnitTimer, type TimedAccessUnit } from "@x/es";
import { SECOND } from "./buffer.js";
import type { Fraction } from "./caps.js";

/** Of a buffer or an access unit, ns. */
export interface Times {
  readonly pts: bigint | undefined;
  readonly dts: bigint | undefined;
  readonly duration?: bigint;
}

/** Bytes of a start code: what an access unit begins with. */
const START_CODE = 3;
/** Buffers that an access unit may begin in: of more of them, in which none begins, the oldest are forgotten. */
const MAX_BUFFERS = 4096;
/** Units that may wait for a time to measure by. */
const MAX_WAITING = 64;

/** Says which access unit has the times of a buffer: the first one that begins in it (ISO/IEC 13818-1 2.4.3.7). */
export class BufferTimes {
  #buffers: { readonly start: number; times: Times | undefined }[] = [];
  #received = 0;

  /** The next buffer of the stream. */
  push(length: number, times: Times | undefined): void {
    const last = this.#buffers.at(-1);
    // What has no times needs no place of its own behind another that has none.
    if (times !== undefined || last?.times !== undefined || last === undefined) {
      if (this.#buffers.length >= MAX_BUFFERS) this.#buffers.shift();
      this.#buffers.push({ start: this.#received, times });
    }
    this.#received += length;
  }

  /** Times of the unit whose first NAL unit begins at `offset`; `undefined`: it has none of its own. */
  take(offset: number): Times | undefined {
    const begin = offset - START_CODE;
    const next = this.#buffers.findIndex(({ start }) => start > begin);
    if (next === 0) return undefined;
    const index = (next < 0 ? this.#buffers.length : next) - 1;
    if (index > 0) this.#buffers.splice(0, index);
    const [buffer] = this.#buffers;
    const times = buffer?.times;
    if (buffer !== undefined) buffer.times = undefined;
    return times;
  }

  /** Offsets begin at 0 again. */
  reset(): void {
    this.#buffers = [];
    this.#received = 0;
  }
}

interface Entry<Unit> {
  nals: readonly Uint8Array[];
  /** `undefined` once it was sent. */
  unit: Unit | undefined;
  readonly own: Times | undefined;
}

type Placed<Unit> = TimedAccessUnit<Entry<Unit>>;

/** Time that passes in some fields. */
interface Pace {
  readonly time: bigint;
  readonly fields: bigint;
}

/** Where the units go, and what is known of their rate. */
export interface UnitOutput<Unit> {
  send(unit: Unit, times: Times): Promise<void>;
  /** Of what comes before the stream; it counts more than what the stream says. */
  readonly offered: Fraction | undefined;
  /** The rate when nothing tells it. */
  assumed(told: Fraction | undefined): Fraction;
}

/**
 * Gives every access unit its times. One with times of its own goes at once; one without gets them from the last one
 * that had some, by the order of the pictures and the frame rate, or by the next one that has some when no rate is told.
 * Without any times in the stream they are counted from 0.
 */
export class UnitTimes<Unit extends { readonly nals: readonly Uint8Array[] }> {
  readonly #output: UnitOutput<Unit>;
  readonly #timer: AccessUnitTimer<Entry<Unit>>;
  /** Units that were not sent yet. */
  #late = 0;
  /** Behind the anchor, in decoding order. */
  #waiting: Placed<Unit>[] = [];
  #anchor: Placed<Unit> | undefined;
  /** As measured last. */
  #pace: Pace | undefined;

  constructor(codec: "avc" | "hevc", output: UnitOutput<Unit>) {
    this.#output = output;
    this.#timer = new AccessUnitTimer({ codec });
  }

  /** The next unit in decoding order. */
  async push(unit: Unit, own: Times | undefined): Promise<void> {
    const entry: Entry<Unit> = { nals: unit.nals, unit, own };
    if (own !== undefined && this.#late === 0) {
      entry.unit = undefined;
      await this.#output.send(unit, own);
    } else this.#late++;
    const placed = this.#timer.push(entry);
    entry.nals = [];
    await this.#take(placed);
  }

  /** End of the stream. */
  async flush(): Promise<void> {
    await this.#take(this.#timer.flush());
    await this.#settle(undefined);
  }

  async #take(placed: readonly Placed<Unit>[]): Promise<void> {
    for (const one of placed) {
      const { own } = one.unit;
      if (own === undefined) {
        this.#waiting.push(one);
        const ready = this.#anchor === undefined || this.#rate !== undefined;
        if (ready || this.#waiting.length >= MAX_WAITING) await this.#settle(undefined);
        continue;
      }
      await this.#settle(one);
      await this.#send(one, own);
      if (own.pts !== undefined) this.#anchor = one;
    }
  }

  get #rate(): Fraction | undefined {
    return this.#output.offered ?? this.#timer.frameRate;
  }

  /** Send what waits. `next`: the unit behind, which has times. */
  async #settle(next: Placed<Unit> | undefined): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const one of waiting) await this.#send(one, this.#timesOf(one, next));
  }

  async #send({ unit: entry }: Placed<Unit>, times: Times): Promise<void> {
    const { unit } = entry;
    if (unit === undefined) return;
    entry.unit = undefined;
    this.#late--;
    await this.#output.send(unit, times);
  }

  #timesOf(one: Placed<Unit>, next: Placed<Unit> | undefined): Times {
    const anchor = this.#anchor;
    if (anchor === undefined) return this.#counted(one);
    const pace = this.#paceBehind(anchor, next);
    const { pts = 0n, dts = pts } = anchor.unit.own ?? {};
    const decoded = dts + span(one.decodeTime - anchor.decodeTime, pace);
    const shown = pts + span(one.presentationTime - anchor.presentationTime, pace);
    return shown <= decoded ? { pts: decoded, dts: undefined } : { pts: shown, dts: decoded };
  }

  #counted({ decodeTime, presentationTime, duration }: Placed<Unit>): Times {
    const pace = paceOf(this.#output.assumed(this.#rate));
    const pts = span(presentationTime, pace);
    const dts = span(decodeTime, pace);
    const end = span(presentationTime + duration, pace);
    return { pts, dts: dts === pts ? undefined : dts, duration: end - pts };
  }

  #paceBehind(anchor: Placed<Unit>, next: Placed<Unit> | undefined): Pace {
    const rate = this.#rate;
    if (rate !== undefined) return paceOf(rate);
    const decodeTime = ({ own }: Entry<Unit>): bigint | undefined => own?.dts ?? own?.pts;
    const from = decodeTime(anchor.unit);
    const to = next && decodeTime(next.unit);
    const fields = next === undefined ? 0 : next.decodeTime - anchor.decodeTime;
    if (from !== undefined && to !== undefined && to > from && fields > 0) {
      this.#pace = { time: to - from, fields: BigInt(fields) };
    }
    return this.#pace ?? paceOf(this.#output.assumed(undefined));
  }
}

function paceOf({ numerator, denominator }: Fraction): Pace {
  return { time: BigInt(denominator) * SECOND, fields: BigInt(2 * numerator) };
}

function span(fields: number, pace: Pace): bigint {
  return (BigInt(fields) * pace.time) / pace.fields;
}
