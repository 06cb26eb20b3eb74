import { concatBytes, uint32 } from "@x/bits";
import { type CaptionIssue, IssueList } from "./issue.js";

/** What one sample of a `c608` or `c708` track holds. */
export interface QuickTimeSample {
  /** `cdat`: pairs of field 1, with parity. */
  readonly field1: Uint8Array;
  /** `cdt2`: pairs of field 2. */
  readonly field2: Uint8Array;
  /** `ccdp`: CDPs, one a sample in practice. Views. */
  readonly cdps: readonly Uint8Array[];
  readonly issues: readonly CaptionIssue[];
}

/**
 * Decode a sample of a QuickTime caption track: atoms `cdat`, `cdt2`, `ccdp`. Repeated atoms are appended, unknown ones
 * skipped; what is cut is reported. Arrays are views unless an atom was repeated.
 */
export function decodeQuickTimeSample(sample: Uint8Array): QuickTimeSample {
  const issues = new IssueList();
  let field1: Uint8Array = new Uint8Array(0);
  let field2: Uint8Array = new Uint8Array(0);
  const cdps: Uint8Array[] = [];
  let at = 0;
  while (at + 8 <= sample.length) {
    const size = uint32(sample, at);
    const end = Math.min(at + size, sample.length);
    if (size < 8) {
      issues.add("length", "error", at, "size", `an atom of ${size} bytes cannot be`);
      break;
    }
    if (end < at + size) {
      issues.add("truncated", "error", at, "size", `${end - at} of ${size} bytes`);
    }
    const type = String.fromCharCode(...sample.subarray(at + 4, at + 8));
    const data = sample.subarray(at + 8, end);
    if (type === "cdat") field1 = appended(field1, data);
    else if (type === "cdt2") field2 = appended(field2, data);
    else if (type === "ccdp") cdps.push(data);
    else issues.add("section", "warning", at + 4, "type", `unknown atom ${JSON.stringify(type)}`);
    at = end;
  }
  if (at < sample.length && issues.count === 0) {
    issues.add("truncated", "error", at, "size", `${sample.length - at} bytes are no atom`);
  }
  return { field1, field2, cdps, issues: issues.list };
}

/** A `c608` sample: `cdat` when field 1 has pairs, `cdt2` when field 2 has; a fresh array. */
export function encodeC608Sample(
  field1: Uint8Array,
  field2: Uint8Array = new Uint8Array(0),
): Uint8Array<ArrayBuffer> {
  const atoms: Uint8Array[] = [];
  if (field1.length > 0) atoms.push(atom("cdat", field1));
  if (field2.length > 0) atoms.push(atom("cdt2", field2));
  return concatBytes(...atoms);
}

/** A `c708` sample: one CDP; a fresh array. */
export function encodeC708Sample(cdp: Uint8Array): Uint8Array<ArrayBuffer> {
  return atom("ccdp", cdp);
}

function atom(type: string, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(8 + data.length);
  new DataView(bytes.buffer).setUint32(0, bytes.length);
  for (let i = 0; i < 4; i++) bytes[4 + i] = type.charCodeAt(i);
  bytes.set(data, 8);
  return bytes;
}

function appended(before: Uint8Array, more: Uint8Array): Uint8Array {
  return before.length === 0 ? more : concatBytes(before, more);
}
