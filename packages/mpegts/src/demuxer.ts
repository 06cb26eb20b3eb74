import { isFormatError } from "@x/bits";
import { pcrEventAt } from "./clock-sample.js";
import {
  CAT_PID,
  NULL_PID,
  PACKET_SIZE,
  PAT_PID,
  type PacketStride,
  SDT_PID,
} from "./constants.js";
import type { TsDemuxerOptions } from "./demux-options.js";
import { EventQueue } from "./event-queue.js";
import type { TsEvent } from "./events.js";
import { type PacketHandler, type SkipReason, TsFramer } from "./framer.js";
import { KnownSections } from "./known-sections.js";
import { PayloadReader } from "./payload-reader.js";
import { BufferPool, type PesBudget } from "./pes-assembler.js";
import { PesEvents } from "./pes-events.js";
import { type PidState, PidTable } from "./pid-table.js";
import type { Pmt } from "./pmt.js";
import { ProgramTables } from "./program-tables.js";
import { decodeSection } from "./section.js";
import { carriageOf } from "./stream-kind.js";

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
  readonly #pids: PidTable;
  readonly #budget: PesBudget;
  readonly #events = new EventQueue();
  readonly #pes = new PesEvents(this.#events);
  readonly #payload: PayloadReader;
  readonly #onPackets: PacketHandler = (bytes, at, count, stride, packet, offset) => {
    this.#skipping = undefined;
    if (!this.#begun) this.#begin();
    for (let i = 0; i < count; ) {
      const distance = i * stride;
      const taken = this.#payload.takeRun(bytes, at + distance, count - i, stride);
      if (taken === 0) this.#packet(bytes, at + distance, packet + i, offset + distance);
      i += Math.max(1, taken);
    }
  };
  readonly #knownSections = new KnownSections();
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
    this.#budget = {
      maxPesSize: options.maxPesSize ?? 32 * 2 ** 20,
      maxBufferedBytes: options.maxBufferedBytes ?? 128 * 2 ** 20,
      bufferedBytes: 0,
      pool: options.dataLifetime === "push" ? new BufferPool() : undefined,
    };
    const { packetSize, maxPids = 1024 } = options;
    this.#pids = new PidTable(this.#budget, maxPids, {
      section: (state, bytes, size) => this.#section(state, bytes, size),
      fault: (fault) => this.#events.issue(fault, "error", "section", "a section was dropped"),
      limit: (pid) =>
        this.#events.issue("limit", "error", "pid", `PID ${pid} is ignored: ${maxPids} are in use`),
      closing: (state) => this.#payload.finish(state),
    });
    const endsByStuffing = options.unboundedEnd === "stuffing";
    this.#payload = new PayloadReader(this.#pids, this.#events, this.#pes, endsByStuffing);
    this.#framer = new TsFramer({
      ...(packetSize === undefined ? {} : { packetSize }),
      onSkip: (_bytes, start, end, offset, reason) => this.#skipped(end - start, offset, reason),
    });
    this.#tables = new ProgramTables({
      pat: (pat) => {
        const { packet, offset } = this.#events;
        this.#events.push({ type: "pat", packet, offset, pat });
      },
      pmt: (pid, pmt) => this.#pmt(pid, pmt),
      listed: (pid) => this.#pids.pin(pid, "sections"),
      removed: (programNumber) => this.#pids.release(programNumber),
      issue: (code, field, message) => this.#events.issue(code, "error", field, message),
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
    return this.#events.take();
  }

  /** End of input: delivers what is open. The next push begins anew; the counters stay until then. */
  flush(): TsEvent[] {
    if (this.#ended) return [];
    this.#framer.flush(this.#onPackets);
    if (this.#fed && !this.#begun) {
      this.#events.at(0, 0, undefined);
      this.#events.issue("sync-loss", "error", "syncByte", "no transport packets");
    }
    for (const state of this.#pids.all()) this.#payload.finish(state);
    this.#ended = true;
    return this.#events.take();
  }

  /** Forget everything. */
  reset(): void {
    this.#framer.reset();
    this.#tables.reset();
    this.#pids.reset();
    this.#pes.reset();
    this.#knownSections.clear();
    this.#events.take();
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

  #skipped(length: number, offset: number, reason: SkipReason): void {
    if (reason === "between" || reason === "acquiring") return;
    // A skip comes in pieces when it is longer than a chunk: it is reported once.
    const again = reason === this.#skipping && reason !== "sync-byte";
    this.#skipping = reason;
    if (again) return;
    this.#events.at(this.#framer.packets, offset, undefined);
    if (reason === "sync-byte") {
      this.#events.issue(
        "sync-byte",
        "error",
        "syncByte",
        "a packet with a wrong sync byte was dropped",
      );
    } else if (reason === "sync-lost") {
      this.#events.issue("sync-loss", "error", "syncByte", "framing lost");
    } else if (this.#framer.firstSync !== undefined) {
      this.#events.issue(
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
    this.#events.at(0, 0, undefined);
    this.#events.issue(
      "sync-loss",
      "warning",
      "syncByte",
      `${firstSync} bytes before the first packet`,
    );
  }

  #packet(bytes: Uint8Array, at: number, packet: number, offset: number): void {
    const head = bytes[at + 1] as number;
    const control = bytes[at + 3] as number;
    const pid = ((head & 0x1f) << 8) | (bytes[at + 2] as number);
    const end = at + PACKET_SIZE;
    let payload = at + 4;
    let flags = 0;
    if (head >= 0x80 || (control & 0x30) !== 0x10) {
      this.#events.at(packet, offset, pid);
      if (head >= 0x80) {
        this.#events.issue(
          "transport-error",
          "error",
          "transportErrorIndicator",
          "a damaged packet was ignored",
        );
        return;
      }
      if ((control & 0x30) === 0) {
        this.#events.issue(
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
    this.#payload.take(state, bytes, payload, end, head, control, flags, packet, offset);
  }

  /** Report what the adaptation field says; returns its flags, 0 when there are none to rely on. */
  #adaptationField(bytes: Uint8Array, at: number, length: number): number {
    if (length > 183) {
      const message = `adaptation_field_length ${length}`;
      this.#events.issue("adaptation-field", "error", "adaptationFieldLength", message);
      return 0;
    }
    if (length === 0) return 0;
    const flags = bytes[at + 5] as number;
    if ((flags & 0x10) === 0) return flags;
    if (length < 7) {
      const message = `pcr flag without room (adaptation_field_length ${length})`;
      this.#events.issue("adaptation-field", "error", "programClockReferenceBase", message);
      return flags;
    }
    const { packet, offset } = this.#events;
    const event = pcrEventAt(bytes, at, packet, offset);
    if (event.extensionOutOfRange) {
      this.#events.issue(
        "clock-reference",
        "warning",
        "programClockReferenceExtension",
        `program_clock_reference_extension ${event.extension}`,
      );
    }
    if (this.#wantsPcr) this.#events.push(event);
    return flags;
  }

  #section(state: PidState, bytes: Uint8Array, size: number): void {
    const { pid } = state;
    if (pid === PAT_PID || this.#tables.isPmtPid(pid)) {
      this.#tables.section(pid, bytes, size);
      return;
    }
    const view = bytes.subarray(0, size);
    // Tables are repeated all the time; a stream's sections count each.
    if (pid <= 0x1f && this.#knownSections.has(pid, view)) return;
    const copy = view.slice();
    try {
      const section = decodeSection(copy);
      const { packet, offset } = this.#events;
      this.#events.push({ type: "section", packet, offset, pid, section, bytes: copy });
      if (pid <= 0x1f) this.#knownSections.add(pid, copy);
    } catch (error) {
      if (!isFormatError(error)) throw error;
      const code = error.code === "checksum" ? "section-crc" : "section-length";
      this.#events.issue(code, "error", error.field, error.message);
    }
  }

  #pmt(pid: number, pmt: Pmt): void {
    const { packet, offset } = this.#events;
    this.#events.push({ type: "pmt", packet, offset, pid, pmt });
    const { programNumber } = pmt;
    if (this.#programs?.has(programNumber) === false) return;
    const streams = pmt.streams.filter(({ elementaryPid }) => {
      const fit =
        elementaryPid !== NULL_PID &&
        elementaryPid > CAT_PID &&
        !this.#tables.isPmtPid(elementaryPid);
      if (!fit) {
        const message = `program ${programNumber}: PID ${elementaryPid} cannot carry a stream`;
        this.#events.issue("psi-content", "error", "elementaryPid", message);
      }
      return fit;
    });
    this.#pids.assign(programNumber, streams, carriageOf);
  }
}
