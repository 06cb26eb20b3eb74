import { uint16 } from "@x/bits";
import { byteSum } from "./byte-sum.js";
import {
  CC_DATA_SECTION,
  CDP_IDENTIFIER,
  type Cdp,
  type CdpFutureSection,
  type CdpOptions,
  type CdpServiceInfo,
  type CdpTimeCode,
  type CdpVerbatim,
  type DecodedCdp,
  FOOTER_SECTION,
  FOOTER_SIZE,
  flagsOf,
  HEADER_SIZE,
  SVC_INFO_SECTION,
  serviceNumberByte,
  TIME_CODE_SECTION,
  TIME_CODE_SIZE,
} from "./cdp.js";
import { CDP_FRAME_RATES } from "./frame-rate.js";
import { type CaptionErrorCode, type CaptionIssue, captionError } from "./issue.js";
import {
  type CaptionServiceEntry,
  decodeServiceEntry,
  SERVICE_ENTRY_SIZE,
} from "./service-info.js";

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

  /** Reserved bits that are not as they must be; `fields` keeps them. */
  reserved(at: number, field: string, fields?: CdpVerbatim): void {
    this.report("reserved", "warning", at, field, "reserved bits are not as they must be");
    if (fields !== undefined) this.keep(fields);
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
      if (id > 0x70 && id <= last && id < 0x75) {
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
    const received = this.bytes.subarray(at, at + 4);
    const [first, second, third, fourth] = received as unknown as [number, number, number, number];
    const timeCode = {
      hours: bcd(first & 0x3f),
      minutes: bcd(second & 0x7f),
      seconds: bcd(third & 0x7f),
      frames: bcd(fourth & 0x3f),
      fieldFlag: (third & 0x80) !== 0,
      dropFrameFlag: (fourth & 0x80) !== 0,
    };
    this.timeCode = timeCode;
    const nibbles = received.every((byte) => (byte & 0x0f) < 10);
    const { hours, minutes, seconds, frames } = timeCode;
    if (!nibbles || hours > 23 || minutes > 59 || seconds > 59 || frames > 29) {
      const text = `${hours}:${minutes}:${seconds}:${frames}`;
      this.report("range", "error", at, "timeCode", `${text} is no time of day in BCD`);
      this.keep({ timeCode: received });
    } else if ((first & 0xc0) !== 0xc0 || (second & 0x80) === 0 || (fourth & 0x40) !== 0) {
      this.reserved(at, "timeCode", { timeCode: received });
    }
  }

  ccDataSection(at: number, end: number): number {
    const header = this.bytes[at + 1];
    if (header === undefined || at + 1 >= end) return this.cut(at, "ccDataSection");
    if ((header & 0xe0) !== 0xe0) {
      this.reserved(at + 1, "ccCount", { ccDataHeader: header });
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
      this.reserved(at + 1, "svcInfo", { svcInfoHeader: header });
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
      const reserved = (number & 0x80) === 0 || (number & 0x60) === 0x40;
      if (reserved || entry.verbatim !== undefined) {
        this.reserved(entryAt, "captionServiceEntry");
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
    const sum = byteSum(this.bytes, this.start, at + FOOTER_SIZE);
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
  if (CDP_FRAME_RATES[cdpFrameRate - 1] === undefined) {
    reader.report("range", "error", offset + 3, "cdpFrameRate", `${cdpFrameRate} is reserved`);
  }
  if ((rate & 0x0f) !== 0x0f) {
    reader.reserved(offset + 3, "cdpFrameRate", { rateReserved: rate & 0x0f });
  }
  const flags = bytes[offset + 4] as number;
  const cdpHdrSequenceCntr = uint16(bytes, offset + 5);
  reader.sections(offset + length);
  reader.footer(cdpHdrSequenceCntr, length);
  checkFlags(reader, flags);
  checkCcData(reader, cdpFrameRate);
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

/** A frame has a count of its own, and line 21 in it comes before DTVCC and padding (CTA-708-E 4). */
function checkCcData(reader: CdpReader, cdpFrameRate: number): void {
  const { ccData, start } = reader;
  if (ccData === undefined) return;
  const expected = CDP_FRAME_RATES[cdpFrameRate - 1]?.ccCount;
  const actual = ccData.length / 3;
  if (expected !== undefined && actual !== expected) {
    const message = `${actual} triplets where the frame rate has ${expected}`;
    reader.report("range", "warning", start + HEADER_SIZE + 1, "ccCount", message);
  }
  let dtvcc = 0;
  for (let at = 0; at < ccData.length; at += 3) {
    const first = ccData[at] as number;
    if (dtvcc > 0 && (first & 6) === 4) {
      reader.report("order", "error", start + HEADER_SIZE, "ccData", "line 21 behind DTVCC");
      return;
    }
    dtvcc |= first & 2;
  }
}

function bcd(byte: number): number {
  return (byte >> 4) * 10 + (byte & 0x0f);
}

function hex(value: number): string {
  return value.toString(16).padStart(2, "0").toUpperCase();
}
