import { fits, fitsLength } from "./fits.js";
import {
  checksumOfSum,
  checksumWord,
  hasInvertedParity,
  indexesWithoutParity,
  isForbiddenWord,
  protectInto,
  wordOf,
} from "./word.js";
import type { AncWordPool } from "./word-pool.js";

/**
 * An ancillary packet with its place in the raster (SMPTE ST 291-1). The words are as on the wire: wrong parity,
 * wrong checksums and ten-bit payloads are kept until somebody calls {@link repair}.
 */
export interface AncPacket {
  /** `true`: colour-difference (C) stream of HD and above; `false`: luma stream, SD, or no such distinction. */
  readonly cNotYChannelFlag: boolean;
  /** 11 bits, 1-based; special values {@link LINE_ANY}, {@link LINE_VANC}, {@link LINE_OVERFLOW}. */
  readonly lineNumber: number;
  /** 12 bits, from SAV; special values {@link OFFSET_ANY} to {@link OFFSET_OVERFLOW}. */
  readonly horizontalOffset: number;
  /** RFC 8331 StreamNum, 7 bits; present only when its S bit is set. */
  readonly streamNum?: number;
  /** DID, SDID or DBN, DC, user data words, CS: ten bits each, 4 to 259 words. */
  readonly words: Uint16Array;
}

/** Line: no specific line (RFC 8331 2.1). */
export const LINE_ANY = 0x7ff;
/** Line: any line from the second after the switching line to the last before active video (RFC 8331 2.1). */
export const LINE_VANC = 0x7fe;
/** Line: the number does not fit 11 bits (RFC 8331 2.1). */
export const LINE_OVERFLOW = 0x7fd;
/** Offset: no specific location (RFC 8331 2.1). */
export const OFFSET_ANY = 0xfff;
/** Offset: somewhere in horizontal ancillary space (RFC 8331 2.1). */
export const OFFSET_HANC = 0xffe;
/** Offset: somewhere between SAV and EAV (RFC 8331 2.1). */
export const OFFSET_ACTIVE = 0xffd;
/** Offset: it does not fit 12 bits (RFC 8331 2.1). */
export const OFFSET_OVERFLOW = 0xffc;

/** Data identification, 8 bits. */
export function did(packet: AncPacket): number {
  return (packet.words[0] as number) & 0xff;
}

/** 1 when b7 of the DID is set, else 2 (ST 291-1). */
export function packetType(packet: AncPacket): 1 | 2 {
  return ((packet.words[0] as number) & 0x80) === 0 ? 2 : 1;
}

/** Secondary data identification of a type 2 packet, 8 bits; `undefined` for type 1. */
export function sdid(packet: AncPacket): number | undefined {
  return packetType(packet) === 2 ? (packet.words[1] as number) & 0xff : undefined;
}

/** Data block number of a type 1 packet, 8 bits, 0 = not numbered; `undefined` for type 2. */
export function dbn(packet: AncPacket): number | undefined {
  return packetType(packet) === 1 ? (packet.words[1] as number) & 0xff : undefined;
}

/** Data count, 0 to 255: the low eight bits of the third word, which alone delimit the packet. */
export function dataCount(packet: AncPacket): number {
  return (packet.words[2] as number) & 0xff;
}

/** The user data words, ten bits each: a view of the packet's words. */
export function userDataWords(packet: AncPacket): Uint16Array {
  return packet.words.subarray(3, packet.words.length - 1);
}

/** The low eight bits of every user data word: a copy. */
export function payload(packet: AncPacket): Uint8Array<ArrayBuffer> {
  const { words } = packet;
  const bytes = new Uint8Array(Math.max(0, words.length - 4));
  // A conversion of the whole array would take several times as long.
  for (let i = 0; i < bytes.length; i++) bytes[i] = words[3 + i] as number;
  return bytes;
}

/** The checksum word as received. */
export function checksum(packet: AncPacket): number {
  return packet.words[packet.words.length - 1] as number;
}

/** True when all ten bits of the checksum word are right. The sum does not cover b9 of the words before it. */
export function checksumValid(packet: AncPacket): boolean {
  const last = packet.words.length - 1;
  return packet.words[last] === checksumWord(packet.words, last);
}

/**
 * Indexes (0 = DID) of the words up to the last user data word whose b9 and b8 are not their parity. Ten-bit
 * payloads, which ST 291-1 allows, appear here too.
 */
export function parityErrors(packet: AncPacket): number[] {
  return indexesWithoutParity(packet.words, packet.words.length - 1);
}

/** True when every word up to the last user data word has exactly the inverted parity. */
export function parityInverted(packet: AncPacket): boolean {
  for (let i = 0; i < packet.words.length - 1; i++) {
    if (!hasInvertedParity(packet.words[i] as number)) return false;
  }
  return true;
}

/** Indexes (0 = DID) of the words up to the last user data word that are kept for synchronisation. */
export function forbiddenWords(packet: AncPacket): number[] {
  const forbidden: number[] = [];
  for (let i = 0; i < packet.words.length - 1; i++) {
    if (isForbiddenWord(packet.words[i] as number)) forbidden.push(i);
  }
  return forbidden;
}

/** What {@link createAncPacket} makes a packet from. */
export interface AncPacketInit {
  /** 8 bits. */
  readonly did: number;
  /** SDID of a type 2 packet, or data block number of a type 1 packet, 8 bits. Default 0. */
  readonly sdid?: number;
  /** At most 255 bytes; each becomes a word with parity. */
  readonly payload: ArrayLike<number>;
  /** Default `false`. */
  readonly cNotYChannelFlag?: boolean;
  /** Default {@link LINE_ANY}. */
  readonly lineNumber?: number;
  /** Default {@link OFFSET_ANY}. */
  readonly horizontalOffset?: number;
  /** Default absent. */
  readonly streamNum?: number;
  /** Where the words lie. Default: an array of their own, which costs more than filling it. */
  readonly pool?: AncWordPool;
}

/**
 * Make a packet with right parity and checksum from eight-bit values.
 * @throws {RangeError} when a value does not fit its field.
 */
export function createAncPacket(init: AncPacketInit): AncPacket {
  const count = init.payload.length;
  const { sdid = 0, lineNumber = LINE_ANY, horizontalOffset = OFFSET_ANY, streamNum } = init;
  fits("did", init.did, 0xff);
  fits("sdid", sdid, 0xff);
  fitsLength("payload", init.payload, 0xff);
  fits("lineNumber", lineNumber, 0x7ff);
  fits("horizontalOffset", horizontalOffset, 0xfff);
  const words = init.pool?.take(count + 4) ?? new Uint16Array(count + 4);
  const header = protectInto("header", [init.did, sdid, count], words, 0);
  const sum = header + protectInto("payload", init.payload, words, 3);
  words[count + 3] = checksumOfSum(sum);
  const cNotYChannelFlag = init.cNotYChannelFlag ?? false;
  if (streamNum === undefined) return { cNotYChannelFlag, lineNumber, horizontalOffset, words };
  fits("streamNum", streamNum, 0x7f);
  return { cNotYChannelFlag, lineNumber, horizontalOffset, streamNum, words };
}

/**
 * A copy of the packet with right parity, a right checksum, or both. Parity is set on every word up to the last
 * user data word, so a ten-bit payload is reduced to its low eight bits by `"parity"` and `"all"`; parity changes
 * the sum, so `"parity"` alone leaves a checksum that was right wrong.
 */
export function repair(packet: AncPacket, what: "parity" | "checksum" | "all"): AncPacket {
  const words = packet.words.slice();
  const last = words.length - 1;
  if (what !== "checksum") {
    for (let i = 0; i < last; i++) words[i] = wordOf(words[i] as number);
  }
  if (what !== "parity") words[last] = checksumWord(words, last);
  return { ...packet, words };
}
