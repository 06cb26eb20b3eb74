import type { Cea608Code, Cea608Field, DataChannel } from "../codes.js";
import type { Cea608Caption } from "../layout.js";
import type { Cea608Service } from "../services.js";
import type { SccTimecode } from "../timecode.js";
import type { XdsClass } from "../xds.js";

/** One row of a screen: first written cell to last, never-written cells between them as spaces. */
export interface ShownRow {
  readonly row: number;
  readonly column: number;
  readonly text: string;
}

/** What a decoder shows: the rows with a written cell, from the top, of each service that shows something. */
export type ShownScreens = Partial<Record<Cea608Service, readonly ShownRow[]>>;

/**
 * An implementation of CTA-608-E on plain data, so that a binding of a C library can be plugged in. What is left out
 * is not tested. Words have the first byte in bits 15 to 8; rows and columns count from 0.
 */
export interface Cea608Implementation {
  /** Seven bits with odd parity in bit 7. */
  withParity?(value: number): number;
  decodePair?(word: number): Cea608Code;
  encodePair?(code: Cea608Code): number;
  /** What is shown after all the words of one field came in, from a fresh decoder. `27` is U+2019. */
  decode?(field: Cea608Field, words: readonly number[]): ShownScreens;
  /** The words that load and show a caption, controls doubled if `doubled`. */
  encodePopOn?(
    caption: Cea608Caption,
    address: { readonly field: Cea608Field; readonly dataChannel: DataChannel },
    doubled: boolean,
  ): readonly number[];
  /** Packets whose checksum is right, from the words of field 2. */
  decodeXds?(words: readonly number[]): readonly XdsFacts[];
  /** The bytes of a packet from start pair to checksum, with parity. */
  encodeXds?(packet: XdsFacts): Uint8Array;
  /** The frame of each line, from 00:00:00:00, and its words. */
  parseScc?(text: string): readonly { readonly frame: number; readonly words: readonly number[] }[];
  /** The label of a frame. */
  timecodeOfFrame?(frame: number, dropFrame: boolean): SccTimecode;
}

/** An XDS packet; `data` are its informational bytes, seven bits each. */
export interface XdsFacts {
  readonly class: XdsClass;
  readonly type: number;
  readonly data: readonly number[];
}

/** What a suite wants of a test runner: `describe` and `test` of vitest, node:test, mocha or jest fit. */
export interface SuiteRunner {
  describe(name: string, body: () => void): void;
  test(name: string, body: () => void): void;
  /** Runs of each property. Default 100. */
  readonly numRuns?: number;
}

/** Throws when two values differ, by their JSON. */
export function same(actual: unknown, expected: unknown): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Error(`got ${a}, expected ${b}`);
}
