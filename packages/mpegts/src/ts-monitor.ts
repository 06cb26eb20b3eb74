import { crc32Mpeg, readPcr } from "@x/bits";
import { CAT_TABLE_ID } from "./cat.js";
import { CAT_PID, NULL_PID, PACKET_SIZE, PAT_PID, PID_COUNT, SDT_PID } from "./constants.js";
import { runLength } from "./continuity.js";
import { type PacketHandler, type SkipReason, TsFramer } from "./framer.js";
import { MonitoredPid, type Watchdog } from "./monitor-pid.js";
import { PAT_TABLE_ID } from "./pat.js";
import { type PcrLimits, PcrWatch } from "./pcr-watch.js";
import { PMT_TABLE_ID, type Pmt } from "./pmt.js";
import { ProgramTables } from "./program-tables.js";
import { SectionAssembler } from "./section-assembler.js";
import { streamKind, streamKindInfo } from "./stream-kind.js";
import { StreamTime } from "./stream-time.js";
import {
  noViolations,
  type Tr101290Indicator,
  type Tr101290Report,
  type TsMonitorOptions,
  type TsViolation,
} from "./tr-101-290.js";

const TICKS_PER_MS = 27_000;
const NIT_PID = 0x0010;
const EIT_PID = 0x0012;
const TDT_PID = 0x0014;
/** The only table of MPEG and DVB with a CRC_32 and section_syntax_indicator 0 (EN 300 468 5.2.6). */
const TOT_TABLE_ID = 0x73;
const NOTHING: readonly TsViolation[] = Object.freeze([]);

/**
 * Watches a transport stream by the indicators of ETSI TR 101 290, priorities 1 and 2, as it comes. Framing is lost when
 * a sync byte is wrong and one of the next two is. Whatever must come again is told once for each time that it is
 * missing longer than its limit. The accuracy of PCRs (2.4) is judged where the bit rate is constant, after 256 of them.
 */
export class TsMonitor {
  readonly #options: TsMonitorOptions;
  readonly #pcrLimits: PcrLimits;
  readonly #framer: TsFramer;
  #time = new StreamTime();
  #tables: ProgramTables;
  #pids: (MonitoredPid | undefined)[] = [];
  /** PIDs with watchdogs. */
  #watched = new Set<MonitoredPid>();
  /** PIDs by programme that its map lists. */
  readonly #listed = new Map<number, readonly number[]>();
  #counts = noViolations();
  #violations: TsViolation[] = [];
  #packet = 0;
  #offset = 0;
  #skipping: SkipReason | undefined;
  /** Stream time since when there are scrambled packets and no CAT; -1: there are none, or there is one. */
  #scrambledSince = -1;
  #catAt = Number.NEGATIVE_INFINITY;
  #ended = false;

  readonly #onPackets: PacketHandler = (bytes, at, count, stride, packet, offset) => {
    this.#skipping = undefined;
    for (let i = 0; i < count; ) {
      const distance = i * stride;
      const taken = this.#takeRun(bytes, at + distance, count - i, stride);
      i += Math.max(1, taken);
      if (taken > 0) continue;
      this.#packet = packet + i - 1;
      this.#offset = offset + distance;
      this.#take(bytes, at + distance);
    }
  };

  constructor(options: TsMonitorOptions = {}) {
    this.#options = options;
    this.#pcrLimits = {
      maxPcrIntervalMs: options.maxPcrIntervalMs ?? 100,
      maxPcrErrorNs: options.maxPcrErrorNs ?? 500,
      bitrate: options.bitrate,
    };
    const { packetSize } = options;
    this.#framer = new TsFramer({
      ...(packetSize === undefined ? {} : { packetSize }),
      onSkip: (_bytes, _start, _end, offset, reason) => this.#skipped(offset, reason),
    });
    this.#tables = new ProgramTables({
      pat: () => this.#releaseMaps(),
      pmt: (pid, pmt) => this.#map(pid, pmt),
      listed: (pid) => this.#listMap(pid),
      removed: (programNumber) => this.#list(programNumber, []),
      issue: () => {},
    });
    this.#prepare();
  }

  /**
   * Feed a chunk of any size.
   * @param arrivalNs local time of its arrival. Default: time is that of the PCRs
   * @returns the violations in it, in order
   */
  push(chunk: Uint8Array, arrivalNs?: bigint): readonly TsViolation[] {
    if (this.#ended) this.reset();
    if (arrivalNs !== undefined) {
      this.#time.arrive(arrivalNs);
      this.#checkWatchdogs();
    }
    this.#framer.push(chunk, this.#onPackets);
    return this.#takeViolations();
  }

  /** End of input. The next push begins anew; the report stays until then. */
  flush(): readonly TsViolation[] {
    if (this.#ended) return NOTHING;
    this.#framer.flush(this.#onPackets);
    for (const state of this.#pids) state?.pcr?.finish();
    this.#ended = true;
    return this.#takeViolations();
  }

  /** What the stream was like so far: a copy. */
  report(): Tr101290Report {
    return {
      packets: this.#framer.packets,
      durationS: this.#time.now / (1000 * TICKS_PER_MS),
      counts: { ...this.#counts },
    };
  }

  /** Forget everything. */
  reset(): void {
    this.#framer.reset();
    this.#tables.reset();
    this.#time = new StreamTime();
    this.#pids = [];
    this.#watched.clear();
    this.#listed.clear();
    this.#counts = noViolations();
    this.#violations = [];
    this.#skipping = undefined;
    this.#scrambledSince = -1;
    this.#catAt = Number.NEGATIVE_INFINITY;
    this.#ended = false;
    this.#prepare();
  }

  #prepare(): void {
    this.#pids = new Array<MonitoredPid | undefined>(PID_COUNT).fill(undefined);
    for (const pid of [PAT_PID, CAT_PID, NIT_PID, SDT_PID, EIT_PID, TDT_PID]) this.#openTable(pid);
    const { maxPatIntervalMs = 500 } = this.#options;
    const pat = this.#of(PAT_PID);
    pat.table = this.#watchdog("1.3", maxPatIntervalMs, "no PAT");
    this.#watched.add(pat);
  }

  #takeViolations(): readonly TsViolation[] {
    if (this.#violations.length === 0) return NOTHING;
    const violations = this.#violations;
    this.#violations = [];
    return violations;
  }

  #note(
    indicator: Tr101290Indicator,
    pid: number | undefined,
    message: string,
    packet: number = this.#packet,
    offset: number = this.#offset,
  ): void {
    this.#counts[indicator]++;
    this.#violations.push({ indicator, packet, offset, pid, message });
  }

  #of(pid: number): MonitoredPid {
    let state = this.#pids[pid];
    if (state === undefined) {
      state = new MonitoredPid(pid);
      this.#pids[pid] = state;
    }
    return state;
  }

  #watchdog(indicator: Tr101290Indicator, ms: number, what: string): Watchdog {
    return { indicator, limit: ms * TICKS_PER_MS, what, last: this.#time.now };
  }

  #skipped(offset: number, reason: SkipReason): void {
    if (reason !== "sync-byte" && reason !== "sync-lost") return;
    // A skip comes in pieces when it is longer than a chunk.
    if (reason === "sync-lost" && reason === this.#skipping) return;
    this.#skipping = reason;
    this.#packet = this.#framer.packets;
    this.#offset = offset;
    this.#note("1.2", undefined, "a sync byte is wrong");
    if (reason === "sync-lost") this.#note("1.1", undefined, "framing is lost");
  }

  /** The quick way for most of a stream: nothing can be wrong with packets of PES payload that only continue. */
  #takeRun(bytes: Uint8Array, at: number, count: number, stride: number): number {
    const pid = (((bytes[at + 1] as number) & 0x1f) << 8) | (bytes[at + 2] as number);
    const state = this.#pids[pid];
    if (state === undefined || state.tables !== undefined) return 0;
    if (((bytes[at + 3] as number) & 0x0f) !== state.continuity.expected) return 0;
    const taken = runLength(bytes, at, count, stride);
    if (taken === 0) return 0;
    state.continuity.acceptRun(bytes, at + (taken - 1) * stride);
    if (state.referred !== undefined) state.referred.last = this.#time.now;
    return taken;
  }

  #take(bytes: Uint8Array, at: number): void {
    const head = bytes[at + 1] as number;
    const control = bytes[at + 3] as number;
    const pid = ((head & 0x1f) << 8) | (bytes[at + 2] as number);
    if (head >= 0x80) {
      this.#note("2.1", pid, "transport_error_indicator is set");
      return;
    }
    if (pid === NULL_PID) return;
    const state = this.#pids[pid] ?? this.#of(pid);
    if (state.referred !== undefined) state.referred.last = this.#time.now;
    const end = at + PACKET_SIZE;
    let payload = at + 4;
    let flags = 0;
    if ((control & 0x20) !== 0) {
      const length = bytes[payload] as number;
      payload += 1 + length;
      if (length > 0 && length <= 183) flags = bytes[at + 5] as number;
      if ((flags & 0x10) !== 0 && length >= 7) this.#pcr(state, bytes, at, (flags & 0x80) !== 0);
    }
    if (control >= 0x40) this.#scrambled(state);
    if ((control & 0x10) === 0) {
      if ((flags & 0x80) !== 0) state.continuity.reset();
      return;
    }
    if (payload > end) return;
    const continuity = state.continuity.next(control & 0x0f, bytes, payload, end);
    if (continuity === "duplicate") return;
    if (continuity === "gap" && (flags & 0x80) === 0) {
      this.#note("1.4", pid, "packets are missing, repeated or out of order");
      state.tables?.assembler.reset();
    }
    if (control >= 0x40) return;
    const unitStart = (head & 0x40) !== 0;
    if (state.tables !== undefined) {
      state.tables.assembler.push(bytes, payload, end, unitStart, state.tables.onSection);
    } else if (unitStart && state.hasTimes) this.#pesStart(state, bytes, payload, end);
  }

  #scrambled(state: MonitoredPid): void {
    const { pid } = state;
    if (pid === PAT_PID) this.#note("1.3", pid, "the PAT is scrambled");
    else if (state.isMap) this.#note("1.5", pid, "a programme map is scrambled");
    const { maxCatIntervalMs = 2000 } = this.#options;
    const now = this.#time.now;
    if (this.#scrambledSince < 0) this.#scrambledSince = now;
    const since = Math.max(this.#scrambledSince, this.#catAt);
    if (now - since <= maxCatIntervalMs * TICKS_PER_MS) return;
    this.#note("2.6", CAT_PID, "packets are scrambled, and there is no CAT");
    this.#scrambledSince = now;
  }

  #pcr(state: MonitoredPid, bytes: Uint8Array, at: number, discontinuity: boolean): void {
    const extension = (((bytes[at + 10] as number) & 1) << 8) | (bytes[at + 11] as number);
    if (extension > 299) return;
    const { pid } = state;
    const pcr = readPcr(bytes, at + 6);
    state.pcr ??= new PcrWatch(this.#pcrLimits, (indicator, message, packet, offset) =>
      this.#note(indicator, pid, message, packet, offset),
    );
    state.pcr.add(pcr, this.#packet, this.#offset, discontinuity);
    const passed = this.#time.note(pid, pcr, this.#packet, discontinuity);
    // Across time bases there is no distance of PTSs.
    if (discontinuity) for (const state of this.#watched) state.pts = undefined;
    if (passed) this.#checkWatchdogs();
  }

  #pesStart(state: MonitoredPid, bytes: Uint8Array, payload: number, end: number): void {
    if (end - payload < 9 || ((bytes[payload + 7] as number) & 0x80) === 0) return;
    const { maxPtsIntervalMs = 700 } = this.#options;
    if (state.pts === undefined) {
      state.pts = this.#watchdog("2.5", maxPtsIntervalMs, "no PTS");
      this.#watched.add(state);
    }
    this.#feed(state.pid, state.pts);
  }

  #section(state: MonitoredPid, bytes: Uint8Array, size: number): void {
    const { pid } = state;
    const tableId = bytes[0] as number;
    const isLong = ((bytes[1] as number) & 0x80) !== 0;
    if (pid === PAT_PID && tableId !== PAT_TABLE_ID) {
      this.#note("1.3", pid, `table_id ${tableId} on the PID of the PAT`);
    }
    if (pid === CAT_PID && tableId !== CAT_TABLE_ID) {
      this.#note("2.6", pid, `table_id ${tableId} on the PID of the CAT`);
    }
    if ((isLong || tableId === TOT_TABLE_ID) && crc32Mpeg(bytes, 0, size) !== 0) {
      this.#note("2.2", pid, `wrong CRC_32 in a section with table_id ${tableId}`);
      return;
    }
    if (pid === CAT_PID && tableId === CAT_TABLE_ID) {
      this.#catAt = this.#time.at(this.#packet);
      this.#scrambledSince = -1;
    }
    const isTable =
      (pid === PAT_PID && tableId === PAT_TABLE_ID) || (state.isMap && tableId === PMT_TABLE_ID);
    if (!isTable) return;
    if (state.table !== undefined) this.#feed(pid, state.table);
    this.#tables.section(pid, bytes, size);
  }

  /** A PAT lists programme maps on this PID. */
  #listMap(pid: number): void {
    const state = this.#openTable(pid);
    state.isMap = true;
    const { maxPmtIntervalMs = 500 } = this.#options;
    state.table ??= this.#watchdog("1.5", maxPmtIntervalMs, "no programme map");
    this.#watched.add(state);
  }

  #openTable(pid: number): MonitoredPid {
    const state = this.#of(pid);
    state.tables ??= {
      assembler: new SectionAssembler(),
      onSection: (bytes, size) => this.#section(state, bytes, size),
    };
    return state;
  }

  /** A new PAT is whole: PIDs that it does not list carry no maps any more. */
  #releaseMaps(): void {
    for (const state of this.#watched) {
      if (!state.isMap || this.#tables.isPmtPid(state.pid)) continue;
      state.isMap = false;
      state.table = undefined;
      state.tables = undefined;
      if (state.referred === undefined) this.#watched.delete(state);
    }
  }

  #map(_pid: number, { programNumber, streams }: Pmt): void {
    this.#list(
      programNumber,
      streams.map((stream) => stream.elementaryPid),
    );
    for (const stream of streams) {
      const { category } = streamKindInfo(streamKind(stream));
      this.#of(stream.elementaryPid).hasTimes = category !== "data";
    }
  }

  /** A programme has these PIDs, and no others. */
  #list(programNumber: number, pids: readonly number[]): void {
    const before = this.#listed.get(programNumber) ?? [];
    if (pids.length === 0) this.#listed.delete(programNumber);
    else this.#listed.set(programNumber, pids);
    const referred = new Set([...this.#listed.values()].flat());
    for (const pid of before) if (!referred.has(pid)) this.#release(this.#of(pid));
    const { maxPidIntervalMs = 5000 } = this.#options;
    for (const pid of pids) {
      const state = this.#of(pid);
      state.referred ??= this.#watchdog("1.6", maxPidIntervalMs, "no packet");
      this.#watched.add(state);
    }
  }

  #release(state: MonitoredPid): void {
    state.referred = undefined;
    state.pts = undefined;
    state.hasTimes = false;
    if (state.table === undefined) this.#watched.delete(state);
  }

  #feed(pid: number, watchdog: Watchdog): void {
    const now = this.#time.at(this.#packet);
    this.#check(pid, watchdog, now);
    watchdog.last = now;
  }

  #checkWatchdogs(): void {
    const { now } = this.#time;
    for (const { pid, table, referred, pts } of this.#watched) {
      this.#check(pid, table, now);
      this.#check(pid, referred, now);
      this.#check(pid, pts, now);
    }
  }

  #check(pid: number, watchdog: Watchdog | undefined, now: number): void {
    if (watchdog === undefined || now - watchdog.last <= watchdog.limit) return;
    const { indicator, limit, what } = watchdog;
    this.#note(indicator, pid, `${what} for more than ${limit / TICKS_PER_MS} ms`);
    watchdog.last = now;
  }
}
