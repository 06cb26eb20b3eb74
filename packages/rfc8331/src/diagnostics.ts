import type { FormatIssue } from "@x/bits";

/** What can be wrong with an RTP payload of ancillary data, for programs. */
export type AncDiagnosticCode =
  | "truncated"
  | "reserved-not-zero"
  | "alignment-bits"
  | "alignment-missing"
  | "parity"
  | "checksum"
  | "forbidden-word"
  | "f-invalid"
  | "length-mismatch"
  | "count-mismatch";

/** A deviation found by `parsePayload`. `offset` counts from the first byte of the payload. */
export interface AncDiagnostic extends FormatIssue<AncDiagnosticCode> {
  /** Index of the ANC packet in the payload; absent when the whole payload is meant. */
  readonly packet?: number;
  /** `parity`, `forbidden-word`: indexes of the words, 0 = DID. */
  readonly words?: readonly number[];
  /** `parity`: every word up to the last user data word has b9 and b8 exactly swapped. */
  readonly inverted?: true;
}

/** Data that follows it cannot be found, or must not be used: all other codes are warnings. */
const ERRORS: ReadonlySet<AncDiagnosticCode> = /* @__PURE__ */ new Set([
  "truncated",
  "f-invalid",
] as const);

/** A diagnostic about the whole payload. */
export function payloadDiagnostic(
  code: AncDiagnosticCode,
  offset: number,
  field: string,
  message: string,
): AncDiagnostic {
  return { code, severity: ERRORS.has(code) ? "error" : "warning", offset, field, message };
}

/** A diagnostic about one ANC packet. */
export function packetDiagnostic(
  code: AncDiagnosticCode,
  packet: number,
  offset: number,
  field: string,
  message: string,
): AncDiagnostic {
  const path = `anc[${packet}].${field}`;
  return { ...payloadDiagnostic(code, offset, path, message), packet };
}
