import { uint16, uint32 } from "@x/bits";
import {
  type AncPacket,
  checksumValid,
  checksumWord,
  LINE_ANY,
  LINE_OVERFLOW,
  OFFSET_ANY,
  parityErrors,
  wordOf,
} from "@x/st291";
import { type AncDiagnostic, ancDiagnostic, diagnoseWords } from "./anc-diagnostic.js";
import { checkRecord, fits } from "./record.js";
import { throwFirstError } from "./unit.js";

/** Where a packet was in the picture (ST 436-1). Other values are kept as they are. */
export const St436WrappingType = {
  vancFrame: 0x01,
  vancField1: 0x02,
  vancField2: 0x03,
  vancProgressive: 0x04,
  hancFrame: 0x11,
  hancField1: 0x12,
  hancField2: 0x13,
  hancProgressive: 0x14,
} as const;

/** How the samples of a packet are stored (ST 436-1); 1 to 3 are for VBI lines only. */
export const St436SampleCoding = {
  luma8: 4,
  colorDifference8: 5,
  both8: 6,
  luma10: 7,
  colorDifference10: 8,
  both10: 9,
  luma8ParityError: 10,
  colorDifference8ParityError: 11,
  both8ParityError: 12,
} as const;

/** An ancillary packet as an MXF file stores it; it has no offset, so {@link OFFSET_ANY} stands for it. */
export interface St436Packet extends AncPacket {
  /** {@link St436WrappingType}. */
  readonly wrappingType: number;
  /** {@link St436SampleCoding}. */
  readonly sampleCoding: number;
}

/** What {@link parseSt436} found. */
export interface ParsedSt436 {
  /** Every packet that could be read, in order. */
  readonly packets: readonly St436Packet[];
  /** Deviations: those of the whole value, then by packet, then by code. Packets that were skipped count. */
  readonly diagnostics: readonly AncDiagnostic[];
  /** Bytes from the first one that could not be delimited, or behind the last packet, to the end. */
  readonly unparsedBytes: number;
}

const PACKET_HEAD_SIZE = 14;
const CLAUSE = "ST 436-1";

/**
 * Read the value of an ST 436 ancillary element: the packets of one edit unit. Eight-bit samples get parity and
 * checksum anew, ten-bit words are kept, with their checksum when it is stored. Never throws on input.
 */
export function parseSt436(value: Uint8Array): ParsedSt436 {
  const packets: St436Packet[] = [];
  const diagnostics: AncDiagnostic[] = [];
  if (value.length < 2) {
    // XDCAM writes elements without a value.
    if (value.length === 1) diagnostics.push(ancDiagnostic("truncated", 0, undefined));
    return { packets, diagnostics, unparsedBytes: value.length };
  }
  const count = uint16(value, 0);
  let at = 2;
  for (let index = 0; index < count; index++) {
    const end = packetEnd(value, at);
    if (end > value.length) {
      diagnostics.push(ancDiagnostic("truncated", at, index));
      return { packets, diagnostics, unparsedBytes: value.length - at };
    }
    const packet = readPacket(value, at, end, index, diagnostics);
    if (packet !== undefined) packets.push(packet);
    at = end;
  }
  if (at < value.length) diagnostics.unshift(ancDiagnostic("count-mismatch", at, undefined));
  return { packets, diagnostics, unparsedBytes: value.length - at };
}

/** Offset behind the packet at `at`; beyond the value when its head does not fit. */
function packetEnd(value: Uint8Array, at: number): number {
  if (value.length - at < PACKET_HEAD_SIZE) return Number.POSITIVE_INFINITY;
  return at + PACKET_HEAD_SIZE + uint32(value, at + 6) * uint32(value, at + 10);
}

function readPacket(
  value: Uint8Array,
  at: number,
  end: number,
  index: number,
  diagnostics: AncDiagnostic[],
): St436Packet | undefined {
  const lineNumber = uint16(value, at);
  const wrappingType = value[at + 2] as number;
  const sampleCoding = value[at + 3] as number;
  const sampleCount = uint16(value, at + 4);
  if (sampleCoding < 4 || sampleCoding > 12 || uint32(value, at + 10) !== 1) {
    diagnostics.push(ancDiagnostic("unsupported-coding", at + 3, index));
    return undefined;
  }
  const samples = value.subarray(at + PACKET_HEAD_SIZE, end);
  const tenBit = isTenBit(sampleCoding);
  const sample = tenBit ? tenBitSample : eightBitSample;
  const held = tenBit ? Math.floor(samples.length / 4) * 3 : samples.length;
  const dataCount = held < 3 ? 0 : sample(samples, 2) & 0xff;
  if (sampleCount < 3 + dataCount || sampleCount > held) {
    diagnostics.push(ancDiagnostic("count-mismatch", at + 4, index));
    return undefined;
  }
  const words = new Uint16Array(dataCount + 4);
  const last = dataCount + 3;
  for (let i = 0; i < last; i++) words[i] = sample(samples, i);
  const stored = tenBit && sampleCount > last;
  words[last] = stored ? tenBitSample(samples, last) : checksumWord(words, last);
  const packet: St436Packet = {
    cNotYChannelFlag: sampleCoding % 3 === 2,
    lineNumber: lineNumber > LINE_ANY ? LINE_OVERFLOW : lineNumber,
    horizontalOffset: OFFSET_ANY,
    words,
    wrappingType,
    sampleCoding,
  };
  const offsetOf = (word: number): number => at + PACKET_HEAD_SIZE + 4 * Math.floor(word / 3);
  if (!checksumValid(packet)) {
    diagnostics.push(ancDiagnostic("checksum", offsetOf(last), index));
  }
  diagnoseWords(packet, index, offsetOf, diagnostics);
  return packet;
}

function isTenBit(sampleCoding: number): boolean {
  return sampleCoding >= St436SampleCoding.luma10 && sampleCoding <= St436SampleCoding.both10;
}

function eightBitSample(samples: Uint8Array, index: number): number {
  return wordOf(samples[index] as number);
}

/** Three samples in the high 30 bits of four bytes, the first one highest. */
function tenBitSample(samples: Uint8Array, index: number): number {
  const group = uint32(samples, 4 * Math.floor(index / 3));
  return (group >>> (22 - 10 * (index % 3))) & 0x3ff;
}

/**
 * The same, strictly.
 * @throws {FormatError} `truncated`
 */
export function decodeSt436(value: Uint8Array): readonly St436Packet[] {
  const { packets, diagnostics } = parseSt436(value);
  throwFirstError(diagnostics, CLAUSE);
  return packets;
}

/** A packet to write; one that {@link parseSt436} has read keeps its wrapping type and sample coding. */
export interface St436PacketInit extends AncPacket {
  /** Default: that of the options. */
  readonly wrappingType?: number;
  /** 4 to 12. Default: that of the options. */
  readonly sampleCoding?: number;
}

/** How {@link encodeSt436} writes packets that do not say it themselves. */
export interface EncodeSt436Options {
  /** Default {@link St436WrappingType}`.vancFrame`, as GStreamer does. */
  readonly wrappingType?: number;
  /**
   * `"8-bit"` loses parity and checksum (a coding that tells of parity errors is used where there are some),
   * `"10-bit"` keeps the words, `"auto"` takes eight bits only when nothing is lost. Default `"auto"`.
   */
  readonly sampleCoding?: "auto" | "8-bit" | "10-bit";
}

/**
 * Write the value of an ST 436 ancillary element. Offsets are lost: the format has none. Every packet is stored with
 * its checksum; in eight bits that is the low byte of the sum of all bytes, as GStreamer writes it.
 * @throws {RangeError} when a value does not fit its field or there are more than 65,535 packets
 */
export function encodeSt436(
  packets: readonly St436PacketInit[],
  options: EncodeSt436Options = {},
): Uint8Array<ArrayBuffer> {
  fits("numberOfPackets", packets.length, 0xffff);
  for (const packet of packets) checkRecord(packet);
  const codings = packets.map((packet) => codingOf(packet, options.sampleCoding ?? "auto"));
  let size = 2;
  packets.forEach(({ words }, i) => {
    size += PACKET_HEAD_SIZE + arrayLength(words.length, codings[i] as number);
  });
  const value = new Uint8Array(size);
  const view = new DataView(value.buffer);
  view.setUint16(0, packets.length);
  let at = 2;
  packets.forEach((packet, i) => {
    const { wrappingType = options.wrappingType ?? St436WrappingType.vancFrame, words } = packet;
    const coding = codings[i] as number;
    fits("wrappingType", wrappingType, 0xff);
    view.setUint16(at, packet.lineNumber);
    view.setUint8(at + 2, wrappingType);
    view.setUint8(at + 3, coding);
    view.setUint16(at + 4, words.length);
    const length = arrayLength(words.length, coding);
    view.setUint32(at + 6, length);
    view.setUint32(at + 10, 1);
    at += PACKET_HEAD_SIZE;
    if (isTenBit(coding)) writeTenBit(words, view, at);
    else writeEightBit(words, value, at);
    at += length;
  });
  return value;
}

function codingOf(packet: St436PacketInit, wanted: "auto" | "8-bit" | "10-bit"): number {
  const { sampleCoding, cNotYChannelFlag } = packet;
  if (sampleCoding !== undefined) {
    fits("sampleCoding", sampleCoding, 12, 4);
    return sampleCoding;
  }
  const channel = cNotYChannelFlag ? 1 : 0;
  const parityWrong = parityErrors(packet).length > 0;
  const plain = !parityWrong && checksumValid(packet);
  if (wanted === "10-bit" || (wanted === "auto" && !plain)) {
    return St436SampleCoding.luma10 + channel;
  }
  return (parityWrong ? St436SampleCoding.luma8ParityError : St436SampleCoding.luma8) + channel;
}

/** Bytes of an array of samples, filled up to a multiple of four. */
function arrayLength(count: number, sampleCoding: number): number {
  return isTenBit(sampleCoding) ? 4 * Math.ceil(count / 3) : (count + 3) & ~3;
}

function writeTenBit(words: Uint16Array, view: DataView, at: number): void {
  for (let i = 0; i < words.length; i += 3) {
    const [first, second, third] = [words[i] ?? 0, words[i + 1] ?? 0, words[i + 2] ?? 0];
    view.setUint32(at + (4 * i) / 3, (first << 22) | (second << 12) | (third << 2));
  }
}

function writeEightBit(words: Uint16Array, value: Uint8Array, at: number): void {
  const last = words.length - 1;
  let sum = 0;
  for (let i = 0; i < last; i++) {
    const byte = (words[i] as number) & 0xff;
    value[at + i] = byte;
    sum += byte;
  }
  value[at + last] = sum & 0xff;
}

/**
 * Key of the essence element that holds ancillary packets, frame wrapped (ST 436-1): a new array each time it is
 * called, with `elementCount` and `elementNumber` in their places.
 */
export function st436ElementKey(elementCount = 1, elementNumber = 1): Uint8Array<ArrayBuffer> {
  fits("elementCount", elementCount, 0xff);
  fits("elementNumber", elementNumber, 0xff);
  const key = Uint8Array.from(ELEMENT_KEY);
  key[13] = elementCount;
  key[15] = elementNumber;
  return key;
}

/** True when `key` is that of an ST 436 ancillary element, whatever its registry version, count and number. */
export function isSt436ElementKey(key: Uint8Array): boolean {
  return (
    key.length === ELEMENT_KEY.length &&
    ELEMENT_KEY.every((byte, i) => i === 7 || i === 13 || i === 15 || key[i] === byte)
  );
}

/** The label of an essence container with ST 436 elements: a new array each time it is called. */
export function st436ContainerLabel(): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(CONTAINER_LABEL);
}

const ELEMENT_KEY: readonly number[] = [
  0x06, 0x0e, 0x2b, 0x34, 0x01, 0x02, 0x01, 0x01, 0x0d, 0x01, 0x03, 0x01, 0x17, 0x01, 0x02, 0x01,
];

const CONTAINER_LABEL: readonly number[] = [
  0x06, 0x0e, 0x2b, 0x34, 0x04, 0x01, 0x01, 0x09, 0x0d, 0x01, 0x03, 0x01, 0x02, 0x0e, 0x00, 0x00,
];
