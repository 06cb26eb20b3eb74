import type { ProbeFindings, ProbeReport } from "./report.js";

/** Looks through one format, chunk by chunk. */
export interface FormatProbe {
  /** What the report calls it; known at the end at the latest. */
  readonly kind: ProbeReport["kind"];
  /** Byte of the input at which the next `push` must begin, when that is not right behind the last one. */
  readonly next?: number;
  /** The next bytes. They are not changed afterwards: views of them may be kept. */
  push(chunk: Uint8Array): void;
  /** What to read once more, when the input has places to go back to; each is answered with its bytes. */
  revisit?(): Generator<InputRange, void, Uint8Array>;
  /**
   * Add everything to `findings`; call it once, at the end.
   * @param cut the input ends where somebody stopped to read, inside a unit perhaps
   * @param size bytes of the input, those that were passed over included
   * @throws {InputError} when it is not what it looked like
   */
  finish(findings: ProbeFindings, cut?: boolean, size?: number): void;
}

/** A part of an input. */
export interface InputRange {
  readonly offset: number;
  readonly size: number;
}
