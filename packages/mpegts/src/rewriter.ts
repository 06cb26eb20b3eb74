import { concatBytes, equalBytes } from "@x/bits";
import { NULL_PID, PACKET_SIZE, type PacketStride, PID_COUNT, SYNC_BYTE } from "./constants.js";
import { type PacketHandler, type SkipReason, TsFramer } from "./framer.js";
import { SectionAssembler } from "./section-assembler.js";

/** Options of {@link TsRewriter}. */
export interface TsRewriterOptions {
  /** Distance of sync bytes. Default: found out. */
  readonly packetSize?: PacketStride;
  /** The PID that a packet gets, or `undefined` to drop it. Default: its own. */
  readonly mapPid?: (pid: number) => number | undefined;
  /** Input PIDs whose sections go through `editSection`. Default: none. */
  readonly sectionPids?: readonly number[];
  /**
   * What a section becomes: itself or an equal one to keep its packets as they are, another one to replace it, an empty
   * one to drop it. The argument is valid during the call. Default: itself.
   */
  readonly editSection?: (section: Uint8Array, pid: number) => Uint8Array;
}

interface SectionState {
  readonly assembler: SectionAssembler;
  /** Indexes in what waits of the packets whose sections have not all ended. */
  slots: number[];
  /** What the sections in those packets have become. */
  sections: Uint8Array[];
  edited: boolean;
}

/** A packet that waits, with the arrival time before it or the check bytes behind it; or bytes that are no packet. */
interface Waiting {
  bytes: Uint8Array;
  /** Index of the sync byte. */
  readonly sync: number;
}

/** Bytes that may wait for a section's end; beyond, they pass as they are. */
const MAX_WAITING = 1 << 20;
const ARRIVAL_TIME_SIZE = 4;
const NONE: Uint8Array = new Uint8Array(0);
const SPLICED_COUNTER = 1;
const SPLICED_CLOCK = 2;

/**
 * Passes a transport stream on and changes what it is asked to. Everything else stays as it is, byte for byte: bytes
 * between and outside packets, reserved bits, stuffing, damaged packets, the order.
 */
export class TsRewriter {
  readonly #framer: TsFramer;
  readonly #mapPid: ((pid: number) => number | undefined) | undefined;
  readonly #editSection: ((section: Uint8Array, pid: number) => Uint8Array) | undefined;
  readonly #sectionPids: readonly number[];
  readonly #sections = new Map<number, SectionState>();
  /** Those whose packets wait. */
  readonly #held = new Set<SectionState>();
  readonly #onPackets: PacketHandler = (bytes, at, count, stride) => {
    if (this.#mapPid === undefined && this.#sections.size === 0 && !this.#wasSpliced) {
      this.#pass(bytes, at, count, stride);
      return;
    }
    for (let i = 0; i < count; i++) {
      const sync = at + i * stride;
      if (i > 0) this.#between(bytes, sync - stride + PACKET_SIZE, sync);
      this.#packet(bytes, sync);
      if (this.#waitingBytes >= MAX_WAITING) this.#giveUp();
    }
  };
  #out: Uint8Array<ArrayBuffer> = new Uint8Array(64 * 1024);
  #length = 0;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  /** Up to four bytes that are the next packet's arrival time, if the packets have one. */
  #lead: Uint8Array = NONE;
  /** The last packet was passed on, and so are its check bytes. */
  #kept = true;
  /** continuity_counter of the output minus that of the input, by output PID. */
  readonly #shift = new Uint8Array(PID_COUNT);
  /** Last continuity_counter written, by output PID; 255 before the first. */
  readonly #last = new Uint8Array(PID_COUNT).fill(255);
  #wasSpliced = false;
  /** What a splice has still to do, by output PID. */
  readonly #spliced = new Uint8Array(PID_COUNT);

  constructor(options: TsRewriterOptions = {}) {
    const { packetSize, mapPid, editSection, sectionPids = [] } = options;
    this.#mapPid = mapPid;
    this.#editSection = editSection;
    this.#sectionPids = sectionPids;
    this.#framer = new TsFramer({
      ...(packetSize === undefined ? {} : { packetSize }),
      onSkip: (bytes, start, end, _offset, reason) => this.#skip(bytes, start, end, reason),
    });
    this.#openSections();
  }

  /**
   * Feed a chunk of any size.
   * @returns the output that it makes possible, possibly none: own memory
   */
  push(chunk: Uint8Array): Uint8Array<ArrayBuffer> {
    this.#framer.push(chunk, this.#onPackets);
    return this.#take();
  }

  /** End of input: what waits is passed on. */
  flush(): Uint8Array<ArrayBuffer> {
    this.#framer.flush(this.#onPackets);
    this.#emitLead();
    this.#release();
    return this.#take();
  }

  /**
   * The next chunk begins another stream: counters go on without a gap, and the first PCR of each PID announces a
   * discontinuity.
   * @returns what waited, as {@link flush}
   */
  splice(): Uint8Array<ArrayBuffer> {
    const rest = this.flush();
    this.#framer.reset();
    this.#openSections();
    this.#spliced.fill(SPLICED_COUNTER | SPLICED_CLOCK);
    this.#wasSpliced = true;
    return rest;
  }

  /** Forget everything but the options. */
  reset(): void {
    this.#framer.reset();
    this.#openSections();
    this.#length = 0;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#lead = NONE;
    this.#kept = true;
    this.#shift.fill(0);
    this.#last.fill(255);
    this.#spliced.fill(0);
    this.#wasSpliced = false;
  }

  #openSections(): void {
    this.#sections.clear();
    this.#held.clear();
    if (this.#editSection === undefined) return;
    for (const pid of this.#sectionPids) {
      const assembler = new SectionAssembler();
      this.#sections.set(pid, { assembler, slots: [], sections: [], edited: false });
    }
  }

  /** Nothing is asked for: pass on the whole run, and remember the counters for a splice. */
  #pass(bytes: Uint8Array, at: number, count: number, stride: PacketStride): void {
    this.#emitLead();
    let sync = at;
    for (let i = 0; i < count; i++, sync += stride) {
      const pid = (((bytes[sync + 1] as number) & 0x1f) << 8) | (bytes[sync + 2] as number);
      this.#last[pid] = (bytes[sync + 3] as number) & 0x0f;
    }
    this.#emit(bytes, at, sync - stride + PACKET_SIZE, -1);
  }

  #packet(bytes: Uint8Array, sync: number): void {
    if (this.#framer.packetSize !== 192) this.#emitLead();
    const pid = (((bytes[sync + 1] as number) & 0x1f) << 8) | (bytes[sync + 2] as number);
    const to = this.#mapPid === undefined ? pid : this.#mapPid(pid);
    this.#kept = to !== undefined;
    if (to === undefined) {
      this.#lead = NONE;
      return;
    }
    if (!(to >= 0 && to < PID_COUNT)) throw new RangeError(`mapPid: ${to} does not fit 13 bits`);
    const section = this.#sections.get(pid);
    const changed = to !== pid || this.#shift[to] !== 0 || this.#spliced[to] !== 0;
    if (!changed && section === undefined) {
      this.#last[to] = (bytes[sync + 3] as number) & 0x0f;
      this.#emitLead();
      this.#emit(bytes, sync, sync + PACKET_SIZE, 0);
      return;
    }
    const lead = this.#lead;
    this.#lead = NONE;
    const unit = concatBytes(lead, bytes.subarray(sync, sync + PACKET_SIZE));
    this.#patch(unit, lead.length, to);
    if (section === undefined) this.#emit(unit, 0, unit.length, lead.length);
    else this.#sectionPacket(section, pid, unit, lead.length);
  }

  /** Give a packet its PID and counter. */
  #patch(unit: Uint8Array, sync: number, to: number): void {
    const control = unit[sync + 3] as number;
    const counter = control & 0x0f;
    const last = this.#last[to] as number;
    unit[sync + 1] = ((unit[sync + 1] as number) & 0xe0) | (to >>> 8);
    unit[sync + 2] = to & 0xff;
    if (to === NULL_PID) return;
    const spliced = this.#spliced[to] as number;
    if ((spliced & SPLICED_COUNTER) !== 0) {
      const next = last === 255 ? counter : (control & 0x10) === 0 ? last : last + 1;
      this.#shift[to] = (next - counter) & 0x0f;
      if ((control & 0x10) !== 0) this.#spliced[to] = spliced & ~SPLICED_COUNTER;
    }
    const shifted = (counter + (this.#shift[to] as number)) & 0x0f;
    unit[sync + 3] = (control & 0xf0) | shifted;
    this.#last[to] = shifted;
    const hasPcr =
      (control & 0x20) !== 0 &&
      (unit[sync + 4] as number) >= 7 &&
      ((unit[sync + 5] as number) & 0x10) !== 0;
    if (hasPcr && (spliced & SPLICED_CLOCK) !== 0) {
      unit[sync + 5] = (unit[sync + 5] as number) | 0x80;
      this.#spliced[to] = (this.#spliced[to] as number) & ~SPLICED_CLOCK;
    }
  }

  /** A packet whose sections may be edited waits, with everything behind it, until they have ended. */
  #sectionPacket(state: SectionState, pid: number, unit: Uint8Array, sync: number): void {
    this.#held.add(state);
    state.slots.push(this.#waiting.length);
    this.#wait(unit, sync);
    const head = unit[sync + 1] as number;
    const control = unit[sync + 3] as number;
    const start = sync + 4 + ((control & 0x20) === 0 ? 0 : 1 + (unit[sync + 4] as number));
    if (head < 0x80 && (control & 0xd0) === 0x10 && start < sync + PACKET_SIZE) {
      state.assembler.push(unit, start, sync + PACKET_SIZE, (head & 0x40) !== 0, (bytes, size) => {
        const section = bytes.subarray(0, size);
        const edited = this.#editSection?.(section, pid) ?? section;
        if (!equalBytes(edited, section)) state.edited = true;
        state.sections.push(edited.slice());
      });
    }
    for (const { assembler } of this.#held) {
      if (assembler.pending) return;
    }
    this.#release();
  }

  /** Sections that do not end are not edited. */
  #giveUp(): void {
    for (const { assembler } of this.#held) assembler.reset();
    this.#release();
  }

  /** Pass on what waits, with the sections that were edited. */
  #release(): void {
    // From the back: packets that are put in do not move the places before them.
    const edited = [...this.#held].filter((state) => state.edited);
    edited.sort((a, b) => (b.slots.at(-1) as number) - (a.slots.at(-1) as number));
    for (const state of edited) this.#replace(state);
    for (const state of this.#held) {
      state.slots = [];
      state.sections = [];
      state.edited = false;
    }
    this.#held.clear();
    for (const { bytes } of this.#waiting) this.#write(bytes, 0, bytes.length);
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  /** Put the edited sections into the places of the old ones; what is too many becomes null packets. */
  #replace(state: SectionState): void {
    const first = this.#waiting[state.slots[0] as number];
    if (first === undefined) return;
    const pid =
      (((first.bytes[first.sync + 1] as number) & 0x1f) << 8) |
      (first.bytes[first.sync + 2] as number);
    let counter = (first.bytes[first.sync + 3] as number) & 0x0f;
    const packets = state.sections.flatMap((section) => sectionPackets(section, pid));
    for (const packet of packets) {
      packet[3] = 0x10 | counter;
      counter = (counter + 1) & 0x0f;
    }
    state.slots.forEach((slot, i) => {
      const { bytes, sync } = this.#waiting[slot] as Waiting;
      bytes.set(packets[i] ?? NULL_PACKET, sync);
    });
    const count = state.slots.length;
    const at = state.slots[count - 1] as number;
    const between = (this.#framer.packetSize ?? PACKET_SIZE) - PACKET_SIZE;
    const more = packets.slice(count).map((packet): Waiting => {
      // Where the arrival time of the last one is repeated, and where there are check bytes, they are zeros.
      const lead = new Uint8Array(between);
      lead.set((this.#waiting[at] as Waiting).bytes.subarray(0, first.sync));
      return { bytes: concatBytes(lead, packet), sync: between };
    });
    this.#waiting.splice(at + 1, 0, ...more);
    this.#last[pid] = (counter - 1) & 0x0f;
    this.#shift[pid] = ((this.#shift[pid] as number) + packets.length - count) & 0x0f;
  }

  #between(bytes: Uint8Array, start: number, end: number): void {
    if (this.#framer.packetSize === 192) {
      this.#lead = concatBytes(this.#lead, bytes.subarray(start, end));
    } else if (this.#kept) {
      this.#emitLead();
      this.#emit(bytes, start, end, -1);
    }
  }

  #skip(bytes: Uint8Array, start: number, end: number, reason: SkipReason): void {
    if (reason === "between") {
      this.#between(bytes, start, end);
      return;
    }
    this.#emitLead();
    // The last bytes may be the arrival time of the packet that follows.
    const inside = reason === "end" || reason === "sync-byte";
    const cut = inside ? end : Math.max(start, end - ARRIVAL_TIME_SIZE);
    this.#emit(bytes, start, cut, -1);
    this.#lead = bytes.slice(cut, end);
  }

  #emitLead(): void {
    const lead = this.#lead;
    if (lead.length === 0) return;
    this.#lead = NONE;
    this.#emit(lead, 0, lead.length, -1);
  }

  #emit(bytes: Uint8Array, start: number, end: number, sync: number): void {
    if (this.#waiting.length === 0) this.#write(bytes, start, end);
    else this.#wait(bytes.slice(start, end), sync);
  }

  #wait(bytes: Uint8Array, sync: number): void {
    this.#waiting.push({ bytes, sync });
    this.#waitingBytes += bytes.length;
  }

  #write(bytes: Uint8Array, start: number, end: number): void {
    const length = this.#length + end - start;
    if (length > this.#out.length) {
      const grown = new Uint8Array(Math.max(length, 2 * this.#out.length));
      grown.set(this.#out.subarray(0, this.#length));
      this.#out = grown;
    }
    this.#out.set(bytes.subarray(start, end), this.#length);
    this.#length = length;
  }

  #take(): Uint8Array<ArrayBuffer> {
    const taken = this.#out.slice(0, this.#length);
    this.#length = 0;
    return taken;
  }
}

const NULL_PACKET: Uint8Array = /* @__PURE__ */ makeNullPacket();

function makeNullPacket(): Uint8Array {
  const packet = new Uint8Array(PACKET_SIZE).fill(0xff);
  packet.set([SYNC_BYTE, NULL_PID >>> 8, NULL_PID & 0xff, 0x10]);
  return packet;
}

/** A section in packets of its own, counters still to be set. */
function sectionPackets(section: Uint8Array, pid: number): Uint8Array[] {
  const packets: Uint8Array[] = [];
  // The first packet has a pointer_field.
  for (let at = 0; at < section.length; at += packets.length === 1 ? 183 : 184) {
    const packet = new Uint8Array(PACKET_SIZE).fill(0xff);
    const first = at === 0;
    packet.set([SYNC_BYTE, (first ? 0x40 : 0) | (pid >>> 8), pid & 0xff, 0x10]);
    if (first) packet[4] = 0;
    const room = first ? 183 : 184;
    packet.set(section.subarray(at, at + room), first ? 5 : 4);
    packets.push(packet);
  }
  return packets;
}
