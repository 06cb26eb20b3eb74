import type { FormatIssue } from "@x/bits";
import { type AncPacket, forbiddenWords, parityErrors, parityInverted } from "@x/st291";

/** What can be said about ancillary data that was read. */
export type AncDiagnosticCode =
  | "alignment-bits"
  | "checksum"
  | "count-mismatch"
  | "forbidden-word"
  | "parity"
  | "reserved-not-zero"
  | "stuffing-between"
  | "truncated"
  | "unsupported-coding";

/**
 * One deviation that a lenient parser met. A parser lists those of the whole value first, then those of each
 * packet in order, the ones of a packet by the alphabet, each at most once.
 */
export interface AncDiagnostic extends FormatIssue<AncDiagnosticCode> {
  /** Index the packet has, or would have had, among all of the unit; `undefined`: the whole value is meant. */
  readonly packet: number | undefined;
  /** `parity`, `forbidden-word`: indexes of the words meant, 0 = DID. */
  readonly words: readonly number[] | undefined;
  /** `parity`: every word from DID to the last user data word has exactly the inverted parity. */
  readonly inverted: boolean;
}

interface Meaning {
  readonly severity: "error" | "warning";
  readonly field: string;
  readonly message: string;
}

const MEANINGS: Readonly<Record<AncDiagnosticCode, Meaning>> = {
  "alignment-bits": {
    severity: "warning",
    field: "alignmentBits",
    message: "The bits behind the checksum word are not all ones.",
  },
  checksum: {
    severity: "warning",
    field: "checksumWord",
    message: "The checksum word is not that of the words before it.",
  },
  "count-mismatch": {
    severity: "warning",
    field: "payloadSampleCount",
    message: "A count does not agree with what is there.",
  },
  "forbidden-word": {
    severity: "warning",
    field: "words",
    message: "A word is one of those kept for synchronisation.",
  },
  parity: {
    severity: "warning",
    field: "words",
    message: "The top two bits of a word are not its parity.",
  },
  "reserved-not-zero": {
    severity: "error",
    field: "zero",
    message: "The first six bits of a record are not zero, so framing is lost.",
  },
  "stuffing-between": {
    severity: "warning",
    field: "stuffingByte",
    message: "There are stuffing bytes before a record.",
  },
  truncated: {
    severity: "error",
    field: "record",
    message: "What is left is too short for the packet.",
  },
  "unsupported-coding": {
    severity: "warning",
    field: "payloadSampleCoding",
    message: "The sample coding is not one of ancillary data.",
  },
};

/** A diagnostic in full. `offset`: bytes from the start of the unit. */
export function ancDiagnostic(
  code: AncDiagnosticCode,
  offset: number,
  packet: number | undefined,
  words?: readonly number[],
  inverted = false,
): AncDiagnostic {
  const { severity, field, message } = MEANINGS[code];
  return { code, severity, offset, field, message, packet, words, inverted };
}

/**
 * Add `forbidden-word` and `parity` of a packet to `diagnostics`.
 * @param offsetOf byte offset of a word, by its index
 */
export function diagnoseWords(
  anc: AncPacket,
  packet: number,
  offsetOf: (word: number) => number,
  diagnostics: AncDiagnostic[],
): void {
  const forbidden = forbiddenWords(anc);
  if (forbidden.length > 0) {
    const offset = offsetOf(forbidden[0] as number);
    diagnostics.push(ancDiagnostic("forbidden-word", offset, packet, forbidden));
  }
  const parity = parityErrors(anc);
  if (parity.length > 0) {
    const offset = offsetOf(parity[0] as number);
    diagnostics.push(ancDiagnostic("parity", offset, packet, parity, parityInverted(anc)));
  }
}
