import { FormatError, isFormatError } from "@x/bits";

/** Codes of `FormatError`s that this package throws. */
export type EsErrorCode =
  /** The input ends inside a field. */
  | "truncated"
  /** A sync word, magic string or start code is not there. */
  | "sync"
  /** A value that the standard forbids or reserves. */
  | "reserved"
  /** A value that contradicts another one, or is too large. */
  | "range"
  /** Legal, but not read by this package. */
  | "unsupported";

/** Codes of issues that the push parsers report. */
export type EsIssueCode =
  /** Bytes between two units were skipped. */
  | "resync"
  /** The input ends inside a unit. */
  | "truncated"
  /** A unit exceeds the parser's limit and was dropped. */
  | "limit"
  /** A NAL unit or OBU with its forbidden bit set; it is delivered. */
  | "forbidden-bit"
  /** A checksum is wrong; the unit was dropped. */
  | "checksum"
  /** Units are missing in front of this place. */
  | "gap"
  /** A unit that contradicts itself; it was dropped. */
  | "invalid";

/** An error about `field` at byte `offset`. */
export function formatError(
  code: EsErrorCode,
  message: string,
  field: string,
  offset: number,
  clause?: string,
): FormatError<EsErrorCode> {
  return new FormatError(code, message, { field, offset, clause });
}

/** Byte `at`, or `truncated`. */
export function byteAt(bytes: Uint8Array, at: number, field: string): number {
  const byte = bytes[at];
  if (byte === undefined) throw formatError("truncated", "input ends here", field, at);
  return byte;
}

/** A view of `length` bytes at `at`, or `truncated`. */
export function viewOf(bytes: Uint8Array, at: number, length: number, field: string): Uint8Array {
  if (at + length > bytes.length) {
    throw formatError("truncated", `${at + length - bytes.length} bytes short`, field, at);
  }
  return bytes.subarray(at, at + length);
}

/** What `read` returns, or `undefined` where it meets damage: for parts that may as well be missing. */
export function ifReadable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isFormatError(error)) return undefined;
    throw error;
  }
}
