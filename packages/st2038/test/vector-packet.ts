// The packet objects and diagnostics of the vectors, see fixtures/st2038/README.md, and ours in the same words.
import {
  checksumWord,
  dataCount,
  packetType,
  parityErrors,
  parityInverted,
  payload,
} from "@x/st291";
import { toHex } from "../../../tools/testing/vectors.js";
import type { AncDiagnostic, AncPacket } from "../src/index.js";

export interface VectorPacket {
  readonly c: 0 | 1;
  readonly line: number;
  readonly horizontalOffset: number;
  readonly s: number;
  readonly streamNum: number;
  readonly did: number;
  readonly sdidOrDbn: number;
  readonly type: 1 | 2;
  readonly dataCount: number;
  readonly udwHex: string;
  readonly words: readonly string[];
  readonly parityErrors: readonly number[];
  readonly allParityInverted: boolean;
  readonly checksumWord: string;
  readonly checksumComputed: string;
  readonly checksumOk: boolean;
}

export interface VectorDiagnostic {
  readonly code: string;
  readonly packet?: number;
  readonly words?: readonly number[];
  readonly inverted?: true;
}

/** A packet of the vectors as ours. */
export function fromVector(vector: VectorPacket): AncPacket {
  return {
    cNotYChannelFlag: vector.c === 1,
    lineNumber: vector.line,
    horizontalOffset: vector.horizontalOffset,
    words: Uint16Array.from(vector.words, (word) => Number.parseInt(word, 16)),
  };
}

/** Ours as a packet of the vectors: every key recomputed. ST 2038 has no stream numbers, so those are 0. */
export function toVector(packet: AncPacket): VectorPacket {
  const { words } = packet;
  const last = words.length - 1;
  const computed = checksumWord(words, last);
  return {
    c: packet.cNotYChannelFlag ? 1 : 0,
    line: packet.lineNumber,
    horizontalOffset: packet.horizontalOffset,
    s: 0,
    streamNum: 0,
    did: (words[0] as number) & 0xff,
    sdidOrDbn: (words[1] as number) & 0xff,
    type: packetType(packet),
    dataCount: dataCount(packet),
    udwHex: toHex(payload(packet)),
    words: Array.from(words, wordHex),
    parityErrors: parityErrors(packet),
    allParityInverted: parityInverted(packet),
    checksumWord: wordHex(words[last] as number),
    checksumComputed: wordHex(computed),
    checksumOk: words[last] === computed,
  };
}

/** A packet of the vectors as it comes out of ST 2038, with the keys that the README names and no others. */
export function asRead(vector: VectorPacket): VectorPacket {
  const { c, line, horizontalOffset, did, sdidOrDbn, type, dataCount, udwHex, words } = vector;
  const { parityErrors, allParityInverted, checksumWord, checksumComputed, checksumOk } = vector;
  const place = { c, line, horizontalOffset, s: 0, streamNum: 0 };
  const content = { did, sdidOrDbn, type, dataCount, udwHex, words };
  return {
    ...place,
    ...content,
    parityErrors,
    allParityInverted,
    checksumWord,
    checksumComputed,
    checksumOk,
  };
}

/** Our codes are the vectors' in lower case with hyphens. */
export function toVectorDiagnostics(diagnostics: readonly AncDiagnostic[]): VectorDiagnostic[] {
  return diagnostics.map(({ code, packet, words, inverted }) => ({
    code: code.toUpperCase().replaceAll("-", "_"),
    ...(packet === undefined ? {} : { packet }),
    ...(words === undefined ? {} : { words }),
    ...(inverted ? { inverted } : {}),
  }));
}

function wordHex(word: number): string {
  return word.toString(16).padStart(3, "0");
}
