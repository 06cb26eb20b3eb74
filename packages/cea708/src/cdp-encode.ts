import { byteSum } from "./byte-sum.js";
import {
  CC_DATA_SECTION,
  CDP_IDENTIFIER,
  type Cdp,
  type CdpServiceInfo,
  type CdpTimeCode,
  type CdpVerbatim,
  FOOTER_SECTION,
  FOOTER_SIZE,
  flagsOf,
  HEADER_SIZE,
  MAX_CDP_SIZE,
  SVC_INFO_SECTION,
  serviceNumberByte,
  TIME_CODE_SECTION,
  TIME_CODE_SIZE,
} from "./cdp.js";
import { encodeServiceEntryInto, SERVICE_ENTRY_SIZE } from "./service-info.js";

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
  bytes[at + 3] = verbatim.packetChecksum ?? -byteSum(bytes, 0, size) & 0xff;
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

function toBcd(value: number): number {
  return (Math.floor(value / 10) << 4) | (value % 10);
}

function fit(value: number, width: number, field: string): number {
  if (!Number.isInteger(value) || value < 0 || value >= 2 ** width) {
    throw new RangeError(`${field}: ${value} does not fit ${width} bits`);
  }
  return value;
}
