import { modulo, PCR_MODULUS, PTS_MODULUS, wrapDiff } from "@x/bits";
import { SDT_PID } from "./constants.js";
import {
  type MuxProgram,
  type ResolvedProgram,
  type ResolvedStream,
  resolvePrograms,
} from "./mux-config.js";
import { MuxQueue, TransportBuffer } from "./mux-queue.js";
import { muxTables } from "./mux-tables.js";
import { type Outgoing, type PacketFlags, PacketWriter } from "./packet-writer.js";
import { encodePesHeader, isPlainStreamId, sizeOfPesHeader } from "./pes-header.js";
import { SlotClock } from "./slot-clock.js";

/** Options of {@link TsMuxer}. */
export interface TsMuxerOptions {
  readonly programs: readonly MuxProgram[];
  /** bit/s: constant rate, filled up with null packets. Default: variable rate, without. */
  readonly bitrate?: number;
  /** At variable rate: bit/s that packets of one moment are spread at, unless they are more. Default 60 000 000. */
  readonly peakBitrate?: number;
  /** 16 bits. Default 1. */
  readonly transportStreamId?: number;
  /** 90 kHz ticks by which the PCR is behind the DTS that is being sent. Default 63000, 0.7 s. */
  readonly muxDelay?: number;
  /** 90 kHz ticks, at most 3600. Default 3150, 35 ms. */
  readonly pcrInterval?: number;
  /** 90 kHz ticks between PAT and PMT repetitions. Default 9000, 0.1 s. */
  readonly psiInterval?: number;
  /** 90 kHz ticks between SDT repetitions. Default 90000, 1 s. */
  readonly sdtInterval?: number;
  /** 90 kHz ticks that a stream may lead before the others are no longer waited for. Default 90000, 1 s. */
  readonly maxInterleave?: number;
  /**
   * 90 kHz ticks; a greater step of the DTS, or one back by more than 1 s, begins a new time base. Default 900000, 10 s;
   * ten minutes for programmes that have sparse streams only.
   */
  readonly maxGap?: number;
  /** Told of units that were sent later than their DTS. Default: nobody. */
  readonly onLate?: (late: LateUnit) => void;
}

/** A unit whose last byte was sent behind its DTS: the bit rate is too low, or it was pushed too late. */
export interface LateUnit {
  readonly pid: number;
  /** 90 kHz ticks behind. */
  readonly lateBy: number;
}

/** An access unit, a private data unit, or a section. */
export interface MuxUnit {
  readonly pid: number;
  /** The payload of one PES packet, or for section-carried streams one whole section. Kept until it is sent. */
  readonly data: Uint8Array;
  /** 90 kHz; 33 bits or unwrapped, written modulo 2^33. `undefined`: as soon as possible, and no time is written. */
  readonly pts?: number | undefined;
  /** Likewise. Default `pts`; written when it differs. Not decreasing within a stream. */
  readonly dts?: number | undefined;
  /** Sets random_access_indicator. Default `false`. */
  readonly randomAccess?: boolean;
  /** A new time base begins with this unit. Default: told by the DTS, see `maxGap`. */
  readonly discontinuity?: boolean;
  /** data_alignment_indicator. Default `true`. */
  readonly dataAlignment?: boolean;
}

interface ProgramState {
  readonly program: ResolvedProgram;
  /** 90 kHz: the greatest step of the DTS that is no jump. */
  readonly maxGap: number;
  /** 27 MHz: the programme's clock minus the transport stream's axis; `undefined` before the first unit. */
  clockOffset: number | undefined;
  /** The same before the last discontinuity. */
  lastClockOffset: number | undefined;
  /** DTS of the newest unit, unwrapped, 90 kHz. */
  newest: number;
  nextPcr: number;
  /** The next PCR opens a new time base. */
  discontinuity: boolean;
}

interface StreamState {
  readonly queue: MuxQueue;
  readonly owner: ProgramState;
  /** Transport time up to which its units are known. */
  known: number;
}

interface TableState {
  readonly pid: number;
  readonly interval: number;
  readonly sections: readonly Uint8Array[];
  next: number;
  /** Sections that wait to be sent. */
  queued: number;
  /** It was sent once. */
  sent: boolean;
}

/** Late PES packets must not make time run backwards: the least that a packet takes, 1.5 Gbit/s. */
const SHORTEST_SLOT = 27;
const NO_FLAGS: PacketFlags = { discontinuity: false, randomAccess: false, pcr: -1 };
/** 90 kHz: a DTS that is further behind begins a new time base. */
const MAX_STEP_BACK = 90_000;
const GAP = 900_000;
const SPARSE_GAP = 54_000_000;
/** DVB practice (TR 101 290 wants 100 ms). */
const MAX_PCR_INTERVAL = 40 * 27_000;
/** Packets of tables and clocks in a row before a unit has its turn: at any rate, units get through. */
const MAX_OVERHEAD = 4;
/** bit/s at which a decoder's buffer for tables empties (ISO/IEC 13818-1 2.4.2.3, Rx_sys). */
const TABLE_RATE = 1_000_000;

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
  #programs: ProgramState[] = [];
  #streams: StreamState[] = [];
  #byPid = new Map<number, StreamState>();
  #tables: TableState[] = [];
  #tableQueue: { readonly table: TableState; readonly outgoing: Outgoing }[] = [];
  /** Packets of tables and clocks since the last unit's. */
  #overhead = 0;
  #tableBuffer = new TransportBuffer(TABLE_RATE);
  /** Continuity counters of PIDs that are no stream's. */
  #counters = new Map<number, number>();
  #version = 0;
  /** Units in all queues. */
  #queued = 0;
  #started = false;
  /** The tables in force were sent once. */
  #announced = false;

  /** @throws {RangeError} when an option is out of range; see {@link MuxProgram} */
  constructor(options: TsMuxerOptions) {
    const { muxDelay = 63_000, pcrInterval = 3150, maxInterleave = 90_000 } = options;
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
    const head = this.#headOf(unit, state.queue.stream);
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
      if (owner.clockOffset === undefined) {
        if (this.#started) continue;
        this.#transportTime(owner, time, false);
      }
      const unwrapped = nearest(time, owner.newest);
      if (Math.abs(unwrapped - owner.newest) > owner.maxGap) continue;
      owner.newest = Math.max(owner.newest, unwrapped);
      const until = unwrapped * 300 - (owner.clockOffset as number) - this.#delay;
      state.known = Math.max(state.known, until);
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
    this.#tableBuffer = new TransportBuffer(TABLE_RATE);
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
    this.#programs = programs.map((program): ProgramState => {
      const old = before.get(program.programNumber);
      return {
        program,
        maxGap: this.#options.maxGap ?? (program.streams.every(isSparse) ? SPARSE_GAP : GAP),
        clockOffset: old?.clockOffset,
        lastClockOffset: old?.lastClockOffset,
        newest: old?.newest ?? 0,
        nextPcr: this.#now,
        discontinuity: old !== undefined && old.program.pcrPid !== program.pcrPid,
      };
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
    const next = this.#now;
    this.#tables = muxTables(programs, transportStreamId, this.#version).map(
      ({ pid, sections }): TableState => ({
        pid,
        sections,
        interval: (pid === SDT_PID ? sdtInterval : psiInterval) * 300,
        next,
        queued: 0,
        sent: false,
      }),
    );
    this.#tableQueue = [];
    this.#announced = false;
  }

  /** The header that goes before the unit's data. */
  #headOf(unit: MuxUnit, stream: ResolvedStream): Uint8Array {
    // A section's packet begins with the pointer_field.
    if (stream.carriage === "sections") return Uint8Array.of(0);
    const { streamId } = stream;
    const { pts, dts = pts, data } = unit;
    const optional = {
      pesScramblingControl: 0,
      pesPriority: false,
      dataAlignmentIndicator: unit.dataAlignment ?? true,
      copyright: false,
      originalOrCopy: false,
      ...(pts === undefined ? {} : { pts: modulo(pts, PTS_MODULUS) }),
      ...(pts === undefined || dts === undefined || dts === pts
        ? {}
        : { dts: modulo(dts, PTS_MODULUS) }),
    };
    const header = isPlainStreamId(streamId)
      ? { streamId, pesPacketLength: 0 }
      : { streamId, pesPacketLength: 0, optional };
    const length = sizeOfPesHeader(header) - 6 + data.length;
    if (length > 0xffff && !stream.mayBeUnbounded) {
      throw new RangeError(`data: ${data.length} bytes do not fit a PES packet of PID ${unit.pid}`);
    }
    return encodePesHeader({ ...header, pesPacketLength: length > 0xffff ? 0 : length });
  }

  /** Where a DTS lies on the transport stream's axis; begins a time base when it must. */
  #transportTime(owner: ProgramState, dts: number, forced: boolean): number {
    if (owner.clockOffset === undefined) {
      this.#started = true;
      return this.#firstTime(owner, dts);
    }
    const unwrapped = nearest(dts, owner.newest);
    const step = unwrapped - owner.newest;
    if (!forced && step >= -MAX_STEP_BACK && step <= owner.maxGap) {
      owner.newest = Math.max(owner.newest, unwrapped);
      return unwrapped * 300 - owner.clockOffset;
    }
    return this.#rebase(owner, dts, unwrapped, forced);
  }

  /** Programmes with near times share an axis, so that they stay side by side; others begin where it stands. */
  #firstTime(owner: ProgramState, dts: number): number {
    const near = this.#programs.find(
      ({ clockOffset, newest, maxGap }) =>
        clockOffset !== undefined && Math.abs(nearest(dts, newest) - newest) <= maxGap,
    );
    owner.newest = near === undefined ? dts : nearest(dts, near.newest);
    owner.clockOffset = near?.clockOffset ?? dts * 300 - this.#delay - this.#now;
    owner.nextPcr = this.#now;
    return owner.newest * 300 - owner.clockOffset;
  }

  /** The DTS does not continue: a new time base, or a straggler of the last one. */
  #rebase(owner: ProgramState, dts: number, unwrapped: number, forced: boolean): number {
    const before = owner.lastClockOffset;
    if (!forced && before !== undefined) {
      const clock = Math.round((this.#now + before) / 300);
      const old = nearest(dts, clock) - clock;
      if (Math.abs(old) < MAX_STEP_BACK) return this.#now + old * 300;
    }
    this.#drain();
    owner.lastClockOffset = owner.clockOffset;
    owner.clockOffset = unwrapped * 300 - this.#delay - this.#now;
    owner.newest = unwrapped;
    owner.discontinuity = true;
    owner.nextPcr = this.#now;
    for (const state of this.#streams) if (state.owner === owner) state.known = this.#now;
    return unwrapped * 300 - owner.clockOffset;
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
      this.#queueTables(now);
      // New tables go before everything else, so that nothing is missed.
      if (!this.#announced && this.#sendTable(now)) continue;
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

  #queueTables(now: number): void {
    for (const table of this.#tables) {
      if (table.next > now) continue;
      table.next = Math.max(now + 1, table.next + table.interval);
      // At a rate too low for all repetitions, some are left out.
      if (table.queued > 0) continue;
      for (const data of table.sections) {
        const outgoing = { head: Uint8Array.of(0), data, position: 0 };
        this.#tableQueue.push({ table, outgoing });
        table.queued++;
      }
    }
  }

  #sendTable(now: number): boolean {
    const first = this.#tableQueue[0];
    if (first === undefined) return false;
    if (this.#announced && this.#tableBuffer.roomAt(now) > now) return false;
    const { table, outgoing } = first;
    const { pid } = table;
    const counter = ((this.#counters.get(pid) ?? 0x0f) + 1) & 0x0f;
    this.#counters.set(pid, counter);
    this.#writer.payload(pid, counter, outgoing, NO_FLAGS, true);
    this.#tableBuffer.add(now);
    if (outgoing.position === outgoing.head.length + outgoing.data.length) {
      this.#tableQueue.shift();
      table.queued--;
      table.sent ||= table.queued === 0;
      this.#announced ||= this.#tables.every(({ sent }) => sent);
    }
    this.#spend(this.#peakSlot);
    return true;
  }

  /** Send a PCR that is due, with payload if there is some. */
  #sendClock(now: number): boolean {
    for (const owner of this.#programs) {
      if (owner.clockOffset === undefined || owner.nextPcr > now) continue;
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

  #takePcr(owner: ProgramState, now: number): number {
    // All programmes' PCRs may be due at once.
    const wait = 2 * this.#programs.length * (this.#slots?.slot ?? 0);
    owner.nextPcr = now + Math.min(this.#pcrInterval, Math.max(0, MAX_PCR_INTERVAL - wait));
    return modulo(now + (owner.clockOffset as number), PCR_MODULUS);
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
    let next = Number.POSITIVE_INFINITY;
    for (const table of this.#tables) next = Math.min(next, table.next);
    if (this.#tableQueue.length > 0) next = Math.min(next, this.#tableBuffer.roomAt(now));
    for (const owner of this.#programs) {
      if (owner.clockOffset !== undefined) next = Math.min(next, owner.nextPcr);
    }
    for (const { queue } of this.#streams) {
      if (queue.head === undefined) continue;
      next = Math.min(next, Math.max(queue.head.deadline - this.#delay, queue.roomAt(now)));
    }
    return next;
  }
}

function isSparse(stream: ResolvedStream): boolean {
  return stream.sparse;
}

/** The time equal to `time` modulo 2^33 that is nearest to `reference`. */
function nearest(time: number, reference: number): number {
  const step = wrapDiff(modulo(time, PTS_MODULUS), modulo(reference, PTS_MODULUS), PTS_MODULUS);
  return reference + step;
}
