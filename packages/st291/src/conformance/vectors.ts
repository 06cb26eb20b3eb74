import type { PacketContent } from "./implementation.js";
import { bytesOf } from "./oracle.js";

/** A small packet that travels with the package: its words and its content. */
export interface ConformanceVector {
  readonly title: string;
  /** DID to CS. */
  readonly words: readonly number[];
  readonly content: PacketContent;
}

/** See {@link ConformanceVector}. */
export const conformanceVectors: readonly ConformanceVector[] = [
  {
    title: "AFD 10 in a 16:9 frame (ST 2016-3)",
    words: [0x241, 0x205, 0x108, 0x154, 0x200, 0x200, 0x200, 0x200, 0x200, 0x200, 0x200, 0x2a2],
    content: { did: 0x41, sdidOrDbn: 0x05, payload: Uint8Array.of(0x54, 0, 0, 0, 0, 0, 0, 0) },
  },
  {
    title: "a type 1 packet without user data, block number 1",
    words: [0x180, 0x101, 0x200, 0x281],
    content: { did: 0x80, sdidOrDbn: 0x01, payload: bytesOf("") },
  },
];
