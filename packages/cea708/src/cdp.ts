import { uint16 } from "@x/bits";
import { ccCountOf, frameRateOfCdp } from "./frame-rate.js";
import { type CaptionErrorCode, type CaptionIssue, captionError } from "./issue.js";
import {
  type CaptionServiceEntry,
  decodeServiceEntry,
  encodeServiceEntryInto,
  SERVICE_ENTRY_SIZE,
} from "./service-info.js";

const CDP_IDENTIFIER = 0x9669;
const HEADER_SIZE = 7;
const FOOTER_SIZE = 4;
const TIME_CODE_SIZE = 5;
const TIME_CODE_SECTION = 0x71;
const CC_DATA_SECTION = 0x72;
const SVC_INFO_SECTION = 0x73;
const FOOTER_SECTION = 0x74;
const MAX_CDP_SIZE = 255;

/** time_code_section (ST 334-2 5.3): SMPTE 12-1 time code. */
export interface CdpTimeCode {
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
  /** At 50, 59.94 and 60 Hz counted in pairs of frames. */
  readonly frames: number;
  /** tc_field_flag: second field, or second frame of a pair. */
  readonly fieldFlag: boolean;
  readonly dropFrameFlag: boolean;
}

/** ccsvcinfo_section (ST 334-2 5.5). */
export interface CdpServiceInfo {
  readonly svcInfoStart: boolean;
  readonly svcInfoChange: boolean;
  readonly svcInfoComplete: boolean;
  /** At most 15. */
  readonly services: readonly CaptionServiceEntry[];
}

/** A section that the standard left for later (ST 334-2 5.6). */
export interface CdpFutureSection {
  /** `75` to `EF`. */
  readonly sectionId: number;
  readonly data: Uint8Array;
}

/** What was received other than {@link encodeCdp} would write it, so that it can be written again as it was. */
export interface CdpVerbatim {
  /** Byte 3's low four bits, when not all ones. */
  readonly rateReserved?: number;
  /** Byte 4, when not what the sections say. */
  readonly flags?: number;
  /** The four bytes behind `71`. */
  readonly timeCode?: Uint8Array;
  /** The byte behind `72`. */
  readonly ccDataHeader?: number;
  /** The byte behind `73`. */
  readonly svcInfoHeader?: number;
  /** The first byte of each service entry. */
  readonly serviceNumberBytes?: Uint8Array;
  readonly footerSequenceCntr?: number;
  readonly packetChecksum?: number;
}

/** A caption distribution packet (ST 334-2). Byte arrays out of {@link decodeCdp} are views of its input. */
export interface Cdp {
  /** 1 to 8; see {@link CDP_FRAME_RATES}. */
  readonly cdpFrameRate: number;
  readonly captionServiceActive: boolean;
  /** 16 bits. */
  readonly cdpHdrSequenceCntr: number;
  readonly timeCode: CdpTimeCode | undefined;
  /** Bare triplets, at most 31. */
  readonly ccData: Uint8Array | undefined;
  readonly svcInfo: CdpServiceInfo | undefined;
  readonly futureSections: readonly CdpFutureSection[];
  readonly verbatim?: CdpVerbatim | undefined;
}

/** A decoded CDP and what was not right about it. */
export interface DecodedCdp {
  readonly cdp: Cdp;
  readonly issues: readonly CaptionIssue[];
  /** Offset of the byte behind the packet. */
  readonly end: number;
}

/** How {@link decodeCdp} takes deviations. */
export interface CdpOptions {
  /**
   * `strict`: throw at the first fault that a conforming writer cannot make (reserved bits and an unusual cc_count are
   * only reported). `lenient`: keep what can be read, report the rest. Default: `lenient`.
   */
  readonly mode?: "lenient" | "strict";
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

class CdpReader {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly strict: boolean;
  issues: CaptionIssue[] | undefined;
  verbatim: Mutable<CdpVerbatim> | undefined;
  timeCode: CdpTimeCode | undefined;
  ccData: Uint8Array | undefined;
  svcInfo: CdpServiceInfo | undefined;
  futureSections: CdpFutureSection[] | undefined;
  footerAt = -1;

  constructor(bytes: Uint8Array, start: number, strict: boolean) {
    this.bytes = bytes;
    this.start = start;
    this.strict = strict;
  }

  report(
    code: CaptionErrorCode,
    severity: "error" | "warning",
    offset: number,
    field: string,
    message: string,
  ): void {
    if (this.strict && severity === "error") {
      throw captionError(code, message, { field, offset, clause: "ST 334-2" });
    }
    this.issues ??= [];
    this.issues.push({ code, severity, offset, field, message });
  }

  keep(fields: CdpVerbatim): void {
    this.verbatim = { ...this.verbatim, ...fields };
  }

  /** Sections up to the footer; returns the offset behind the last one read. */
  sections(end: number): number {
    let at = this.start + HEADER_SIZE;
    let last = 0x70;
    while (at < end) {
      const id = this.bytes[at] as number;
      if (id === FOOTER_SECTION) {
        this.footerAt = at;
        return at;
      }
      if (id <= last && id < 0x75) {
        this.report("order", "error", at, "sectionId", `section ${hex(id)} behind ${hex(last)}`);
      }
      const next = this.section(id, at, end);
      if (next < 0) return at;
      last = id;
      at = next;
    }
    return at;
  }

  /** One section at `at`; returns the offset behind it, or -1 when nothing behind it can be found. */
  section(id: number, at: number, end: number): number {
    switch (id) {
      case TIME_CODE_SECTION:
        if (at + TIME_CODE_SIZE > end) return this.cut(at, "timeCodeSection");
        this.timeCodeSection(at + 1);
        return at + TIME_CODE_SIZE;
      case CC_DATA_SECTION:
        return this.ccDataSection(at, end);
      case SVC_INFO_SECTION:
        return this.svcInfoSection(at, end);
    }
    if (id < 0x75 || id > 0xef) {
      this.report("section", "error", at, "sectionId", `${hex(id)} is no section`);
      return -1;
    }
    const size = this.bytes[at + 1];
    if (at + 1 >= end || size === undefined || at + 2 + size > end) {
      return this.cut(at, "futureSection");
    }
    this.futureSections ??= [];
    this.futureSections.push({ sectionId: id, data: this.bytes.subarray(at + 2, at + 2 + size) });
    return at + 2 + size;
  }

  cut(at: number, field: string): number {
    this.report("truncated", "error", at, field, "the packet ends within the section");
    return -1;
  }

  timeCodeSection(at: number): void {
    const [first, second, third, fourth] = this.bytes.subarray(at, at + 4) as unknown as [
      number,
      number,
      number,
      number,
    ];
    const timeCode = {
      hours: bcd(first & 0x3f),
      minutes: bcd(second & 0x7f),
      seconds: bcd(third & 0x7f),
      frames: bcd(fourth & 0x3f),
      fieldFlag: (third & 0x80) !== 0,
      dropFrameFlag: (fourth & 0x80) !== 0,
    };
    this.timeCode = timeCode;
    const nibbles = [first, second, third, fourth].every((byte) => (byte & 0x0f) < 10);
    const { hours, minutes, seconds, frames } = timeCode;
    if (!nibbles || hours > 23 || minutes > 59 || seconds > 59 || frames > 29) {
      const text = `${hours}:${minutes}:${seconds}:${frames}`;
      this.report("range", "error", at, "timeCode", `${text} is no time of day in BCD`);
      this.keep({ timeCode: this.bytes.subarray(at, at + 4) });
    } else if ((first & 0xc0) !== 0xc0 || (second & 0x80) === 0 || (fourth & 0x40) !== 0) {
      this.report("reserved", "warning", at, "timeCode", "reserved bits are not as they must be");
      this.keep({ timeCode: this.bytes.subarray(at, at + 4) });
    }
  }

  ccDataSection(at: number, end: number): number {
    const header = this.bytes[at + 1];
    if (header === undefined || at + 1 >= end) return this.cut(at, "ccDataSection");
    if ((header & 0xe0) !== 0xe0) {
      this.report("reserved", "warning", at + 1, "ccCount", "reserved bits are not ones");
      this.keep({ ccDataHeader: header });
    }
    let ccCount = header & 0x1f;
    const first = at + 2;
    const wrapped = this.wrappedCount(first, end, ccCount);
    if (wrapped !== undefined) {
      const message = `${wrapped} triplets behind a count of ${ccCount}`;
      this.report("ccCountWrapped", "error", at + 1, "ccCount", message);
      ccCount = wrapped;
    }
    const room = Math.max(0, Math.floor((end - first) / 3));
    if (ccCount > room) {
      this.report("truncated", "error", first, "ccData", `${room} of ${ccCount} triplets`);
      this.ccData = this.bytes.subarray(first, first + room * 3);
      this.keep({ ccDataHeader: header });
      return -1;
    }
    this.ccData = this.bytes.subarray(first, first + ccCount * 3);
    return first + ccCount * 3;
  }

  /** More than 31 triplets, from writers that put a whole line of text into one CDP: the count wrapped. */
  wrappedCount(first: number, end: number, ccCount: number): number | undefined {
    const behind = first + ccCount * 3;
    const size = end - this.start;
    if (first !== this.start + HEADER_SIZE + 2 || behind >= end) return undefined;
    if (((this.bytes[this.start + 4] as number) & 0xe0) !== 0x40) return undefined;
    if (this.bytes[behind] === FOOTER_SECTION) return undefined;
    if (this.bytes[end - FOOTER_SIZE] !== FOOTER_SECTION) return undefined;
    const count = (size - HEADER_SIZE - 2 - FOOTER_SIZE) / 3;
    return Number.isInteger(count) && count % 32 === ccCount ? count : undefined;
  }

  svcInfoSection(at: number, end: number): number {
    const header = this.bytes[at + 1];
    const count = (header ?? 0) & 0x0f;
    if (header === undefined || at + 2 + count * (SERVICE_ENTRY_SIZE + 1) > end) {
      return this.cut(at, "svcInfoSection");
    }
    if ((header & 0x80) === 0) {
      this.report("reserved", "warning", at + 1, "svcInfo", "the reserved bit is not one");
      this.keep({ svcInfoHeader: header });
    }
    const services: CaptionServiceEntry[] = [];
    const numbers = new Uint8Array(count);
    let deviates = false;
    let entryAt = at + 2;
    for (let i = 0; i < count; i++) {
      const number = this.bytes[entryAt] as number;
      const entry = decodeServiceEntry(this.bytes, entryAt + 1);
      numbers[i] = number;
      if (number !== serviceNumberByte(entry)) deviates = true;
      const announced = (number & 0x40) === 0 ? number & 0x3f : number & 0x1f;
      if (announced !== entry.captionServiceNumber) {
        const message = `service ${announced} described as ${entry.captionServiceNumber}`;
        this.report("service", "error", entryAt, "captionServiceNumber", message);
      }
      if ((number & 0x80) === 0 || entry.verbatim !== undefined) {
        const message = "reserved bits are not ones";
        this.report("reserved", "warning", entryAt, "captionServiceEntry", message);
      }
      services.push(entry);
      entryAt += SERVICE_ENTRY_SIZE + 1;
    }
    if (deviates) this.keep({ serviceNumberBytes: numbers });
    this.svcInfo = {
      svcInfoStart: (header & 0x40) !== 0,
      svcInfoChange: (header & 0x20) !== 0,
      svcInfoComplete: (header & 0x10) !== 0,
      services,
    };
    return entryAt;
  }

  footer(counter: number, length: number): void {
    const at = this.footerAt;
    const end = this.start + length;
    if (at < 0 || at + FOOTER_SIZE > this.bytes.length) {
      this.report("truncated", "error", Math.max(at, this.start), "footer", "there is no footer");
      return;
    }
    if (at + FOOTER_SIZE !== end) {
      const message = `the footer ends at byte ${at + FOOTER_SIZE}, the packet at ${end}`;
      this.report("length", "error", this.start + 2, "cdpLength", message);
    }
    const footerCounter = uint16(this.bytes, at + 1);
    if (footerCounter !== counter) {
      const message = `counter ${footerCounter} in the footer, ${counter} in the header`;
      this.report("counter", "error", at + 1, "cdpFtrSequenceCntr", message);
      this.keep({ footerSequenceCntr: footerCounter });
    }
    let sum = 0;
    for (let i = this.start; i < at + FOOTER_SIZE; i++) sum += this.bytes[i] as number;
    if ((sum & 0xff) !== 0) {
      const packetChecksum = this.bytes[at + 3] as number;
      const expected = (packetChecksum - sum) & 0xff;
      const message = `got ${hex(packetChecksum)}, computed ${hex(expected)}`;
      this.report("checksum", "error", at + 3, "packetChecksum", message);
      this.keep({ packetChecksum });
    }
  }
}

/**
 * Decode the CDP that starts at `offset` (ST 334-2).
 *
 * @returns the packet (its byte arrays are views), its issues with offsets in `bytes`, and where it ends.
 * @throws {FormatError} `truncated` or `identifier`; in strict mode also `length`, `range`, `section`, `order`,
 * `flags`, `counter`, `checksum`, `service`, `ccCountWrapped`.
 */
export function decodeCdp(bytes: Uint8Array, offset = 0, options: CdpOptions = {}): DecodedCdp {
  const reader = new CdpReader(bytes, offset, options.mode === "strict");
  const available = bytes.length - offset;
  if (available < HEADER_SIZE) {
    throw captionError("truncated", `${Math.max(0, available)} bytes are no CDP`, {
      field: "cdpHeader",
      offset,
      clause: "ST 334-2 5.2",
    });
  }
  const identifier = uint16(bytes, offset);
  if (identifier !== CDP_IDENTIFIER) {
    throw captionError("identifier", `begins with ${hex(identifier)}`, {
      field: "cdpIdentifier",
      offset,
      expected: CDP_IDENTIFIER,
      actual: identifier,
      clause: "ST 334-2 5.2",
    });
  }
  let length = bytes[offset + 2] as number;
  if (length > available) {
    const message = `${available} of ${length} bytes`;
    reader.report("truncated", "error", offset + 2, "cdpLength", message);
    length = available;
  } else if (length < HEADER_SIZE + FOOTER_SIZE) {
    const message = `a packet of ${length} bytes cannot be`;
    reader.report("length", "error", offset + 2, "cdpLength", message);
    length = Math.max(length, HEADER_SIZE);
  } else if (length < available) {
    const message = `${available - length} bytes behind the packet`;
    reader.report("length", "error", offset + 2, "cdpLength", message);
  }
  const rate = bytes[offset + 3] as number;
  const cdpFrameRate = rate >> 4;
  if (frameRateOfCdp(cdpFrameRate) === undefined) {
    reader.report("range", "error", offset + 3, "cdpFrameRate", `${cdpFrameRate} is reserved`);
  }
  if ((rate & 0x0f) !== 0x0f) {
    reader.report("reserved", "warning", offset + 3, "cdpFrameRate", "reserved bits are not ones");
    reader.keep({ rateReserved: rate & 0x0f });
  }
  const flags = bytes[offset + 4] as number;
  const cdpHdrSequenceCntr = uint16(bytes, offset + 5);
  reader.sections(offset + length);
  reader.footer(cdpHdrSequenceCntr, length);
  checkFlags(reader, flags);
  checkCcCount(reader, cdpFrameRate);
  const cdp: Cdp = {
    cdpFrameRate,
    captionServiceActive: (flags & 2) !== 0,
    cdpHdrSequenceCntr,
    timeCode: reader.timeCode,
    ccData: reader.ccData,
    svcInfo: reader.svcInfo,
    futureSections: reader.futureSections ?? NO_SECTIONS,
    verbatim: reader.verbatim,
  };
  return { cdp, issues: reader.issues ?? NO_ISSUES, end: offset + length };
}

const NO_SECTIONS: readonly CdpFutureSection[] = [];
const NO_ISSUES: readonly CaptionIssue[] = [];

/** The section's flags win over the header's, which say the same thing a second time. */
function checkFlags(reader: CdpReader, flags: number): void {
  const expected = flagsOf(
    reader.timeCode !== undefined,
    reader.ccData !== undefined,
    reader.svcInfo,
    (flags & 2) !== 0,
  );
  if (flags === expected) return;
  const wrong = (flags ^ expected) & 0xfe;
  const message = `header flags ${hex(flags)}, the sections say ${hex(expected)}`;
  const severity = wrong === 0 ? "warning" : "error";
  reader.report(wrong === 0 ? "reserved" : "flags", severity, reader.start + 4, "flags", message);
  reader.keep({ flags });
}

function checkCcCount(reader: CdpReader, cdpFrameRate: number): void {
  const rate = frameRateOfCdp(cdpFrameRate);
  if (rate === undefined || reader.ccData === undefined) return;
  const expected = ccCountOf(rate);
  const actual = reader.ccData.length / 3;
  if (actual === expected) return;
  const message = `${actual} triplets where the frame rate has ${expected}`;
  reader.report("range", "warning", reader.start + HEADER_SIZE + 1, "ccCount", message);
}

/** Bytes that {@link encodeCdp} writes. */
export function sizeOfCdp(cdp: Cdp): number {
  let size = HEADER_SIZE + FOOTER_SIZE;
  if (cdp.timeCode !== undefined) size += TIME_CODE_SIZE;
  if (cdp.ccData !== undefined) size += 2 + cdp.ccData.length;
  if (cdp.svcInfo !== undefined) {
    size += 2 + cdp.svcInfo.services.length * (SERVICE_ENTRY_SIZE + 1);
  }
  for (const section of cdp.futureSections) size += 2 + section.data.length;
  return size;
}

/**
 * Encode a CDP with footer and checksum; a fresh array. What `verbatim` holds is written as it is.
 * @throws {RangeError} when a field does not fit, or the packet would exceed 255 bytes.
 */
export function encodeCdp(cdp: Cdp): Uint8Array<ArrayBuffer> {
  const size = sizeOfCdp(cdp);
  if (size > MAX_CDP_SIZE) throw new RangeError(`a CDP of ${size} bytes`);
  const { verbatim = {} } = cdp;
  const bytes = new Uint8Array(size);
  bytes[0] = CDP_IDENTIFIER >> 8;
  bytes[1] = CDP_IDENTIFIER & 0xff;
  bytes[2] = size;
  bytes[3] = (fit(cdp.cdpFrameRate, 4, "cdpFrameRate") << 4) | (verbatim.rateReserved ?? 0x0f);
  bytes[4] =
    verbatim.flags ??
    flagsOf(
      cdp.timeCode !== undefined,
      cdp.ccData !== undefined,
      cdp.svcInfo,
      cdp.captionServiceActive,
    );
  const counter = fit(cdp.cdpHdrSequenceCntr, 16, "cdpHdrSequenceCntr");
  bytes[5] = counter >> 8;
  bytes[6] = counter & 0xff;
  let at = HEADER_SIZE;
  if (cdp.timeCode !== undefined) {
    bytes[at] = TIME_CODE_SECTION;
    if (verbatim.timeCode !== undefined) bytes.set(verbatim.timeCode.subarray(0, 4), at + 1);
    else encodeTimeCodeInto(cdp.timeCode, bytes, at + 1);
    at += TIME_CODE_SIZE;
  }
  if (cdp.ccData !== undefined) {
    bytes[at++] = CC_DATA_SECTION;
    const { length } = cdp.ccData;
    if (length % 3 !== 0) throw new RangeError(`${length} bytes are not whole triplets`);
    if (length > 93 && verbatim.ccDataHeader === undefined) {
      throw new RangeError(`${length / 3} triplets do not fit a CDP`);
    }
    bytes[at++] = verbatim.ccDataHeader ?? 0xe0 | (length / 3);
    bytes.set(cdp.ccData, at);
    at += length;
  }
  if (cdp.svcInfo !== undefined) at = encodeSvcInfoInto(cdp.svcInfo, verbatim, bytes, at);
  for (const { sectionId, data } of cdp.futureSections) {
    if (sectionId < 0x75 || sectionId > 0xef) throw new RangeError(`section id ${sectionId}`);
    bytes[at++] = sectionId;
    bytes[at++] = data.length;
    bytes.set(data, at);
    at += data.length;
  }
  const footerCounter = verbatim.footerSequenceCntr ?? counter;
  bytes[at] = FOOTER_SECTION;
  bytes[at + 1] = footerCounter >> 8;
  bytes[at + 2] = footerCounter & 0xff;
  let sum = 0;
  for (const byte of bytes) sum += byte;
  bytes[at + 3] = verbatim.packetChecksum ?? -sum & 0xff;
  return bytes;
}

function encodeTimeCodeInto(timeCode: CdpTimeCode, bytes: Uint8Array, at: number): void {
  const { hours, minutes, seconds, frames } = timeCode;
  if (hours > 23 || minutes > 59 || seconds > 59 || frames > 29) {
    throw new RangeError(`time code ${hours}:${minutes}:${seconds}:${frames}`);
  }
  bytes[at] = 0xc0 | toBcd(hours);
  bytes[at + 1] = 0x80 | toBcd(minutes);
  bytes[at + 2] = (timeCode.fieldFlag ? 0x80 : 0) | toBcd(seconds);
  bytes[at + 3] = (timeCode.dropFrameFlag ? 0x80 : 0) | toBcd(frames);
}

function encodeSvcInfoInto(
  svcInfo: CdpServiceInfo,
  verbatim: CdpVerbatim,
  bytes: Uint8Array,
  start: number,
): number {
  let at = start;
  bytes[at++] = SVC_INFO_SECTION;
  const { services } = svcInfo;
  bytes[at++] =
    verbatim.svcInfoHeader ??
    0x80 |
      (svcInfo.svcInfoStart ? 0x40 : 0) |
      (svcInfo.svcInfoChange ? 0x20 : 0) |
      (svcInfo.svcInfoComplete ? 0x10 : 0) |
      fit(services.length, 4, "svcCount");
  services.forEach((entry, index) => {
    bytes[at] = verbatim.serviceNumberBytes?.[index] ?? serviceNumberByte(entry);
    encodeServiceEntryInto(entry, bytes, at + 1);
    at += SERVICE_ENTRY_SIZE + 1;
  });
  return at;
}

/** `E0 | n` is what deployed equipment writes and reads; 32 and above need the six-bit form. */
function serviceNumberByte(entry: CaptionServiceEntry): number {
  const number = entry.captionServiceNumber;
  return number < 32 ? 0xe0 | number : 0x80 | number;
}

function flagsOf(
  timeCode: boolean,
  ccData: boolean,
  svcInfo: CdpServiceInfo | undefined,
  captionServiceActive: boolean,
): number {
  let flags = 1;
  if (timeCode) flags |= 0x80;
  if (ccData) flags |= 0x40;
  if (svcInfo !== undefined) {
    flags |= 0x20;
    if (svcInfo.svcInfoStart) flags |= 0x10;
    if (svcInfo.svcInfoChange) flags |= 0x08;
    if (svcInfo.svcInfoComplete) flags |= 0x04;
  }
  return captionServiceActive ? flags | 2 : flags;
}

function bcd(byte: number): number {
  return (byte >> 4) * 10 + (byte & 0x0f);
}

function toBcd(value: number): number {
  return (Math.floor(value / 10) << 4) | (value % 10);
}

function fit(value: number, width: number, field: string): number {
  if (!Number.isInteger(value) || value < 0 || value >= 2 ** width) {
    throw new RangeError(`${field}: ${value} does not fit ${width} bits`);
  }
  return value;
}

function hex(value: number): string {
  return value.toString(16).padStart(2, "0").toUpperCase();
}
