import { PCR_MODULUS, PTS_MODULUS } from "@x/bits";
import {
  ClockEstimator,
  type DiscontinuityReason,
  type EstimatorSample,
} from "./clock-estimator.js";
import { loadSegments, type PcrClockSnapshot, saveSegments } from "./clock-snapshot.js";
import type {
  PcrClockOptions,
  PcrClockStatistics,
  PcrSample,
  SleepOptions,
} from "./clock-types.js";
import { Elapsed } from "./elapsed.js";
import type { PcrClockEvent, PcrClockState } from "./events.js";
import { IntervalMeter } from "./interval-meter.js";
import { differenceAt } from "./line.js";
import { defaultLocalTime, type LocalTime } from "./local-time.js";
import {
  createSelectedPcr,
  PcrSelector,
  type SelectedPcr,
  type SelectedPcrHandler,
} from "./pcr-selector.js";
import { sleepUntilLocal } from "./sleep.js";
import { senderTimeOf, TimeMap, type TimeSegment } from "./time-map.js";

const HOLDOVER_NS = 5e8;
const LOST_NS = 5e9;
/** Local times are numbers from an origin that moves on after so many ns, about 4.9 hours. */
const REBASE_NS = 2 ** 44;
const NO_EVENTS: readonly PcrClockEvent[] = Object.freeze([]);

/**
 * The sender's clock, recovered from the PCRs of one programme and their arrival times (ISO/IEC 13818-1 2.4.2, annex D).
 * It runs at the sender's rate, never steps and never goes backwards, whatever the stream does; its zero is arbitrary and
 * lasts over jumps of the PCR. Before the first PCR it is the local clock.
 *
 * @example
 * ```ts
 * const clock = new PcrClock();
 * socket.on("message", (datagram) => clock.feed(datagram));
 * clock.now(); // ns on the sender's clock
 * ```
 */
export class PcrClock {
  readonly #options: PcrClockOptions;
  readonly #localNow: LocalTime;
  readonly #selector: PcrSelector;
  readonly #map = new TimeMap();
  #estimator: ClockEstimator;
  #interval = new IntervalMeter();
  /** Local and sender time of the estimator's x = 0. */
  #epoch = 0n;
  #senderEpoch = 0n;
  /** Local time since `#epoch`. */
  readonly #elapsed = new Elapsed();
  #anchored = false;
  #state: PcrClockState = "free";
  #lastLocal = 0n;
  /** The last reading of `now`. */
  #lastNow: bigint | undefined;
  #paused = false;
  #samples = 0;
  #discontinuities = 0;
  #delaySteps = 0;
  #pid: number | undefined;
  #events: PcrClockEvent[] = [];
  /** PCRs of the chunks that arrived at `#pendingLocal`; they count when the next chunk is later or the clock is read. */
  readonly #pending: SelectedPcr[] = [];
  #pendingCount = 0;
  #pendingLocal = 0n;
  readonly #sample: EstimatorSample = {
    x: 0,
    pcr: 0,
    packet: -1,
    behind: 0,
    announced: undefined,
    gap: false,
    weak: false,
  };
  readonly #onPcr: SelectedPcrHandler = (found) => {
    if (this.#pendingCount === this.#pending.length) this.#pending.push(createSelectedPcr());
    copySelected(found, this.#pending[this.#pendingCount++] as SelectedPcr);
  };

  constructor(options: PcrClockOptions = {}) {
    const { maxPpm = 150, lockJitterNs = 2e6 } = options;
    if (!(maxPpm > 0 && maxPpm <= 100_000)) throw new RangeError(`maxPpm: ${maxPpm}`);
    if (!(lockJitterNs > 0)) throw new RangeError(`lockJitterNs: ${lockJitterNs}`);
    this.#options = options;
    this.#localNow = options.localNow ?? defaultLocalTime();
    this.#selector = new PcrSelector(options);
    this.#estimator = this.#createEstimator();
  }

  /**
   * Feed a datagram of transport packets (bare or in RTP) or, with `framing: "bytes"`, a piece of a byte stream.
   * Chunks with the same arrival time count as one datagram; what they bring about is known when a chunk with another
   * time comes or the clock is asked.
   *
   * @param arrivalNs local time, taken as early as possible. Default: now
   * @returns what has happened since the last call
   */
  feed(chunk: Uint8Array, arrivalNs: bigint = this.#localNow()): readonly PcrClockEvent[] {
    if (this.#pendingCount > 0 && arrivalNs !== this.#pendingLocal) this.#settle();
    this.#pendingLocal = arrivalNs;
    this.#selector.push(chunk, this.#onPcr);
    if (this.#pendingCount > 0 && this.#pid !== this.#selector.pcrPid) this.#notePid(arrivalNs);
    return this.#takeEvents();
  }

  /**
   * Feed a PCR that was found elsewhere; its effect is there at once.
   * @returns what has happened since the last call
   * @throws {RangeError} when `pcr` is not below 2^33 · 300
   */
  addSample(sample: PcrSample): readonly PcrClockEvent[] {
    const { pcr, arrivalNs, packet = -1, packetsBehind = 0 } = sample;
    if (!(Number.isInteger(pcr) && pcr >= 0 && pcr < PCR_MODULUS)) {
      throw new RangeError(`pcr: ${pcr} is out of range`);
    }
    this.#settle();
    const found = {
      pcr,
      pid: -1,
      packet,
      discontinuity: sample.discontinuity === true,
      pidChanged: false,
      gap: sample.gap === true,
      extensionOutOfRange: sample.extensionOutOfRange === true,
    };
    this.#add(arrivalNs, found, packetsBehind);
    return this.#takeEvents();
  }

  /** Time passes without a datagram: silence becomes `holdover`, then `lost`. Returns what has happened. */
  poll(localNs: bigint = this.#localNow()): readonly PcrClockEvent[] {
    this.#settle();
    this.#elapsed.measure(localNs);
    this.#noteSilence(localNs);
    return this.#takeEvents();
  }

  get state(): PcrClockState {
    this.#settle();
    return this.#state;
  }

  /** The sender's rate over up to the last 90 s: sender's seconds per local second. */
  get rate(): number {
    this.#settle();
    return 1 + this.#estimator.floor.meanSlope;
  }

  /** PID of the PCRs; `undefined` while none is selected. */
  get pcrPid(): number | undefined {
    return this.#selector.pcrPid;
  }

  /** The sender's clock now, ns. It never goes backwards until {@link reset} or {@link restore}. */
  now(): bigint {
    const reading = this.toSender(this.#localNow());
    // An arrival from before the last reading may have bent the line since, by nanoseconds.
    if (this.#lastNow === undefined || reading > this.#lastNow) this.#lastNow = reading;
    return this.#lastNow;
  }

  /**
   * The sender's clock at a local time by what is known now, ns. With growing local times, arrivals among them, it never
   * goes backwards.
   */
  toSender(localNs: bigint): bigint {
    this.#settle();
    if (!this.#anchored) return localNs;
    this.#elapsed.measure(localNs);
    const difference = differenceAt(this.#estimator.servo.line, this.#elapsed.ns);
    return localNs - this.#epoch + this.#senderEpoch + BigInt(Math.round(difference));
  }

  /** The local time at which {@link toSender} gives `senderNs`, by what is known now, ns. */
  toLocal(senderNs: bigint): bigint {
    this.#settle();
    if (!this.#anchored) return senderNs;
    const line = this.#estimator.servo.line;
    const y = Number(senderNs - this.#senderEpoch);
    const x = line.x + (y - line.x - line.difference) / (1 + line.slope);
    return this.#epoch + BigInt(Math.round(x));
  }

  /**
   * The sender's clock when it stamped a PCR, ns.
   * @param pcr 27 MHz, below 2^33 · 300
   * @param nearLocalNs a local time when it was current: chooses time base and cycle. Default: the newest
   * @returns `undefined` before the first PCR
   */
  pcrToSender(pcr: number, nearLocalNs?: bigint): bigint | undefined {
    if (!(pcr >= 0 && pcr < PCR_MODULUS)) throw new RangeError(`pcr: ${pcr} is out of range`);
    this.#settle();
    const segment = this.#map.at(nearLocalNs);
    if (segment === undefined) return undefined;
    const near = nearLocalNs ?? this.#lastLocal;
    return senderTimeOf(segment, pcr, this.toSender(near));
  }

  /**
   * The sender's clock that a PTS or DTS names, ns: when its access unit is presented or decoded.
   * @param pts 90 kHz, 33 bits
   * @param nearLocalNs see {@link pcrToSender}
   * @returns `undefined` before the first PCR
   */
  ptsToSender(pts: number, nearLocalNs?: bigint): bigint | undefined {
    if (!(pts >= 0 && pts < PTS_MODULUS)) throw new RangeError(`pts: ${pts} does not fit 33 bits`);
    return this.pcrToSender(pts * 300, nearLocalNs);
  }

  /** What PCRs mean on the sender's clock, time base by time base, oldest first; the last 32. A live view. */
  mapping(): readonly TimeSegment[] {
    this.#settle();
    return this.#map.segments;
  }

  /**
   * Wait until the sender's clock shows `senderNs`. The deadline moves with the clock's rate; before the first PCR it
   * waits for that one.
   * @returns how late it is, local ns
   * @throws the signal's reason
   */
  sleepUntil(senderNs: bigint, options: SleepOptions = {}): Promise<bigint> {
    const host = {
      localNow: this.#localNow,
      spinNs: options.spinNs ?? 0n,
      deadline: () => {
        this.#settle();
        return this.#anchored ? this.toLocal(senderNs) : undefined;
      },
    };
    return sleepUntilLocal(host, options.signal);
  }

  /** The receiver stops reading: the clock goes on at its last rate, and PCRs are ignored. */
  pause(localNs: bigint = this.#localNow()): void {
    this.#settle();
    this.#paused = true;
    if (this.#state === "acquiring" || this.#state === "locked") this.#holdover(localNs);
  }

  /** The receiver reads again: datagrams that waited in the socket are not believed. */
  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#estimator.resume();
  }

  statistics(): PcrClockStatistics {
    this.#settle();
    const { floor, servo, outliers, packetDuration, lastX } = this.#estimator;
    return {
      samples: this.#samples,
      outliers,
      jitterNs: floor.spread,
      stampingErrorNs: floor.model.sigma,
      queueingDelayNs: floor.model.tau,
      ratePpm: floor.meanSlope * 1e6,
      rateErrorPpm: floor.slopeDeviation * 1e6,
      outputErrorNs: differenceAt(servo.line, lastX) - differenceAt(floor.line, lastX),
      heldDelayNs: floor.heldDelay,
      discontinuities: this.#discontinuities,
      delaySteps: this.#delaySteps,
      gaps: this.#selector.gaps,
      packetDurationNs: packetDuration.ns,
      pcrInterval: this.#interval.statistics(),
    };
  }

  /** All that the clock knows, as plain JSON. */
  snapshot(): PcrClockSnapshot {
    this.#settle();
    return {
      version: 1,
      localEpochNs: String(this.#epoch),
      senderEpochNs: String(this.#senderEpoch),
      estimator: this.#estimator.save(),
      state: this.#state,
      counts: [this.#samples, this.#discontinuities, this.#delaySteps],
      segments: saveSegments(this.#map.segments),
    };
  }

  /**
   * Go on where a snapshot was taken. The local clock must be the same one: `process.hrtime` is, until the machine
   * restarts.
   * @throws {TypeError} when it is no snapshot of this version
   */
  restore(snapshot: PcrClockSnapshot): void {
    if (snapshot.version !== 1) throw new TypeError("not a snapshot of this version");
    this.reset();
    this.#beginAt(BigInt(snapshot.localEpochNs));
    this.#senderEpoch = BigInt(snapshot.senderEpochNs);
    this.#estimator.load(snapshot.estimator);
    this.#anchored = this.#estimator.pcr0 >= 0;
    this.#state = snapshot.state;
    [this.#samples, this.#discontinuities, this.#delaySteps] = snapshot.counts;
    this.#lastLocal = this.#epoch + BigInt(Math.round(this.#estimator.lastX));
    this.#map.load(loadSegments(snapshot.segments));
  }

  /** Forget everything: the clock is the local one again. */
  reset(): void {
    this.#selector.reset();
    this.#map.reset();
    this.#estimator = this.#createEstimator();
    this.#interval = new IntervalMeter();
    this.#anchored = false;
    this.#lastNow = undefined;
    this.#state = "free";
    this.#paused = false;
    this.#samples = 0;
    this.#discontinuities = 0;
    this.#delaySteps = 0;
    this.#pid = undefined;
    this.#events = [];
    this.#pendingCount = 0;
  }

  #createEstimator(): ClockEstimator {
    const { maxPpm = 150, lockJitterNs = 2e6, delaySteps = "hold" } = this.#options;
    return new ClockEstimator(maxPpm, delaySteps === "hold", lockJitterNs);
  }

  #takeEvents(): readonly PcrClockEvent[] {
    if (this.#events.length === 0) return NO_EVENTS;
    const events = this.#events;
    this.#events = [];
    return events;
  }

  #notePid(localNs: bigint): void {
    const pid = this.#selector.pcrPid;
    if (pid === undefined) return;
    this.#events.push({ type: "pcr-pid", localNs, pid, previous: this.#pid });
    this.#pid = pid;
  }

  /** Let the PCRs that arrived last count: nothing more arrived with them. */
  #settle(): void {
    const count = this.#pendingCount;
    if (count === 0) return;
    this.#pendingCount = 0;
    const packets = this.#selector.packets;
    for (let i = 0; i < count; i++) {
      const found = this.#pending[i] as SelectedPcr;
      this.#add(this.#pendingLocal, found, packets - 1 - found.packet);
    }
  }

  #add(arrivalNs: bigint, found: SelectedPcr, behind: number): void {
    this.#samples++;
    if (this.#paused) return;
    if (!this.#anchored) {
      if (found.extensionOutOfRange) return;
      this.#beginAt(arrivalNs);
      this.#senderEpoch = arrivalNs;
      this.#lastLocal = arrivalNs;
      this.#anchored = true;
    }
    const localNs = arrivalNs > this.#lastLocal ? arrivalNs : this.#lastLocal;
    this.#elapsed.measure(localNs);
    this.#noteSilence(localNs);
    this.#lastLocal = localNs;
    const estimator = this.#estimator;
    if (this.#elapsed.ns > REBASE_NS) this.#rebase(localNs);
    const sample = this.#sample;
    sample.x = this.#elapsed.ns;
    sample.pcr = found.pcr;
    sample.packet = found.packet;
    sample.behind = behind;
    sample.announced = announcedBy(found);
    sample.gap = found.gap;
    sample.weak = found.extensionOutOfRange;
    const outcome = estimator.add(sample);
    if (!outcome.doubted) this.#interval.add(found, outcome.discontinuity !== undefined);
    if (outcome.mapped) this.#noteMapping(localNs, outcome.discontinuity !== undefined);
    if (outcome.discontinuity !== undefined) {
      this.#discontinuities++;
      this.#events.push({
        type: "discontinuity",
        localNs,
        reason: outcome.discontinuity,
        deltaTicks: outcome.deltaTicks,
        segment: this.#map.at(undefined)?.id ?? 0,
      });
    }
    if (outcome.delayStep !== 0) {
      this.#delaySteps++;
      const heldDelayNs = estimator.floor.heldDelay;
      this.#events.push({ type: "delay-step", localNs, deltaNs: outcome.delayStep, heldDelayNs });
    }
    const state = estimator.locked ? "locked" : "acquiring";
    if (state === this.#state) return;
    if (state === "locked") this.#events.push({ type: "locked", localNs });
    else if (this.#state === "locked") this.#events.push({ type: "unlocked", localNs });
    this.#state = state;
  }

  /** Path delay that is held belongs to the arrival, not to the PCR: the map is without it. */
  #noteMapping(localNs: bigint, isNew: boolean): void {
    const { offset, pcr0, floor } = this.#estimator;
    const senderNs0 = this.#senderEpoch + BigInt(Math.round(offset - floor.heldDelay));
    if (isNew || this.#map.segments.length === 0) this.#map.begin(localNs, pcr0, senderNs0);
    else this.#map.refine(pcr0, senderNs0);
  }

  #rebase(localNs: bigint): void {
    this.#estimator.rebase(this.#elapsed.ns);
    this.#senderEpoch += localNs - this.#epoch;
    this.#beginAt(localNs);
  }

  #beginAt(localNs: bigint): void {
    this.#epoch = localNs;
    this.#elapsed.begin(localNs);
  }

  #noteSilence(localNs: bigint): void {
    if (!this.#anchored || this.#state === "free" || this.#state === "lost") return;
    const silence = this.#elapsed.ns - this.#estimator.lastX;
    if (silence >= HOLDOVER_NS && this.#state !== "holdover") this.#holdover(localNs);
    if (silence < LOST_NS) return;
    this.#state = "lost";
    this.#estimator.locked = false;
    this.#events.push({ type: "lost", localNs });
  }

  #holdover(localNs: bigint): void {
    const { floor, servo } = this.#estimator;
    this.#elapsed.measure(localNs);
    servo.coast(floor.meanSlope, this.#elapsed.ns);
    this.#state = "holdover";
    this.#events.push({ type: "holdover", localNs });
  }
}

function announcedBy({ pidChanged, discontinuity }: SelectedPcr): DiscontinuityReason | undefined {
  if (pidChanged) return "pcr-pid";
  return discontinuity ? "flagged" : undefined;
}

function copySelected(from: SelectedPcr, to: SelectedPcr): void {
  to.pid = from.pid;
  to.pcr = from.pcr;
  to.packet = from.packet;
  to.discontinuity = from.discontinuity;
  to.pidChanged = from.pidChanged;
  to.gap = from.gap;
  to.extensionOutOfRange = from.extensionOutOfRange;
}
