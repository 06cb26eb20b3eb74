import { equalBytes, isFormatError, PTS_MODULUS, Unwrapper, wrapDiff } from "@x/bits";
import { pcrEventAt } from "./clock-sample.js";
import {
  CAT_PID,
  NULL_PID,
  PACKET_SIZE,
  PAT_PID,
  type PacketStride,
  SDT_PID,
} from "./constants.js";
import type { TsEvent, TsPesEvent } from "./events.js";
import { type PacketHandler, type SkipReason, TsFramer } from "./framer.js";
import type { TsIssueCode } from "./issue.js";
import { type AssembledPes, BufferPool, type PesBudget } from "./pes-assembler.js";
import { decodePesHeader, PADDING_STREAM } from "./pes-header.js";
import { type PidState, PidTable } from "./pid-table.js";
import type { Pmt } from "./pmt.js";
import { ProgramTables } from "./program-tables.js";
import { decodeSection } from "./section.js";
import { carriageOf } from "./stream-kind.js";

/** Options of {@link TsDemuxer}. */
export interface TsDemuxerOptions {
  /** Distance of sync bytes. Default: found out. */
  readonly packetSize?: PacketStride;
  /** Programmes whose streams are delivered. Default: all. */
  readonly programs?: readonly number[];
  /** PIDs whose PES packets are delivered although no programme lists them. Default: none. */
  readonly pesPids?: readonly number[];
  /** PIDs whose sections are delivered, besides CAT, SDT and the streams of programmes. Default: none. */
  readonly sectionPids?: readonly number[];
  /** Deliver PCRs. Default `true`. */
  readonly pcr?: boolean;
  /** Bytes of a PES packet without length, above which it is cut. Default 32 MiB. */
  readonly maxPesSize?: number;
  /** Bytes held for all unfinished PES packets. Default 128 MiB. */
  readonly maxBufferedBytes?: number;
  /**
   * When a PES packet without length is whole: when the next one starts, or already when a packet has adaptation field
   * stuffing. Stuffing is there to fill up a PES packet's end (2.4.3.5), so this saves the wait for the next picture
   * (but for the few that fill their last packet exactly); but a sender that stuffs elsewhere loses data.
   * Default `"next-start"`.
   */
  readonly unboundedEnd?: "next-start" | "stuffing";
  /**
   * How long the `data` of PES events hold: as long as the caller keeps them, or until the next push, which saves
   * the memory's allocation. Default `"kept"`.
   */
  readonly dataLifetime?: "kept" | "push";
  /** PIDs whose payload is looked at. Default 1024. */
  readonly maxPids?: number;
}

/** Repetitions of CAT and SDT sections that are told by their bytes. */
const MAX_KNOWN_SECTIONS = 256;

/**
 * Takes a transport stream apart (ISO/IEC 13818-1 2.4): tables, PES packets with their times, PCRs. It finds the
 * packets of any chunks by itself, never throws on input, and goes on behind whatever is wrong.
 *
 * A PES packet is delivered when its last byte has arrived, one without length when the next one starts.
 */
export class TsDemuxer {
  readonly #framer: TsFramer;
  readonly #tables: ProgramTables;
  readonly #programs: ReadonlySet<number> | undefined;
  readonly #options: TsDemuxerOptions;
  readonly #wantsPcr: boolean;
  readonly #endsByStuffing: boolean;
  readonly #pids: PidTable;
  readonly #budget: PesBudget;
  readonly #onPackets: PacketHandler = (bytes, at, count, stride, packet, offset) => {
    this.#skipping = undefined;
    if (!this.#begun) this.#begin();
    for (let i = 0; i < count; i++) {
      const distance = i * stride;
      this.#packet(bytes, at + distance, packet + i, offset + distance);
    }
  };
  readonly #axes = new Map<number | undefined, Unwrapper>();
  readonly #knownSections = new Map<string, Uint8Array>();
  #events: TsEvent[] = [];
  #place = { packet: 0, offset: 0 };
  #pid: number | undefined;
  #skipping: SkipReason | undefined;
  /** There was a packet. */
  #begun = false;
  /** There was input. */
  #fed = false;
  #ended = false;

  constructor(options: TsDemuxerOptions = {}) {
    this.#options = options;
    this.#programs = options.programs === undefined ? undefined : new Set(options.programs);
    this.#wantsPcr = options.pcr ?? true;
    this.#endsByStuffing = options.unboundedEnd === "stuffing";
    this.#budget = {
      maxPesSize: options.maxPesSize ?? 32 * 2 ** 20,
      maxBufferedBytes: options.maxBufferedBytes ?? 128 * 2 ** 20,
      bufferedBytes: 0,
      pool: options.dataLifetime === "push" ? new BufferPool() : undefined,
    };
    const { packetSize, maxPids = 1024 } = options;
    this.#pids = new PidTable(this.#budget, maxPids, {
      section: (state, bytes, size) => this.#section(state, bytes, size),
      fault: (fault) => this.#issue(fault, "error", "section", "a section was dropped"),
      limit: (pid) =>
        this.#issue("limit", "error", "pid", `PID ${pid} is ignored: ${maxPids} are in use`),
      closing: (state) => this.#deliver(state, state.pes?.finish()),
    });
    this.#framer = new TsFramer({
      ...(packetSize === undefined ? {} : { packetSize }),
      onSkip: (_bytes, start, end, offset, reason) => this.#skipped(end - start, offset, reason),
    });
    this.#tables = new ProgramTables({
      pat: (pat) => this.#emit({ type: "pat", ...this.#place, pat }),
      pmt: (pid, pmt) => this.#pmt(pid, pmt),
      listed: (pid) => this.#pids.pin(pid, "sections"),
      removed: (programNumber) => this.#pids.release(programNumber),
      issue: (code, field, message) => this.#issue(code, "error", field, message),
    });
    this.#prepare();
  }

  /** Distance of sync bytes in force; `undefined` before the first packet. */
  get packetSize(): PacketStride | undefined {
    return this.#framer.packetSize;
  }

  /** Packets so far. */
  get packets(): number {
    return this.#framer.packets;
  }

  /** Times that framing was lost. */
  get resyncs(): number {
    return this.#framer.resyncs;
  }

  /** Stream offset of the first packet's sync byte. */
  get firstSync(): number | undefined {
    return this.#framer.firstSync;
  }

  /** Feed a chunk of any size; returns what it completed, in order. */
  push(chunk: Uint8Array): TsEvent[] {
    if (this.#ended) this.reset();
    if (chunk.length > 0) this.#fed = true;
    this.#budget.pool?.recycle();
    this.#framer.push(chunk, this.#onPackets);
    return this.#take();
  }

  /** End of input: delivers what is open. The next push begins anew; the counters stay until then. */
  flush(): TsEvent[] {
    if (this.#ended) return [];
    this.#framer.flush(this.#onPackets);
    if (this.#fed && !this.#begun) {
      this.#pid = undefined;
      this.#place = { packet: 0, offset: 0 };
      this.#issue("sync-loss", "error", "syncByte", "no transport packets");
    }
    for (const state of this.#pids.all()) this.#deliver(state, state.pes?.finish());
    this.#ended = true;
    return this.#take();
  }

  /** Forget everything. */
  reset(): void {
    this.#framer.reset();
    this.#tables.reset();
    this.#pids.reset();
    this.#axes.clear();
    this.#knownSections.clear();
    this.#events = [];
    this.#skipping = undefined;
    this.#budget.bufferedBytes = 0;
    this.#begun = false;
    this.#fed = false;
    this.#ended = false;
    this.#prepare();
  }

  #prepare(): void {
    const { sectionPids = [], pesPids = [] } = this.#options;
    for (const pid of [PAT_PID, CAT_PID, SDT_PID, ...sectionPids]) this.#pids.pin(pid, "sections");
    for (const pid of pesPids) this.#pids.pin(pid, "pes");
  }

  #take(): TsEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  #emit(event: TsEvent): void {
    this.#events.push(event);
  }

  #issue(
    code: TsIssueCode,
    severity: "error" | "warning",
    field: string,
    message: string,
    offset: number = this.#place.offset,
  ): void {
    const { packet } = this.#place;
    const issue = { code, severity, offset, field, message, pid: this.#pid, packet };
    this.#events.push({ type: "issue", issue });
  }

  #skipped(length: number, offset: number, reason: SkipReason): void {
    if (reason === "between" || reason === "acquiring") return;
    // A skip comes in pieces when it is longer than a chunk: it is reported once.
    const again = reason === this.#skipping && reason !== "sync-byte";
    this.#skipping = reason;
    if (again) return;
    this.#pid = undefined;
    this.#place = { packet: this.#framer.packets, offset };
    if (reason === "sync-byte") {
      this.#issue("sync-byte", "error", "syncByte", "a packet with a wrong sync byte was dropped");
    } else if (reason === "sync-lost") {
      this.#issue("sync-loss", "error", "syncByte", "framing lost");
    } else if (this.#framer.firstSync !== undefined) {
      this.#issue(
        "truncated",
        "error",
        "transportPacket",
        `${length} bytes of a packet at the end`,
      );
    }
  }

  /** What was found before the first packet is told when it is known how much of it belongs to that. */
  #begin(): void {
    this.#begun = true;
    const { firstSync, packetSize } = this.#framer;
    if (firstSync === undefined || firstSync <= (packetSize === 192 ? 4 : 0)) return;
    this.#pid = undefined;
    this.#place = { packet: 0, offset: 0 };
    this.#issue("sync-loss", "warning", "syncByte", `${firstSync} bytes before the first packet`);
  }

  #packet(bytes: Uint8Array, at: number, packet: number, offset: number): void {
    const head = bytes[at + 1] as number;
    const control = bytes[at + 3] as number;
    const pid = ((head & 0x1f) << 8) | (bytes[at + 2] as number);
    const end = at + PACKET_SIZE;
    let payload = at + 4;
    let flags = 0;
    if (head >= 0x80 || (control & 0x30) !== 0x10) {
      this.#place = { packet, offset };
      this.#pid = pid;
      if (head >= 0x80) {
        this.#issue(
          "transport-error",
          "error",
          "transportErrorIndicator",
          "a damaged packet was ignored",
        );
        return;
      }
      if ((control & 0x30) === 0) {
        this.#issue(
          "reserved-control",
          "warning",
          "adaptationFieldControl",
          "adaptation_field_control is 0",
        );
        return;
      }
      const length = bytes[payload] as number;
      flags = this.#adaptationField(bytes, at, length);
      payload += 1 + length;
      const state = this.#pids.get(pid);
      if (state !== undefined && (flags & 0x80) !== 0) {
        state.discontinuity = true;
        // Announced without payload, the counter may begin anew with the next packet.
        if ((control & 0x10) === 0) state.continuity.reset();
      }
      if ((control & 0x10) === 0 || payload > end) return;
    }
    const state = this.#pids.get(pid);
    if (state === undefined) return;
    this.#payload(state, bytes, payload, end, head, control, flags, packet, offset);
  }

  /** Report what the adaptation field says; returns its flags, 0 when there are none to rely on. */
  #adaptationField(bytes: Uint8Array, at: number, length: number): number {
    if (length > 183) {
      const message = `adaptation_field_length ${length}`;
      this.#issue("adaptation-field", "error", "adaptationFieldLength", message);
      return 0;
    }
    if (length === 0) return 0;
    const flags = bytes[at + 5] as number;
    if ((flags & 0x10) === 0) return flags;
    if (length < 7) {
      const message = `pcr flag without room (adaptation_field_length ${length})`;
      this.#issue("adaptation-field", "error", "programClockReferenceBase", message);
      return flags;
    }
    const { packet, offset } = this.#place;
    const event = pcrEventAt(bytes, at, packet, offset);
    if (event.extensionOutOfRange) {
      this.#issue(
        "clock-reference",
        "warning",
        "programClockReferenceExtension",
        `program_clock_reference_extension ${event.extension}`,
      );
    }
    if (this.#wantsPcr) this.#emit(event);
    return flags;
  }

  #payload(
    state: PidState,
    bytes: Uint8Array,
    start: number,
    end: number,
    head: number,
    control: number,
    flags: number,
    packet: number,
    offset: number,
  ): void {
    const { pes } = state;
    const continuity = state.continuity.next(control & 0x0f, bytes, start, end);
    if (continuity === "duplicate") return;
    const unitStart = (head & 0x40) !== 0;
    if (continuity === "gap" || unitStart || control >= 0x40 || pes === undefined) {
      this.#place = { packet, offset };
      this.#pid = state.pid;
    }
    if (continuity === "gap" && (flags & 0x80) === 0) {
      this.#issue("continuity", "error", "continuityCounter", "packets are missing");
      pes?.damage("loss");
      state.sections?.reset();
    }
    if (control >= 0x40) {
      if (!state.scrambled) {
        this.#issue(
          "scrambled",
          "warning",
          "transportScramblingControl",
          "the payload is scrambled",
        );
      }
      state.scrambled = true;
      pes?.damage("scrambled");
      state.sections?.reset();
      return;
    }
    state.scrambled = false;
    if (pes === undefined) {
      state.sections?.push(bytes, start, end, unitStart, state.onSection);
      return;
    }
    const stuffed =
      this.#endsByStuffing && (control & 0x20) !== 0 && isStuffed(bytes, end - PACKET_SIZE);
    if (!unitStart) {
      if (state.endedEarly) {
        state.endedEarly = false;
        this.#place = { packet, offset };
        this.#pid = state.pid;
        this.#issue("pes-truncated", "error", "stuffing", "a PES packet goes on behind stuffing");
      }
      const whole = pes.add(bytes, start, end) ?? (stuffed ? this.#endEarly(state) : undefined);
      if (whole !== undefined) {
        this.#place = { packet, offset };
        this.#deliver(state, whole);
      }
      return;
    }
    state.endedEarly = false;
    this.#deliver(state, pes.finish());
    if (end - start >= 3 && !hasStartCode(bytes, start)) {
      this.#issue(
        "pes-start",
        "error",
        "packetStartCodePrefix",
        "no PES start code at a unit start",
      );
      return;
    }
    const { discontinuity } = state;
    state.discontinuity = false;
    const whole = pes.start(bytes, start, end, this.#place, (flags & 0x40) !== 0, discontinuity);
    this.#deliver(state, whole ?? (stuffed ? this.#endEarly(state) : undefined));
  }

  #endEarly(state: PidState): AssembledPes | undefined {
    const whole = state.pes?.finishUnbounded();
    state.endedEarly = whole !== undefined;
    return whole;
  }

  #deliver(state: PidState, whole: AssembledPes | undefined): void {
    if (whole === undefined) return;
    const before = this.#pid;
    this.#pid = state.pid;
    const event = this.#pesEvent(state, whole);
    if (event !== undefined) this.#events.push(event);
    this.#pid = before;
  }

  /** The event of a PES packet; `undefined` for padding and for what cannot be read, which is told. */
  #pesEvent(state: PidState, whole: AssembledPes): TsPesEvent | undefined {
    const { bytes, packet, offset, damage } = whole;
    if (damage === "truncated" || damage === "oversize") {
      const code = damage === "truncated" ? "pes-truncated" : "limit";
      this.#issue(
        code,
        "error",
        "pesPacketLength",
        `PES packet cut at ${bytes.length} bytes`,
        offset,
      );
    }
    let decoded: ReturnType<typeof decodePesHeader>;
    try {
      decoded = decodePesHeader(bytes);
    } catch (error) {
      if (!isFormatError(error)) throw error;
      this.#issue("pes-header", "error", error.field, error.message, offset);
      return undefined;
    }
    const { header, payloadStart } = decoded;
    if (header.streamId === PADDING_STREAM) return undefined;
    const pts = header.optional?.pts;
    const dts = header.optional?.dts ?? pts;
    const dtsUnwrapped = dts === undefined ? undefined : this.#axis(state.programNumber).next(dts);
    return {
      type: "pes",
      packet,
      offset,
      pid: state.pid,
      programNumber: state.programNumber,
      stream: state.stream,
      header,
      pts,
      dts,
      ptsUnwrapped:
        pts === undefined || dts === undefined || dtsUnwrapped === undefined
          ? undefined
          : dtsUnwrapped + wrapDiff(pts, dts, PTS_MODULUS),
      dtsUnwrapped,
      randomAccess: whole.randomAccess,
      discontinuity: whole.discontinuity,
      damage,
      data: bytes.subarray(payloadStart),
    };
  }

  /** One axis a programme, so that all its streams wrap together. */
  #axis(programNumber: number | undefined): Unwrapper {
    let axis = this.#axes.get(programNumber);
    if (axis === undefined) {
      axis = new Unwrapper(PTS_MODULUS);
      this.#axes.set(programNumber, axis);
    }
    return axis;
  }

  #section(state: PidState, bytes: Uint8Array, size: number): void {
    const { pid } = state;
    if (pid === PAT_PID || this.#tables.isPmtPid(pid)) {
      this.#tables.section(pid, bytes, size);
      return;
    }
    const view = bytes.subarray(0, size);
    // Tables are repeated all the time; a stream's sections count each.
    if (pid <= 0x1f && this.#isKnown(pid, view)) return;
    const copy = view.slice();
    try {
      const section = decodeSection(copy);
      this.#emit({ type: "section", ...this.#place, pid, section, bytes: copy });
      if (pid <= 0x1f) this.#remember(pid, copy);
    } catch (error) {
      if (!isFormatError(error)) throw error;
      const code = error.code === "checksum" ? "section-crc" : "section-length";
      this.#issue(code, "error", error.field, error.message);
    }
  }

  #pmt(pid: number, pmt: Pmt): void {
    this.#emit({ type: "pmt", ...this.#place, pid, pmt });
    const { programNumber } = pmt;
    if (this.#programs?.has(programNumber) === false) return;
    const streams = pmt.streams.filter(({ elementaryPid }) => {
      const fit =
        elementaryPid !== NULL_PID &&
        elementaryPid > CAT_PID &&
        !this.#tables.isPmtPid(elementaryPid);
      if (!fit) {
        const message = `program ${programNumber}: PID ${elementaryPid} cannot carry a stream`;
        this.#issue("psi-content", "error", "elementaryPid", message);
      }
      return fit;
    });
    this.#pids.assign(programNumber, streams, carriageOf);
  }

  #isKnown(pid: number, view: Uint8Array): boolean {
    const known = this.#knownSections.get(sectionKey(pid, view));
    return known !== undefined && equalBytes(known, view);
  }

  #remember(pid: number, bytes: Uint8Array): void {
    if (this.#knownSections.size >= MAX_KNOWN_SECTIONS) this.#knownSections.clear();
    this.#knownSections.set(sectionKey(pid, bytes), bytes);
  }
}

function sectionKey(pid: number, bytes: Uint8Array): string {
  return `${pid}/${bytes[0]}/${bytes[3]}/${bytes[4]}/${bytes[6]}`;
}

/** True when the adaptation field of the packet at `at` is longer than what is in it. */
function isStuffed(bytes: Uint8Array, at: number): boolean {
  const length = bytes[at + 4] as number;
  if (length === 0) return true;
  const flags = bytes[at + 5] as number;
  const fieldEnd = at + 5 + length;
  let next = at + 6 + ((flags & 0x10) === 0 ? 0 : 6) + ((flags & 0x08) === 0 ? 0 : 6);
  if ((flags & 0x04) !== 0) next++;
  if ((flags & 0x02) !== 0) next += 1 + (bytes[next] ?? 0);
  if ((flags & 0x01) !== 0) next += 1 + (bytes[next] ?? 0);
  return next < fieldEnd;
}

function hasStartCode(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0 && bytes[at + 1] === 0 && bytes[at + 2] === 1;
}
