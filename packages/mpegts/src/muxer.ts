import { modulo, PCR_MODULUS } from "@x/bits";
import { SDT_PID } from "./constants.js";
import { type MuxProgram, type ResolvedProgram, resolvePrograms } from "./mux-config.js";
import { headOf } from "./mux-head.js";
import type { MuxUnit, TsMuxerOptions } from "./mux-options.js";
import { MuxQueue } from "./mux-queue.js";
import { muxTables } from "./mux-tables.js";
import { type PacketFlags, PacketWriter } from "./packet-writer.js";
import { ProgramClock } from "./program-clock.js";
import { SlotClock } from "./slot-clock.js";
import { TableQueue } from "./table-queue.js";

interface StreamState {
  readonly queue: MuxQueue;
  readonly owner: ProgramClock;
  /** Transport time up to which its units are known. */
  known: number;
}

/** Late PES packets must not make time run backwards: the least that a packet takes, 1.5 Gbit/s. */
const SHORTEST_SLOT = 27;
const NO_FLAGS: PacketFlags = { discontinuity: false, randomAccess: false, pcr: -1 };
/** DVB practice (TR 101 290 wants 100 ms). */
const MAX_PCR_INTERVAL = 40 * 27_000;
/** Packets of tables and clocks in a row before a unit has its turn: at any rate, units get through. */
const MAX_OVERHEAD = 4;
/**
 * Makes a transport stream of access units (ISO/IEC 13818-1 2.4). Packets are sent earliest DTS first, as far as the
 * decoder's buffers allow; PCRs come at most 40 ms apart and are exact at constant rate; tables are repeated.
 *
 * Time is that of the units: the muxer runs as far as it knows the units of all streams, and never waits.
 */
export class TsMuxer {
  readonly #options: TsMuxerOptions;
  readonly #delay: number;
  readonly #pcrInterval: number;
  readonly #maxInterleave: number;
  readonly #peakSlot: number;
  #writer = new PacketWriter();
  #slots: SlotClock | undefined;
  /** Transport time of the next packet at variable rate, 27 MHz. */
  #time = 0;
  #programs: ProgramClock[] = [];
  #streams: StreamState[] = [];
  #byPid = new Map<number, StreamState>();
  #tables = new TableQueue();
  /** Packets of tables and clocks since the last unit's. */
  #overhead = 0;
  /** Continuity counters of PIDs that are no stream's. */
  #counters = new Map<number, number>();
  #version = 0;
  /** Units in all queues. */
  #queued = 0;
  #started = false;

  /** @throws {RangeError} when an option is out of range; see {@link MuxProgram} */
  constructor(options: TsMuxerOptions) {
    const { muxDelay = 54_000, pcrInterval = 3150, maxInterleave = 90_000 } = options;
    if (!(pcrInterval > 0 && pcrInterval <= 3600)) {
      throw new RangeError(`pcrInterval: ${pcrInterval} is not above 0 and at most 3600`);
    }
    const { peakBitrate = 60_000_000 } = options;
    if (!(peakBitrate > 0)) throw new RangeError(`peakBitrate: ${peakBitrate} is not above 0`);
    if (!(muxDelay >= 0)) throw new RangeError(`muxDelay: ${muxDelay} is negative`);
    this.#options = options;
    this.#delay = muxDelay * 300;
    this.#pcrInterval = Math.floor(pcrInterval * 300);
    this.#maxInterleave = maxInterleave * 300;
    this.#peakSlot = Math.floor((1504 * 27_000_000) / peakBitrate);
    this.reset();
  }

  /**
   * Add a unit.
   * @returns the packets that can be made now, a multiple of 188 bytes, possibly none: own memory
   * @throws {RangeError} when no stream has the PID, a time is no integer, or the data do not fit a PES packet
   */
  push(unit: MuxUnit): Uint8Array<ArrayBuffer> {
    const state = this.#byPid.get(unit.pid);
    if (state === undefined) throw new RangeError(`pid: no stream has ${unit.pid}`);
    const dts = unit.dts ?? unit.pts;
    for (const time of [unit.pts, unit.dts]) {
      if (time !== undefined && !Number.isSafeInteger(time)) {
        throw new RangeError(`time: ${time} is not an integer`);
      }
    }
    const head = headOf(unit, state.queue.stream);
    const { owner } = state;
    let deadline: number;
    if (dts === undefined) {
      deadline = Math.max(this.#now, state.known) + this.#delay;
    } else {
      deadline = this.#transportTime(owner, dts, unit.discontinuity === true);
      state.known = Math.max(state.known, deadline - this.#delay);
    }
    this.#queued++;
    state.queue.add({
      head,
      data: unit.data,
      position: 0,
      deadline,
      randomAccess: unit.randomAccess ?? false,
      discontinuity: unit.discontinuity ?? false,
    });
    this.#run(this.#horizon());
    return this.#writer.take();
  }

  /**
   * No unit with a DTS before `time` (90 kHz) will come any more: packets, tables and PCRs up to there are made.
   * @param programNumber the programme whose time it is; default: every programme's
   */
  advance(time: number, programNumber?: number): Uint8Array<ArrayBuffer> {
    if (!Number.isSafeInteger(time)) throw new RangeError(`time: ${time} is not an integer`);
    for (const state of this.#streams) {
      const { owner } = state;
      if (programNumber !== undefined && owner.program.programNumber !== programNumber) continue;
      if (owner.offset === undefined) {
        if (this.#started) continue;
        this.#transportTime(owner, time, false);
      }
      const until = owner.advance(time);
      if (until !== undefined) state.known = Math.max(state.known, until - this.#delay);
    }
    this.#run(this.#horizon());
    return this.#writer.take();
  }

  /** Make packets of everything that waits. More units may follow; they continue the stream. */
  flush(): Uint8Array<ArrayBuffer> {
    this.#drain();
    return this.#writer.take();
  }

  /**
   * Change what is multiplexed: the tables get a new version. Streams whose PID stays keep their counters; units of
   * those that go are sent first.
   * @returns packets, as {@link push}
   */
  setPrograms(programs: readonly MuxProgram[]): Uint8Array<ArrayBuffer> {
    const resolved = resolvePrograms(programs);
    this.#drain();
    for (const { queue } of this.#streams) {
      this.#counters.set(queue.stream.pid, queue.continuityCounter);
    }
    this.#version = (this.#version + 1) % 32;
    this.#setUp(resolved);
    return this.#writer.take();
  }

  /** Forget everything but the options. */
  reset(): void {
    const { bitrate } = this.#options;
    this.#slots = bitrate === undefined ? undefined : new SlotClock(bitrate);
    this.#time = 0;
    this.#writer = new PacketWriter();
    this.#tables = new TableQueue();
    this.#counters = new Map();
    this.#version = 0;
    this.#started = false;
    this.#queued = 0;
    this.#overhead = 0;
    this.#programs = [];
    this.#setUp(resolvePrograms(this.#options.programs));
  }

  get #now(): number {
    return this.#slots === undefined ? this.#time : this.#slots.time;
  }

  #setUp(programs: readonly ResolvedProgram[]): void {
    const before = new Map(this.#programs.map((state) => [state.program.programNumber, state]));
    this.#programs = programs.map((program) => {
      const old = before.get(program.programNumber);
      return new ProgramClock(program, this.#options.maxGap, old, this.#now);
    });
    this.#streams = this.#programs.flatMap((owner) =>
      owner.program.streams.map((stream): StreamState => {
        // At variable rate a decoder spreads the packets between two PCRs evenly.
        const queue = new MuxQueue(stream, this.#slots === undefined ? this.#pcrInterval : 0);
        queue.continuityCounter = this.#counters.get(stream.pid) ?? 0x0f;
        return { queue, owner, known: Number.NEGATIVE_INFINITY };
      }),
    );
    this.#byPid = new Map(this.#streams.map((state) => [state.queue.stream.pid, state]));
    const { psiInterval = 9000, sdtInterval = 90_000, transportStreamId = 1 } = this.#options;
    const tables = muxTables(programs, transportStreamId, this.#version);
    this.#tables.use(
      tables,
      this.#now,
      (pid) => (pid === SDT_PID ? sdtInterval : psiInterval) * 300,
    );
  }

  /** Where a DTS lies on the transport stream's axis; begins a time base when it must. */
  #transportTime(owner: ProgramClock, dts: number, forced: boolean): number {
    if (owner.offset === undefined) {
      this.#started = true;
      return owner.begin(dts, this.#programs, this.#now, this.#delay);
    }
    const known = forced ? undefined : (owner.continued(dts) ?? owner.straggler(dts, this.#now));
    if (known !== undefined) return known;
    this.#drain();
    for (const state of this.#streams) if (state.owner === owner) state.known = this.#now;
    return owner.rebase(dts, this.#now, this.#delay);
  }

  /** The time up to which all units are known, or no longer waited for. */
  #horizon(): number {
    let least = Number.POSITIVE_INFINITY;
    let most = Number.NEGATIVE_INFINITY;
    let waiting = false;
    for (const { queue, known } of this.#streams) {
      if (known > most) most = known;
      if (queue.stream.sparse) continue;
      waiting = true;
      if (known < least) least = known;
    }
    return waiting ? Math.max(least, most - this.#maxInterleave) : most;
  }

  /** Send everything that waits, and stop behind it. */
  #drain(): void {
    const [first] = this.#programs;
    // Sections without a time, and nothing with one: time begins anywhere.
    if (!this.#started && this.#queued > 0 && first !== undefined) {
      this.#transportTime(first, 0, false);
    }
    this.#run(Number.POSITIVE_INFINITY);
  }

  /** Make packets for the time before `horizon`; without an end, until nothing waits. */
  #run(horizon: number): void {
    if (!this.#started) return;
    for (let now = this.#now; now < horizon; now = this.#now) {
      if (this.#queued === 0 && horizon === Number.POSITIVE_INFINITY) return;
      this.#tables.schedule(now);
      // New tables go before everything else, so that nothing is missed.
      if (!this.#tables.announced && this.#sendTable(now)) continue;
      if (this.#overhead >= MAX_OVERHEAD && this.#sendUnit(now)) {
        this.#overhead = 0;
        continue;
      }
      this.#overhead++;
      if (this.#sendClock(now) || this.#sendTable(now)) continue;
      this.#overhead = 0;
      if (this.#sendUnit(now)) continue;
      if (this.#slots === undefined) {
        this.#time = Math.max(now + 1, Math.min(horizon, this.#nextEvent(now)));
      } else {
        this.#writer.nothing();
        this.#slots.advance();
      }
    }
  }

  #sendTable(now: number): boolean {
    if (!this.#tables.send(now, this.#writer, this.#counters)) return false;
    this.#spend(this.#peakSlot);
    return true;
  }

  /** Send a PCR that is due, with payload if there is some. */
  #sendClock(now: number): boolean {
    for (const owner of this.#programs) {
      if (owner.offset === undefined || owner.nextPcr > now) continue;
      const { pcrPid } = owner.program;
      const state = this.#byPid.get(pcrPid);
      const head = state?.queue.head;
      const ready =
        state !== undefined &&
        head !== undefined &&
        head.deadline - this.#delay <= now &&
        state.queue.roomAt(now) <= now;
      if (ready) {
        this.#sendPacket(state, now);
        return true;
      }
      const flags = {
        ...NO_FLAGS,
        pcr: this.#takePcr(owner, now),
        discontinuity: owner.discontinuity,
      };
      const counter = state?.queue.continuityCounter ?? this.#counters.get(pcrPid) ?? 0;
      this.#writer.empty(pcrPid, counter, flags);
      owner.discontinuity = false;
      this.#spend(this.#peakSlot);
      return true;
    }
    return false;
  }

  #takePcr(owner: ProgramClock, now: number): number {
    // All programmes' PCRs may be due at once.
    const wait = 2 * this.#programs.length * (this.#slots?.slot ?? 0);
    owner.nextPcr = now + Math.min(this.#pcrInterval, Math.max(0, MAX_PCR_INTERVAL - wait));
    return modulo(now + (owner.offset as number), PCR_MODULUS);
  }

  /** Send a packet of the stream whose unit has to be there first, among those whose decoder has room. */
  #sendUnit(now: number): boolean {
    let best: StreamState | undefined;
    let earliest = Number.POSITIVE_INFINITY;
    for (const state of this.#streams) {
      const { head } = state.queue;
      if (head === undefined || head.deadline >= earliest) continue;
      if (head.deadline - this.#delay > now || state.queue.roomAt(now) > now) continue;
      best = state;
      earliest = head.deadline;
    }
    if (best === undefined) return false;
    this.#sendPacket(best, now);
    return true;
  }

  #sendPacket(state: StreamState, now: number): void {
    const { queue, owner } = state;
    const unit = queue.head;
    if (unit === undefined) return;
    const { stream } = queue;
    const start = unit.position === 0;
    const due = owner.nextPcr <= now || (start && unit.randomAccess);
    const pcr = stream.pid === owner.program.pcrPid && due ? this.#takePcr(owner, now) : -1;
    const flags: PacketFlags = {
      pcr,
      randomAccess: start && unit.randomAccess,
      discontinuity: (start && unit.discontinuity) || (pcr >= 0 && owner.discontinuity),
    };
    if (pcr >= 0) owner.discontinuity = false;
    queue.continuityCounter = (queue.continuityCounter + 1) & 0x0f;
    const before = unit.position;
    const sections = stream.carriage === "sections";
    this.#writer.payload(stream.pid, queue.continuityCounter, unit, flags, sections);
    queue.account(now, unit.position - before);
    const left = unit.head.length + unit.data.length - unit.position;
    if (left === 0) {
      if (now > unit.deadline) {
        const lateBy = Math.ceil((now - unit.deadline) / 300);
        this.#options.onLate?.({ pid: stream.pid, lateBy });
      }
      queue.shift();
      this.#queued--;
    }
    // Twice as fast as the deadline asks, when that is faster than the peak rate.
    const packets = 2 + 2 * Math.ceil(left / 184);
    this.#spend(Math.min(this.#peakSlot, Math.floor((unit.deadline - now) / packets)));
  }

  /** A packet was written: time goes on. */
  #spend(slot: number): void {
    if (this.#slots === undefined) this.#time += Math.max(SHORTEST_SLOT, slot);
    else this.#slots.advance();
  }

  /** When something can be sent next, at variable rate. */
  #nextEvent(now: number): number {
    let next = this.#tables.nextEvent(now);
    for (const owner of this.#programs) {
      if (owner.offset !== undefined) next = Math.min(next, owner.nextPcr);
    }
    for (const { queue } of this.#streams) {
      if (queue.head === undefined) continue;
      next = Math.min(next, Math.max(queue.head.deadline - this.#delay, queue.roomAt(now)));
    }
    return next;
  }
}
