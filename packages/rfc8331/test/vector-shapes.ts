// The shapes of the vectors (see the README of their folder), and what of ours is compared with them.
import {
  type AncPacket,
  checksum,
  checksumValid,
  checksumWord,
  dataCount,
  did,
  packetType,
  parityErrors,
  parityInverted,
  payload,
} from "@x/st291";
import { toHex } from "../../../tools/testing/vectors.js";
import type { AncDiagnostic, AncDiagnosticCode } from "../src/index.js";

export interface VectorPacket {
  readonly c: 0 | 1;
  readonly line: number;
  readonly horizontalOffset: number;
  readonly s: 0 | 1;
  readonly streamNum: number;
  readonly words: readonly string[];
}

export interface VectorDiagnostic {
  readonly code: string;
  readonly packet?: number;
  readonly words?: readonly number[];
  readonly inverted?: boolean;
}

export interface VectorPayload {
  readonly name: string;
  readonly payloadHex: string;
  readonly extSeqHigh: number | null;
  readonly f: number | null;
  readonly length: number | null;
  readonly ancCount: number | null;
  readonly packets: readonly VectorPacket[];
  readonly diagnostics: readonly VectorDiagnostic[];
  readonly unparsedBytes?: number;
}

/** The vectors' names of our codes. */
const CODES: Readonly<Record<AncDiagnosticCode, string>> = {
  truncated: "TRUNCATED",
  "reserved-not-zero": "RESERVED_NOT_ZERO",
  "alignment-bits": "ALIGNMENT_BITS",
  "alignment-missing": "ALIGNMENT_MISSING",
  parity: "PARITY",
  checksum: "CHECKSUM",
  "forbidden-word": "FORBIDDEN_WORD",
  "f-invalid": "F_INVALID",
  "length-mismatch": "LENGTH_MISMATCH",
  "count-mismatch": "COUNT_MISMATCH",
};

/** A diagnostic as the vectors write it. */
export function vectorDiagnostic(diagnostic: AncDiagnostic): VectorDiagnostic {
  const { code, packet, words, inverted } = diagnostic;
  return {
    code: CODES[code],
    ...(packet === undefined ? {} : { packet }),
    ...(words === undefined ? {} : { words }),
    ...(inverted === undefined ? {} : { inverted }),
  };
}

/** A packet with every key that the vectors have. */
export function vectorPacket(packet: AncPacket): VectorPacket & Record<string, unknown> {
  return {
    c: packet.cNotYChannelFlag ? 1 : 0,
    line: packet.lineNumber,
    horizontalOffset: packet.horizontalOffset,
    s: packet.streamNum === undefined ? 0 : 1,
    streamNum: packet.streamNum ?? 0,
    did: did(packet),
    sdidOrDbn: (packet.words[1] as number) & 0xff,
    type: packetType(packet),
    dataCount: dataCount(packet),
    udwHex: toHex(payload(packet)),
    words: Array.from(packet.words, hex),
    parityErrors: parityErrors(packet),
    allParityInverted: parityInverted(packet),
    checksumWord: hex(checksum(packet)),
    checksumComputed: hex(checksumWord(packet.words, packet.words.length - 1)),
    checksumOk: checksumValid(packet),
  };
}

/** A packet of the vectors without the StreamNum that S = 0 makes meaningless. */
export function asRead(vector: VectorPacket): VectorPacket {
  return vector.s === 0 ? { ...vector, streamNum: 0 } : vector;
}

/** A packet of the vectors as ours. */
export function packetOf(vector: VectorPacket): AncPacket {
  const packet = {
    cNotYChannelFlag: vector.c === 1,
    lineNumber: vector.line,
    horizontalOffset: vector.horizontalOffset,
    words: Uint16Array.from(vector.words, (word) => Number.parseInt(word, 16)),
  };
  return vector.s === 0 ? packet : { ...packet, streamNum: vector.streamNum };
}

function hex(word: number): string {
  return word.toString(16).padStart(3, "0");
}
