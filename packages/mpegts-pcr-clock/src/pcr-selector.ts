import { equalBytes, isFormatError, plain, readPcr } from "@x/bits";
import {
  type ByteRange,
  decodePat,
  decodePmt,
  decodeSection,
  locatePayload,
  NULL_PID,
  PACKET_SIZE,
  PAT_PID,
  type PacketHandler,
  type PacketStride,
  type Pat,
  type PatProgram,
  SectionAssembler,
  SYNC_BYTE,
  TsFramer,
} from "@x/mpegts";

/** Which PCRs a clock follows. */
export interface PcrSelection {
  /** program_number. Default: the first one in the PAT. */
  readonly program?: number;
  /** Follow this PID, whatever PAT and PMT say. */
  readonly pcrPid?: number;
  /** `"first-seen"`: the first PID with three PCRs within a second, whatever PAT and PMT say. Default `"psi"`. */
  readonly select?: "psi" | "first-seen";
  /**
   * `"datagrams"`: what is fed begins with a packet (RTP headers are taken off), until something does not.
   * `"bytes"`: a byte stream in any pieces, packets of 188, 192, 204 or 208 bytes. Default `"datagrams"`.
   */
  readonly framing?: "datagrams" | "bytes";
  /** Distance of sync bytes in a byte stream. Default: found out. */
  readonly packetSize?: PacketStride;
}

/** Takes a PCR of the selected PID; a scratch object, valid until the handler returns. */
export type SelectedPcrHandler = (pcr: SelectedPcr) => void;

/** A PCR of the selected PID. */
export interface SelectedPcr {
  /** 27 MHz, below 2^33 · 300. An extension above 299 is left out. */
  pcr: number;
  pid: number;
  /** Packets before it. */
  packet: number;
  /** A new time base begins with it (ISO/IEC 13818-1 2.4.3.5). */
  discontinuity: boolean;
  extensionOutOfRange: boolean;
  /** Packets of any PID are missing since the PCR before. */
  gap: boolean;
  /** The PID is new. */
  pidChanged: boolean;
}

/** One to be filled. All are made here: fields of objects that are made alike hold their numbers themselves. */
export function createSelectedPcr(): SelectedPcr {
  return {
    pcr: 0,
    pid: 0,
    packet: 0,
    discontinuity: false,
    extensionOutOfRange: false,
    gap: false,
    pidChanged: false,
  };
}

const PID_COUNT = 8192;
const NO_COUNTER = 0xff;
const CONTINUES = 0;
const REPEATED = 1;
const BROKEN = 2;
const ADAPTATION_FLAG = 0x20;
const PAYLOAD_FLAG = 0x10;
const PCR_FLAG = 0x10;
const DISCONTINUITY_FLAG = 0x80;
const FIRST_SEEN_COUNT = 3;
const FIRST_SEEN_TICKS = 27e6;
/** PIDs that are compared before one is chosen as the first seen. */
const MAX_CANDIDATES = 64;

/**
 * Finds the PCRs that a programme's clock is made of, in datagrams or in a byte stream. Never throws on input. Memory is
 * bounded; a datagram costs no allocation.
 */
export class PcrSelector {
  readonly #options: PcrSelection;
  readonly #framer: TsFramer;
  #framing: boolean;
  readonly #assembler = new SectionAssembler({ maxSectionSize: 1024 });
  readonly #mapAssembler = new SectionAssembler({ maxSectionSize: 1024 });
  /** Sections of the PAT that is being collected, as bytes and decoded. */
  #patBytes: (Uint8Array | undefined)[] = [];
  #patSections: (Pat | undefined)[] = [];
  #pmt: Uint8Array = new Uint8Array(0);
  #program: number | undefined;
  #pmtPid = -1;
  #pcrPid = -1;
  readonly #range: ByteRange = { start: 0, end: 0 };
  readonly #counters = new Uint8Array(PID_COUNT).fill(NO_COUNTER);
  #packets = 0;
  /** Packets of the datagrams before the framing began. */
  #unframed = 0;
  #resyncs = 0;
  #gap = false;
  #gaps = 0;
  #flagged = false;
  #changed = false;
  /** continuity_counter of the last PCR that began a time base: its copy begins no other. */
  #flaggedCounter = -1;
  #candidates = new Map<number, { count: number; first: number }>();
  readonly #found: SelectedPcr = createSelectedPcr();
  #handler: SelectedPcrHandler = () => {};
  readonly #onPackets: PacketHandler = (bytes, at, count, stride, packet) => {
    this.#packets = this.#unframed + packet;
    for (let i = 0, sync = at; i < count; i++, sync += stride) this.#packet(bytes, sync);
  };

  constructor(options: PcrSelection = {}) {
    const { pcrPid, program, packetSize } = options;
    if (pcrPid !== undefined && !(Number.isInteger(pcrPid) && pcrPid >= 0 && pcrPid < PID_COUNT)) {
      throw new RangeError(`pcrPid: ${pcrPid} does not fit 13 bits`);
    }
    if (program !== undefined && !(Number.isInteger(program) && program > 0 && program <= 0xffff)) {
      throw new RangeError(`program: ${program} is no program_number`);
    }
    this.#options = options;
    this.#framer = new TsFramer(packetSize === undefined ? {} : { packetSize });
    this.#framing = options.framing === "bytes";
    this.#pcrPid = pcrPid ?? -1;
  }

  /** The PID whose PCRs are handed out; `undefined` while none is selected. */
  get pcrPid(): number | undefined {
    return this.#pcrPid < 0 ? undefined : this.#pcrPid;
  }

  /** program_number of the selected programme; `undefined` while unknown. */
  get program(): number | undefined {
    return this.#program;
  }

  /** Packets so far. */
  get packets(): number {
    return this.#packets;
  }

  /** Breaks of continuity_counter so far, and losses of framing. */
  get gaps(): number {
    return this.#gaps;
  }

  /** Feed a datagram or a piece of a byte stream; `onPcr` is called for each PCR of the selected PID. */
  push(chunk: Uint8Array, onPcr: SelectedPcrHandler): void {
    this.#handler = onPcr;
    if (!this.#framing) {
      const range = this.#range;
      locatePayload(chunk, range);
      if (isWholePackets(chunk, range)) {
        for (let at = range.start; at < range.end; at += PACKET_SIZE) this.#packet(chunk, at);
        return;
      }
      if (chunk.length === 0) return;
      this.#framing = true;
      this.#unframed = this.#packets;
    }
    this.#framer.push(plain(chunk), this.#onPackets);
    this.#noteResyncs();
  }

  /** End of input: hand out what a byte stream's framing still holds. */
  flush(onPcr: SelectedPcrHandler): void {
    this.#handler = onPcr;
    if (!this.#framing) return;
    this.#framer.flush(this.#onPackets);
    this.#noteResyncs();
  }

  /** Forget everything. */
  reset(): void {
    this.#framer.reset();
    this.#framing = this.#options.framing === "bytes";
    this.#assembler.reset();
    this.#mapAssembler.reset();
    this.#patBytes = [];
    this.#patSections = [];
    this.#pmt = new Uint8Array(0);
    this.#program = undefined;
    this.#pmtPid = -1;
    this.#pcrPid = this.#options.pcrPid ?? -1;
    this.#counters.fill(NO_COUNTER);
    this.#packets = 0;
    this.#unframed = 0;
    this.#resyncs = 0;
    this.#gap = false;
    this.#gaps = 0;
    this.#flagged = false;
    this.#changed = false;
    this.#flaggedCounter = -1;
    this.#candidates.clear();
  }

  #noteResyncs(): void {
    this.#packets = this.#unframed + this.#framer.packets;
    if (this.#framer.resyncs === this.#resyncs) return;
    this.#resyncs = this.#framer.resyncs;
    this.#gap = true;
    this.#gaps++;
  }

  #packet(bytes: Uint8Array, at: number): void {
    const packet = this.#packets++;
    const head = bytes[at + 1] as number;
    if (head >= 0x80) return;
    const pid = ((head & 0x1f) << 8) | (bytes[at + 2] as number);
    const control = bytes[at + 3] as number;
    const hasPayload = (control & PAYLOAD_FLAG) !== 0;
    const counted = hasPayload && pid !== NULL_PID;
    const continuity = counted ? this.#continuity(bytes, at, pid, control) : CONTINUES;
    if ((control & ADAPTATION_FLAG) !== 0) this.#adaptationField(bytes, at, pid, packet, control);
    if (!hasPayload || (pid !== PAT_PID && pid !== this.#pmtPid) || control >= 0x40) return;
    if (this.#options.pcrPid !== undefined || this.#options.select === "first-seen") return;
    const assembler = pid === PAT_PID ? this.#assembler : this.#mapAssembler;
    if (continuity === BROKEN) assembler.reset();
    const isStart = (head & 0x40) !== 0;
    // The copy of a packet that goes on with a section; that of a start begins the same section again.
    if (continuity === REPEATED && !isStart) return;
    const start = at + 4 + ((control & ADAPTATION_FLAG) !== 0 ? 1 + (bytes[at + 4] as number) : 0);
    const end = at + PACKET_SIZE;
    if (start >= end) return;
    const onSection = pid === PAT_PID ? this.#onPat : this.#onPmt;
    assembler.push(bytes, start, end, isStart, onSection);
  }

  /** Check continuity_counter: {@link CONTINUES}, {@link REPEATED} or {@link BROKEN}. */
  #continuity(bytes: Uint8Array, at: number, pid: number, control: number): number {
    const counter = control & 0x0f;
    const last = this.#counters[pid] as number;
    this.#counters[pid] = counter;
    if (last === NO_COUNTER || counter === ((last + 1) & 0x0f)) return CONTINUES;
    if (counter === last) return REPEATED;
    const announced =
      (control & ADAPTATION_FLAG) !== 0 &&
      (bytes[at + 4] as number) > 0 &&
      ((bytes[at + 5] as number) & DISCONTINUITY_FLAG) !== 0;
    this.#gap = true;
    if (!announced) this.#gaps++;
    return BROKEN;
  }

  #adaptationField(
    bytes: Uint8Array,
    at: number,
    pid: number,
    packet: number,
    control: number,
  ): void {
    const length = bytes[at + 4] as number;
    if (length === 0 || length > 183) return;
    const flags = bytes[at + 5] as number;
    const hasPcr = (flags & PCR_FLAG) !== 0 && length >= 7;
    if (this.#pcrPid < 0 && hasPcr && this.#options.select === "first-seen") {
      this.#consider(pid, readPcr(bytes, at + 6));
    }
    if (pid !== this.#pcrPid) return;
    const counter = (control & PAYLOAD_FLAG) === 0 ? -1 : control & 0x0f;
    const isFlagged = (flags & DISCONTINUITY_FLAG) !== 0;
    if (isFlagged && (counter < 0 || counter !== this.#flaggedCounter)) this.#flagged = true;
    if (!isFlagged) this.#flaggedCounter = -1;
    if (!hasPcr) return;
    const extension = (((bytes[at + 10] as number) & 1) << 8) | (bytes[at + 11] as number);
    const found = this.#found;
    found.extensionOutOfRange = extension > 299;
    found.pcr = readPcr(bytes, at + 6) - (extension > 299 ? extension : 0);
    found.pid = pid;
    found.packet = packet;
    found.gap = this.#gap;
    // A value that is not to be trusted opens no time base: the next one does.
    found.discontinuity = this.#flagged && !found.extensionOutOfRange;
    found.pidChanged = this.#changed && !found.extensionOutOfRange;
    if (!found.extensionOutOfRange) {
      if (this.#flagged) this.#flaggedCounter = counter;
      this.#flagged = false;
      this.#changed = false;
    }
    this.#gap = false;
    this.#handler(found);
  }

  #consider(pid: number, pcr: number): void {
    if (pid === NULL_PID) return;
    const candidate = this.#candidates.get(pid);
    const elapsed = candidate === undefined ? -1 : pcr - candidate.first;
    if (candidate === undefined || elapsed < 0 || elapsed > FIRST_SEEN_TICKS) {
      if (candidate === undefined && this.#candidates.size >= MAX_CANDIDATES)
        this.#candidates.clear();
      this.#candidates.set(pid, { count: 1, first: pcr });
      return;
    }
    candidate.count++;
    if (candidate.count >= FIRST_SEEN_COUNT) this.#select(pid);
  }

  #select(pid: number): void {
    if (pid === this.#pcrPid) return;
    this.#changed = this.#changed || this.#pcrPid >= 0;
    this.#pcrPid = pid;
    this.#flagged = false;
    this.#flaggedCounter = -1;
    this.#candidates.clear();
  }

  readonly #onPat = (section: Uint8Array, size: number): void => {
    const bytes = section.subarray(0, size);
    const known = this.#patBytes[bytes[6] as number];
    if (known !== undefined && equalBytes(bytes, known)) return;
    try {
      const pat = decodePat(decodeSection(bytes));
      if (!pat.currentNextIndicator || pat.sectionNumber > pat.lastSectionNumber) return;
      const first = this.#patSections.find((part) => part !== undefined);
      const isPart =
        known === undefined &&
        first?.versionNumber === pat.versionNumber &&
        first.transportStreamId === pat.transportStreamId &&
        first.lastSectionNumber === pat.lastSectionNumber;
      if (!isPart) {
        this.#patBytes = [];
        this.#patSections = [];
      }
      this.#patBytes[pat.sectionNumber] = bytes.slice();
      this.#patSections[pat.sectionNumber] = pat;
      this.#chooseProgram(pat.lastSectionNumber);
    } catch (error) {
      if (!isFormatError(error)) throw error;
    }
  };

  /** Without a wish it is the first programme; a current one stays until the whole PAT is without it. */
  #chooseProgram(lastSectionNumber: number): void {
    const wanted = this.#options.program ?? this.#program;
    let first: PatProgram | undefined;
    let chosen: PatProgram | undefined;
    let complete = true;
    for (let number = 0; number <= lastSectionNumber; number++) {
      complete &&= this.#patSections[number] !== undefined;
      for (const program of this.#patSections[number]?.programs ?? []) {
        if (program.programNumber === 0) continue;
        if (complete) first ??= program;
        if (program.programNumber === wanted) chosen ??= program;
      }
    }
    if (this.#options.program === undefined && (wanted === undefined || complete)) chosen ??= first;
    if (chosen === undefined) return;
    if (chosen.pid !== this.#pmtPid || chosen.programNumber !== this.#program) {
      this.#mapAssembler.reset();
      this.#pmt = new Uint8Array(0);
    }
    this.#program = chosen.programNumber;
    this.#pmtPid = chosen.pid;
  }

  readonly #onPmt = (section: Uint8Array, size: number): void => {
    const bytes = section.subarray(0, size);
    if (equalBytes(bytes, this.#pmt)) return;
    try {
      const pmt = decodePmt(decodeSection(bytes), { onBadDescriptor: "keep" });
      if (!pmt.currentNextIndicator || pmt.programNumber !== this.#program) return;
      this.#pmt = bytes.slice();
      if (pmt.pcrPid !== NULL_PID) this.#select(pmt.pcrPid);
    } catch (error) {
      if (!isFormatError(error)) throw error;
    }
  };
}

function isWholePackets(bytes: Uint8Array, { start, end }: ByteRange): boolean {
  if (start === end || (end - start) % PACKET_SIZE !== 0) return false;
  for (let at = start; at < end; at += PACKET_SIZE) {
    if (bytes[at] !== SYNC_BYTE) return false;
  }
  return true;
}
