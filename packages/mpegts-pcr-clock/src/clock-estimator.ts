import { modulo, PCR_MODULUS } from "@x/bits";
import { DelayFloor, type DelayFloorSnapshot } from "./delay-floor.js";
import { differenceAt, type Line, type Moment, type Point } from "./line.js";
import { OutputServo } from "./output-servo.js";
import { PacketDuration, type PcrDistance } from "./packet-duration.js";

const HALF_CYCLE = PCR_MODULUS / 2;
const HARD_JUMP_NS = 1e9;
const MIN_SOFT_JUMP_NS = 50e6;
/** Small jumps are looked for when a time base is this old. */
const SOFT_JUMP_AGE_NS = 5e9;
const LISTEN_NS = 2e9;
const MAX_LISTENED = 1024;
/** In the first seconds the output may hurry. */
const START_NS = 5e9;
/** PCRs farther apart say nothing of how dense they are. */
const MAX_INTERVAL_TICKS = 1e9;
const AHEAD_CONFIRM = 3;
const BEHIND_CONFIRM_NS = 1e9;
const HARD_CONFIRM = 2;
/** PCRs closer than this are thinned. */
const DENSE_TICKS = 20e-3 * 27e6;
const UNLOCK_ERROR_NS = 5e6;
const UNLOCK_AFTER_NS = 2e9;

/** Why a new time base began. */
export type DiscontinuityReason = "flagged" | "jump" | "pcr-pid" | "resume";

/** One PCR with its arrival, times in ns from the clock's origin. */
export interface EstimatorSample extends Moment {
  pcr: number;
  /** Received packets before this one; negative: unknown. */
  packet: number;
  /** Packets behind it in its datagram. */
  behind: number;
  /** A new time base was announced. */
  announced: DiscontinuityReason | undefined;
  /** Packets were lost since the PCR before. */
  gap: boolean;
  /** program_clock_reference_extension above 299: not to be trusted alone. */
  weak: boolean;
}

/** What a sample brought about; filled by `ClockEstimator.add`. */
export interface EstimatorOutcome {
  discontinuity: DiscontinuityReason | undefined;
  /** By how much the PCR left its expected value. */
  deltaTicks: number;
  /** Change of the path delay, ns; 0: none. */
  delayStep: number;
  /** The PCR's relation to the clock is new. */
  mapped: boolean;
  /** The value is off its course, and not believed yet. */
  doubted: boolean;
}

/** The state of a clock estimator, for JSON. */
export interface EstimatorSnapshot {
  readonly floor: DelayFloorSnapshot;
  readonly output: Line;
  readonly packetDuration: readonly number[];
  readonly numbers: Readonly<Record<string, number>>;
}

/**
 * Relates the PCR to local time: continues it over wraps and jumps, corrects for its place in the datagram, follows the
 * delay floor, and steers the output. Per sample it allocates nothing: what its steps hand on is in fields, as numbers
 * that go through calls would be boxed.
 */
export class ClockEstimator {
  readonly floor: DelayFloor;
  readonly servo: OutputServo = new OutputServo();
  readonly packetDuration: PacketDuration = new PacketDuration();
  readonly outcome: EstimatorOutcome = {
    discontinuity: undefined,
    deltaTicks: 0,
    delayStep: 0,
    mapped: false,
    doubted: false,
  };
  /** Samples that were not used. */
  outliers = 0;
  /** PCR of the time base's origin; negative: no time base yet. */
  pcr0 = -1;
  /** Local time plus difference at `pcr0`, held delay included. */
  offset = 0;
  /** Local time of the newest sample. */
  lastX = 0;
  locked = false;
  readonly #lockJitter: number;
  /** The sample at hand: PCR time since `pcr0`. */
  #ticks = 0;
  /** How much the sender's clock went on from the PCR to its datagram's end, ns. */
  #correction = 0;
  /** How far the sample lies above the model, ns. */
  #residual = 0;
  readonly #point: Point = { x: 0, difference: 0 };
  readonly #distance: PcrDistance = { ticks: 0, packets: 0 };
  #firstX = 0;
  #lastTicks = 0;
  #lastPacket = -1;
  #baseX = 0;
  #listening = false;
  readonly #listened = new Float64Array(MAX_LISTENED);
  #listenedCount = 0;
  /** Samples in a row that are off by about the same. */
  #offCount = 0;
  #offAhead = 0;
  #offX = 0;
  #offTicks = 0;
  #offResidual = 0;
  #meanTicks = 0;
  #unlockSince = -1;
  #resumedAt = -1;

  constructor(maxPpm: number, holdsDelay: boolean, lockJitter: number) {
    this.floor = new DelayFloor(maxPpm, holdsDelay);
    this.#lockJitter = lockJitter;
  }

  /** Samples after a pause are not believed before the delay is what it was. */
  resume(): void {
    if (this.pcr0 >= 0) this.#resumedAt = -2;
  }

  /** Take a PCR. The outcome is valid until the next call. */
  add(sample: EstimatorSample): EstimatorOutcome {
    const outcome = this.outcome;
    outcome.discontinuity = undefined;
    outcome.deltaTicks = 0;
    outcome.delayStep = 0;
    outcome.mapped = false;
    outcome.doubted = false;
    const x = sample.x;
    if (this.pcr0 < 0) {
      if (sample.weak) {
        this.outliers++;
        return outcome;
      }
      this.#firstX = x;
      this.#anchor(sample);
      this.#addToFloor(sample);
      return outcome;
    }
    this.lastX = x;
    this.#unwrap(sample);
    if (sample.announced !== undefined) {
      this.#newBase(sample, sample.announced);
    } else if (this.#resumedAt !== -1 && !this.#settled(sample)) {
      return outcome;
    } else if (Math.abs(this.#residual) > HARD_JUMP_NS) {
      if (!this.#confirmsJump(sample)) {
        outcome.doubted = true;
        return outcome;
      }
      this.#newBase(sample, "jump");
    }
    this.#correctPosition(sample);
    this.#measure(sample);
    if (this.#listening) {
      if (x - this.#baseX < LISTEN_NS) {
        if (this.#listenedCount < MAX_LISTENED) {
          this.#listened[this.#listenedCount++] = this.#residual;
        }
        return outcome;
      }
      this.#endListening(sample);
    }
    const use = this.#softJump(sample);
    if (outcome.discontinuity !== undefined) return outcome;
    outcome.doubted = !use;
    if (this.floor.isDue(sample)) this.#closeBucket(sample);
    if (use) this.#addToFloor(sample);
    return outcome;
  }

  /** Local time is counted from `origin` (whole ns) now. */
  rebase(origin: number): void {
    this.floor.rebase(origin);
    this.servo.line.x -= origin;
    this.lastX -= origin;
    this.#firstX -= origin;
    this.#baseX -= origin;
    this.#offX -= origin;
    if (this.#unlockSince >= 0) this.#unlockSince = 0;
    if (this.#resumedAt >= 0) this.#resumedAt = Math.max(0, this.#resumedAt - origin);
    const seconds27 = Math.floor(this.#lastTicks / 27) * 27;
    this.pcr0 = modulo(this.pcr0 + seconds27, PCR_MODULUS);
    this.#lastTicks -= seconds27;
    this.#offTicks -= seconds27;
    this.offset += (seconds27 / 27) * 1000 - origin;
  }

  /** The state, for JSON. */
  save(): EstimatorSnapshot {
    return {
      floor: this.floor.save(),
      output: { ...this.servo.line },
      packetDuration: this.packetDuration.save(),
      numbers: {
        outliers: this.outliers,
        pcr0: this.pcr0,
        offset: this.offset,
        lastX: this.lastX,
        locked: this.locked ? 1 : 0,
        firstX: this.#firstX,
        lastTicks: this.#lastTicks,
        lastPacket: this.#lastPacket,
        baseX: this.#baseX,
        meanTicks: this.#meanTicks,
        unlockSince: this.#unlockSince,
        resumedAt: this.#resumedAt,
      },
    };
  }

  /** Take up a saved state. A time base that was just beginning begins anew. */
  load(saved: EstimatorSnapshot): void {
    this.floor.load(saved.floor);
    Object.assign(this.servo.line, saved.output);
    this.packetDuration.load(saved.packetDuration);
    const get = (key: string): number => saved.numbers[key] ?? 0;
    this.outliers = get("outliers");
    this.pcr0 = get("pcr0");
    this.offset = get("offset");
    this.lastX = get("lastX");
    this.locked = get("locked") === 1;
    this.#firstX = get("firstX");
    this.#lastTicks = get("lastTicks");
    this.#lastPacket = get("lastPacket");
    this.#baseX = get("baseX");
    this.#meanTicks = get("meanTicks");
    this.#unlockSince = get("unlockSince");
    this.#resumedAt = get("resumedAt");
  }

  /** Begin a time base with this PCR; the model says what time it is. */
  #anchor(sample: EstimatorSample): void {
    this.pcr0 = sample.pcr;
    this.offset = Math.round(sample.x + differenceAt(this.floor.line, sample.x));
    this.lastX = sample.x;
    this.#baseX = sample.x;
    this.#ticks = 0;
    this.#lastTicks = 0;
    this.#lastPacket = sample.packet;
    this.#offCount = 0;
    this.#offAhead = 0;
    this.outcome.mapped = true;
  }

  #closeBucket(now: Moment): void {
    const acquiring = !this.floor.fitted;
    const change = this.floor.closeBucket(now);
    this.offset += change.shift;
    this.outliers += change.outliers;
    this.outcome.delayStep = change.delayStep;
    this.outcome.mapped ||= change.shift !== 0;
    if (acquiring) this.#meetOutput(now);
    this.servo.aim(this.floor.line, now, now.x - this.#firstX < START_NS);
    this.#judgeLock(now);
  }

  #addToFloor({ x }: Moment): void {
    const point = this.#point;
    point.x = x;
    point.difference = this.#senderTime() + this.#correction - x;
    this.floor.add(point, this.#meanTicks < DENSE_TICKS);
  }

  /**
   * Before the first fit the sender's phase is anything: the first packet may have been the latest of all. So the model
   * goes to the output, which need not hurry after it.
   */
  #meetOutput({ x }: Moment): void {
    const error = differenceAt(this.floor.line, x) - differenceAt(this.servo.line, x);
    const shift = -Math.round(error);
    if (shift === 0) return;
    this.floor.shift(shift);
    this.offset += shift;
    this.outcome.mapped = true;
  }

  #newBase(sample: EstimatorSample, reason: DiscontinuityReason): void {
    this.outcome.discontinuity = reason;
    this.outcome.deltaTicks = Math.round((this.#residual * 27) / 1000);
    this.#anchor(sample);
    this.floor.restart();
    this.#listening = true;
    this.#listenedCount = 0;
    this.#resumedAt = -1;
  }

  /** The floor is where it was: put the new time base's samples on it. */
  #endListening(sample: EstimatorSample): void {
    this.#listening = false;
    this.#baseX = sample.x;
    if (this.#listenedCount === 0) return;
    this.offset -= Math.round(this.floor.floorOf(this.#listened, this.#listenedCount));
    this.outcome.mapped = true;
    this.#measure(sample);
  }

  /** Continue the PCR in the cycle that the model expects: silence may last as long as it likes. */
  #unwrap(sample: EstimatorSample): void {
    const { x } = sample;
    const senderTime = x + differenceAt(this.floor.line, x);
    const expected = Math.round(((senderTime - this.offset) * 27) / 1000);
    const error = sample.pcr - this.pcr0 - expected;
    this.#ticks = expected + modulo(error + HALF_CYCLE, PCR_MODULUS) - HALF_CYCLE;
    this.#correction = 0;
    this.#measure(sample);
  }

  #senderTime(): number {
    return (this.#ticks * 1000) / 27 + this.offset;
  }

  #measure({ x }: Moment): void {
    this.#residual = this.#senderTime() - x - differenceAt(this.floor.line, x) + this.#correction;
  }

  #correctPosition(sample: EstimatorSample): void {
    const distance = this.#distance;
    const elapsed = this.#ticks - this.#lastTicks;
    distance.ticks = elapsed;
    distance.packets = sample.packet - this.#lastPacket;
    const known = sample.packet >= 0 && this.#lastPacket >= 0;
    const first = elapsed === 0 && distance.packets === 0;
    this.#lastTicks = this.#ticks;
    this.#lastPacket = sample.packet;
    if (elapsed > 0 && elapsed < MAX_INTERVAL_TICKS) {
      this.#meanTicks += (elapsed - this.#meanTicks) / (this.#meanTicks === 0 ? 1 : 16);
    }
    const tells = !known || sample.gap || first || this.packetDuration.add(distance);
    this.#correction = tells && sample.behind > 0 ? sample.behind * this.packetDuration.ns : 0;
  }

  /** One more sample that is off: true when it and those before cannot be chance or a burst. */
  #confirmsJump(sample: EstimatorSample): boolean {
    this.#noteOff(sample);
    // Packets that waited in a stalled receiver come at once: their PCRs go on, the time does not.
    const inStep = sample.x - this.#offX >= 0.5 * ((this.#ticks - this.#offTicks) / 27) * 1000;
    return this.#offCount >= HARD_CONFIRM && inStep;
  }

  #noteOff(sample: EstimatorSample): void {
    const residual = this.#residual;
    const tolerance = this.#softLimit() / 2;
    if (this.#offCount > 0 && Math.abs(residual - this.#offResidual) <= tolerance) {
      if (!sample.weak) this.#offCount++;
    } else {
      this.outliers += this.#offAhead;
      this.#offAhead = 0;
      this.#offCount = sample.weak ? 0 : 1;
      this.#offX = sample.x;
      this.#offTicks = this.#ticks;
      this.#offResidual = residual;
    }
    if (residual > 0 || Math.abs(residual) > HARD_JUMP_NS) this.#offAhead++;
  }

  #softLimit(): number {
    return Math.max(MIN_SOFT_JUMP_NS, 10 * this.floor.spread);
  }

  /** Look for jumps below a second; returns whether the sample may be used. */
  #softJump(sample: EstimatorSample): boolean {
    const residual = this.#residual;
    const limit = this.#softLimit();
    if (sample.x - this.#baseX <= SOFT_JUMP_AGE_NS || Math.abs(residual) <= limit) {
      this.outliers += this.#offAhead;
      this.#offAhead = 0;
      this.#offCount = 0;
      return true;
    }
    this.#noteOff(sample);
    const confirmed =
      residual > 0
        ? this.#offCount >= AHEAD_CONFIRM
        : this.#offCount >= AHEAD_CONFIRM && sample.x - this.#offX >= BEHIND_CONFIRM_NS;
    if (confirmed && !sample.weak) this.#newBase(sample, "jump");
    return residual < 0;
  }

  /** After a pause: true when the sample can be used. */
  #settled(sample: EstimatorSample): boolean {
    if (this.#resumedAt === -2) this.#resumedAt = sample.x;
    if (Math.abs(this.#residual) <= 3 * this.floor.spread) {
      this.#resumedAt = -1;
      return true;
    }
    if (sample.x - this.#resumedAt < LISTEN_NS) return false;
    this.#newBase(sample, "resume");
    return false;
  }

  #judgeLock({ x }: Moment): void {
    const error = Math.abs(differenceAt(this.floor.line, x) - differenceAt(this.servo.line, x));
    if (!this.locked) {
      this.#unlockSince = -1;
      this.locked =
        this.floor.fitted &&
        this.floor.spread < this.#lockJitter &&
        error < 1e6 &&
        this.floor.slopeChange < 1e-6;
    } else if (error <= UNLOCK_ERROR_NS) this.#unlockSince = -1;
    else if (this.#unlockSince < 0) this.#unlockSince = x;
    else if (x - this.#unlockSince >= UNLOCK_AFTER_NS) this.locked = false;
  }
}
